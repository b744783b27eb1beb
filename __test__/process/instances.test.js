'use strict';

const { onEnd } = require('../support/cleanup');
const { openPackage } = require('../support/package');
const { startRedis, withRedis } = require('../support/redis');
const { closedPort, startSilentServer } = require('../support/silent-server');
const { rejection, until, within } = require('../support/wait');
const { MESSAGES } = require('../support/adapter-methods');

const LOG_OFF = { logLevel: 'off' };

const redis = withRedis({ password: 'instance-canary', flushBeforeEach: true });

describe('ready()', () => {
  test('resolves when Redis can be called, and is healthy then', async () => {
    const { ready, cacheAdapter } = openPackage({ url: redis.url, ...LOG_OFF });
    expect(await ready()).toBeUndefined();
    expect(await cacheAdapter.healthCheck()).toMatchObject({
      status: 'healthy',
      adapter: { status: 'healthy' },
      redis: { status: 'healthy' },
    });
  });

  test('resolves at once without Redis, which is healthy too', async () => {
    const { ready, cacheAdapter } = openPackage({ useRedis: false });
    await ready({ timeoutMs: 0 });
    expect(await cacheAdapter.healthCheck()).toMatchObject({
      status: 'healthy',
      redis: { status: 'disabled' },
    });
  });

  test('waits for a server that comes later', async () => {
    const server = await startRedis();
    await server.kill();
    const { ready } = openPackage({ url: server.url, ...LOG_OFF });
    const waiting = ready({ timeoutMs: 20_000 });
    await server.launch();
    await within(20_000, waiting);
  });

  test('rejects with the reason when its time has passed, and health says degraded', async () => {
    const port = await closedPort();
    const { ready, cacheAdapter } = openPackage({ host: '127.0.0.1', port, ...LOG_OFF });
    const { value, ms } = await within(5000, rejection(ready({ timeoutMs: 400 })));
    expect(value).toMatchObject({ code: 'E_CONNECT', message: expect.stringContaining(String(port)) });
    expect(ms).toBeGreaterThan(350);
    expect(await cacheAdapter.healthCheck()).toMatchObject({
      status: 'degraded',
      adapter: { status: 'degraded' },
      redis: { status: 'unhealthy', message: expect.stringContaining(String(port)) },
    });
  });

  test('rejects at once with the server’s word for a wrong password, which is not healthy', async () => {
    const { ready, cacheAdapter } = openPackage({
      host: '127.0.0.1',
      port: redis.port,
      password: 'wrong-canary',
      ...LOG_OFF,
    });
    const { value, ms } = await within(10_000, rejection(ready({ timeoutMs: 9000 })));
    expect(value).toMatchObject({ code: 'E_REPLY', redisCode: 'WRONGPASS' });
    expect(ms).toBeLessThan(8000);
    expect(JSON.stringify(value) + value.message).not.toContain('canary');
    expect((await cacheAdapter.healthCheck()).status).toBe('degraded');
  });

  test('takes no other options and ends with its signal', async () => {
    const silent = await startSilentServer();
    const { ready } = openPackage({ host: silent.host, port: silent.port, ...LOG_OFF });
    expect(await rejection(ready({ timeout: 5 }))).toMatchObject({
      code: 'E_ARGUMENT',
      message: expect.stringContaining('did you mean timeoutMs?'),
    });
    expect(await rejection(ready({ timeoutMs: -1 }))).toMatchObject({ code: 'E_CONFIG' });
    const aborter = new AbortController();
    const waiting = rejection(ready({ signal: aborter.signal }));
    aborter.abort();
    expect(await waiting).toMatchObject({ name: 'AbortError' });
  });
});

describe('statistics', () => {
  test('wait for the first attempt to connect', async () => {
    const { cacheAdapter } = openPackage({ url: redis.url, ...LOG_OFF });
    expect((await cacheAdapter.getStats()).cache.redis).toMatchObject({ isConnected: true, state: 'ready' });
  });

  test('are sent after a shutdown, too', async () => {
    const { cacheAdapter, shutdown } = openPackage({ url: redis.url, ...LOG_OFF });
    await cacheAdapter.set('key', 1);
    await shutdown();
    expect((await cacheAdapter.getStats()).cache.redis.state).toBe('closed');
  });

  test('wait a second at most for a server that says nothing', async () => {
    const silent = await startSilentServer();
    const { cacheAdapter } = openPackage({ host: silent.host, port: silent.port, ...LOG_OFF });
    const { value, ms } = await within(5000, cacheAdapter.getStats());
    expect(value.cache.redis.isConnected).toBe(false);
    expect(ms).toBeGreaterThan(900);
  });
});

