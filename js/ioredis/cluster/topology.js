'use strict';

const { noop } = require('../callback.js');
const { ClusterAllFailedError } = require('../errors.js');
const { shuffle, timeout } = require('../utils.js');
const { addressOf, connectionNameOf } = require('./nodes.js');

/**
 * @import { Cluster, Redis } from '../classes.js'
 * @import { NatMap } from '../../../types/ioredis/options.js'
 * @import { Callback } from '../../../types/ioredis/calls.js'
 *
 * @typedef {{ host: string, port: number }} Address
 * @typedef {[host: string | null, port: number, ...more: unknown[]]} Member
 * @typedef {[first: number, last: number, ...members: Member[]]} SlotRow A row of the reply to CLUSTER SLOTS.
 */

const SLOTS = 16384;
/** @type {Record<string, string | undefined>} */
const ENDED = { close: 'disconnected', end: 'disconnected', disconnecting: 'disconnecting' };

/** Which nodes serve which slots, from CLUSTER SLOTS. */
class Topology {
  /** @type {Cluster} */
  #cluster;
  #isRefreshing = false;
  /** @type {((error?: Error) => void)[]} */
  #callbacks = [];

  /** @param {Cluster} cluster */
  constructor(cluster) {
    this.#cluster = cluster;
  }

  /**
   * Asks node after node until one answers. Callers that ask meanwhile share the answer.
   * @param {(error?: Error) => void} [callback]
   */
  refresh(callback) {
    if (typeof callback === 'function') this.#callbacks.push(callback);
    if (this.#isRefreshing) return;
    this.#isRefreshing = true;
    this.#askNext(shuffle(this.#cluster.connectionPool.getNodes()), null);
  }

  /** @param {Error} [error] */
  #done(error) {
    this.#isRefreshing = false;
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    for (const callback of callbacks) callback(error);
  }

  /**
   * @param {Redis[]} nodes
   * @param {Error | null} lastError
   */
  #askNext([node, ...others], lastError) {
    if (node === undefined) {
      this.#done(new ClusterAllFailedError(ClusterAllFailedError.defaultMessage, lastError));
      return;
    }
    this.#ask(node, (error, rows) => {
      const cluster = this.#cluster;
      const ended = ENDED[cluster.status];
      if (ended !== undefined) {
        this.#done(new Error(`Cluster is ${ended}.`));
      } else if (error) {
        cluster.emit('node error', error, `${node.options.host}:${node.options.port}`);
        this.#askNext(others, error);
      } else {
        this.#take(rows);
        cluster.emit('refresh');
        this.#done();
      }
    });
  }

  /**
   * On a separate connection, because the node's client may be blocked.
   * @param {Redis} node
   * @param {(error: Error | null | undefined, rows: SlotRow[]) => void} callback
   */
  #ask(node, callback) {
    const { redisOptions, slotsRefreshTimeout } = this.#cluster.options;
    const asking = node.duplicate({
      enableOfflineQueue: true,
      enableReadyCheck: false,
      retryStrategy: null,
      connectionName: connectionNameOf('refresher', redisOptions?.connectionName),
    });
    // The command's own error is enough.
    asking.on('error', noop);
    /** @type {Callback<SlotRow[]>} */
    const answered = (error, rows) => {
      asking.disconnect();
      callback(error, /** @type {SlotRow[]} */ (rows));
    };
    asking.cluster('SLOTS', timeout(answered, slotsRefreshTimeout));
  }

  /** @param {SlotRow[]} rows */
  #take(rows) {
    const cluster = this.#cluster;
    const nodes = [];
    for (const [first, last, ...members] of rows) {
      const keys = [];
      for (const [position, [host, port]] of members.entries()) {
        // A node that does not know its own address yet.
        if (!host) continue;
        const node = { ...natMapped(cluster.options.natMap, { host, port }), readOnly: position !== 0 };
        nodes.push(node);
        keys.push(`${node.host}:${node.port}`);
      }
      for (let slot = first; slot <= last; slot++) cluster.slots[slot] = keys;
    }
    this.#numberGroups();
    cluster.connectionPool.reset(nodes);
    cluster._resetShardedSubscribers();
  }

  /** Slots with the same nodes form a group. The keys of a pipeline may be in one group. */
  #numberGroups() {
    const cluster = this.#cluster;
    cluster._groupsIds = Object.create(null);
    let count = 0;
    for (let slot = 0; slot < SLOTS; slot++) {
      const nodes = (cluster.slots[slot] ?? []).join(';');
      if (nodes === '') {
        cluster._groupsBySlot[slot] = undefined;
        continue;
      }
      cluster._groupsIds[nodes] ??= ++count;
      cluster._groupsBySlot[slot] = cluster._groupsIds[nodes];
    }
  }

  /**
   * A redirection names the node of a slot before the next refresh does.
   * @param {number} slot
   * @param {string} key
   */
  moved(slot, key) {
    const cluster = this.#cluster;
    if (cluster.slots[slot] === undefined) cluster.slots[slot] = [key];
    else if (cluster.slots[slot][0] !== key) cluster.slots[slot] = [key, ...cluster.slots[slot].slice(1)];
    cluster._groupsBySlot[slot] = cluster._groupsIds[cluster.slots[slot].join(';')];
  }
}

/**
 * The address of a node as it is reached from here.
 * @param {NatMap | undefined} natMap
 * @param {string | Address} node
 * @returns {Address}
 */
function natMapped(natMap, node) {
  const key = typeof node === 'string' ? node : `${node.host}:${node.port}`;
  const mapped = typeof natMap === 'function' ? natMap(key) : natMap?.[key];
  if (mapped) return { ...mapped };
  return typeof node === 'string' ? addressOf(node) : node;
}

module.exports = { Topology, natMapped };
