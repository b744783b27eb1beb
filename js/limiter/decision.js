'use strict';

const { OrgCacheError } = require('../errors.js');
const { protocol } = require('../protocol.js');

/** @import { Decision, DecisionReason, PolicyState } from '../../types/limiter.js' */
/** @import { ErrorCode } from '../../index.js' */

/**
 * Four values a check, as native code answers them: code, remaining, resetMs, retryAfterMs. With receipts two more.
 */
/** @typedef {readonly (number | string | null)[]} Outcomes */

/**
 * @typedef {object} Limits
 * @property {readonly string[]} names By the number of the policy.
 * @property {readonly number[]} limits
 */

const { codes, flags, heldShift: HELD_SHIFT } = protocol.limiter;
const { ok: OK, shadow: SHADOW, unasked: UNASKED } = codes;
const { first: FIRST, local: LOCAL } = flags;
const WIDTH = 4;
const CODE = 15;
/** @type {DecisionReason[]} */
const REASONS = [];
for (const reason of /** @type {const} */ (['ok', 'limit', 'blocked', 'cost', 'reserve', 'shadow', 'down'])) {
  REASONS[codes[reason]] = reason;
}

/**
 * The decision on the checks `from` up to `to`. Throws the error with which native code refused them.
 * @param {Outcomes} outcomes
 * @param {number} from
 * @param {number} to
 * @param {readonly number[]} policies The number of each check's policy.
 * @param {Limits} limits
 * @returns {Decision}
 */
function decisionOf(outcomes, from, to, policies, limits) {
  if (to - from === 1) {
    const word = outcomes[WIDTH * from];
    if (typeof word !== 'number') throw refusal(word, outcomes[WIDTH * from + 1]);
    return decisionOnOne(codeIn(word), (word & LOCAL) !== 0, stateOf(outcomes, from, policies[from], limits));
  }
  return decisionOnAll(outcomes, from, to, policies, limits);
}

/**
 * The decision on one check alone, which every call of one check is.
 * @param {number} code
 * @param {boolean} isLocal
 * @param {PolicyState} state
 * @returns {Decision}
 */
function decisionOnOne(code, isLocal, state) {
  const { policy, limit, remaining, resetMs, retryAfterMs } = state;
  return {
    allowed: code === OK || code === SHADOW,
    reason: REASONS[code],
    source: isLocal ? 'local' : 'redis',
    policy,
    limit,
    remaining,
    resetMs,
    retryAfterMs,
    violated: code === OK ? [] : [policy],
    states: [state],
  };
}

/**
 * @param {Outcomes} outcomes
 * @param {number} from
 * @param {number} to
 * @param {readonly number[]} policies
 * @param {Limits} limits
 * @returns {Decision}
 */
function decisionOnAll(outcomes, from, to, policies, limits) {
  /** @type {PolicyState[]} */
  const states = [];
  /** @type {string[]} */
  let violated = [];
  let isRefused = false;
  let isLocal = false;
  /** @type {PolicyState | undefined} */
  let strictest;
  let reason = OK;
  for (let i = from; i < to; i++) {
    const word = outcomes[WIDTH * i];
    if (typeof word !== 'number') throw refusal(word, outcomes[WIDTH * i + 1]);
    const code = codeIn(word);
    if ((word & LOCAL) !== 0) isLocal = true;
    if (code === UNASKED) continue;
    const state = stateOf(outcomes, i, policies[i], limits);
    states.push(state);
    const refuses = code !== OK && code !== SHADOW;
    // From the first refusal on, only what refuses counts.
    if (refuses && !isRefused) {
      isRefused = true;
      violated = [];
      strictest = undefined;
    }
    if (isRefused && !refuses) continue;
    if (code !== OK && !violated.includes(state.policy)) violated.push(state.policy);
    if (strictest === undefined || isStricter(state, strictest)) {
      strictest = state;
      if (refuses) reason = code;
    }
    if (code === SHADOW) reason = code;
  }
  const top = /** @type {PolicyState} */ (strictest);
  return {
    allowed: !isRefused,
    reason: REASONS[reason],
    source: isLocal ? 'local' : 'redis',
    policy: top.policy,
    limit: top.limit,
    remaining: top.remaining,
    resetMs: top.resetMs,
    retryAfterMs: top.retryAfterMs,
    violated,
    states,
  };
}

/**
 * @param {Outcomes} outcomes
 * @param {number} index
 * @param {number} policy
 * @param {Limits} limits
 * @returns {PolicyState}
 */
function stateOf(outcomes, index, policy, { names, limits }) {
  const at = WIDTH * index;
  return {
    policy: names[policy],
    limit: limits[policy],
    remaining: /** @type {number} */ (outcomes[at + 1]),
    resetMs: /** @type {number} */ (outcomes[at + 2]),
    retryAfterMs: /** @type {number | null} */ (outcomes[at + 3]),
  };
}

/**
 * Whether a state makes its caller wait longer, or else leaves less.
 * @param {PolicyState} state
 * @param {PolicyState} other
 */
function isStricter(state, other) {
  const wait = state.retryAfterMs ?? Number.POSITIVE_INFINITY;
  const otherWait = other.retryAfterMs ?? Number.POSITIVE_INFINITY;
  return wait === otherWait ? state.remaining < other.remaining : wait > otherWait;
}

/**
 * The decision on a call that bypassed the limiter.
 * @param {number} policy
 * @param {Limits} limits
 * @returns {Decision}
 */
function bypassDecision(policy, { names, limits }) {
  return {
    allowed: true,
    reason: 'bypass',
    source: 'local',
    policy: names[policy],
    limit: limits[policy],
    remaining: limits[policy],
    resetMs: 0,
    retryAfterMs: 0,
    violated: [],
    states: [],
  };
}

/**
 * The reason why a check's identifier has just been refused for the first time in its window; undefined otherwise.
 * @param {Outcomes} outcomes
 * @param {number} index
 */
function firstRefusal(outcomes, index) {
  const word = outcomes[WIDTH * index];
  if (typeof word !== 'number' || (word & FIRST) === 0) return undefined;
  return {
    reason: REASONS[codeIn(word)],
    source: (word & LOCAL) !== 0 ? 'local' : 'redis',
    retryAfterMs: /** @type {number | null} */ (outcomes[WIDTH * index + 3]),
  };
}

/**
 * @param {unknown} code
 * @param {unknown} sentence
 */
function refusal(code, sentence) {
  return new OrgCacheError(/** @type {ErrorCode} */ (code), String(sentence));
}

/**
 * Whether a check alone admits its call.
 * @param {number | string | null} word
 */
function admits(word) {
  if (typeof word !== 'number') return false;
  const code = codeIn(word);
  return code === OK || code === SHADOW;
}

/** @param {number} word */
function codeIn(word) {
  return word & CODE;
}

/**
 * Milliseconds for which this process refuses the check without asking Redis, since it was asked; 0 where it does not.
 * @param {number} word
 */
function heldMsIn(word) {
  return word >>> HELD_SHIFT;
}

module.exports = {
  WIDTH,
  admits,
  bypassDecision,
  codeIn,
  decisionOf,
  decisionOnOne,
  firstRefusal,
  heldMsIn,
  isStricter,
  refusal,
  stateOf,
};
