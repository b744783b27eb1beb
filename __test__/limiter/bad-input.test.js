'use strict';

const { openPackage } = require('../support/package');
const { SECRET } = require('../support/limiter-contract');
const { rejection } = require('../support/wait');

const GOOD = { limit: 10, windowSeconds: 60 };
const orgcache = openPackage({ useRedis: false, logLevel: 'off' });
const limiterOf = (options) =>
  orgcache.createLimiter({ secret: SECRET, policies: { api: GOOD }, ...options });

function thrownBy(work) {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('Expected an exception.');
}

const NOT_WHOLE = [Number.NaN, -1, 1.5, 2 ** 53, '10', null, Number.POSITIVE_INFINITY, 10n, {}];

describe('createLimiter refuses', () => {
  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['a text', 'api'],
  ])('%s in place of options', (_name, options) => {
    expect(thrownBy(() => orgcache.createLimiter(options))).toMatchObject({ code: 'E_CONFIG' });
  });

  test.each([
    ['policies', [undefined, null, {}, [], 'api', 5]],
    ['namespace', ['', 5, {}, 'n'.repeat(1000)]],
    ['secret', ['', 5, {}]],
    ['ipv6Prefix', [0, 31, 129, 56.5, Number.NaN, '56']],
    ['decisionMs', [0, -1, 1.5, Number.NaN, 2 ** 53, '200']],
    ['localDenySeconds', [-1, 1.5, Number.NaN, 2 ** 53, '5']],
    ['bypass', [true, 'admin', {}]],
  ])('an option %s that is not allowed, by name', (name, values) => {
    for (const value of values) {
      const error = thrownBy(() => limiterOf({ [name]: value }));
      expect([value, error.code, error.message]).toEqual([value, 'E_CONFIG', expect.stringContaining(name)]);
    }
  });

  test.each([
    ['limit', NOT_WHOLE],
    ['windowSeconds', [...NOT_WHOLE, 0]],
    ['algorithm', ['leaky', '', 5, null]],
    ['burst', [...NOT_WHOLE.filter((value) => value !== null), 0]],
    ['onRedisDown', ['fail', '', 5, true]],
    ['mode', ['dry-run', '', true]],
    ['blockSeconds', NOT_WHOLE.filter((value) => value !== null)],
  ])('an option %s of a policy that is not allowed, by name', (name, values) => {
    for (const value of values) {
      const api = { ...GOOD, ...(name === 'burst' ? { algorithm: 'gcra' } : {}), [name]: value };
      const error = thrownBy(() => limiterOf({ policies: { api } }));
      expect([value, error.code, error.message]).toEqual([value, 'E_CONFIG', expect.stringContaining(name)]);
      expect(error.message).toContain('api');
    }
  });

  test('a policy without limit or window, or that is no object', () => {
    for (const api of [{}, { limit: 1 }, { windowSeconds: 1 }, null, 5, 'fast', []]) {
      expect(thrownBy(() => limiterOf({ policies: { api } }))).toMatchObject({ code: 'E_CONFIG' });
    }
  });

  test('what an algorithm cannot count', () => {
    const refused = [
      { limit: 1001, windowSeconds: 60, algorithm: 'log' },
      { limit: 2 ** 40, windowSeconds: 86_400, algorithm: 'sliding' },
      { limit: 1_000_000, windowSeconds: 1, algorithm: 'gcra' },
      { limit: 10, windowSeconds: 60, algorithm: 'sliding', burst: 5 },
    ];
    for (const api of refused) {
      expect([api, thrownBy(() => limiterOf({ policies: { api } })).code]).toEqual([api, 'E_CONFIG']);
    }
  });

  test('options of leases and periods that are not allowed, or of another algorithm', () => {
    const leased = { limit: 10, algorithm: 'concurrency' };
    const monthly = { limit: 10, algorithm: 'calendar', period: 'month' };
    const refused = [
      ['leaseSeconds', { ...leased, leaseSeconds: 0 }],
      ['leaseSeconds', { ...leased, leaseSeconds: 1.5 }],
      ['leaseSeconds', { ...leased, leaseSeconds: 3601 }],
      ['leaseSeconds', { ...GOOD, leaseSeconds: 30 }],
      ['reserve', { ...leased, reserve: -0.1 }],
      ['reserve', { ...leased, reserve: 1 }],
      ['reserve', { ...leased, reserve: '0.1' }],
      ['reserve', { ...GOOD, reserve: 0.1 }],
      ['limit', { ...leased, limit: 10_001 }],
      ['windowSeconds', { ...leased, windowSeconds: 60 }],
      ['blockSeconds', { ...leased, blockSeconds: 60 }],
      ['period', { ...monthly, period: undefined }],
      ['period', { ...monthly, period: 'week' }],
      ['period', { ...monthly, period: null }],
      ['period', { ...GOOD, period: 'day' }],
      ['windowSeconds', { ...monthly, windowSeconds: 60 }],
      ['burst', { ...monthly, burst: 5 }],
    ];
    for (const [option, api] of refused) {
      const { code, message } = thrownBy(() => limiterOf({ policies: { api } }));
      expect([api, code, message]).toEqual([
        api,
        'E_CONFIG',
        expect.stringContaining(`policies.api.${option}`),
      ]);
    }
  });

  test('an unknown option, and names the nearest', () => {
    const error = thrownBy(() => limiterOf({ decisionMS: 100 }));
    expect(error.code).toBe('E_CONFIG');
    expect(error.message).toContain('decisionMs');
    const ofPolicy = thrownBy(() => limiterOf({ policies: { api: { ...GOOD, windowSecond: 5 } } }));
    expect(ofPolicy.code).toBe('E_CONFIG');
    expect(ofPolicy.message).toContain('windowSeconds');
  });

  test('a name of a policy that cannot stand in a key or a header', () => {
    for (const name of ['', 'a b', 'ä', 'a:b', 'a"b', 'x'.repeat(65)]) {
      expect([name, thrownBy(() => limiterOf({ policies: { [name]: GOOD } })).code]).toEqual([
        name,
        'E_CONFIG',
      ]);
    }
    expect(limiterOf({ policies: { ['x'.repeat(64)]: GOOD, 'a.b_c-9': GOOD } })).toBeDefined();
  });
});

