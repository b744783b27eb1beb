/** Every contender with sessions does what the scenario asks of it, against a real server. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { CONTENDERS, isEarlier, sessionsAmong } from '../contenders.mjs';
import { runLoad } from '../load.mjs';
import { startRedisServer } from '../redis-server.mjs';
import { sessionOperations } from '../scenarios/sessions-work.mjs';
import { COMPARED, dataOf, OPERATIONS } from '../session-workloads.mjs';
import { createWorkload } from '../workloads.mjs';

let redis;

before(async () => {
  redis = await startRedisServer();
});

after(() => redis?.stop());

test('a session has about 300 bytes of data that do not repeat themselves', () => {
  const texts = [0, 1, 999_999].map((index) => JSON.stringify(dataOf(index)));
  for (const { length } of texts) assert.ok(length > 270 && length < 330, `${length} bytes`);
  assert.equal(new Set(texts).size, texts.length);
});

test('each part has the package’s own and another, but for that which has no other', () => {
  const others = { calls: 'node-redis', memory: 'node-redis', ends: 'ioredis-auto-pipelining' };
  for (const part of ['calls', 'memory', 'ends', 'among']) {
    const ids = sessionsAmong(CONTENDERS, part).map(({ id }) => id);
    assert.ok(ids.includes('orgcache'), part);
    if (others[part]) assert.ok(ids.includes(others[part]), part);
    assert.ok(!ids.some(isEarlier));
  }
});

for (const contender of CONTENDERS.filter(({ sessionModule }) => sessionModule)) {
  test(`the sessions of ${contender.id} do what the scenario expects`, async () => {
    const { open } = await import(`.${contender.sessionModule}`);
    const opened = await open({ url: redis.url, settings: contender.settings });
    const { sessionParts: parts } = contender;
    try {
      const among = parts.includes('among') ? Object.keys(OPERATIONS) : COMPARED;
      for (const operation of parts.includes('calls') ? among : []) {
        const workload = createWorkload(opened, { operation, sessions: 100 });
        await workload.prepare();
        const { callsPerSecond } = await runLoad({ workload, callers: 4, operations: 200 });
        assert.ok(callsPerSecond > 0, operation);
      }
      const { fillSessions, endUser } = sessionOperations(() => opened);
      const ids = await fillSessions({ name: `test-${contender.id}`, count: 30, perUser: 30 });
      if (!parts.includes('ends')) return;
      const { elapsedMs } = await endUser({ userId: `test-${contender.id}-0`, ids });
      assert.ok(elapsedMs > 0);
    } finally {
      await opened.close();
    }
  });
}
