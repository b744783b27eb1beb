'use strict';

const { Entries } = require('./entries.js');

/** @import { CallWith } from './entries-types.js' */

/** @typedef {InstanceType<typeof import('./engine.js').Engine>} Engine */
/** @typedef {InstanceType<typeof import('./flights.js').Flights>} Flights */

/** One organization's part of a cache or of a namespace of it. */
class Scope {
  /** What ids of its flights begin with. No name has NUL. */
  #prefix;

  /**
   * @param {object} parts
   * @param {Engine} parts.engine
   * @param {Flights} parts.flights
   * @param {InstanceType<typeof import('./frozen.js').FrozenValues>} parts.frozen
   * @param {string | undefined} parts.organization Undefined for the global scope.
   * @param {import('./serializers.js').Serializer} parts.serializer
   * @param {ReturnType<InstanceType<typeof import('./tally.js').Tallies>['of']>} parts.tally
   * @param {() => InstanceType<typeof import('./tables.js').Tables>} parts.tables
   */
  constructor({ engine, flights, frozen, organization, serializer, tally, tables }) {
    this.engine = engine;
    this.flights = flights;
    this.tables = tables;
    this.organization = organization;
    this.organizationId = organization === undefined ? '' : `org ${organization}`;
    this.#prefix = `${engine.path}\0${this.organizationId}\0`;
    this.entries = new Entries({ engine, organization, serializer, tally, frozen, scope: this.#prefix });
  }

  /**
   * Tells the key apart from those of other scopes in this thread.
   * @param {string} key
   */
  idOf(key) {
    return this.#prefix + key;
  }

  /**
   * @param {import('./flight.js').Task['manner']} manner
   * @param {string} key
   * @param {CallWith} callWith
   */
  begin(manner, key, callWith) {
    const { entries, organizationId: organization } = this;
    const version = entries.version(key, callWith);
    return this.flights.begin({ id: this.idOf(key), key, entries, callWith, manner, organization, version });
  }

  /**
   * The flight of a key that a caller may join.
   * @param {import('./flight.js').Task['manner']} manner
   * @param {string} key
   * @param {CallWith} callWith
   */
  flying(manner, key, callWith) {
    return this.flights.findCurrent(manner, this.idOf(key), () => this.entries.version(key, callWith));
  }

  /** @param {string} key */
  changes(key) {
    this.flights.keyChanged(this.idOf(key));
  }

  changesAll() {
    this.flights.organizationChanged(this.organizationId);
  }
}

module.exports = { Scope };