describe('createInstance()', () => {
  test('has configuration, values and shutdown of its own', async () => {
    const first = openPackage({ useRedis: false });
    const second = first.createInstance({ useRedis: false, keyPrefix: 'second:' });
    onEnd(() => second.shutdown({ timeoutMs: 0 }));
    await first.cacheAdapter.set('key', 'first');
    expect(await second.cacheAdapter.get('key')).toBeNull();
    expect(second.cacheManager.keyPrefix).toBe('second:');
    await first.shutdown();
    expect(await second.cacheAdapter.set('key', 'second')).toBe(true);
    expect(await rejection(first.cacheAdapter.get('key'))).toMatchObject({ code: 'E_CLOSED' });
  });

  test('refuses the same values as configure()', () => {
    const { createInstance, createClient, configure } = openPackage();
    for (const take of [createInstance, createClient, configure]) {
      for (const wrong of [null, 5, [], { logger: 1 }, { logger: {} }]) {
        expect(() => take(wrong)).toThrow(expect.objectContaining({ code: 'E_CONFIG' }));
      }
    }
    expect(() => configure({ logger: 1 })).toThrow(/the option logger must have a method/);
  });
});

describe('createClient()', () => {
  test('gives a client of its own, by options or by URL, which no shutdown of the package ends', async () => {
    const { createClient, shutdown } = openPackage(LOG_OFF);
    const byUrl = createClient(redis.url);
    const byOptions = createClient({ url: redis.url, db: 2, keyPrefix: 'own:', ...LOG_OFF });
    await byUrl.set('key', 'there');
    await byOptions.set('key', 'of database 2');
    await shutdown();
    expect(await byUrl.get('key')).toBe('there');
    await byUrl.select(2);
    expect(await byUrl.get('own:key')).toBe('of database 2');
    for (const client of [byUrl, byOptions]) expect(await client.quit()).toBe('OK');
    expect(await rejection(byUrl.get('key'))).toMatchObject({ code: 'E_CLOSED' });
  });
});

describe('reset()', () => {
  test('closes an instance and takes a configuration again, with the same objects', async () => {
    const { cacheAdapter, configure, getKeyPrefix, getRedis, reset } = openPackage({ useRedis: false });
    await cacheAdapter.set('key', 'embedded');
    cacheAdapter.setHumanControlSession('org', '1', {});
    expect(() => configure({})).toThrow(expect.objectContaining({ code: 'E_CONFIG' }));
    await reset();
    configure({ url: redis.url, clientKeyPrefix: 'reset:', ...LOG_OFF });
    expect(getKeyPrefix()).toBe('reset:');
    expect(await cacheAdapter.get('key')).toBeNull();
    expect(cacheAdapter.fallbackMaps.humanControlSessions.size).toBe(0);
    expect(await cacheAdapter.set('key', 'in Redis')).toBe(true);
    const client = await getRedis();
    await client.set('key', 'raw');
    expect(await redis.command('GET', 'reset:key')).toBe('raw');
    await reset();
    configure({ useRedis: false });
    expect(await rejection(client.get('key'))).toMatchObject({ code: 'E_CONNECT' });
    expect(await cacheAdapter.get('key')).toBeNull();
  });

  test('fails calls in flight and lets an instance that was shut down start over', async () => {
    const silent = await startSilentServer();
    const { redisManager, cacheAdapter, configure, reset, shutdown } = openPackage({
      host: silent.host,
      port: silent.port,
      ...LOG_OFF,
    });
    const call = rejection(redisManager.getClient().get('key'));
    await reset();
    expect(await call).toMatchObject({ code: 'E_CLOSED', command: 'get' });
    configure({ useRedis: false });
    await shutdown();
    await reset();
    configure({ useRedis: false });
    expect(await cacheAdapter.set('key', 1)).toBe(true);
  });
});

