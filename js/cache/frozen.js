'use strict';

const { loadNative } = require('../native.js');
const { protocol } = require('../protocol.js');
const { now } = require('../time.js');

/** @typedef {InstanceType<typeof import('../bridge.js').Bridge>} Bridge */
/** @typedef {InstanceType<typeof import('./found.js').Found>} Found */

const { frozenValues: MOST_VALUES, frozenBudgetPart: BUDGET_PART } = protocol.limits;
const { client: native } = loadNative();
const HIGH_WORD = 2 ** 32;
/** Words from the number of a session to its freshness. */
const FRESH_AFTER = 4;
/** A value that was read since its turn gets another one, but only so many at a time. */
const MOST_SPARED = 64;

/**
 * The near store's memory. Native code changes it at any time.
 * @typedef {object} Memory
 * @property {number} client
 * @property {Uint32Array} stripes
 * @property {Uint32Array} sessions
 * @property {Uint32Array} clearings
 * @property {number} ticksPerMs
 * @property {number} tickOffset What a time of this thread lacks to be a tick.
 * @property {number} maxStaleness Ticks.
 * @property {number} maxBytes Of the values that a thread keeps.
 */

/** A value that a thread keeps as long as the copy that it was read from may answer. */
class FrozenValue {
  reads = 0;
  /** Whether it was read since its turn to leave, or is new. */
  wasRead = true;
  /**
   * Until when the value answers, then words of the store's memory and what must stand there: session, clearings,
   * stripes.
   * @type {readonly number[]}
   */
  facts = [];
  /** @type {string | undefined} */
  organization;

  /**
   * @param {Map<string, FrozenValue>} home
   * @param {string} key
   * @param {number} bytes
   * @param {unknown} nonce
   * @param {Found} found
   */
  constructor(home, key, bytes, nonce, found) {
    this.home = home;
    this.key = key;
    this.bytes = bytes;
    this.nonce = nonce;
    this.found = found;
  }
}

/** The frozen values of a thread's instance. */
class FrozenValues {
  #bridge;
  /** @type {Memory | undefined} */
  #memory;
  /**
   * In the order in which they leave.
   * @type {Set<FrozenValue>}
   */
  #values = new Set();
  #bytes = 0;
  /**
   * By the scopes of their keys.
   * @type {Map<string, Map<string, FrozenValue>>}
   */
  #homes = new Map();

  /** @param {Bridge} bridge */
  constructor(bridge) {
    this.#bridge = bridge;
    bridge.onClose(() => this.#forgetAll());
  }

  /** The near store's memory is kept as long as its arrays are. */
  #forgetAll() {
    for (const value of this.#values) this.forget(value);
    this.#memory = undefined;
  }

  /**
   * The values of one scope.
   * @param {string} scope
   */
  homeOf(scope) {
    let home = this.#homes.get(scope);
    if (home === undefined) {
      home = new Map();
      if (this.#homes.size >= MOST_VALUES) this.#homes.clear();
      this.#homes.set(scope, home);
    }
    return home;
  }

  /**
   * Forgets an organization's values.
   * @param {unknown} organization
   */
  forgetOrganization(organization) {
    const name = String(organization);
    for (const value of this.#values) if (value.organization === name) this.forget(value);
  }

  /**
   * Whether the copy that the value was read from may still answer.
   * @param {FrozenValue} kept
   */
  isCurrent({ facts }) {
    const memory = this.#memory;
    if (memory === undefined || memory.client !== this.#bridge.client || !this.#bridge.mayReadCopies)
      return false;
    const { stripes, sessions, clearings } = memory;
    if (facts.length === 0 || sessions[facts[1]] !== facts[2] || clearings[facts[3]] !== facts[4])
      return false;
    for (let i = 5; i < facts.length; i += 2) if (stripes[facts[i]] !== facts[i + 1]) return false;
    const tick = now() * memory.ticksPerMs + memory.tickOffset;
    const fresh = facts[1] + FRESH_AFTER;
    const freshFrom = sessions[fresh + 1] * HIGH_WORD + sessions[fresh];
    return tick < facts[0] && tick - freshFrom <= memory.maxStaleness;
  }

  /**
   * Keeps a value, and forgets others if there are too many.
   * @param {FrozenValue} value
   */
  keep(value) {
    const memory = this.#knownMemory();
    if (memory === undefined) return;
    this.forget(value.home.get(value.key));
    if (value.bytes > memory.maxBytes) return;
    value.home.set(value.key, value);
    this.#values.add(value);
    this.#bytes += value.bytes;
    let spared = 0;
    for (const oldest of this.#values) {
      if (this.#values.size <= MOST_VALUES && this.#bytes <= memory.maxBytes) break;
      this.#values.delete(oldest);
      if (oldest.wasRead && spared < MOST_SPARED) {
        spared++;
        oldest.wasRead = false;
        this.#values.add(oldest);
        continue;
      }
      this.#bytes -= oldest.bytes;
      oldest.home.delete(oldest.key);
    }
  }

  /** @param {FrozenValue | undefined} value */
  forget(value) {
    if (value === undefined || !this.#values.delete(value)) return;
    this.#bytes -= value.bytes;
    value.home.delete(value.key);
  }

  /** @returns {Memory | undefined} */
  #knownMemory() {
    const { client } = this.#bridge;
    if (client === undefined) return undefined;
    if (this.#memory?.client !== client) {
      this.#memory = undefined;
      // Taken before the tick, so that ticks of this thread are rather late than early.
      const time = now();
      native.nearMemory(client, (stripes, sessions, clearings, tick, ticksPerMs, maxStaleness, maxBytes) => {
        const arrays = { client, stripes, sessions, clearings };
        const tickOffset = tick - time * ticksPerMs;
        this.#memory = { ...arrays, ticksPerMs, tickOffset, maxStaleness, maxBytes: maxBytes / BUDGET_PART };
      });
    }
    return this.#memory;
  }
}

/**
 * Freezes a value of JSON and everything in it.
 * @template T
 * @param {T} value
 * @returns {T}
 */
function deepFreeze(value) {
  if (typeof value !== 'object' || value === null) return value;
  const waiting = [/** @type {object} */ (value)];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    Object.freeze(next);
    for (const inner of Object.values(next))
      if (typeof inner === 'object' && inner !== null) waiting.push(inner);
  }
  return value;
}

module.exports = { FrozenValue, FrozenValues, deepFreeze };
