'use strict';

const { OrgCacheError } = require('../errors.js');
const { refuseUnknown } = require('../options.js');
const { serviceId } = require('./ids.js');

/** @import { AddJob, Job, JobCounts, JobSnapshot } from '../../index.js' */
/** @import { JobData, QueueJobOptions, QueueStats } from '../entry/queueService.js' */

const OPTIONS = ['backoff', 'delay', 'maxAttempts', 'priority'];
const BACKOFF = ['delay', 'type'];

/**
 * A job that runs, as processors and listeners get it.
 * @param {string} queue
 * @param {Job} job
 * @returns {JobData}
 */
function runningRecord(queue, job) {
  return {
    id: serviceId(queue, job.type, job.id),
    type: job.type,
    data: job.data,
    attempts: job.attempt,
    maxAttempts: job.maxAttempts,
    createdAt: job.createdAt.getTime(),
    priority: job.priority,
    processedAt: job.startedAt.getTime(),
  };
}

/**
 * A job as it is stored.
 * @param {string} queue
 * @param {JobSnapshot} job
 * @returns {JobData}
 */
function storedRecord(queue, job) {
  /** @type {JobData} */
  const record = {
    id: serviceId(queue, job.type, job.id),
    type: job.type,
    data: job.data,
    attempts: job.attempt,
    maxAttempts: job.maxAttempts,
    createdAt: job.createdAt.getTime(),
    priority: job.priority,
  };
  if (job.dueAt !== undefined) record.delay = Math.max(0, job.dueAt.getTime() - record.createdAt);
  if (job.startedAt !== undefined) record.processedAt = job.startedAt.getTime();
  if (job.state === 'completed') record.completedAt = job.finishedAt?.getTime();
  if (job.state === 'dead') record.failedAt = job.finishedAt?.getTime();
  if (job.error) record.error = job.error.message;
  return record;
}

/**
 * @param {unknown} options
 * @returns {AddJob}
 */
function optionsOf(options) {
  if (options === undefined || options === null) return {};
  if (typeof options !== 'object' || Array.isArray(options)) {
    throw new OrgCacheError('E_CONFIG', 'the options must be an object, e.g. { delay: 1000 }');
  }
  refuseUnknown(Object.keys(options), OPTIONS, 'the option');
  const { backoff, delay, maxAttempts, priority } = /** @type {QueueJobOptions} */ (options);
  /** @type {AddJob} */
  const own = {};
  if (delay !== undefined) own.delayMs = delay;
  if (priority !== undefined) own.priority = priority;
  if (maxAttempts !== undefined) own.attempts = maxAttempts;
  if (backoff === undefined) return own;
  if (typeof backoff !== 'object' || backoff === null) {
    throw new OrgCacheError('E_CONFIG', 'the option backoff must be an object { type, delay }');
  }
  refuseUnknown(Object.keys(backoff), BACKOFF, 'the option');
  own.backoff = {
    ...(backoff.type === undefined ? {} : { type: backoff.type }),
    ...(backoff.delay === undefined ? {} : { delayMs: backoff.delay }),
  };
  return own;
}

/** @returns {QueueStats} */
function noStats() {
  return { waiting: 0, active: 0, completed: 0, failed: 0, delayed: 0, total: 0 };
}

/**
 * @param {JobCounts} counts
 * @returns {QueueStats}
 */
function statsOf({ ready, active, completed, dead, delayed }) {
  const total = ready + active + completed + dead + delayed;
  return { waiting: ready, active, completed, failed: dead, delayed, total };
}

/** @param {readonly QueueStats[]} all */
function sumOf(all) {
  const sum = noStats();
  for (const stats of all) {
    for (const name of /** @type {(keyof QueueStats)[]} */ (Object.keys(sum))) sum[name] += stats[name];
  }
  return sum;
}

module.exports = { noStats, optionsOf, runningRecord, statsOf, storedRecord, sumOf };
