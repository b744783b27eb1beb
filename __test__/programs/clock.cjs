'use strict';

// Lives through an outage in which its wall clock jumps. Arguments: `port`, `driver`. Reports `written` when the
// server may be killed and the clock may jump, what it saw then, and what it saw after the recovery.
const { setTimeout: delay } = require('node:timers/promises');
const { cacheAdapter, configure, redisManager, shutdown } = require('../..');

const { port, driver } = JSON.parse(process.argv[2]);
const SHORT_SECONDS = 3;
const HOUR_MS = 3_600_000;

function report(value) {
  process.stdout.write(`@report ${JSON.stringify(value)}\n`);
}

async function until(condition) {
  // The deadline is the test's.
  while (!(await condition())) await delay(5);
}

async function main() {
  configure({ host: '127.0.0.1', port, driver, commandTimeout: 1000, logLevel: 'off' });
  const began = Date.now();
  await cacheAdapter.set('long', 'long', 600);
  await cacheAdapter.setConversationContext('org-clock', '+1', ['before']);
  const writtenAt = performance.now();
  await cacheAdapter.set('short', 'short', SHORT_SECONDS);
  report('written');
  await until(() => Date.now() - began >= HOUR_MS && !redisManager.isConnected);
  const seen = { jumped: true, long: await cacheAdapter.get('long'), short: await cacheAdapter.get('short') };
  await cacheAdapter.set('during', 'during', 600);
  await cacheAdapter.setConversationContext('org-clock', '+2', ['during']);
  await until(async () => (await cacheAdapter.get('short')) === null);
  report({ ...seen, shortLivedMs: performance.now() - writtenAt });
  await until(() => redisManager.getMetrics().state === 'ready');
  report({
    during: await cacheAdapter.get('during'),
    context: await cacheAdapter.getConversationContext('org-clock', '+1'),
  });
  await shutdown();
}

main();
