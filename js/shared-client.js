'use strict';

const { OrgCacheError, sentenceOf } = require('./errors.js');
const { RedisClient } = require('./client/client.js');

const DEFAULT_PORT = 6379;

/** The one client that a server shares, opened when it is first asked for; its keys have the configured prefix. */
class SharedClient {
  #connections;
  #client;

  constructor(connections) {
    this.#connections = connections;
  }

  /** Asking connects nothing; the client's first command does. */
  getRedis = async () => {
    const { bridge } = this.#connections;
    if (bridge.isClosed) throw new OrgCacheError('E_CLOSED', 'the cache was shut down');
    if (this.#client === undefined || this.#client.status === 'end') {
      const { clientKeyPrefix: keyPrefix, prefixChannels: prefixesChannels } = bridge.config();
      this.#client = new RedisClient({ connections: this.#connections, keyPrefix, prefixesChannels });
    }
    return this.#client;
  };

  /** Ends that client when its commands have their answers. A later `getRedis` gives another. */
  closeRedis = async () => {
    const client = this.#client;
    this.#client = undefined;
    if (client !== undefined && client.status !== 'end') await client.quit();
  };

  getKeyPrefix = () => this.#connections.bridge.config().clientKeyPrefix;

  /** The key as Redis has it. One that has the prefix stays. */
  prefixKey = (key) => {
    const prefix = this.getKeyPrefix();
    const text = textOf(key);
    return text.startsWith(prefix) ? text : prefix + text;
  };

  unprefixKey = (key) => {
    const prefix = this.getKeyPrefix();
    const text = textOf(key);
    return text.startsWith(prefix) ? text.slice(prefix.length) : text;
  };

  /** Asks the server. Never rejects because Redis is away. */
  redisHealthCheck = async () => {
    try {
      const client = await this.getRedis();
      const start = performance.now();
      await client.ping();
      return {
        status: 'healthy',
        message: `Redis answered within ${Math.ceil(performance.now() - start)} ms`,
      };
    } catch (error) {
      return { status: 'unhealthy', message: sentenceOf(error) };
    }
  };

  /** What is configured; with several hosts the first of them. */
  getConnectionInfo = () => {
    const { settings, clientKeyPrefix: keyPrefix } = this.#connections.bridge.config();
    const clusterHosts = settings.clusterHosts.value;
    const hosts = clusterHosts || settings.sentinelHosts.value;
    return { ...endpoint(hosts, settings), keyPrefix, isCluster: Boolean(clusterHosts) };
  };
}

function endpoint(hosts, settings) {
  if (hosts) {
    const [first] = String(hosts).split(',');
    const [, host, port] = /^\s*\[?(.*?)\]?:(\d+)\s*$/.exec(first);
    return { host, port: Number(port) };
  }
  const url = settings.url.value;
  if (!url) return { host: settings.host.value, port: settings.port.value };
  const { hostname, port, pathname } = new URL(url);
  if (hostname === '') return { host: decodeURIComponent(pathname), port: 0 };
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? DEFAULT_PORT : Number(port) };
}

/** Of a key as commands take it, but for bytes that are no text. */
function textOf(key) {
  if (typeof key === 'string' || typeof key === 'number') return String(key);
  throw new OrgCacheError('E_KEY', 'a key must be a string or a number');
}

module.exports = { SharedClient };
