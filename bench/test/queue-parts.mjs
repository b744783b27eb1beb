/** The parts of the scenario `queue` that need servers or processes of their own, with few jobs. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import Redis from 'ioredis';
import { withHosts } from '../contender-host.mjs';
import { contenderById } from '../contenders.mjs';
import { BULLMQ, queuesAmong } from '../queue-contenders.mjs';
import { renderQueue } from '../queue-report.mjs';
import { startRedisServer } from '../redis-server.mjs';
import { measureDelayed } from '../scenarios/queue/delayed.mjs';
import { measureIdle } from '../scenarios/queue/idle.mjs';
import { measureRates } from '../scenarios/queue/rates.mjs';
import { measureSeed } from '../scenarios/queue/seed.mjs';

const counts = { delayed: 400, due: 300, idleWorkers: 4, processed: 200, seedSeconds: 1 };
const chosen = queuesAmong([contenderById('orgcache')]).filter(
  ({ id }) => id === 'orgcache' || id === BULLMQ,
);
let redis;
let admin;

before(async () => {
  redis = await startRedisServer();
  admin = new Redis(redis.url);
});

after(async () => {
  admin?.disconnect();
  await redis?.stop();
});

function run(measure) {
  return withHosts(
    chosen,
    () => ({ url: redis.url }),
    (hosts) => measure({ hosts, chosen, redis, admin, rounds: 1, counts, progress() {} }),
  );
}

test('delayed jobs have a size, and all that fall due become ready while others are added', async () => {
  const delayed = await run(measureDelayed);
  for (const id of ['orgcache', BULLMQ]) assert.ok(delayed.bytes[id][0].bytesPerJob > 100);
  const [{ promotedPerSecond, p99Ratio }] = delayed.promotion;
  assert.ok(promotedPerSecond > 0 && p99Ratio > 0);
  assert.match(renderQueue({ queue: { delayed } }).join('\n'), /300 of them fall due together/);
});

test('rates are told for each surrounding, of all workers together', async () => {
  const rates = await run(measureRates);
  assert.deepEqual(Object.keys(rates), [
    'without AOF, 1 process',
    'AOF everysec, 1 process',
    ...[2, 4, 8].map((processes) => `${processes} processes`),
    '100 organizations',
  ]);
  for (const samples of Object.values(rates)) {
    for (const [{ addedPerSecond, processedPerSecond }] of Object.values(samples)) {
      assert.ok(addedPerSecond > 0 && processedPerSecond > 0);
    }
  }
});

test('jobs start while workers are idle, and cost the server something', async () => {
  const { workers, samples } = await run(measureIdle);
  assert.equal(workers, 4);
  for (const [{ serverMicrosPerJob, p50Ms, p99Ms }] of Object.values(samples)) {
    assert.ok(serverMicrosPerJob > 0 && p99Ms >= p50Ms);
  }
});

test('the load of a queue service is carried', async () => {
  const [{ jobsPerMinute, slowestSeconds, failedPercent }] = await run(measureSeed);
  assert.ok(jobsPerMinute > 0 && slowestSeconds < 30);
  assert.equal(failedPercent, 0);
});

test('a server that was killed has its data when it starts again', async () => {
  const own = await startRedisServer({ appendOnly: 'always' });
  try {
    const before = new Redis(own.url);
    await before.set('kept', '1');
    before.disconnect();
    await own.kill();
    await own.startAgain();
    const again = new Redis(own.url);
    assert.equal(await again.get('kept'), '1');
    again.disconnect();
  } finally {
    await own.stop();
  }
});
