'use strict';

const { BEGIN_ANEW } = require('./begin-anew.js');
const { OrgCacheError, sentenceOf } = require('./errors.js');
const { RedisClient } = require('./client/client.js');
const { endpointOf, isCluster } = require('./client/endpoint.js');
const { now } = require('./time.js');

/** @import { RedisClient as Client } from '../index.js' */

/** @typedef {InstanceType<typeof import('./client/connections.js').Connections>} Connections */

/** The one client that a server shares, opened on first use. Its keys have the configured prefix. */
class SharedClient {
  #connections;
  /** @type {Client | undefined} */
  #client;

  /** @param {Connections} connections */
  constructor(connections) {
    this.#connections = connections;
  }

  /** This does not connect. The client's first command does. */
  getRedis = async () => {
    const { bridge } = this.#connections;
    if (bridge.isClosed) throw new OrgCacheError('E_CLOSED', 'the cache was shut down');
    if (this.#client === undefined || this.#client.status === 'end') {
      const { clientKeyPrefix: keyPrefix, prefixChannels: prefixesChannels } = bridge.config();
      const client = new RedisClient({ connections: this.#connections, keyPrefix, prefixesChannels });
      // Its commands are methods that are defined at run time.
      this.#client = /** @type {Client} */ (/** @type {unknown} */ (client));
    }
    return this.#client;
  };

  /** Ends the client after its commands have their replies. A later `getRedis` gives a new one. */
  closeRedis = async () => {
    const client = this.#client;
    this.#client = undefined;
    if (client !== undefined && client.status !== 'end') await client.quit();
  };

  [BEGIN_ANEW]() {
    this.#client = undefined;
  }

  getKeyPrefix = () => this.#connections.bridge.config().clientKeyPrefix;

  /**
   * The key as Redis has it. A key that already has the prefix stays as it is.
   * @param {string | number} key
   */
  prefixKey = (key) => {
    const prefix = this.getKeyPrefix();
    const text = textOf(key);
    return text.startsWith(prefix) ? text : prefix + text;
  };

  /** @param {string | number} key */
  unprefixKey = (key) => {
    const prefix = this.getKeyPrefix();
    const text = textOf(key);
    return text.startsWith(prefix) ? text.slice(prefix.length) : text;
  };

  /**
   * Asks the server. Never rejects because Redis is away.
   * @returns {Promise<{ status: 'healthy' | 'unhealthy', message: string }>}
   */
  redisHealthCheck = async () => {
    try {
      const client = await this.getRedis();
      const start = now();
      await client.ping();
      return {
        status: 'healthy',
        message: `Redis answered within ${Math.ceil(now() - start)} ms`,
      };
    } catch (error) {
      return { status: 'unhealthy', message: sentenceOf(error) };
    }
  };

  /** The configured server; with several hosts, the first one. */
  getConnectionInfo = () => {
    const { settings, clientKeyPrefix: keyPrefix } = this.#connections.bridge.config();
    return { ...endpointOf(settings), keyPrefix, isCluster: isCluster(settings) };
  };
}

/**
 * The text of a key as commands take it, except for bytes that are no text.
 * @param {unknown} key
 */
function textOf(key) {
  if (typeof key === 'string' || typeof key === 'number') return String(key);
  throw new OrgCacheError('E_KEY', 'a key must be a string or a number');
}

module.exports = { SharedClient };
