'use strict';

const { toJson } = require('../cache-calls.js');
const { OrgCacheError } = require('../errors.js');

/** @import { Job as Public, JobSnapshot } from '../../types/queue.js' */
/** @import { protocol } from '../protocol.js' */

/**
 * A job as native code tells it. Times are in ms of the server's clock.
 * @typedef {object} Told
 * @property {string} id
 * @property {string} type
 * @property {string | null} orgId
 * @property {number} priority
 * @property {number} attempt
 * @property {number} maxAttempts
 * @property {number} stalls
 * @property {number} fence
 * @property {number} createdAt
 * @property {number} startedAt
 * @property {number} timeoutMs
 * @property {string | null} [idempotencyKey]
 * @property {string | null} [scheduleId]
 * @property {number | null} [scheduledFor]
 * @property {any} data
 */

/**
 * Asks native code for something that only the holder of the job may do.
 * @typedef {(kind: keyof typeof protocol.queue.jobCalls, payload?: string, ms?: number) => Promise<any>} JobCall
 */

/**
 * A job while its handler runs.
 * @implements {Public<any>}
 */
class Job {
  #call;

  /**
   * @param {Told} told
   * @param {JobCall} call
   */
  constructor(told, call) {
    this.#call = call;
    this.id = told.id;
    this.type = told.type;
    this.data = told.data;
    this.orgId = told.orgId ?? null;
    this.priority = told.priority;
    this.attempt = told.attempt;
    this.maxAttempts = told.maxAttempts;
    this.stalls = told.stalls;
    this.fence = told.fence;
    this.timeoutMs = told.timeoutMs;
    this.createdAt = new Date(told.createdAt);
    this.startedAt = new Date(told.startedAt);
    this.idempotencyKey = told.idempotencyKey ?? null;
    this.scheduleId = told.scheduleId ?? null;
    this.scheduledFor = dateOrNull(told.scheduledFor);
  }

  /** @param {unknown} value */
  async progress(value) {
    await this.#call('progress', toJson(value));
  }

  /** @param {string} line */
  async log(line) {
    if (typeof line !== 'string') throw new OrgCacheError('E_ARGUMENT', 'log() takes a text');
    await this.#call('log', line);
  }

  /** @param {any} data */
  async update(data) {
    await this.#call('data', toJson(data));
    this.data = data;
  }

  /** @param {number} ms */
  async extend(ms) {
    if (typeof ms !== 'number' || !(ms > 0) || !Number.isFinite(ms)) {
      throw new OrgCacheError('E_ARGUMENT', 'extend() takes a number of milliseconds above 0');
    }
    await this.#call('extend', undefined, Math.round(ms));
  }
}

/** @param {number | null | undefined} ms */
function dateOrNull(ms) {
  return typeof ms === 'number' ? new Date(ms) : null;
}

const TIMES = /** @type {const} */ (['createdAt', 'startedAt', 'finishedAt', 'dueAt']);

/**
 * A job as it is stored.
 * @param {any} told
 * @returns {JobSnapshot<any, any> | null}
 */
function snapshotOf(told) {
  if (told === null) return null;
  const snapshot = {
    ...told,
    orgId: told.orgId ?? null,
    idempotencyKey: told.idempotencyKey ?? null,
    scheduleId: told.scheduleId ?? null,
    scheduledFor: dateOrNull(told.scheduledFor),
  };
  for (const name of TIMES) {
    if (typeof told[name] === 'number') snapshot[name] = new Date(told[name]);
    else delete snapshot[name];
  }
  return snapshot;
}

module.exports = { Job, snapshotOf };
