'use strict';

const { openPackage } = require('../support/package');
const { runProgram } = require('../support/process');
const { startRedis, withRedis } = require('../support/redis');
const { killWatchConnections, near, untilNear } = require('../support/near');
const { rejection, until } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });

describe.each(['loop', 'thread'])('copies in this process, with the %s driver', (driver) => {
  let orgcache;
  let adapter;

  beforeEach(() => {
    orgcache = openPackage({ url: redis.url, driver, logLevel: 'off', keyPrefix: `${driver}:` });
    adapter = orgcache.cacheAdapter;
  });

  afterEach(() => orgcache.shutdown({ timeoutMs: 500 }));

  const gets = async () =>
    Number(/cmdstat_get:calls=(\d+)/.exec(await redis.command('INFO', 'commandstats'))?.[1] ?? 0);

  const keyOf = async (pattern) => {
    const [key] = await redis.keys(pattern);
    return key;
  };

  test('answer the third read of a value, and those after it, without a word to Redis', async () => {
    await adapter.set('a', { name: 'first' });
    expect(await untilNear(orgcache, () => adapter.get('a'))).toEqual({ name: 'first' });
    const before = await gets();
    for (let i = 0; i < 100; i++) expect(await adapter.get('a')).toEqual({ name: 'first' });
    expect(await gets()).toBe(before);
    expect(await near(orgcache)).toMatchObject({ mode: 'tracking', reason: null, sessions: 1, entries: 1 });
  });

  test('answer every kind that is kept as a text, and values of cacheManager', async () => {
    await adapter.setConversationContext('org', '+49301', [{ text: 'äöü' }]);
    await adapter.setPhoneToLeadMapping('+49302', 'lead');
    await adapter.setAgentConfig('agent', '+49303', true);
    await adapter.setOrganizationData('org', 'The name');
    await orgcache.cacheManager.set('report', { a: 1 }, { organizationId: 'org' }).catch(() => {});
    const reads = [
      [() => adapter.getConversationContext('org', '+49301'), [{ text: 'äöü' }]],
      [() => adapter.getPhoneToLeadMapping('+49302'), 'lead'],
      [() => adapter.getLeadToPhoneMapping('lead'), '+49302'],
      [() => adapter.getAgentConfig('agent', '+49303'), true],
      [() => adapter.getOrganizationData('org'), 'The name'],
    ];
    for (const [read, value] of reads) {
      expect(await untilNear(orgcache, read)).toEqual(value);
      expect(await read()).toEqual(value);
    }
  });

  test('show what another client writes within milliseconds', async () => {
    await adapter.set('a', 1);
    expect(await untilNear(orgcache, () => adapter.get('a'))).toBe(1);
    const key = await keyOf('*kv:a*');
    for (let value = 2; value < 50; value++) {
      await redis.command('SET', key, String(value), 'PX', '60000');
      await until(async () => (await adapter.get('a')) === value, { timeoutMs: 500, everyMs: 1 });
    }
    await redis.command('DEL', key);
    await until(async () => (await adapter.get('a')) === null, { timeoutMs: 500, everyMs: 1 });
  });

  test('never answer what an own write has replaced, whether it was waited for or not', async () => {
    await adapter.set('a', 0);
    for (let value = 1; value <= 300; value++) {
      // A key whose copy was refused is wished for again after a second.
      if (value % 60 === 0) await untilNear(orgcache, () => adapter.get('a'));
      const written = adapter.set('a', value);
      const [, atOnce] = await Promise.all([written, adapter.get('a')]);
      expect(atOnce).toBe(value);
      expect(await adapter.get('a')).toBe(value);
    }
    expect(await adapter.delete('a')).toBe(true);
    expect(await adapter.get('a')).toBeNull();
  });

  test('end with the value', async () => {
    await adapter.set('a', 1, 1);
    await untilNear(orgcache, () => adapter.get('a'));
    const key = await keyOf('*kv:a*');
    await until(async () => (await redis.command('EXISTS', key)) === 0, { timeoutMs: 5000 });
    expect(await adapter.get('a')).toBeNull();
  });

  test('go with FLUSHALL', async () => {
    await adapter.set('a', 1);
    await untilNear(orgcache, () => adapter.get('a'));
    await redis.command('FLUSHALL');
    await until(async () => (await adapter.get('a')) === null, { timeoutMs: 500, everyMs: 1 });
    await adapter.set('a', 2);
    expect(await untilNear(orgcache, () => adapter.get('a'))).toBe(2);
  });

  test('go when their organization is cleared, and others stay', async () => {
    for (const org of ['one', 'two']) {
      await adapter.setConversationContext(org, '+491', [org]);
      await untilNear(orgcache, () => adapter.getConversationContext(org, '+491'));
    }
    const cleared = adapter.clearOrganizationCache('one');
    expect(await adapter.getConversationContext('one', '+491')).toBeNull();
    await cleared;
    expect(await adapter.getConversationContext('one', '+491')).toBeNull();
    const before = (await near(orgcache)).hits;
    expect(await adapter.getConversationContext('two', '+491')).toEqual(['two']);
    expect((await near(orgcache)).hits).toBe(before + 1);
  });

  test('go with the watch connection, and come back with the next one', async () => {
    await adapter.set('a', 1);
    await untilNear(orgcache, () => adapter.get('a'));
    const key = await keyOf('*kv:a*');
    expect(await killWatchConnections(redis)).toBeGreaterThan(0);
    await redis.command('SET', key, '2', 'PX', '60000');
    await until(async () => (await adapter.get('a')) === 2, { timeoutMs: 1500, everyMs: 1 });
    expect(await untilNear(orgcache, () => adapter.get('a'))).toBe(2);
  });

  test('are refused to closed instances, to calls without an organization and to aborted calls, as ever', async () => {
    const own = openPackage({ url: redis.url, driver, logLevel: 'off', requireOrganization: true });
    const strict = own.cacheAdapter;
    await strict.setConversationContext('org', '+491', [1]);
    await untilNear(own, () => strict.getConversationContext('org', '+491'));
    expect(await rejection(strict.getConversationContext(null, '+491'))).toMatchObject({ code: 'E_KEY' });
    expect(await rejection(strict.getConversationContext('org'))).toMatchObject({ code: 'E_KEY' });
    expect(await rejection(strict.getConversationContext('org', {}))).toMatchObject({ code: 'E_KEY' });
    const aborted = strict.getConversationContext('org', '+491', { signal: AbortSignal.abort('no') });
    expect(await rejection(aborted.catch((reason) => Promise.reject({ reason })))).toEqual({ reason: 'no' });
    await own.shutdown();
    expect(await rejection(strict.getConversationContext('org', '+491'))).toMatchObject({ code: 'E_CLOSED' });
  });

  test('do not answer while Redis is turned off for the adapter', async () => {
    await adapter.set('a', 1);
    await untilNear(orgcache, () => adapter.get('a'));
    adapter.useRedis = false;
    expect(await adapter.get('a')).toBeNull();
    adapter.useRedis = true;
    expect(await adapter.get('a')).toBe(1);
  });

  test('are right beside a server that tracks 100 keys at most', async () => {
    const server = await startRedis({ args: ['--tracking-table-max-keys', '100'] });
    const own = openPackage({ url: server.url, driver, logLevel: 'off' });
    const keys = Array.from({ length: 400 }, (_, index) => `k${index}`);
    await Promise.all(keys.map((key) => own.cacheAdapter.set(key, 0)));
    for (let round = 1; round <= 5; round++) {
      for (let i = 0; i < 3; i++) await own.cacheAdapter.getMany(keys);
      for (const key of (await server.keys('*kv:*')).slice(0, 200)) {
        await server.command('SET', key, String(round), 'PX', '60000');
      }
      await until(async () => {
        const values = await own.cacheAdapter.getMany(keys);
        return values.filter((value) => value === round).length === 200;
      });
    }
    expect(await near(own)).toMatchObject({ mode: 'tracking' });
  });
});

