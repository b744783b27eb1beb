'use strict';

const { asked, refusal } = require('./refusals.js');
const { HIDDEN, boardPriority, boardState, delayOf, priorityOf, shownOptions } = require('./translation.js');

/** @import { JobError, JobSnapshot } from '../../index.js' */
/** @import { JobState, QueueJob, QueueJobJson } from '@bull-board/api/dist/types.js' */

/**
 * What a job's page asks of the adapter that made it.
 * @typedef {object} Shown
 * @property {any} queue The queue, or that of an organization.
 * @property {boolean} hidesData
 * @property {string} queueName
 */

/**
 * A job as bull-board takes it.
 * @implements {QueueJob}
 */
class BoardJob {
  #shown;
  #snapshot;
  #opts;

  /**
   * @param {any} snapshot
   * @param {Shown} shown
   */
  constructor(snapshot, shown) {
    this.#shown = shown;
    // Of a damaged record only the id and the state are known.
    this.#snapshot = snapshot.damaged ? damaged(snapshot) : snapshot;
    this.#opts = shownOptions(this.#snapshot);
  }

  /** @returns {string} */
  get id() {
    return this.#snapshot.id;
  }

  /** @returns {string} */
  get name() {
    return this.#snapshot.type;
  }

  get queueName() {
    return this.#shown.queueName;
  }

  get queueQualifiedName() {
    return this.#shown.queueName;
  }

  get progress() {
    return this.toJSON().progress;
  }

  get opts() {
    return this.#opts;
  }

  /** @returns {string | undefined} The schedule that made the job. */
  get repeatJobKey() {
    return this.#snapshot.scheduleId;
  }

  /** @returns {QueueJobJson} */
  toJSON() {
    const snapshot = /** @type {JobSnapshot} */ (this.#snapshot);
    const { hidesData } = this.#shown;
    const shown = (/** @type {unknown} */ value) => (hidesData && value !== undefined ? HIDDEN : value);
    const { failedReason, stacktrace } = errorParts(snapshot.error, hidesData);
    const delay = delayOf(snapshot);
    return {
      id: snapshot.id,
      name: snapshot.type,
      progress: progressOf(shown(snapshot.progress)),
      attemptsMade: snapshot.attempt,
      timestamp: snapshot.createdAt.getTime(),
      processedOn: snapshot.startedAt?.getTime(),
      processedBy: snapshot.worker,
      finishedOn: snapshot.finishedAt?.getTime(),
      ...(delay > 0 && { delay }),
      failedReason,
      stacktrace,
      data: shown(snapshot.data),
      returnvalue: shown(snapshot.result) ?? null,
      opts: this.#opts,
      priority: boardPriority(snapshot.priority),
      stalledCounter: snapshot.stalls,
      ...(this.repeatJobKey !== undefined && { repeatJobKey: this.repeatJobKey }),
      ...(snapshot.idempotencyKey !== null && { deduplicationId: snapshot.idempotencyKey }),
    };
  }

  /**
   * Where the job is now.
   * @returns {Promise<JobState>}
   */
  async getState() {
    const snapshot = await asked(this.#shown.queue.getJob(this.id));
    return snapshot === null ? 'unknown' : boardState(snapshot);
  }

  async promote() {
    await this.#change(this.#shown.queue.promote(this.id), 'does not wait for its time');
  }

  async remove() {
    await this.#change(this.#shown.queue.remove(this.id), 'runs, or is not there any more');
  }

  /** Both kinds of ended jobs begin again, with all their attempts. */
  async retry() {
    await this.#change(this.#shown.queue.retry(this.id), 'has not ended, or is not there any more');
  }

  /** @param {unknown} data */
  async updateData(data) {
    if (this.#shown.hidesData) throw refusal('the data of jobs are hidden here, so they cannot be edited');
    await this.#change(this.#shown.queue.update(this.id, data), 'is not there any more');
  }

  /** @param {number} delayMs */
  async changeDelay(delayMs) {
    await this.#change(
      this.#shown.queue.reschedule(this.id, { delayMs: Math.round(delayMs) }),
      'does not wait',
    );
  }

  /** @param {{ priority?: number, lifo?: boolean }} wanted */
  async changePriority({ priority, lifo }) {
    if (lifo) throw refusal('lifo is not known here; give a priority, the lower number is first');
    await this.#change(this.#shown.queue.setPriority(this.id, priorityOf(priority ?? 0)), 'does not wait');
  }

  /**
   * @param {Promise<boolean | number>} called
   * @param {string} otherwise
   */
  async #change(called, otherwise) {
    if (!(await asked(called))) throw refusal(`the job ${otherwise}`, 'E_CONFLICT');
  }
}

/** @param {{ id: string, state: string }} told */
function damaged({ id, state }) {
  const error = { name: 'Error', message: 'the record of the job is damaged' };
  const none = { type: '', orgId: null, priority: 0, attempt: 0, maxAttempts: 0, stalls: 0, timeoutMs: 0 };
  return { ...none, id, state, error, idempotencyKey: null, createdAt: new Date(0) };
}

/**
 * A page shows a text, a number, true, false, or an object.
 * @param {any} progress
 */
function progressOf(progress) {
  return progress ?? 0;
}

/**
 * @param {JobError | undefined} error
 * @param {boolean} hidesData Messages and stacks may quote data.
 */
function errorParts(error, hidesData) {
  if (error === undefined) return { failedReason: '', stacktrace: [] };
  const { name, message, code, stack } = error;
  if (hidesData) return { failedReason: code === undefined ? name : `${name} (${code})`, stacktrace: [] };
  return { failedReason: message || name, stacktrace: stack === undefined ? [] : [stack] };
}

module.exports = { BoardJob };
