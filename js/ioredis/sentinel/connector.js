'use strict';

const { noop } = require('../callback.js');
const { AbstractConnector } = require('../connector.js');
const { connectionClosed } = require('../errors.js');
const { setTimeout } = require('../../time.js');
const { FailoverDetector } = require('./failover-detector.js');
const { DEFAULT_PORT, SentinelIterator } = require('./iterator.js');
const { addressOf, chooseReplica } = require('./replicas.js');

/**
 * @import { EventEmitter } from 'node:events'
 * @import { LinkStream, Redis } from '../classes.js'
 * @import { ServerInfo, Emit } from '../connector.js'
 * @import { AddressFromResponse } from '../../../types/ioredis/options.js'
 * @import { ClientOptions, GivenOptions } from '../options.js'
 * @import { Sentinel } from './iterator.js'
 *
 * @typedef {InstanceType<typeof FailoverDetector>} FailoverDetector
 *
 * @typedef {{ host: string, port: number, family?: number }} ServerAddress
 * @typedef {{ address?: ServerAddress | null, error?: Error }} Answer
 * @typedef {ClientOptions & { sentinels: Sentinel[], name: string }} SentinelOptions
 */

/** Asks sentinels in turn for the primary of a name or for a replica, and dials that. */
class SentinelConnector extends AbstractConnector {
  /**
   * The client, which emits events of the sentinels.
   * @type {EventEmitter | null}
   */
  emitter = null;
  #iterator;
  /** @type {FailoverDetector | undefined} */
  #detector;

  /** @param {ClientOptions} options */
  constructor(options) {
    super(options.disconnectTimeout);
    const { sentinels, name } = options;
    if (!sentinels?.length) throw new Error('Requires at least one sentinel to connect to.');
    if (!name) throw new Error('Requires the name of master.');
    this.options = /** @type {SentinelOptions} */ (options);
    this.#iterator = new SentinelIterator(sentinels);
  }

  /**
   * A server of another role is not the requested one. The next sentinel may know better.
   * @param {ServerInfo} [info]
   */
  check({ role } = /** @type {ServerInfo} */ ({})) {
    if (!role || role === this.options.role) return true;
    // `reset` starts with the sentinel before the next.
    this.#iterator.next();
    this.#iterator.next();
    this.#iterator.reset(true);
    return false;
  }

  disconnect() {
    super.disconnect();
    this.#detector?.cleanup();
  }

  /**
   * @param {Emit} emit
   * @returns {Promise<LinkStream>}
   */
  async connect(emit) {
    this.connecting = true;
    /** @type {Error | undefined} */
    let lastError;
    for (let attempts = 1; ; ) {
      const { done, value: sentinel } = this.#iterator.next();
      if (done) {
        this.#iterator.reset(false);
        await this.#pause(attempts, lastError, emit);
        attempts += 1;
        continue;
      }
      const { address, error } = await this.#ask(sentinel);
      if (!this.connecting) throw connectionClosed();
      if (address) return this.#dial(address);
      lastError = error ?? lastError;
      emit('sentinelError', new Error(failureOf(sentinel, address, error)));
    }
  }

