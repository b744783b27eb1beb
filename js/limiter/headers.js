'use strict';

const { epochMs } = require('../time.js');
const { isStricter } = require('./decision.js');

/** @import { Decision, HeaderStyle, Policy, PolicyState } from '../../types/limiter.js' */

/** @typedef {[name: string, value: string]} Header */
/** @typedef {Readonly<Record<string, Policy>>} Policies */

/** RFC 9651 knows no larger integer. */
const MOST = 999_999_999_999_999;
/** @type {readonly unknown[]} */
const STYLES = ['draft-11', 'draft-7', 'legacy', false];

/** The unit of a quota of calls that are under way at the same time. */
const CONCURRENT = 'concurrent-requests';
/** The longest period of each name, in seconds. */
const PERIODS = { hour: 3600, day: 86_400, month: 2_678_400 };

/**
 * The seconds of a policy's window, at least 1; undefined where it has none.
 * @param {Policy} policy
 */
function windowOf({ algorithm, windowSeconds, period }) {
  if (algorithm === 'concurrency') return undefined;
  return Math.max(1, bounded(period === undefined ? windowSeconds : PERIODS[period]));
}

/**
 * The header fields of a response. A policy that is only watched (`mode: 'shadow'`) has none, because it limits
 * nobody. Of several checks of one policy the one with the longest wait
 * counts, and of equal waits the one that leaves less.
 * @param {HeaderStyle} style
 * @param {Decision} decision
 * @param {Policies} policies
 * @returns {Header[]}
 */
function limitHeaders(style, decision, policies) {
  if (style === false) return [];
  const states = shownStates(decision, policies);
  if (states.length === 0) return [];
  if (style === 'draft-11') return draft11(states, policies);
  const strictest = states.reduce((a, b) => (isStricter(b, a) ? b : a));
  return style === 'draft-7' ? draft7(strictest, policies) : legacy(strictest);
}

/**
 * @param {Decision} decision
 * @param {Policies} policies
 */
function shownStates({ states }, policies) {
  /** @type {Map<string, PolicyState>} */
  const shown = new Map();
  for (const state of states) {
    if (policies[state.policy]?.mode === 'shadow') continue;
    const other = shown.get(state.policy);
    if (other === undefined || isStricter(state, other)) shown.set(state.policy, state);
  }
  return [...shown.values()];
}

/**
 * Lists of Strings with parameters, after RFC 9651.
 * @param {PolicyState[]} states
 * @param {Policies} policies
 * @returns {Header[]}
 */
function draft11(states, policies) {
  const quotas = states.map(({ policy, limit }) => {
    const window = windowOf(policies[policy]);
    const unit = window === undefined ? `qu="${CONCURRENT}"` : `w=${window}`;
    return `${quoted(policy)};q=${bounded(limit)};${unit}`;
  });
  const rests = states.map((state) => {
    const rest = `${quoted(state.policy)};r=${bounded(state.remaining)}`;
    // When calls under way end is known to nobody.
    const isUnknown = state.retryAfterMs === 0 && windowOf(policies[state.policy]) === undefined;
    return isUnknown ? rest : `${rest};t=${secondsUntilMore(state)}`;
  });
  return [
    ['RateLimit-Policy', quotas.join(', ')],
    ['RateLimit', rests.join(', ')],
  ];
}

/**
 * @param {PolicyState} state
 * @param {Policies} policies
 * @returns {Header[]}
 */
function draft7(state, policies) {
  const window = windowOf(policies[state.policy]);
  const rest = `remaining=${bounded(state.remaining)}, reset=${secondsUntilMore(state)}`;
  return [
    [
      'RateLimit-Policy',
      window === undefined ? String(bounded(state.limit)) : `${bounded(state.limit)};w=${window}`,
    ],
    ['RateLimit', `limit=${bounded(state.limit)}, ${rest}`],
  ];
}

/**
 * The reset is a time in seconds since 1970, as servers with these names have it.
 * @param {PolicyState} state
 * @returns {Header[]}
 */
function legacy(state) {
  return [
    ['X-RateLimit-Limit', String(bounded(state.limit))],
    ['X-RateLimit-Remaining', String(bounded(state.remaining))],
    ['X-RateLimit-Reset', String(Math.ceil(epochMs() / 1000) + secondsUntilMore(state))],
  ];
}

/**
 * Seconds until more is left: until the same call would pass, or, if it passes now, until the limit is fully free.
 * `Retry-After` must not be earlier than this.
 * @param {PolicyState} state
 */
function secondsUntilMore({ resetMs, retryAfterMs }) {
  return seconds(retryAfterMs === null || retryAfterMs === 0 ? resetMs : retryAfterMs);
}

/** @param {number} milliseconds */
function seconds(milliseconds) {
  return bounded(milliseconds / 1000);
}

/**
 * The seconds of `Retry-After`; undefined where waiting does not help.
 * @param {Decision} decision
 */
function retryAfterSeconds({ retryAfterMs }) {
  return retryAfterMs === null ? undefined : seconds(retryAfterMs);
}

/** @param {number | undefined} number */
function bounded(number = 0) {
  return Math.min(MOST, Math.max(0, Math.ceil(number)));
}

/**
 * A String of RFC 9651. Names of policies are printable ASCII.
 * @param {string} text
 */
function quoted(text) {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

module.exports = { STYLES, limitHeaders, retryAfterSeconds };
