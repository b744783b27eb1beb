'use strict';

const { OrgCacheError } = require('../errors.js');
const { readSession } = require('./scripts.js');

/** @import { Failure } from '../errors.js' */
/** @import { Script } from './scripts.js' */

/**
 * A session as Redis has it: its text, and the ms that are left of it, negative if it has no end or is not there.
 * @typedef {[text: string | null, leftMs: number]} Read
 */

/**
 * What the stores ask of a client, whichever library made it. Keys are without the client's own prefix.
 * @typedef {object} Commands
 * @property {string} keyPrefix What the client puts before all keys.
 * @property {boolean} hasDeadline Whether its calls settle in time by themselves.
 * @property {(key: string) => Promise<Read>} read From the primary.
 * @property {(key: string, ms: number) => Promise<number | boolean>} expire
 * @property {(script: Script, keys: string[], args: (string | number)[]) => Promise<any>} run
 * @property {(keys: string[]) => Promise<unknown>} unlink
 * @property {(match: string, count: number) => AsyncIterator<string[], unknown>} pages Takes and gives whole keys.
 */

/** The options of clients under which reads go to the primary. */
const PRIMARY = [undefined, null, 'master', 'primary'];
const START = '0';

/**
 * Clients with the methods of ioredis: those of this package, of `orgcache/ioredis`, and of ioredis itself.
 * @implements {Commands}
 */
class IoredisCommands {
  #client;
  #readsPrimary;
  #isOwn;

  /** @param {any} client */
  constructor(client) {
    this.#client = client;
    this.#readsPrimary = PRIMARY.includes(client.options?.scaleReads);
    // The package's own clients alone have this method. They have deadlines, and give patterns their prefix.
    this.#isOwn = typeof client.messages === 'function';
    this.hasDeadline = this.#isOwn;
  }

  get keyPrefix() {
    return String(this.#client.options?.keyPrefix ?? '');
  }

  /** @param {string} key */
  read(key) {
    if (!this.#readsPrimary) return this.run(readSession, [key], []);
    return both(this.#client.get(key), this.#client.pttl(key));
  }

  /**
   * @param {string} key
   * @param {number} ms
   */
  expire(key, ms) {
    return this.#client.pexpire(key, ms);
  }

  /**
   * @param {Script} script
   * @param {string[]} keys
   * @param {(string | number)[]} args
   */
  async run({ lua, sha }, keys, args) {
    try {
      return await this.#client.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return this.#client.eval(lua, keys.length, ...keys, ...args);
    }
  }

  /** @param {string[]} keys */
  unlink(keys) {
    if (!this.#client.isCluster) return this.#client.unlink(keys);
    return Promise.all(keys.map((key) => this.#client.unlink(key)));
  }

  /**
   * @param {string} match
   * @param {number} count
   */
  async *pages(match, count) {
    const client = this.#client;
    const prefix = this.#isOwn ? '' : escaped(this.keyPrefix);
    const options = { match: prefix + match, count };
    // The package's own clients scan all nodes of a cluster, those of ioredis one.
    const nodes = client.isCluster && !this.#isOwn ? client.nodes('master') : [client];
    for (const node of nodes) yield* node.scanStream(options);
  }
}

/**
 * Clients of node-redis: single ones, clusters, sentinels and pools.
 * @implements {Commands}
 */
class NodeRedisCommands {
  #client;
  #isCluster;
  #readsPrimary;
  keyPrefix = '';
  hasDeadline = false;

  /** @param {any} client */
  constructor(client) {
    this.#client = client;
    this.#isCluster = 'masters' in client;
    // Clusters and sentinels may send commands that only read to replicas.
    this.#readsPrimary = !this.#isCluster && typeof client.acquire !== 'function';
  }

  /** @param {string} key */
  read(key) {
    if (!this.#readsPrimary) return this.run(readSession, [key], []);
    return both(this.#client.get(key), this.#client.pTTL(key));
  }

  /**
   * @param {string} key
   * @param {number} ms
   */
  expire(key, ms) {
    return this.#client.pExpire(key, ms);
  }

  /**
   * @param {Script} script
   * @param {string[]} keys
   * @param {(string | number)[]} args
   */
  async run({ lua, sha }, keys, args) {
    const options = { keys, arguments: args.map(String) };
    try {
      return await this.#client.evalSha(sha, options);
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return this.#client.eval(lua, options);
    }
  }

  /** @param {string[]} keys */
  unlink(keys) {
    if (!this.#isCluster) return this.#client.unlink(keys);
    return Promise.all(keys.map((key) => this.#client.unlink(key)));
  }

  /**
   * @param {string} match
   * @param {number} count
   */
  async *pages(match, count) {
    const client = this.#client;
    const nodes = this.#isCluster
      ? client.masters.map((/** @type {unknown} */ node) => client.nodeClient(node))
      : [client];
    for (const connecting of nodes) {
      const node = await connecting;
      let cursor = START;
      do {
        const page = await node.scan(cursor, { MATCH: match, COUNT: count });
        cursor = String(page.cursor);
        yield/** @type {string[]} */ (page.keys);
      } while (cursor !== START);
    }
  }
}

function ignore() {}

/**
 * Both replies. Where the first one rejects, nobody waits for the second.
 * @param {Promise<string | null>} text
 * @param {Promise<number>} leftMs
 * @returns {Promise<Read>}
 */
async function both(text, leftMs) {
  leftMs.catch(ignore);
  return [await text, await leftMs];
}

/**
 * Whether the server refused a script because it does not have it. Nothing of it has run then.
 * @param {unknown} error
 */
function isUnknownScript(error) {
  const { message, redisCode } = /** @type {Failure} */ (error);
  return redisCode === 'NOSCRIPT' || String(message).startsWith('NOSCRIPT');
}

/**
 * The text as a pattern that only it fits.
 * @param {string} text
 */
function escaped(text) {
  return text.replace(/[*?[\]\\]/g, '\\$&');
}

/**
 * @param {unknown} client
 * @returns {Commands}
 */
function commandsOf(client) {
  const given = /** @type {Record<string, unknown> | null | undefined} */ (client);
  if (typeof given?.evalSha === 'function') return new NodeRedisCommands(given);
  if (typeof given?.evalsha === 'function') return new IoredisCommands(given);
  throw new OrgCacheError(
    'E_CONFIG',
    'the option client must be a client of orgcache, ioredis or node-redis',
  );
}

module.exports = { commandsOf, escaped };
