'use strict';

const { PACKAGE_ROOT } = require('../support/package');
const { inFreshProcess } = require('../support/process');
const { withRedis } = require('../support/redis');

const redis = withRedis();

/** Long enough to see that a process goes on, short enough for a test. */
const WAIT_MS = 300;

describe.each(['loop', 'thread'])('a process with topics, with the %s driver', (driver) => {
  const env = () => ({ REDIS_URL: redis.url, REDIS_DRIVER: driver, CACHE_LOG: 'off' });

  test('goes on while something is read, and ends by itself when topics are closed', async () => {
    const { reports } = await inFreshProcess(
      async ({ load, report, args: { WAIT_MS: waitMs } }) => {
        const { createTopics, topic } = load();
        const topics = createTopics({ topics: { kept: topic({ replay: 5 }), live: topic() } });
        const subscriptions = [topics.subscribe('kept'), topics.subscribe('live'), topics.subscribe('live')];
        await Promise.all(subscriptions.map((subscription) => subscription.ready()));
        await topics.publish('kept', 1);
        setTimeout(async () => {
          report('waits');
          await topics.close();
          // Neither the room nor a timer keeps the process from here on.
          report(topics.stats().channels);
        }, waitMs).unref();
      },
      { env: env(), args: { WAIT_MS }, timeoutMs: 10_000 },
    );
    expect(reports).toEqual(['waits', 0]);
  });

  test('ends by itself after it has only published', async () => {
    const { report } = await inFreshProcess(
      async ({ load, report }) => {
        const { createTopics, topic } = load();
        const topics = createTopics({ topics: { kept: topic({ replay: 5 }) } });
        await topics.publish('kept', 1);
        report((await topics.history('kept')).length > 0);
      },
      { env: env(), timeoutMs: 10_000 },
    );
    expect(report).toBe(true);
  });

  test('has a subscription in each of its threads, and ends with them', async () => {
    const { report } = await inFreshProcess(
      async ({ load, report, args: { PACKAGE_ROOT: root } }) => {
        const { Worker } = require('node:worker_threads');
        const { createTopics, shutdown, topic } = load();
        const source = `
          const { parentPort } = require('node:worker_threads');
          const { createTopics, topic } = require(${JSON.stringify(root)});
          const topics = createTopics({ topics: { kept: topic({ replay: 5 }) } });
          (async () => {
            const subscription = topics.subscribe('kept', { organizationId: 'o' });
            await subscription.ready();
            parentPort.postMessage('ready');
            const { value } = await subscription.next();
            parentPort.postMessage(value.payload);
            if (value.payload === 'end') await topics.close();
          })();`;
        const workers = [1, 2, 3].map(() => new Worker(source, { eval: true }));
        const next = (worker) => new Promise((resolve) => worker.once('message', resolve));
        await Promise.all(workers.map(next));
        const topics = createTopics({ topics: { kept: topic({ replay: 5 }) } });
        const heard = Promise.all(workers.map(next));
        await topics.publish('kept', 'end', { organizationId: 'o' });
        const payloads = await heard;
        // One is still reading when it is ended.
        await workers[0].terminate();
        await shutdown();
        report(payloads);
      },
      { env: env(), args: { PACKAGE_ROOT }, timeoutMs: 15_000 },
    );
    expect(report).toEqual(['end', 'end', 'end']);
  });
});
