'use strict';

const { EventEmitter } = require('node:events');
const { ChannelNames } = require('../client/channel-names.js');
const { Subscriptions } = require('../client/subscriptions.js');
const { MAX_TIMER_MS, clearInterval, setInterval } = require('../time.js');

/** @import { Connections } from '../client/connections.js' */
/** @import { Failure } from '../errors.js' */

/**
 * Who hears a channel.
 * @typedef {object} Listener
 * @property {(said: string) => void} take
 * @property {(gapMs: number) => void} missed Messages may be missing of a time of this length.
 * @property {() => void} ended The instance was shut down, or reset.
 * @property {boolean} holds Whether it keeps the process alive.
 */

/**
 * @typedef {object} Tapped
 * @property {string} channel
 * @property {Listener} listener
 * @property {boolean} isSharded Whether the channel belongs to a slot.
 * @property {boolean} isUnsharded Whether the servers knew no such channels, and it is a plain one for now.
 * @property {(() => void) | undefined} stop
 */

/** The first word of the answer to a command that a server does not know. */
const UNKNOWN = 'ERR';
const SILENT = ['off', 'error'];

/** The subscriptions of an instance's rooms, on one connection. It is opened by the first and closed with the last. */
class Hub {
  #connections;
  #onError;
  /** @type {InstanceType<typeof Subscriptions> | undefined} */
  #subscriptions;
  /** @type {Set<Tapped>} */
  #taps = new Set();
  #held = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #keepAlive;

  /**
   * @param {object} parts
   * @param {Connections} parts.connections
   * @param {InstanceType<typeof import('../bridge.js').Bridge>} parts.bridge
   * @param {(error: unknown) => void} parts.onError Is told of subscriptions that cannot be made again.
   */
  constructor({ connections, bridge, onError }) {
    this.#connections = connections;
    this.#onError = onError;
    bridge.onClose(() => this.#end());
  }

  /**
   * Subscribes. Resolves when the server has confirmed it, to a function that ends it.
   * @param {string} channel
   * @param {boolean} isSharded
   * @param {Listener} listener
   */
  async tap(channel, isSharded, listener) {
    /** @type {Tapped} */
    const tapped = { channel, listener, isSharded, isUnsharded: false, stop: undefined };
    this.#taps.add(tapped);
    this.#hold(listener, 1);
    try {
      await this.#begin(tapped);
    } catch (error) {
      this.#forget(tapped);
      throw error;
    }
    return () => this.#forget(tapped);
  }

  /** @param {Tapped} tapped */
  async #begin(tapped) {
    const { channel, isSharded, listener } = tapped;
    const take = (/** @type {{ message: string }} */ { message }) => listener.take(message);
    let stop;
    try {
      stop = await this.#all().tap(isSharded ? 'ssubscribe' : 'subscribe', channel, take);
    } catch (error) {
      // Servers before Redis 7 tell each message to all nodes of the cluster.
      if (!isSharded || /** @type {Failure} */ (error).redisCode !== UNKNOWN) throw error;
      stop = await this.#all().tap('subscribe', channel, take);
      tapped.isUnsharded = true;
    }
    if (this.#taps.has(tapped)) tapped.stop = stop;
    else stop();
  }

  #all() {
    if (this.#subscriptions === undefined) {
      const emitter = new EventEmitter();
      emitter.on('gap', (/** @type {{ channels: string[], since: number, until: number }} */ gap) =>
        this.#missed(gap),
      );
      this.#subscriptions = new Subscriptions({
        connections: this.#connections,
        channelNames: new ChannelNames(''),
        emitter,
        onError: this.#onError,
        keepsAlive: false,
      });
    }
    return this.#subscriptions;
  }

  /** @param {{ channels: string[], since: number, until: number }} gap */
  #missed({ channels, since, until }) {
    const meant = new Set(channels);
    for (const tapped of [...this.#taps]) {
      if (!meant.has(tapped.channel)) continue;
      // The servers may know sharded channels by now.
      if (tapped.isUnsharded) this.#again(tapped);
      tapped.listener.missed(until - since);
    }
  }

  /** @param {Tapped} tapped */
  #again(tapped) {
    const { stop } = tapped;
    tapped.isUnsharded = false;
    this.#begin(tapped).then(stop, this.#onError);
  }

  /** @param {Tapped} tapped */
  #forget(tapped) {
    if (!this.#taps.delete(tapped)) return;
    this.#hold(tapped.listener, -1);
    tapped.stop?.();
  }

  /**
   * @param {Listener} listener
   * @param {1 | -1} change
   */
  #hold({ holds }, change) {
    if (!holds) return;
    this.#held += change;
    if (this.#held > 0) {
      // A timer keeps a reader's process alive, because nothing else may.
      this.#keepAlive ??= this.#connections.context.run(setInterval, () => {}, MAX_TIMER_MS);
    } else {
      clearInterval(this.#keepAlive);
      this.#keepAlive = undefined;
    }
  }

  #end() {
    const taps = [...this.#taps];
    for (const tapped of taps) this.#forget(tapped);
    this.#subscriptions?.close();
    this.#subscriptions = undefined;
    for (const { listener } of taps) listener.ended();
  }
}

/**
 * Answers a function that makes an instance's hub when it is asked for it first.
 * @param {object} parts
 * @param {Connections} parts.connections
 * @param {InstanceType<typeof import('../bridge.js').Bridge>} parts.bridge
 * @param {InstanceType<typeof import('../events.js').NativeEvents>} parts.events
 */
function hubOf({ bridge, connections, events }) {
  const onError = (/** @type {unknown} */ error) => {
    if (SILENT.includes(bridge.config().logLevel)) return;
    const { message } = /** @type {Failure} */ (error);
    events.log('warn', `a subscription could not be made again: ${message}`);
  };
  /** @type {Hub | undefined} */
  let hub;
  return () => {
    hub ??= new Hub({ connections, bridge, onError });
    return hub;
  };
}

module.exports = { Hub, hubOf };
