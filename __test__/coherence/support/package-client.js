'use strict';

const { createInstance } = require('../../..');
const { until } = require('../../support/wait');
const { EntryClient } = require('./entry-client');
const { COMMAND_TIMEOUT_MS } = require('./limits');
const { KEY_PREFIX } = require('./subjects');

const SETTLE_TIMEOUT_MS = 15_000;

/** A client of the package, as the load uses it: an instance of its own on this thread. */
class PackageClient {
  #orgcache;
  #now;
  #entries;
  /** When Redis was away, or was being brought up to date: `{ from, to }` in milliseconds of the history. */
  outages = [];

  constructor(options, now) {
    this.#now = now;
    this.#orgcache = createInstance({
      keyPrefix: KEY_PREFIX,
      commandTimeout: COMMAND_TIMEOUT_MS,
      connectTimeout: COMMAND_TIMEOUT_MS,
      logLevel: 'off',
      ...options,
    });
    const { cacheAdapter } = this.#orgcache;
    for (const event of ['degraded', 'recovering']) cacheAdapter.on(event, () => this.#outageBegins());
    for (const event of ['ready', 'recovered']) cacheAdapter.on(event, () => this.#outageEnds());
  }

  #outageBegins() {
    if (!(this.outages.at(-1)?.to === Infinity)) this.outages.push({ from: this.#now(), to: Infinity });
  }

  #outageEnds() {
    if (this.outages.length > 0) this.outages.at(-1).to = this.#now();
  }

  read(subject) {
    return subject.read(this.#orgcache);
  }

  /** Each write answers its outcome. Neither true nor false of a set says that Redis has it while Redis is away. */
  async set(subject, value) {
    return (await subject.set(this.#orgcache, value)) === true ? 'acknowledged' : 'inDoubt';
  }

  async delete(subject) {
    await subject.delete(this.#orgcache);
    return 'acknowledged';
  }

  async clear(organization) {
    const entries = await this.#orgcache.cacheAdapter.clearOrganizationCache(organization);
    return typeof entries === 'number' ? 'acknowledged' : 'inDoubt';
  }

  /** The cache with factories of this client. */
  get entries() {
    this.#entries ??= new EntryClient(this.#orgcache);
    return this.#entries;
  }

  /** The report of the near copies of this process; all its threads share them. */
  async near() {
    return (await this.#orgcache.cacheAdapter.getStats()).near;
  }

  /** Resolves when Redis is there and has everything that this client was asked to write. */
  settled() {
    const isSettled = () => {
      const { state, journal } = this.#orgcache.cacheManager.getStats().redis;
      return state === 'ready' && journal.entries + journal.clears === 0;
    };
    return until(isSettled, { timeoutMs: SETTLE_TIMEOUT_MS, what: 'a client to be up to date' });
  }

  close() {
    return this.#orgcache.shutdown({ timeoutMs: 250 });
  }
}

module.exports = { PackageClient };
