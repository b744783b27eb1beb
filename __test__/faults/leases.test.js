'use strict';

const { setTimeout: delay } = require('node:timers/promises');
const { LONG, SECRET, someone } = require('../support/limiter-contract');
const { onEnd } = require('../support/cleanup');
const { openPackage } = require('../support/package');
const { inFreshProcess } = require('../support/process');
const { startRedis } = require('../support/redis');
const { startSentinels } = require('../support/sentinel');
const { until } = require('../support/wait');

const LEASE_SECONDS = 1;
const LEASE_MS = 1000 * LEASE_SECONDS;
const DECISION_MS = 200;
/** That of all processes here. */
const PREFIX = 'leases:';
const LEASED = { limit: 2, algorithm: 'concurrency', leaseSeconds: LEASE_SECONDS };
const POLICIES = {
  local: LEASED,
  open: { ...LEASED, onRedisDown: 'open' },
  closed: { ...LEASED, onRedisDown: 'closed' },
  long: { ...LEASED, leaseSeconds: 60, onRedisDown: 'closed' },
};

/** How many leases there are at all. */
const COUNT =
  "local n = 0; for _, key in ipairs(redis.call('KEYS', '*!lease*')) do n = n + redis.call('ZCARD', key) end; return n";

function openLimiter(options, others) {
  const instance = openPackage({ prefix: PREFIX, logLevel: 'off', ...options });
  return instance.createLimiter({ secret: SECRET, decisionMs: DECISION_MS, policies: POLICIES, ...others });
}

/** Acquires until Redis has decided. */
const acquired = (limiter, check) =>
  until(
    async () => {
      const decision = await limiter.acquire(check);
      if (decision.source === 'redis') return decision;
      await decision.lease?.release();
      return undefined;
    },
    { timeoutMs: 10_000 },
  );

/** Answers how much is left for an identifier, as Redis knows it. */
const left = async (limiter, check) => (await limiter.peek(check)).remaining;

const busy = (ms) => {
  const ends = performance.now() + ms;
  while (performance.now() < ends);
};

const keepers = (server) =>
  server
    .command('CLIENT', 'LIST')
    .then((list) => list.split('\n').filter((line) => line.includes('-leases')));

