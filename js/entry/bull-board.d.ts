import { BaseAdapter } from '@bull-board/api/dist/queueAdapters/base.js';
import type {
  AppJobScheduler,
  QueueAdapterOptions as BoardOptions,
  JobCleanStatus,
  JobCounts,
  JobSchedulerRepeatOptions,
  JobSchedulerUpdateResult,
  JobStatus,
  MetricsType,
  ObliterateOptions,
  QueueDefaultJobOptions,
  QueueJob,
  QueueMetrics,
  QueueRateLimit,
  QueueWorker,
  Status,
} from '@bull-board/api/dist/types.js';
import type { OrganizationQueue, Queue } from '../../index.js';

/**
 * Options of {@link QueueAdapter}: those of all adapters of bull-board, and one more.
 * @example
 * import type { QueueAdapterOptions } from 'orgcache/bull-board';
 * const options: QueueAdapterOptions = { readOnlyMode: true, hideData: true, description: 'Mails to customers' };
 */
export interface QueueAdapterOptions extends Partial<BoardOptions> {
  /** False: completed jobs cannot be run again from the page. Default true. */
  allowCompletedRetries?: boolean;
  /**
   * Shows `(hidden)` in place of data, results, progress and log lines, and of an error its name and code alone. Default false.
   * `setFormatter` of bull-board hides parts of them.
   */
  hideData?: boolean;
}

/**
 * Shows a queue, or what one organization has of it, on a board of bull-board. The package `@bull-board/api` must be installed, from
 * 9.10.
 * @throws {OrgCacheError} `E_CONFIG` without that package; `E_ARGUMENT` for what is no queue of `createQueue`.
 * @example
 * import { createBullBoard } from '@bull-board/api';
 * import type { IServerAdapter } from '@bull-board/api/dist/types.js';
 * import { createQueue } from 'orgcache';
 * import { QueueAdapter } from 'orgcache/bull-board';
 * const queues = [new QueueAdapter(createQueue('mails'))];
 * const showOn = (serverAdapter: IServerAdapter) => createBullBoard({ queues, serverAdapter });
 */
export class QueueAdapter extends BaseAdapter {
  /** `any`: a board shows jobs of all types. */
  constructor(queue: Queue<any> | OrganizationQueue<any>, options?: QueueAdapterOptions);
  /** The queue's name, behind the option `prefix`; that of an organization is `queue:organization`. */
  getName(): string;
  /** A job in whichever state. Null: there is none, or none any more. */
  getJob(id: string): Promise<QueueJob | null>;
  /** Jobs of these states at places from 0, in the order in which they begin, and ended ones the newest first. `end` -1: all of them. */
  getJobs(statuses: JobStatus[], start?: number, end?: number): Promise<QueueJob[]>;
  /** Of one organization up to 1000 jobs in each state are counted, but for those that are ready. */
  getJobCounts(): Promise<JobCounts>;
  /** Lines of a job's log, the oldest first. */
  getJobLogs(id: string): Promise<string[]>;
  /**
   * Takes options of BullMQ and of `add()`.
   * `any`: data are those of the application.
   */
  addJob(type: string, data: any, options?: object): Promise<QueueJob>;
  /** Jobs that run are refused. */
  clean(status: JobCleanStatus, graceMs: number): Promise<void>;
  /** Removes the jobs that are ready. */
  empty(): Promise<void>;
  /** Makes the jobs ready that are delayed now. */
  promoteAll(): Promise<void>;
  /** Of one organization: erases all that the queue has of it. */
  obliterate(options?: ObliterateOptions): Promise<void>;
  /** No further job starts. */
  pause(): Promise<void>;
  /** Jobs start again. */
  resume(): Promise<void>;
  /** Whether it was paused. */
  isPaused(): Promise<boolean>;
  /** How many there have been; not how many in each minute. */
  getMetrics(type: MetricsType): Promise<QueueMetrics>;
  /** Null in embedded mode, and for one organization. */
  getRedisInfo(): Promise<string | null>;
  /** The states that the page shows, and `latest` for all of them. */
  getStatuses(): Status[];
  /** The states that the page shows. */
  getJobStatuses(): JobStatus[];
  /** Jobs that may run at once, on all workers. Null: no limit. */
  getGlobalConcurrency(): Promise<number | null>;
  /** Changes how many jobs may run at once; 0: no limit. */
  setGlobalConcurrency(concurrency: number): Promise<void>;
  /** Jobs that may start within a time, on all workers. Null: no limit. */
  getConfiguredRateLimit(): Promise<QueueRateLimit | null>;
  /** Changes how many jobs may start within a time. */
  setConfiguredRateLimit(limit: QueueRateLimit): Promise<void>;
  /** Takes the limit away. */
  removeConfiguredRateLimit(): Promise<void>;
  /** Milliseconds until the rate lets the next job begin; 0: now. */
  getActiveRateLimitTtl(): Promise<number>;
  /** Ends the pause that a rate has made. Refused for one organization. */
  releaseActiveRateLimit(): Promise<void>;
  /** The id of an organization's schedule is `organization: id`, unless the adapter shows that organization alone. */
  getJobSchedulers(): Promise<Omit<AppJobScheduler, 'queueName'>[]>;
  /** How many schedules there are. */
  getJobSchedulersCount(): Promise<number>;
  /** Changes the times of a schedule, and leaves its job as it is. */
  updateJobScheduler(id: string, repeat: JobSchedulerRepeatOptions): Promise<JobSchedulerUpdateResult>;
  /** Removes a schedule. Answers whether there was one. */
  removeJobScheduler(id: string): Promise<boolean>;
  /** Adds a job of a schedule at once, beside its times. */
  runJobSchedulerNow(id: string): Promise<QueueJob | 'not-found'>;
  /** Null for one organization: workers run the jobs of all. */
  getWorkers(): Promise<QueueWorker[] | null>;
  /** The defaults of the queue under the names of BullMQ. */
  getQueueDefaultJobOptions(): QueueDefaultJobOptions;
}
