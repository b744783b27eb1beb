'use strict';

const { runProgram } = require('../support/process');
const { withRedis } = require('../support/redis');
const { until } = require('../support/wait');

const redis = withRedis();

const STORES = [
  ['Redis, thread driver', () => ({ REDIS_URL: redis.url, CACHE_DRIVER: 'thread' })],
  ['Redis, loop driver', () => ({ REDIS_URL: redis.url, CACHE_DRIVER: 'loop' })],
  ['the memory store', () => ({ USE_REDIS: 'false' })],
];

describe.each(STORES)('worker threads with %s', (_name, env) => {
  test.each([
    ['require, the package loaded by workers only', { esm: false, inMain: false }],
    ['import, the package loaded by workers only', { esm: true, inMain: false }],
    ['require, beside the main thread', { esm: false, inMain: true }],
  ])(
    'get their own values and end by themselves (%s)',
    async (_title, how) => {
      const { report } = await runProgram('workers.cjs', {
        env: env(),
        args: { scenario: 'check', workers: 4, calls: 500, ...how },
        timeoutMs: 30_000,
      });
      const names = ['org-0', 'org-1', 'org-2', 'org-3'];
      expect(report.answer).toEqual(names.map((name) => ({ name, wrong: 0, code: 0 })));
      if (how.inMain) expect(report.main).toBe('before');
    },
    40_000,
  );

  test('20 of them, started and terminated under load three times, crash nothing', async () => {
    const { report, exitDelayMs } = await runProgram('workers.cjs', {
      env: { ...env(), CACHE_LOG: 'off' },
      args: { scenario: 'terminate', workers: 20, rounds: 3, inMain: true },
      timeoutMs: 90_000,
    });
    expect(report.answer).toEqual({ terminated: 60 });
    expect(report.main).toBe('before');
    expect(exitDelayMs).toBeLessThan(3000);
  }, 100_000);
});

test('terminated workers leave no connection behind', async () => {
  const connections = async () => (await redis.command('CLIENT', 'LIST')).trim().split('\n').length;
  const before = await connections();
  const body = { scenario: 'terminate', workers: 5, rounds: 1, inMain: false };
  await runProgram('workers.cjs', { env: { REDIS_URL: redis.url }, args: body, timeoutMs: 60_000 });
  await until(async () => (await connections()) === before, { what: 'the connections to close' });
}, 70_000);
