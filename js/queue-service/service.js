'use strict';

const { EventEmitter } = require('node:events');
const { Context } = require('../context.js');
const { OrgCacheError } = require('../errors.js');
const { PromptClient } = require('../prompt-client.js');
const { FIND } = require('../queue/handlers.js');
const { epochMs } = require('../time.js');
const { contentKey, placeOf, serviceId } = require('./ids.js');
const { moveOldJobs } = require('./moving.js');
const { noStats, optionsOf, runningRecord, statsOf, storedRecord, sumOf } = require('./records.js');

/** @import { Job, JobContext, JobError, OrgCache, Queue, Worker } from '../../index.js' */
/** @import { Failure } from '../errors.js' */
/** @import { JobData, JobProcessor, QueueServiceEvents } from '../entry/queueService.js' */

/** The service has no options, so the number of its database is a variable. */
const DATABASE_VARIABLE = 'REDIS_QUEUE_DB';
/** The database of jobs that older code has left, where the variable is not set. */
const OLD_DATABASE = 1;
/** Events after which nothing more is told of the run of a job. */
const ENDS = /** @type {const} */ (['completed', 'dead', 'retrying', 'released', 'lost']);
/** Errors of calls while Redis is away. */
const AWAY = ['E_CONNECT', 'E_OVERLOADED', 'E_TIMEOUT', 'E_UNKNOWN_OUTCOME'];

/**
 * A queue that this process works on.
 * @typedef {object} Processing
 * @property {Worker} worker
 * @property {Promise<void> | undefined} moving
 */

/**
 * Jobs whose processors were called, by the token of the run, until Redis has what became of them.
 * @typedef {Map<number, JobData>} Records
 */

/**
 * The queue service of servers that were written with this one over ioredis: its names, arguments, results and events.
 * @extends {EventEmitter<QueueServiceEvents>}
 */
class QueueService extends EventEmitter {
  #orgcache;
  #connection;
  #context = new Context();
  /** @type {Map<string, Queue>} */
  #queues = new Map();
  /** @type {Map<string, Map<string, JobProcessor>>} */
  #processors = new Map();
  /** @type {Map<string, Processing>} */
  #processing = new Map();

  /** @param {Pick<OrgCache, 'cacheAdapter' | 'createQueue' | 'createWorker' | 'redisManager'>} orgcache */
  constructor(orgcache) {
    super();
    this.#orgcache = orgcache;
    this.#connection = new PromptClient(orgcache, () => process.env[DATABASE_VARIABLE]);
  }

