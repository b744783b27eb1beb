'use strict';

const { protocol } = require('../protocol.js');
const { createQueue } = require('./queue.js');

/** @import { RedisClient } from '../../index.js' */
/** @import { Parts } from './room.js' */

/** @typedef {InstanceType<typeof import('../bridge.js').Bridge>} Bridge */

const { eraseKeysAStep } = protocol.limits;
/** Stands in a pattern for every name that keys write in their own way. */
const ANY_NAME = '*';

/** The part of erasures that concerns jobs: those of queues that this process has used, and of all that Redis has. */
class JobEraser {
  place = 'jobs';
  #bridge;
  #client;
  #parts;

  /**
   * @param {{ bridge: Bridge, client: () => RedisClient }} foundation
   * @param {Parts} parts
   */
  constructor({ bridge, client }, parts) {
    this.#bridge = bridge;
    this.#client = client;
    this.#parts = parts;
  }

  /**
   * Removes the organization's schedules and jobs. The ones that run are told to end. Answers how many of all there were.
   * @param {string} organization
   */
  erase(organization) {
    return this.#sum(async (queue) => {
      const { removed, signalled } = await queue.eraseOrganization(organization);
      return removed + signalled;
    });
  }

  /**
   * How many schedules the organization has, and how many of its jobs are ready or run, as far as a page of each shows them.
   * @param {string} organization
   */
  remaining(organization) {
    return this.#sum(async (queue) => {
      const list = (/** @type {string} */ state) => queue.list({ state, orgId: organization });
      const pages = await Promise.all(['ready', 'active'].map(list));
      const { total } = await queue.schedules({ orgId: organization, limit: 1 });
      return pages.reduce((sum, { jobs }) => sum + jobs.length, total);
    });
  }

  /**
   * Adds up what is answered for each queue.
   * @param {(queue: any) => Promise<number>} ask
   */
  async #sum(ask) {
    let sum = 0;
    for (const name of await this.#names()) {
      const queue = createQueue(name, {}, this.#parts);
      try {
        sum += await ask(queue);
      } finally {
        await queue.close();
      }
    }
    return sum;
  }

  async #names() {
    const names = new Set(this.#parts.names);
    const { roomPrefix, useRedis } = this.#bridge.config();
    if (!useRedis) return names;
    const [start, end] = [`${roomPrefix}queue:{`, '}:meta'];
    const match = start.replaceAll(/[*?[\]\\]/g, '\\$&') + ANY_NAME + end;
    for await (const page of this.#client().scanBufferStream({ match, count: eraseKeysAStep })) {
      for (const key of page) names.add(decodeURIComponent(String(key).slice(start.length, -end.length)));
    }
    return names;
  }
}

module.exports = { JobEraser };
