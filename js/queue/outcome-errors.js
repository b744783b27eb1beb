'use strict';

const { OrgCacheError } = require('../errors.js');

/** @import { DelayedError as Delayed, RateLimitError as Limited, UnrecoverableError as Unrecoverable } from '../../index.js' */

/**
 * The property that says what becomes of a job whose handler throws the error. A registered symbol: a worker knows the
 * errors of another copy of the package too.
 */
const OUTCOME = Symbol.for('orgcache.queue.outcome');
const SCOPES = ['organization', 'queue'];

/**
 * @typedef {object} Outcome
 * @property {'unrecoverable' | 'delayed' | 'limitedOrganization' | 'limitedQueue'} name
 * @property {number} [delayMs]
 */

/**
 * A handler throws it when no further attempt can help: the job is dead at once.
 * @implements {Unrecoverable}
 */
class UnrecoverableError extends Error {
  /**
   * @param {string} [message]
   * @param {{ cause?: unknown }} [options]
   */
  constructor(message = 'the job cannot succeed', options) {
    super(message, options);
    this.name = 'UnrecoverableError';
  }

  /** @returns {Outcome} */
  get [OUTCOME]() {
    return { name: 'unrecoverable' };
  }
}

/**
 * A handler throws it to have the job again later, without using an attempt.
 * @implements {Delayed}
 */
class DelayedError extends Error {
  /** @param {number} delayMs */
  constructor(delayMs) {
    super('the job runs again later');
    this.name = 'DelayedError';
    this.delayMs = checkedDelay(delayMs, 'DelayedError');
  }

  /** @returns {Outcome} */
  get [OUTCOME]() {
    return { name: 'delayed', delayMs: this.delayMs };
  }
}

/**
 * A handler throws it when its target refuses further work: the organization, or the whole queue, rests for that time. The
 * job is the next one then, and has used no attempt.
 * @implements {Limited}
 */
class RateLimitError extends Error {
  /**
   * @param {number} delayMs
   * @param {{ scope?: 'organization' | 'queue' }} [options]
   */
  constructor(delayMs, { scope = 'organization' } = {}) {
    super('the target of the job has reached a limit');
    this.name = 'RateLimitError';
    this.delayMs = checkedDelay(delayMs, 'RateLimitError');
    if (!SCOPES.includes(scope)) {
      throw new OrgCacheError('E_CONFIG', 'the option scope must be "organization" or "queue"');
    }
    this.scope = scope;
  }

  /** @returns {Outcome} */
  get [OUTCOME]() {
    const name = this.scope === 'queue' ? 'limitedQueue' : 'limitedOrganization';
    return { name, delayMs: this.delayMs };
  }
}

/**
 * @param {unknown} delayMs
 * @param {string} what
 */
function checkedDelay(delayMs, what) {
  if (typeof delayMs === 'number' && Number.isFinite(delayMs) && delayMs >= 0) return Math.round(delayMs);
  throw new OrgCacheError('E_CONFIG', `${what} takes a number of milliseconds, 0 or more`);
}

/**
 * What the error asks for; undefined for an error like any other. Reads of a hostile error may throw.
 * @param {unknown} thrown
 * @returns {Outcome | undefined}
 */
function outcomeOf(thrown) {
  try {
    return /** @type {any} */ (thrown)?.[OUTCOME];
  } catch {
    return undefined;
  }
}

module.exports = { DelayedError, RateLimitError, UnrecoverableError, outcomeOf };
