import type { AbortSignalLike } from '../index.js';
import type { OrgCacheError } from './errors.js';
import type { QueueEvents, ReadEvents } from './queue-events.js';
import type {
  QueueAlert,
  QueueRates,
  QueueShare,
  QueueStatsOptions,
  QueueTimes,
  WatchLimits,
} from './queue-numbers.js';
import type { QueueSchedules } from './queue-schedules.js';

/**
 * Jobs of any type. `any`: an application may queue everything that is JSON.
 * @example
 * import { createQueue, type JobMap, type Queue } from 'orgcache';
 * const anything: Queue<JobMap> = createQueue('anything');
 */
export interface JobMap {
  /** `any`: everything that is JSON. */
  [type: string]: { data: any; result: any };
}

/**
 * What names the jobs of a queue: data and result of each type. `any`: an application may queue everything that is JSON.
 * @example
 * import { createQueue, type JobTypes } from 'orgcache';
 * interface Mails {
 *   welcome: { data: { to: string }; result: { messageId: string } };
 * }
 * const mails = createQueue<Mails>('mails');
 * const queueOf = <Jobs extends JobTypes<Jobs>>(name: string) => createQueue<Jobs>(name);
 */
export type JobTypes<Jobs> = { [Type in keyof Jobs]: { data: any; result: any } };

/**
 * The second argument of a handler.
 * @example
 * import type { JobContext } from 'orgcache';
 * const download = (url: string, { signal }: JobContext) => fetch(url, { signal });
 */
export interface JobContext {
  /**
   * Aborts with `E_TIMEOUT` at `timeoutMs`, with `E_LOST` when another worker may have the job, and with `E_CLOSED` when the
   * worker closes and its time is over. What the handler returns after that is dropped.
   */
  readonly signal: AbortSignal;
}

/**
 * A job while its handler runs.
 * @example
 * import { createWorker, type Job } from 'orgcache';
 * createWorker('mails', {
 *   welcome: async (job: Job<{ to: string }>) => ({ sentTo: job.data.to, attempt: job.attempt }),
 * });
 */
export interface Job<Data = JobMap[string]['data']> {
  readonly id: string;
  readonly type: string;
  readonly data: Data;
  /** Null: the global scope. */
  readonly orgId: string | null;
  readonly priority: number;
  /** From 1. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** How often a worker that had the job has died, or was cut off. */
  readonly stalls: number;
  /** Grows with each start of the job. A target that remembers the largest one refuses what an older start still sends. */
  readonly fence: number;
  readonly timeoutMs: number;
  readonly createdAt: Date;
  readonly startedAt: Date;
  readonly idempotencyKey: string | null;
  /** The id of the schedule that made the job, and the slot that it is for. Null: it was added. */
  readonly scheduleId: string | null;
  readonly scheduledFor: Date | null;
  /**
   * Stores how far the job is, for `getJob`. Rejects with `E_LOST` when another worker may have the job.
   * `unknown`: anything that is JSON.
   */
  progress(value: unknown): Promise<void>;
  /** Adds a line to the job's log: the last 100 lines of 4 KiB are kept. Rejects with `E_LOST`. */
  log(line: string): Promise<void>;
  /** Replaces the data, for later attempts too. Rejects with `E_LOST`. */
  update(data: Data): Promise<void>;
  /** Moves the end of the job's time so many milliseconds into the future. Rejects with `E_LOST`. */
  extend(ms: number): Promise<void>;
}

/**
 * Runs one job. Its result is stored as JSON; what it throws makes another attempt, unless it is an
 * {@link UnrecoverableError}, {@link DelayedError} or {@link RateLimitError}. `any`: the types are the caller's.
 * @example
 * import type { JobHandler } from 'orgcache';
 * const resize: JobHandler<{ image: string }, { bytes: number }> = async ({ data }) => ({ bytes: data.image.length });
 */
export type JobHandler<Data = any, Result = any> = (
  job: Job<Data>,
  context: JobContext,
) => Result | PromiseLike<Result>;

/**
 * A handler for each type of job.
 * @example
 * import type { JobHandlers } from 'orgcache';
 * const handlers: JobHandlers<{ add: { data: [number, number]; result: number } }> = {
 *   add: ({ data: [a, b] }) => a + b,
 * };
 */
export type JobHandlers<Jobs extends JobTypes<Jobs> = JobMap> = {
  [Type in keyof Jobs]: JobHandler<Jobs[Type]['data'], Jobs[Type]['result']>;
};

/**
 * The types of jobs that handlers have: `createQueue<JobsOf<typeof handlers>>(name)` takes what they take. `unknown`: a
 * handler without a parameter takes everything.
 * @example
 * import { createQueue, type Job, type JobsOf } from 'orgcache';
 * const handlers = { double: (job: Job<number>) => 2 * job.data };
 * const queue = createQueue<JobsOf<typeof handlers>>('numbers');
 * const added = queue.add('double', 21);
 */
