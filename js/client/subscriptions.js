'use strict';

const { protocol } = require('../protocol.js');
const { isFinal } = require('../streams/replies.js');
const { textOf } = require('../texts.js');
const {
  MAX_TIMER_MS,
  clearInterval,
  epochMs,
  queueMicrotask,
  setInterval,
  setTimeout,
} = require('../time.js');
const { TEXTS } = require('./commands.js');

/** @import { EventEmitter } from 'node:events' */
/** @import { ChannelNames } from './channel-names.js' */
/** @import { Connections } from './connections.js' */
/** @import { Take } from './messages.js' */
/** @import { Argument } from './encode-arguments.js' */

/** @typedef {ReturnType<Connections['subscriber']>} Subscriber */
/** @typedef {'subscribe' | 'psubscribe' | 'ssubscribe'} Kind */

/**
 * @typedef {object} Entry
 * @property {Argument} name The name on the wire.
 * @property {boolean} isAsked Whether the client asked for it.
 * @property {Set<Take>} taps Other consumers of its messages.
 * @property {number | undefined} since Messages may be missing since this time, in milliseconds since 1970.
 */

/**
 * @typedef {object} SubscriptionsParts
 * @property {Connections} connections
 * @property {ChannelNames} channelNames
 * @property {EventEmitter} emitter
 * @property {(error: unknown) => void} onError
 * @property {boolean} [keepsAlive] Whether a subscription keeps the process alive. Default: true.
 */

/**
 * The unsubscribing command and the message events of each kind of subscription.
 * @type {Record<Kind, { end: string, message: string }>}
 */
const KINDS = {
  subscribe: { end: 'unsubscribe', message: 'message' },
  psubscribe: { end: 'punsubscribe', message: 'pmessage' },
  ssubscribe: { end: 'sunsubscribe', message: 'smessage' },
};
/** Commands that subscribe. Those that unsubscribe have the same order. */
const SUBSCRIBING = /** @type {Kind[]} */ (Object.keys(KINDS));
const UNSUBSCRIBING = Object.values(KINDS).map(({ end }) => end);
/** Commands whose channels must be in one slot. */
const OF_SHARDS = ['ssubscribe', 'sunsubscribe'];
/**
 * A silently dead connection is found within `silenceMs`, so messages may be missing since then. `subscribeAgainAfterMs`
 * is the pause before another attempt after a temporary refusal without a new connection.
 */
const { silenceMs, subscribeAgainAfterMs } = protocol.limits;

/**
 * The subscriptions of one client, on a separate connection. They are made again after each loss of the connection,
 * and `gap` reports what may have been missed.
 */
class Subscriptions {
  #connections;
  #channelNames;
  #emitter;
  #onError;
  #keepsAlive;
  /** @type {Subscriber | undefined} */
  #subscriber;
  /** @type {NodeJS.Timeout | undefined} */
  #keepAlive;
  /**
   * Names that are subscribed again, by the length of their gap, until `gap` is emitted.
   * @type {Map<number, Argument[]>}
   */
  #gaps = new Map();
  /**
   * Subscriptions by kind, then by name.
   * @type {Record<Kind, Map<string, Entry>>}
   */
  #entries = { subscribe: new Map(), psubscribe: new Map(), ssubscribe: new Map() };

  /**
   * `emitter` emits ioredis's events. `channelNames` converts the names of channels.
   * @param {SubscriptionsParts} parts
   */
  constructor({ connections, channelNames, emitter, onError, keepsAlive = true }) {
    this.#connections = connections;
    this.#channelNames = channelNames;
    this.#emitter = emitter;
    this.#onError = onError;
    this.#keepsAlive = keepsAlive;
  }

  get isActive() {
    return this.#count() > 0;
  }

