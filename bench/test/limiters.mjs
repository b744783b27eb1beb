/** Every rate limiter does what the workloads ask of it, against a real server. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CONTENDERS, isEarlier, limitersAmong } from '../contenders.mjs';
import { LIMITS, OPERATIONS } from '../limiter-workloads.mjs';
import { runLoad } from '../load.mjs';
import { startRedisServer } from '../redis-server.mjs';
import { createWorkload } from '../workloads.mjs';

let redis;

before(async () => {
  redis = await startRedisServer();
});

after(() => redis?.stop());

test('limiters are the package’s own and those over ioredis', () => {
  const ids = limitersAmong(CONTENDERS).map(({ id }) => id);
  assert.ok(ids.includes('orgcache'));
  assert.ok(ids.includes('ioredis-auto-pipelining'));
  assert.ok(!ids.some(isEarlier));
});

for (const { id, module, settings } of limitersAmong(CONTENDERS)) {
  test(`the limiter of ${id} admits and refuses as the workloads expect`, async () => {
    const { open } = await import(`.${module}`);
    const { client, close } = await open({ url: redis.url, limits: LIMITS, settings });
    try {
      for (const operation of Object.keys(OPERATIONS)) {
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
