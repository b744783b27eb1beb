'use strict';

const { rejection, until } = require('./wait');

/** Those whose windows may be as short as a test. */
const WINDOWED = ['sliding', 'log', 'gcra', 'fixed'];
const ALGORITHMS = [...WINDOWED, 'calendar'];
const SECRET = 'a secret that all instances share';
/** Longer than any test: a window must not end between two calls. */
const LONG = 3600;
/** The clocks of the server and of this process tick in milliseconds. */
const CLOCKS_APART_MS = 25;

/** A policy with a window, or a period, that does not end between two calls. */
function longPolicy(algorithm, limit) {
  return algorithm === 'calendar'
    ? { limit, algorithm, period: 'month' }
    : { limit, windowSeconds: LONG, algorithm };
}

let counter = 0;
/** An identifier that no other test has. */
const someone = (kind = 'user') => ({ kind, id: `${kind}-${process.pid}-${++counter}` });

/**
 * The promises of every limiter, whatever the store. `open()` answers an instance of the package. `isShared` says that
 * the limits are in Redis.
 */
function limiterContract(open, { isShared }) {
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

  describe.each(ALGORITHMS)('the algorithm %s', (algorithm) => {
    test('admits the limit at once, then refuses without counting', async () => {
      const limiter = limiterOf({ p: longPolicy(algorithm, 3) });
      const check = { policy: 'p', ...someone() };
      const decisions = [];
      for (let i = 0; i < 5; i += 1) decisions.push(await limiter.consume(check));
      expect(decisions.map(({ allowed }) => allowed)).toEqual([true, true, true, false, false]);
      expect(decisions.map(({ remaining }) => remaining)).toEqual([2, 1, 0, 0, 0]);
      expect(decisions.map(({ reason }) => reason)).toEqual(['ok', 'ok', 'ok', 'limit', 'limit']);
      expect(decisions[0]).toMatchObject({ policy: 'p', limit: 3, violated: [], retryAfterMs: 0, source });
      expect(decisions[3]).toMatchObject({ policy: 'p', limit: 3, violated: ['p'] });
      expect(decisions[3].retryAfterMs).toBeGreaterThan(0);
      expect(decisions[3].resetMs).toBeGreaterThanOrEqual(decisions[3].retryAfterMs);
      expect(decisions[3].states).toEqual([expect.objectContaining({ policy: 'p', remaining: 0 })]);
    });

    test('admits no more than the limit of calls that are made at once', async () => {
      const limiter = limiterOf({ p: longPolicy(algorithm, 100) });
      const check = { policy: 'p', ...someone() };
      const decisions = await Promise.all(Array.from({ length: 500 }, () => limiter.consume(check)));
      expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(100);
      expect((await limiter.peek(check)).remaining).toBe(0);
    });

    test('takes a cost, refuses one that does not fit now, and one that never fits', async () => {
      const limiter = limiterOf({ p: longPolicy(algorithm, 10) });
      const who = someone();
      expect(await limiter.consume({ policy: 'p', ...who, cost: 7 })).toMatchObject({
        allowed: true,
        remaining: 3,
      });
      expect(await limiter.consume({ policy: 'p', ...who, cost: 4 })).toMatchObject({
        allowed: false,
        reason: 'limit',
        remaining: 3,
      });
      expect(await limiter.consume({ policy: 'p', ...who, cost: 11 })).toMatchObject({
        allowed: false,
        reason: 'cost',
        retryAfterMs: null,
      });
      expect(await limiter.consume({ policy: 'p', ...who, cost: 0 })).toMatchObject({
        allowed: true,
        remaining: 3,
      });
      expect(await limiter.consume({ policy: 'p', ...who, cost: 3 })).toMatchObject({
        allowed: true,
        remaining: 0,
      });
    });

    test('gives back with refund, forgets with reset, and looks with peek', async () => {
      const limiter = limiterOf({ p: longPolicy(algorithm, 3) });
      const check = { policy: 'p', ...someone() };
      expect(await limiter.peek(check)).toEqual({
        policy: 'p',
        limit: 3,
        remaining: 3,
        resetMs: 0,
        retryAfterMs: 0,
      });
      await limiter.consume({ ...check, cost: 3 });
      expect(await limiter.consume(check)).toMatchObject({ allowed: false });
      expect(await limiter.refund(check)).toBeUndefined();
      expect((await limiter.peek(check)).remaining).toBe(1);
      expect(await limiter.consume(check)).toMatchObject({ allowed: true, remaining: 0 });
      expect(await limiter.consume(check)).toMatchObject({ allowed: false });
      expect(await limiter.reset(check)).toBe(true);
      expect(await limiter.reset(check)).toBe(false);
      expect(await limiter.consume(check)).toMatchObject({ allowed: true, remaining: 2 });
    });

    test('holds a lower limit at once, and gives a higher one', async () => {
      const limiter = limiterOf({ p: longPolicy(algorithm, 10) });
      const check = { policy: 'p', ...someone() };
      await limiter.consume({ ...check, cost: 5 });
      limiter.update('p', { limit: 5 });
      // gcra counts time: half of the higher limit's time is half of the lower limit's time.
      const left = algorithm === 'gcra' ? 2 : 0;
      const refused = await limiter.consume({ ...check, cost: left + 1 });
      expect(refused).toMatchObject({ allowed: false, limit: 5, remaining: left });
      limiter.update('p', { limit: 1000 });
      expect(await limiter.consume({ ...check, cost: 400 })).toMatchObject({ allowed: true, limit: 1000 });
    });
  });

  test.each(WINDOWED)(
    'the algorithm %s admits the refused call when retryAfterMs has passed, and not before',
    async (algorithm) => {
      const limiter = limiterOf({ p: { limit: 2, windowSeconds: 1, algorithm } }, { localDenySeconds: 5 });
      const check = { policy: 'p', ...someone() };
      let refused;
      await until(async () => {
        refused = await limiter.consume(check);
        return !refused.allowed;
      });
      const refusedAt = performance.now();
      let lastRefusal = 0;
      await until(
        async () => {
          const begunAt = performance.now();
          const { allowed } = await limiter.consume(check);
          if (!allowed) lastRefusal = begunAt - refusedAt;
          return allowed;
        },
        { everyMs: 1 },
      );
      const waited = performance.now() - refusedAt;
      // The answer itself took up to a few milliseconds to come back.
      expect(waited).toBeGreaterThan(refused.retryAfterMs - 25);
      // However late a busy machine asks, no call that begins later is refused.
      expect(lastRefusal).toBeLessThan(refused.retryAfterMs + CLOCKS_APART_MS);
    },
  );

  test('a call of several checks is counted by all policies or by none', async () => {
    const limiter = limiterOf({
      wide: { limit: 10, windowSeconds: LONG },
      narrow: { limit: 1, windowSeconds: LONG, algorithm: 'log' },
    });
    const who = { ...someone(), organizationId: someone('org').id };
    const both = [
      { policy: 'wide', ...who },
      { policy: 'narrow', ...who },
    ];
    expect(await limiter.consume(both)).toMatchObject({ allowed: true, policy: 'narrow', remaining: 0 });
    for (let i = 0; i < 3; i += 1) {
      expect(await limiter.consume(both)).toMatchObject({
        allowed: false,
        policy: 'narrow',
        violated: ['narrow'],
      });
    }
    expect((await limiter.peek(both[0])).remaining).toBe(9);
  });

  test('a call of several identifiers gives back what it took where one refuses', async () => {
    const limiter = limiterOf({ p: { limit: 2, windowSeconds: LONG, algorithm: 'log' } });
    const [user, address] = [someone(), { kind: 'ip', id: `198.51.100.${counter++ % 250}` }];
    const organizations = [someone('org').id, someone('org').id];
    await limiter.consume({ policy: 'p', ...address, organizationId: organizations[0], cost: 2 });
    for (let i = 0; i < 5; i += 1) {
      const decision = await limiter.consume([
        { policy: 'p', ...user, organizationId: organizations[1] },
        { policy: 'p', ...address, organizationId: organizations[0] },
      ]);
      expect(decision).toMatchObject({ allowed: false, violated: ['p'] });
      // In a cluster it comes back a round trip later.
      const peek = () => limiter.peek({ policy: 'p', ...user, organizationId: organizations[1] });
      await until(async () => (await peek()).remaining === 2);
    }
  });

  test('many checks in one tick each get their own decision', async () => {
    const limiter = limiterOf({ p: { limit: 1, windowSeconds: LONG }, q: { limit: 2, windowSeconds: LONG } });
    const people = Array.from({ length: 300 }, () => someone());
    const calls = people.flatMap((who, index) =>
      index % 3 === 0
        ? [
            limiter.consume([
              { policy: 'p', ...who, organizationId: 'o' },
              { policy: 'q', ...who, organizationId: 'o' },
            ]),
          ]
        : [limiter.consume({ policy: index % 3 === 1 ? 'p' : 'q', ...who, organizationId: `o${index % 7}` })],
    );
    const decisions = await Promise.all(calls);
    for (const [index, decision] of decisions.entries()) {
      expect(decision.allowed).toBe(true);
      expect(decision.policy).toBe(index % 3 === 2 ? 'q' : 'p');
      expect(decision.remaining).toBe(index % 3 === 2 ? 1 : 0);
      expect(decision.states).toHaveLength(index % 3 === 0 ? 2 : 1);
    }
  });

  test('one check twice in a call counts once', async () => {
    const limiter = limiterOf({ p: { limit: 5, windowSeconds: LONG } });
    const check = { policy: 'p', ...someone() };
    await limiter.consume([check, { ...check }]);
    expect((await limiter.peek(check)).remaining).toBe(4);
  });

  test('kinds, organizations, policies and namespaces are counted apart', async () => {
    const policies = { p: { limit: 1, windowSeconds: LONG }, q: { limit: 1, windowSeconds: LONG } };
    const limiter = limiterOf(policies);
    const other = limiterOf(policies, { namespace: 'other' });
    const { id } = someone();
    const checks = [
      { policy: 'p', kind: 'user', id },
      { policy: 'p', kind: 'device', id },
      { policy: 'p', kind: 'organization', id },
      { policy: 'p', kind: 'user', id, organizationId: 'org-a' },
      { policy: 'p', kind: 'user', id, organizationId: 'org-b' },
      { policy: 'q', kind: 'user', id },
    ];
    for (const check of checks) expect((await limiter.consume(check)).allowed).toBe(true);
    expect((await other.consume(checks[0])).allowed).toBe(true);
    for (const check of checks) expect((await limiter.consume(check)).allowed).toBe(false);
    const same = [
      { policy: 'p', kind: 'user', id, organizationId: null },
      { policy: 'p', kind: 'user', id, organizationId: '' },
    ];
    for (const check of same) expect((await limiter.consume(check)).allowed).toBe(false);
  });

  test('all notations of an address are one identifier, and so is a network of IPv6', async () => {
    const limiter = limiterOf({ p: { limit: 1, windowSeconds: LONG } });
    const organizationId = someone('org').id;
    const consume = (id) => limiter.consume({ policy: 'p', kind: 'ip', id, organizationId });
    expect((await consume('1.2.3.4')).allowed).toBe(true);
    for (const id of ['::ffff:1.2.3.4', '::FFFF:102:304']) expect((await consume(id)).allowed).toBe(false);
    expect((await consume('2001:db8:1:200::1')).allowed).toBe(true);
    expect((await consume('2001:db8:1:2ff:9::2')).allowed).toBe(false);
    expect((await consume('2001:db8:1:300::1')).allowed).toBe(true);
    expect((await consume('fe80::1%eth0')).allowed).toBe(true);
    expect((await consume('fe80::2%eth1')).allowed).toBe(false);
    for (const id of ['1.2.3.4:80', 'unknown', '', '1.2.3', '[::1]']) {
      expect(await rejection(consume(id))).toMatchObject({ code: 'E_KEY' });
    }
  });

  test('an identifier is blocked in all policies, until the end of the block or unblock', async () => {
    const limiter = limiterOf({ p: { limit: 9, windowSeconds: LONG }, q: { limit: 9, windowSeconds: LONG } });
    const who = someone();
    expect(await limiter.block(who, 60, 'abuse')).toBeUndefined();
    for (const policy of ['p', 'q']) {
      const decision = await limiter.consume({ policy, ...who });
      expect(decision).toMatchObject({ allowed: false, reason: 'blocked', violated: [policy] });
      expect(decision.retryAfterMs).toBeGreaterThan(58_000);
      expect(decision.retryAfterMs).toBeLessThanOrEqual(60_000);
    }
    expect(await limiter.unblock(who)).toBe(true);
    expect(await limiter.unblock(who)).toBe(false);
    expect((await limiter.consume({ policy: 'p', ...who })).allowed).toBe(true);
    await limiter.block(who, 1);
    expect((await limiter.consume({ policy: 'p', ...who })).reason).toBe('blocked');
    await until(async () => (await limiter.consume({ policy: 'p', ...who })).allowed);
  });

  test('blockSeconds blocks after a refusal', async () => {
    const limiter = limiterOf({ p: { limit: 1, windowSeconds: 1, algorithm: 'log', blockSeconds: 60 } });
    const check = { policy: 'p', ...someone() };
    await limiter.consume(check);
    expect((await limiter.consume(check)).allowed).toBe(false);
    const blocked = await limiter.consume(check);
    expect(blocked).toMatchObject({ allowed: false, reason: 'blocked' });
    expect(blocked.retryAfterMs).toBeGreaterThan(50_000);
    await limiter.unblock(check.id === undefined ? check : { kind: check.kind, id: check.id });
    await limiter.reset(check);
    expect((await limiter.consume(check)).allowed).toBe(true);
  });

  test('the mode shadow admits, and says what it would have refused', async () => {
    const limiter = limiterOf({ p: { limit: 1, windowSeconds: LONG, mode: 'shadow' } });
    const check = { policy: 'p', ...someone() };
    expect(await limiter.consume(check)).toMatchObject({ allowed: true, reason: 'ok', violated: [] });
    expect(await limiter.consume(check)).toMatchObject({ allowed: true, reason: 'shadow', violated: ['p'] });
    expect(limiter.stats().policies.p).toMatchObject({ shadow: 1 });
  });

  test('bypass admits without counting, and stats count its reasons', async () => {
    const contexts = [];
    const limiter = limiterOf(
      { p: { limit: 1, windowSeconds: LONG } },
      {
        bypass(context) {
          contexts.push(context);
          return context?.isAdmin ? 'admin' : false;
        },
      },
    );
    const check = { policy: 'p', ...someone() };
    for (let i = 0; i < 3; i += 1) {
      expect(await limiter.consume(check, { context: { isAdmin: true } })).toEqual({
        allowed: true,
        reason: 'bypass',
        source: 'local',
        policy: 'p',
        limit: 1,
        remaining: 1,
        resetMs: 0,
        retryAfterMs: 0,
        violated: [],
        states: [],
      });
    }
    expect((await limiter.consume(check)).allowed).toBe(true);
    expect((await limiter.consume(check)).allowed).toBe(false);
    expect(limiter.stats()).toMatchObject({ bypassed: { admin: 3 }, policies: { p: { bypassed: 3 } } });
    expect(contexts).toEqual([...Array(3).fill({ isAdmin: true }), undefined, undefined]);
    const failing = limiterOf(
      { p: { limit: 1, windowSeconds: LONG } },
      {
        bypass(context) {
          if (context === 'throw') throw new Error('of the application');
          return context;
        },
      },
    );
    expect((await rejection(failing.consume(check, { context: 'throw' }))).message).toBe(
      'of the application',
    );
    for (const context of [true, 1, '']) {
      expect(await rejection(failing.consume(check, { context }))).toMatchObject({ code: 'E_ARGUMENT' });
    }
  });

  test('limited is emitted once an identifier and window, with its kind only', async () => {
    const limiter = limiterOf({ p: { limit: 1, windowSeconds: LONG } });
    const events = [];
    const listener = (event) => events.push(event);
    expect(limiter.on('limited', listener)).toBe(limiter);
    const check = { policy: 'p', ...someone() };
    for (let i = 0; i < 5; i += 1) await limiter.consume(check);
    await until(() => events.length > 0);
    expect(events).toEqual([
      { policy: 'p', kind: 'user', reason: 'limit', source, retryAfterMs: expect.any(Number) },
    ]);
    limiter.off('limited', listener);
    const other = { policy: 'p', ...someone() };
    for (let i = 0; i < 3; i += 1) await limiter.consume(other);
    expect(events).toHaveLength(1);
  });

  test('a listener of limited may consume, and gets its decision', async () => {
    const limiter = limiterOf({ p: { limit: 1, windowSeconds: LONG }, q: { limit: 9, windowSeconds: LONG } });
    const nested = [];
    limiter.on('limited', () => nested.push(limiter.consume({ policy: 'q', ...someone() })));
    const check = { policy: 'p', ...someone() };
    await Promise.all([limiter.consume(check), limiter.consume(check), limiter.consume(check)]);
    await until(() => nested.length > 0);
    expect(await Promise.all(nested)).toEqual([expect.objectContaining({ allowed: true, policy: 'q' })]);
  });

  test('a limiter that is closed can be changed, without effect', async () => {
    const limiter = limiterOf({ p: { limit: 1, windowSeconds: LONG } });
    await limiter.consume({ policy: 'p', ...someone() });
    await Promise.all([limiter.close(), limiter.close()]);
    expect(() => limiter.update('p', { limit: 5 })).not.toThrow();
    expect(() => limiter.stats()).toThrow('closed');
  });

  test('stats count the decisions of each policy', async () => {
    const limiter = limiterOf({ p: { limit: 5, windowSeconds: LONG }, q: { limit: 1, windowSeconds: LONG } });
    const check = { policy: 'p', ...someone() };
    for (let i = 0; i < 7; i += 1) await limiter.consume(check);
    await limiter.consume({ ...check, cost: 6 });
    const { namespace, policies } = limiter.stats();
    expect(namespace).toBe('default');
    expect(policies.p).toMatchObject({ allowed: 5, cost: 1, near: 2, shadow: 0, bypassed: 0, down: 0 });
    expect(policies.p.limited + policies.p.denied).toBeGreaterThanOrEqual(2);
    expect(policies.q).toMatchObject({ allowed: 0, limited: 0 });
  });

  test('a signal rejects the call when it aborts, and before it is made', async () => {
    const limiter = limiterOf({ p: { limit: 5, windowSeconds: LONG } });
    const check = { policy: 'p', ...someone() };
    const reason = new Error('the client has gone');
    const aborted = AbortSignal.abort(reason);
    const calls = [
      () => limiter.consume(check, { signal: aborted }),
      () => limiter.peek(check, { signal: aborted }),
      () => limiter.refund(check, { signal: aborted }),
      () => limiter.reset(check, { signal: aborted }),
      () => limiter.block(someone(), 1, undefined, { signal: aborted }),
      () => limiter.unblock(someone(), { signal: aborted }),
    ];
    for (const call of calls) expect(await rejection(call())).toBe(reason);
    expect((await limiter.peek(check)).remaining).toBe(5);
    const { signal } = new AbortController();
    expect((await limiter.consume(check, { signal })).allowed).toBe(true);
  });

  test('a closed limiter refuses calls, and lets those under way settle', async () => {
    const limiter = limiterOf({ p: { limit: 5, windowSeconds: LONG } });
    const check = { policy: 'p', ...someone() };
    let decision;
    limiter.consume(check).then((decided) => {
      decision = decided;
    });
    await limiter.close();
    expect(decision?.allowed).toBe(true);
    for (const call of [() => limiter.consume(check), () => limiter.peek(check)]) {
      expect(await rejection(call())).toMatchObject({ code: 'E_CLOSED' });
    }
    await limiter.close();
    const disposed = limiterOf({ p: { limit: 5, windowSeconds: LONG } });
    await disposed[Symbol.asyncDispose]();
    expect(await rejection(disposed.consume(check))).toMatchObject({ code: 'E_CLOSED' });
  });
}

module.exports = { ALGORITHMS, LONG, SECRET, limiterContract, longPolicy, someone };