  /**
   * Subscribes. Answers the number of subscriptions of the connection.
   * @param {Kind} kind
   * @param {unknown[]} given
   */
  async subscribe(kind, given) {
    const names = this.#namesOf(kind, given);
    const entries = names.map((name) => this.#entry(kind, name));
    const before = entries.map((entry) => entry.isAsked);
    for (const entry of entries) entry.isAsked = true;
    try {
      return await this.#ask(kind, names);
    } catch (error) {
      entries.forEach((entry, index) => {
        entry.isAsked = before[index];
        this.#forgetUnused(kind, entry);
      });
      throw error;
    }
  }

  /**
   * Unsubscribes from the named channels, or from all of the kind. Answers the number that are left.
   * @param {Kind} kind
   * @param {unknown[]} given
   */
  async unsubscribe(kind, given) {
    const all = this.#entries[kind];
    const names = given.length > 0 ? this.#namesOf(kind, given) : [...all.values()].map(({ name }) => name);
    const ended = names.filter((name) => {
      const entry = all.get(keyOf(name));
      if (entry === undefined) return false;
      entry.isAsked = false;
      return this.#forgetUnused(kind, entry);
    });
    if (ended.length === 0 || this.#subscriber === undefined) return this.#countBeside(kind);
    const count = await this.#ask(KINDS[kind].end, ended);
    if (!this.isActive) this.#endConnection();
    return count;
  }

  /**
   * Also calls `take` with each message of a channel. Answers a function that ends that.
   * @param {Kind} kind
   * @param {unknown} channel
   * @param {Take} take
   */
  async tap(kind, channel, take) {
    const [name] = this.#namesOf(kind, [channel]);
    const entry = this.#entry(kind, name);
    entry.taps.add(take);
    const end = () => {
      entry.taps.delete(take);
      if (!this.#forgetUnused(kind, entry) || this.#subscriber === undefined) return;
      this.#ask(KINDS[kind].end, [name])
        .then(() => {
          if (!this.isActive) this.#endConnection();
        })
        // If the connection is lost, so is the subscription.
        .catch(() => {});
    };
    try {
      await this.#ask(kind, [name]);
    } catch (error) {
      end();
      throw error;
    }
    return end;
  }

  /** Closes the connection. Nothing is subscribed any more. */
  close() {
    for (const entries of Object.values(this.#entries)) entries.clear();
    this.#endConnection();
  }

  /**
   * @param {Kind} kind
   * @param {unknown[]} given
   */
  #namesOf(kind, given) {
    const isPattern = kind === 'psubscribe';
    return given.map((name) => this.#channelNames.outgoing(name, isPattern));
  }

  /**
   * @param {Kind} kind
   * @param {Argument} name
   */
  #entry(kind, name) {
    const key = keyOf(name);
    let entry = this.#entries[kind].get(key);
    if (entry === undefined) {
      entry = { name, isAsked: false, taps: new Set(), since: undefined };
      this.#entries[kind].set(key, entry);
    }
    return entry;
  }

  /**
   * Removes an entry that is not used any more. Answers whether it did.
   * @param {Kind} kind
   * @param {Entry} entry
   */
  #forgetUnused(kind, entry) {
    if (entry.isAsked || entry.taps.size > 0) return false;
    this.#entries[kind].delete(keyOf(entry.name));
    return true;
  }

  /** Every subscription. */
  #all() {
    return Object.values(this.#entries).flatMap((entries) => [...entries.values()]);
  }

  #names() {
    return this.#all().map(({ name }) => name);
  }

  /**
   * The number that the server counts in addition: it counts shard channels alone, and all others together with the
   * patterns.
   * @param {Kind} kind
   */
  #countBeside(kind) {
    const { psubscribe, ssubscribe, subscribe } = this.#entries;
    return kind === 'ssubscribe' ? ssubscribe.size : subscribe.size + psubscribe.size;
  }

  #count() {
    return Object.values(this.#entries).reduce((count, entries) => count + entries.size, 0);
  }

  /**
   * Sends the command `name`. Answers the number of subscriptions after it.
   * @param {string} name
   * @param {Argument[]} args
   */
  async #ask(name, args) {
    // A timer keeps a subscriber's process alive, because nothing else may.
    if (this.#keepsAlive)
      this.#keepAlive ??= this.#connections.context.run(setInterval, () => {}, MAX_TIMER_MS);
    this.#subscriber ??= this.#connections.subscriber({
      onBack: () => this.#resubscribeAll(),
      onDropped: () => this.#emitGap(epochMs() - silenceMs),
      onEnd: () => this.close(),
      onLost: () => {
        const since = epochMs() - silenceMs;
        for (const entry of this.#all()) entry.since ??= since;
      },
      onPush: (/** @type {Buffer[]} */ message) => this.#deliver(message),
    });
    try {
      const counts = await Promise.all(listsOf(name, args).map((list) => this.#sendOne(name, list)));
      return /** @type {number} */ (counts.at(-1));
    } finally {
      if (!this.isActive) this.#restIfUnused();
    }
  }

  /**
   * @param {string} name
   * @param {Argument[]} args
   */
  async #sendOne(name, args) {
    const { connection } = /** @type {Subscriber} */ (this.#subscriber);
    const [, , count] = /** @type {[string, string, number]} */ (await connection.ask(TEXTS, name, args));
    return count;
  }

  /** Lets the process end if there is no subscription. */
  #restIfUnused() {
    clearInterval(this.#keepAlive);
    this.#keepAlive = undefined;
  }

  #endConnection() {
    this.#restIfUnused();
    this.#subscriber?.end();
    this.#subscriber = undefined;
  }

  /**
   * Subscribes again on new connections. Subscriptions of one node do not wait for another node, which may be away.
   */
  #resubscribeAll() {
    for (const kind of SUBSCRIBING) {
      const names = [...this.#entries[kind].values()].map(({ name }) => name);
      if (names.length > 0) for (const list of listsOf(kind, names)) this.#resubscribe(kind, list);
    }
  }

  /**
   * Subscribes again, then reports the gap.
   * @param {Kind} kind
   * @param {Argument[]} names
   * @param {boolean} [isFirst]
   */
  async #resubscribe(kind, names, isFirst = true) {
    const { connection } = this.#subscriber ?? {};
    if (connection === undefined) return;
    const { losses } = connection;
    try {
      await this.#sendOne(kind, names);
    } catch (error) {
      if (this.#subscriber?.connection !== connection) return;
      // The connection was lost again or is not made yet. The next attempt comes when all connections are back.
      if (connection.losses !== losses || !connection.isStanding) return;
      if (isFirst) this.#onError(error);
      if (!isFinal(error))
        setTimeout(() => this.#retryResubscribe(kind, names), subscribeAgainAfterMs).unref();
      return;
    }
    for (const name of names) this.#addGap(kind, name);
  }

  /**
   * @param {Kind} kind
   * @param {Argument[]} names
   */
  #retryResubscribe(kind, names) {
    const wanted = names.filter((name) => this.#entries[kind].has(keyOf(name)));
    if (wanted.length > 0) this.#resubscribe(kind, wanted, false);
  }

  /**
   * @param {Kind} kind
   * @param {Argument} name
   */
  #addGap(kind, name) {
    const entry = this.#entries[kind].get(keyOf(name));
    if (entry === undefined) return;
    const until = epochMs();
    const since = entry.since ?? until - silenceMs;
    // In a cluster another node may still be away. All subscriptions are made again when it is back.
    entry.since = this.#subscriber?.connection.isStanding ? undefined : until - silenceMs;
    // Gaps of replies that arrive together are reported together.
    if (this.#gaps.size === 0) queueMicrotask(() => this.#emitGaps());
    const names = this.#gaps.get(since) ?? [];
    names.push(entry.name);
    this.#gaps.set(since, names);
  }

  #emitGaps() {
    const gaps = [...this.#gaps];
    this.#gaps.clear();
    for (const [since, names] of gaps) this.#emitGap(since, names);
  }

  /**
   * @param {number} since
   * @param {Argument[]} [names]
   */
  #emitGap(since, names = this.#names()) {
    const channels = names.map((name) => this.#channelNames.incoming(name).toString());
    if (channels.length > 0) this.#emit('gap', { channels, since, until: epochMs() });
  }

  /** @param {Buffer[]} message */
  #deliver(message) {
    const kind = message[0].toString('latin1');
    if (kind === 'message') this.#dispatch('subscribe', kind, message[1], message[1], message[2]);
    else if (kind === 'smessage') this.#dispatch('ssubscribe', kind, message[1], message[1], message[2]);
    else if (kind === 'pmessage') this.#dispatch('psubscribe', kind, message[1], message[2], message[3]);
    else if (kind === 'sunsubscribe') this.#follow(message[1]);
  }

  /**
   * The slot of a shard channel has moved to another node. Subscribes there now.
   * @param {Buffer} name
   */
  #follow(name) {
    const entry = this.#entries.ssubscribe.get(keyOf(name));
    if (entry === undefined || this.#subscriber === undefined) return;
    entry.since ??= epochMs() - silenceMs;
    this.#resubscribe('ssubscribe', [name]);
  }

  /**
   * The text of a message. If the message is too long for a string, emits an error; listeners for Buffers get it
   * all the same.
   * @param {Buffer} payload
   */
  #textOf(payload) {
    try {
      return textOf(payload);
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
  }

  /**
   * @param {Kind} kind
   * @param {string} event
   * @param {Buffer} name
   * @param {Buffer} channel
   * @param {Buffer} payload
   */
  #dispatch(kind, event, name, channel, payload) {
    const emitter = this.#emitter;
    const seen = this.#channelNames.incoming(channel);
    const entry = this.#entries[kind].get(keyOf(name));
    const wantsText = emitter.listenerCount(event) > 0 || (entry !== undefined && entry.taps.size > 0);
    const text = wantsText ? this.#textOf(payload) : undefined;
    if (text !== undefined) {
      for (const take of entry?.taps ?? []) take({ channel: seen.toString(), message: text });
    }
    const isPattern = kind === 'psubscribe';
    const pattern = isPattern ? [this.#channelNames.incoming(name, true).toString()] : [];
    if (text !== undefined && emitter.listenerCount(event) > 0) {
      this.#emit(event, ...pattern, seen.toString(), text);
    }
    if (emitter.listenerCount(`${event}Buffer`) > 0) {
      this.#emit(`${event}Buffer`, ...pattern, seen, payload);
    }
  }

  /**
   * @param {string} event
   * @param {...unknown} details
   */
  #emit(event, ...details) {
    this.#connections.context.emit(this.#emitter, event, ...details);
  }
}

/**
 * The arguments of each request. Each shard channel may be on another node, which counts its own channels only.
 * @param {string} name
 * @param {Argument[]} args
 */
function listsOf(name, args) {
  return OF_SHARDS.includes(name) ? args.map((word) => [word]) : [args];
}

/**
 * A name as a key of a Map. It may be any bytes; each becomes one character.
 * @param {Argument} name
 */
function keyOf(name) {
  return Buffer.isBuffer(name) ? name.toString('latin1') : Buffer.from(name).toString('latin1');
}

module.exports = { SUBSCRIBING, Subscriptions, UNSUBSCRIBING };
