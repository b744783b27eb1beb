'use strict';

// Writes in an outage and is killed, or takes over what such a process has left. Arguments: `port`, `directory` of
// the journal, `takesOver`. Reports whether the writes were acknowledged; else what is there after the replay.
const { setTimeout: delay } = require('node:timers/promises');
const { cacheAdapter, configure, redisManager, shutdown } = require('../..');

const { port, directory, takesOver } = JSON.parse(process.argv[2]);

function report(value) {
  process.stdout.write(`@report ${JSON.stringify(value)}\n`);
}

async function writeAndDie() {
  report([
    await cacheAdapter.set('kept', 'first', 600),
    await cacheAdapter.setConversationContext('org-clock', '+1', ['first']),
  ]);
  process.kill(process.pid, 'SIGKILL');
}

async function takeOver() {
  await cacheAdapter.get('connect');
  // The deadline is the test's.
  while (redisManager.getMetrics().state !== 'ready') await delay(5);
  report({ kept: await cacheAdapter.get('kept'), replayed: redisManager.getMetrics().replayed });
  await shutdown();
}

configure({ host: '127.0.0.1', port, journalDir: directory, commandTimeout: 1000, logLevel: 'off' });
(takesOver ? takeOver : writeAndDie)();
