'use strict';

const { openPackage } = require('./support/package');
const { startRedis } = require('./support/redis');
const { until } = require('./support/wait');

describe.each(['loop', 'thread'])('an outage, with the %s driver', (driver) => {
  test('is forgotten when Redis is back: a later one answers nothing that is old by then', async () => {
    const redis = await startRedis();
    const { cacheAdapter, redisManager } = openPackage({ url: redis.url, driver, logLevel: 'off' });
    await cacheAdapter.set('k', 'before');
    await redis.kill();
    await until(() => !redisManager.isConnected, { what: 'the outage to be noticed' });
    expect(await cacheAdapter.set('k', 'during')).toBe(false);
    expect(await cacheAdapter.get('k')).toBe('during');
    await redis.restart();
    await until(() => redisManager.isConnected, { timeoutMs: 10_000, what: 'the connection' });
    expect(await cacheAdapter.set('k', 'after')).toBe(true);
    await redis.kill();
    await until(() => !redisManager.isConnected, { what: 'the second outage to be noticed' });
    expect(await cacheAdapter.get('k')).toBeNull();
  });
});

describe('clearing an organization', () => {
  test('answers how many values there were, and false where Redis cannot be reached', async () => {
    const redis = await startRedis();
    const { cacheAdapter, redisManager } = openPackage({ url: redis.url, logLevel: 'off' });
    await cacheAdapter.setConversationContext('org-1', '+1', [1]);
    await cacheAdapter.setOrganizationData('org-1', 'One');
    expect(await cacheAdapter.clearOrganizationCache('org-1')).toBe(2);
    expect(await cacheAdapter.clearOrganizationCache('org-1')).toBe(0);
    await redis.kill();
    await until(() => !redisManager.isConnected, { what: 'the outage to be noticed' });
    expect(await cacheAdapter.clearOrganizationCache('org-1')).toBe(false);
  });
});

describe('a raw command that would harm the calls it shares a connection with', () => {
  test.each([
    ['SUBSCRIBE', 'news'],
    ['SELECT', '1'],
    ['MULTI'],
    ['blpop', 'list', 0],
    ['XREAD', 'BLOCK', 0, 'STREAMS', 's', '$'],
    ['CLIENT', 'REPLY', 'OFF'],
  ])('%s is refused and not sent', async (...command) => {
    const redis = await startRedis();
    const client = openPackage({ url: redis.url }).redisManager.getClient();
    await client.set('k', 'v');
    await expect(client.call(...command)).rejects.toMatchObject({ code: 'E_REPLY', redisCode: 'ERR' });
    expect(await client.get('k')).toBe('v');
  });
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
