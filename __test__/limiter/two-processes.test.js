'use strict';

const { ALGORITHMS, LONG, SECRET, longPolicy } = require('../support/limiter-contract');
const { openPackage } = require('../support/package');
const { inFreshProcess } = require('../support/process');
const { startRedis } = require('../support/redis');
const { rejection, until } = require('../support/wait');

let server;

beforeAll(async () => {
  server = await startRedis();
});

beforeEach(() => server.command('FLUSHALL'));

const limiterOf = (policies, options = {}, { driver } = {}) => {
  const instance = openPackage({ url: server.url, driver, logLevel: 'off' });
  return instance.createLimiter({ secret: SECRET, decisionMs: 2000, policies, ...options });
};

/** Consumes for two users from a process of its own, as fast as it can, and reports how many were admitted. */
function consumer({ driver, algorithm, limit, calls }) {
  return inFreshProcess(
    async ({ load, report, args }) => {
      const { createLimiter, shutdown } = load();
      const { policy, calls, secret } = args;
      const limiter = createLimiter({
        secret,
        decisionMs: 2000,
        policies: { p: policy },
      });
      const admitted = { a: 0, b: 0 };
      for (let done = 0; done < calls; done += 100) {
        const ids = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 'a' : 'b'));
        const decisions = await Promise.all(
          ids.map((id) => limiter.consume({ policy: 'p', kind: 'user', id })),
        );
        for (const [i, { allowed }] of decisions.entries()) if (allowed) admitted[ids[i]] += 1;
      }
      report(admitted);
      await shutdown();
    },
    {
      args: { policy: longPolicy(algorithm, limit), calls, secret: SECRET },
      env: { REDIS_URL: server.url, CACHE_DRIVER: driver, CACHE_LOG: 'off' },
    },
  );
}

describe.each(['loop', 'thread'])('two processes with the %s driver', (driver) => {
  test.each(ALGORITHMS)('share one limit of the algorithm %s exactly', async (algorithm) => {
    const options = { driver, algorithm, limit: 400, calls: 1000 };
    const runs = await Promise.all([consumer(options), consumer(options)]);
    const [one, two] = runs.map(({ report }) => report);
    expect(one.a + two.a).toBe(400);
    expect(one.b + two.b).toBe(400);
  });
});

