import type { AddedJob, JobBackoff, JobMap, JobTypes, OrganizationCall, QueueCallOptions } from './queue.js';

/**
 * When a schedule has its slots, whatever says so.
 * @example
 * import type { ScheduleLimits } from 'orgcache';
 * const twice: ScheduleLimits = { count: 2, missed: 'all', overlap: 'skip' };
 */
export interface ScheduleLimits {
  /** No slot is before it. With `everyMs` the first slot is here. */
  startAt?: Date | number;
  /** No slot is after it. Then the schedule is gone. */
  endAt?: Date | number;
  /** So many jobs of slots, and the schedule is gone. */
  count?: number;
  /**
   * What becomes of slots that no worker could fire within five seconds: one job for all of them, a job each of the latest 100, or none.
   * Default `one`.
   */
  missed?: 'one' | 'all' | 'skip';
  /** `skip`: a slot makes no job while the schedule's last job waits or runs. Default `allow`. */
  overlap?: 'allow' | 'skip';
}

/**
 * When a schedule has its slots: by a cron pattern, or after so many milliseconds again and again.
 * @example
 * import type { ScheduleTimes } from 'orgcache';
 * const nightly: ScheduleTimes = { cron: '30 2 * * *', tz: 'Europe/Berlin' };
 * const often: ScheduleTimes = { everyMs: 30_000 };
 */
export type ScheduleTimes = ScheduleLimits &
  (
    | {
        /** Five fields: minute, hour, day of the month, month, day of the week; or six with seconds in front. Also `@daily` and the like. */
        cron: string;
        /** A name of IANA's list. Default `UTC`. */
        tz?: string;
        everyMs?: never;
      }
    | {
        /** 100 and more. Without `startAt` the slots are the multiples of it since 1970, so that they stay when it is scheduled again. */
        everyMs: number;
        cron?: never;
        tz?: never;
      }
  );

/**
 * The jobs that a schedule makes. Options that are left out are those of the queue.
 * @example
 * import type { ScheduledJob } from 'orgcache';
 * const job: ScheduledJob = { type: 'cleanUp', data: { days: 30 }, orgId: 'org-1', attempts: 5 };
 */
export type ScheduledJob<Jobs extends JobTypes<Jobs> = JobMap> = {
  [Type in keyof Jobs & string]: {
    type: Type;
    data: Jobs[Type]['data'];
    /** Whose jobs, and whose schedule. Null: the global scope. Default null. */
    orgId?: string | null;
    attempts?: number;
    backoff?: JobBackoff;
    timeoutMs?: number;
    priority?: number;
  };
}[keyof Jobs & string];

/**
 * What {@link QueueSchedules.schedule} answers.
 * @example
 * import type { StoredSchedule } from 'orgcache';
 * const waitsMs = ({ nextAt }: StoredSchedule) => nextAt.getTime() - Date.now();
 */
export interface StoredSchedule {
  id: string;
  /** False: one of this id was there, and was replaced. */
  created: boolean;
  /** The next slot. */
  nextAt: Date;
}

/**
 * A schedule as it is stored.
 * @example
 * import type { Schedule } from 'orgcache';
 * const isNew = ({ runs, lastAt }: Schedule) => runs === 0 && lastAt === null;
 */
export interface Schedule<Data = JobMap[string]['data']> {
  id: string;
  orgId: string | null;
  type: string;
  data: Data;
  cron?: string;
  tz?: string;
  everyMs?: number;
  startAt?: Date;
  endAt?: Date;
  count?: number;
  missed: 'one' | 'all' | 'skip';
  overlap: 'allow' | 'skip';
  attempts: number;
  backoff: Required<JobBackoff>;
  timeoutMs: number;
  priority: number;
  /** The next slot. */
  nextAt: Date;
  /** The slot of the last job, or when it was asked for. */
  lastAt: Date | null;
  lastJobId: string | null;
  /** Slots that made a job, since it has these times. */
  runs: number;
  /** Slots that made none: missed, or while the last job had not ended. At most 1000 are counted at a time. */
  skipped: number;
}

/**
 * Options of {@link QueueSchedules.schedules}.
 * @example
 * import type { ListSchedules } from 'orgcache';
 * const options: ListSchedules = { orgId: 'org-1', limit: 20 };
 */
export interface ListSchedules extends OrganizationCall {
  /** Default 100, the most. A page has fewer where their data has more than 1 MiB. */
  limit?: number;
  /** Where to begin: what an earlier page answered. */
  after?: string | null;
}

/**
 * The calls of a queue that concern its schedules. A schedule is known by its id and its organization.
 * @example
 * import { createQueue, type QueueSchedules } from 'orgcache';
 * const queue: QueueSchedules = createQueue('reports');
 * await queue.schedule('nightly', { cron: '30 2 * * *', tz: 'Europe/Berlin' }, { type: 'build', data: {} });
 */
export interface QueueSchedules<Jobs extends JobTypes<Jobs> = JobMap> {
  /**
   * Stores a schedule, or replaces the one of this id. The same times keep the next slot and what is counted; with other times it begins
   * anew. Workers of the queue fire its slots, each once, however many processes there are.
   * @throws {OrgCacheError} `E_CONFIG` for times or options that are not allowed and for times that never come, `E_KEY`, `E_SERIALIZE`,
   * `E_VALUE_TOO_LARGE`, `E_OVERLOADED` beyond 10,000 schedules, and those of the connection.
   */
  schedule(
    id: string,
    times: ScheduleTimes,
    job: ScheduledJob<Jobs>,
    options?: QueueCallOptions,
  ): Promise<StoredSchedule>;
  /**
   * Removes a schedule. Jobs that it has made stay. Answers whether there was one. Without `orgId` the one of the global scope, or else the
   * only one of this id; `E_KEY` where several organizations have one.
   */
  unschedule(id: string, options?: OrganizationCall): Promise<boolean>;
  /**
   * Adds a job of the schedule at once, beside its slots. Null: there is no such schedule. `created` is false where the schedule skips
   * overlaps and its last job, whose id is answered, has not ended.
   */
  runSchedule(id: string, options?: OrganizationCall): Promise<AddedJob | null>;
  /** A page of schedules, ordered by their next slot. `after` is that of the next page, or null; `total` counts all pages. */
  schedules(
    options?: ListSchedules,
  ): Promise<{ schedules: Schedule<Jobs[keyof Jobs]['data']>[]; after: string | null; total: number }>;
}
