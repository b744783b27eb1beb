'use strict';

const { RespClient } = require('../../support/resp-client');
const { until } = require('../../support/wait');
const { indexKey } = require('./subjects');

/** Longer than a lifetime of any value of the load. */
const INDEX_MS = 86_400_000;
/** `CLIENT LIST` shows by it whose connection is none of the package's. */
const FOREIGN_NAME = 'coherence-foreign';

/**
 * A client that knows nothing of the package but how it stores values: what it writes reaches the near copies by Redis alone. It
 * reaches the server without the proxy of the others.
 */
class ForeignClient {
  #connection;
  #isNamed = false;
  outages = [];

  constructor({ host, port }) {
    this.#connection = new RespClient({ host, port });
  }

  async #command(...words) {
    if (!this.#isNamed) this.#connection.command('CLIENT', 'SETNAME', FOREIGN_NAME).catch(() => {});
    this.#isNamed = true;
    try {
      return await this.#connection.command(...words);
    } catch (error) {
      this.#isNamed = false;
      throw error;
    }
  }

  async read({ redisKey }) {
    const json = await this.#command('GET', redisKey);
    return json === null ? null : JSON.parse(json);
  }

  async set({ redisKey, organization, lifetimeMs }, value) {
    const set = ['SET', redisKey, JSON.stringify(value), 'PX', lifetimeMs];
    if (organization === null) return this.#change(set);
    // A clearing finds the values of an organization in its index.
    const index = indexKey(organization);
    return this.#change(
      ['MULTI'],
      set,
      ['ZADD', index, Date.now() + lifetimeMs, redisKey],
      ['PEXPIRE', index, INDEX_MS],
      ['EXEC'],
    );
  }

  delete({ redisKey }) {
    return this.#change(['UNLINK', redisKey]);
  }

  /** A lost connection runs nothing later: the server has closed it, and a new one repeats nothing. */
  async #change(...commands) {
    const replies = await Promise.allSettled(commands.map((words) => this.#command(...words)));
    return replies.every(({ status }) => status === 'fulfilled') ? 'acknowledged' : 'over';
  }

  async near() {
    return undefined;
  }

  settled() {
    return until(() => this.#command('PING'), { what: 'the server to answer the foreign client' });
  }

  async close() {
    this.#connection.close();
  }
}

module.exports = { ForeignClient, FOREIGN_NAME };