  /** @param {string} name */
  #queue(name) {
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = this.#orgcache.createQueue(name);
      this.#queues.set(name, queue);
    }
    return queue;
  }

  /**
   * `(queue, type, data, options)`, or `(queue, data)`: the type is then the name of the queue.
   * @param {string} queueName
   * @param {unknown[]} given
   */
  async addJob(queueName, ...given) {
    const hasType = given.length > 1 && typeof given[0] === 'string';
    const [type, data, options] = hasType ? given : [queueName, ...given];
    const own = optionsOf(options);
    const name = /** @type {string} */ (type);
    const idempotencyKey = contentKey(name, data);
    const queue = this.#queue(queueName);
    try {
      const { id, created } = await queue.add(name, data, { ...own, idempotencyKey });
      const jobId = serviceId(queueName, name, id);
      if (created) this.#tell('jobAdded', { queueName, jobId, jobType: name });
      return jobId;
    } catch (cause) {
      if (!isAway(cause)) throw cause;
      const { code, retryable } = cause;
      throw new OrgCacheError(code, 'Queue Redis not connected', { retryable, cause });
    }
  }

  /**
   * `(queue, type, processor)`, or `(queue, processor)`: the type is then the name of the queue, and processing begins.
   * @param {string} queueName
   * @param {string | JobProcessor} typeOrProcessor
   * @param {JobProcessor} [given]
   */
  registerProcessor(queueName, typeOrProcessor, given) {
    const isShort = typeof typeOrProcessor === 'function';
    const [type, processor] = isShort ? [queueName, typeOrProcessor] : [typeOrProcessor, given];
    if (typeof type !== 'string' || typeof processor !== 'function') {
      throw new OrgCacheError(
        'E_ARGUMENT',
        'registerProcessor() takes a queue, a type and a function, or a queue and a function',
      );
    }
    this.#queue(queueName);
    const ofQueue = this.#processors.get(queueName) ?? new Map();
    this.#processors.set(queueName, ofQueue.set(type, processor));
    if (isShort && !this.#processing.has(queueName)) this.startProcessing(queueName);
  }

  /**
   * The promise ends with the processing.
   * @param {string} queueName
   * @returns {Promise<void>}
   */
  async startProcessing(queueName) {
    if (this.#processing.has(queueName)) {
      console.log(`orgcache: the queue ${queueName} is already processing`);
      return;
    }
    this.#queue(queueName);
    const processing = this.#begin(queueName);
    this.#move(queueName, processing);
    await processing.worker.closed;
    if (this.#processing.get(queueName) === processing) this.#processing.delete(queueName);
  }

  /**
   * @param {string} queueName
   * @returns {Processing}
   */
  #begin(queueName) {
    /** @type {Records} */
    const records = new Map();
    const find = (/** @type {string} */ type) => this.#handlerOf(queueName, type, records);
    const worker = this.#orgcache.createWorker(queueName, /** @type {any} */ ({ [FIND]: find }));
    /** @type {Processing} */
    const processing = { worker, moving: undefined };
    const forget = (/** @type {{ fence: number }} */ { fence }) => void records.delete(fence);
    this.#processing.set(queueName, processing);
    worker
      .on('completed', (job) => this.#ended(queueName, records.get(job.fence), undefined))
      .on('dead', (job) => this.#ended(queueName, records.get(job.fence), job.error));
    for (const name of ENDS) worker.on(name, forget);
    worker
      .on('error', (error) => this.#tell('error', error))
      .on('state', ({ connected }) => {
        if (!connected) return;
        this.#tell('connected');
        this.#move(queueName, processing);
      });
    return processing;
  }

  /**
   * @param {string} queueName
   * @param {string} type
   * @param {Records} records
   */
  #handlerOf(queueName, type, records) {
    const processor = this.#processors.get(queueName)?.get(type);
    if (processor === undefined) return undefined;
    return async (/** @type {Job} */ job, /** @type {JobContext} */ context) => {
      const record = runningRecord(queueName, job);
      records.set(job.fence, record);
      this.#tell('jobStarted', { queueName, jobId: record.id, job: record });
      return processor(record, context);
    };
  }

  /**
   * Redis has what became of the job.
   * @param {string} queueName
   * @param {JobData | undefined} record
   * @param {JobError | undefined} failure
   */
  #ended(queueName, record, failure) {
    if (record === undefined) return;
    const common = { queueName, jobId: record.id };
    if (failure === undefined) {
      this.#tell('jobCompleted', { ...common, job: { ...record, completedAt: epochMs() } });
    } else {
      const job = { ...record, failedAt: epochMs(), error: failure.message };
      this.#tell('jobFailed', { ...common, job, error: failure.message });
    }
    if (this.listenerCount('statsUpdated') > 0) {
      this.getQueueStats(queueName).then((stats) => this.#tell('statsUpdated', stats));
    }
  }

  /**
   * An event without a listener has no effect, not even an error.
   * @param {string} event
   * @param {unknown[]} details
   */
  #tell(event, ...details) {
    if (this.listenerCount(event) > 0) this.#context.emit(this, event, ...details);
  }

  /**
   * Moves what older code has left, unless that is done or under way.
   * @param {string} queueName
   * @param {Processing} processing
   */
  #move(queueName, processing) {
    processing.moving ??= this.#moveAll(this.#queue(queueName)).then(
      (isDone) => {
        if (!isDone) processing.moving = undefined;
      },
      (error) => {
        // The next connection tries again.
        processing.moving = undefined;
        this.#tell('error', error);
      },
    );
  }

  /**
   * Answers false where Redis is away.
   * @param {Queue} queue
   */
  async #moveAll(queue) {
    if (!this.#orgcache.cacheAdapter.useRedis) return true;
    const client = await this.#connection.reach();
    if (client === undefined) return false;
    await moveOldJobs(client, queue);
    if (process.env[DATABASE_VARIABLE] || client.isCluster || client.options.db === OLD_DATABASE) return true;
    const old = client.duplicate({ db: OLD_DATABASE, keyPrefix: '' });
    try {
      await old.ping();
    } catch {
      // A server may have one database only, or allow this user no other.
      old.disconnect();
      return true;
    }
    try {
      await moveOldJobs(old, queue);
      return true;
    } finally {
      await old.quit();
    }
  }

  async stopProcessing() {
    const all = [...this.#processing];
    this.#processing.clear();
    await Promise.all(all.map(([, { worker, moving }]) => Promise.all([worker.close(), moving])));
  }

  /** @param {string} jobId */
  async getJobStatus(jobId) {
    const place = placeOf(jobId);
    if (place === undefined) return null;
    try {
      const known = this.#queues.get(place.queue);
      const queue = known ?? this.#orgcache.createQueue(place.queue);
      const job = await queue.getJob(place.id);
      if (known === undefined) await queue.close();
      return job === null ? null : storedRecord(place.queue, job);
    } catch {
      return null;
    }
  }

  /** @param {string} queueName */
  async getQueueStats(queueName) {
    const queue = this.#queue(queueName);
    try {
      return statsOf(await queue.counts());
    } catch {
      return noStats();
    }
  }

  async clearCompletedJobs() {
    return this.#clear('completed');
  }

  async clearFailedJobs() {
    return this.#clear('dead');
  }

  /**
   * Of all queues that this process has used. Answers how many there were.
   * @param {'completed' | 'dead'} state
   */
  async #clear(state) {
    const clean = async (/** @type {Queue} */ queue) => {
      try {
        return await queue.clean(state, { olderThanMs: 0, limit: MOST_CLEARED });
      } catch {
        return 0;
      }
    };
    const removed = await Promise.all([...this.#queues.values()].map(clean));
    return removed.reduce((sum, count) => sum + count, 0);
  }

  async healthCheck() {
    const names = [...this.#queues.keys()];
    const [connected, ...all] = await Promise.all([
      this.#isConnected(),
      ...names.map((name) => this.getQueueStats(name)),
    ]);
    /** @type {'healthy' | 'unhealthy'} */
    const status = connected ? 'healthy' : 'unhealthy';
    return { status, connected, processing: this.#processing.size > 0, stats: sumOf(all) };
  }

  async #isConnected() {
    try {
      return (await this.#queue(DEFAULT_QUEUE).healthCheck()).ok;
    } catch {
      return false;
    }
  }
}

/** The queue whose place is asked for a sign of life. */
const DEFAULT_QUEUE = 'default';
/** As many as a queue keeps, and more. */
const MOST_CLEARED = 1_000_000;

/**
 * @param {unknown} error
 * @returns {error is InstanceType<typeof OrgCacheError>}
 */
function isAway(error) {
  return AWAY.includes(String(/** @type {Failure} */ (error).code));
}

module.exports = { QueueService };
