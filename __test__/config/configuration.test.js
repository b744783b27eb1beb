'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { onEnd } = require('../support/cleanup');
const { PACKAGE_ROOT, openPackage } = require('../support/package');
const { inFreshProcess } = require('../support/process');
const { withRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');
const { rejection } = require('../support/wait');

/** The first call of a process with this environment; answers how it rejected. */
function firstCall(env) {
  return inFreshProcess(
    async ({ load, report, rejection: rejectionOf }) =>
      report(await rejectionOf(load().cacheAdapter.get('a'))),
    { env },
  );
}

/** A bad option may be refused by `configure` or by the first call. */
async function refusal(options) {
  const orgcache = openPackage();
  try {
    orgcache.configure(options);
  } catch (error) {
    return error;
  }
  return rejection(orgcache.cacheAdapter.get('a'));
}

describe('a bad environment variable', () => {
  test.each([
    ['REDIS_PORT', 'http'],
    ['REDIS_PORT', '0'],
    ['REDIS_PORT', '65536'],
    ['REDIS_DB', '-1'],
    ['REDIS_DB', 'main'],
    ['TEST_REDIS_DB', 'tests'],
    ['REDIS_URL', 'http://127.0.0.1:6379'],
    ['REDIS_URL', 'redis://127.0.0.1:6379/main'],
    ['REDIS_FAMILY', '5'],
    ['REDIS_TLS', 'perhaps'],
    ['REDIS_CONNECT_TIMEOUT', 'soon'],
    ['REDIS_COMMAND_TIMEOUT', '-5'],
    ['REDIS_MAX_RETRIES', 'many'],
    ['REDIS_POOL_SIZE', '0'],
    ['REDIS_CLUSTER_HOSTS', 'a:b:c'],
    ['USE_REDIS', 'maybe'],
    ['CACHE_DEFAULT_TTL', '-1'],
    ['CACHE_COMPRESSION', 'zip'],
    ['CACHE_COMPRESSION_THRESHOLD', 'small'],
    ['CACHE_MEMORY_MAX_BYTES', 'lots'],
    ['CACHE_LOG', 'loud'],
    ['CACHE_DRIVER', 'rocket'],
  ])('%s=%s is E_CONFIG that names it', async (name, value) => {
    const { report } = await firstCall({ [name]: value });
    expect(report).toMatchObject({ name: 'OrgCacheError', code: 'E_CONFIG', retryable: false });
    expect(report.message).toContain(name);
    if (name !== 'REDIS_URL') expect(report.message).toContain(value);
  });

  test('of a journal whose parent directory is missing is E_CONFIG, and makes nothing', async () => {
    const parent = path.join(os.tmpdir(), `orgcache-missing-${process.pid}`);
    const { report } = await firstCall({ CACHE_JOURNAL_DIR: path.join(parent, 'journal') });
    expect(report).toMatchObject({ code: 'E_CONFIG', message: expect.stringContaining('CACHE_JOURNAL_DIR') });
    expect(fs.existsSync(parent)).toBe(false);
  });

  test('in a URL does not show the password', async () => {
    const { report, stdout, stderr } = await firstCall({
      REDIS_URL: 'redis://user:pass-canary@127.0.0.1:6379/main',
    });
    expect(report).toMatchObject({ code: 'E_CONFIG', message: expect.stringContaining('REDIS_URL') });
    expect(stdout + stderr).not.toContain('pass-canary');
  });

  test('that is empty counts as not set', async () => {
    const env = { REDIS_PORT: '', REDIS_DB: '', CACHE_DRIVER: '', USE_REDIS: 'false' };
    expect((await firstCall(env)).report).toBeNull();
  });

  test('is found at the first call and not at the import', async () => {
    const { report } = await inFreshProcess(({ load, report }) => report(typeof load().cacheAdapter.get), {
      env: { REDIS_PORT: 'http' },
    });
    expect(report).toBe('function');
  });
});

describe('a bad option', () => {
  test.each([
    ['port', 0],
    ['port', 'http'],
    ['db', -1],
    ['url', 'http://127.0.0.1'],
    ['driver', 'rocket'],
    ['compression', 'zip'],
    ['commandTimeout', -1],
    ['defaultTtl', 0],
    ['logLevel', 'loud'],
    ['tls', 'perhaps'],
  ])('%s: %j is E_CONFIG', async (name, value) => {
    const error = await refusal({ [name]: value });
    expect(error).toMatchObject({ name: 'OrgCacheError', code: 'E_CONFIG' });
    expect(error.message).toEqual(expect.stringMatching(/\w+ \w+/));
  });

  test('that is not known is E_CONFIG that names it', async () => {
    const error = await refusal({ hots: 'localhost' });
    expect(error).toMatchObject({ code: 'E_CONFIG', message: expect.stringContaining('hots') });
  });

  test('with a secret does not show it', async () => {
    const error = await refusal({ password: { nested: 'pass-canary' } });
    expect(error).toMatchObject({ code: 'E_CONFIG' });
    expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain('pass-canary');
  });

  test('of a certificate that cannot be read is E_CONFIG', async () => {
    const error = await refusal({ tls: { ca: '/nowhere/authority.pem' } });
    expect(error).toMatchObject({ code: 'E_CONFIG' });
  });
});

const JOURNAL_FOLDER = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-journal-'));
onEnd(() => fs.rmSync(JOURNAL_FOLDER, { recursive: true, force: true }));

const EVERY_OPTION = {
  useRedis: false,
  url: 'redis://user:secret@127.0.0.1:6379/1',
  host: '127.0.0.1',
  port: 6379,
  username: 'user',
  password: 'secret',
  db: 1,
  testDb: 2,
  tls: false,
  clusterHosts: 'a:6379,b:6379',
  sentinelHosts: 'a:26379',
  sentinelName: 'main',
  sentinelUsername: 'watcher',
  sentinelPassword: 'secret',
  minPoolSize: 1,
  poolSize: 20,
  connectTimeout: 1000,
  commandTimeout: 1000,
  maxRetries: 1,
  retryDelay: 10,
  keepAlive: 1000,
  legacy: 'copy',
  requireOrganization: false,
  protocol: 3,
  family: 4,
  lazyConnect: true,
  keyPrefix: 'all:',
  clientKeyPrefix: 'client:',
  connectionName: 'worker',
  prefixChannels: false,
  scaleReads: 'primary',
  defaultTtl: 60,
  compression: 'lz4',
  compressionThreshold: 2048,
  memoryMaxBytes: 1024 * 1024,
  journalMaxBytes: 1024 * 1024,
  journalDir: JOURNAL_FOLDER,
  logLevel: 'off',
  driver: 'thread',
  queueMaxCommands: 1000,
  queueMaxBytes: 1024 * 1024,
  logger: { error() {}, warn() {}, info() {}, debug() {} },
};

describe('configure', () => {
  test('takes every option that the types name', async () => {
    const types = fs.readFileSync(path.join(PACKAGE_ROOT, 'types', 'options.d.ts'), 'utf8');
    const [, body] = /export interface ConfigureOptions \{([\s\S]*?)\n\}/.exec(types);
    const named = [...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual(Object.keys(EVERY_OPTION).sort());
    for (const [name, value] of Object.entries(EVERY_OPTION)) {
      const orgcache = openPackage({ [name]: value, useRedis: false });
      await orgcache.cacheAdapter.set('a', name);
      expect(await orgcache.cacheAdapter.get('a')).toBe(name);
    }
  });

  test('shows the settings that count in the statistics', async () => {
    const orgcache = openPackage({
      useRedis: false,
      keyPrefix: 'shop:',
      defaultTtl: 60,
      compressionThreshold: 2048,
    });
    const { config } = await orgcache.cacheAdapter.getStats();
    expect(config).toMatchObject({ keyPrefix: 'shop:', defaultTTL: 60, compressionThreshold: 2048 });
  });

  test('after the first call throws E_CONFIG and changes nothing', async () => {
    const orgcache = openPackage({ useRedis: false });
    await orgcache.cacheAdapter.set('a', 1);
    expect(() => orgcache.configure({ keyPrefix: 'other:' })).toThrow(
      expect.objectContaining({ code: 'E_CONFIG' }),
    );
    expect(await orgcache.cacheAdapter.get('a')).toBe(1);
    expect((await orgcache.cacheAdapter.getStats()).config.keyPrefix).toBe('jack:dev:');
  });

  test('of one instance does not reach another', async () => {
    const [first, second] = ['one:', 'two:'].map((keyPrefix) => openPackage({ useRedis: false, keyPrefix }));
    await first.cacheAdapter.set('a', 1);
    expect(await second.cacheAdapter.get('a')).toBeNull();
    expect((await first.cacheAdapter.getStats()).config.keyPrefix).toBe('one:');
    expect((await second.cacheAdapter.getStats()).config.keyPrefix).toBe('two:');
  });
});

describe('the environment', () => {
  const redis = withRedis({ flushBeforeEach: true });
  let closed;

  beforeAll(async () => {
    closed = String(await closedPort());
  });

  /** Sets `a` in a process with this environment and options; answers the keys of Redis. */
  async function keysAfterSet(env, options = null) {
    const body = async ({ load, report, args }) => {
      const orgcache = load();
      if (args.options) orgcache.configure(args.options);
      report(await orgcache.cacheAdapter.set('a', 1));
      await orgcache.shutdown();
    };
    const { report } = await inFreshProcess(body, { env: { CACHE_LOG: 'off', ...env }, args: { options } });
    expect(typeof report).toBe('boolean');
    return redis.keys();
  }

  test('gives host and port', async () => {
    expect(await keysAfterSet({ REDIS_HOST: '127.0.0.1', REDIS_PORT: String(redis.port) })).toEqual([
      'jack:dev:kv:a',
    ]);
  });

  test('gives a URL, which wins over the parts', async () => {
    const env = { REDIS_URL: redis.url, REDIS_HOST: '127.0.0.1', REDIS_PORT: closed };
    expect(await keysAfterSet(env)).toEqual(['jack:dev:kv:a']);
  });

  test('loses against the options', async () => {
    const env = { REDIS_URL: `redis://127.0.0.1:${closed}` };
    expect(await keysAfterSet(env, { url: redis.url })).toEqual(['jack:dev:kv:a']);
  });

  test('in production gives another key prefix', async () => {
    expect(await keysAfterSet({ REDIS_URL: redis.url, NODE_ENV: 'production' })).toEqual(['jack:prod:kv:a']);
  });

  test('names the key prefix', async () => {
    expect(await keysAfterSet({ REDIS_URL: redis.url, CACHE_KEY_PREFIX: 'shop:' })).toEqual(['shop:kv:a']);
  });

  test('selects the database, in the URL or apart', async () => {
    await keysAfterSet({ REDIS_URL: `${redis.url}/3` });
    await keysAfterSet({ REDIS_HOST: '127.0.0.1', REDIS_PORT: String(redis.port), REDIS_DB: '4' });
    const keyspace = await redis.command('INFO', 'keyspace');
    expect(keyspace).toMatch(/db3:keys=1,/);
    expect(keyspace).toMatch(/db4:keys=1,/);
    expect(keyspace).not.toMatch(/db0:/);
  });

  test('of Kubernetes names a service by a link that gives host and port, and loses to a URL', async () => {
    const link = { REDIS_PORT: `tcp://127.0.0.1:${redis.port}`, REDIS_SERVICE_HOST: '127.0.0.1' };
    expect(await keysAfterSet(link)).toEqual(['jack:dev:kv:a']);
    await redis.command('FLUSHALL');
    const elsewhere = { ...link, REDIS_PORT: `tcp://127.0.0.1:${closed}` };
    expect(await keysAfterSet({ ...elsewhere, REDIS_URL: redis.url })).toEqual(['jack:dev:kv:a']);
  });

  test.each([
    [{ REDIS_PORT: 'http', REDIS_DB: 'main', REDIS_HOST: 'a b' }],
    [{ REDIS_TLS_CA: '/no/such/file', REDIS_SENTINEL_NAME: 'my master' }],
  ])('is not judged where it counts for nothing: %j', async (idle) => {
    expect(await keysAfterSet({ REDIS_URL: `${redis.url}/0`, ...idle })).toEqual(['jack:dev:kv:a']);
    expect((await firstCall({ USE_REDIS: 'false', REDIS_URL: 'nonsense', ...idle })).report).toBeNull();
  });

  test('asks for no prefix by a word', async () => {
    const body = async ({ load, report }) => {
      const orgcache = load();
      await orgcache.cacheAdapter.set('a', 1);
      await (await orgcache.getRedis()).set('b', 1);
      report([orgcache.getKeyPrefix(), orgcache.prefixKey('b')]);
      await orgcache.shutdown();
    };
    const env = { REDIS_URL: redis.url, CACHE_KEY_PREFIX: 'none', REDIS_KEY_PREFIX: 'none' };
    expect((await inFreshProcess(body, { env })).report).toEqual(['', 'b']);
    expect(await redis.keys()).toEqual(['b', 'kv:a']);
  });

  test('is read once: later connections do not need variables that a server deletes after its start', async () => {
    const body = async ({ load, report }) => {
      const { getRedis, shutdown, getConnectionInfo } = load();
      const client = await getRedis();
      delete process.env.REDIS_URL;
      process.env.REDIS_KEY_PREFIX = 'other:';
      const copy = client.duplicate();
      const elsewhere = client.duplicate({ db: 1 });
      const heard = new Promise((resolve) => copy.once('message', (...said) => resolve(said)));
      await copy.subscribe('channel');
      await client.publish('channel', 'hello');
      const message = await heard;
      await client.rpush('list', 'a');
      const popped = await client.blpop('list', 1);
      await elsewhere.set('there', 1);
      report({ message, popped, port: getConnectionInfo().port });
      await Promise.all([copy.quit(), elsewhere.quit()]);
      await shutdown();
    };
    const { report } = await inFreshProcess(body, {
      env: { REDIS_URL: redis.url, REDIS_KEY_PREFIX: 'p:' },
    });
    expect(report).toEqual({ message: ['channel', 'hello'], popped: ['p:list', 'a'], port: redis.port });
    expect(await redis.command('INFO', 'keyspace')).toMatch(/db1:keys=1,/);
  });

  test('may be filled after the package was configured', async () => {
    const body = async ({ load, report, args }) => {
      const orgcache = load();
      orgcache.configure({ defaultTtl: 60 });
      process.env.REDIS_URL = args.url;
      report(await orgcache.cacheAdapter.set('a', 1));
      await orgcache.shutdown();
    };
    const { report } = await inFreshProcess(body, { args: { url: redis.url } });
    expect(report).toBe(true);
    expect(await redis.keys()).toEqual(['jack:dev:kv:a']);
  });

  test('turns Redis off', async () => {
    expect(await keysAfterSet({ REDIS_URL: redis.url, USE_REDIS: 'false' })).toEqual([]);
  });

  test('sets the default TTL', async () => {
    await keysAfterSet({ REDIS_URL: redis.url, CACHE_DEFAULT_TTL: '90' });
    const left = await redis.command('PTTL', 'jack:dev:kv:a');
    expect(left).toBeGreaterThan(80_000);
    expect(left).toBeLessThanOrEqual(90_000);
  });
});