describe.each(['loop', 'thread'])('with the %s driver a lease', (driver) => {
  let server;

  beforeAll(async () => {
    server = await startRedis();
  });

  test('is prolonged while the event loop is busy, and by no connection before that is due', async () => {
    const [holder, witness] = [
      openLimiter({ url: server.url, driver }, { decisionMs: 2000 }),
      openLimiter({ url: server.url, driver }, { decisionMs: 2000 }),
    ];
    const check = { policy: 'local', ...someone() };
    const { lease } = await acquired(holder, check);
    expect(await keepers(server)).toEqual([]);
    for (let i = 0; i < 3; i += 1) {
      busy(1.2 * LEASE_MS);
      expect(await left(witness, check)).toBe(1);
    }
    expect(await keepers(server)).toHaveLength(1);
    await lease.release();
    expect(await left(witness, check)).toBe(2);
    // Nothing prolongs it any more.
    await delay(LEASE_MS);
    expect(await left(witness, check)).toBe(2);
  });

  test('survives SCRIPT FLUSH, and comes back after FLUSHALL', async () => {
    const limiter = openLimiter({ url: server.url, driver }, { decisionMs: 2000 });
    const check = { policy: 'local', ...someone() };
    const { lease } = await acquired(limiter, check);
    const ends = performance.now() + 2 * LEASE_MS;
    while (performance.now() < ends) {
      await server.command('SCRIPT', 'FLUSH');
      expect(await left(limiter, check)).toBe(1);
      await delay(50);
    }
    await server.command('FLUSHALL');
    await until(async () => (await left(limiter, check)) === 1, { timeoutMs: LEASE_MS });
    await server.command('SCRIPT', 'FLUSH');
    await lease.release();
    expect(await left(limiter, check)).toBe(2);
    expect(await server.command('KEYS', '*!lease*')).toEqual([]);
  });

  test('comes back when the server comes back empty, and so does one that was granted meanwhile', async () => {
    const own = await startRedis();
    const limiter = openLimiter({ url: own.url, driver });
    const check = { policy: 'local', ...someone() };
    const first = await acquired(limiter, check);
    await own.kill();
    // Leases that this process holds count here too.
    const second = await until(async () => {
      const decision = await limiter.acquire(check);
      return decision.source === 'local' && decision;
    });
    expect(second).toMatchObject({ allowed: true, remaining: 0 });
    expect(await limiter.acquire(check)).toMatchObject({ allowed: false, reason: 'limit', source: 'local' });
    await own.restart();
    const witness = openLimiter({ url: own.url, driver });
    await until(async () => (await left(witness, check)) === 0, { timeoutMs: 15_000 });
    await second.lease.release();
    await until(async () => (await left(witness, check)) === 1, { timeoutMs: 5000 });
    await first.lease.release();
    expect(await left(witness, check)).toBe(2);
  }, 60_000);

  test('that is released while the server is stopped ends when it goes on', async () => {
    const own = await startRedis();
    onEnd(() => own.isPaused && own.resume());
    const limiter = openLimiter({ url: own.url, driver });
    const check = { policy: 'local', ...someone() };
    const { lease } = await acquired(limiter, check);
    own.pause();
    const started = performance.now();
    await lease.release();
    expect(performance.now() - started).toBeLessThan(DECISION_MS + 100);
    own.resume();
    await until(async () => (await left(limiter, check)) === 2, { timeoutMs: 10_000 });
  }, 60_000);

  test('is decided in time while the server is stopped, as its policy says', async () => {
    const own = await startRedis();
    onEnd(() => own.isPaused && own.resume());
    const limiter = openLimiter({ url: own.url, driver });
    await acquired(limiter, { policy: 'local', ...someone() });
    own.pause();
    const who = someone();
    const decisions = { local: [], open: [], closed: [] };
    for (const policy of Object.keys(decisions)) {
      for (let i = 0; i < 4; i += 1) {
        const started = performance.now();
        decisions[policy].push(await limiter.acquire({ policy, ...who }));
        expect(performance.now() - started).toBeLessThan(DECISION_MS + 100);
      }
    }
    const seen = (policy) => decisions[policy].map(({ allowed, lease }) => [allowed, lease !== null]);
    const [yes, no] = [
      [true, true],
      [false, false],
    ];
    expect(seen('local')).toEqual([yes, yes, no, no]);
    expect(seen('open')).toEqual([yes, yes, yes, yes]);
    expect(seen('closed')).toEqual([no, no, no, no]);
    expect(decisions.closed[0]).toMatchObject({ reason: 'down', violated: ['closed'] });
    own.resume();
    // Calls that really run are known again, whatever the limit is.
    await until(async () => (await left(limiter, { policy: 'open', ...who })) === 0, { timeoutMs: 10_000 });
    for (const decision of Object.values(decisions).flat()) await decision.lease?.release();
    await until(async () => (await left(limiter, { policy: 'open', ...who })) === 2, { timeoutMs: 10_000 });
  }, 60_000);

  test('that Redis granted too late for its caller does not stay', async () => {
    const own = await startRedis();
    onEnd(() => own.isPaused && own.resume());
    const limiter = openLimiter({ url: own.url, driver });
    const check = { policy: 'long', ...someone() };
    const { lease } = await acquired(limiter, check);
    await lease.release();
    own.pause();
    expect(await limiter.acquire(check)).toMatchObject({ allowed: false, reason: 'down' });
    own.resume();
    await until(async () => Number(await own.command('EVAL', COUNT, 0)) === 0, { timeoutMs: 10_000 });
    await until(async () => (await left(limiter, check)) === 2, { timeoutMs: 10_000 });
    expect(Number(await own.command('EVAL', COUNT, 0))).toBe(0);
  }, 60_000);

  test('ends with a process that is killed', async () => {
    const limiter = openLimiter({ url: server.url, driver }, { decisionMs: 2000 });
    const check = { policy: 'local', ...someone() };
    const { signal } = await inFreshProcess(
      async ({ load, args: { secret, policies, check } }) => {
        const { createLimiter } = load();
        const limiter = createLimiter({ secret, decisionMs: 2000, policies });
        // A lease that is garbage would be released.
        globalThis.held = [await limiter.acquire(check), await limiter.acquire(check)];
        // Once they have been prolonged.
        await new Promise((resolve) => setTimeout(resolve, 1500));
        process.kill(process.pid, 'SIGKILL');
      },
      {
        args: { secret: SECRET, policies: POLICIES, check },
        env: { REDIS_URL: server.url, CACHE_DRIVER: driver, CACHE_LOG: 'off', ORGCACHE_PREFIX: PREFIX },
        mayFail: true,
      },
    );
    expect(signal).toBe('SIGKILL');
    expect(await left(limiter, check)).toBe(0);
    await until(async () => (await left(limiter, check)) === 2, { timeoutMs: LEASE_MS + 500 });
    await until(async () => (await server.command('KEYS', '*!lease*')).length === 0);
  });

  test('ends with the shutdown of its process, which has nothing left to do then', async () => {
    const limiter = openLimiter({ url: server.url, driver }, { decisionMs: 2000 });
    const check = { policy: 'local', ...someone() };
    const { report, exitDelayMs } = await inFreshProcess(
      async ({ load, report, args: { secret, policies, check } }) => {
        const { createLimiter, shutdown } = load();
        const limiter = createLimiter({ secret, decisionMs: 2000, policies });
        const held = [await limiter.acquire(check), await limiter.acquire({ ...check, id: 'another' })];
        await new Promise((resolve) => setTimeout(resolve, 1500));
        const { remaining } = await limiter.peek(check);
        await shutdown();
        report({ remaining, allowed: held.every(({ allowed }) => allowed) });
      },
      {
        args: { secret: SECRET, policies: POLICIES, check },
        env: { REDIS_URL: server.url, CACHE_DRIVER: driver, CACHE_LOG: 'off', ORGCACHE_PREFIX: PREFIX },
      },
    );
    expect(report).toEqual({ remaining: 1, allowed: true });
    expect(exitDelayMs).toBeLessThan(1000);
    expect(await left(limiter, check)).toBe(2);
    expect(await server.command('KEYS', '*!lease*')).toEqual([]);
  });
});

