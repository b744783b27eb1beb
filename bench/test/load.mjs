import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';

import { runLoad, warmUp } from '../load.mjs';

function countingWorkload({ failAt = Infinity } = {}) {
  const seen = { calls: 0, inFlight: 0, mostInFlight: 0, indexes: new Set() };
  return {
    seen,
    async invoke(index) {
      seen.calls += 1;
      seen.inFlight += 1;
      seen.mostInFlight = Math.max(seen.mostInFlight, seen.inFlight);
      seen.indexes.add(index);
      await turn();
      seen.inFlight -= 1;
      return index;
    },
    verify(reply, index) {
      assert.equal(reply, index);
      if (index === failAt) throw new Error('wrong reply');
    },
  };
}

test('exactly the operations asked for are run, each with its own index', async () => {
  const workload = countingWorkload();
  await runLoad({ workload, callers: 7, operations: 1_000 });
  assert.equal(workload.seen.calls, 1_000);
  assert.equal(workload.seen.indexes.size, 1_000);
});

test('as many calls are in flight as there are callers, and no more', async () => {
  const workload = countingWorkload();
  await runLoad({ workload, callers: 16, operations: 500 });
  assert.equal(workload.seen.mostInFlight, 16);
});

test('a wrong reply fails the round and stops the other callers', async () => {
  const workload = countingWorkload({ failAt: 50 });
  await assert.rejects(runLoad({ workload, callers: 4, operations: 100_000 }), /wrong reply/);
  const callsAtFailure = workload.seen.calls;
  await turn();
  await turn();
  await turn();
  assert.ok(workload.seen.calls - callsAtFailure <= 4, 'the other callers went on');
});

test('latency, rate and processor time are those of the calls', async () => {
  const delayMs = 5;
  const workload = {
    invoke: () => new Promise((resolve) => setTimeout(resolve, delayMs)),
    verify() {},
  };
  const sample = await runLoad({ workload, callers: 2, operations: 40 });
  assert.ok(sample.p50Micros >= 4_000 && sample.p50Micros < 50_000, `p50 ${sample.p50Micros}`);
  assert.ok(sample.p99Micros >= sample.p50Micros);
  assert.ok(sample.callsPerSecond < 450, `rate ${sample.callsPerSecond}`);
  // Waiting for a timer is idle time: it must not be billed to the event loop.
  assert.ok(sample.loopMicrosPerCall < sample.p50Micros / 2);
  assert.ok(sample.residentMiB > 10);
});

test('busy time is billed to the event loop and to the process', async () => {
  const workload = {
    invoke() {
      const until = performance.now() + 2;
      while (performance.now() < until);
      return turn();
    },
    verify() {},
  };
  const sample = await runLoad({ workload, callers: 1, operations: 50 });
  assert.ok(sample.loopMicrosPerCall >= 1_900, `loop ${sample.loopMicrosPerCall}`);
  assert.ok(sample.processMicrosPerCall >= 500, `process ${sample.processMicrosPerCall}`);
});

test('a store that answers without leaving the thread ends its rounds, too', async () => {
  const settled = Promise.resolve('value');
  const workload = { invoke: () => settled, verify() {} };
  const callsPerSecond = await warmUp({ workload, callers: 1, seconds: 0.05 });
  assert.ok(callsPerSecond > 10_000);
});
