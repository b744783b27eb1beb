'use strict';

const { OrgCacheError } = require('../errors.js');

/** Number of different reasons that are counted. Further ones count as `other`, so that stats stay small. */
const MOST = 100;
const OTHER = 'other';

/** How often each reason was given. */
class Tally {
  /** @type {Map<string, number>} */
  #counts = new Map();

  /** @param {string} reason */
  count(reason) {
    const counts = this.#counts;
    const name = counts.has(reason) || counts.size < MOST ? reason : OTHER;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }

  counts() {
    return Object.fromEntries(this.#counts);
  }
}

/**
 * Whether a function that may bypass the limiter gave a reason. Throws for anything but a text, false, null or undefined.
 * @param {unknown} reason
 * @returns {reason is string}
 */
function isReason(reason) {
  if (reason === undefined || reason === null || reason === false) return false;
  if (typeof reason === 'string' && reason !== '') return true;
  throw new OrgCacheError('E_ARGUMENT', 'bypass must return a text or false, and not a promise');
}

module.exports = { Tally, isReason };
