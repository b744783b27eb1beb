'use strict';

// Writes in an outage and is killed, or takes over what such a process has left. Arguments: `port`, `directory` of the
// journal, `driver`, `act` (the name of a function below), and for `leave` how many values of which size.
const { randomBytes } = require('node:crypto');
const { cacheAdapter, configure, redisManager, shutdown } = require('../..');

const { act, port, directory, driver, count, bytes, clusterHosts } = JSON.parse(process.argv[2]);

const CHUNK = 500;

function report(value) {
  process.stdout.write(`@report ${JSON.stringify(value)}\n`);
}

/** Incompressible data. */
const value = () => randomBytes(bytes / 2).toString('hex');

const acts = {
  async leave() {
    const answers = new Set([
      await cacheAdapter.set('overwritten', 'old'),
      await cacheAdapter.set('deleted', 'old'),
      await cacheAdapter.set('kept', 'old'),
      await cacheAdapter.setConversationContext('org-cleared', '+1', ['old']),
      await cacheAdapter.setConversationContext('org-kept', '+1', ['old']),
    ]);
    for (let from = 0; from < count; from += CHUNK) {
      const sets = Array.from({ length: CHUNK }, (_, index) =>
        cacheAdapter.set(`bulk-${from + index}`, value()),
      );
      for (const answer of await Promise.all(sets)) answers.add(answer);
    }
    report({ answers: [...answers], left: redisManager.getMetrics().journal.entries });
    process.kill(process.pid, 'SIGKILL');
  },

  /** The longest time in which the event loop did nothing else, from the first call until everything is in Redis. */
  async takeOver() {
    let longest = 0;
    let last = performance.now();
    const look = () => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    };
    const timer = setInterval(look, 1);
    const first = Promise.all([
      cacheAdapter.get('kept'),
      cacheAdapter.set('overwritten', 'new'),
      cacheAdapter.delete('deleted'),
      cacheAdapter.clearOrganizationCache('org-cleared'),
      cacheAdapter.getConversationContext('org-cleared', '+1'),
    ]);
    const { reading } = redisManager.getMetrics().journal;
    look();
    const firstMs = longest;
    const [kept] = await first;
    const untilAnsweredMs = longest;
    // The deadline is the test's.
    const isDone = ({ state, journal }) => state === 'ready' && !journal.reading && journal.entries === 0;
    while (!isDone(redisManager.getMetrics())) await new Promise((resolve) => setTimeout(resolve, 20));
    clearInterval(timer);
    report({
      reading,
      firstMs,
      untilAnsweredMs,
      kept,
      overwritten: await cacheAdapter.get('overwritten'),
      deleted: await cacheAdapter.get('deleted'),
      cleared: await cacheAdapter.getConversationContext('org-cleared', '+1'),
    });
    await shutdown();
  },

  /** Ends while the backlog is being read, whatever the replies. */
  async endEarly() {
    const set = cacheAdapter.set('overwritten', 'late');
    cacheAdapter.get('kept').catch(() => {});
    const ended = await shutdown({ timeoutMs: 0 });
    report({ ...ended, answer: await set });
  },

  /** Ends when everything is in Redis. */
  async endInTime() {
    cacheAdapter.get('kept');
    report(await shutdown({ timeoutMs: 20_000 }));
  },
};

const server = clusterHosts ? { clusterHosts } : { host: '127.0.0.1', port };
configure({ ...server, driver, journalDir: directory, commandTimeout: 5000, logLevel: 'off' });
acts[act]();
