'use strict';

const { getEventListeners } = require('node:events');
const { openPackage } = require('../support/package');
const { startRedis, withRedis } = require('../support/redis');
const { rejection, until, within } = require('../support/wait');
const { MESSAGES } = require('../support/adapter-methods');

// The longest unnoticed pause of a web server.
const LARGEST_GAP_MS = 50;
const RUNS = 4;

const redis = withRedis({ flushBeforeEach: true });

/**
 * Measures the longest time that a timer had to wait because this process computed: what a busy
 * machine takes away is no fault of the package.
 */
function watchGaps() {
  let [turns, largestGapMs] = [0, 0];
  let before = { at: performance.now(), cpu: process.cpuUsage() };
  const timer = setInterval(() => {
    const spent = process.cpuUsage(before.cpu);
    const gapMs = Math.min(performance.now() - before.at, (spent.user + spent.system) / 1000);
    largestGapMs = Math.max(largestGapMs, gapMs);
    turns += 1;
    before = { at: performance.now(), cpu: process.cpuUsage() };
  }, 1);
  return () => {
    clearInterval(timer);
    return { turns, largestGapMs };
  };
}

function conversations(count, organization = 'org-1') {
  const entries = Array.from({ length: count }, (_, index) => {
    const phone = String(4_930_000_000 + index);
    return [`${organization}:${phone}`, [...MESSAGES, { role: 'user', content: phone }]];
  });
  return new Map(entries);
}

function open(options) {
  const { redisMigrationManager, cacheAdapter } = openPackage({ url: redis.url, ...options });
  return { manager: redisMigrationManager, adapter: cacheAdapter };
}

test('moves every kind of Map into the cache and empties them', async () => {
  const { manager, adapter } = open();
  const maps = {
    conversationContexts: new Map([['org-1:491', MESSAGES]]),
    conversationSummaries: new Map([['org-1:491', { summary: 'short' }]]),
    phoneToLeadMapping: new Map([['+491', 'lead-1']]),
    organizationCache: new Map([
      ['org-1', { name: 'Northwind' }],
      ['org-2', 'Southwind'],
    ]),
  };
  await manager.migrateExistingMaps(maps);
  for (const map of Object.values(maps)) expect(map.size).toBe(0);
  expect(await adapter.getConversationContext('org-1', '+491')).toEqual(MESSAGES);
  expect(await adapter.getConversationSummary('org-1', '+491')).toEqual({ summary: 'short' });
  expect(await adapter.getPhoneToLeadMapping('+491')).toBe('lead-1');
  expect(await adapter.getLeadToPhoneMapping('lead-1')).toBe('+491');
  expect(await adapter.getOrganizationData('org-1')).toBe('Northwind');
  expect(await adapter.getOrganizationData('org-2')).toBe('Southwind');
  expect(manager.migrationStats).toMatchObject({
    conversationContexts: 1,
    conversationSummaries: 1,
    leadMappings: 1,
    organizationData: 2,
    errors: 0,
  });
});

test('moved values have their key, TTL and organization', async () => {
  const { manager, adapter } = open();
  await manager.migrateExistingMaps({ conversationContexts: new Map([['a:b:491', MESSAGES]]) });
  const key = 'jack:dev:conversationContexts:a%3Ab:491';
  expect(JSON.parse(await redis.command('GET', key))).toEqual(MESSAGES);
  expect(await redis.command('PTTL', key)).toBeGreaterThan(7_190_000);
  await adapter.clearOrganizationCache('a:b');
  expect(await redis.command('EXISTS', key)).toBe(0);
});

test('leaves entries without an organization to the wrapper that knows it', async () => {
  const { manager } = open();
  const conversationContexts = new Map([
    ['4930111', MESSAGES],
    ['org-1:4930222', MESSAGES],
  ]);
  await manager.migrateExistingMaps({ conversationContexts });
  expect([...conversationContexts.keys()]).toEqual(['4930111']);
  expect(await manager.getConversationContext('org-7', '4930111', conversationContexts)).toEqual(MESSAGES);
  expect(conversationContexts.size).toBe(0);
  expect(await redis.keys('*conversationContexts:*4930111')).toEqual([
    'jack:dev:conversationContexts:org-7:4930111',
  ]);
});

