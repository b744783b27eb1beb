'use strict';

const path = require('node:path');
const { createRedisModule } = require('../../js/redis/module.js');
const { onEnd } = require('../support/cleanup');
const { startCluster } = require('../support/cluster');
const { PACKAGE_ROOT } = require('../support/package');
const { inFreshProcess } = require('../support/process');
const { startRedis, withRedis } = require('../support/redis');
const { closedPort, startSilentServer } = require('../support/silent-server');
const { rejection, until, within } = require('../support/wait');

const ENTRY = path.join(PACKAGE_ROOT, 'js', 'entry', 'redis.js');
const NUMBERS = [
  'uptime',
  'memoryUsageBytes',
  'connectedClients',
  'totalCommandsProcessed',
  'keyspaceHits',
  'keyspaceMisses',
];

/** The module as a process of its own would get it, closed after the last test. */
function openModule() {
  const redis = createRedisModule();
  onEnd(() => redis.shutdownRedis({ timeoutMs: 250 }));
  return redis;
}

describe('orgcache/redis with a server', () => {
  const server = withRedis({ password: 'module-canary' });
  let redis;

  beforeAll(async () => {
    redis = openModule();
    expect(await redis.initializeRedis({ url: server.url })).toBe(true);
  });

  test('is connected and hands out one client', async () => {
    expect(redis.isRedisConnected()).toBe(true);
    expect(redis.getRedisClient()).toBe(redis.connection.getClient());
    expect(await redis.getRedisClient().set('greeting', 'hello')).toBe('OK');
    expect(await redis.getRedisClient().get('greeting')).toBe('hello');
  });

  test('keeps tests in a database of their own', async () => {
    await redis.getRedisClient().set('apart', '1');
    expect(await server.command('EXISTS', 'apart')).toBe(0);
    expect(redis.config.database).toBe(1);
    expect(await server.command('INFO', 'keyspace')).toMatch(/^db1:keys=/m);
  });

  test('executes any command, pings and reports INFO', async () => {
    expect(await redis.connection.executeCommand('INCRBY', 'counter', 5)).toBe(5);
    expect(await redis.connection.ping()).toBe(true);
    expect(await redis.connection.getInfo('server')).toMatch(/^redis_version:\d+\./m);
    expect(await redis.connection.getInfo()).toMatch(/^used_memory:\d+/m);
    expect(await rejection(redis.connection.executeCommand('NOSUCH'))).toMatchObject({ code: 'E_REPLY' });
  });

  test('checks the server’s health and answers numbers', async () => {
    const before = Date.now();
    const found = await redis.performHealthCheck();
    expect(found).toMatchObject({ isHealthy: true, errorCount: 0, error: null });
    expect(found.lastCheck.getTime()).toBeGreaterThanOrEqual(before);
    for (const name of [...NUMBERS, 'responseTime']) {
      expect([name, typeof found[name]]).toEqual([name, 'number']);
      expect(found[name]).toBeGreaterThanOrEqual(0);
    }
    const [, version] = /redis_version:(\S+)/.exec(await server.command('INFO', 'server'));
    expect(found.redisVersion).toBe(version);
    expect(found.memoryUsageBytes).toBeGreaterThan(100_000);
    expect(found.memoryUsage).toMatch(/^\d+(\.\d+)?[BKMG]$/);
    expect(redis.getRedisHealth()).toEqual(found);
    expect(redis.health.healthStatus).toEqual(found);
    expect(redis.health.isHealthy()).toBe(true);
  });

  test('counts the results of its checks', async () => {
    const { checks } = redis.health.getMetrics();
    await redis.performHealthCheck();
    await redis.getRedisClient().get('missing');
    const metrics = redis.health.getMetrics();
    expect(metrics).toMatchObject({ checks: checks + 1, failedChecks: 0, consecutiveFailures: 0 });
    expect(metrics.averageResponseTime).toBeGreaterThan(0);
    const { keyspaceHits, keyspaceMisses } = metrics;
    expect(metrics.hitRate).toBeCloseTo((100 * keyspaceHits) / (keyspaceHits + keyspaceMisses));
  });

  test('reports everything at once, without the password', async () => {
    const report = await redis.health.getDetailedReport();
    expect(report).toMatchObject({
      environment: 'test',
      status: { isHealthy: true },
      connection: { state: 'ready', lastError: null },
      config: { host: '127.0.0.1', port: server.port, database: 1, poolSize: 5, minPoolSize: 1 },
      healthCheckInterval: 30_000,
    });
    expect(report.config.password).toBe('(redacted)');
    expect(JSON.stringify(report)).not.toContain('module-canary');
  });

  test('shares one initialization among callers and keeps its client', async () => {
    const other = openModule();
    const answers = await Promise.all([
      other.initializeRedis({ url: server.url }),
      other.initializeRedis({ url: server.url }),
    ]);
    expect(answers).toEqual([true, true]);
    const client = other.getRedisClient();
    expect(await other.initializeRedis()).toBe(true);
    expect(other.getRedisClient()).toBe(client);
    await other.shutdownRedis();
  });

  test('connects without health checks too', async () => {
    const other = openModule();
    const client = await other.connection.connect({ url: server.url });
    expect(await client.ping()).toBe('PONG');
    expect(other.health.healthCheckInterval).toBeNull();
    expect(await other.connection.disconnect()).toEqual({ flushed: true, journalEntries: 0 });
    expect(other.isRedisConnected()).toBe(false);
  });

  test('can be initialized again after its shutdown', async () => {
    const other = openModule();
    await other.initializeRedis({ url: server.url });
    const first = other.getRedisClient();
    expect(await other.shutdownRedis()).toEqual({ flushed: true, journalEntries: 0 });
    expect(other.isRedisConnected()).toBe(false);
    expect(other.health.healthCheckInterval).toBeNull();
    expect(() => other.getRedisClient()).toThrow(expect.objectContaining({ code: 'E_CLOSED' }));
    expect(await rejection(first.ping())).toMatchObject({ code: 'E_CLOSED' });
    expect(await other.initializeRedis({ url: server.url })).toBe(true);
    expect(await other.getRedisClient().ping()).toBe('PONG');
  });

  test('can be initialized again at once, while the one that was shut down still waits', async () => {
    const other = openModule();
    const silent = await startSilentServer();
    const first = rejection(other.initializeRedis({ host: silent.host, port: silent.port }));
    const closing = other.shutdownRedis({ timeoutMs: 0 });
    expect(await other.initializeRedis({ url: server.url })).toBe(true);
    expect(await other.getRedisClient().ping()).toBe('PONG');
    expect(await first).toMatchObject({ code: 'E_CLOSED' });
    await closing;
    await other.shutdownRedis();
  });

  test('keeps the interval that somebody has chosen when another initializes it', async () => {
    const other = openModule();
    await other.initializeRedis({ url: server.url });
    other.health.startHealthChecks(5000);
    await other.initializeRedis();
    expect(other.health.healthCheckInterval).toBe(5000);
    await other.shutdownRedis();
  });

  test('stays open where the options of a shutdown are not allowed', async () => {
    const other = openModule();
    await other.initializeRedis({ url: server.url });
    expect(await rejection(other.shutdownRedis({ timeoutMs: -1 }))).toMatchObject({ code: 'E_CONFIG' });
    expect(other.isRedisConnected()).toBe(true);
    expect(other.health.healthCheckInterval).toBe(30_000);
  });

  test('is healthy for a user who may PING but not INFO, and reports the refusal', async () => {
    await server.command('ACL', 'SETUSER', 'pinger', 'on', '>pinger-canary', '+ping', '+select', '~*');
    const other = openModule();
    await other.initializeRedis({
      host: '127.0.0.1',
      port: server.port,
      username: 'pinger',
      password: 'pinger-canary',
    });
    const found = await other.performHealthCheck();
    expect(found).toMatchObject({ isHealthy: true, memoryUsage: null, error: { code: 'NOPERM' } });
    expect(JSON.stringify(found)).not.toContain('canary');
  });
});

