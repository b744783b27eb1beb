/** Every contender of the scenario `near` does what its parts ask of it, against a real server. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { withHosts } from '../contender-host.mjs';
import { CONTENDERS, contenderById } from '../contenders.mjs';
import { createConversations } from '../data.mjs';
import { runLoad } from '../load.mjs';
import {
  BENTO_MEMORY,
  BENTO_TIERED,
  LRU_CACHE,
  NEAR_OFF,
  NEAR_PEERS,
  NO_CHANNELS,
  nearAmong,
  nearLabel,
  several,
} from '../near-contenders.mjs';
import { answerOf, awaitCopies, inParallel } from '../near-workloads.mjs';
import { startRedisServer } from '../redis-server.mjs';
import { summarizeVersions } from '../scenarios/near/invalidation.mjs';
import { followVersions, prepareVersions, writeVersions } from '../scenarios/near/invalidation-work.mjs';
import { summarizeRush } from '../scenarios/near/stampede.mjs';
import { rush } from '../scenarios/near/stampede-work.mjs';
import { fillTag, invalidateTag } from '../scenarios/near/tags-work.mjs';
import { createWorkload } from '../workloads.mjs';
import { zipf } from '../zipf.mjs';

let redis;

before(async () => {
  redis = await startRedisServer();
});

after(() => redis?.stop());

const byId = (id) => nearAmong([contenderById('orgcache')]).find((contender) => contender.id === id);

async function withContenders(contenders, work) {
  const opened = [];
  try {
    for (const { module, settings } of contenders) {
      const { open } = await import(`.${module}`);
      opened.push(await open({ url: redis.url, keyPrefix: 'bench-test:', settings }));
    }
    await work(...opened);
  } finally {
    for (const { close } of opened) await close();
  }
}

async function runs(contender, cell) {
  const workload = createWorkload(contender, cell);
  await workload.prepare();
  const { callsPerSecond } = await runLoad({ workload, callers: 4, operations: 100 });
  assert.ok(callsPerSecond > 0, cell.operation);
}

test('the package is measured with copies and without, by the driver that was chosen', () => {
  const measured = nearAmong(CONTENDERS.filter(({ id }) => id === 'orgcache-loop' || id === 'ioredis'));
  assert.deepEqual(
    measured.map(({ id }) => id),
    ['orgcache-loop', NEAR_OFF, NO_CHANNELS, ...NEAR_PEERS.map(({ id }) => id)],
  );
  assert.deepEqual(measured[0].settings, { driver: 'loop' });
  assert.deepEqual(measured[1].settings, { driver: 'loop', near: false });
  assert.equal(nearAmong([contenderById('ioredis')]), null);
  assert.equal(nearLabel('beside a large one'), 'beside a large one');
  assert.deepEqual(
    several(measured[0], 2).map(({ id }) => id),
    ['orgcache-loop, process 1', 'orgcache-loop, process 2'],
  );
});

test('copies of the package answer what is read again, and none do where they are off', async () => {
  await withContenders([byId('orgcache')], async (contender) => {
    await runs(contender, { operation: 'near-hit', messages: 2 });
    const { hits, misses } = await contender.copies();
    await runLoad({
      workload: createWorkload(contender, { operation: 'near-hit', messages: 2 }),
      callers: 1,
      operations: 500,
    });
    const report = await contender.copies();
    assert.deepEqual([report.hits - hits, report.misses - misses], [500, 0]);
  });
  await withContenders([byId(NEAR_OFF)], async (contender) => {
    assert.equal(contender.copies, null);
    await runs(contender, { operation: 'near-hit', messages: 2 });
  });
});

test('values that callers share are the same object, and are measured as such', async () => {
  await withContenders([byId('orgcache')], async (contender) => {
    await runs(contender, { operation: 'near-frozen-get', messages: 2 });
    await runs(contender, { operation: 'near-frozen-peek', messages: 2 });
    const [{ organization, phone }] = createConversations({
      seed: 2,
      count: 1,
      messageCount: 2,
      organizations: 8,
    });
    const [one, other] = [1, 2].map(() => contender.frozen.peek(organization, phone));
    assert.ok(Object.isFrozen(one));
    assert.equal(one, other);
  });
});

test('the package works where nobody can subscribe to diagnostics channels', async () => {
  const optionsOf = () => ({ url: redis.url, keyPrefix: 'bench-test:' });
  await withHosts([byId(NO_CHANNELS)], optionsOf, async ([host]) => {
    const cell = { operation: 'near-cache-get', messages: 2, callers: 1 };
    const { callsPerSecond } = await host.ask('measure', { cell, operations: 10 });
    assert.ok(callsPerSecond > 0);
  });
});

for (const id of [BENTO_MEMORY, BENTO_TIERED]) {
  test(`${id} answers fresh copies of what was set, and runs a factory for what was not`, async () => {
    await withContenders([byId(id)], async (contender) => {
      await runs(contender, { operation: 'near-hit', messages: 40 });
      await runs(contender, { operation: 'near-set', messages: 2 });
      await runs(contender, { operation: 'near-miss', messages: 2 });
      const { cache } = contender;
      const value = { nested: [1] };
      await cache.set('org-1', 'key', value);
      const found = await cache.get('org-1', 'key');
      assert.deepEqual(found, value);
      assert.notEqual(found.nested, value.nested);
      assert.equal(await cache.get('org-2', 'key'), undefined);
    });
  });
}

test('lru-cache answers the object itself', async () => {
  await withContenders([byId(LRU_CACHE)], async (contender) => {
    await runs(contender, { operation: 'near-peek', messages: 2 });
    const value = {};
    await contender.cache.set('org-1', 'key', value);
    assert.equal(contender.cache.peek('org-1', 'key'), value);
  });
});

test('a tag is invalidated in each cache that has tags', async () => {
  await withContenders([byId(BENTO_TIERED)], async (contender) => {
    await fillTag(contender, { tag: 'many', count: 20 });
    await fillTag(contender, { tag: 'few', count: 2 });
    assert.ok((await invalidateTag(contender, { tag: 'many', count: 20 })) > 0);
    assert.deepEqual(await contender.cache.get('org-tags', 'few:1'), { index: 1 });
  });
});

test('a rush tells of factories and of the time behind the last of them', async () => {
  const argument = { organization: 'org-1', key: 'rush', callers: 50, factoryMs: 50 };
  await withContenders([byId(BENTO_MEMORY)], async (contender) => {
    const { factories, lastAnswerMs } = summarizeRush([await rush(contender, argument)]);
    assert.equal(factories, 1);
    assert.ok(lastAnswerMs >= 0 && lastAnswerMs < 5_000, `${lastAnswerMs} ms`);
  });
  const answers = [
    { factories: 1, endedNs: 2_000_000n, answeredNs: 9_000_000n },
    { factories: 0, endedNs: null, answeredNs: 12_000_000n },
    { factories: 2, endedNs: 5_000_000n, answeredNs: 5_000_000n },
  ];
  assert.deepEqual(summarizeRush(answers), { factories: 3, lastAnswerMs: 7 });
});

for (const id of ['orgcache', BENTO_TIERED]) {
  test(`${id} follows what another process writes`, async () => {
    await withContenders([byId(id)], async (contender) => {
      await writeVersions(contender, { last: 1, toAllKeys: true });
      await prepareVersions(contender);
      const following = followVersions(contender, { last: 5 });
      const acknowledged = await writeVersions(contender, { first: 2, last: 5, everyMs: 5 });
      const { seen, wentBack, endedNs } = await following;
      assert.equal(seen.at(-1).version, 5);
      assert.equal(wentBack, 0);
      const { p99Ms, neverSeen } = summarizeVersions({ first: 2, acknowledged, seen, endedNs });
      assert.equal(neverSeen, 0);
      assert.ok(p99Ms >= 0 && p99Ms < 5_000, `${p99Ms} ms`);
    });
  });
}

test('what another process has not seen was waited for until the end', () => {
  const ms = (number) => BigInt(number * 1_000_000);
  const seen = [
    { version: 1, beganNs: ms(0) },
    { version: 3, beganNs: ms(14) },
  ];
  const summary = summarizeVersions({
    first: 2,
    acknowledged: [ms(10), ms(20), ms(30)],
    seen,
    endedNs: ms(130),
  });
  assert.deepEqual(summary, { p50Ms: 4, p99Ms: 100, neverSeen: 1 });
});

test('an answer is here if no reply of Redis was waited for', async () => {
  assert.deepEqual(await answerOf(Promise.resolve(1)), { value: 1, isHere: true });
  const later = new Promise((resolve) => setImmediate(() => resolve(2)));
  assert.deepEqual(await answerOf(later), { value: 2, isHere: false });
  await assert.rejects(answerOf(Promise.reject(new Error('away'))), /away/);
});

test('work is done for each number once, by so many at a time', async () => {
  const done = [];
  let running = 0;
  let most = 0;
  await inParallel(10, 3, async (index) => {
    running += 1;
    most = Math.max(most, running);
    await null;
    done.push(index);
    running -= 1;
  });
  assert.deepEqual(
    done.sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  assert.equal(most, 3);
});

test('a contender without a report of copies is not waited for', async () => {
  await awaitCopies({ copies: null }, [1], () => assert.fail('nothing is to be read'));
});

test('ranks come in proportion to their share of Zipf’s law', () => {
  const at = (random) => zipf({ count: 3, exponent: 1, random: () => random })();
  // The shares are 6/11, 3/11 and 2/11.
  assert.deepEqual([0, 0.54, 0.55, 0.81, 0.82, 0.999].map(at), [0, 0, 1, 1, 2, 2]);
});
