/** Every contender of the scenario `queue` does what its parts ask of it, against a real server. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CONTENDERS, contenderById } from '../contenders.mjs';
import { BULLMQ, QUEUE_PEERS, queueLabel, queuesAmong } from '../queue-contenders.mjs';
import { startRedisServer } from '../redis-server.mjs';
import { dataOf, offBy, queueOperations } from '../scenarios/queue/work.mjs';

let redis;

before(async () => {
  redis = await startRedisServer();
});

after(() => redis?.stop());

test('the package is measured beside all peers, by the driver that was chosen', () => {
  const measured = queuesAmong(CONTENDERS.filter(({ id }) => id === 'orgcache-loop' || id === 'ioredis'));
  assert.deepEqual(
    measured.map(({ id }) => id),
    ['orgcache-loop', ...QUEUE_PEERS.map(({ id }) => id)],
  );
  assert.equal(queuesAmong([contenderById('ioredis')]), null);
  assert.equal(queueLabel(BULLMQ), 'BullMQ over ioredis');
  assert.equal(queueLabel('orgcache'), 'orgcache');
});

for (const { id, module, settings } of queuesAmong([contenderById('orgcache')])) {
  test(`${id} adds jobs, processes them all and starts them soon`, async () => {
    const { open } = await import(`.${module}`);
    const contender = await open({ url: redis.url, settings });
    try {
      const operations = queueOperations(() => contender);
      for (const size of [1, 10]) {
        const added = await operations.addJobs({ name: `${id}-add`, jobs: 40, size, callers: 4, bytes: 120 });
        assert.ok(added.jobsPerSecond > 0 && added.loopMicrosPerJob > 0);
      }
      // A job that is missing would never let it end.
      const processed = await operations.processJobs({ name: `${id}-add`, jobs: 80, concurrency: 5 });
      assert.ok(processed.jobsPerSecond > 0);
      await operations.fillQueue({ name: `${id}-fill`, jobs: 600, bytes: 120, delayMs: 100_000 });
      const { p50Ms, p99Ms } = await operations.startLatency({ name: `${id}-soon`, jobs: 10, bytes: 120 });
      assert.ok(p50Ms > 0 && p99Ms >= p50Ms && p99Ms < 5_000);
    } finally {
      await contender.close();
    }
  });
}

test('organizations of the package start by their weights, and none waits for all jobs of another', async () => {
  const [{ module, settings }] = queuesAmong([contenderById('orgcache')]);
  const { open } = await import(`.${module}`);
  const contender = await open({ url: redis.url, settings });
  try {
    const { quietLatency, shares } = queueOperations(() => contender);
    const weights = { three: 3, one: 1 };
    const { off } = await shares({ name: 'shares', weights, jobs: 400, concurrency: 10, bytes: 120 });
    assert.ok(off < 0.3, `${off}`);
    const { p99Ms } = await quietLatency({ name: 'quiet', loud: 1_000, jobs: 5, bytes: 120 });
    assert.ok(p99Ms < 1_000, `${p99Ms} ms`);
  } finally {
    await contender.close();
  }
});

test('data has the bytes that were asked for, and shares are compared with what is due', () => {
  assert.equal(JSON.stringify(dataOf(7, 120)).length, 120);
  assert.equal(offBy({ a: 300, b: 100 }, { a: 3, b: 1 }, 400), 0);
  assert.equal(offBy({ a: 200, b: 200 }, { a: 3, b: 1 }, 400), 1);
});
