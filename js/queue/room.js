'use strict';

const { OrgCacheError } = require('../errors.js');
const { optionsText } = require('../options.js');
const { protocol } = require('../protocol.js');
const { QueueEvents } = require('./events.js');
const { normalized, roomText, splitOptions } = require('./given.js');
const { alertOf } = require('./statistics.js');

/** @import { AbortSignalLike } from '../../index.js' */

/**
 * @typedef {object} Parts
 * @property {InstanceType<typeof import('./hub.js').Hub>} hub
 * @property {(name: string) => string | undefined} variable
 * @property {() => boolean} requiresOrganization
 * @property {Set<string>} names The queues that were used here.
 * @property {() => import('../../index.js').RedisClient} redis
 */

const verbs = protocol.verbs.queue;
const { jobsACall, kinds } = protocol.queue;

/** The native side of one queue: opened with the first call, and again if the client is another one. */
class Room {
  #hub;
  #name;
  #options;
  #variable;
  #names;
  /** @type {number | undefined} */
  #client;
  #number = 0;
  /** @type {Promise<void> | undefined} */
  #closing;
  /** @type {Set<InstanceType<typeof QueueEvents>>} */
  #readers = new Set();
  /**
   * Each stops a watch.
   * @type {Set<() => void>}
   */
  #watches = new Set();

  /**
   * @param {string} name
   * @param {Record<string, any>} options
   * @param {Parts} parts
   */
  constructor(name, options, { hub, variable, requiresOrganization, names, redis }) {
    this.#hub = hub;
    this.requiresOrganization = requiresOrganization;
    this.#name = name;
    this.#names = names;
    /** The client of the instance; it is opened with its first use. */
    this.redis = redis;
    this.#options = options;
    this.#variable = variable;
    normalized('queue', name, roomText(options, variable));
  }

  get name() {
    return this.#name;
  }

  /** The options of jobs that add none of their own, and what is kept of ended jobs. Native code names the defaults. */
  get defaults() {
    const options = this.#options;
    return { ...normalized('queue', this.#name, roomText(options, this.#variable)), retain: options.retain };
  }

  /** The queue's number. Opens the client and the queue if necessary. */
  #open() {
    if (this.#closing !== undefined) throw new OrgCacheError('E_CLOSED', 'the queue was closed');
    const client = this.#hub.open();
    if (client === this.#client) return this.#number;
    const values = [this.#name, roomText(this.#options, this.#variable)];
    this.#number = JSON.parse(this.#hub.now(verbs.open, kinds.queue, values)).queue;
    this.#client = client;
    this.#names.add(this.#name);
    return this.#number;
  }

  /**
   * @param {keyof typeof protocol.queue.asks} what
   * @param {Record<string, any>} [given]
   * @param {AbortSignalLike} [signal]
   * @param {(value: any) => unknown} [read]
   * @returns {Promise<any>}
   */
  async ask(what, given, signal, read) {
    const text = given === undefined ? undefined : optionsText(given);
    return this.#hub.ask(what, this.#open(), text, { signal, read });
  }

  /**
   * A reader of events, of one organization where one is given.
   * @param {Record<string, any>} given
   * @param {AbortSignalLike | undefined} signal
   */
  events(given, signal) {
    this.#open();
    const hub = this.#hub;
    const client = this.#client;
    const values = [this.#name, optionsText(given)];
    const number = JSON.parse(hub.now(verbs.open, kinds.reader, values)).reader;
    /** @type {InstanceType<typeof QueueEvents>} */
    const reader = new QueueEvents(hub, number, () => {
      this.#readers.delete(reader);
      if (client !== undefined && hub.isOpen(client)) hub.tell('closeReader', number);
    });
    this.#readers.add(reader);
    if (signal !== undefined) reader.follow(signal);
    return reader;
  }

  /**
   * Tells alerts and their ends until the returned function is called.
   * @param {unknown} limits
   * @param {(alert: any) => void} listener
   */
  watch(limits, listener) {
    const { others } = splitOptions(limits, '{ backlog: 500 }');
    if (typeof listener !== 'function') {
      throw new OrgCacheError('E_ARGUMENT', 'watch() takes limits, and a function that hears of alerts');
    }
    this.#open();
    const hub = this.#hub;
    const client = /** @type {number} */ (this.#client);
    const number = JSON.parse(hub.now(verbs.open, kinds.watch, [this.#name, optionsText(others)])).watch;
    hub.addWatch(number, (told) => listener(alertOf(told)));
    const stop = () => {
      if (!this.#watches.delete(stop)) return;
      hub.removeWatch(number);
      if (hub.isOpen(client)) hub.tell('closeWatch', number);
    };
    this.#watches.add(stop);
    return stop;
  }

  /**
   * Adds jobs, four values each. Many jobs become several calls, in order.
   * @param {unknown[]} jobs
   * @param {AbortSignalLike | undefined} signal
   * @returns {Promise<any[]>}
   */
  async add(jobs, signal) {
    const queue = this.#open();
    const width = 4 * jobsACall;
    if (jobs.length <= width) return this.#add(queue, jobs, signal);
    /** @type {Promise<any[]>[]} */
    const pages = [];
    for (let from = 0; from < jobs.length; from += width) {
      pages.push(this.#add(queue, jobs.slice(from, from + width), signal));
    }
    return (await Promise.all(pages)).flat();
  }

  /**
   * @param {unknown} type
   * @param {unknown} orgId
   * @param {string} data
   * @param {string | undefined} options
   * @param {AbortSignalLike | undefined} signal
   * @returns {Promise<any>}
   */
  addOne(type, orgId, data, options, signal) {
    return this.#add(this.#open(), [type, orgId, data, options], signal, first);
  }

  /**
   * @param {number} queue
   * @param {unknown[]} jobs
   * @param {AbortSignalLike | undefined} signal
   * @param {(value: any) => unknown} [read]
   * @returns {Promise<any>}
   */
  #add(queue, jobs, signal, read) {
    const start = (/** @type {number} */ call) => this.#hub.add([call, queue, ...jobs], jobs.length / 4);
    return this.#hub.call(start, { signal, read });
  }

  /**
   * Lets calls under way settle, then frees the native side.
   * @param {number | undefined} timeoutMs
   */
  close(timeoutMs) {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  /** @param {number | undefined} timeoutMs */
  async #close(timeoutMs) {
    for (const stop of [...this.#watches]) stop();
    for (const reader of [...this.#readers]) await reader.end();
    if (this.#client === undefined || !this.#hub.isOpen(this.#client)) return;
    const number = this.#number;
    try {
      await this.#hub.call((call) => this.#hub.tell('closeQueue', call, number, timeoutMs));
    } catch (error) {
      // The client was closed before the queue.
      if (/** @type {any} */ (error).code !== 'E_CLOSED') throw error;
    }
  }
}

/** @param {any[]} values */
function first(values) {
  return values[0];
}

module.exports = { Room };