describe('a limiter refuses', () => {
  const limiter = limiterOf({ policies: { api: GOOD, login: { ...GOOD, limit: 0 } } });
  const check = { policy: 'api', kind: 'user', id: 'u-1' };

  test.each([
    ['an unknown policy', { ...check, policy: 'apis' }, 'E_POLICY'],
    ['no policy', { kind: 'user', id: 'u-1' }, 'E_POLICY'],
    ['a policy that objects have', { ...check, policy: 'toString' }, 'E_POLICY'],
    ['a cost below 0', { ...check, cost: -1 }, 'E_KEY'],
    ['a cost that is no whole number', { ...check, cost: 1.5 }, 'E_KEY'],
    ['a cost that is no number', { ...check, cost: '1' }, 'E_KEY'],
    ['a cost of NaN', { ...check, cost: Number.NaN }, 'E_KEY'],
    ['a cost of 2^53', { ...check, cost: 2 ** 53 }, 'E_KEY'],
    ['no kind', { policy: 'api', id: 'u-1' }, 'E_KEY'],
    ['an empty kind', { ...check, kind: '' }, 'E_KEY'],
    ['a kind that is no text', { ...check, kind: {} }, 'E_KEY'],
    ['no id', { policy: 'api', kind: 'user' }, 'E_KEY'],
    ['an empty id', { ...check, id: '' }, 'E_KEY'],
    ['an id of null', { ...check, id: null }, 'E_KEY'],
    ['an id that is an object', { ...check, id: { toString: () => 'u-1' } }, 'E_KEY'],
    ['an id that is NaN', { ...check, id: Number.NaN }, 'E_KEY'],
    ['an id of a megabyte', { ...check, id: 'x'.repeat(1 << 20) }, 'E_KEY'],
    ['an organization of a megabyte', { ...check, organizationId: 'x'.repeat(1 << 20) }, 'E_KEY'],
    ['an organization that is an object', { ...check, organizationId: {} }, 'E_KEY'],
    ['an address that is none', { ...check, kind: 'ip', id: 'unknown' }, 'E_KEY'],
    ['critical that is neither true nor false', { ...check, critical: 'yes' }, 'E_KEY'],
    ['a field that no check has', { ...check, costs: 5 }, 'E_ARGUMENT'],
    ['nothing', undefined, 'E_KEY'],
    ['null', null, 'E_KEY'],
    ['a text', 'api', 'E_KEY'],
    ['no checks', [], 'E_KEY'],
    ['33 checks', Array.from({ length: 33 }, (_, i) => ({ ...check, id: `u-${i}` })), 'E_KEY'],
    ['a list with one bad check', [check, { ...check, cost: -1 }], 'E_KEY'],
  ])('%s', async (_name, given, code) => {
    const good = limiter.consume({ ...check, id: 'beside' });
    const error = await rejection(limiter.consume(given));
    expect(error).toMatchObject({ name: 'OrgCacheError', code, retryable: false });
    expect(error.message).not.toMatch(/u-1/);
    // A caller's mistake concerns no other caller.
    expect((await good).reason).toMatch(/^(ok|limit)$/);
  });

  test('a refund whose source is none, and an option that refund does not have', async () => {
    for (const options of [{ source: 'memory' }, { source: null }, { source: 1 }, { sources: 'redis' }]) {
      const error = await rejection(limiter.refund(check, options));
      expect([options, error.code]).toEqual([options, 'E_ARGUMENT']);
    }
    for (const source of ['redis', 'local', undefined]) await limiter.refund(check, { source });
  });

  test('nothing of a call with one bad check', async () => {
    const fresh = { ...check, id: 'fresh' };
    await rejection(limiter.consume([fresh, { ...check, cost: -1 }]));
    expect((await limiter.peek(fresh)).remaining).toBe(10);
  });

  test('a check whose getter throws, and nothing of it joins the calls of others', async () => {
    const limiter = limiterOf();
    const strange = {
      policy: 'api',
      kind: 'user',
      get id() {
        throw new Error('from the getter');
      },
    };
    const good = { policy: 'api', kind: 'user', id: 'getter' };
    const [alone, behind, other] = [
      limiter.consume(strange),
      limiter.consume([{ ...good, id: 'before' }, strange]),
      limiter.consume(good),
    ];
    expect((await rejection(alone)).message).toBe('from the getter');
    expect((await rejection(behind)).message).toBe('from the getter');
    expect((await other).states).toHaveLength(1);
    expect((await limiter.peek({ ...good, id: 'before' })).remaining).toBe(10);
  });

  test('an unknown policy by naming the nearest', async () => {
    const { message } = await rejection(limiter.consume({ ...check, policy: 'logins' }));
    expect(message).toBe(
      'the limiter has no policy of that name; did you mean login? (there are: api, login)',
    );
    expect(thrownBy(() => limiter.update('logins', {}))).toMatchObject({ code: 'E_POLICY' });
  });

  test('every call where the limit is 0', async () => {
    expect(await limiter.consume({ ...check, policy: 'login' })).toMatchObject({
      allowed: false,
      reason: 'cost',
      retryAfterMs: null,
    });
  });

  test('32 checks are allowed, and numbers and bigints as ids', async () => {
    const many = Array.from({ length: 32 }, (_, i) => ({ ...check, id: `many-${i}` }));
    expect((await limiter.consume(many)).states).toHaveLength(32);
    await limiter.consume({ ...check, id: 12_345 });
    await limiter.consume({ ...check, id: 12_345n });
    expect((await limiter.peek({ ...check, id: '12345' })).remaining).toBe(8);
  });

  test('unknown options of calls, events and changes', async () => {
    expect(await rejection(limiter.consume(check, { signals: null }))).toMatchObject({ code: 'E_ARGUMENT' });
    expect(await rejection(limiter.consume(check, { signal: {} }))).toMatchObject({ code: 'E_CONFIG' });
    expect(await rejection(limiter.peek(check, { context: 1 }))).toMatchObject({ code: 'E_ARGUMENT' });
    expect(thrownBy(() => limiter.on('limit', () => {}))).toMatchObject({ code: 'E_ARGUMENT' });
    for (const change of [undefined, null, 5, []]) {
      expect(thrownBy(() => limiter.update('api', change))).toMatchObject({ code: 'E_CONFIG' });
    }
    expect(thrownBy(() => limiter.update('api', { limit: -1 }))).toMatchObject({ code: 'E_CONFIG' });
    expect(thrownBy(() => limiter.update('api', { limits: 1 }))).toMatchObject({ code: 'E_CONFIG' });
    expect(limiter.policies().api.limit).toBe(10);
  });

  test('a block that has no length, and a reason that is no text', async () => {
    const who = { kind: 'user', id: 'blocked' };
    for (const seconds of [undefined, 0, -1, 1.5, Number.NaN, 2 ** 53, '60']) {
      expect([seconds, (await rejection(limiter.block(who, seconds))).code]).toEqual([seconds, 'E_ARGUMENT']);
    }
    expect(await rejection(limiter.block(who, 60, 5))).toMatchObject({ code: 'E_ARGUMENT' });
    expect(await rejection(limiter.block({ ...who, policy: 'api' }, 60))).toMatchObject({
      code: 'E_ARGUMENT',
    });
    expect(await rejection(limiter.block({ ...who, id: '' }, 60))).toMatchObject({ code: 'E_KEY' });
  });
});

