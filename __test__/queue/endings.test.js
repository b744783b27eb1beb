'use strict';

const { inFreshProcess } = require('../support/process');
const { withRedis } = require('../support/redis');

const redis = withRedis();
/** From the last word of the program to its end: node's own end and a busy machine. */
const EXIT_DELAY_MS = 1500;
const environments = () => ({
  embedded: { USE_REDIS: 'false', CACHE_LOG: 'off' },
  'over Redis, loop driver': { REDIS_URL: redis.url, CACHE_LOG: 'off', CACHE_DRIVER: 'loop' },
  'over Redis, thread driver': { REDIS_URL: redis.url, CACHE_LOG: 'off', CACHE_DRIVER: 'thread' },
});

describe.each(['embedded', 'over Redis, loop driver', 'over Redis, thread driver'])('%s', (where) => {
  const options = (more = {}) => ({
    env: environments()[where],
    args: { name: where.replace(/\W/g, '') },
    ...more,
  });

  test('a process that only makes a queue and a worker that does not run ends at once', async () => {
    const { report, exitDelayMs } = await inFreshProcess(({ load, report, args }) => {
      const { createQueue, createWorker } = load();
      createQueue(`${args.name}-idle`);
      createWorker(`${args.name}-idle`, () => undefined, { autorun: false });
      report({ handles: process._getActiveHandles().filter(({ fd }) => !(fd <= 2)).length });
    }, options());
    expect(report).toEqual({ handles: 0 });
    expect(exitDelayMs).toBeLessThan(EXIT_DELAY_MS);
  });

  test('a worker keeps its process alive, and leaves no handle behind when it is closed', async () => {
    const { report, exitDelayMs } = await inFreshProcess(async ({ load, report, args }) => {
      const { createQueue, createWorker } = load();
      const queue = createQueue(`${args.name}-alive`);
      const worker = createWorker(`${args.name}-alive`, ({ data }) => {
        setImmediate(async () => report({ data, closed: await worker.close() }));
      });
      await queue.add('job', 5, { delayMs: 300 });
      await queue.close();
    }, options());
    expect(report).toMatchObject({ data: 5, closed: { handedBack: 0, abandoned: 0 } });
    expect(exitDelayMs).toBeLessThan(EXIT_DELAY_MS);
  });

  test('shutdown closes workers first, while their handlers can still use the cache', async () => {
    const { report, exitDelayMs } = await inFreshProcess(async ({ load, report, rejection, args }) => {
      const { cacheAdapter, createQueue, createWorker, shutdown } = load();
      const queue = createQueue(`${args.name}-shutdown`);
      let finish;
      let started;
      const isRunning = new Promise((resolve) => {
        started = resolve;
      });
      const may = new Promise((resolve) => {
        finish = resolve;
      });
      let written;
      createWorker(`${args.name}-shutdown`, async () => {
        started();
        await may;
        written = await cacheAdapter.set('from a handler', 1);
        return 'done';
      });
      const { id } = await queue.add('job', 1);
      const result = queue.wait(id);
      await isRunning;
      const ending = shutdown({ timeoutMs: 5000 });
      finish();
      report({
        ended: await ending,
        result: await result,
        written,
        after: (await rejection(queue.add('job', 1))).code,
      });
    }, options());
    expect(report).toEqual({
      ended: { flushed: true, journalEntries: 0 },
      result: 'done',
      written: true,
      after: 'E_CLOSED',
    });
    expect(exitDelayMs).toBeLessThan(EXIT_DELAY_MS);
  });

  test('shutdown is done in its time though a handler never ends', async () => {
    const { report, exitDelayMs } = await inFreshProcess(async ({ load, report, args }) => {
      const { createQueue, createWorker, shutdown } = load();
      const reasons = [];
      createWorker(`${args.name}-deaf`, (_, { signal }) => {
        signal.addEventListener('abort', () => reasons.push(signal.reason.code));
        return new Promise(() => {});
      });
      const queue = createQueue(`${args.name}-deaf`);
      await queue.add('job', 1);
      while ((await queue.counts()).active === 0);
      const began = performance.now();
      await shutdown({ timeoutMs: 1000 });
      report({ reasons, isInTime: performance.now() - began < 1500 });
    }, options());
    expect(report).toEqual({ reasons: ['E_CLOSED'], isInTime: true });
    expect(exitDelayMs).toBeLessThan(EXIT_DELAY_MS);
  });

  test('a signal handler closes workers before the process ends', async () => {
    const { reports, signal } = await inFreshProcess(
      async ({ load, report, args }) => {
        const { createQueue, createWorker, installSignalHandlers } = load();
        installSignalHandlers({ timeoutMs: 5000 });
        createWorker(`${args.name}-signal`, async () => {
          process.kill(process.pid, 'SIGTERM');
          await new Promise((resolve) => setTimeout(resolve, 200));
          report('handler ended');
        });
        await createQueue(`${args.name}-signal`).add('job', 1);
      },
      options({ mayFail: true }),
    );
    expect(reports).toEqual(['handler ended']);
    expect(signal).toBe('SIGTERM');
  });

  test('what a listener throws reaches the process, and the worker goes on', async () => {
    const { report } = await inFreshProcess(async ({ load, report, args }) => {
      const uncaught = [];
      process.on('uncaughtException', (error) => uncaught.push(error.message));
      const { createQueue, createWorker, shutdown } = load();
      const queue = createQueue(`${args.name}-throws`);
      const worker = createWorker(`${args.name}-throws`, ({ data }) => data);
      worker.on('started', () => {
        throw new Error('a listener');
      });
      const results = [];
      for (const data of [1, 2]) results.push(await queue.wait((await queue.add('job', data)).id));
      await shutdown();
      report({ results, uncaught });
    }, options());
    expect(report).toEqual({ results: [1, 2], uncaught: ['a listener', 'a listener'] });
  });

  test('handlers run in the context of the instance, not in that of another job', async () => {
    const { report } = await inFreshProcess(async ({ load, report, args }) => {
      const { AsyncLocalStorage } = require('node:async_hooks');
      const storage = new AsyncLocalStorage();
      const { createQueue, createWorker, shutdown } = load();
      const queue = createQueue(`${args.name}-context`);
      const seen = [];
      createWorker(
        `${args.name}-context`,
        async ({ data }) => {
          seen.push(storage.getStore() ?? null);
          await storage.run(`job ${data}`, async () => {
            await null;
            return data;
          });
          storage.enterWith(`left by ${data}`);
        },
        { concurrency: 1 },
      );
      const added = await storage.run('the caller', () =>
        queue.addMany(Array.from({ length: 20 }, (_, data) => ({ type: 'job', data }))),
      );
      await Promise.all(added.map(({ id }) => queue.wait(id)));
      await shutdown();
      report({ seen: [...new Set(seen)], count: seen.length });
    }, options());
    expect(report).toEqual({ seen: [null], count: 20 });
  });
});
