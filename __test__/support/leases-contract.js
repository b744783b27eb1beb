'use strict';

const { LONG, SECRET, someone } = require('./limiter-contract');
const { rejection, until } = require('./wait');

/**
 * The promises of policies that limit calls under way, whatever the store. `open()` answers an instance of the package.
 * `isShared` says that the leases are in Redis.
 */
function leasesContract(open, { isShared }) {
  let orgcache;
  let limiters;

  beforeAll(async () => {
    orgcache = await open();
  });

  beforeEach(() => {
    limiters = [];
  });

  afterEach(() => Promise.all(limiters.map((limiter) => limiter.close())));

  function limiterOf(policies, options = {}) {
    const limiter = orgcache.createLimiter({ secret: SECRET, decisionMs: 2000, policies, ...options });
    limiters.push(limiter);
    return limiter;
  }

  const source = isShared ? 'redis' : 'local';
  const leased = (limit, others) => ({ limit, algorithm: 'concurrency', ...others });

  test('calls under way are limited, and one that ends makes room', async () => {
    const limiter = limiterOf({ p: leased(2) });
    const check = { policy: 'p', ...someone() };
    const [one, two, three] = [
      await limiter.acquire(check),
      await limiter.acquire([check]),
      await limiter.acquire(check),
    ];
    expect(one).toMatchObject({ allowed: true, reason: 'ok', source, limit: 2, remaining: 1, violated: [] });
    expect(two).toMatchObject({ allowed: true, remaining: 0, retryAfterMs: 0 });
    expect(three).toMatchObject({ allowed: false, reason: 'limit', remaining: 0, violated: ['p'], source });
    expect(three.lease).toBeNull();
    expect(three.retryAfterMs).toBeGreaterThan(0);
    expect(three.retryAfterMs).toBeLessThanOrEqual(1000);
    expect(await one.lease.release()).toBeUndefined();
    const four = await limiter.acquire(check);
    expect(four).toMatchObject({ allowed: true, remaining: 0, source });
    await Promise.all([two.lease.release(), four.lease[Symbol.asyncDispose]()]);
    expect(await limiter.peek(check)).toMatchObject({ remaining: 2, resetMs: 0, retryAfterMs: 0 });
  });

  test('a lease that is released twice frees once, and none of others', async () => {
    const limiter = limiterOf({ p: leased(3) });
    const check = { policy: 'p', ...someone() };
    const { lease } = await limiter.acquire(check);
    const other = await limiter.acquire(check);
    await Promise.all([lease.release(), lease.release(), lease[Symbol.asyncDispose]()]);
    await lease.release();
    expect((await limiter.peek(check)).remaining).toBe(2);
    await other.lease.release();
  });

  test('no more calls than the limit are admitted at once, however many ask', async () => {
    const limiter = limiterOf({ p: leased(20) });
    const check = { policy: 'p', ...someone() };
    for (let round = 0; round < 3; round += 1) {
      const decisions = await Promise.all(Array.from({ length: 100 }, () => limiter.acquire(check)));
      const leases = decisions.flatMap(({ lease }) => lease ?? []);
      expect(leases).toHaveLength(20);
      expect((await limiter.peek(check)).remaining).toBe(0);
      await Promise.all(leases.map((lease) => lease.release()));
      expect((await limiter.peek(check)).remaining).toBe(20);
    }
  });

  test('a call counts by its cost', async () => {
    const limiter = limiterOf({ p: leased(10) });
    const check = { policy: 'p', ...someone() };
    const seven = await limiter.acquire({ ...check, cost: 7 });
    expect(seven).toMatchObject({ allowed: true, remaining: 3 });
    expect(await limiter.acquire({ ...check, cost: 4 })).toMatchObject({ allowed: false, reason: 'limit' });
    const never = { allowed: false, reason: 'cost', retryAfterMs: null, lease: null };
    expect(await limiter.acquire({ ...check, cost: 11 })).toMatchObject(never);
    const nothing = { allowed: true, remaining: 3, lease: null };
    expect(await limiter.acquire({ ...check, cost: 0 })).toMatchObject(nothing);
    expect((await limiter.peek({ ...check, cost: 4 })).retryAfterMs).toBeGreaterThan(0);
    expect(limiter.stats().policies.p).toMatchObject({ leases: 7 });
    await seven.lease.release();
    expect(limiter.stats().policies.p).toMatchObject({ leases: 0, limited: 1, cost: 1 });
  });

  test('a share is kept for critical calls', async () => {
    const limiter = limiterOf({ p: leased(4, { reserve: 0.5 }) });
    const check = { policy: 'p', ...someone() };
    const ordinary = [await limiter.acquire(check), await limiter.acquire(check)];
    expect(ordinary.map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 1],
      [true, 0],
    ]);
    const refused = await limiter.acquire(check);
    expect(refused).toMatchObject({ allowed: false, reason: 'reserve', limit: 4, remaining: 0 });
    expect((await limiter.peek({ ...check, critical: true })).remaining).toBe(2);
    const critical = await limiter.acquire({ ...check, critical: true, cost: 2 });
    expect(critical).toMatchObject({ allowed: true, remaining: 0 });
    expect(await limiter.acquire({ ...check, critical: true })).toMatchObject({ reason: 'limit' });
    expect(limiter.stats().policies.p).toMatchObject({ reserve: 1, limited: 1 });
    for (const { lease } of [...ordinary, critical]) await lease.release();
  });

  test('leases and counted calls are taken together or not at all', async () => {
    const limiter = limiterOf({ p: leased(2), counted: { limit: 2, windowSeconds: LONG } });
    const who = { ...someone(), organizationId: someone('org').id };
    const both = [
      { policy: 'p', ...who },
      { policy: 'counted', ...who },
    ];
    const first = await limiter.acquire(both);
    expect(first.states.map(({ policy, remaining }) => [policy, remaining])).toEqual([
      ['p', 1],
      ['counted', 1],
    ]);
    const second = await limiter.acquire(both);
    await second.lease.release();
    const third = await limiter.acquire(both);
    expect(third).toMatchObject({ allowed: false, violated: ['counted'], lease: null });
    expect((await limiter.peek(both[0])).remaining).toBe(1);
    await first.lease.release();
    expect((await limiter.peek(both[1])).remaining).toBe(0);
  });

  test('leases of several identifiers are given back where one refuses', async () => {
    const limiter = limiterOf({ p: leased(1), counted: { limit: 9, windowSeconds: LONG } });
    const [one, two] = [someone(), someone()].map((who) => ({
      policy: 'p',
      ...who,
      organizationId: someone('org').id,
    }));
    const counted = { policy: 'counted', ...someone() };
    const held = await limiter.acquire(two);
    const refused = await limiter.acquire([one, two, counted]);
    expect(refused).toMatchObject({ allowed: false, violated: ['p'], lease: null });
    // In a cluster it comes back a round trip later.
    await until(async () => (await limiter.peek(one)).remaining === 1);
    await until(async () => (await limiter.peek(counted)).remaining === 9);
    await held.lease.release();
    const all = await limiter.acquire([one, two, counted]);
    expect(all.allowed).toBe(true);
    expect(limiter.stats().policies.p).toMatchObject({ leases: 2 });
    await all.lease.release();
    for (const check of [one, two]) expect((await limiter.peek(check)).remaining).toBe(1);
    expect((await limiter.peek(counted)).remaining).toBe(8);
  });

  test('acquire consumes of other policies, and has no lease then', async () => {
    const limiter = limiterOf({ counted: { limit: 1, windowSeconds: LONG } });
    const check = { policy: 'counted', ...someone() };
    expect(await limiter.acquire(check)).toMatchObject({ allowed: true, remaining: 0, lease: null });
    expect(await limiter.consume(check)).toMatchObject({ allowed: false, reason: 'limit' });
  });

  test('consume and refund refuse a policy of leases, and say what to call', async () => {
    const limiter = limiterOf({ p: leased(2), counted: { limit: 9, windowSeconds: LONG } });
    const [check, counted] = [
      { policy: 'p', ...someone() },
      { policy: 'counted', ...someone() },
    ];
    for (const call of [() => limiter.consume(check), () => limiter.consume([counted, check])]) {
      const error = await rejection(call());
      expect(error).toMatchObject({ code: 'E_POLICY' });
      expect(error.message).toContain('the policy p limits calls that are under way; call acquire()');
    }
    expect(await rejection(limiter.refund(check))).toMatchObject({ code: 'E_POLICY' });
    await until(async () => (await limiter.peek(counted)).remaining === 9);
  });

  test('a blocked identifier gets no lease', async () => {
    const limiter = limiterOf({ p: leased(2) });
    const who = someone();
    await limiter.block(who, 60);
    const refused = await limiter.acquire({ policy: 'p', ...who });
    expect(refused).toMatchObject({ allowed: false, reason: 'blocked', lease: null });
    expect(refused.retryAfterMs).toBeGreaterThan(1000);
    await limiter.unblock(who);
    const { lease } = await limiter.acquire({ policy: 'p', ...who });
    await lease.release();
  });

  test('the mode shadow admits beyond the limit, without a lease', async () => {
    const limiter = limiterOf({ p: leased(1, { mode: 'shadow' }) });
    const check = { policy: 'p', ...someone() };
    const held = await limiter.acquire(check);
    expect(held).toMatchObject({ allowed: true, reason: 'ok' });
    expect(await limiter.acquire(check)).toMatchObject({ allowed: true, reason: 'shadow', lease: null });
    await held.lease.release();
    expect((await limiter.peek(check)).remaining).toBe(1);
  });

  test('bypass admits without a lease', async () => {
    const limiter = limiterOf({ p: leased(1) }, { bypass: (context) => context?.isAdmin && 'admin' });
    const check = { policy: 'p', ...someone() };
    const context = { isAdmin: true };
    expect(await limiter.acquire(check, { context })).toMatchObject({ reason: 'bypass', lease: null });
    expect((await limiter.peek(check)).remaining).toBe(1);
  });

  test('limited is emitted when calls under way reach the limit', async () => {
    const limiter = limiterOf({ p: leased(1) });
    const events = [];
    limiter.on('limited', (event) => events.push(event));
    const check = { policy: 'p', ...someone() };
    const { lease } = await limiter.acquire(check);
    await limiter.acquire(check);
    await limiter.acquire(check);
    await until(() => events.length > 0);
    expect(events).toEqual([
      { policy: 'p', kind: 'user', reason: 'limit', source, retryAfterMs: expect.any(Number) },
    ]);
    await lease.release();
  });

  test('a call that its caller gives up leaves no lease', async () => {
    const limiter = limiterOf({ p: leased(1) });
    const check = { policy: 'p', ...someone() };
    const controller = new AbortController();
    const given = limiter.acquire(check, { signal: controller.signal });
    const reason = new Error('the client has gone');
    controller.abort(reason);
    const outcome = await given.then(
      ({ lease }) => lease.release(),
      (error) => error,
    );
    // Without a connection the call is over before it can be given up.
    if (isShared) expect(outcome).toBe(reason);
    await until(async () => (await limiter.peek(check)).remaining === 1);
    expect(await rejection(limiter.acquire(check, { signal: controller.signal }))).toBe(reason);
  });

  test('the end of a limiter ends its leases', async () => {
    const policies = { p: leased(2) };
    const limiter = orgcache.createLimiter({ secret: SECRET, decisionMs: 2000, policies });
    const other = limiterOf(policies);
    const check = { policy: 'p', ...someone() };
    const { lease } = await limiter.acquire(check);
    let late;
    limiter.acquire(check).then((decision) => {
      late = decision;
    });
    await limiter.close();
    expect(late.allowed).toBe(true);
    expect((await other.peek(check)).remaining).toBe(2);
    await Promise.all([lease.release(), late.lease.release()]);
    expect(await rejection(limiter.acquire(check))).toMatchObject({ code: 'E_CLOSED' });
  });

  test('organizations and policies hold their own leases', async () => {
    const limiter = limiterOf({ p: leased(1), q: leased(1) });
    const who = someone();
    const checks = [
      { policy: 'p', ...who },
      { policy: 'q', ...who },
      { policy: 'p', ...who, organizationId: 'org-a' },
      { policy: 'p', ...who, organizationId: 'org-b' },
    ];
    const held = [];
    for (const check of checks) held.push(await limiter.acquire(check));
    expect(held.map(({ allowed }) => allowed)).toEqual([true, true, true, true]);
    for (const check of checks) expect((await limiter.acquire(check)).allowed).toBe(false);
    await Promise.all(held.map(({ lease }) => lease.release()));
  });
}

module.exports = { leasesContract };