test('a lease object that is forgotten without a release is released when it is collected', async () => {
  const { url } = await startRedis();
  const { report } = await inFreshProcess(
    async ({ load, report, args: { secret, policies, check } }) => {
      require('node:v8').setFlagsFromString('--expose-gc');
      const gc = require('node:vm').runInNewContext('gc');
      const { configure, createLimiter, shutdown } = load();
      const warnings = [];
      configure({ logger: { warn: (line) => warnings.push(line) }, logLevel: 'warn' });
      const limiter = createLimiter({ secret, decisionMs: 2000, policies });
      await limiter.acquire(check);
      await limiter.acquire(check);
      const deadline = Date.now() + 10_000;
      let remaining = 0;
      while (remaining < 2 && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        gc();
        ({ remaining } = await limiter.peek(check));
      }
      await shutdown();
      report({ warnings, remaining });
    },
    {
      args: { secret: SECRET, policies: POLICIES, check: { policy: 'local', kind: 'user', id: 'u-1' } },
      env: { REDIS_URL: url },
    },
  );
  expect(report.warnings).toEqual([expect.stringContaining('a lease was not released')]);
  expect(report.remaining).toBe(2);
});

test('a lease lives on after a failover, and counts on the new primary', async () => {
  const group = await startSentinels();
  const limiter = openLimiter({ sentinelHosts: group.hosts });
  // It holds nothing, and so knows only what Redis knows.
  const witness = openLimiter({ sentinelHosts: group.hosts });
  const check = { policy: 'local', ...someone() };
  const { lease } = await acquired(limiter, check);
  await group.settled();
  await group.failover();
  await until(async () => (await left(witness, check)) === 1, { timeoutMs: 20_000 });
  await delay(2 * LEASE_MS);
  expect(await left(witness, check)).toBe(1);
  await lease.release();
  await until(async () => (await left(witness, check)) === 2, { timeoutMs: 5000 });
}, 60_000);

test('an identifier that was refused for its calls under way asks Redis each time', async () => {
  const { url } = await startRedis();
  const policies = { p: { limit: 1, algorithm: 'concurrency' }, q: { limit: 1, windowSeconds: LONG } };
  const limiters = [0, 1].map(() => openLimiter({ url }, { decisionMs: 2000, policies }));
  const check = { policy: 'p', ...someone() };
  const { lease } = await acquired(limiters[0], check);
  for (let i = 0; i < 3; i += 1) {
    expect(await limiters[1].acquire(check)).toMatchObject({ allowed: false, source: 'redis' });
  }
  expect(limiters[1].stats().denials).toBe(1);
  await lease.release();
  const next = await limiters[1].acquire(check);
  expect(next.allowed).toBe(true);
  await next.lease.release();
});
