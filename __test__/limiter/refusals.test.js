'use strict';

const { channel } = require('node:diagnostics_channel');
const { Bridge } = require('../../js/bridge.js');
const { Context } = require('../../js/context.js');
const { Engine } = require('../../js/limiter/engine.js');
const { Limiter } = require('../../js/limiter/limiter.js');
const { Refusals } = require('../../js/limiter/refusals.js');
const { protocol } = require('../../js/protocol.js');
const { onEnd } = require('../support/cleanup');
const { LONG, SECRET, someone } = require('../support/limiter-contract');
const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { until } = require('../support/wait');

const POLICIES = { p: { limit: 1, windowSeconds: LONG }, q: { limit: 1, windowSeconds: LONG } };

/** Whether a call settles without waiting for the end of the tick, at which calls cross into native code. */
async function isSettledAtOnce(call) {
  await undefined;
  let hasTicked = false;
  process.nextTick(() => {
    hasTicked = true;
  });
  await call();
  return !hasTicked;
}

describe.each(['loop', 'thread'])('a refused check is refused again by the %s driver', (driver) => {
  let server;
  let orgcache;

  beforeAll(async () => {
    server = await startRedis();
    orgcache = openPackage({ url: server.url, driver, logLevel: 'off' });
  });

  const limiterOf = (policies = POLICIES, options = {}) =>
    orgcache.createLimiter({ secret: SECRET, decisionMs: 2000, policies, ...options });

  /** A check that Redis has just refused. */
  async function refusedBy(limiter, more = {}) {
    const check = { policy: 'p', ...someone(), ...more };
    await limiter.consume(check);
    expect(await limiter.consume(check)).toMatchObject({ allowed: false, source: 'redis' });
    return check;
  }

  test('without a call into native code, with the decision that native code makes', async () => {
    const limiter = limiterOf();
    const check = await refusedBy(limiter);
    expect(await isSettledAtOnce(() => limiter.consume({ ...check, id: 'somebody else' }))).toBe(false);
    expect(await isSettledAtOnce(() => limiter.consume(check))).toBe(true);
    expect(await isSettledAtOnce(() => limiter.consume([check]))).toBe(true);
    const decision = await limiter.consume(check);
    // The checks of a list of two always cross.
    const { states: _states, ...native } = await limiter.consume([check, { ...check, policy: 'q' }]);
    const near = (ms) => expect.closeTo(ms, -2);
    const { resetMs, retryAfterMs } = native;
    const state = {
      policy: 'p',
      limit: 1,
      remaining: 0,
      resetMs: near(resetMs),
      retryAfterMs: near(retryAfterMs),
    };
    expect(decision).toEqual({
      ...state,
      allowed: false,
      reason: 'limit',
      source: 'local',
      violated: ['p'],
      states: [state],
    });
    expect(native).toMatchObject({ allowed: false, reason: 'limit', source: 'local', violated: ['p'] });
    expect([Number.isInteger(decision.resetMs), Number.isInteger(decision.retryAfterMs)]).toEqual([
      true,
      true,
    ]);
  });

  test('and counted, published and announced as by native code', async () => {
    const limiter = limiterOf();
    const events = [];
    limiter.on('limited', (event) => events.push(event));
    const messages = [];
    const take = (message) => messages.push(message);
    const decisions = channel('orgcache:limit');
    decisions.subscribe(take);
    const check = await refusedBy(limiter);
    for (let i = 0; i < 5; i += 1) await limiter.consume(check);
    decisions.unsubscribe(take);
    for (const _again of [1, 2]) {
      expect(limiter.stats().policies.p).toMatchObject({
        allowed: 1,
        limited: 6,
        denied: 5,
        local: 5,
        blocked: 0,
      });
    }
    expect(limiter.stats().policies.q).toMatchObject({ limited: 0, denied: 0, local: 0 });
    expect(messages.map(({ source }) => source)).toEqual(['redis', 'redis', ...Array(5).fill('local')]);
    expect(messages[6]).toMatchObject({
      namespace: 'default',
      allowed: false,
      reason: 'limit',
      violated: ['p'],
    });
    expect(events).toHaveLength(1);
  });

  test('as blocked, where its policy blocks after a refusal', async () => {
    const limiter = limiterOf({ p: { limit: 1, windowSeconds: LONG, blockSeconds: 60 } });
    const check = await refusedBy(limiter);
    // The first refusal is that of the limit, and native code answers the second one.
    expect(await limiter.consume(check)).toMatchObject({ allowed: false });
    const known = { allowed: false, reason: 'blocked', source: 'local', remaining: 0 };
    await until(async () => (await limiter.consume(check)).reason === 'blocked');
    expect(await limiter.consume(check)).toMatchObject(known);
    expect(await isSettledAtOnce(() => limiter.consume(check))).toBe(true);
    const { limited, blocked, denied } = limiter.stats().policies.p;
    expect(limited + blocked).toBe(denied + 1);
    expect(blocked).toBeGreaterThan(1);
  });

  test('until something changes, in the order of calls', async () => {
    const limiter = limiterOf();
    // The first refund of a server comes late, because the server does not know its script.
    await limiter.refund({ policy: 'p', ...someone() });
    const changes = [
      (check) => limiter.reset(check),
      (check) => limiter.refund(check),
      () => limiter.update('p', { limit: 2 }),
    ];
    for (const [number, change] of changes.entries()) {
      const check = await refusedBy(limiter);
      const changed = change(check);
      expect([number, await limiter.consume(check)]).toMatchObject([
        number,
        { allowed: true, source: 'redis' },
      ]);
      await changed;
      limiter.update('p', { limit: 1 });
    }
    const blocked = { policy: 'p', ...someone() };
    await limiter.block({ kind: blocked.kind, id: blocked.id }, 60);
    for (const source of ['redis', 'local']) {
      expect(await limiter.consume(blocked)).toMatchObject({ allowed: false, reason: 'blocked', source });
    }
    const unblocked = limiter.unblock({ kind: blocked.kind, id: blocked.id });
    expect(await limiter.consume(blocked)).toMatchObject({ allowed: true, source: 'redis' });
    expect(await unblocked).toBe(true);
  });

  test('and not after a change that Redis made late', async () => {
    const limiter = limiterOf();
    let last;
    // A refund whose script is unknown is sent again, mostly behind the call that follows it.
    await until(async () => {
      const check = await refusedBy(limiter);
      await server.command('SCRIPT', 'FLUSH');
      await limiter.consume({ policy: 'q', ...someone() });
      const refunded = limiter.refund(check);
      const { allowed } = await limiter.consume(check);
      await refunded;
      if (allowed) return false;
      last = await limiter.consume(check);
      return true;
    });
    expect(last).toMatchObject({ allowed: true, source: 'redis' });
  });

  test('and not by what was asked before the change and answered after it', async () => {
    const limiter = limiterOf({ p: { limit: 2, windowSeconds: LONG } });
    const check = { policy: 'p', ...someone(), cost: 2 };
    await limiter.consume(check);
    const [refused] = await Promise.all([limiter.consume(check), limiter.reset(check)]);
    expect(refused.allowed).toBe(false);
    expect(await limiter.consume(check)).toMatchObject({ allowed: true, source: 'redis' });
    const [again] = await Promise.all([limiter.consume(check), limiter.update('p', { limit: 4 })]);
    expect(again).toMatchObject({ allowed: false, limit: 4 });
    expect(await limiter.consume(check)).toMatchObject({ allowed: true, source: 'redis' });
  });

  test('for localDenySeconds at most, and with 0 not at all', async () => {
    const limiter = limiterOf(POLICIES, { localDenySeconds: 1 });
    const check = await refusedBy(limiter);
    const refusedAt = performance.now();
    expect((await limiter.consume(check)).source).toBe('local');
    await until(async () => (await limiter.consume(check)).source === 'redis', { everyMs: 1 });
    expect(performance.now() - refusedAt).toBeLessThan(1400);
    const never = limiterOf(POLICIES, { localDenySeconds: 0, namespace: 'never' });
    const asked = await refusedBy(never);
    for (let i = 0; i < 3; i += 1) expect((await never.consume(asked)).source).toBe('redis');
  });

  test('and no other one', async () => {
    const limiter = limiterOf({ p: { limit: 5, windowSeconds: LONG }, q: { limit: 5, windowSeconds: LONG } });
    const check = { policy: 'p', kind: 'user', id: 7, organizationId: 'org-1', cost: 4 };
    await limiter.consume(check);
    expect((await limiter.consume(check)).allowed).toBe(false);
    const others = [
      { cost: 1 },
      { policy: 'q' },
      { kind: 'device' },
      { kind: 'ip', id: '192.0.2.7' },
      { id: 8 },
      { organizationId: 'org-2' },
      { organizationId: undefined },
    ];
    for (const other of others) {
      expect([other, (await limiter.consume({ ...check, ...other })).allowed]).toEqual([other, true]);
    }
    for (const id of ['7', 7n]) {
      expect(await limiter.consume({ ...check, id })).toMatchObject({ allowed: false, source: 'local' });
    }
    const bad = { ...check, cost: 1.5 };
    await expect(limiter.consume(bad)).rejects.toMatchObject({ code: 'E_KEY' });
    await expect(limiter.consume({ ...check, costs: 1 })).rejects.toMatchObject({ code: 'E_ARGUMENT' });
  });

  test('also if the caller has changed the object meanwhile', async () => {
    const limiter = limiterOf();
    const check = { policy: 'p', ...someone() };
    await limiter.consume(check);
    const given = { ...check };
    const refused = limiter.consume(given);
    Object.assign(given, { id: 'another one', kind: 'device' });
    expect((await refused).allowed).toBe(false);
    expect(await isSettledAtOnce(() => limiter.consume(check))).toBe(true);
    expect((await limiter.consume(given)).allowed).toBe(true);
  });

  test('by no limiter that is closed, and by no other one', async () => {
    const limiter = limiterOf();
    const check = await refusedBy(limiter);
    const other = limiterOf();
    expect(await other.consume(check)).toMatchObject({ allowed: false, source: 'redis' });
    await limiter.close();
    await expect(limiter.consume(check)).rejects.toMatchObject({ code: 'E_CLOSED' });
  });
});

