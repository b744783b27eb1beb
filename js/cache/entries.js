'use strict';

const { channel } = require('node:diagnostics_channel');
const { protocol } = require('../protocol.js');
const { verbs } = require('./engine.js');
const { NOTHING, foundOf } = require('./found.js');
const { FrozenValue, deepFreeze } = require('./frozen.js');

/** @import { CallWith, Lease } from './entries-types.js' */
/** @import { OwnOptions } from './factory.js' */
/** @import { Payload, Serializer } from './serializers.js' */

/** @typedef {InstanceType<typeof import('./engine.js').Engine>} Engine */
/** @typedef {InstanceType<typeof FrozenValue>} Kept */
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
/** @type {Map<string, Kept>} */
const NO_VALUES = new Map();
const factories = channel('orgcache:factory');
const operations = channel('orgcache:operation');

/** The entries of one organization in one cache, as flights need them. */
class Entries {
  #engine;
  #organization;
  #serializer;
  #frozen;
  /** @type {Map<string, Kept>} */
  #kept;
  /** Whether callers share values that nobody can change. */
  isFrozen;

  /**
   * @param {object} parts
   * @param {Engine} parts.engine
   * @param {string | undefined} parts.organization Undefined for the global scope.
   * @param {Serializer} parts.serializer
   * @param {Tally} parts.tally
   * @param {InstanceType<typeof import('./frozen.js').FrozenValues>} parts.frozen
   * @param {string} parts.scope Tells these entries apart from all others of the instance.
   */
  constructor({ engine, organization, serializer, tally, frozen, scope }) {
    this.#engine = engine;
    this.#organization = organization;
    this.#serializer = serializer;
    this.tally = tally;
    const { near } = engine.normalized;
    this.isFrozen = near !== false && near.share === 'frozen';
    this.#frozen = frozen;
    this.#kept = this.isFrozen ? frozen.homeOf(scope) : NO_VALUES;
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
    return this.readable(
      key,
      foundOf(await this.#engine.read(verbs.entryGet, 0, [0, this.#organization, key, text])),
    );
  }

  /**
   * @param {string} key
   * @param {CallWith} callWith
   * @returns {Promise<boolean>}
   */
  has(key, { text }) {
    const now = this.#engine.readNow(this.#organization, key, text, details.bare);
    if (now !== undefined) return Promise.resolve(now);
    return this.#engine.read(verbs.entryGet, details.bare, [0, this.#organization, key, text]);
  }

  /**
   * What the memory of this process says at once; undefined where only Redis knows.
   * @param {string} key
   * @param {CallWith} callWith
   */
  readNow(key, { given, text }) {
    if (this.isFrozen) {
      const found = this.#keptNow(key, { text, isOwn: given.earlyRefresh !== undefined });
      if (found !== undefined || !this.#engine.isEmbedded) return found;
    }
    return this.#foundNow(this.#engine.readNow(this.#organization, key, text));
  }

  /**
   * The value that this thread keeps, or what a copy answers, which is kept from then on.
   * @param {string} key
   * @param {object} how
   * @param {string} [how.text]
   * @param {boolean} [how.isOwn] Whether the call has options that a kept value does not know.
   * @param {boolean} [how.isPeek]
   * @returns {Found | undefined}
   */
  #keptNow(key, { text, isOwn = false, isPeek = false }) {
    const kept = this.#kept.get(key);
    // Native code decides who answers while Redis is away.
    const isSimple = !isOwn && this.#engine.normalized.onRedisDown === 'serve';
    if (kept !== undefined && isSimple && this.#frozen.isCurrent(kept)) {
      kept.reads++;
      kept.wasRead = true;
      return kept.found;
    }
    const reply = this.#engine.copyNow(this.#organization, key, { text, isPeek, reads: kept?.reads ?? 0 });
    if (reply === null) return undefined;
    if (kept !== undefined) kept.reads = 0;
    return reply === undefined ? undefined : this.#keep(key, kept, reply);
  }

  /**
   * @param {string} key
   * @param {Kept | undefined} kept
   * @param {any[]} reply
   */
  #keep(key, kept, [payload, state, nonce, left, meta, ...facts]) {
    const found = foundOf([payload, state, nonce, left, meta]);
    found.isNear = true;
    // A value that was read before needs not be read again.
    if (kept?.nonce === nonce) found.frozen = kept?.found.frozen;
    else if (!this.#canRead(found)) return undefined;
    if (kept?.nonce === nonce && kept !== undefined) {
      kept.found = found;
      kept.facts = facts;
    } else {
      const value = new FrozenValue(this.#kept, key, payload?.length ?? 0, nonce, found);
      value.facts = facts;
      value.organization = this.#organization;
      this.#frozen.keep(value);
    }
    return found;
  }

  /**
   * The same, which always looks for a copy.
   * @param {string} key
   */
  peekNow(key) {
    if (this.isFrozen) {
      const found = this.#keptNow(key, { isPeek: true });
      if (found !== undefined || !this.#engine.isEmbedded) return found;
    }
    return this.#foundNow(this.#engine.peekNow(this.#organization, key));
  }

  /** @param {any} reply Undefined where only Redis knows. */
  #foundNow(reply) {
    if (reply === undefined) return undefined;
    const found = foundOf(reply);
    if (!this.#canRead(found)) return undefined;
    found.isNear = found !== NOTHING;
    return found;
  }

  /** @param {Found} found */
  #canRead(found) {
    if (found.payload === undefined) return true;
    try {
      const read = { value: this.decode(found.payload) };
      if (this.isFrozen) found.frozen = read;
      else found.first = read;
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
   * The value, a copy for each caller, unless they share it.
   * @param {Found} found
   */
  valueOf(found) {
    const { first, frozen } = found;
    if (frozen !== undefined) return frozen.value;
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
    const value = this.#serializer.decode(payload);
    return this.isFrozen ? deepFreeze(value) : value;
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
    return this.#engine.read(verbs.entryTake, details.first, values);
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
   * A number that changes if the entry may have changed, as `isSameVersion` and `isWatched` read it; undefined without copies.
   * @param {string} key
   * @param {CallWith} callWith
   */
  version(key, { text }) {
    return this.#engine.version(this.#organization, key, text);
  }

  /**
   * Waits until a lease that another process holds has changed, or it is time to ask for it again.
   * @param {string} key
   * @param {CallWith} callWith
   * @param {Extract<Turn, { waitMs: number }>} turn
   * @param {number} leftMs The maximum.
   */
  leaseChange(key, { times }, { outcome, waitMs }, leftMs) {
    const askAgainMs = outcome === 'held' ? times.askAgainMs : waitMs;
    return this.#engine.leaseChange(this.#organization, key, { waitMs, askAgainMs, leftMs });
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
      this.tell(operation, { tier: this.#tierOf(found), hit: false, stale: false });
      return undefined;
    }
    this.countHit(found, operation);
    return this.valueOf(found);
  }

  /**
   * Where an entry was looked for.
   * @param {Found} found
   */
  #tierOf({ isNear }) {
    return isNear || this.#engine.isEmbedded ? 'near' : 'redis';
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
    const tier = this.#tierOf(found);
    this.tally.countHit(found, tier === 'near');
    this.tell(operation, { tier, hit: true, stale: found.isStale });
  }

  /**
   * A value answers in place of one that is computed.
   * @param {Found} found
   * @param {string} operation
   */
  countStale(found, operation) {
    this.tally.stale++;
    this.tell(operation, { tier: this.#tierOf(found), hit: true, stale: true });
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