export type JobsOf<Handlers> = {
  [Type in keyof Handlers & string]: Handlers[Type] extends (...given: infer Given) => infer Answer
    ? { data: Given extends [Job<infer Data>, ...unknown[]] ? Data : unknown; result: Awaited<Answer> }
    : never;
};

/**
 * The pause before another attempt.
 * @example
 * import type { JobBackoff } from 'orgcache';
 * const backoff: JobBackoff = { type: 'exponential', delayMs: 1000, maxMs: 60_000 };
 */
export interface JobBackoff {
  /** `exponential` doubles the pause with each attempt. Default `exponential`. */
  type?: 'fixed' | 'exponential';
  /** The first pause. Default 5000, or the variable `QUEUE_BACKOFF_DELAY`. */
  delayMs?: number;
  /** The longest pause. Default 3,600,000. */
  maxMs?: number;
  /** The part of a pause that is drawn, 0 to 1, so that jobs which failed together do not come back together. Default 0.2. */
  jitter?: number;
}

/**
 * How adding the same job twice is recognized.
 * @example
 * import type { JobIdempotency } from 'orgcache';
 * const idempotency: JobIdempotency = { mode: 'untilDone' };
 */
export interface JobIdempotency {
  /**
   * `window`: the key counts for `windowMs`, however soon the job is done. `untilDone`: it counts until the job has ended.
   * Default `window`.
   */
  mode?: 'window' | 'untilDone';
  /** Default 3,600,000. */
  windowMs?: number;
}

/**
 * So many jobs may start within a time.
 * @example
 * import type { JobRate } from 'orgcache';
 * const rate: JobRate = { max: 100, perMs: 1000 };
 */
export interface JobRate {
  max: number;
  perMs: number;
}

/**
 * How many ended jobs are kept. What is first reached counts.
 * @example
 * import type { JobRetention } from 'orgcache';
 * const retention: JobRetention = { count: 100, ageSeconds: 3600 };
 */
export interface JobRetention {
  count?: number;
  ageSeconds?: number;
  bytes?: number;
}

/**
 * What a job may have, and a queue for all of its jobs.
 * @example
 * import type { JobOptions } from 'orgcache';
 * const patient: JobOptions = { attempts: 10, backoff: { type: 'fixed', delayMs: 60_000 } };
 */
export interface JobOptions {
  /** How often a handler may throw before the job is dead. Default 3, or the variable `QUEUE_MAX_ATTEMPTS`. */
  attempts?: number;
  backoff?: JobBackoff;
  /** A handler's signal aborts after this time; 0: never. Default 30,000, or the variable `QUEUE_JOB_TIMEOUT`. */
  timeoutMs?: number;
  /** -1000 to 1000. **Higher is first**: the other way round than in BullMQ. Default 0. */
  priority?: number;
  /** The job starts so much later at the earliest; up to ten years. Default 0. */
  delayMs?: number;
  idempotency?: JobIdempotency;
}

/**
 * Options of {@link Queue.add}.
 * @example
 * import type { AddJob } from 'orgcache';
 * const options: AddJob = { orgId: 'org-1', priority: 10, idempotencyKey: 'invoice-4711' };
 */
export interface AddJob extends JobOptions {
  /** Whose job it is: fairness and limits count by it. Null: the global scope. Default null. */
  orgId?: string | null;
  /** In place of `delayMs`: when the job may start, as a Date or in milliseconds since 1970. */
  runAt?: Date | number;
  /**
   * 1 to 128 bytes. A second job with the key and the same data is not added: its answer names the first. With other data it is
   * `E_IDEMPOTENCY`.
   */
  idempotencyKey?: string;
  /** Rejects the call as soon as it aborts. The job may be added still. */
  signal?: AbortSignalLike | null;
}

/**
 * A job of {@link Queue.addMany}.
 * @example
 * import type { NewJob } from 'orgcache';
 * const jobs: NewJob[] = [{ type: 'welcome', data: { to: 'ada@mail.test' }, orgId: 'org-1' }];
 */
export type NewJob<Jobs extends JobTypes<Jobs> = JobMap> = {
  [Type in keyof Jobs & string]: { type: Type; data: Jobs[Type]['data'] } & Omit<AddJob, 'signal'>;
}[keyof Jobs & string];

/**
 * What {@link Queue.add} answers.
 * @example
 * import type { AddedJob } from 'orgcache';
 * const isFirst = ({ created }: AddedJob) => created;
 */
