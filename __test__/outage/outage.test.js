'use strict';

const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { until } = require('../support/wait');

describe.each(['loop', 'thread'])('an outage, with the %s driver', (driver) => {
  async function outage(options) {
    const redis = await startRedis();
    const orgcache = openPackage({ url: redis.url, driver, logLevel: 'off', ...options });
    const { cacheAdapter, redisManager } = orgcache;
    await cacheAdapter.set('before', 'before');
    await redis.kill();
    await until(() => !redisManager.isConnected, { what: 'the outage to be noticed' });
    return { redis, ...orgcache };
  }

  function recovered(cacheAdapter) {
    return new Promise((resolve) => cacheAdapter.once('recovered', resolve));
  }

  test('loses no set: it answers true, is answered meanwhile, and is in Redis afterwards', async () => {
    const { cacheAdapter, redis } = await outage();
    expect(await cacheAdapter.set('k', 'during')).toBe(true);
    expect(await cacheAdapter.get('k')).toBe('during');
    expect(await cacheAdapter.get('before')).toBe('before');
    expect(await cacheAdapter.get('never written')).toBeNull();
    const back = recovered(cacheAdapter);
    await redis.restart();
    await back;
    expect(await redis.command('GET', 'jack:dev:kv:k')).toBe('"during"');
    expect(await cacheAdapter.get('k')).toBe('during');
  });

  test('tells with every change of state how things stand', async () => {
    const { cacheAdapter, redis } = await outage();
    await cacheAdapter.set('k', 'during');
    const told = {};
    for (const name of ['recovering', 'replay']) cacheAdapter.once(name, (event) => (told[name] = event));
    const back = recovered(cacheAdapter);
    await redis.restart();
    const after = await back;
    expect(told.recovering).toMatchObject({
      state: 'recovering',
      from: 'degraded',
      lastError: 'E_CONNECT',
      // As it is when the event is delivered: with the thread driver the replay may be over by then.
      journal: { entries: driver === 'loop' ? 1 : expect.any(Number) },
      breaker: { state: 'closed' },
    });
    expect(told.replay).toMatchObject({ superseded: 0, refused: 0 });
    expect(after).toMatchObject({
      state: 'ready',
      from: 'recovering',
      journal: { entries: 0 },
      reconnects: 1,
    });
    expect(after.stateSince).toBeGreaterThan(1_600_000_000_000);
  });

  test('answers the newest value in the next outage', async () => {
    const { cacheAdapter, redis, redisManager } = await outage();
    await cacheAdapter.set('k', 'during');
    const back = recovered(cacheAdapter);
    await redis.restart();
    await back;
    await cacheAdapter.set('k', 'after');
    await redis.kill();
    await until(() => !redisManager.isConnected, { what: 'the second outage to be noticed' });
    expect(await cacheAdapter.get('k')).toBe('after');
  });

  test('leaves a write that a full journal cannot take to its caller, and says so', async () => {
    const { cacheAdapter, redis } = await outage({ journalMaxBytes: 4096 });
    const errors = [];
    cacheAdapter.on('error', ({ code }) => errors.push(code));
    const answers = [];
    for (let i = 0; i < 40; i++) answers.push(await cacheAdapter.set(`k${i}`, i));
    expect(answers[0]).toBe(true);
    expect(answers.at(-1)).toBe(false);
    await until(() => errors.includes('E_OVERLOADED'), { what: 'the error' });
    const back = recovered(cacheAdapter);
    await redis.restart();
    await back;
    const stored = await Promise.all(answers.map((_, i) => redis.command('EXISTS', `jack:dev:kv:k${i}`)));
    expect(stored).toEqual(answers.map(Number));
  });

  test('is over for organizations that were cleared meanwhile, too', async () => {
    const { cacheAdapter, redis } = await outage();
    await cacheAdapter.setConversationContext('org-1', '+1', [1]);
    expect(await cacheAdapter.clearOrganizationCache('org-1')).toBe(1);
    expect(await cacheAdapter.getConversationContext('org-1', '+1')).toBeNull();
    await cacheAdapter.setConversationContext('org-1', '+2', [2]);
    const back = recovered(cacheAdapter);
    await redis.restart();
    await back;
    expect(await redis.keys('jack:dev:conversationContexts:*')).toEqual([
      'jack:dev:conversationContexts:org-1:2',
    ]);
  });
});

describe('clearing an organization', () => {
  test('answers how many values there were', async () => {
    const redis = await startRedis();
    const { cacheAdapter } = openPackage({ url: redis.url, logLevel: 'off' });
    await cacheAdapter.setConversationContext('org-1', '+1', [1]);
    await cacheAdapter.setOrganizationData('org-1', 'One');
    expect(await cacheAdapter.clearOrganizationCache('org-1')).toBe(2);
    expect(await cacheAdapter.clearOrganizationCache('org-1')).toBe(0);
  });
});

describe('a raw command that would harm the calls it shares a connection with', () => {
  test.each([['SELECT', '1'], ['MULTI'], ['CLIENT', 'REPLY', 'OFF']])(
    '%s is refused and not sent',
    async (...command) => {
      const redis = await startRedis();
      const client = openPackage({ url: redis.url }).redisManager.getClient();
      await client.set('k', 'v');
      await expect(client.call(...command)).rejects.toMatchObject({ code: 'E_REPLY', redisCode: 'ERR' });
      expect(await client.get('k')).toBe('v');
    },
  );
});

describe('configuration that is allowed but likely not meant', () => {
  test('is warned of in the log', async () => {
    const lines = [];
    const logger = { error() {}, info() {}, debug() {}, warn: (line) => lines.push(line) };
    const { cacheAdapter } = openPackage({ host: '127.0.0.1', port: 1, tls: { insecure: true }, logger });
    await cacheAdapter.get('k');
    await until(() => lines.some((line) => /verif/i.test(line)), { what: 'the warning' });
  });
});

describe('lazyConnect', () => {
  test('false connects within configure(), before any call', async () => {
    const redis = await startRedis();
    const { redisManager } = openPackage({ url: redis.url, lazyConnect: false });
    await until(() => redisManager.isConnected, { what: 'the connection' });
  });
});
