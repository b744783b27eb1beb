'use strict';

const { epochMs } = require('../time.js');
const { OrgCacheError } = require('../errors.js');
const { protocol } = require('../protocol.js');
const { baseAdapter } = require('./base.js');
const { BoardJob } = require('./board-job.js');
const { asked, refusal } = require('./refusals.js');
const { Schedules } = require('./schedules.js');
const { HIDDEN, STATUSES, addOptions, defaultOptions, secondsSince, stateOf } = require('./translation.js');
const { View } = require('./view.js');

/** @import { QueueWorker } from '../../index.js' */
/** @import { Failure } from '../errors.js' */
/** @import { QueueAdapterOptions } from '../entry/bull-board.js' */
/** @import * as Board from '@bull-board/api/dist/types.js' */

const { boardWorkerSeconds } = protocol.limits;
/** bull-board knows two libraries, and shows what it can do with this one. */
const TYPE = 'bullmq';
/** The page tells this refusal from others by its text. */
const HAS_ACTIVE_JOBS = 'Cannot obliterate queue with active jobs';
/** A worker's name, unless it was given another one: `host:pid:n`. */
const USUAL_NAME = /^(.+:\d+):\d+$/;

/** What bull-board asks of a queue. js/entry/bull-board.d.ts says what users have of it. */
class QueueAdapter extends baseAdapter() {
  #view;
  #schedules;
  #hidesData;
  #queueName;

  /**
   * @param {any} queue
   * @param {QueueAdapterOptions} [options]
   */
  constructor(queue, options = {}) {
    super(TYPE, options);
    this.#hidesData = hidesData(options);
    this.#view = new View(queue);
    this.#schedules = new Schedules(this.#view, this.#hidesData);
    this.#queueName = nameOf(this.#view);
  }

  getName() {
    return `${this.prefix}${this.#queueName}`;
  }

  getQueueName() {
    return this.#queueName;
  }

  /** The name among the queues of a board, which may have some of BullMQ. */
  getQueueQualifiedName() {
    return `orgcache:${this.#queueName}`;
  }

  /** Jobs have no parents and children here. */
  async getFlowProducer() {
    return null;
  }