describe('RedisManager', () => {
  test('is one instance, which tests remove to read the environment again', async () => {
    const orgcache = openPackage({ url: redis.url, ...LOG_OFF });
    const { RedisManager, redisManager } = orgcache;
    expect(RedisManager.getInstance()).toBe(redisManager);
    expect(redisManager).toBeInstanceOf(RedisManager);
    process.env.REDIS_KEY_PREFIX = 'anew:';
    try {
      RedisManager.instance = undefined;
      const another = RedisManager.getInstance();
      expect(another).not.toBe(redisManager);
      expect(RedisManager.getInstance()).toBe(another);
      expect([another.getKeyPrefix(), orgcache.getKeyPrefix()]).toEqual(['anew:', 'anew:']);
      expect(another.prefixKey('key')).toBe('anew:key');
      expect(another.unprefixKey('anew:key')).toBe('key');
      expect(another.getConnectionInfo()).toMatchObject({ port: redis.port, keyPrefix: 'anew:' });
      expect(await another.healthCheck()).toMatchObject({ status: 'healthy', message: expect.any(String) });
      const client = await orgcache.getRedis();
      await client.set('key', 'value');
      expect(await redis.command('GET', 'anew:key')).toBe('value');
      expect(new RedisManager().getKeyPrefix()).toBe('anew:');
      await orgcache.shutdown();
      expect(await rejection(client.get('key'))).toMatchObject({ code: 'E_CLOSED' });
    } finally {
      delete process.env.REDIS_KEY_PREFIX;
    }
  });

  test('waits in shutdown() for the calls of an instance that a test made anew', async () => {
    const orgcache = openPackage({ url: redis.url, ...LOG_OFF });
    orgcache.RedisManager.instance = undefined;
    const client = await orgcache.getRedis();
    await client.ping();
    await redis.command('CLIENT', 'PAUSE', '300', 'ALL');
    let isDone = false;
    const call = client.incr('waited for').then(() => {
      isDone = true;
    });
    await orgcache.shutdown();
    expect(isDone).toBe(true);
    await call;
  });

  test('can be replaced, and the package’s functions use the replacement', () => {
    const { RedisManager, prefixKey } = openPackage({ useRedis: false });
    RedisManager.instance = { prefixKey: (key) => `double:${key}` };
    expect(prefixKey('key')).toBe('double:key');
  });

  test('shows the settings without secrets', () => {
    const { redisManager } = openPackage({ url: redis.url, poolSize: 9, ...LOG_OFF });
    expect(redisManager.config).toMatchObject({ poolSize: 9, db: 0 });
    expect(redisManager.poolConfig).toEqual({ min: 1, max: 9 });
    expect(JSON.stringify(redisManager.config)).not.toContain('canary');
    expect(redisManager.metrics).toMatchObject({ hits: 0, misses: 0 });
  });
});

describe('the organization', () => {
  test('that is empty is the global scope everywhere', async () => {
    const { cacheAdapter, cacheManager, redisMigrationManager } = openPackage({ useRedis: false });
    await cacheAdapter.setConversationContext('', '1', MESSAGES);
    expect(await cacheAdapter.getConversationContext(null, '1')).toEqual(MESSAGES);
    await cacheManager.set('key', 1, null, '');
    expect(await cacheManager.get('key')).toBe(1);
    expect(cacheManager.generateKey('kv', '', 'id')).toBe(cacheManager.generateKey('kv', null, 'id'));
    expect(cacheAdapter.createOrgKey('', '1')).toBe(cacheAdapter.createOrgKey(null, '1'));
    expect(await cacheAdapter.setOrganizationData('', 'name')).toBe(false);
    expect(await redisMigrationManager.getConversationContext('', '1')).toEqual(MESSAGES);
    expect(await cacheAdapter.clearOrganizationCache('')).toBe(2);
    expect(await cacheAdapter.getConversationContext(null, '1')).toBeNull();
  });

  test('must be named where that is asked for', async () => {
    const { cacheAdapter, cacheManager } = openPackage({ useRedis: false, requireOrganization: true });
    for (const missing of [null, undefined, '']) {
      const calls = [
        cacheAdapter.getConversationContext(missing, '1'),
        cacheAdapter.setConversationSummary(missing, '1', 'text'),
        cacheAdapter.getOrganizationData(missing),
        cacheAdapter.setOrganizationData(missing, 'name'),
        cacheAdapter.clearOrganizationCache(missing),
        cacheManager.get('key', missing),
        cacheManager.set('key', 1, null, missing),
        cacheManager.hgetall('key', missing),
      ];
      for (const error of await Promise.all(calls.map(rejection))) {
        expect(error).toMatchObject({
          code: 'E_KEY',
          message: expect.stringContaining('requireOrganization'),
        });
      }
      expect(() => cacheAdapter.createOrgKey(missing, '1')).toThrow(
        expect.objectContaining({ code: 'E_KEY' }),
      );
    }
    expect(await cacheAdapter.setConversationContext('org', '1', MESSAGES)).toBe(true);
    expect(await cacheAdapter.setPhoneToLeadMapping('1', 'lead')).toBe(true);
  });
});