describe('a route refuses', () => {
  const limiter = limiterOf({});

  test.each([
    ['nothing', undefined, 'E_CONFIG'],
    ['no policies', {}, 'E_CONFIG'],
    ['an empty list of policies', { policies: [] }, 'E_CONFIG'],
    ['an unknown policy', { policies: 'apis' }, 'E_POLICY'],
    ['an unknown policy in a list', { policies: ['api', 'apis'] }, 'E_POLICY'],
    ['an unknown option', { policies: 'api', header: 'legacy' }, 'E_ARGUMENT'],
    ['unknown headers', { policies: 'api', headers: 'draft-8' }, 'E_CONFIG'],
    ['identify that is no function', { policies: 'api', identify: 'user' }, 'E_CONFIG'],
    ['bypass that is no function', { policies: 'api', bypass: true }, 'E_CONFIG'],
    ['handler that is no function', { policies: 'api', handler: 429 }, 'E_CONFIG'],
  ])('%s', (_name, options, code) => {
    expect(thrownBy(() => limiter.express(options))).toMatchObject({ code });
    const failures = [];
    limiter.fastify({ addHook: () => failures.push('a hook') }, options ?? null, (error) =>
      failures.push(error),
    );
    expect(failures).toEqual([expect.objectContaining({ code })]);
  });
});

test('policies() answers the policies with their defaults, as a copy', () => {
  const limiter = limiterOf({ policies: { api: GOOD, mail: { ...GOOD, algorithm: 'gcra' } } });
  const policies = limiter.policies();
  expect(policies).toEqual({
    api: {
      limit: 10,
      windowSeconds: 60,
      algorithm: 'sliding',
      onRedisDown: 'local',
      mode: 'enforce',
      blockSeconds: 0,
    },
    mail: {
      limit: 10,
      windowSeconds: 60,
      algorithm: 'gcra',
      burst: 10,
      onRedisDown: 'local',
      mode: 'enforce',
      blockSeconds: 0,
    },
  });
  policies.api.limit = 1;
  expect(limiter.policies().api.limit).toBe(10);
  limiter.update('mail', { limit: 20 });
  expect(limiter.policies().mail).toMatchObject({ limit: 20, burst: 20 });
});
