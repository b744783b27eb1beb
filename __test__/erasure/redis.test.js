'use strict';

const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { PHONE, erasureContract, fill } = require('../support/erasure-contract');
const { onEnd } = require('../support/cleanup');
const { near, untilNear } = require('../support/near');
const { openPackage, PACKAGE_ROOT } = require('../support/package');
const { withRedis } = require('../support/redis');
const { rejection, until } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });

afterEach(async () => {
  if (!redis.isUp) await redis.restart();
});

const open = (options) => openPackage({ url: redis.url, logLevel: 'off', commandTimeout: 1000, ...options });

/** Reads the content of every key, by its name. */
async function snapshot() {
  const all = new Map();
  for (const key of await redis.keys()) all.set(key, String(await redis.commandBuffer('DUMP', key)));
  return all;
}

const numbered = (count) => Array.from({ length: count }, (_, number) => [`k${number}`, number]);

/** Runs `action` once the server is given a command that shows this text. */
async function onFirst(text, action) {
  const monitor = net.connect(redis.port, '127.0.0.1');
  onEnd(() => monitor.destroy());
  monitor.write('MONITOR\r\n');
  await new Promise((resolve) => {
    let seen = '';
    monitor.on('data', (bytes) => {
      seen = (seen + bytes).slice(-1000);
      if (seen.toLowerCase().includes(text)) resolve();
    });
  });
  await action();
}

const named = async (name) => (await redis.keys()).filter((key) => key.includes(name));

describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
  erasureContract(() => open({ driver }), { snapshot });
});

test('no key shows the name of the organization any more, whoever wrote it', async () => {
  const [here, there] = [open(), open()];
  await fill(here, 'acme');
  // Caches that `here` never opened, and what the JavaScript layer left.
  await there
    .createCache({ name: 'elsewhere' })
    .org('acme')
    .set('1', 1, { tags: ['x'] });
  await redis.command('HSET', 'jack:dev:conversationContexts:global', `acme:${PHONE}`, '[]', 'other:1', '[]');
  await redis.command('SET', 'jack:dev:organization:acme:global', '{"name":"acme"}');
  await redis.command('SET', 'jack:dev:historyCache:acme:1:global', '[]');
  const late = there.createCache({ name: 'elsewhere' }).org('acme');
  let release;
  const held = late.getOrSet(
    'held',
    () =>
      new Promise((resolve) => {
        release = resolve;
      }),
  );
  await until(async () => (await named('!lease:acme')).length > 0);
  const report = await here.eraseOrganization('acme', { verify: 'scan' });
  expect(report).toMatchObject({ remaining: 0, rooms: { legacy: { entries: 3 }, leases: { entries: 1 } } });
  expect(await named('acme')).toEqual([]);
  expect(await redis.command('HKEYS', 'jack:dev:conversationContexts:global')).toEqual(['other:1']);
  release('made');
  expect(await held).toBe('made');
  expect(await named('acme')).toEqual([]);
});

test('a value that its index has lost is erased too', async () => {
  const orgcache = open();
  await orgcache.cacheManager.set('settings', 1, 60, 'acme');
  await orgcache.createCache({ name: 'users' }).org('acme').set('1', 1);
  await redis.command('DEL', 'jack:dev:!index:acme', 'jack:dev:!indexes:acme', 'jack:dev:!index:acme:users');
  const { rooms, remaining } = await orgcache.eraseOrganization('acme');
  expect([rooms.values.entries, rooms.caches.entries, remaining]).toEqual([1, 1, 0]);
  expect(await named('acme')).toEqual([]);
});

test('a large organization goes in pages, and in the time of others', async () => {
  const orgcache = open();
  const entries = orgcache.createCache({ name: 'users' }).org('acme');
  await entries.setMany(numbered(3000));
  await orgcache.createCache({ name: 'users' }).org('other').set('k', 1);
  const { rooms } = await orgcache.eraseOrganization('acme', { verify: 'scan' });
  expect(rooms.caches.entries).toBe(3000);
  expect(await orgcache.createCache({ name: 'users' }).org('other').get('k')).toBe(1);
});

