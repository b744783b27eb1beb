'use strict';

const { WIDTH, admits, refusal } = require('./decision.js');
const { slotOf } = require('./encode.js');
const { verbs } = require('./engine.js');
const { protocol } = require('../protocol.js');

/** @import { Given } from './encode.js' */
/** @import { Outcomes } from './decision.js' */

/** @typedef {InstanceType<typeof import('./encode.js').Encoder>} Encoder */
/** @typedef {InstanceType<typeof import('./engine.js').Engine>} Engine */

/**
 * The checks of one slot, by their places in the call.
 * @typedef {object} Part
 * @property {number[]} places
 * @property {Outcomes} outcomes Of each check, and behind them its receipt and the cost that was taken. Of an acquire the
 *   number of the lease is at the end.
 */

/**
 * What a call over several slots needs of its limiter.
 * @typedef {object} Native
 * @property {Engine} engine
 * @property {Encoder} encoder
 * @property {InstanceType<typeof import('./leases.js').Leases>} leases
 * @property {(policy: number) => boolean} hasLeases
 */

const { codes, details, flags } = protocol.limiter;
/** What an outcome has with its receipt and cost. */
const WIDTH_WITH_RECEIPT = WIDTH + 2;

/**
 * The places of checks by their slots, in a cluster.
 * @param {readonly Given[]} checks
 * @returns {number[][]}
 */
function partsBySlot(checks) {
  /** @type {Map<string, number[]>} */
  const parts = new Map();
  for (let place = 0; place < checks.length; place++) {
    const name = slotOf(checks[place]);
    const part = parts.get(name);
    if (part === undefined) parts.set(name, [place]);
    else part.push(place);
  }
  return [...parts.values()];
}

/**
 * Consumes or acquires checks of several slots: each part by itself, at the same time. If one is refused, what the others
 * have taken is given back to the windows that it came from, so that no limit is ever exceeded. Answers the outcomes
 * of all checks in their order, and the numbers of the leases.
 * @param {Native} native
 * @param {readonly Given[]} checks
 * @param {readonly number[]} policies The number of each check's policy.
 * @param {number} verb
 * @returns {Promise<{ outcomes: Outcomes, leases: number[] }>}
 */
async function takeOverSlots(native, checks, policies, verb) {
  const { engine, encoder, leases } = native;
  const consume = async (/** @type {number[]} */ places) => {
    /** @type {unknown[]} */
    const values = [];
    for (const place of places) {
      encoder.append(values, policies[place], checks[place], place === places[0]);
    }
    const see = (/** @type {Outcomes} */ outcomes) => leases.granted(leaseOf({ places, outcomes }));
    return { places, outcomes: await engine.call(verb, details.receipts, values, see) };
  };
  const settled = await Promise.allSettled(partsBySlot(checks).map(consume));
  const parts = settled.flatMap((part) => (part.status === 'fulfilled' ? part.value : []));
  const failed = settled.find((part) => part.status === 'rejected');
  const error = failed?.reason ?? errorAmong(parts);
  const all = merged(parts, checks.length);
  const isRefused =
    error !== undefined || parts.some((part) => part.places.some((_, i) => !admits(wordOf(part, i))));
  const granted = parts.flatMap((part) => leaseOf(part) ?? []);
  if (isRefused) {
    giveBack(native, checks, policies, parts, all);
    leases.end(granted);
  } else countAdmitted(engine, policies, parts);
  if (error !== undefined) throw error;
  return { outcomes: all, leases: isRefused ? [] : granted };
}

/**
 * The number of a part's lease; undefined where it has none.
 * @param {Part} part
 */
function leaseOf({ places, outcomes }) {
  const lease = outcomes[WIDTH_WITH_RECEIPT * places.length];
  return typeof lease === 'number' ? lease : undefined;
}

/**
 * @param {Part} part
 * @param {number} index
 */
function wordOf({ outcomes }, index) {
  return outcomes[WIDTH_WITH_RECEIPT * index];
}

/**
 * The error with which native code refused the checks of a part.
 * @param {Part[]} parts
 */
function errorAmong(parts) {
  for (const { outcomes } of parts) {
    const [word, sentence] = outcomes;
    if (typeof word === 'string') return refusal(word, sentence);
  }
  return undefined;
}

/**
 * The outcomes without receipts.
 * @param {Part[]} parts
 * @param {number} count
 */
function merged(parts, count) {
  /** @type {(number | string | null)[]} */
  const all = new Array(WIDTH * count).fill(null);
  for (const { places, outcomes } of parts) {
    for (let i = 0; i < places.length; i++) {
      for (let field = 0; field < WIDTH; field++) {
        all[WIDTH * places[i] + field] = outcomes[WIDTH_WITH_RECEIPT * i + field];
      }
    }
  }
  return all;
}

/**
 * Native code has not counted the checks of a part as admitted, since another part might have refused the call.
 * @param {Engine} engine
 * @param {readonly number[]} policies
 * @param {Part[]} parts
 */
function countAdmitted(engine, policies, parts) {
  for (const { places, outcomes } of parts) {
    for (const [i, place] of places.entries()) {
      const at = WIDTH_WITH_RECEIPT * i;
      // One without a receipt was counted with an earlier check, or as one that shadow mode admits.
      if (outcomes[at + WIDTH] === null) continue;
      engine.countAdmitted(policies[place], Number(outcomes[at + 1]));
    }
  }
}

/**
 * The caller does not wait for it. If it fails, the cost stays counted until its window ends.
 * @param {Native} native
 * @param {readonly Given[]} checks
 * @param {readonly number[]} policies
 * @param {Part[]} parts
 * @param {(number | string | null)[]} all
 */
function giveBack({ engine, encoder, hasLeases }, checks, policies, parts, all) {
  for (const part of parts) {
    // A part that was refused consumed nothing.
    if (!part.places.every((_, i) => admits(wordOf(part, i)))) continue;
    for (const [i, place] of part.places.entries()) {
      const behind = WIDTH_WITH_RECEIPT * i + WIDTH;
      const [receipt, cost] = [part.outcomes[behind], part.outcomes[behind + 1]];
      // Of checks of one identifier and policy the first has what was taken for all.
      if (typeof receipt !== 'number' || typeof cost !== 'number' || cost === 0) continue;
      // What a lease holds is given back with it.
      if (!hasLeases(policies[place])) {
        /** @type {unknown[]} */
        const values = [receipt];
        encoder.append(values, policies[place], { ...checks[place], cost }, true);
        engine.call(verbs.giveBack, 0, values).catch(() => {});
      }
      const code = Number(wordOf(part, i)) & ~flags.local;
      if (code === codes.ok) all[WIDTH * place + 1] = Number(all[WIDTH * place + 1]) + cost;
    }
  }
}

module.exports = { partsBySlot, takeOverSlots };
