/**
 * A closed loop of callers in this process: each issues its next call when its last has settled.
 *
 * The loop is counted in operations instead of being stopped by a timer, because a store that
 * answers without leaving the thread never lets a timer run.
 */
import { performance } from 'node:perf_hooks';

import { percentile } from './statistics.mjs';

/** Latencies are sampled: reading the clock twice a call would cost as much as the fastest call. */
const MOST_LATENCY_SAMPLES = 32_768;
const FIRST_WARM_UP_OPERATIONS = 256;

/**
 * Runs `operations` calls with `callers` of them in flight.
 * `workload.invoke(index)` starts a call, `workload.verify(reply, index)` throws on a wrong reply.
 */
export async function runLoad({ workload, callers, operations }) {
  // An odd stride visits every caller in turn, where an even one would time the same few for ever.
  const stride = Math.ceil(operations / MOST_LATENCY_SAMPLES) | 1;
  const latencies = new Float64Array(Math.ceil(operations / stride));
  let sampled = 0;
  let issued = 0;

  async function caller() {
    while (issued < operations) {
      const index = issued;
      issued += 1;
      let reply;
      if (index % stride === 0) {
        const startedAt = performance.now();
        reply = await workload.invoke(index);
        latencies[sampled] = performance.now() - startedAt;
        sampled += 1;
      } else {
        reply = await workload.invoke(index);
      }
      workload.verify(reply, index);
    }
  }

  const loopBefore = performance.eventLoopUtilization();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  try {
    await Promise.all(Array.from({ length: callers }, caller));
  } catch (error) {
    // The other callers must not go on beside whatever is measured next.
    issued = operations;
    throw error;
  }
  const elapsedMs = performance.now() - startedAt;
  const cpu = process.cpuUsage(cpuBefore);
  const loop = performance.eventLoopUtilization(loopBefore);

  const timed = latencies.subarray(0, sampled);
  return {
    callsPerSecond: (operations / elapsedMs) * 1_000,
    p50Micros: percentile(timed, 0.5) * 1_000,
    p99Micros: percentile(timed, 0.99) * 1_000,
    loopMicrosPerCall: (loop.active / operations) * 1_000,
    processMicrosPerCall: (cpu.user + cpu.system) / operations,
    residentMiB: process.memoryUsage.rss() / 1_048_576,
  };
}

/**
 * Runs the workload for at least `seconds`, so that code is compiled and buffers have grown, and
 * answers its calls a second, from which the length of the measured rounds follows.
 */
export async function warmUp({ workload, callers, seconds }) {
  const deadline = performance.now() + seconds * 1_000;
  let operations = Math.max(FIRST_WARM_UP_OPERATIONS, callers * 2);
  for (;;) {
    const { callsPerSecond } = await runLoad({ workload, callers, operations });
    if (performance.now() >= deadline) return callsPerSecond;
    const operationsThatAreLeft = (callsPerSecond * (deadline - performance.now())) / 1_000;
    operations = Math.ceil(Math.max(operations, Math.min(operations * 4, operationsThatAreLeft)));
  }
}

/** What a round costs when the call itself costs nothing: part of every figure in the report. */
export async function harnessCost() {
  const settled = Promise.resolve(0);
  const workload = { invoke: () => settled, verify: () => {} };
  await warmUp({ workload, callers: 64, seconds: 0.1 });
  const sample = await runLoad({ workload, callers: 64, operations: 500_000 });
  return sample.loopMicrosPerCall;
}
