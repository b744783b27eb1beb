'use strict';

const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { PACKAGE_ROOT } = require('../support/package');
const { inFreshProcess, runNode } = require('../support/process');
const { withRedis } = require('../support/redis');
const { startSilentServer, closedPort } = require('../support/silent-server');

// From the last word of the program to its end: node's own end and a busy machine.
const EXIT_DELAY_MS = 1500;

const redis = withRedis();
let closed;
let silent;

beforeAll(async () => {
  closed = await closedPort();
  silent = await startSilentServer();
});

describe('importing the package', () => {
  test('starts nothing: no handle, no thread, no listener, no output', async () => {
    const { report, stdout, stderr, exitDelayMs } = await inFreshProcess(
      ({ load, report }) => {
        const fs = require('node:fs');
        const observe = () => ({
          handles: process._getActiveHandles().length,
          requests: process._getActiveRequests().length,
          threads: fs.existsSync('/proc/self/task') ? fs.readdirSync('/proc/self/task').length : 0,
          listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
          environment: JSON.stringify(process.env),
        });
        // The streams and the thread list are opened by looking at them once.
        observe();
        const before = observe();
        const orgcache = load();
        const imported = observe();
        orgcache.cacheAdapter.on('error', () => {});
        orgcache.redisManager.getClient();
        orgcache.cacheAdapter.createOrgKey('org-1', '+123');
        report({ before, imported, touched: observe() });
      },
      { env: { REDIS_URL: redis.url, CACHE_LOG: 'trace' } },
    );
    expect(report.imported).toEqual(report.before);
    expect(report.touched).toEqual(report.before);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(stderr).toBe('');
    expect(exitDelayMs).toBeLessThan(EXIT_DELAY_MS);
  });

  test('makes no connection', async () => {
    const before = Number(/total_connections_received:(\d+)/.exec(await redis.command('INFO', 'stats'))[1]);
    await inFreshProcess(({ load, report }) => report(typeof load().configure), {
      env: { REDIS_URL: redis.url },
    });
    const after = Number(/total_connections_received:(\d+)/.exec(await redis.command('INFO', 'stats'))[1]);
    expect(after).toBe(before);
  });

  test('gives the same exports to require and to import', async () => {
    const source = `
      import * as all from ${JSON.stringify(pathToFileURL(path.join(PACKAGE_ROOT, 'index.mjs')).href)};
      import { createRequire } from 'node:module';
      const required = createRequire(import.meta.url)(${JSON.stringify(PACKAGE_ROOT)});
      const names = (value) => Object.keys(value).filter((name) => name !== 'default' && name !== 'module.exports').sort();
      const same = names(required).every((name) => all[name] === required[name]);
      console.log('@report ' + JSON.stringify({ imported: names(all), required: names(required), same }));
    `;
    const { report } = await runNode(['--input-type=module', '-e', source]);
    expect(report.imported).toEqual(report.required);
    expect(report.same).toBe(true);
    expect(report.required).toEqual(
      expect.arrayContaining([
        'OrgCacheError',
        'cacheAdapter',
        'cacheManager',
        'configure',
        'installSignalHandlers',
        'redisManager',
        'redisMigrationManager',
        'shutdown',
        'version',
      ]),
    );
  });

  test('gives the adapter and the migration manager as default exports of the subpaths', async () => {
    const source = `
      import adapter from 'orgcache/cacheAdapter';
      import manager from 'orgcache/redis-migration';
      import { cacheAdapter, redisMigrationManager } from 'orgcache';
      import { createRequire } from 'node:module';
      const require = createRequire(process.cwd() + '/index.mjs');
      console.log('@report ' + JSON.stringify({
        adapter: adapter === cacheAdapter,
        manager: manager === redisMigrationManager,
        required: require('orgcache/cacheAdapter') === cacheAdapter && require('orgcache/redis-migration') === redisMigrationManager,
        default: require('orgcache/cacheAdapter').default === cacheAdapter,
      }));
    `;
    const { report } = await runNode(['--input-type=module', '-e', source]);
    expect(report).toEqual({ adapter: true, manager: true, required: true, default: true });
  });

  test('tells the version of the package', async () => {
    const { report } = await inFreshProcess(({ load, report }) => report(load().version));
    expect(report).toBe(require(path.join(PACKAGE_ROOT, 'package.json')).version);
  });
});