export interface AddedJob {
  id: string;
  /** False: a job with the same idempotency key was there, and the id is its. */
  created: boolean;
  /** Redis is away, and the job waits in this process's journal. */
  journalled?: boolean;
}

/**
 * Options of {@link createQueue}. The ones of jobs are defaults of `add`.
 * @example
 * import type { QueueOptions } from 'orgcache';
 * const options: QueueOptions = { attempts: 5, concurrency: 100, retain: { completed: false } };
 */
export interface QueueOptions extends JobOptions {
  /**
   * Ended jobs that are kept. False: none. Default: 1000 completed ones for a day and up to 64 MiB, 10,000 dead ones for 30 days
   * and up to 256 MiB.
   */
  retain?: { completed?: JobRetention | false; dead?: JobRetention | false };
  /** Bytes of a job's data as JSON. Default 1,048,576. */
  maxPayloadBytes?: number;
  /** Jobs that may wait, ready and delayed; `add` then rejects with `E_OVERLOADED`. 0: no bound. Default 0. */
  maxWaiting?: number;
  /** Jobs of the queue that may run at once, on all workers. Default: no bound. */
  concurrency?: number;
  /** Jobs of the queue that may start within a time, on all workers. Default: no bound. */
  rate?: JobRate;
  /** While Redis is away, `add` rejects, or keeps the job in memory and in `CACHE_JOURNAL_DIR`. Default `reject`. */
  onRedisDown?: 'reject' | 'journal';
  /** Refuses a server that may evict jobs when its memory is full, with `E_CONFIG`. Default false: it is logged. */
  requireNoEviction?: boolean;
}

/**
 * Options of calls that take no others.
 * @example
 * import type { QueueCallOptions } from 'orgcache';
 * const options: QueueCallOptions = { signal: AbortSignal.timeout(1000) };
 */
export interface QueueCallOptions {
  /** Rejects the call as soon as it aborts. What was sent may still run. */
  signal?: AbortSignalLike | null;
}

/**
 * Options of calls that concern the queue, or one organization of it.
 * @example
 * import type { OrganizationCall } from 'orgcache';
 * const options: OrganizationCall = { orgId: 'org-1' };
 */
export interface OrganizationCall extends QueueCallOptions {
  /** Left out: the whole queue. Null: the global scope. */
  orgId?: string | null;
}

/**
 * Where a job is.
 * @example
 * import type { JobState } from 'orgcache';
 * const isWaiting = (state: JobState) => state === 'ready' || state === 'delayed';
 */
export type JobState = 'ready' | 'delayed' | 'active' | 'completed' | 'dead';

/**
 * What is kept of what a handler threw, 8 KiB at most.
 * @example
 * import type { JobError } from 'orgcache';
 * const line = ({ name, message }: JobError) => `${name}: ${message}`;
 */
export interface JobError {
  name: string;
  message: string;
  code?: string;
  stack?: string;
}

/**
 * A job as it is stored. Times are of the server's clock.
 * @example
 * import type { JobSnapshot } from 'orgcache';
 * const waitedMs = ({ createdAt, startedAt }: JobSnapshot) => (startedAt ?? createdAt).getTime() - createdAt.getTime();
 */
export interface JobSnapshot<Data = JobMap[string]['data'], Result = JobMap[string]['result']> {
  id: string;
  state: JobState;
  type: string;
  data: Data;
  orgId: string | null;
  priority: number;
  /** How many attempts have begun. */
  attempt: number;
  maxAttempts: number;
  stalls: number;
  timeoutMs: number;
  idempotencyKey: string | null;
  /** The id of the schedule that made the job, and the slot that it is for. Null: it was added. */
  scheduleId: string | null;
  scheduledFor: Date | null;
  createdAt: Date;
  startedAt?: Date;
  finishedAt?: Date;
  /** Of a delayed job: when it may start. */
  dueAt?: Date;
  /** Of an active job. */
  fence?: number;
  /** Of an active job: the name of its worker. */
  worker?: string;
  result?: Result;
  error?: JobError;
  /** `any`: what the handler gave. */
  progress?: any;
  logs?: string[];
}

/**
 * Options of {@link Queue.list}.
 * @example
 * import type { ListJobs } from 'orgcache';
 * const options: ListJobs = { state: 'dead', limit: 20 };
 */
export interface ListJobs extends OrganizationCall {
  state: JobState;
  type?: string;
  /** Default 100, which is also the most. */
  limit?: number;
  /** `after` of the last page. */
  after?: string;
}

/**
 * How many jobs there are in each state.
 * @example
 * import type { JobCounts } from 'orgcache';
 * const waiting = ({ ready, delayed }: JobCounts) => ready + delayed;
 */
export interface JobCounts {
  ready: number;
  delayed: number;
  active: number;
  completed: number;
  dead: number;
}

