'use strict';

const { OrgCacheError } = require('../errors.js');
const { Engine, normalized } = require('./engine.js');
const { OrganizationCache } = require('./organization-cache.js');
const { Scope } = require('./scope.js');
const { serializers } = require('./serializers.js');

/** @import { Cache as Public, CacheOptions, OrganizationCache as Entries } from '../../types/cache-entries.js' */

/** @typedef {InstanceType<typeof import('../bridge.js').Bridge>} Bridge */

/**
 * What a cache needs of its instance.
 * @typedef {object} Parts
 * @property {Bridge} bridge
 * @property {InstanceType<typeof import('./flights.js').Flights>} flights Of all caches of the instance.
 * @property {InstanceType<typeof import('./lease-waits.js').LeaseWaits>} waits
 * @property {InstanceType<typeof import('./frozen.js').FrozenValues>} frozen
 * @property {InstanceType<typeof import('./tally.js').Tallies>} tallies
 * @property {() => InstanceType<typeof import('./tables.js').Tables>} tables Made with the first query.
 */

/** Number of organizations and of namespaces that are kept, so that calls need not make them again. */
const KEPT = 10_000;

/**
 * A cache by name.
 * @template T
 * @implements {Public<T>}
 */
class Cache {
  #parts;
  #options;
  #serializer;
  #tally;
  /**
   * By namespaces.
   * @type {Map<string, InstanceType<typeof Engine>>}
   */
  #engines = new Map();
  /** @type {Map<string, Entries<T>>} */
  #organizations = new Map();
  /** @type {Entries<T> | undefined} */
  #global;

  /**
   * @param {CacheOptions} options
   * @param {Parts} parts
   */
  constructor(options, parts) {
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      throw new OrgCacheError('E_CONFIG', 'createCache() takes an object of options');
    }
    this.#parts = parts;
    this.#options = { ...options };
    const { name, serializer } = normalized(this.#options);
    this.#serializer = serializers[serializer];
    this.#tally = parts.tallies.of(name);
  }

  /**
   * @param {string} id
   * @returns {Entries<T>}
   */
  org(id) {
    const known = this.#organizations.get(id);
    if (known !== undefined) return known;
    if (typeof id !== 'string' || id === '') {
      throw new OrgCacheError(
        'E_KEY',
        'the organization is missing or empty; global() names what belongs to no organization',
      );
    }
    const made = this.#entriesOf(id);
    if (this.#organizations.size >= KEPT) this.#organizations.clear();
    this.#organizations.set(id, made);
    return made;
  }

  /** @returns {Entries<T>} */
  global() {
    this.#global ??= this.#entriesOf(undefined);
    return this.#global;
  }

  async stats() {
    return { name: this.#options.name, ...this.#tally.report() };
  }

  /** @param {string | undefined} organization */
  #entriesOf(organization) {
    return new OrganizationCache(
      (namespaces, serializer) =>
        new Scope({
          engine: this.#engineOf(namespaces, serializer),
          flights: this.#parts.flights,
          frozen: this.#parts.frozen,
          organization,
          serializer: serializer === undefined ? this.#serializer : serializers[serializer],
          tally: this.#tally,
          tables: this.#parts.tables,
        }),
    );
  }

  /**
   * @param {readonly string[]} namespaces
   * @param {'json' | 'v8'} [serializer]
   */
  #engineOf(namespaces, serializer) {
    const path = JSON.stringify([serializer ?? '', ...namespaces]);
    let engine = this.#engines.get(path);
    if (engine === undefined) {
      /** @type {CacheOptions & { namespaces?: readonly string[] }} */
      const options = { ...this.#options };
      if (namespaces.length > 0) options.namespaces = namespaces;
      if (serializer !== undefined) {
        options.serializer = serializer;
        // Bytes cannot be frozen.
        if (typeof options.near === 'object') options.near = { ...options.near, share: 'copy' };
      }
      engine = new Engine(this.#parts, options, normalized(options), `${this.#options.name}${path}`);
      if (this.#engines.size >= KEPT) this.#engines.clear();
      this.#engines.set(path, engine);
    }
    return engine;
  }
}

module.exports = { Cache };
