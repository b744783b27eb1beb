import queueService, {
  type JobData,
  type queueService as named,
  type QueueStats,
} from 'orgcache/queueService';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function exactly<Expected>() {
  return <Actual>(_value: Actual, _same: Same<Actual, Expected>): void => {};
}

exactly<typeof named>()(queueService, true);

export async function use(): Promise<QueueStats> {
  exactly<string>()(
    await queueService.addJob('mails', 'welcome', { to: 'a' }, { delay: 5, priority: 1 }),
    true,
  );
  exactly<string>()(await queueService.addJob('mails', { to: 'a' }), true);
  queueService.registerProcessor('mails', 'welcome', async (job, { signal }) => {
    exactly<JobData>()(job, true);
    exactly<AbortSignal>()(signal, true);
  });
  queueService.registerProcessor('mails', (job) => job.data.to);
  exactly<void>()(await queueService.startProcessing('mails'), true);
  exactly<JobData | null>()(await queueService.getJobStatus('id'), true);
  exactly<number>()(await queueService.clearCompletedJobs(), true);
  queueService.on('jobFailed', ({ jobId, error }) => exactly<string>()(`${jobId} ${error}`, true));
  // @ts-expect-error no such option
  await queueService.addJob('mails', 'welcome', 1, { attempts: 5 });
  // @ts-expect-error a processor is a function
  queueService.registerProcessor('mails', 'welcome', 5);
  return queueService.getQueueStats('mails');
}