describe('orgcache/redis with a cluster', () => {
  test('is initialized in tests too, since a cluster has one database', async () => {
    const { hosts } = await startCluster({ primaries: 3, replicas: 0 });
    const redis = openModule();
    expect(await redis.initializeRedis({ clusterHosts: hosts })).toBe(true);
    expect(redis.config).toMatchObject({ database: 0, host: null, port: null });
    expect(await redis.getRedisClient().set('greeting', 'hello')).toBe('OK');
    expect(await redis.performHealthCheck()).toMatchObject({ isHealthy: true, error: null });
  });
});

describe('health checks at an interval', () => {
  let server;
  let redis;

  beforeEach(async () => {
    server = await startRedis();
    redis = openModule();
    await redis.initializeRedis({
      url: server.url,
      commandTimeout: 300,
      connectTimeout: 1000,
      logLevel: 'off',
    });
  });

  /** Another connection whose checks, made as often, are a clock for those of the first. */
  async function besideAnother(intervalMs) {
    const other = openModule();
    await other.initializeRedis({ url: server.url, logLevel: 'off' });
    other.health.startHealthChecks(intervalMs);
    const made = other.health.getMetrics().checks;
    const checked = () => other.health.getMetrics().checks - made;
    return { checked, until: (count) => until(() => checked() >= count, { what: 'the other’s checks' }) };
  }

  test('go on until they are stopped', async () => {
    await redis.performHealthCheck();
    redis.health.startHealthChecks(20);
    const { checks } = redis.health.getMetrics();
    await until(() => redis.health.getMetrics().checks >= checks + 3, { what: 'three checks' });
    redis.health.stopHealthChecks();
    expect(redis.health.healthCheckInterval).toBeNull();
    await redis.performHealthCheck();
    const stopped = redis.health.getMetrics().checks;
    const other = await besideAnother(20);
    await other.until(5);
    expect(redis.health.getMetrics().checks).toBe(stopped);
  });

  test('started twice are one series', async () => {
    await redis.performHealthCheck();
    redis.health.startHealthChecks(30);
    redis.health.startHealthChecks(30);
    const { checks } = redis.health.getMetrics();
    const other = await besideAnother(30);
    const before = redis.health.getMetrics().checks;
    await other.until(20);
    // Two series would make twice as many.
    expect(redis.health.getMetrics().checks - before).toBeLessThan(1.5 * other.checked() + 2);
    expect(redis.health.getMetrics().checks).toBeGreaterThan(checks);
    redis.health.startHealthChecks(6000);
    expect(redis.health.healthCheckInterval).toBe(6000);
  });

  test('never overlap, however slow the server is', async () => {
    await redis.performHealthCheck();
    const { checks } = redis.health.getMetrics();
    server.pause();
    try {
      redis.health.startHealthChecks(5);
      const first = redis.performHealthCheck();
      expect(redis.performHealthCheck()).toBe(first);
      expect(await first).toMatchObject({ isHealthy: false, errorCount: 1 });
      expect(redis.health.getMetrics().checks).toBe(checks + 1);
    } finally {
      redis.health.stopHealthChecks();
      server.resume();
    }
  });

  test('need not be due for a lost connection to count', async () => {
    await redis.performHealthCheck();
    const { checks } = redis.health.getMetrics();
    expect(redis.health.isHealthy()).toBe(true);
    await server.kill();
    await until(() => !redis.isRedisConnected(), { what: 'the loss of the connection' });
    expect(redis.getRedisHealth()).toMatchObject({ isHealthy: false, isConnected: false });
    expect(redis.health.getMetrics().checks).toBe(checks);
  });

  test('notice an outage and the end of it', async () => {
    redis.health.startHealthChecks(20);
    await until(() => redis.health.isHealthy(), { what: 'a healthy check' });
    await server.kill();
    await until(() => !redis.health.isHealthy() && redis.getRedisHealth().errorCount >= 2, {
      what: 'two failed checks',
    });
    const failed = redis.getRedisHealth();
    expect(failed).toMatchObject({ isConnected: false, uptime: null, redisVersion: null });
    expect(failed.error.code).toMatch(/^E_/);
    expect(redis.health.getMetrics().consecutiveFailures).toBeGreaterThanOrEqual(2);
    await server.launch();
    await until(() => redis.health.isHealthy(), { what: 'a healthy check', timeoutMs: 10_000 });
    expect(redis.health.getMetrics().consecutiveFailures).toBe(0);
    redis.health.stopHealthChecks();
    redis.health.resetErrorCount();
    expect(redis.getRedisHealth().errorCount).toBe(0);
  });

  test.each([0, -1, 1.5, Number.NaN, '20', 2 ** 31])('%p is no interval', (interval) => {
    expect(() => redis.health.startHealthChecks(interval)).toThrow(
      expect.objectContaining({ code: 'E_CONFIG', message: expect.stringContaining('milliseconds') }),
    );
    expect(redis.health.healthCheckInterval).toBe(30_000);
  });
});

