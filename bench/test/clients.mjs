/** Every client with the methods of ioredis does what the workloads ask of it, against a real server. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import Redis from 'ioredis';

import { CONTENDERS, clientsAmong, isEarlier, isSubject } from '../contenders.mjs';
import { runLoad } from '../load.mjs';
import { startRedisServer } from '../redis-server.mjs';
import { awaitWrites, startWriting, stopWriting } from '../scenarios/failover-work.mjs';
import { publishLatency } from '../scenarios/publish-work.mjs';
import { createWorkload } from '../workloads.mjs';

const END_DEADLINE_MS = 5_000;
const OPERATIONS = ['get', 'set', 'hset', 'xadd', 'pipeline'].map((command) => `client-${command}`);

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

async function withClient({ module, settings }, work) {
  const { open } = await import(`.${module}`);
  const contender = await open({ topology: { url: redis.url }, settings });
  try {
    await work(contender);
  } finally {
    await contender.close();
  }
}

test('clients are those with the interface of ioredis', () => {
  const ids = clientsAmong(CONTENDERS).map(({ id }) => id);
  assert.deepEqual(
    ids.filter((id) => !isSubject(id) && !isEarlier(id)),
    ['ioredis', 'ioredis-auto-pipelining', 'ioredis-6', 'ioredis-6-auto-pipelining'],
  );
  assert.ok(ids.includes('orgcache'));
});

const peers = CONTENDERS.filter(({ id }) => !isSubject(id) && !isEarlier(id));
for (const contender of clientsAmong(peers)) {
  test(`${contender.id} answers the commands of the workloads`, async () => {
    await admin.flushall();
    await withClient(contender, async (opened) => {
      for (const operation of OPERATIONS) {
        const workload = createWorkload(opened, { operation, bytes: 100 });
        await workload.prepare();
        const { callsPerSecond } = await runLoad({ workload, callers: 4, operations: 50 });
        assert.ok(callsPerSecond > 0, operation);
      }
    });
    assert.equal(await admin.hlen('bench:hset:0'), 1);
    assert.equal(await admin.xlen('bench:xadd:0'), 1);
    assert.equal((await admin.get('bench:pipeline:0')).length, 100);
  });

  test(`${contender.id} takes a message to its subscriber, and leaves no subscription behind`, async () => {
    await withClient(contender, async ({ client }) => {
      const { p50Micros, p99Micros } = await publishLatency(client, { messages: 20 });
      assert.ok(p50Micros > 0 && p99Micros >= p50Micros);
    });
    const deadline = performance.now() + END_DEADLINE_MS;
    while ((await admin.pubsub('CHANNELS')).length > 0) {
      assert.ok(performance.now() < deadline, 'a subscription is left');
    }
  });
}

test('the longest time without a successful write spans an outage', async () => {
  const ioredis = clientsAmong(CONTENDERS).find(({ id }) => id === 'ioredis');
  await withClient(ioredis, async ({ client }) => {
    startWriting(client);
    await awaitWrites({ count: 5 });
    const pausedMs = 300;
    process.kill(redis.pid, 'SIGSTOP');
    const until = performance.now() + pausedMs;
    while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
    process.kill(redis.pid, 'SIGCONT');
    await awaitWrites({ count: 1 });
    const { longestMs, refused } = stopWriting();
    assert.ok(longestMs >= pausedMs - 20 && longestMs < 10 * pausedMs, `${longestMs} ms`);
    assert.equal(refused, 0);
  });
});