test('what another process writes all the time is reported as remaining', async () => {
  const [here, there] = [open(), open()];
  let isOn = true;
  const writing = (async () => {
    for (let number = 0; isOn; number++) await redis.command('SET', `jack:dev:settings:acme:${number}`, '1');
  })();
  await until(async () => (await named('acme')).length > 0);
  // A clearing mark is made by each round, so a scan always finds what came in between.
  const report = await here.eraseOrganization('acme', { verify: 'scan' });
  isOn = false;
  await writing;
  expect(report.entries).toBeGreaterThan(0);
  expect(await here.eraseOrganization('acme', { verify: 'scan' })).toMatchObject({ remaining: 0 });
  await there.shutdown();
});

test('what another process has written meanwhile is found by a second look and erased', async () => {
  const orgcache = open();
  await orgcache.createCache({ name: 'users' }).org('other').setMany(numbered(3000));
  await orgcache.cacheManager.set('settings', 1, 60, 'acme');
  // Half of these land where the scan has been already.
  const write = () =>
    Promise.all(numbered(50).map(([name]) => redis.command('SET', `jack:dev:late:acme:${name}`, '1')));
  const written = onFirst('"scan"', write);
  const report = await orgcache.eraseOrganization('acme', { verify: 'scan' });
  await written;
  expect(report).toMatchObject({ remaining: 0, rooms: { values: { entries: 51 } } });
  expect(await named('acme')).toEqual([]);
});

