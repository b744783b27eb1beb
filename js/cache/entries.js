'use strict';

const { channel } = require('node:diagnostics_channel');
const { protocol } = require('../protocol.js');
const { verbs } = require('./engine.js');
const { NOTHING, foundOf } = require('./found.js');

/** @import { CallWith, Lease } from './entries-types.js' */
/** @import { OwnOptions } from './factory.js' */
/** @import { Payload, Serializer } from './serializers.js' */

/** @typedef {InstanceType<typeof import('./engine.js').Engine>} Engine */
/** @typedef {InstanceType<typeof import('./found.js').Found>} Found */
/** @typedef {ReturnType<InstanceType<typeof import('./tally.js').Tallies>['of']>} Tally */

/**
 * The answer to a process that wants to compute a key.
 *
 * - `granted`: it does; without a lease it keeps nothing
 * - `changed`: another entry is there than the one that it knows
 * - `held`: another process computes
 * - `resting`: a factory has just failed, and a stale value answers
 * @typedef {{ outcome: 'granted', lease: Lease | undefined } | { outcome: 'changed', found: Found } |
 *   { outcome: 'held' | 'resting', waitMs: number, found: Found }} Turn
 */

/** An entry that was found, without a lease. */
const FOUND_PARTS = 5;
const { details, kept: KEPT, lease: LEASE } = protocol.cache.entries;
const factories = channel('orgcache:factory');
const operations = channel('orgcache:operation');

/** The entries of one organization in one cache, as flights need them. */
class Entries {
  #engine;
  #organization;
  #serializer;

  /**
   * @param {object} parts
   * @param {Engine} parts.engine
   * @param {string | undefined} parts.organization Undefined for the global scope.
   * @param {Serializer} parts.serializer
   * @param {Tally} parts.tally
   */
  constructor({ engine, organization, serializer, tally }) {
    this.#engine = engine;
    this.#organization = organization;
    this.#serializer = serializer;
    this.tally = tally;
  }

  /** The name of the cache, without namespaces. */
  get cacheName() {
    return this.#engine.normalized.name;
  }

  /**
   * @param {number} verb
   * @param {unknown[]} values The arguments behind the organization.
   * @param {number} [detail]
   */
  call(verb, values, detail = 0) {
    return this.#engine.call(verb, detail, [0, this.#organization, ...values]);
  }

  /**
   * @param {string} key
   * @param {CallWith} callWith
   * @returns {Promise<Found>}
   */
  async read(key, { text }) {
    return this.readable(key, foundOf(await this.call(verbs.entryGet, [key, text])));
  }

  /**
   * What the memory of this process says at once; undefined where only Redis knows.
   * @param {string} key
   * @param {CallWith} callWith
   */
  readNow(key, { text }) {
    const reply = this.#engine.readNow(this.#organization, key, text);
    if (reply === undefined) return undefined;
    const found = foundOf(reply);
    return this.#canRead(found) ? found : undefined;
  }