describe.each(['auto', 'thread', 'loop'])('a process that used the package with the %s driver', (driver) => {
  const MODES = [
    ['Redis', () => ({ REDIS_URL: redis.url })],
    ['the memory store', () => ({ USE_REDIS: 'false' })],
    ['a Redis that cannot be reached', () => ({ REDIS_URL: `redis://127.0.0.1:${closed}` })],
    [
      'a Redis that never answers',
      () => ({ REDIS_URL: `redis://127.0.0.1:${silent.port}`, REDIS_COMMAND_TIMEOUT: '500' }),
    ],
  ];

  test.each(MODES)('and %s ends by itself, without a shutdown', async (_name, env) => {
    const { report, exitDelayMs } = await inFreshProcess(
      async ({ load, report }) => {
        const { cacheAdapter } = load();
        await cacheAdapter.setConversationContext('org-1', '+123', [{ content: 'hello' }]);
        report(await cacheAdapter.getConversationContext('org-1', '+123'));
      },
      { env: { ...env(), CACHE_DRIVER: driver, CACHE_LOG: 'off' } },
    );
    expect(report).toEqual([{ content: 'hello' }]);
    expect(exitDelayMs).toBeLessThan(EXIT_DELAY_MS);
  });

  test.each(MODES)('and %s ends at once after a shutdown', async (_name, env) => {
    const { exitDelayMs } = await inFreshProcess(
      async ({ load, report }) => {
        const { cacheAdapter, shutdown } = load();
        await cacheAdapter.get('a');
        await shutdown({ timeoutMs: 1000 });
        report('down');
      },
      { env: { ...env(), CACHE_DRIVER: driver, CACHE_LOG: 'off' } },
    );
    expect(exitDelayMs).toBeLessThan(EXIT_DELAY_MS);
  });

  test.each(MODES)('and %s ends under load when process.exit is called', async (_name, env) => {
    const { code, signal } = await inFreshProcess(
      async ({ load, report }) => {
        const { cacheAdapter } = load();
        await cacheAdapter.get('a');
        for (let index = 0; index < 5000; index += 1) {
          cacheAdapter.setConversationContext('org-1', String(index), [{ index }]);
          cacheAdapter.getConversationContext('org-1', String(index));
        }
        setImmediate(() => {
          report('exit');
          process.exit(7);
        });
      },
      { env: { ...env(), CACHE_DRIVER: driver, CACHE_LOG: 'off' }, mayFail: true },
    );
    expect({ code, signal }).toEqual({ code: 7, signal: null });
  });

  test('waits for calls that are not awaited', async () => {
    await redis.command('FLUSHALL');
    await inFreshProcess(
      ({ load, report }) => {
        load().cacheAdapter.set('last', 'words');
        report('issued');
      },
      { env: { REDIS_URL: redis.url, CACHE_DRIVER: driver } },
    );
    expect(await redis.command('GET', 'jack:dev:kv:last')).toBe('"words"');
  });

  test('keeps its other work going', async () => {
    const { report } = await inFreshProcess(
      async ({ load, report }) => {
        const { cacheAdapter } = load();
        let ticks = 0;
        const timer = setInterval(() => ++ticks, 5);
        for (let index = 0; index < 300; index += 1) await cacheAdapter.set('a', index);
        await new Promise((resolve) => setTimeout(resolve, 60));
        clearInterval(timer);
        report(ticks);
      },
      { env: { REDIS_URL: redis.url, CACHE_DRIVER: driver } },
    );
    expect(report).toBeGreaterThan(3);
  });
});
