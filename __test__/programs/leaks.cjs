'use strict';

// Uses everything that takes memory in native code, so that a leak shows itself: calls of the adapter and
// of the raw client, through an outage, also in workers that are terminated or end by themselves. Whoever
// starts it is asked for `down` and `up` by a printed `@ask`, and answers each with a line.
// Arguments: `calls`, `terminated` and `ended` (how many workers), `hasServer`.
const path = require('node:path');
const readline = require('node:readline');
const { once } = require('node:events');
const { Worker } = require('node:worker_threads');
const { cacheAdapter, redisManager, shutdown } = require('../..');
const { until } = require('../support/wait');

const { calls, terminated, ended, hasServer } = JSON.parse(process.argv[2]);

/** A program that runs twenty times slower also connects and answers late. */
const PATIENCE_MS = 60_000;

const lines = readline.createInterface({ input: process.stdin });
const ask = async (what) => {
  const answered = once(lines, 'line');
  console.log(`@ask ${what}`);
  await answered;
};

async function useAdapter(name) {
  const message = { role: 'user', content: `${name} `.repeat(400) };
  for (let index = 0; index < calls; index += 1) {
    const phone = `49${index}`;
    await Promise.all([
      cacheAdapter.setConversationContext(name, phone, [message]),
      cacheAdapter.getConversationContext(name, phone),
      cacheAdapter.setPhoneToLeadMapping(phone, `lead-${index}`),
      cacheAdapter.delete(`absent-${index}`),
    ]);
  }
  await cacheAdapter.setConversationContext(name, '', []).catch(() => {});
  await cacheAdapter.clearOrganizationCache(name);
  await cacheAdapter.healthCheck();
  cacheAdapter.getStats();
}

async function useRawClient() {
  const client = redisManager.getClient();
  for (let index = 0; index < calls; index += 1) {
    await Promise.allSettled([
      client.set(`raw-${index}`, 'x'.repeat(2000)),
      client.get(`raw-${index}`),
      client.hset(`hash-${index}`, 'field', 'wért'),
      client.hgetall(`hash-${index}`),
      client.call('INCR', `hash-${index}`),
    ]);
  }
}

async function surviveAnOutage() {
  await ask('down');
  await useAdapter('outage');
  const refused = useRawClient();
  await ask('up');
  await refused;
  await until(() => redisManager.isReady(), { timeoutMs: PATIENCE_MS, what: 'the connection' });
  await useAdapter('afterwards');
}

function start(mode, index) {
  const workerData = { name: `org-${index}`, mode, calls };
  return new Worker(path.join(__dirname, 'worker.cjs'), { workerData });
}

async function useWorkers() {
  for (let index = 0; index < ended; index += 1) await once(start('check', index), 'exit');
  for (let index = 0; index < terminated; index += 1) {
    const worker = start('load', index);
    await once(worker, 'message');
    await worker.terminate();
  }
}

async function main() {
  await useAdapter('first');
  if (hasServer) {
    await useRawClient();
    await surviveAnOutage();
  }
  await useWorkers();
  await shutdown();
  lines.close();
}

main();