describe('what one instance does', () => {
  const policies = { p: { limit: 1, windowSeconds: LONG } };
  const check = { policy: 'p', kind: 'user', id: 'u-1' };

  test('a refused identifier costs Redis nothing more, until another instance resets it', async () => {
    const [one, two] = [limiterOf(policies), limiterOf(policies)];
    await one.consume(check);
    expect(await one.consume(check)).toMatchObject({ allowed: false, source: 'redis' });
    await two.consume(check);
    const scripts = async () => {
      const stats = await server.command('INFO', 'commandstats');
      return [...stats.matchAll(/^cmdstat_eval(?:sha)?:calls=(\d+)/gm)].reduce(
        (sum, [, n]) => sum + Number(n),
        0,
      );
    };
    const before = await scripts();
    for (let i = 0; i < 50; i += 1) {
      expect(await one.consume(check)).toMatchObject({ allowed: false, reason: 'limit', source: 'local' });
    }
    expect(await scripts()).toBe(before);
    expect(one.stats()).toMatchObject({ denials: 1 });
    expect(await two.reset(check)).toBe(true);
    // An instance may refuse for 5 s more whom it has refused.
    await until(async () => (await one.consume(check)).allowed, { timeoutMs: 10_000 });
  });

  test('what another instance resets, refunds or unblocks is admitted here at once', async () => {
    const options = { namespace: 'heard', localDenySeconds: 3600 };
    const [one, two] = [0, 1].map(() => limiterOf(policies, options));
    const channel = '*!limit:heard:!changes';
    const who = { kind: 'user', id: 'u-1', organizationId: 'org: 1' };
    const own = { policy: 'p', ...who };
    await one.consume(own);
    expect(await one.consume(own)).toMatchObject({ allowed: false, source: 'redis' });
    await until(async () => (await server.command('PUBSUB', 'CHANNELS', channel)).length === 1);
    const ways = {
      reset: () => two.reset(own),
      refund: () => two.refund(own),
      unblock: () => two.unblock(who),
    };
    for (const [name, change] of Object.entries(ways)) {
      if (name === 'unblock') {
        await one.reset(own);
        await two.block(who, 3600);
      }
      const isRefused = async () => {
        const { allowed, source } = await one.consume(own);
        return !allowed && source === 'local';
      };
      await until(isRefused);
      const other = { ...own, id: 'u-2' };
      await until(async () => (await one.consume(other)).source === 'local');
      await change();
      await until(async () => (await one.consume(own)).allowed, { timeoutMs: 1000, what: name });
      // Nobody else was asked for again.
      expect(await one.consume(other)).toMatchObject({ allowed: false, source: 'local' });
    }
    await one.close();
    await until(async () => (await server.command('PUBSUB', 'CHANNELS', channel)).length === 0);
  });

  test('refusals are asked for again after messages may have been lost', async () => {
    const options = { namespace: 'lost', localDenySeconds: 3600 };
    const [one, two] = [0, 1].map(() => limiterOf(policies, options));
    await one.consume(check);
    await one.consume(check);
    const isHeard = async () => (await server.command('PUBSUB', 'CHANNELS', '*!limit:lost:*')).length === 1;
    await until(isHeard);
    await until(async () => (await one.consume(check)).source === 'local');
    await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await two.reset(check);
    await until(async () => (await one.consume(check)).allowed, { timeoutMs: 10_000 });
  });

  test('localDenySeconds 0 asks Redis each time', async () => {
    const limiter = limiterOf(policies, { localDenySeconds: 0 });
    await limiter.consume(check);
    for (let i = 0; i < 5; i += 1) {
      expect(await limiter.consume(check)).toMatchObject({ allowed: false, source: 'redis' });
    }
  });

  test('a denial covers its cost and what costs more, nothing cheaper', async () => {
    const limiter = limiterOf({ p: { limit: 10, windowSeconds: LONG } });
    await limiter.consume({ ...check, cost: 8 });
    expect(await limiter.consume({ ...check, cost: 5 })).toMatchObject({ allowed: false, source: 'redis' });
    expect(await limiter.consume({ ...check, cost: 5 })).toMatchObject({ allowed: false, source: 'local' });
    expect(await limiter.consume({ ...check, cost: 6 })).toMatchObject({ allowed: false, source: 'local' });
    expect(await limiter.consume({ ...check, cost: 2 })).toMatchObject({ allowed: true, source: 'redis' });
  });

  test('the calls of a tick reach Redis as a few scripts', async () => {
    const limiter = limiterOf({ p: { limit: 10, windowSeconds: LONG } });
    await limiter.consume(check);
    await server.command('CONFIG', 'RESETSTAT');
    const people = Array.from({ length: 512 }, (_, i) => `u-${i}`);
    await Promise.all(people.map((id) => limiter.consume({ ...check, id })));
    const stats = await server.command('INFO', 'commandstats');
    const [, calls] = /^cmdstat_evalsha:calls=(\d+)/m.exec(stats);
    // 16, 32, 64, then 128 at a time.
    expect(Number(calls)).toBeLessThanOrEqual(7);
  });

  test('counts survive SCRIPT FLUSH, and begin anew after FLUSHALL', async () => {
    const limiter = limiterOf({ p: { limit: 100, windowSeconds: LONG } }, { localDenySeconds: 0 });
    for (let i = 0; i < 10; i += 1) {
      await server.command('SCRIPT', 'FLUSH');
      const decisions = await Promise.all(Array.from({ length: 10 }, () => limiter.consume(check)));
      expect(decisions.every(({ allowed, source }) => allowed && source === 'redis')).toBe(true);
    }
    expect((await limiter.consume(check)).allowed).toBe(false);
    await server.command('FLUSHALL');
    expect(await limiter.consume(check)).toMatchObject({ allowed: true, remaining: 99 });
  });

  test('state of another type is dropped, and hurts no other check', async () => {
    const limiter = limiterOf({ p: { limit: 5, windowSeconds: LONG } });
    await limiter.consume(check);
    const [key] = await server.keys('*!limit:*u*');
    const keys = (await server.keys('*!limit:default:p:*')).filter((name) => name !== key);
    const [own] = key === undefined ? keys : [key];
    await server.command('DEL', own);
    await server.command('LPUSH', own, 'not', 'a', 'limit');
    const decisions = await Promise.all([
      limiter.consume(check),
      limiter.consume({ ...check, id: 'u-2' }),
      limiter.consume({ ...check, id: 'u-3' }),
    ]);
    expect(decisions.map(({ remaining }) => remaining)).toEqual([4, 4, 4]);
  });

  test('reset() of the instance and a new beginning keep the limiter working', async () => {
    const instance = openPackage({ url: server.url, logLevel: 'off' });
    const limiter = instance.createLimiter({ secret: SECRET, decisionMs: 2000, policies });
    expect((await limiter.consume(check)).allowed).toBe(true);
    await instance.reset();
    instance.configure({ url: server.url, logLevel: 'off' });
    expect(await limiter.consume(check)).toMatchObject({ allowed: false, source: 'redis' });
    await instance.shutdown();
    expect(await rejection(limiter.consume(check))).toMatchObject({ code: 'E_CLOSED' });
  });
});
