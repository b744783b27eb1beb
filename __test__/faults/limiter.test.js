'use strict';

const { SECRET, someone } = require('../support/limiter-contract');
const { onEnd } = require('../support/cleanup');
const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { closedPort, startSilentServer } = require('../support/silent-server');
const { rejection, until } = require('../support/wait');

const DECISION_MS = 200;
/** Milliseconds that a decision may take beyond its deadline. */
const GRACE_MS = 50;
const POLICIES = {
  local: { limit: 10, windowSeconds: 3600 },
  exact: { limit: 10, windowSeconds: 3600, algorithm: 'log' },
  open: { limit: 10, windowSeconds: 3600, onRedisDown: 'open' },
  closed: { limit: 10, windowSeconds: 3600, onRedisDown: 'closed' },
};

function openLimiter(options) {
  const instance = openPackage({ logLevel: 'off', ...options });
  return instance.createLimiter({ secret: SECRET, policies: POLICIES, decisionMs: DECISION_MS });
}

/** The decision and the milliseconds that it took. */
async function timed(decide) {
  const started = performance.now();
  const decision = await decide();
  return { decision, ms: performance.now() - started };
}

async function expectLocalDecisions(limiter) {
  for (const policy of ['local', 'exact']) {
    const who = someone();
    const runs = [];
    for (let i = 0; i < 12; i += 1) runs.push(await timed(() => limiter.consume({ policy, ...who })));
    for (const { ms } of runs) expect(ms).toBeLessThan(DECISION_MS + GRACE_MS);
    expect(runs.filter(({ decision }) => decision.allowed)).toHaveLength(10);
    expect(runs.every(({ decision }) => decision.source === 'local')).toBe(true);
  }
  const who = someone();
  for (let i = 0; i < 12; i += 1) {
    const { decision, ms } = await timed(() => limiter.consume({ policy: 'open', ...who }));
    expect(ms).toBeLessThan(DECISION_MS + GRACE_MS);
    expect(decision).toMatchObject({ allowed: true, source: 'local' });
    const refused = await timed(() => limiter.consume({ policy: 'closed', ...who }));
    expect(refused.ms).toBeLessThan(DECISION_MS + GRACE_MS);
    expect(refused.decision).toMatchObject({
      allowed: false,
      reason: 'down',
      source: 'local',
      violated: ['closed'],
    });
  }
  expect(await limiter.refund({ policy: 'local', ...who })).toBeUndefined();
}

/** Nothing that Redis must do is said to be done. */
async function expectNoChanges(limiter) {
  const who = someone();
  for (const call of [() => limiter.reset({ policy: 'local', ...who }), () => limiter.block(who, 60)]) {
    expect((await rejection(call())).code).toMatch(/^E_(CONNECT|TIMEOUT|UNKNOWN_OUTCOME|OVERLOADED)$/);
  }
}