describe('orgcache/redis without a server', () => {
  test('throws before it is initialized, and names the function to call', async () => {
    const redis = openModule();
    expect(() => redis.getRedisClient()).toThrow(
      expect.objectContaining({ code: 'E_CLOSED', message: expect.stringContaining('initializeRedis()') }),
    );
    expect(redis.isRedisConnected()).toBe(false);
    expect(redis.getRedisHealth()).toMatchObject({ isHealthy: false, lastCheck: null, responseTime: null });
    expect(await redis.performHealthCheck()).toMatchObject({ isHealthy: false, error: { code: 'E_CLOSED' } });
    expect(await rejection(redis.connection.ping())).toMatchObject({ code: 'E_CLOSED' });
    expect(await redis.shutdownRedis()).toEqual({ flushed: true, journalEntries: 0 });
  });

  test('rejects with the reason, goes on connecting, and its health has the error', async () => {
    const redis = openModule();
    const port = await closedPort();
    const options = {
      url: `redis://:module-canary@127.0.0.1:${port}`,
      connectTimeout: 2000,
      logLevel: 'off',
    };
    const { value: refused } = await within(4000, rejection(redis.initializeRedis(options)));
    expect(refused).toMatchObject({ code: 'E_CONNECT', message: expect.stringContaining(String(port)) });
    expect(redis.isRedisConnected()).toBe(false);
    expect(redis.health.healthCheckInterval).toBe(30_000);
    const found = await redis.performHealthCheck();
    expect(found).toMatchObject({ isHealthy: false, responseTime: null, error: { code: 'E_CONNECT' } });
    expect(found.error.message).toContain(String(port));
    expect(await redis.connection.ping()).toBe(false);
    expect(JSON.stringify(await redis.health.getDetailedReport())).not.toContain('module-canary');
  });

  test('waits for a server that says nothing no longer than the connect timeout', async () => {
    const silent = await startSilentServer();
    const redis = openModule();
    const options = { url: `redis://127.0.0.1:${silent.port}`, connectTimeout: 300, logLevel: 'off' };
    const { value, ms } = await within(3000, rejection(redis.initializeRedis(options)));
    expect(value).toMatchObject({ name: 'OrgCacheError', retryable: true });
    expect(ms).toBeLessThan(2000);
    const other = openModule();
    const connecting = await within(3000, rejection(other.connection.connect(options)));
    expect(connecting.value).toMatchObject({ name: 'OrgCacheError', retryable: true });
    expect(connecting.ms).toBeLessThan(2000);
  });

  test('tells that USE_REDIS is false', async () => {
    const redis = openModule();
    expect(await redis.initializeRedis({ useRedis: false })).toBe(false);
    const { error } = await redis.performHealthCheck();
    expect(error.message).toContain('USE_REDIS');
  });

  test.each([[null], [5], ['redis://localhost'], [[]]])('takes no options like %j', async (options) => {
    const redis = openModule();
    for (const open of [redis.initializeRedis, redis.connection.connect]) {
      expect(await rejection(open(options))).toMatchObject({
        code: 'E_CONFIG',
        message: expect.stringContaining('an object of options'),
      });
    }
    expect(() => redis.getRedisClient()).toThrow(expect.objectContaining({ code: 'E_CLOSED' }));
  });

  test('rejects options that are not allowed and stays closed', async () => {
    const redis = openModule();
    expect(await rejection(redis.initializeRedis({ port: 'http' }))).toMatchObject({ code: 'E_CONFIG' });
    expect(() => redis.getRedisClient()).toThrow(expect.objectContaining({ code: 'E_CLOSED' }));
    expect(redis.health.healthCheckInterval).toBeNull();
  });
});

