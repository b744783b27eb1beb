import type { QueueCallOptions, QueueStats } from './queue.js';

/**
 * Options of `queue.stats()`.
 * @example
 * import { createQueue, type QueueStatsOptions } from 'orgcache';
 * const options: QueueStatsOptions = { orgId: 'org-1', minutes: 15 };
 * const { organization } = await createQueue('mails').stats(options);
 */
export interface QueueStatsOptions extends QueueCallOptions {
  /** Rates and times are of so many of the last minutes: 1 to 60. Default 5. */
  minutes?: number;
  /** Adds the share of this organization; null is the global scope. */
  orgId?: string | null;
}

/**
 * How often something happened in a second, on average.
 * @example
 * import { createQueue, type QueueRates } from 'orgcache';
 * const line = ({ completed, windowMs }: QueueRates) => `${completed} jobs/s over ${windowMs / 1000} s`;
 * console.log(line((await createQueue('mails').stats()).rates));
 */
export interface QueueRates {
  /** The time that the rates are of. It is longer than was asked for where no worker has run meanwhile; 0 if nothing is known. */
  windowMs: number;
  added: number;
  completed: number;
  retried: number;
  died: number;
  removed: number;
  stalled: number;
  lost: number;
}

/**
 * How long jobs took, in milliseconds; null without any. A time is off by at most a sixteenth.
 * @example
 * import { createQueue, type QueueTimes } from 'orgcache';
 * const slow = ({ p99Ms }: QueueTimes) => (p99Ms ?? 0) > 1000;
 * console.log(slow((await createQueue('mails').stats()).running));
 */
export interface QueueTimes {
  count: number;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
}

/**
 * What an organization has in a queue.
 * @example
 * import type { QueueShare } from 'orgcache';
 * const percent = ({ share }: QueueShare) => `${Math.round(share * 100)} %`;
 */
export interface QueueShare {
  /** Null: the global scope. */
  orgId: string | null;
  ready: number;
  /** Null where the organization has no limit of concurrency: its jobs are not counted then. */
  active: number | null;
  weight: number;
  /** The part of all starts that it gets while those wait that wait now, from 0 to 1. */
  share: number;
}

/**
 * Limits that `queue.watch()` looks at. Null: not this one.
 * @example
 * import { createQueue, type WatchLimits } from 'orgcache';
 * const limits: WatchLimits = { backlog: 1000, oldestMs: 60_000, noWorkerMs: 30_000 };
 * const stop = createQueue('mails').watch(limits, ({ alert, isOver }) => console.log(alert, isOver));
 * stop();
 */
export interface WatchLimits {
  /** Ready jobs. Default 500. */
  backlog?: number | null;
  /** Dead jobs among those that ended in five minutes, above 0 and below 1. Fewer than 20 do not count. Default 0.05. */
  failureRate?: number | null;
  /** Age of the oldest ready job. */
  oldestMs?: number | null;
  /** For how long no worker has given a sign; at least 20,000, because an idle worker gives one every 15 seconds. */
  noWorkerMs?: number | null;
}

/**
 * A limit is exceeded, or is no longer. It is over when the value has gone down to nine tenths of the limit.
 * @example
 * import { createQueue, type QueueAlert } from 'orgcache';
 * const line = ({ alert, queue, value, limit }: QueueAlert) => `${queue}: ${alert} is ${value}, above ${limit}`;
 * createQueue('mails').watch({}, (alert) => console.log(line(alert)));
 */
export interface QueueAlert {
  alert: keyof WatchLimits;
  queue: string;
  value: number;
  limit: number;
  /** When it began. */
  since: Date;
  isOver: boolean;
}

/**
 * Since when the oldest job of each state has been in it; null without one. For delayed jobs: when the first one is due.
 * @example
 * import { createQueue, type OldestJobs } from 'orgcache';
 * const isStuck = ({ active }: OldestJobs) => active !== null && Date.now() - active.getTime() > 3_600_000;
 * console.log(isStuck((await createQueue('mails').stats()).oldest));
 */
export type OldestJobs = QueueStats['oldest'];