test('moves 10,000 entries, reports progress and lets the event loop run', async () => {
  const { manager, adapter } = open();
  await adapter.get('connected');
  const largest = [];
  // The best of some runs is judged: in the others a collection of garbage, or a busy machine, may have had its turn.
  for (let run = 0; run < RUNS; run += 1) {
    await redis.command('FLUSHALL');
    const conversationContexts = conversations(10_000);
    const reports = [];
    const gaps = watchGaps();
    await manager.migrateExistingMaps(
      { conversationContexts },
      { onProgress: (progress) => reports.push({ ...progress }) },
    );
    const { turns, largestGapMs } = gaps();

    expect(conversationContexts.size).toBe(0);
    expect((await redis.keys('jack:dev:conversationContexts:*')).length).toBe(10_000);
    expect(reports.length).toBeGreaterThan(2);
    expect(reports.at(-1)).toMatchObject({ done: 10_000, total: 10_000 });
    const done = reports.map((report) => report.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(turns).toBeGreaterThan(3);
    largest.push(largestGapMs);
  }
  expect(Math.min(...largest)).toBeLessThan(LARGEST_GAP_MS);
}, 30_000);

test('values of 54 kB let the event loop run as small ones do', async () => {
  const { manager, adapter } = open();
  await adapter.get('connected');
  const content = 'Чи є ще той "червоний" універсал?\n'.repeat(20);
  const messages = Array.from({ length: 48 }, () => ({ role: 'user', content }));
  expect(Buffer.byteLength(JSON.stringify(messages))).toBeGreaterThan(54_000);
  const entries = Array.from({ length: 600 }, (_, index) => [`org-1:${4_930_000_000 + index}`, messages]);
  const largest = [];
  for (let run = 0; run < RUNS; run += 1) {
    const conversationContexts = new Map(entries);
    const gaps = watchGaps();
    await manager.migrateExistingMaps({ conversationContexts });
    largest.push(gaps().largestGapMs);
    expect(conversationContexts.size).toBe(0);
  }
  // A batch that is cut by its count alone takes as long as may be.
  expect(Math.min(...largest)).toBeLessThan(LARGEST_GAP_MS / 2);
}, 30_000);

test('an abort answers at once, also while Redis keeps a batch waiting', async () => {
  const { manager, adapter } = open({ commandTimeout: 20_000 });
  await adapter.get('connected');
  const conversationContexts = conversations(1000);
  const controller = new AbortController();
  redis.pause();
  try {
    const { signal } = controller;
    const moving = manager.migrateExistingMaps({ conversationContexts }, { signal });
    setImmediate(() => controller.abort());
    const { value } = await within(1000, moving, 'the migration');
    expect(value).toMatchObject({ done: 0, total: 1000, migrated: 0, aborted: true });
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  } finally {
    redis.resume();
  }
  await manager.migrateExistingMaps({ conversationContexts });
  expect(conversationContexts.size).toBe(0);
}, 30_000);

test('leaves no listener on a signal that never aborts, and refuses anything but a signal', async () => {
  const { manager } = open();
  const { signal } = new AbortController();
  const outcome = await manager.migrateExistingMaps({ conversationContexts: conversations(10) }, { signal });
  expect(outcome).toEqual({ done: 10, total: 10, migrated: 10, skipped: 0, failed: 0, aborted: false });
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  for (const options of [null, 1, { signal: 1 }]) {
    expect(await rejection(manager.migrateExistingMaps({}, options))).toMatchObject({ code: 'E_CONFIG' });
  }
});

test('has an end and misses no old entry while others are deleted and added all the time', async () => {
  const { manager } = open();
  const conversationContexts = conversations(2000);
  const kept = [...conversationContexts.keys()].filter((_, index) => index % 3 !== 2);
  let added = 0;
  const outcome = await manager.migrateExistingMaps(
    { conversationContexts },
    {
      onProgress: () => {
        for (let index = 2; index < 2000; index += 3) {
          conversationContexts.delete(`org-1:${4_930_000_000 + index}`);
        }
        for (let count = 0; count < 1000; count += 1) conversationContexts.set(`org-2:${++added}`, MESSAGES);
      },
    },
  );
  expect(outcome).toMatchObject({ done: 2000, total: 2000 });
  const stored = new Set(await redis.keys('jack:dev:conversationContexts:org-1:*'));
  const lost = kept.filter((key) => !stored.has(`jack:dev:conversationContexts:${key}`));
  expect(lost).toEqual([]);
});

test('an abort stops it, and the next run goes on where it stopped', async () => {
  const { manager, adapter } = open();
  const conversationContexts = conversations(5000);
  const controller = new AbortController();
  let stopped;
  const first = manager.migrateExistingMaps(
    { conversationContexts },
    { signal: controller.signal, onProgress: ({ done }) => done > 0 && controller.abort() },
  );
  // An abort may reject or answer what was done; both must leave the Map in order.
  await first.then(
    () => (stopped = true),
    () => (stopped = true),
  );
  expect(stopped).toBe(true);
  expect(conversationContexts.size).toBeGreaterThan(0);
  const moved = 5000 - conversationContexts.size;
  expect(moved).toBeGreaterThan(0);
  expect(manager.migrationStats.conversationContexts).toBe(moved);

  await manager.migrateExistingMaps({ conversationContexts });
  expect(conversationContexts.size).toBe(0);
  expect(manager.migrationStats.conversationContexts).toBe(5000);
  for (const phone of ['4930000000', '4930002500', '4930004999']) {
    expect((await adapter.getConversationContext('org-1', phone)).at(-1).content).toBe(phone);
  }
}, 30_000);

test('a signal that is already aborted moves nothing', async () => {
  const { manager } = open();
  const conversationContexts = conversations(10);
  await manager
    .migrateExistingMaps({ conversationContexts }, { signal: AbortSignal.abort() })
    .catch(() => {});
  expect(conversationContexts.size).toBe(10);
  expect(await redis.keys('jack:dev:conversationContexts:*')).toEqual([]);
});

test('a second run over the same Maps changes nothing', async () => {
  const { manager, adapter } = open();
  const conversationContexts = conversations(10);
  await manager.migrateExistingMaps({ conversationContexts });
  await manager.migrateExistingMaps({ conversationContexts });
  expect(manager.migrationStats).toMatchObject({ conversationContexts: 10, errors: 0 });
  expect((await adapter.getConversationContext('org-1', '4930000003')).at(-1).content).toBe('4930000003');
});

test('a value that is written to the Map while it is moved is not lost', async () => {
  const { manager, adapter } = open();
  const conversationContexts = conversations(2000);
  const key = 'org-1:4930001999';
  const moving = manager.migrateExistingMaps({ conversationContexts });
  conversationContexts.set(key, [{ content: 'newer' }]);
  await moving;
  // Either the newer value was moved, or it still waits in the Map.
  const left = conversationContexts.get(key);
  const stored = await adapter.getConversationContext('org-1', '4930001999');
  expect(left ?? stored).toEqual([{ content: 'newer' }]);
});

test('an entry that cannot be moved stays, is counted, and does not stop the others', async () => {
  const { manager } = open();
  const conversationContexts = new Map([
    ['org-1:491', MESSAGES],
    ['org-1:492', [{ big: 1n }]],
    ['org-1:493', MESSAGES],
  ]);
  await manager.migrateExistingMaps({ conversationContexts });
  expect([...conversationContexts.keys()]).toEqual(['org-1:492']);
  expect(manager.migrationStats).toMatchObject({ conversationContexts: 2, errors: 1 });
});

test('nothing that Redis has not acknowledged leaves its Map when the server stops answering in the middle', async () => {
  const { manager } = open({ commandTimeout: 1000, connectTimeout: 1000, logLevel: 'off' });
  const conversationContexts = conversations(10_000);
  let paused = false;
  const moving = manager.migrateExistingMaps(
    { conversationContexts },
    {
      onProgress: ({ done }) => {
        if (done > 0 && !paused) {
          redis.pause();
          paused = true;
        }
      },
    },
  );
  await moving.catch(() => {});
  expect(paused).toBe(true);
  redis.resume();
  await until(async () => (await redis.command('PING')) === 'PONG', { what: 'the server to go on' });
  const stored = (await redis.keys('jack:dev:conversationContexts:*')).length;
  expect(conversationContexts.size).toBeGreaterThan(0);
  expect(stored + conversationContexts.size).toBeGreaterThanOrEqual(10_000);
}, 40_000);

test('works without Redis, into the memory store', async () => {
  const { redisMigrationManager: manager, cacheAdapter: adapter } = openPackage({ useRedis: false });
  const conversationContexts = conversations(1000);
  await manager.migrateExistingMaps({ conversationContexts });
  expect(conversationContexts.size).toBe(0);
  expect((await adapter.getConversationContext('org-1', '4930000999')).at(-1).content).toBe('4930000999');
});

test('takes no Maps, empty Maps and Maps that are not there', async () => {
  const { manager } = open();
  await manager.migrateExistingMaps({});
  await manager.migrateExistingMaps({ conversationContexts: new Map(), conversationSummaries: null });
});

test.each([
  ['a Map under an unknown name', { conversationContext: new Map() }, 'did you mean conversationContexts?'],
  ['an object', { conversationSummaries: { 'org:1': 'text' } }, 'conversationSummaries must be a Map'],
  ['a number', { phoneToLeadMapping: 5 }, 'phoneToLeadMapping must be a Map'],
  ['a Map alone', new Map(), 'an object of Maps'],
  ['null', null, 'an object of Maps'],
])('refuses %s before anything moves', async (_name, wrong, message) => {
  const { manager } = open();
  const known = conversations(10);
  const isWhole = wrong === null || wrong instanceof Map;
  const maps = isWhole ? wrong : { conversationContexts: known, ...wrong };
  expect(await rejection(manager.migrateExistingMaps(maps))).toMatchObject({
    code: 'E_ARGUMENT',
    message: expect.stringContaining(message),
  });
  expect(known.size).toBe(10);
  expect(await redis.command('DBSIZE')).toBe(0);
});

test('a Map that is migrated while Redis is away is answered from memory, stays, and replaces nothing', async () => {
  const server = await startRedis();
  const { redisMigrationManager: manager, cacheAdapter: adapter } = openPackage({
    url: server.url,
    commandTimeout: 1000,
    logLevel: 'off',
  });
  const other = openPackage({ url: server.url, logLevel: 'off' }).cacheAdapter;
  expect(await adapter.set('there', 1)).toBe(true);
  await server.kill();
  await until(() => !manager.redisManager.isConnected, { what: 'the loss of the connection' });
  const conversationContexts = new Map([
    ['org:1', MESSAGES],
    ['org:2', MESSAGES],
  ]);
  const { failed } = await manager.migrateExistingMaps({ conversationContexts });
  expect(failed).toBe(2);
  expect(conversationContexts.size).toBe(2);
  expect(await adapter.getConversationContext('org', '1')).toEqual(MESSAGES);
  await server.launch();
  const newer = [{ role: 'user', content: 'newer' }];
  await until(() => other.setConversationContext('org', '2', newer), { what: 'the other to store' });
  await until(() => manager.redisManager.isConnected, { timeoutMs: 10_000, what: 'the reconnect' });
  expect(await adapter.getConversationContext('org', '2')).toEqual(newer);
  await until(async () => (await adapter.getStats()).cache.redis.journal.entries === 0, {
    what: 'the replay',
  });
  expect(await other.getConversationContext('org', '2')).toEqual(newer);
});