test('near copies and the memory for outages go, in all instances and threads of the process', async () => {
  const [here, there] = [open(), open()];
  await here.cacheManager.set('settings', { of: 'acme' }, 600, 'acme');
  await untilNear(there, () => there.cacheManager.get('settings', 'acme'));
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     const { cacheManager, configure } = require(workerData.root);
     configure({ url: workerData.url, logLevel: 'off' });
     parentPort.on('message', async (what) => {
       const answer = what === 'set' ? cacheManager.set('settings', 1, 60, 'acme') : cacheManager.get('settings', 'acme');
       parentPort.postMessage(await answer.catch((error) => error.code));
     });`,
    { eval: true, workerData: { root: PACKAGE_ROOT, url: redis.url } },
  );
  onEnd(() => worker.terminate());
  const ask = (what) =>
    new Promise((resolve) => {
      worker.once('message', resolve);
      worker.postMessage(what);
    });
  expect(await ask('get')).toEqual({ of: 'acme' });
  const { rooms } = await here.eraseOrganization('acme');
  expect(rooms.near.entries).toBe(1);
  expect(rooms.near.bytes).toBeGreaterThan(0);
  // Each of the two has memory of its own, and so has the worker.
  expect(rooms.memory.entries).toBeGreaterThanOrEqual(2);
  await redis.kill();
  await until(() => !there.redisManager.isReady());
  expect(await there.cacheManager.get('settings', 'acme')).toBeNull();
  expect(await ask('get')).toBeNull();
  expect((await near(there)).entries).toBe(0);
});

test('a thread of the process is refused writes while another one erases', async () => {
  const here = open();
  await here
    .createCache({ name: 'users' })
    .org('acme')
    .setMany(Array.from({ length: 500 }, (_, i) => [`${i}`, i]));
  const there = open();
  await there.ready();
  const erasing = here.eraseOrganization('acme');
  expect(await rejection(there.cacheManager.set('settings', 1, 60, 'acme'))).toMatchObject({
    code: 'E_ERASING',
  });
  await erasing;
});

describe('in an outage', () => {
  test('it rejects with E_CONNECT and erases nothing, not in memory either', async () => {
    const orgcache = open();
    await orgcache.cacheManager.set('settings', 1, 600, 'acme');
    await redis.pause();
    await until(() => !orgcache.redisManager.isReady(), { timeoutMs: 15_000 });
    expect(await orgcache.cacheManager.set('settings', 2, 600, 'acme')).toBe(true);
    const error = await rejection(orgcache.eraseOrganization('acme'));
    expect(error).toMatchObject({ code: 'E_CONNECT', retryable: true });
    expect(await orgcache.cacheManager.get('settings', 'acme')).toBe(2);
    redis.resume();
    await until(() => orgcache.redisManager.isReady(), { timeoutMs: 15_000 });
    await until(async () => (await redis.command('GET', 'jack:dev:settings:acme')) === '2');
    expect(await orgcache.eraseOrganization('acme', { verify: 'scan' })).toMatchObject({ remaining: 0 });
    expect(await named('acme')).toEqual([]);
  }, 60_000);

  test('where Redis goes away in between it says that a part may be left', async () => {
    const orgcache = open();
    await orgcache
      .createCache({ name: 'users' })
      .org('acme')
      .setMany(Array.from({ length: 2000 }, (_, i) => [`${i}`, i]));
    // So many keys that a scan takes a while, made in steps that do not hold the server up.
    const fillStep = "for i = 1, 5000 do redis.call('SET', ARGV[1] .. ':' .. i, '1') end return 1";
    for (let step = 0; step < 60; step++) await redis.command('EVAL', fillStep, '0', `x${step}`);
    await until(() => orgcache.redisManager.isReady());
    const erasing = rejection(orgcache.eraseOrganization('acme'));
    await until(async () => (await redis.command('EXISTS', 'jack:dev:!entry:acme:users:0')) === 0, {
      everyMs: 1,
    });
    await redis.kill();
    const error = await erasing;
    expect(error).toMatchObject({ code: 'E_UNKNOWN_OUTCOME', retryable: true });
    expect(error.message).toMatch(/call eraseOrganization\(\) again/);
  }, 60_000);

  test('what the journal holds is dropped before it is replayed, from its file too', async () => {
    const journalDir = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-erasure-'));
    onEnd(() => fs.rmSync(journalDir, { recursive: true, force: true }));
    const orgcache = open({ journalDir });
    await orgcache.ready();
    await redis.kill();
    await until(() => !orgcache.redisManager.isReady());
    await orgcache.cacheManager.set('settings', 'canary-of-acme', 600, 'acme');
    await orgcache.createCache({ name: 'users' }).org('acme').invalidateTags(['t']);
    await orgcache.cacheManager.set('settings', 'kept', 600, 'other');
    await orgcache.cacheManager.clearOrganizationCache('acme');
    await orgcache.cacheManager.set('settings', 'canary-of-acme', 600, 'acme');
    // The server refuses what the journal replays, so its entries stay there.
    await redis.restart();
    await redis.command('ACL', 'SETUSER', 'default', '-eval', '-evalsha', '-multi', '-set');
    await until(() => orgcache.redisManager.isReady(), { timeoutMs: 15_000 });
    const journal = async () => (await orgcache.cacheAdapter.getStats()).cache.redis.journal.entries;
    expect(await journal()).toBeGreaterThan(0);
    expect(await rejection(orgcache.eraseOrganization('acme'))).toMatchObject({ code: 'E_REPLY' });
    const files = fs.readdirSync(journalDir).map((file) => path.join(journalDir, file));
    const bytes = files.map((file) => fs.readFileSync(file, 'latin1')).join('');
    expect(bytes).not.toContain('canary-of-acme');
    expect(bytes).toContain('kept');
    await redis.command('ACL', 'SETUSER', 'default', '+@all');
    expect(await orgcache.eraseOrganization('acme', { verify: 'scan' })).toMatchObject({ remaining: 0 });
    await until(async () => (await redis.command('GET', 'jack:dev:settings:other')) !== null, {
      timeoutMs: 15_000,
    });
    expect(await named('acme')).toEqual([]);
  }, 60_000);

  test('it gives up after timeoutMs', async () => {
    const orgcache = open();
    await orgcache.ready();
    expect(await rejection(orgcache.eraseOrganization('acme', { timeoutMs: 0.001 }))).toMatchObject({
      code: 'E_TIMEOUT',
    });
    expect(await orgcache.cacheManager.set('settings', 1, 60, 'acme')).toBe(true);
  });
});
