'use strict';

/** @import { QueueAlert, QueueStats } from '../../index.js' */

/**
 * @param {any} told
 * @returns {QueueStats}
 */
function statsOf({ at, oldestReadyAt, oldest, ...told }) {
  const dates = Object.entries(oldest).map(([state, at]) => [
    state,
    dateOf(/** @type {number | null} */ (at)),
  ]);
  const known = { ...told, oldestReadyAt: dateOf(oldestReadyAt), oldest: Object.fromEntries(dates) };
  return { ...known, at: new Date(at) };
}

/**
 * @param {any} told
 * @returns {QueueAlert}
 */
function alertOf({ since, ...told }) {
  return { ...told, since: new Date(since) };
}

/** @param {number | null} at */
function dateOf(at) {
  return at === null ? null : new Date(at);
}

module.exports = { alertOf, statsOf };
