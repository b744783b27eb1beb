'use strict';

const { clearInterval, setInterval } = require('../time.js');
const { TEXTS } = require('./commands.js');

/** @import { Connections } from './connections.js' */

/**
 * @typedef {object} MonitorOptions
 * @property {Connections} connections
 * @property {(time: string, args: string[], source: string, database: string) => void} onCommand
 * @property {(error: unknown) => void} onError
 */

/** Nothing else may keep the process of a monitor alive. The longest that a timer of Node waits. */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

/** Every command that the server runs, on a connection of its own, told as ioredis tells it. */
class Monitor {
  #connections;
  #onCommand;
  #onError;
  /** @type {ReturnType<Connections['monitor']> | undefined} */
  #monitored;
  /** @type {NodeJS.Timeout | undefined} */
  #keepAlive;

  /**
   * `onCommand` is given time, arguments, source and database of each command, all as texts.
   * @param {MonitorOptions} options
   */
  constructor({ connections, onCommand, onError }) {
    this.#connections = connections;
    this.#onCommand = onCommand;
    this.#onError = onError;
  }

  /** Resolves when the server has said that it tells its commands. After a lost connection it is asked again. */
  async start() {
    this.#keepAlive = this.#connections.context.run(setInterval, () => {}, KEEP_ALIVE_MS);
    this.#monitored = this.#connections.monitor({
      onBack: () => this.#ask().catch(this.#onError),
      onEnd: () => this.end(),
      onPush: (/** @type {Buffer} */ line) => this.#tell(line),
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
  #tell(line) {
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