/**
 * An organization with jobs in a queue, or with settings.
 * @example
 * import type { QueueOrganization } from 'orgcache';
 * const isBusy = ({ active, concurrency }: QueueOrganization) => active === concurrency;
 */
export interface QueueOrganization {
  orgId: string | null;
  ready: number;
  active: number;
  weight: number;
  concurrency: number | null;
  rate: JobRate | null;
  paused: boolean;
}

/**
 * A worker of a queue, in any process.
 * @example
 * import type { QueueWorker } from 'orgcache';
 * const line = ({ name, active }: QueueWorker) => `${name}: ${active}`;
 */
export interface QueueWorker {
  /** `host:pid:n`, unless the option `name` says another one. */
  name: string;
  seenAt: Date;
  active: number;
}

/**
 * Jobs that {@link Queue.retry} starts again.
 * @example
 * import type { RetryJobs } from 'orgcache';
 * const all: RetryJobs = { state: 'dead', type: 'welcome' };
 */
export interface RetryJobs {
  state: 'dead' | 'completed';
  type?: string;
  orgId?: string | null;
  /** Default 1000. */
  limit?: number;
}

/**
 * Limits of a queue, or of an organization in it. Null takes a limit away.
 * @example
 * import type { QueueLimits } from 'orgcache';
 * const limits: QueueLimits = { concurrency: 10, rate: { max: 100, perMs: 60_000 } };
 */
export interface QueueLimits {
  concurrency?: number | null;
  rate?: JobRate | null;
}

/**
 * What {@link Queue.limits} answers. Null: no such limit.
 * @example
 * import type { CurrentLimits } from 'orgcache';
 * const isHeld = ({ heldMs }: CurrentLimits) => heldMs > 0;
 */
export interface CurrentLimits {
  concurrency: number | null;
  rate: JobRate | null;
  /** Milliseconds until the next job may begin; 0: now. */
  heldMs: number;
}

/**
 * Settings of an organization in a queue.
 * @example
 * import type { OrganizationSettings } from 'orgcache';
 * const paying: OrganizationSettings = { weight: 3 };
 */
export interface OrganizationSettings extends QueueLimits {
  /** Its share of the starts while others wait too. Default 1. */
  weight?: number;
}

/**
 * Whether Redis answers.
 * @example
 * import type { QueueHealth } from 'orgcache';
 * const line = ({ ok, latencyMs }: QueueHealth) => `${ok ? 'healthy' : 'unhealthy'}, ${latencyMs} ms`;
 */
export interface QueueHealth {
  ok: boolean;
  latencyMs: number;
  connected: boolean;
  /** Whether the queue is in this process alone. */
  embedded: boolean;
}

/**
 * How many jobs of an organization wait and run.
 * @example
 * import { createQueue, type OrganizationCounts } from 'orgcache';
 * const { ready }: OrganizationCounts = await createQueue('mails').org('org-1').counts();
 */
export interface OrganizationCounts {
  ready: number;
  /** Null where the organization has no limit of concurrency: its jobs are not counted then. */
  active: number | null;
}

/**
 * What has happened in a queue since it is there, in all processes.
 * @example
 * import type { QueueTotals } from 'orgcache';
 * const failures = ({ retried, died }: QueueTotals) => retried + died;
 */
export interface QueueTotals {
  added: number;
  completed: number;
  retried: number;
  /** Jobs that have become dead. */
  died: number;
  removed: number;
  /** Ended jobs that retention has removed. */
  expired: number;
  /** Jobs whose records the server has evicted. */
  evicted: number;
  /** Ends of leases: a worker that had a job has died or was cut off. */
  stalled: number;
  /** Results that came too late: the job had another holder. */
  lost: number;
}

/**
 * Counts of a queue in all processes.
 * @example
 * import type { QueueStats } from 'orgcache';
 * const waitsMs = ({ oldestReadyAt }: QueueStats) => (oldestReadyAt === null ? 0 : Date.now() - oldestReadyAt.getTime());
 */
export interface QueueStats extends JobCounts {
  /** When the job was added that has been ready for the longest time; null without one. */
  oldestReadyAt: Date | null;
  /** Since when the oldest job of each state has been in it; null without one. For delayed jobs: when the first one is due. */
  oldest: Record<JobState, Date | null>;
  /** When these numbers were true, by the clock of the server. */
  at: Date;
  /** Workers that have given a sign within a minute. */
  workers: number;
  totals: QueueTotals;
  rates: QueueRates;
  /** From the add of jobs to their first start, with their delay. */
  waiting: QueueTimes;
  /** How long handlers took. */
  running: QueueTimes;
  /** Only where `orgId` was given. */
  organization?: QueueShare;
}