test('a report has what was refused from memory', async () => {
  const { bridge, limiter } = await openWithBridge();
  const check = { policy: 'p', ...someone() };
  for (let i = 0; i < 4; i += 1) await limiter.consume(check);
  expect(bridge.report().rooms.limiter[0].policies.p).toMatchObject({ allowed: 1, limited: 3, denied: 2 });
  await limiter.consume(check);
  await bridge.close(1000);
  expect(bridge.report().rooms.limiter[0].policies.p).toMatchObject({ limited: 4, denied: 3 });
});

test('a refusal that native code gave before a change is not remembered after it', async () => {
  const { bridge } = await bridgeToRedis();
  const answers = [];
  const engine = new Engine({
    bridge,
    options: () => ({ secret: SECRET, decisionMs: 2000, policies: POLICIES }),
    onOpen() {},
    decide: (...answer) => answers.push(answer),
  });
  const check = { kind: 'user', id: 'u-1' };
  const ask = async () => {
    engine.open();
    const batch = engine.batchFor('', 1);
    batch.arguments.push(protocol.limiter.kinds.user + protocol.limiter.check.first, check.id);
    batch.policies.push(0);
    await batch.end(check, 1);
  };
  const isKnown = () => engine.refusals.decisionOn(0, check, { names: ['p'], limits: [1] }) !== undefined;
  const remember = (given) => engine.remember(...given);
  await ask();
  await ask();
  remember(answers[1]);
  expect(isKnown()).toBe(true);
  engine.update(0, POLICIES.p);
  expect(isKnown()).toBe(false);
  remember(answers[1]);
  expect(isKnown()).toBe(false);
  await engine.close();
});