describe('the migration manager resolves for a missing phone number, as the JavaScript manager did', () => {
  test.each([[null], [undefined]])('%s', async (nobody) => {
    const { redisMigrationManager: manager } = openPackage({ useRedis: false });
    expect(await manager.getConversationContext('org', nobody)).toEqual([]);
    expect(await manager.setConversationContext('org', nobody, MESSAGES)).toBe(false);
    expect(await manager.getConversationSummary('org', nobody)).toBeNull();
    expect(await manager.setConversationSummary('org', nobody, 'text')).toBe(false);
    expect(await manager.getPhoneToLeadMapping(nobody)).toBeNull();
    expect(await manager.setPhoneToLeadMapping(nobody, 'lead')).toBe(false);
    expect(await manager.getOrganizationData(nobody)).toBeNull();
  });
});

describe('the cache manager', () => {
  test('makes and reads the texts of the JavaScript layer', async () => {
    const { cacheManager } = openPackage({ url: redis.url, ...LOG_OFF });
    const long = { text: 'x'.repeat(2000) };
    expect(cacheManager.serialize({ a: 1 })).toBe('{"a":1}');
    expect(cacheManager.serialize(long)).toMatch(/^compressed:\{/);
    expect(cacheManager.deserialize(cacheManager.serialize(long))).toEqual(long);
    await cacheManager.set('long', long);
    const [key] = await redis.command('KEYS', 'jack:*long*');
    const stored = await openPackage({ url: redis.url, clientKeyPrefix: '', ...LOG_OFF })
      .redisManager.getClient()
      .getBuffer(key);
    expect(cacheManager.deserialize(stored)).toEqual(long);
    expect([null, undefined, '{'].map((text) => cacheManager.deserialize(text))).toEqual([null, null, null]);
    expect(() => cacheManager.serialize(1n)).toThrow(expect.objectContaining({ code: 'E_SERIALIZE' }));
    expect(cacheManager).toMatchObject({
      defaultTTL: 7200,
      compressionThreshold: 1024,
      enableFallback: true,
    });
  });
});

describe('an error of a command', () => {
  test('has its name and nothing of its arguments', async () => {
    const { redisManager } = openPackage({ url: redis.url, ...LOG_OFF });
    const client = redisManager.getClient();
    await client.set('text-canary', 'x');
    const alone = await rejection(client.lpush('text-canary', 'value-canary'));
    expect(alone).toMatchObject({ code: 'E_REPLY', redisCode: 'WRONGTYPE', command: 'lpush' });
    const [[piped]] = await client.pipeline().incr('text-canary').exec();
    expect(piped.command).toBe('incr');
    const [[inside]] = await client.multi().incr('text-canary').exec();
    expect(inside.command).toBe('incr');
    const called = await rejection(client.call('LPUSH', 'text-canary', 'value-canary'));
    expect(called.command).toBe('LPUSH');
    for (const error of [alone, piped, inside, called]) {
      expect(JSON.stringify(error) + error.message).not.toContain('canary');
    }
  });

  test('that is not connected because Redis is turned off is not to be tried again', async () => {
    const { redisManager, createConsumerGroup } = openPackage({ useRedis: false });
    const client = redisManager.getClient();
    expect(await rejection(client.get('key'))).toMatchObject({ code: 'E_CONNECT', retryable: false });
    const group = createConsumerGroup({ client, stream: 's', group: 'g', handler: async () => {} });
    const { value } = await within(5000, rejection(group.start()));
    expect(value).toMatchObject({ code: 'E_CONNECT', retryable: false });
    await until(() => group.stats().state === 'idle', { what: 'the group to be idle' });
  });
});