/**
 * When {@link Queue.reschedule} lets a job start.
 * @example
 * import type { Reschedule } from 'orgcache';
 * const tomorrow: Reschedule = { delayMs: 86_400_000 };
 */
export type Reschedule = QueueCallOptions & ({ delayMs: number } | { runAt: Date | number });

/**
 * Jobs that {@link Queue.clean} removes.
 * @example
 * import type { CleanJobs } from 'orgcache';
 * const old: CleanJobs = { olderThanMs: 86_400_000, limit: 1000 };
 */
export interface CleanJobs extends QueueCallOptions {
  /** Default 0: all of them. */
  olderThanMs?: number;
  limit?: number;
}

/**
 * What {@link Queue.cancel} has done: `removed` before it began; `signalled` while it runs, its handler's signal aborts;
 * `finished` before; `unknown`.
 * @example
 * import type { Cancelled } from 'orgcache';
 * const isOver = (cancelled: Cancelled) => cancelled !== 'signalled';
 */
export type Cancelled = 'removed' | 'signalled' | 'finished' | 'unknown';

/**
 * The methods of a queue that concern one organization. Jobs of others are unknown here.
 * @example
 * import { createQueue, type OrganizationQueue } from 'orgcache';
 * const own: OrganizationQueue = createQueue('mails').org('org-1');
 * await own.add('welcome', { to: 'ada@mail.test' });
 */
export interface OrganizationQueue<Jobs extends JobTypes<Jobs> = JobMap> extends QueueSchedules<Jobs> {
  readonly name: string;
  /** Null: the global scope. */
  readonly orgId: string | null;
  /**
   * Adds a job. Its promise resolves when Redis has it.
   * @throws {OrgCacheError} `E_KEY`, `E_SERIALIZE`, `E_VALUE_TOO_LARGE`, `E_CONFIG`, `E_IDEMPOTENCY`, `E_OVERLOADED`, and those
   * of the connection.
   */
  add<Type extends keyof Jobs & string>(
    type: Type,
    data: Jobs[Type]['data'],
    options?: AddJob,
  ): Promise<AddedJob>;
  /**
   * Adds jobs in their order, and answers in the same order. Up to 500 jobs and 1 MiB are added together or not at all; of more, some may be
   * there when the call rejects.
   */
  addMany(jobs: readonly NewJob<Jobs>[], options?: QueueCallOptions): Promise<AddedJob[]>;
  /** Null: there is no such job, or none any more. */
  getJob(
    idOrKey: string | { idempotencyKey: string; orgId?: string | null },
    options?: QueueCallOptions,
  ): Promise<JobSnapshot<Jobs[keyof Jobs]['data'], Jobs[keyof Jobs]['result']> | null>;
  /** A page of jobs. `after` is that of the next page, or null. */
  list(options: ListJobs): Promise<{
    jobs: JobSnapshot<Jobs[keyof Jobs]['data'], Jobs[keyof Jobs]['result']>[];
    after: string | null;
  }>;
  /** How many jobs of the organization wait and run. */
  counts(options?: QueueCallOptions): Promise<OrganizationCounts>;
  /**
   * The result of a job, as soon as it has one. Rejects with `E_JOB` for a job that is dead (`cause` is what its handler threw) or unknown,
   * and with `E_TIMEOUT` after `timeoutMs`, by default 30,000.
   * `any`: the result is that of the handler.
   */
  wait<Result = any>(id: string, options?: QueueCallOptions & { timeoutMs?: number }): Promise<Result>;
  /** Ends a job: one that waits is removed, and the signal of one that runs aborts, in whichever process. */
  cancel(id: string, options?: QueueCallOptions & { reason?: string }): Promise<Cancelled>;
  /** Removes a job that does not run. Answers whether there was one. */
  remove(id: string, options?: QueueCallOptions): Promise<boolean>;
  /** Makes a delayed job ready. */
  promote(id: string, options?: QueueCallOptions): Promise<boolean>;
  /** Changes when a job that waits may start. */
  reschedule(id: string, when: Reschedule): Promise<boolean>;
  /** Changes the priority of a job that waits. */
  setPriority(id: string, priority: number, options?: QueueCallOptions): Promise<boolean>;
  /**
   * Replaces the data of a job, in whichever state. A handler that has begun keeps what it was given.
   * @throws {OrgCacheError} `E_SERIALIZE`, `E_VALUE_TOO_LARGE`.
   */
  update(id: string, data: Jobs[keyof Jobs]['data'], options?: QueueCallOptions): Promise<boolean>;
  /** Makes ended jobs ready again: their attempts and stalls begin anew. Answers how many. */
  retry(idOrFilter: string | RetryJobs, options?: QueueCallOptions): Promise<number>;
  /** No further job starts, in any process. */
  pause(options?: OrganizationCall): Promise<void>;
  /** Jobs start again. */
  resume(options?: OrganizationCall): Promise<void>;
  /** Whether it was paused. */
  isPaused(options?: OrganizationCall): Promise<boolean>;
  /** Removes the jobs that are ready, and with `delayed` those that are delayed. Answers how many. */
  drain(options?: OrganizationCall & { delayed?: boolean }): Promise<number>;
  /**
   * What happens to jobs from now on, in all processes; with `from` what has happened since. Events are written only while somebody reads
   * them.
   */
  events(options?: ReadEvents): QueueEvents;
  /** Changes weight and limits of the organization. */
  setOrganization(settings: OrganizationSettings, options?: QueueCallOptions): Promise<void>;
  /** Removes all that the queue has of the organization, its schedules too. The signals of its jobs that run abort. */
  eraseOrganization(options?: QueueCallOptions): Promise<{ removed: number; signalled: number }>;
}

