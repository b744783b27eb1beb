'use strict';

const { CACHE } = require('./entry-subjects');

/** Another process's factory is waited for longer than a round takes. */
const LOCK_TIMEOUT_MS = 60_000;

/** A cache with factories on one thread, as the load uses it. Each write answers its outcome. */
class EntryClient {
  #cache;

  constructor({ createCache }, options) {
    const exact = { jitter: 0, earlyRefresh: false };
    this.#cache = createCache({
      name: CACHE,
      ttlSeconds: 60,
      lockTimeoutMs: LOCK_TIMEOUT_MS,
      ...exact,
      ...options,
    });
  }

  #of({ organization }) {
    return this.#cache.org(organization);
  }

  read(subject) {
    return this.#of(subject).get(subject.key);
  }

  /** `make` answers a value; it runs only if nobody has one. */
  getOrSet(subject, make) {
    const factory = ({ setOptions }) => {
      if (subject.ownOptions !== undefined) setOptions(subject.ownOptions);
      return make();
    };
    return this.#of(subject).getOrSet(subject.key, factory, subject.computeOptions);
  }

  async set(subject, value) {
    const isSet = await this.#of(subject).set(subject.key, value, subject.setOptions);
    return isSet === true ? 'acknowledged' : 'inDoubt';
  }

  async delete(subject) {
    await this.#of(subject).delete(subject.key);
    return 'acknowledged';
  }

  async expire(subject) {
    await this.#of(subject).expire(subject.key);
    return 'acknowledged';
  }

  async invalidate(organization, tag) {
    await this.#cache.org(organization).invalidateTags([`tag-${tag}`]);
    return 'acknowledged';
  }

  async clear(organization) {
    await this.#cache.org(organization).clear();
    return 'acknowledged';
  }

  /** Runs `change` while the key, and what has the tag (0: none), is in doubt. */
  async mutate(subject, tag, change) {
    const tags = tag === 0 ? [] : [`tag-${tag}`];
    await this.#of(subject).mutate({ keys: [subject.key], tags }, change);
    return 'acknowledged';
  }
}

module.exports = { EntryClient };
