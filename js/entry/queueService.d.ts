import type { EventEmitter } from 'node:events';
import type { JobContext } from '../../index.js';

/**
 * A job. Times are in milliseconds since 1970.
 * `any`: the data is the caller's.
 * @example
 * import type { JobData } from 'orgcache/queueService';
 * const line = ({ type, attempts, maxAttempts }: JobData) => `${type}, attempt ${attempts} of ${maxAttempts}`;
 */
export interface JobData {
  /** Begins with the type and a colon. */
  id: string;
  type: string;
  /** `any`: the data is the caller's. */
  data: any;
  /** How many attempts have begun. */
  attempts: number;
  maxAttempts: number;
  createdAt: number;
  priority: number;
  /** Milliseconds from its addition to its start. Only of a job that is delayed. */
  delay?: number;
  processedAt?: number;
  completedAt?: number;
  failedAt?: number;
  /** The message of what the processor threw last. */
  error?: string;
}

/**
 * Options of a job.
 * @example
 * import type { QueueJobOptions } from 'orgcache/queueService';
 * const options: QueueJobOptions = { delay: 60_000, maxAttempts: 5, backoff: { type: 'fixed', delay: 1000 } };
 */
export interface QueueJobOptions {
  /** Milliseconds, up to ten years. */
  delay?: number;
  /** -1000 to 1000, higher first. By default 0. */
  priority?: number;
  /** By default 3, or the variable `QUEUE_MAX_ATTEMPTS`. */
  maxAttempts?: number;
  /** The pause before another attempt. By default exponential from 5000 ms, or the variable `QUEUE_BACKOFF_DELAY`. */
  backoff?: { type?: 'fixed' | 'exponential'; delay?: number };
}

/**
 * How many jobs there are. `failed` are those without a further attempt.
 * @example
 * import type { QueueStats } from 'orgcache/queueService';
 * const isEmpty = ({ waiting, active, delayed }: QueueStats) => waiting + active + delayed === 0;
 */
export interface QueueStats {
  waiting: number;
  active: number;
  completed: number;
  failed: number;
  delayed: number;
  total: number;
}

/**
 * Whether Redis answers, and the sum of the queues that this process has used.
 * @example
 * import type { QueueServiceHealth } from 'orgcache/queueService';
 * const isHealthy = ({ status }: QueueServiceHealth) => status === 'healthy';
 */
export interface QueueServiceHealth {
  status: 'healthy' | 'unhealthy';
  connected: boolean;
  processing: boolean;
  stats: QueueStats;
}

/**
 * Runs one job. What it throws makes another attempt. `unknown`: nobody reads its answer.
 * @example
 * import type { JobProcessor } from 'orgcache/queueService';
 * const process: JobProcessor = async (job, { signal }) => {
 *   await fetch('https://mail.test', { method: 'POST', body: JSON.stringify(job.data), signal });
 * };
 */
export type JobProcessor = (job: JobData, context: JobContext) => unknown;

/**
 * Events of the service, and what their listeners get.
 * @example
 * import { queueService, type QueueServiceEvents } from 'orgcache/queueService';
 * const onFailed = (...[{ jobId, error }]: QueueServiceEvents['jobFailed']) => console.error(jobId, error);
 * queueService.on('jobFailed', onFailed);
 */
export interface QueueServiceEvents {
  jobAdded: [event: { queueName: string; jobId: string; jobType: string }];
  jobStarted: [event: { queueName: string; jobId: string; job: JobData }];
  /** Redis has it. */
  jobCompleted: [event: { queueName: string; jobId: string; job: JobData }];
  /** There is no further attempt. */
  jobFailed: [event: { queueName: string; jobId: string; job: JobData; error: string }];
  statsUpdated: [stats: QueueStats];
  connected: [];
  /** Without a listener nothing happens. */
  error: [error: Error];
}

/**
 * Queues of jobs, in the database `REDIS_QUEUE_DB` or else in that of the cache. While Redis is away `addJob` rejects, and what is asked for is
 * null or zero.
 * @example
 * import type { QueueService } from 'orgcache/queueService';
 * const greet = (queues: QueueService, to: string) => queues.addJob('email:notifications', 'welcome', { to });
 */
export interface QueueService extends EventEmitter<QueueServiceEvents> {
  /**
   * Adds a job, and answers its id: the same one for the same queue, type and data within an hour, and the job is added once. Rejects with
   * the message `Queue Redis not connected` while Redis is away.
   * `unknown`: anything that is JSON.
   */
  addJob(queueName: string, type: string, data: unknown, options?: QueueJobOptions): Promise<string>;
  /**
   * Adds a job whose type is the name of the queue.
   * `unknown`: anything that is JSON.
   */
  addJob(queueName: string, data: unknown): Promise<string>;
  /** The jobs of this type are the function's, in this process. */
  registerProcessor(queueName: string, type: string, processor: JobProcessor): void;
  /** The jobs whose type is the name of the queue are the function's, and processing begins. */
  registerProcessor(queueName: string, processor: JobProcessor): void;
  /** Processes a queue; several may be. The promise ends with `stopProcessing()`. */
  startProcessing(queueName: string): Promise<void>;
  /** Ends all processing: no further job begins, and those that run may end. */
  stopProcessing(): Promise<void>;
  /** The job, or null. */
  getJobStatus(jobId: string): Promise<JobData | null>;
  /** Zeros while Redis is away. */
  getQueueStats(queueName: string): Promise<QueueStats>;
  /** Removes the completed jobs of all queues that this process has used. Answers how many there were. */
  clearCompletedJobs(): Promise<number>;
  /** The same of the failed ones. */
  clearFailedJobs(): Promise<number>;
  /** Asks the server. */
  healthCheck(): Promise<QueueServiceHealth>;
}

/**
 * The service.
 * @example
 * import { queueService } from 'orgcache/queueService';
 * queueService.registerProcessor('email:notifications', 'welcome', ({ data }) => console.log(data.to));
 * const id = await queueService.addJob('email:notifications', 'welcome', { to: 'ada@mail.test' });
 */
export const queueService: QueueService;

/**
 * The same service.
 * @example
 * import queueService from 'orgcache/queueService';
 * const { waiting } = await queueService.getQueueStats('email:notifications');
 */
export default queueService;