/**
 * A queue of jobs, delivered at least once. Nothing starts before its first call. `await using` closes it.
 * @example
 * import { createQueue, type Queue } from 'orgcache';
 * const queue: Queue = createQueue('mails');
 * const { id } = await queue.add('welcome', { to: 'ada@mail.test' }, { orgId: 'org-1' });
 * const result = await queue.wait(id);
 */
export interface Queue<Jobs extends JobTypes<Jobs> = JobMap>
  extends Omit<OrganizationQueue<Jobs>, 'counts' | 'orgId' | 'setOrganization' | 'eraseOrganization'>,
    AsyncDisposable {
  /** How many jobs there are in each state. */
  counts(options?: QueueCallOptions): Promise<JobCounts>;
  /** How many jobs of an organization wait and run. */
  counts(options: { orgId: string | null } & QueueCallOptions): Promise<OrganizationCounts>;
  /** The same queue, bound to one organization. */
  org(orgId: string | null): OrganizationQueue<Jobs>;
  /** Organizations with jobs or settings, 1000 at most. */
  organizations(options?: QueueCallOptions): Promise<QueueOrganization[]>;
  /** Workers that were seen lately. */
  workers(options?: QueueCallOptions): Promise<QueueWorker[]>;
  /** Counts of all processes. */
  stats(options?: QueueStatsOptions): Promise<QueueStats>;
  /**
   * Tells alerts and their ends to `listener`, until the function that it answers is called. It looks every five seconds; nothing looks while
   * nobody watches. It does not keep the process alive.
   * @throws {OrgCacheError} `E_CONFIG` for a limit that is not allowed.
   */
  watch(limits: WatchLimits, listener: (alert: QueueAlert) => void): () => void;
  /** Asks the server. */
  healthCheck(options?: QueueCallOptions): Promise<QueueHealth>;
  /** The limits of the queue, and for how long they let no further job begin. */
  limits(options?: QueueCallOptions): Promise<CurrentLimits>;
  /** Ends a pause of the queue that its rate or a `RateLimitError` of its handlers has made. The limits stay. */
  releaseRate(options?: QueueCallOptions): Promise<void>;
  /** Changes the limits of the queue, for all processes. */
  setLimits(limits: QueueLimits, options?: QueueCallOptions): Promise<void>;
  /** Changes weight and limits of an organization, for all processes. */
  setOrganization(
    orgId: string | null,
    settings: OrganizationSettings,
    options?: QueueCallOptions,
  ): Promise<void>;
  /** Removes all that the queue has of an organization, its schedules too. The signals of its jobs that run abort. */
  eraseOrganization(
    orgId: string,
    options?: QueueCallOptions,
  ): Promise<{ removed: number; signalled: number }>;
  /** Removes ended jobs that are old enough. Answers how many. */
  clean(state: 'completed' | 'dead', options: CleanJobs): Promise<number>;
  /**
   * Removes the queue with all that it has; idempotency keys of ended jobs stay for their time. Rejects with `E_CONFLICT` while jobs run,
   * unless `force` is true.
   */
  obliterate(options?: QueueCallOptions & { force?: boolean }): Promise<void>;
  /** Lets calls under way settle within `timeoutMs`, by default 5000. Later calls reject with `E_CLOSED`. */
  close(options?: QueueCallOptions & { timeoutMs?: number }): Promise<void>;
  /** Closes. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Options of {@link createWorker}.
 * @example
 * import type { WorkerOptions } from 'orgcache';
 * const options: WorkerOptions = { concurrency: 50, onError: (error) => console.error(error.message) };
 */
export interface WorkerOptions {
  /** Handlers that run at once. Default 5, or the variable `QUEUE_CONCURRENCY`. */
  concurrency?: number;
  /** A worker that is not heard of for so long loses its jobs to others; 1000 to 600,000. Default 15,000. */
  leaseMs?: number;
  /** After `timeoutMs`, and at a close, a handler has so long to end before its job goes to others. Default 5000. */
  graceMs?: number;
  /** How often a worker may die of a job, or be cut off from it, before the job is dead. Default 3. */
  maxStalls?: number;
  /** A worker whose event loop is blocked for so long loses its jobs to others. Default 300,000. */
  maxBlockedMs?: number;
  /** How often an idle worker asks although nobody has told it of a job. Default 1000, or the variable `QUEUE_RETRY_DELAY`. */
  pollMs?: number;
  /** Jobs that are fetched before a place is free, 0 to 1000. Default `auto`: some if handlers take under 5 ms on average. */
  prefetch?: 'auto' | number;
  /** A job of a type without a handler here is left to other workers for so long. Default 5000. */
  unhandledMs?: number;
  /** Default `host:pid:n`. */
  name?: string;
  /** False: nothing starts before `run()`. Default true. */
  autorun?: boolean;
  /** Hears what goes wrong beside the handlers, such as a lost connection. The worker goes on. */
  onError?: (error: OrgCacheError) => void;
  /** Closes the worker when it aborts. */
  signal?: AbortSignalLike | null;
}

/**
 * Options of {@link Worker.close}.
 * @example
 * import type { CloseWorker } from 'orgcache';
 * const options: CloseWorker = { timeoutMs: 10_000 };
 */
export interface CloseWorker {
  /** How long handlers may go on before their signals abort; they have `graceMs` then. Default 30,000. */
  timeoutMs?: number;
  /** Rejects the call as soon as it aborts. The worker closes all the same. */
  signal?: AbortSignalLike | null;
}

/**
 * What became of the jobs of a worker that was closed.
 * @example
 * import { createWorker } from 'orgcache';
 * const { abandoned } = await createWorker('mails', { welcome: () => undefined }).close();
 */
export interface ClosedWorker {
  /** Jobs whose handlers ended after the call. */
  finished: number;
  /** Jobs that went back without having used an attempt: they had not begun, or their handlers obeyed the signal. */
  handedBack: number;
  /** Jobs whose handlers still run: they go to other workers. */
  abandoned: number;
}

/**
 * What a worker has done.
 * @example
 * import type { WorkerStats } from 'orgcache';
 * const share = ({ failed, started }: WorkerStats) => failed / started;
 */
export interface WorkerStats {
  /** Handlers that run now. */
  active: number;
  started: number;
  completed: number;
  /** Handlers that threw; their jobs run again, or are dead. */
  failed: number;
  /** Jobs that went back without having used an attempt. */
  handedBack: number;
  /** Jobs that other workers may have got meanwhile. */
  lost: number;
  /** Handlers that took longer than `timeoutMs`. */
  timedOut: number;
  /** Handlers that went on after that for longer than `graceMs`. Nobody hears what they return. */
  abandoned: number;
}

/**
 * The job of an event.
 * @example
 * import type { JobEvent } from 'orgcache';
 * const line = ({ type, id, attempt }: JobEvent) => `${type} ${id}, attempt ${attempt}`;
 */
export interface JobEvent {
  id: string;
  type: string;
  orgId: string | null;
  attempt: number;
  fence: number;
}

/**
 * Events of a worker, and what their listeners get. Those of a job's end come when Redis has it.
 * @example
 * import { createWorker, type WorkerEvents } from 'orgcache';
 * const onDead = (...[{ id, error }]: WorkerEvents['dead']) => console.error(id, error.message);
 * createWorker('mails', { welcome: () => undefined }).on('dead', onDead);
 */
export interface WorkerEvents {
  started: [job: JobEvent];
  completed: [job: JobEvent];
  /** Another attempt follows. */
  retrying: [job: JobEvent & { delayMs: number; error: JobError }];
  /** There is no further attempt. */
  dead: [job: JobEvent & { error: JobError }];
  /** The job went back without having used an attempt. */
  released: [job: JobEvent];
  /** Another worker may have the job: what the handler returned is not stored. */
  lost: [job: JobEvent];
  /** A worker that had the job has died or was cut off. */
  stalled: [job: { id: string; isDead: boolean }];
  /** Nothing runs here, and no job is ready. */
  idle: [nothing: object];
  /** No handler here takes this type. */
  unhandled: [job: { id: string; type: string }];
  /** What goes wrong beside the handlers. Without a listener nothing happens. */
  error: [error: OrgCacheError];
  state: [state: { connected: boolean }];
}

/**
 * Runs handlers for the jobs of a queue. `await using` closes it.
 * @example
 * import { createWorker, type Worker } from 'orgcache';
 * const worker: Worker = createWorker('mails', { welcome: () => undefined });
 * await worker.close();
 */
export interface Worker extends AsyncDisposable {
  readonly queueName: string;
  /** Its name among the workers of the queue; undefined before it runs, unless the option gives one. */
  readonly name: string | undefined;
  /** Whether it takes jobs. */
  readonly isRunning: boolean;
  readonly isPaused: boolean;
  /** Resolves when the worker has closed, by whatever: `close()`, its signal, or a shutdown. Never rejects. */
  readonly closed: Promise<void>;
  /** Starts, with `autorun: false`. */
  run(): void;
  /** Takes no further jobs. Handlers go on. */
  pause(): void;
  /** Takes jobs again. */
  resume(): void;
  /** Changes how many handlers run at once. */
  setConcurrency(concurrency: number): void;
  /** What it has done; also after its close. */
  stats(): WorkerStats;
  /** Adds a listener. */
  on<Event extends keyof WorkerEvents>(
    event: Event,
    listener: (...details: WorkerEvents[Event]) => void,
  ): this;
  /** Adds a listener for the next event. */
  once<Event extends keyof WorkerEvents>(
    event: Event,
    listener: (...details: WorkerEvents[Event]) => void,
  ): this;
  /** Removes a listener. */
  off<Event extends keyof WorkerEvents>(
    event: Event,
    listener: (...details: WorkerEvents[Event]) => void,
  ): this;
  /**
   * Takes no further jobs, hands those back that have not begun, and lets handlers end. Settles by `timeoutMs + graceMs`, whether or
   * not Redis answers.
   */
  close(options?: CloseWorker): Promise<ClosedWorker>;
  /** Closes. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A queue. Starts nothing.
 * @throws {OrgCacheError} `E_KEY` for a name that cannot be, `E_CONFIG` for an option that is not allowed.
 * @example
 * import { createQueue } from 'orgcache';
 * const mails = createQueue<{ welcome: { data: { to: string }; result: void } }>('mails', { attempts: 5 });
 * await mails.add('welcome', { to: 'ada@mail.test' }, { delayMs: 60_000 });
 */
export function createQueue<Jobs extends JobTypes<Jobs> = JobMap>(
  name: string,
  options?: QueueOptions,
): Queue<Jobs>;

/**
 * A worker. It runs at once, unless `autorun` is false. A handler's data is what its parameter says. `any`: a function for every type gets
 * data of every type.
 * @throws {OrgCacheError} `E_KEY` for a name that cannot be, `E_CONFIG` for an option that is not allowed.
 * @example
 * import { createWorker, type Job } from 'orgcache';
 * const worker = createWorker('mails', {
 *   async welcome(job: Job<{ to: string }>, { signal }) {
 *     await fetch('https://mail.example.com', { method: 'POST', body: job.data.to, signal });
 *   },
 * });
 */
export function createWorker(name: string, handler: JobHandler, options?: WorkerOptions): Worker;
export function createWorker(name: string, handlers: JobHandlers, options?: WorkerOptions): Worker;
export function createWorker<Jobs extends JobTypes<Jobs>>(
  name: string,
  handlers: JobHandlers<Jobs>,
  options?: WorkerOptions,
): Worker;

/**
 * A handler throws it when no further attempt can help: the job is dead at once.
 * @example
 * import { createWorker, type Job, UnrecoverableError } from 'orgcache';
 * createWorker('mails', {
 *   welcome(job: Job<{ to: string }>) {
 *     if (!job.data.to.includes('@')) throw new UnrecoverableError('the address cannot be');
 *   },
 * });
 */
export class UnrecoverableError extends Error {
  /** `unknown`: any value may be the cause. */
  constructor(message?: string, options?: { cause?: unknown });
}

/**
 * A handler throws it to have the job again later, without using an attempt.
 * @example
 * import { createWorker, DelayedError } from 'orgcache';
 * createWorker('reports', () => {
 *   throw new DelayedError(60_000);
 * });
 */
export class DelayedError extends Error {
  /** Takes milliseconds, 0 or more. */
  constructor(delayMs: number);
  readonly delayMs: number;
}

/**
 * A handler throws it when its target refuses further work. The organization of the job, or with the scope `queue` all of them, starts no job
 * for that time. The job itself is the next one then, and has used no attempt.
 * @example
 * import { createWorker, RateLimitError } from 'orgcache';
 * createWorker('mails', () => {
 *   throw new RateLimitError(30_000, { scope: 'queue' });
 * });
 */
export class RateLimitError extends Error {
  /** Takes milliseconds, 0 or more. */
  constructor(delayMs: number, options?: { scope?: 'organization' | 'queue' });
  readonly delayMs: number;
  readonly scope: 'organization' | 'queue';
}