  /** @param {Found} found */
  #canRead(found) {
    if (found.payload === undefined) return true;
    try {
      found.first = { value: this.decode(found.payload) };
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Nothing in place of a value that cannot be read, which is removed.
   * @param {string} key
   * @param {Found} found
   */
  async readable(key, found) {
    if (this.#canRead(found)) return found;
    this.#engine.noteDamage();
    await this.call(verbs.entryDelete, [key]);
    return NOTHING;
  }

  /**
   * The value, a copy for each caller.
   * @param {Found} found
   */
  valueOf(found) {
    const { first } = found;
    found.first = undefined;
    if (first !== undefined) return first.value;
    return found.payload === undefined ? undefined : this.decode(found.payload);
  }

  /**
   * The value that a factory is to replace, read when the factory asks for it.
   * @param {Found} found
   */
  staleOf({ meta, payload }) {
    const decode = () => this.decode(/** @type {Payload} */ (payload));
    /** @type {{ value: any } | undefined} */
    let read;
    return {
      get value() {
        read ??= { value: decode() };
        return read.value;
      },
      ...(meta === undefined ? {} : { meta: JSON.parse(String(meta)) }),
    };
  }

  /** @param {Payload} payload */
  decode(payload) {
    return this.#serializer.decode(payload);
  }

  /** @param {unknown} value */
  encode(value) {
    return this.#serializer.encode(value);
  }

  /**
   * Reads a key, and asks for the right to compute it if nothing fresh is there. `startOf` reads the answer.
   * @param {string} key
   * @param {CallWith} callWith
   * @returns {Promise<any>}
   */
  start(key, { text }) {
    const values = [0, this.#organization, key, undefined, text, 0];
    return this.#engine.call(verbs.entryTake, details.first, values);
  }

  /**
   * What `start` has found; undefined where a value cannot be read. Native code may leave the right to another call:
   * then there is no turn.
   * @param {string} key
   * @param {CallWith} callWith
   * @param {any} reply
   * @returns {{ found: Found, turn: Turn | undefined } | undefined}
   */
  startOf(key, callWith, reply) {
    if (!Array.isArray(reply) || reply.length === FOUND_PARTS) {
      const found = foundOf(reply);
      return this.#canRead(found) ? { found, turn: undefined } : undefined;
    }
    const [outcome, granted, ...entry] = reply;
    let found = foundOf(entry);
    if (!this.#canRead(found)) {
      if (outcome !== LEASE.granted) return undefined;
      // The factory's value replaces it.
      this.#engine.noteDamage();
      found = NOTHING;
    }
    const turn = this.#turnOf(key, callWith, { outcome, granted, found });
    if (turn.outcome !== 'changed') this.tally.leases[turn.outcome]++;
    return { found, turn };
  }

  /**
   * Asks for the right to compute a key.
   * @param {string} key
   * @param {Found | undefined} found The entry that is to be replaced.
   * @param {CallWith} callWith
   * @param {object} how
   * @param {boolean} how.isForced Whether a holder loses its lease.
   * @param {number} how.attempt How often this caller has asked before.
   * @returns {Promise<Turn>}
   */
  async acquire(key, found, callWith, how) {
    const turn = await this.#acquire(key, found, callWith, how);
    this.tally.leases[turn.outcome]++;
    return turn;
  }

  /**
   * @param {string} key
   * @param {Found | undefined} found
   * @param {CallWith} callWith
   * @param {{ isForced: boolean, attempt: number }} how
   * @returns {Promise<Turn>}
   */
  async #acquire(key, found, callWith, { isForced, attempt }) {
    const detail = isForced ? details.force : 0;
    const reply = await this.call(verbs.entryTake, [key, found?.nonce, callWith.text, attempt], detail);
    const [outcome, granted, ...entry] = reply;
    const isGranted = outcome === LEASE.granted || outcome === LEASE.mutating;
    const now = isGranted ? NOTHING : await this.readable(key, foundOf(entry));
    return this.#turnOf(key, callWith, { outcome, granted, found: now });
  }

  /**
   * @param {string} key
   * @param {CallWith} callWith
   * @param {{ outcome: number, granted: any, found: Found }} reply
   * @returns {Turn}
   */
  #turnOf(key, { text }, { outcome, granted, found }) {
    switch (outcome) {
      case LEASE.granted:
        return { outcome: 'granted', lease: { key, grant: granted, text } };
      case LEASE.mutating:
        return { outcome: 'granted', lease: undefined };
      case LEASE.there:
        return { outcome: 'changed', found };
      default:
        return { outcome: outcome === LEASE.failed ? 'resting' : 'held', waitMs: granted, found };
    }
  }

  /**
   * Whether the lease is still held.
   * @param {Lease} lease
   * @returns {Promise<boolean>}
   */
  renew({ key, grant }) {
    return this.call(verbs.entryRenew, [key, grant]);
  }

  /**
   * Keeps a factory's value and ends its lease. `isKept` reads the answer.
   * @param {Lease} lease
   * @param {Payload | undefined} payload Undefined if the factory answered undefined.
   * @param {CallWith} callWith
   * @param {OwnOptions | undefined} own
   * @param {number} ms How long the factory took.
   * @returns {Promise<number>}
   */
  fill({ key, grant }, payload, callWith, own, ms) {
    return this.call(verbs.entryFill, [key, grant, payload, ms, this.#engine.mergedText(callWith, own)]);
  }

  /**
   * Makes a stale value fresh and ends the lease. If the stale bytes are not there any more, they are sent.
   * @param {Lease} lease
   * @param {Found} found
   * @param {CallWith} callWith
   * @param {OwnOptions | undefined} own
   * @param {number} ms
   * @returns {Promise<number>}
   */
  async touch(lease, found, callWith, own, ms) {
    const { key, grant } = lease;
    const values = [key, grant, undefined, ms, this.#engine.mergedText(callWith, own)];
    const outcome = await this.call(verbs.entryFill, values, details.notModified);
    return outcome === KEPT.gone ? this.fill(lease, found.payload, callWith, own, ms) : outcome;
  }

  /**
   * Whether a value is kept.
   * @param {number} outcome What `fill` and `touch` answer.
   */
  isKept(outcome) {
    return outcome === KEPT.kept || outcome === KEPT.memory;
  }

  /**
   * Ends a lease. Nobody waits for it.
   * @param {Lease} lease
   * @param {boolean} rests Whether no process runs a factory for retryAfterErrorSeconds, because a stale value answers.
   */
  release({ key, grant, text }, rests = false) {
    this.call(verbs.entryFail, [key, grant, Number(rests), text]).catch(() => {});
  }

  /**
   * Throws for options of a factory that are not allowed.
   * @param {OwnOptions} own
   * @param {CallWith} callWith
   */
  checkOwn(own, callWith) {
    this.#engine.checkOwn(own, callWith);
  }

  /**
   * What a call that only reads answers.
   * @param {Found} found
   * @param {string} operation
   */
  answerOf(found, operation) {
    if (!found.isFresh) {
      this.tally.misses++;
      this.tell(operation, { tier: this.#tier, hit: false, stale: false });
      return undefined;
    }
    this.countHit(found, operation);
    return this.valueOf(found);
  }

  /** Where entries are. */
  get #tier() {
    return this.#engine.isEmbedded ? 'near' : 'redis';
  }

  /**
   * Tells listeners of the channel how a call was answered.
   * @param {string} operation
   * @param {{ tier: 'factory' | 'near' | 'redis', hit: boolean, stale: boolean }} how
   */
  tell(operation, how) {
    if (operations.hasSubscribers) {
      operations.publish({ cache: this.#engine.normalized.name, operation, ...how });
    }
  }

  /**
   * @param {Found} found
   * @param {string} operation
   */
  countHit(found, operation) {
    this.tally.countHit(found, this.#engine.isEmbedded);
    this.tell(operation, { tier: this.#tier, hit: true, stale: found.isStale });
  }

  /**
   * A value answers in place of one that is computed.
   * @param {string} operation
   */
  countStale(operation) {
    this.tally.stale++;
    this.tell(operation, { tier: this.#tier, hit: true, stale: true });
  }

  /**
   * @param {'kept' | 'unkept' | 'failed'} outcome
   * @param {number} ms
   * @param {unknown} [error]
   */
  factoryEnded(outcome, ms, error) {
    this.tally.countFactory(outcome, ms);
    if (!factories.hasSubscribers) return;
    factories.publish({
      cache: this.#engine.normalized.name,
      outcome,
      durationMs: ms,
      ...(error === undefined ? {} : { error }),
    });
  }
}

module.exports = { Entries };
