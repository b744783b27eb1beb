import {
  type AddedJob,
  type ClosedWorker,
  createQueue,
  createWorker,
  DelayedError,
  type Job,
  type JobSnapshot,
  type JobsOf,
  type OrganizationQueue,
  type OrgCacheError,
  type Queue,
  type QueueSchedules,
  RateLimitError,
  type Schedule,
  type StoredSchedule,
  UnrecoverableError,
  type Worker,
  type WorkerStats,
} from 'orgcache';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function exactly<Expected>() {
  return <Actual>(_value: Actual, _same: Same<Actual, Expected>): void => {};
}

interface Few {
  welcome: { data: { to: string }; result: { messageId: string } };
  digest: { data: number[]; result: null };
}

export async function queues(): Promise<void> {
  await using queue = createQueue<Few>('mails', { attempts: 5, retain: { completed: false } });
  exactly<Queue<Few>>()(queue, true);
  exactly<AddedJob>()(await queue.add('welcome', { to: 'a' }, { runAt: new Date(), orgId: null }), true);
  exactly<AddedJob[]>()(await queue.addMany([{ type: 'digest', data: [1], priority: 5 }]), true);
  const job = await queue.getJob({ idempotencyKey: 'k' });
  exactly<{ to: string } | number[] | undefined>()(job?.data, true);
  exactly<OrganizationQueue<Few>>()(queue.org('org-1'), true);
  exactly<number>()(await queue.wait<number>('id', { timeoutMs: 5 }), true);
  exactly<'removed' | 'signalled' | 'finished' | 'unknown'>()(await queue.cancel('id'), true);
  exactly<number>()(await queue.retry({ state: 'dead', limit: 5 }), true);
  await queue.reschedule('id', { delayMs: 5, signal: AbortSignal.timeout(5) });
  const { jobs, after } = await queue.list({ state: 'ready' });
  exactly<string | null>()(after, true);
  exactly<JobSnapshot<{ to: string } | number[], Few[keyof Few]['result']>[]>()(jobs, true);
  await createQueue('anything').add('any type', { any: 'data' });

  const job2 = { type: 'digest' as const, data: [1], orgId: 'org-1', attempts: 2 };
  exactly<StoredSchedule>()(await queue.schedule('daily', { cron: '@daily', tz: 'UTC' }, job2), true);
  await queue
    .org('org-1')
    .schedule('s', { everyMs: 500, missed: 'all' }, { type: 'welcome', data: { to: 'a' } });
  exactly<AddedJob | null>()(await queue.runSchedule('daily', { orgId: 'org-1' }), true);
  exactly<boolean>()(await queue.unschedule('daily'), true);
  const page = await queue.schedules({ limit: 5 });
  exactly<Schedule<{ to: string } | number[]>[]>()(page.schedules, true);
  const bound: QueueSchedules<Few> = queue.org('org-1');
  exactly<Promise<boolean>>()(bound.unschedule('s'), true);
  exactly<Date | null | undefined>()(job?.scheduledFor, true);
  // @ts-expect-error: the data is that of another type
  await queue.schedule('s', { everyMs: 500 }, { type: 'digest', data: { to: 'a' } });
  // @ts-expect-error: one of cron and everyMs
  await queue.schedule('s', { cron: '@daily', everyMs: 500 }, job2);
  // @ts-expect-error: one of cron and everyMs is needed
  await queue.schedule('s', { tz: 'UTC' }, job2);
  // @ts-expect-error: BullMQ's name
  await queue.schedule('s', { pattern: '@daily' }, job2);

  // @ts-expect-error: no such type
  await queue.add('welcom', { to: 'a' });
  // @ts-expect-error: the data has another shape
  await queue.add('welcome', { too: 'a' });
  // @ts-expect-error: the data is that of another type
  await queue.addMany([{ type: 'digest', data: { to: 'a' } }]);
  // @ts-expect-error: no such option
  await queue.add('digest', [], { delay: 5 });
  // @ts-expect-error: no such state
  await queue.list({ state: 'waiting' });
  // @ts-expect-error: active jobs cannot be cleaned
  await queue.clean('active', { olderThanMs: 0 });
  // @ts-expect-error: one of the two is needed
  await queue.reschedule('id', {});
  // @ts-expect-error: a bound queue does not close
  await queue.org('org-1').close();
}

const handlers = {
  async resize(job: Job<{ image: string }>, { signal }: { signal: AbortSignal }) {
    exactly<string>()(job.data.image, true);
    exactly<AbortSignal>()(signal, true);
    return { bytes: job.data.image.length };
  },
  count: (job: Job<number[]>) => job.data.length,
};

export async function workers(): Promise<void> {
  await using worker = createWorker('images', handlers, { concurrency: 10, onError: (error) => error.code });
  exactly<Worker>()(worker, true);
  exactly<JobsOf<typeof handlers>>()(
    {} as {
      resize: { data: { image: string }; result: { bytes: number } };
      count: { data: number[]; result: number };
    },
    true,
  );
  const queue = createQueue<JobsOf<typeof handlers>>('images');
  await queue.add('count', [1, 2]);
  // @ts-expect-error: the handler takes another shape
  await queue.add('count', ['a']);
  createWorker<Few>('mails', {
    welcome: ({ data, attempt }) => ({ messageId: `${data.to} ${attempt}` }),
    digest: async ({ data }) => {
      exactly<number[]>()(data, true);
      return null;
    },
  });
  createWorker('mails', (job, { signal }) => {
    exactly<string>()(job.type, true);
    exactly<AbortSignal>()(signal, true);
  });
  createWorker('mails', { untyped: (job) => job.data.anything });
  worker
    .on('dead', ({ id, error }) => exactly<string>()(`${id} ${error.message}`, true))
    .on('state', ({ connected }) => exactly<boolean>()(connected, true))
    .on('error', (error) => exactly<OrgCacheError>()(error, true));
  exactly<WorkerStats>()(worker.stats(), true);
  exactly<ClosedWorker>()(await worker.close({ timeoutMs: 5 }), true);

  // @ts-expect-error: a handler for each type
  createWorker<Few>('mails', { welcome: () => ({ messageId: 'a' }) });
  // @ts-expect-error: the result has another shape
  createWorker<Few>('mails', { welcome: () => 5, digest: () => null });
  // @ts-expect-error: no such event
  worker.on('failed', () => {});
  // @ts-expect-error: no such option
  createWorker('mails', handlers, { lockDuration: 5 });
}

export const errors = [
  new UnrecoverableError('no', { cause: 5 }).message,
  new DelayedError(5).delayMs,
  new RateLimitError(5, { scope: 'queue' }).scope,
];
// @ts-expect-error: a time is needed
export const withoutTime = new DelayedError();