async function bridgeToRedis() {
  const context = new Context();
  const bridge = new Bridge({ url: (await startRedis()).url, logLevel: 'off' }, () => {}, { context });
  onEnd(() => bridge.close(1000));
  return { bridge, context };
}

/** A limiter, and the bridge that it crosses. */
async function openWithBridge() {
  const parts = { ...(await bridgeToRedis()), warn() {}, onFirstUse() {} };
  const options = { secret: SECRET, decisionMs: 2000, policies: POLICIES };
  return { bridge: parts.bridge, limiter: new Limiter(options, parts) };
}

test('a flood of refused identifiers has a bound', () => {
  const { codes, heldShift, kinds } = protocol.limiter;
  const { limiterRefusals } = protocol.limits;
  const limits = { names: ['p'], limits: [1] };
  const refusals = new Refusals();
  const word = codes.limit | (5000 << heldShift);
  const isKnown = (id) => refusals.decisionOn(0, { kind: 'user', id }, limits) !== undefined;
  for (let id = 0; id <= limiterRefusals; id += 1) {
    const values = [kinds.user, id];
    refusals.remember([word, 0, 60_000, 60_000], 0, {
      policy: 0,
      values,
      start: 0,
      sentAtMs: performance.now(),
    });
  }
  expect([0, 1, limiterRefusals].map(isKnown)).toEqual([false, true, true]);
});
