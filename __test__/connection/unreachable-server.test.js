'use strict';

const { openPackage } = require('../support/package');
const { startRedis, withRedis } = require('../support/redis');
const { startSilentServer, closedPort } = require('../support/silent-server');
const { MESSAGES, PHONE } = require('../support/adapter-methods');
const { rejection, within } = require('../support/wait');

const TIMEOUT_MS = 700;
// Allowance for timers and a busy machine.
const SLACK_MS = 400;

const redis = withRedis({ password: 'server-canary', databases: 2 });

const FAILURES = [
  ['a port where nobody listens', /E_CONNECT/, async () => ({ host: '127.0.0.1', port: await closedPort() })],
  ['a host that does not resolve', /E_CONNECT|E_TIMEOUT/, async () => ({ host: 'no-such-host.invalid' })],
  [
    'a server that accepts and never answers',
    /E_TIMEOUT|E_CONNECT/,
    async () => ({ host: '127.0.0.1', port: (await startSilentServer()).port }),
  ],
  [
    'a wrong password',
    /WRONGPASS/,
    async () => ({ host: redis.host, port: redis.port, password: 'wrong-canary' }),
  ],
  [
    'a database number that does not exist',
    /ERR|E_REPLY/,
    async () => ({ host: redis.host, port: redis.port, password: 'server-canary', db: 7 }),
  ],
];

describe.each(['thread', 'loop'])('with the %s driver', (driver) => {
  describe.each(FAILURES)('%s', (_name, reason, where) => {
    let orgcache;
    const inTime = (call, what) => within(TIMEOUT_MS + SLACK_MS, call, what);

    beforeAll(async () => {
      const options = { connectTimeout: TIMEOUT_MS, commandTimeout: TIMEOUT_MS, logLevel: 'off', driver };
      orgcache = openPackage({ ...options, ...(await where()) });
    });

    test('answers every adapter call within the command timeout', async () => {
      const { cacheAdapter: adapter } = orgcache;
      const calls = [
        adapter.getConversationContext('org-1', PHONE),
        adapter.setConversationContext('org-2', PHONE, MESSAGES),
        adapter.setPhoneToLeadMapping(PHONE, 'lead-1'),
        adapter.get('a'),
        adapter.delete('b'),
        adapter.clearOrganizationCache('org-3'),
      ];
      const { value } = await inTime(Promise.all(calls), 'the first six calls');
      expect(value[0]).toBeNull();
      expect(typeof value[1]).toBe('boolean');
      const again = await inTime(adapter.getConversationContext('org-2', PHONE), 'a later get');
      expect(again.value).toEqual(MESSAGES);
    });

    test('answers the migration manager’s calls, and the Map keeps its entry', async () => {
      const map = new Map([['org-4:1234567890', MESSAGES]]);
      const get = orgcache.redisMigrationManager.getConversationContext('org-4', PHONE, map);
      expect((await inTime(get, 'the get')).value).toEqual(MESSAGES);
      expect(map.size).toBe(1);
    });

    test('answers the health within the command timeout and names the reason', async () => {
      const { value: health } = await inTime(orgcache.cacheAdapter.healthCheck(), 'the health check');
      expect(health.redis.status).not.toBe('healthy');
      expect(JSON.stringify(health.redis)).toMatch(reason);
      expect(JSON.stringify(health)).not.toMatch(/server-canary|wrong-canary/);
      expect((await orgcache.cacheAdapter.getStats()).cache.redis.isConnected).toBe(false);
      expect(await orgcache.redisManager.isReady()).toBe(false);
    });

    test('rejects a raw call within the command timeout', async () => {
      const { value: error } = await inTime(
        rejection(orgcache.redisManager.getClient().get('a')),
        'the raw get',
      );
      expect(error.name).toBe('OrgCacheError');
      expect(`${error.code} ${error.redisCode ?? ''} ${error.message}`).toMatch(reason);
    });

    test('shuts down at once', async () => {
      await inTime(orgcache.shutdown({ timeoutMs: TIMEOUT_MS }), 'the shutdown');
    });
  });

  test('a server that stops answering costs a call no more than the command timeout', async () => {
    const server = await startRedis();
    const { cacheAdapter: adapter, redisManager } = openPackage({
      url: server.url,
      commandTimeout: TIMEOUT_MS,
      connectTimeout: TIMEOUT_MS,
      logLevel: 'off',
      driver,
    });
    expect(await adapter.set('a', 1)).toBe(true);
    server.pause();
    try {
      const calls = [adapter.get('a'), adapter.set('b', 2), adapter.get('missing'), adapter.getStats()];
      await within(TIMEOUT_MS + SLACK_MS, Promise.all(calls), 'the calls');
      const error = rejection(redisManager.getClient().get('a'));
      expect((await within(TIMEOUT_MS + SLACK_MS, error, 'the raw get')).value.code).toMatch(
        /E_TIMEOUT|E_CONNECT|E_UNKNOWN_OUTCOME/,
      );
    } finally {
      server.resume();
    }
  });
});
