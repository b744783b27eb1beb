// The checks that a server's own script makes of its queue service, with the import of this package: each check by its
// name, and whether it passed.

import { queueService } from 'orgcache/queueService';

const QUEUE = 'email:notifications';

async function waitFor(condition) {
  for (let i = 0; i < 500; i += 1) {
    const found = await condition();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return undefined;
}

const processed = [];

const CHECKS = {
  'Queue Health Check': async () => {
    const { status, connected, processing } = await queueService.healthCheck();
    return status === 'healthy' && connected && !processing;
  },
  'Queue Add Job': async () => {
    const id = await queueService.addJob(QUEUE, 'welcome', { to: 'ada@mail.test' });
    return typeof id === 'string' && id.includes('welcome');
  },
  'Queue Job Idempotency': async () => {
    const ids = [];
    for (const _ of [1, 2]) {
      ids.push(await queueService.addJob(QUEUE, 'digest', { week: 7 }));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return ids[0] === ids[1] && (await queueService.getQueueStats(QUEUE)).waiting === 2;
  },
  'Queue Delayed Job': async () => {
    await queueService.addJob(QUEUE, 'later', { at: 1 }, { delay: 60_000 });
    return (await queueService.getQueueStats(QUEUE)).delayed === 1;
  },
  'Queue Job Priority': async () => {
    const id = await queueService.addJob(QUEUE, 'urgent', { now: true }, { priority: 10 });
    return (await queueService.getJobStatus(id)).priority === 10;
  },
  'Queue Job Processing': async () => {
    for (const type of ['welcome', 'digest', 'urgent']) {
      queueService.registerProcessor(QUEUE, type, async (job) => {
        processed.push(job.type);
      });
    }
    queueService.startProcessing(QUEUE);
    await waitFor(() => processed.length === 3);
    return processed[0] === 'urgent' && processed.length === 3;
  },
  'Queue Job Status': async () => {
    const id = await queueService.addJob(QUEUE, 'welcome', { to: 'bob@mail.test' });
    const job = await waitFor(async () => {
      const status = await queueService.getJobStatus(id);
      return status?.completedAt && status;
    });
    return job.type === 'welcome' && job.attempts === 1 && job.data.to === 'bob@mail.test';
  },
  'Queue Statistics': async () => {
    const stats = await queueService.getQueueStats(QUEUE);
    return stats.completed === 4 && stats.waiting === 0 && stats.total === 5;
  },
  'Queue Clear Completed': async () => (await queueService.clearCompletedJobs()) === 4,
  'Queue Clear Failed': async () => (await queueService.clearFailedJobs()) === 0,
  'Queue Stop Processing': async () => {
    await queueService.stopProcessing();
    return (await queueService.healthCheck()).processing === false;
  },
};

const results = {};
for (const [name, check] of Object.entries(CHECKS)) results[name] = await check();
console.log(`@report ${JSON.stringify(results)}`);