describe('the configuration of orgcache/redis', () => {
  async function configIn(env) {
    const body = ({ report, args }) => report(require(args.entry).config);
    return (await inFreshProcess(body, { env, args: { entry: ENTRY } })).report;
  }

  test('in development has the documented defaults', async () => {
    expect(await configIn({})).toEqual({
      environment: 'development',
      host: 'localhost',
      port: 6379,
      username: null,
      password: null,
      database: 0,
      db: 0,
      tls: false,
      minPoolSize: 5,
      poolSize: 20,
      connectTimeout: 10_000,
      commandTimeout: 5000,
      maxRetries: 3,
      maxRetriesPerRequest: 3,
      retryDelay: 100,
      retryDelayOnFailover: 100,
      keepAlive: 30_000,
      family: 4,
      lazyConnect: true,
      autoPipelining: true,
    });
  });

  test('takes assignments for the next connection', async () => {
    const server = await startRedis();
    const redis = openModule();
    redis.config.host = '127.0.0.1';
    redis.config.port = server.port;
    expect(redis.config).toMatchObject({ host: '127.0.0.1', port: server.port });
    expect(await redis.initializeRedis()).toBe(true);
    expect(() => {
      redis.config.environment = 'other';
    }).toThrow(TypeError);
  });

  test('in production has five retries and a keep-alive of a minute', async () => {
    expect(await configIn({ NODE_ENV: 'production' })).toMatchObject({
      environment: 'production',
      minPoolSize: 5,
      poolSize: 20,
      maxRetries: 5,
      keepAlive: 60_000,
      database: 0,
    });
  });

  test.each([
    [{}, 1],
    [{ TEST_REDIS_DB: '7' }, 7],
    [{ REDIS_URL: 'redis://127.0.0.1:6400' }, 1],
    [{ REDIS_URL: 'redis://127.0.0.1:6400/3' }, 1],
    [{ REDIS_DB: '4', TEST_REDIS_DB: '7' }, 7],
  ])('in tests with %j has database %i and a small pool', async (env, database) => {
    expect(await configIn({ NODE_ENV: 'test', ...env })).toMatchObject({
      environment: 'test',
      database,
      minPoolSize: 1,
      poolSize: 5,
    });
  });

  test('leaves TEST_REDIS_DB to tests', async () => {
    expect(await configIn({ NODE_ENV: 'production', TEST_REDIS_DB: '7' })).toMatchObject({ database: 0 });
  });

  test('shows the parts of a URL that count, and no password', async () => {
    const config = await configIn({
      REDIS_URL: 'rediss://app:url-canary@cache.test:6400/2',
      REDIS_HOST: 'x',
    });
    expect(config).toMatchObject({
      host: 'cache.test',
      port: 6400,
      username: 'app',
      password: '(redacted)',
      database: 2,
      tls: true,
    });
  });

  test('is read when it is asked for, and not at the import', async () => {
    const body = ({ report, args }) => {
      const { config } = require(args.entry);
      process.env.REDIS_HOST = 'later.test';
      report(config.host);
    };
    const { report } = await inFreshProcess(body, { args: { entry: ENTRY }, env: { REDIS_PORT: '6400' } });
    expect(report).toBe('later.test');
  });

  test('that is not allowed is E_CONFIG at the initialization', async () => {
    const body = async ({ report, rejection: rejectionOf, args }) =>
      report(await rejectionOf(require(args.entry).initializeRedis()));
    const { report } = await inFreshProcess(body, {
      args: { entry: ENTRY },
      env: { NODE_ENV: 'test', TEST_REDIS_DB: 'tests' },
    });
    expect(report).toMatchObject({ code: 'E_CONFIG', message: expect.stringContaining('TEST_REDIS_DB') });
  });
});

describe('a process that uses orgcache/redis', () => {
  test('ends by itself while health checks go on', async () => {
    const server = await startRedis();
    const body = async ({ report, args }) => {
      const redis = require(args.entry);
      report(await redis.initializeRedis());
    };
    const { report, exitDelayMs } = await inFreshProcess(body, {
      args: { entry: ENTRY },
      env: { REDIS_URL: server.url },
    });
    expect(report).toBe(true);
    expect(exitDelayMs).toBeLessThan(2000);
  });
});