  /** @param {any} snapshot */
  #job(snapshot) {
    const { queue } = this.#view;
    return new BoardJob(snapshot, {
      queue,
      hidesData: this.#hidesData,
      queueName: this.getQueueQualifiedName(),
    });
  }

  /** @param {string} id */
  async getJob(id) {
    const snapshot = await asked(this.#view.queue.getJob(id));
    return snapshot && this.#job(snapshot);
  }

  /**
   * @param {Board.JobStatus[]} statuses
   * @param {number} [start]
   * @param {number} [end] The last place, -1 for the last of all.
   */
  async getJobs(statuses, start = 0, end = -1) {
    const states = statuses.map(stateOf).filter((state) => state !== undefined);
    const to = end < 0 ? Infinity : end;
    const pages = await asked(Promise.all(states.map((state) => this.#view.jobs(state, start, to))));
    return pages.flat().map((snapshot) => this.#job(snapshot));
  }

  async getJobCounts() {
    const counts = await asked(this.#view.counts());
    const told = STATUSES.map((status) => {
      const state = stateOf(status);
      return [status, state === undefined ? 0 : counts[state]];
    });
    return /** @type {Board.JobCounts} */ (Object.fromEntries(told));
  }

  /**
   * @param {string} id
   * @returns {Promise<string[]>}
   */
  async getJobLogs(id) {
    const lines = (await asked(this.#view.queue.getJob(id)))?.logs ?? [];
    return this.#hidesData ? lines.map(() => HIDDEN) : lines;
  }

  /**
   * @param {string} type
   * @param {unknown} data
   * @param {object} [options]
   */
  async addJob(type, data, options = {}) {
    if (this.#hidesData && data === HIDDEN) {
      throw refusal('the data of jobs are hidden here, so no job can be made as another one is');
    }
    const { id } = await asked(this.#view.queue.add(type, data ?? null, addOptions(options)));
    return this.#added(id);
  }

  /** @param {string} id */
  async #added(id) {
    const job = await this.getJob(id);
    if (job) return job;
    // A worker was faster, and the queue keeps no ended jobs.
    throw refusal('the job was added, and is not there any more', 'E_CONFLICT');
  }

  /**
   * @param {Board.JobCleanStatus} status
   * @param {number} graceMs
   */
  async clean(status, graceMs) {
    const state = stateOf(status);
    if (state === undefined) throw refusal(`no job here is ${status}`);
    if (state === 'active') throw refusal('jobs that run cannot be removed; cancel() ends them');
    await asked(this.#view.clean(state, graceMs));
  }

  async empty() {
    await asked(this.#view.queue.drain());
  }

  async promoteAll() {
    await asked(this.#view.each('delayed', 0, ({ id }) => this.#view.queue.promote(id)));
  }

  /** @param {Board.ObliterateOptions} [options] */
  async obliterate({ force = false } = {}) {
    const { queue, isBound, orgId } = this.#view;
    if (isBound && orgId === null) {
      throw refusal('the jobs of the global scope cannot be erased; empty and clean them');
    }
    if (!force && (await asked(this.#view.hasActive()))) throw new Error(HAS_ACTIVE_JOBS);
    if (isBound) {
      await asked(this.#view.erase());
      return;
    }
    try {
      await asked(queue.obliterate({ force }));
    } catch (error) {
      // A job has begun meanwhile.
      if (/** @type {Failure} */ (error).code === 'E_CONFLICT') throw new Error(HAS_ACTIVE_JOBS);
      throw error;
    }
  }

  async pause() {
    await asked(this.#view.queue.pause());
  }

  async resume() {
    await asked(this.#view.queue.resume());
  }

  async isPaused() {
    return asked(this.#view.queue.isPaused());
  }

  /**
   * How many there have been since the queue is there. The number of each minute is not kept.
   * @param {Board.MetricsType} type
   * @returns {Promise<Board.QueueMetrics>}
   */
  async getMetrics(type) {
    if (this.#view.isBound) throw refusal('totals are those of the whole queue');
    const { totals } = await asked(this.#view.queue.stats());
    const count = type === 'completed' ? totals.completed : totals.died;
    return { meta: { count, prevTS: epochMs(), prevCount: count }, data: [], count: 0 };
  }

  /** What Redis says of itself is not for one organization. */
  async getRedisInfo() {
    return this.#view.isBound ? null : asked(this.#view.info());
  }

  async getDatastoreStats() {
    return null;
  }

  /** @returns {Board.Status[]} */
  getStatuses() {
    return ['latest', ...STATUSES];
  }

  /** @returns {Board.JobStatus[]} */
  getJobStatuses() {
    return [...STATUSES];
  }

  async getGlobalConcurrency() {
    return (await asked(this.#view.limits())).concurrency;
  }

  /** @param {number} concurrency 0: no limit. */
  async setGlobalConcurrency(concurrency) {
    await asked(this.#view.setLimits({ concurrency: concurrency > 0 ? concurrency : null }));
  }

  get supportsGlobalRateLimit() {
    return true;
  }

  async getConfiguredRateLimit() {
    const { rate } = await asked(this.#view.limits());
    return rate && { max: rate.max, duration: rate.perMs };
  }

  /** @param {Board.QueueRateLimit} limit */
  async setConfiguredRateLimit({ max, duration }) {
    await asked(this.#view.setLimits({ rate: { max, perMs: duration } }));
  }

  async removeConfiguredRateLimit() {
    await asked(this.#view.setLimits({ rate: null }));
  }

  async getActiveRateLimitTtl() {
    return (await asked(this.#view.limits())).heldMs;
  }

  async releaseActiveRateLimit() {
    if (this.#view.isBound)
      throw refusal('the rate of one organization cannot be released; change its limit');
    await asked(this.#view.queue.releaseRate());
  }

  async getJobSchedulers() {
    return this.#schedules.list();
  }

  async getJobSchedulersCount() {
    return this.#schedules.count();
  }

  get supportsJobSchedulerUpdate() {
    return true;
  }

  get supportsJobSchedulerRun() {
    return true;
  }

  /**
   * @param {string} id
   * @param {Board.JobSchedulerRepeatOptions} repeat
   */
  async updateJobScheduler(id, repeat) {
    return this.#schedules.update(id, repeat);
  }

  /** @param {string} id */
  async removeJobScheduler(id) {
    return this.#schedules.remove(id);
  }

  /**
   * @param {string} id
   * @returns {Promise<InstanceType<typeof BoardJob> | 'not-found'>}
   */
  async runJobSchedulerNow(id) {
    const added = await this.#schedules.run(id);
    return added === 'not-found' ? added : this.#added(added);
  }

  /** A schedule needs no job that waits for its next time. */
  async getArmedJobSchedulerId() {
    return null;
  }

  /**
   * Workers run the jobs of all organizations, so one organization is told of none.
   * @returns {Promise<Board.QueueWorker[] | null>}
   */
  async getWorkers() {
    if (this.#view.isBound) return null;
    /** @type {QueueWorker[]} */
    const workers = await asked(this.#view.queue.workers());
    return workers.map(workerOf).filter(({ age }) => age <= boardWorkerSeconds);
  }

  getQueueDefaultJobOptions() {
    return defaultOptions(this.#view.defaults);
  }
}

/**
 * Nobody knows when it connected, so its age is the time since its last sign.
 * @param {QueueWorker} worker
 * @returns {Board.QueueWorker}
 */
function workerOf({ name, seenAt }) {
  return { id: name, name, addr: USUAL_NAME.exec(name)?.[1] ?? '', age: secondsSince(seenAt) };
}

/** @param {QueueAdapterOptions} options */
function hidesData({ hideData = false }) {
  if (typeof hideData === 'boolean') return hideData;
  throw new OrgCacheError('E_CONFIG', 'the option hideData must be true or false');
}

/**
 * Two organizations of one queue may be on one board.
 * @param {InstanceType<typeof View>} view
 */
function nameOf({ queue, orgId }) {
  return orgId === undefined ? queue.name : `${queue.name}:${orgId ?? ''}`;
}

module.exports = { QueueAdapter };
