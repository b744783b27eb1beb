'use strict';

const { MAX_TIMER_MS, clearInterval, setInterval } = require('../time.js');
const { TEXTS } = require('./commands.js');

/** @import { Connections } from './connections.js' */

/**
 * @typedef {object} MonitorOptions
 * @property {Connections} connections
 * @property {(time: string, args: string[], source: string, database: string) => void} onCommand
 * @property {(error: unknown) => void} onError
 */

/** Emits every command that the server runs, in ioredis's form, on a separate connection. */
class Monitor {
  #connections;
  #onCommand;
  #onError;
  /** @type {ReturnType<Connections['monitor']> | undefined} */
  #monitored;
  /** @type {NodeJS.Timeout | undefined} */
  #keepAlive;

  /**
   * `onCommand` is called with time, arguments, source and database of each command, all as texts.
   * @param {MonitorOptions} options
   */
  constructor({ connections, onCommand, onError }) {
    this.#connections = connections;
    this.#onCommand = onCommand;
    this.#onError = onError;
  }

  /** Resolves when the server has confirmed MONITOR. After a lost connection MONITOR is sent again. */
  async start() {
    // A timer keeps a monitor's process alive, because nothing else may.
    this.#keepAlive = this.#connections.context.run(setInterval, () => {}, MAX_TIMER_MS);
    this.#monitored = this.#connections.monitor({
      onBack: () => this.#ask().catch(this.#onError),
      onEnd: () => this.end(),
      onPush: (/** @type {Buffer} */ line) => this.#handleLine(line),
    });
    await this.#ask();
  }

  async #ask() {
    await this.#monitored?.connection.ask(TEXTS, 'monitor', []);
  }

  /**
   * `1700000000.123456 [0 127.0.0.1:6379] "set" "k" "v"`
   * @param {Buffer} line
   */
  #handleLine(line) {
    const text = line.toString();
    const beforeWords = text.indexOf('"');
    const time = text.slice(0, text.indexOf(' '));
    const [database, source] = text.slice(time.length + 2, beforeWords - 2).split(' ');
    const args = text.slice(beforeWords + 1, -1).split('" "');
    this.#onCommand(
      time,
      args.map((word) => word.replaceAll('\\"', '"')),
      source,
      database,
    );
  }

  end() {
    clearInterval(this.#keepAlive);
    this.#monitored?.end();
    this.#monitored = undefined;
  }
}

exports.Monitor = Monitor;
