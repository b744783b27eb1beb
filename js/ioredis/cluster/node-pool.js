'use strict';

const { EventEmitter } = require('node:events');
const { noop } = require('../callback.js');
const { defaults } = require('../options.js');
const { Redis } = require('../redis.js');
const utils = require('../utils.js');
const { nodeKeyOf } = require('./nodes.js');

/**
 * @import { NodeRole } from '../../../types/ioredis/options.js'
 * @import { GivenOptions } from '../options.js'
 *
 * @typedef {InstanceType<typeof Redis>} Redis
 */

/**
 * The clients of a cluster's nodes, by role. Emits `+node`, `-node`, `nodeError`, and `drain` when the last is
 * gone.
 */
class NodePool extends EventEmitter {
  /** @type {Record<NodeRole, Record<string, Redis>>} */
  nodes = { all: {}, master: {}, slave: {} };
  /** @type {object} */
  #redisOptions;
  /** @type {NonNullable<GivenOptions['retryStrategy']> | null} */
  #retryStrategy;
  /**
   * Options of start-up nodes. They count for a node whenever it comes back.
   * @type {Map<string, GivenOptions>}
   */
  #specified = new Map();
  #isDrained = false;

  /**
   * @param {object} [redisOptions]
   * @param {GivenOptions['retryStrategy']} [retryStrategy]
   */
  constructor(redisOptions = {}, retryStrategy = null) {
    super();
    this.#redisOptions = redisOptions;
    // A lost node is not tried again by default, because a redirection will say where its slots are.
    this.#retryStrategy = typeof retryStrategy === 'function' ? retryStrategy : null;
  }

  /** @param {NodeRole} [role] */
  getNodes(role = 'all') {
    return Object.values(this.nodes[role]);
  }

  /**
   * @param {string | null | undefined} key
   * @returns {Redis | undefined}
   */
  getInstanceByKey(key) {
    return this.nodes.all[/** @type {string} */ (key)];
  }

  /** @param {NodeRole} role */
  getSampleInstance(role) {
    const key = utils.sample(Object.keys(this.nodes[role]));
    return key === null ? undefined : this.nodes[role][key];
  }

  /**
   * @param {GivenOptions} node
   * @param {boolean} [isReadOnly]
   */
  findOrCreate(node, isReadOnly = false) {
    const readOnly = Boolean(isReadOnly);
    const key = nodeKeyOf(node);
    if (this.#specified.has(key)) Object.assign(node, this.#specified.get(key));
    else this.#specified.set(key, node);
    const known = this.nodes.all[key];
    if (known === undefined) return this.#create(key, node, readOnly);
    if (known.options.readOnly !== readOnly) this.#changeRole(key, known, readOnly);
    return known;
  }

  /**
   * @param {string} key
   * @param {GivenOptions} node
   * @param {boolean} readOnly
   */
  #create(key, node, readOnly) {
    const own = { retryStrategy: this.#retryStrategy, enableOfflineQueue: true, readOnly };
    const redis = new Redis(defaults(own, node, this.#redisOptions, { lazyConnect: true }));
    this.nodes.all[key] = redis;
    this.nodes[readOnly ? 'slave' : 'master'][key] = redis;
    this.#isDrained = false;
    redis.once('end', () => {
      // Another client may have taken its place since.
      if (this.nodes.all[key] === redis) this.#remove(key);
      this.emit('-node', redis, key);
      this.#tellDrained();
    });
    this.emit('+node', redis, key);
    redis.on('error', (error) => this.emit('nodeError', error, key));
    return redis;
  }

  /** Emits `drain` once: nodes that end later would end the cluster again. */
  #tellDrained() {
    if (this.#isDrained || Object.keys(this.nodes.all).length > 0) return;
    this.#isDrained = true;
    this.emit('drain');
  }

  /**
   * @param {string} key
   * @param {Redis} redis
   * @param {boolean} readOnly
   */
  #changeRole(key, redis, readOnly) {
    redis.options.readOnly = readOnly;
    const changed = readOnly ? redis.readonly() : redis.readwrite();
    changed.catch(noop);
    delete this.nodes[readOnly ? 'master' : 'slave'][key];
    this.nodes[readOnly ? 'slave' : 'master'][key] = redis;
  }

  /**
   * Keeps only the clients of these nodes. A node that is primary of some slots counts as primary.
   * @param {GivenOptions[]} nodes
   */
  reset(nodes) {
    /** @type {Record<string, GivenOptions>} */
    const next = {};
    for (const node of nodes) {
      const key = nodeKeyOf(node);
      if (!(node.readOnly && next[key])) next[key] = node;
    }
    for (const [key, redis] of Object.entries(this.nodes.all)) {
      if (next[key]) continue;
      redis.disconnect();
      this.#remove(key);
    }
    for (const node of Object.values(next)) this.findOrCreate(node, node.readOnly);
  }

  /** @param {string} key */
  #remove(key) {
    for (const clients of Object.values(this.nodes)) delete clients[key];
  }
}

module.exports = { NodePool };
