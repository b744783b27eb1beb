/** Every store does what the workloads ask of it, against a real server. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CONTENDERS, isEarlier, storesAmong } from '../contenders.mjs';
import { runLoad } from '../load.mjs';
import { startRedisServer } from '../redis-server.mjs';
import { LIMITS, OPERATIONS, SESSIONS, STORE_LIMIT } from '../store-workloads.mjs';
import { createWorkload } from '../workloads.mjs';

const PARTS = { sessions: SESSIONS, limits: LIMITS };
let redis;

before(async () => {
  redis = await startRedisServer();
});

after(() => redis?.stop());

test('every operation belongs to one part', () => {
  assert.deepEqual(Object.keys(OPERATIONS).sort(), Object.values(PARTS).flat().sort());
});

for (const [part, operations] of Object.entries(PARTS)) {
  const contenders = storesAmong(CONTENDERS, part);

  test(`stores of ${part} are the package’s own and another`, () => {
    const ids = contenders.map(({ id }) => id);
    assert.ok(ids.includes('orgcache'));
    assert.ok(ids.includes(part === 'sessions' ? 'node-redis' : 'ioredis-auto-pipelining'));
    assert.ok(!ids.some(isEarlier));
  });

  for (const { id, module, settings } of contenders) {
    test(`the store of ${id} does what the workloads of ${part} expect`, async () => {
      const { open } = await import(`.${module}`);
      const { client, close } = await open({ url: redis.url, limit: STORE_LIMIT, settings });
      try {
        for (const operation of operations) {
          const workload = createWorkload({ client }, { operation });
          await workload.prepare();
          const { callsPerSecond } = await runLoad({ workload, callers: 4, operations: 200 });
          assert.ok(callsPerSecond > 0, operation);
        }
      } finally {
        await close();
      }
    });
  }
}
