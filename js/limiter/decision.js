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

const { codes, flags } = protocol.limiter;
const WIDTH = 4;
const CODE = 15;
/** @type {DecisionReason[]} */
const REASONS = [];
for (const reason of /** @type {const} */ (['ok', 'limit', 'blocked', 'cost', 'shadow', 'down'])) {
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
  /** @type {PolicyState[]} */
  const states = [];
  /** @type {string[]} */
  let violated = [];
  let isRefused = false;
  let isLocal = false;
  /** @type {PolicyState | undefined} */
  let strictest;
  let reason = codes.ok;
  for (let i = from; i < to; i++) {
    const word = outcomes[WIDTH * i];
    if (typeof word !== 'number') throw refusal(word, outcomes[WIDTH * i + 1]);
    const code = word & CODE;
    if ((word & flags.local) !== 0) isLocal = true;
    if (code === codes.unasked) continue;
    const state = stateOf(outcomes, i, policies[i], limits);
    states.push(state);
    const refuses = code !== codes.ok && code !== codes.shadow;
    // From the first refusal on, only what refuses counts.
    if (refuses && !isRefused) {
      isRefused = true;
      violated = [];
      strictest = undefined;
    }
    if (isRefused && !refuses) continue;
    if (code !== codes.ok && !violated.includes(state.policy)) violated.push(state.policy);
    if (strictest === undefined || isStricter(state, strictest)) {
      strictest = state;
      if (refuses) reason = code;
    }
    if (code === codes.shadow) reason = code;
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
  if (typeof word !== 'number' || (word & flags.first) === 0) return undefined;
  return {
    reason: REASONS[word & CODE],
    source: (word & flags.local) !== 0 ? 'local' : 'redis',
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
  const code = word & CODE;
  return code === codes.ok || code === codes.shadow;
}

module.exports = { WIDTH, admits, bypassDecision, decisionOf, firstRefusal, isStricter, refusal, stateOf };