describe.each(['loop', 'thread'])('with the %s driver a limiter decides in time', (driver) => {
  test('where nothing listens', async () => {
    const limiter = openLimiter({ url: `redis://127.0.0.1:${await closedPort()}`, driver });
    await expectLocalDecisions(limiter);
    await expectNoChanges(limiter);
  });

  test('where the server never answers', async () => {
    const silent = await startSilentServer();
    const limiter = openLimiter({ url: `redis://127.0.0.1:${silent.port}`, driver });
    await expectLocalDecisions(limiter);
    await expectNoChanges(limiter);
  });

  test('when the server is stopped, and asks it again when it goes on', async () => {
    const server = await startRedis();
    onEnd(() => server.isPaused && server.resume());
    const limiter = openLimiter({ url: server.url, driver });
    const events = [];
    for (const event of ['degraded', 'recovered']) limiter.on(event, () => events.push(event));
    const check = { policy: 'local', ...someone() };
    await until(async () => (await limiter.consume(check)).source === 'redis');
    server.pause();
    await expectLocalDecisions(limiter);
    await until(() => events.includes('degraded'), { timeoutMs: 10_000 });
    server.resume();
    const decides = async () => (await limiter.consume({ policy: 'local', ...someone() })).source === 'redis';
    await until(decides, { timeoutMs: 10_000 });
    await until(() => events.includes('recovered'), { timeoutMs: 10_000 });
    // Nothing that was counted locally is written back.
    expect((await limiter.peek(check)).remaining).toBeLessThanOrEqual(9);
    expect(await server.command('KEYS', '*:open:*')).toEqual([]);
  }, 60_000);

  test('when the server is killed with calls under way, each call once', async () => {
    const server = await startRedis();
    const limiter = openLimiter({ url: server.url, driver });
    await until(async () => (await limiter.consume({ policy: 'local', ...someone() })).source === 'redis');
    const calls = Array.from({ length: 2000 }, () =>
      timed(() =>
        limiter.consume([
          { policy: 'local', ...someone() },
          { policy: 'open', ...someone() },
        ]),
      ),
    );
    await server.kill();
    for (const { decision, ms } of await Promise.all(calls)) {
      expect(decision.allowed).toBe(true);
      // All of them began at once, and their outcomes are handled one after the other.
      expect(ms).toBeLessThan(DECISION_MS + 500);
    }
    await server.restart();
    await until(async () => (await limiter.consume({ policy: 'local', ...someone() })).source === 'redis', {
      timeoutMs: 10_000,
    });
  }, 60_000);

  test('when the server refuses scripts', async () => {
    const server = await startRedis({ users: ['user default on nopass ~* &* +@all -evalsha -eval'] });
    const limiter = openLimiter({ url: server.url, driver });
    await expectLocalDecisions(limiter);
    expect((await rejection(limiter.block(someone(), 60))).redisCode).toBe('NOPERM');
  });

  test('when the server has become a replica', async () => {
    const server = await startRedis();
    const limiter = openLimiter({ url: server.url, driver });
    await until(async () => (await limiter.consume({ policy: 'local', ...someone() })).source === 'redis');
    await server.command('REPLICAOF', '127.0.0.1', String(await closedPort()));
    await expectLocalDecisions(limiter);
  });

  test('when the server’s memory is full', async () => {
    const server = await startRedis({ configuration: ['maxmemory 1mb', 'maxmemory-policy noeviction'] });
    const limiter = openLimiter({ url: server.url, driver });
    await expectLocalDecisions(limiter);
    expect((await rejection(limiter.block(someone(), 60))).redisCode).toBe('OOM');
  });
});

test('a refund makes room in an outage only of what this process counted', async () => {
  const server = await startRedis();
  onEnd(() => server.isPaused && server.resume());
  const limiter = openLimiter({ url: server.url });
  const check = { policy: 'exact', ...someone() };
  const first = await until(async () => {
    const decision = await limiter.consume(check);
    return decision.source === 'redis' && decision;
  });
  server.pause();
  const local = [];
  for (let i = 0; i < 11; i += 1) local.push(await limiter.consume(check));
  expect(local.map(({ allowed }) => allowed)).toEqual([...Array(10).fill(true), false]);
  await limiter.refund(check);
  await limiter.refund(check, { source: first.source });
  expect(await limiter.consume(check)).toMatchObject({ allowed: false, source: 'local' });
  await limiter.refund(check, { source: local[0].source });
  expect(await limiter.consume(check)).toMatchObject({ allowed: true, source: 'local' });
  server.resume();
  const other = { policy: 'exact', ...someone() };
  const isBack = async () => (await limiter.consume(other)).source === 'redis';
  await until(isBack, { timeoutMs: 10_000 });
  const counted = async () => 10 - (await limiter.peek(check)).remaining;
  const before = await counted();
  await limiter.refund(check, { source: 'local' });
  expect(await counted()).toBe(before);
  await limiter.refund(check, { source: 'redis' });
  expect(await counted()).toBe(before - 1);
}, 60_000);

test('in an outage the instances share a limit as Redis knew them last', async () => {
  const server = await startRedis();
  onEnd(() => server.isPaused && server.resume());
  const limiters = [openLimiter({ url: server.url }), openLimiter({ url: server.url })];
  const knowEachOther = async () => {
    for (const limiter of limiters) await limiter.consume({ policy: 'local', ...someone() });
    return limiters.every((limiter) => limiter.stats().instances === 2);
  };
  await until(knowEachOther, { timeoutMs: 25_000 });
  server.pause();
  const check = { policy: 'local', ...someone() };
  const decisions = [];
  for (const limiter of limiters) {
    for (let i = 0; i < 12; i += 1) decisions.push(await limiter.consume(check));
  }
  expect(decisions.every(({ source }) => source === 'local')).toBe(true);
  expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(10);
}, 60_000);