  /**
   * All sentinels were asked in vain. Waits as long as `sentinelRetryStrategy` says, or rejects.
   * @param {number} attempts
   * @param {Error | undefined} lastError
   * @param {Emit} emit
   */
  async #pause(attempts, lastError, emit) {
    const { sentinelRetryStrategy: strategy } = this.options;
    const delay = typeof strategy === 'function' ? strategy(attempts) : null;
    const mayRetry = typeof delay === 'number';
    const what = mayRetry ? `Retrying from scratch after ${delay}ms.` : 'and retry is disabled.';
    const last = lastError === undefined ? '' : ` Last error: ${lastError.message}`;
    const error = new Error(`All sentinels are unreachable${mayRetry ? '.' : ''} ${what}${last}`);
    if (!mayRetry) throw error;
    emit('error', error);
    await new Promise((resolve) => {
      setTimeout(resolve, delay);
    });
    if (!this.connecting) throw connectionClosed();
  }

  /**
   * @param {Sentinel} sentinel
   * @returns {Promise<Answer>}
   */
  async #ask(sentinel) {
    const client = this.#client(sentinel);
    // The request itself reports this error.
    client.on('error', noop);
    try {
      const ask = this.options.role === 'slave' ? this.#replica : this.#primary;
      return { address: await ask.call(this, client) };
    } catch (error) {
      return { error: /** @type {Error} */ (error) };
    } finally {
      client.disconnect();
    }
  }

  /** @param {Redis} client */
  async #primary(client) {
    const reply = await client.sentinel('get-master-addr-by-name', this.options.name);
    if (this.options.updateSentinels) await this.#learnSentinels(client);
    return this.#translated(Array.isArray(reply) ? { host: reply[0], port: Number(reply[1]) } : null);
  }

  /** @param {Redis} client */
  async #replica(client) {
    const reply = await client.sentinel('slaves', this.options.name);
    if (!Array.isArray(reply)) return null;
    return this.#translated(chooseReplica(reply.map(fieldsOf), this.options.preferredSlaves));
  }

  /** @param {Redis} client */
  async #learnSentinels(client) {
    const reply = await client.sentinel('sentinels', this.options.name);
    if (!Array.isArray(reply)) return;
    for (const { flags, ...reported } of reply.map(fieldsOf)) {
      const isAway = flags?.split(',').includes('disconnected');
      if (!isAway && reported.ip && reported.port) this.#iterator.add(this.#translated(addressOf(reported)));
    }
  }

  /**
   * An address as it can be reached from here.
   * @template {ServerAddress | null} Address
   * @param {Address} address
   * @returns {Address | ServerAddress}
   */
  #translated(address) {
    const { natMap } = this.options;
    if (!address || !natMap) return address;
    const key = `${address.host}:${address.port}`;
    return (typeof natMap === 'function' ? natMap(key) : natMap[key]) || address;
  }

  /**
   * @param {Sentinel} sentinel
   * @param {GivenOptions} [others]
   * @returns {Redis}
   */
  #client({ host, port, family }, others) {
    // Clients need connectors, and this connector needs clients: the import is circular.
    const { Redis } = require('../redis.js');
    const { options } = this;
    return new Redis({
      host,
      port: port || DEFAULT_PORT,
      family: family || (options.path ? undefined : options.family),
      username: options.sentinelUsername || null,
      password: options.sentinelPassword || null,
      tls: options.sentinelTLS,
      connectTimeout: options.connectTimeout,
      commandTimeout: options.sentinelCommandTimeout,
      retryStrategy: null,
      enableReadyCheck: false,
      ...others,
    });
  }

  /** @param {ServerAddress} address */
  #dial({ host, port, family }) {
    const { enableTLSForSentinelMode, tls } = this.options;
    const target = { host, port, family };
    const given = typeof tls === 'object' ? tls : {};
    const stream = this.dial(
      enableTLSForSentinelMode && tls ? { ...target, ...given, tls: given } : target,
      this.options,
    );
    stream.once('connect', () => this.#watch(stream));
    return stream;
  }

  /**
   * Subscribes to failovers at the sentinels, first at the one that answered last, until the connection is closed.
   * @param {LinkStream} stream
   */
  async #watch(stream) {
    const { failoverDetector, sentinelMaxConnections, sentinelReconnectStrategy } = this.options;
    if (!failoverDetector) return;
    this.#iterator.reset(true);
    /** @type {Redis[]} */
    const clients = [];
    while (clients.length < sentinelMaxConnections) {
      const { done, value } = this.#iterator.next();
      if (done) break;
      const client = this.#client(value, {
        lazyConnect: true,
        autoResubscribe: false,
        retryStrategy: sentinelReconnectStrategy,
      });
      client.on('reconnecting', () => this.emitter?.emit('sentinelReconnecting'));
      client.on('error', noop);
      clients.push(client);
    }
    this.#iterator.reset(false);
    this.#detector?.cleanup();
    const detector = new FailoverDetector(this, clients);
    this.#detector = detector;
    stream.once('close', () => detector.cleanup());
    await detector.subscribe();
    this.emitter?.emit('failoverSubscribed');
  }
}

/**
 * @param {Sentinel} sentinel
 * @param {ServerAddress | null | undefined} reply
 * @param {Error} [error]
 */
function failureOf({ host, port }, reply, error) {
  const sentinel = `${host}:${port}`;
  return error === undefined
    ? `connected to sentinel ${sentinel} successfully, but got an invalid reply: ${reply}`
    : `failed to connect to sentinel ${sentinel} because ${error.message}`;
}

/**
 * An object from alternating names and values, a sentinel's form of a server.
 * @param {string[]} list
 * @returns {AddressFromResponse}
 */
function fieldsOf(list) {
  /** @type {Record<string, string>} */
  const fields = {};
  for (let i = 0; i + 1 < list.length; i += 2) fields[list[i]] = list[i + 1];
  return /** @type {AddressFromResponse & Record<string, string>} */ (fields);
}

module.exports = { SentinelConnector };