test('a write of another thread is never answered by an older copy once it is acknowledged', async () => {
  const { report } = await runProgram('near-threads.cjs', {
    env: { REDIS_URL: redis.url, CACHE_LOG: 'off' },
    args: { rounds: 400 },
    timeoutMs: 60_000,
  });
  expect(report).toMatchObject({ rounds: 400, older: 0 });
  expect(report.hits).toBeGreaterThan(100);
}, 70_000);

test('a user without the right to track reads from Redis, and the health check says what to grant', async () => {
  const server = await startRedis({ users: ['user plain on >secret ~* &* +@all -client|tracking'] });
  const orgcache = openPackage({ url: `redis://plain:secret@127.0.0.1:${server.port}`, logLevel: 'off' });
  const { cacheAdapter: adapter } = orgcache;
  await adapter.set('a', 1);
  await until(async () => {
    expect(await adapter.get('a')).toBe(1);
    return (await near(orgcache)).mode === 'off';
  });
  const health = await adapter.healthCheck();
  expect(health.status).toBe('healthy');
  expect(health.near).toEqual({ mode: 'off', reason: expect.stringContaining('+client|tracking') });
});

test('the options turn copies off, choose kinds and bounds, and refuse what is no kind', async () => {
  const off = openPackage({ url: redis.url, logLevel: 'off', near: false });
  await off.cacheAdapter.set('a', 1);
  for (let i = 0; i < 5; i++) await off.cacheAdapter.get('a');
  expect(await near(off)).toMatchObject({ mode: 'disabled', hits: 0, maxBytes: 0 });

  const some = openPackage({
    url: redis.url,
    logLevel: 'off',
    keyPrefix: 'some:',
    near: { kinds: ['dynamicLead'], maxBytes: 1 << 20, maxStalenessMs: 500 },
  });
  const { cacheAdapter: adapter } = some;
  await adapter.setDynamicLead('l', { a: 1 });
  await untilNear(some, () => adapter.getDynamicLead('l'));
  await adapter.set('a', 1);
  for (let i = 0; i < 5; i++) await adapter.get('a');
  const report = await near(some);
  expect(report).toMatchObject({ maxBytes: 1 << 20, entries: 1 });
  expect(Object.keys(report.kinds)).toEqual(['dynamicLead']);

  const wrong = openPackage({ url: redis.url, logLevel: 'off', near: { kinds: ['leads'] } });
  expect(await rejection(wrong.cacheAdapter.get('a'))).toMatchObject({
    code: 'E_CONFIG',
    message: expect.stringMatching(/near\.kinds.*dynamicLead/),
  });
  const object = openPackage({ url: redis.url, logLevel: 'off', near: { size: 1 } });
  expect(await rejection(object.cacheAdapter.get('a'))).toMatchObject({ code: 'E_CONFIG' });
});

test('an instance without Redis has no copies', async () => {
  const embedded = openPackage({ useRedis: false });
  await embedded.cacheAdapter.set('a', 1);
  expect(await near(embedded)).toMatchObject({ mode: 'disabled' });
});

test('instances of one process share the copies and the connection', async () => {
  const open = () => openPackage({ url: redis.url, logLevel: 'off', keyPrefix: 'shared:' });
  const [first, second] = [open(), open()];
  await first.cacheAdapter.set('a', 1);
  await untilNear(first, () => first.cacheAdapter.get('a'));
  await second.cacheAdapter.get('other');
  const before = (await near(second)).hits;
  expect(await second.cacheAdapter.get('a')).toBe(1);
  expect((await near(second)).hits).toBe(before + 1);
  await first.shutdown();
  expect(await second.cacheAdapter.get('a')).toBe(1);
  expect((await near(second)).hits).toBe(before + 2);
});
