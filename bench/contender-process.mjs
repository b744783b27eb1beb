/** The process of one contender: does what its host asks, one operation at a time. */

import { runLoad, warmUp } from './load.mjs';
import { clearOrganization, countConversations, fillOrganization } from './scenarios/clear-work.mjs';
import { awaitWrites, startWriting, stopWriting } from './scenarios/failover-work.mjs';
import { fillMemory } from './scenarios/memory-work.mjs';
import { nearOperations } from './scenarios/near/operations.mjs';
import { awaitReplay, liveP99, prepareOutage, writeInOutage } from './scenarios/outage-work.mjs';
import { publishLatency } from './scenarios/publish-work.mjs';
import { queueOperations } from './scenarios/queue/work.mjs';
import { workingOperations } from './scenarios/queue/working.mjs';
import { sessionOperations } from './scenarios/sessions-work.mjs';
import { publishAll, startStreaming, stopStreaming, topicLatency } from './scenarios/topics-work.mjs';
import { createWorkload } from './workloads.mjs';

let contender = null;
const workloads = new Map();

/** A workload is prepared once and then serves every number of callers. */
async function workloadOf(cell) {
  const { callers: _, ...kind } = cell;
  const name = JSON.stringify(kind);
  if (!workloads.has(name)) {
    const workload = createWorkload(contender, kind);
    await workload.prepare();
    workloads.set(name, workload);
  }
  return workloads.get(name);
}

const OPERATIONS = {
  async open({ module, ...options }) {
    const { open } = await import(module);
    contender = await open(options);
  },
  async prepare({ cell }) {
    await workloadOf(cell);
  },
  async warmUp({ cell, seconds }) {
    return warmUp({ workload: await workloadOf(cell), callers: cell.callers, seconds });
  },
  async measure({ cell, operations }) {
    return runLoad({ workload: await workloadOf(cell), callers: cell.callers, operations });
  },
  fillOrganization: (argument) => fillOrganization(contender.adapter, argument),
  clearOrganization: (argument) => clearOrganization(contender.adapter, argument),
  countConversations: (argument) => countConversations(contender.adapter, argument),
  fillMemory: (argument) => fillMemory(contender.adapter, argument),
  prepareOutage: () => prepareOutage(contender.adapter),
  liveP99: () => liveP99(contender.adapter),
  writeInOutage: (argument) => writeInOutage(contender.adapter, argument),
  awaitReplay: (argument) => awaitReplay(contender.adapter, argument),
  publishLatency: (argument) => publishLatency(contender.client, argument),
  topicLatency: (argument) => topicLatency(contender.client, argument),
  startStreaming: () => startStreaming(contender.client),
  publishAll: (argument) => publishAll(contender.client, argument),
  stopStreaming,
  startWriting: () => startWriting(contender.client),
  awaitWrites,
  stopWriting,
  ...nearOperations(() => contender),
  ...sessionOperations(() => contender),
  ...queueOperations(() => contender),
  ...workingOperations(() => contender),
  async close() {
    await contender?.close();
  },
};

process.on('message', async ({ id, operation, argument }) => {
  try {
    process.send({ id, result: await OPERATIONS[operation](argument) });
  } catch (error) {
    process.send({ id, error: { message: error.message } });
  }
  // Peers may hold handles after they were closed; this process has nothing left to do.
  if (operation === 'close') process.disconnect();
});

process.once('disconnect', () => process.exit());
