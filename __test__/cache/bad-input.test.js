'use strict';

const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { rejection } = require('../support/wait');
const { MESSAGES, PHONE } = require('../support/adapter-methods');

const MIB = 1024 * 1024;

const cyclic = { name: 'loop' };
cyclic.self = cyclic;

const redis = withRedis({ flushBeforeEach: true });
const stores = {};

beforeAll(() => {
  stores.redis = openPackage({ url: redis.url });
  stores.memory = openPackage({ useRedis: false });
});

describe.each(['redis', 'memory'])('bad input, %s store', (store) => {
  let adapter;
  let manager;

  beforeAll(() => {
    ({ cacheAdapter: adapter, cacheManager: manager } = stores[store]);
  });

  const nothingStored = async () => {
    if (store === 'redis') expect(await redis.keys()).toEqual([]);
  };

  describe.each([
    ['null', null],
    ['undefined', undefined],
    ['the empty text', ''],
    ['2 kB of digits', '1'.repeat(2048)],
    ['2 kB of letters', 'x'.repeat(2048)],
    ['an object', {}],
  ])('a phone that is %s', (_name, phone) => {
    test.each(['getConversationContext', 'getConversationSummary', 'getPreComputedContext'])(
      'rejects %s with E_KEY',
      async (method) => {
        expect(await rejection(adapter[method]('org-1', phone))).toMatchObject({
          code: 'E_KEY',
          retryable: false,
        });
      },
    );

    test('rejects every set with E_KEY and stores nothing', async () => {
      const calls = [
        adapter.setConversationContext('org-1', phone, MESSAGES),
        adapter.setConversationSummary('org-1', phone, 'text'),
        adapter.setConversationHistoryCache('org-1', phone, MESSAGES),
        adapter.setPreComputedContext('org-1', phone, {}),
        adapter.setPhoneToLeadMapping(phone, 'lead-1'),
        adapter.setAgentConfig('agent-1', phone),
        adapter.setSSEResponseCache('lead-1', phone, {}),
      ];
      const errors = await Promise.all(calls.map(rejection));
      for (const error of errors) expect(error).toMatchObject({ name: 'OrgCacheError', code: 'E_KEY' });
      await nothingStored();
    });
  });

  test('a numeric phone is its digits or is refused, and never another phone', async () => {
    const answer = await adapter
      .setConversationContext('org-1', 1234567890, MESSAGES)
      .catch((error) => error);
    if (answer instanceof Error || answer?.code) {
      expect(answer).toMatchObject({ code: 'E_KEY' });
      await nothingStored();
    } else {
      expect(await adapter.getConversationContext('org-1', '1234567890')).toEqual(MESSAGES);
    }
    expect(await adapter.getConversationContext('org-1', '1234567891')).toBeNull();
  });

  test('two phones without digits do not share a conversation', async () => {
    for (const phone of ['anonymous', 'withheld', 'NaN', ' ', '+', '—']) {
      await adapter.setConversationContext('org-1', phone, [{ phone }]);
    }
    for (const phone of ['anonymous', 'withheld', 'NaN', ' ', '+', '—']) {
      expect(await adapter.getConversationContext('org-1', phone)).toEqual([{ phone }]);
    }
  });

  test('a key over 1 kB is refused with E_KEY, whichever part makes it long', async () => {
    const long = 'k'.repeat(1100);
    const calls = [
      adapter.get(long),
      adapter.set(long, 1),
      adapter.delete(long),
      adapter.getConversationContext(long, PHONE),
      adapter.getDynamicLead(long),
      adapter.setOrganizationData(long, 'name'),
      manager.set(long, 1, null, 'org-1'),
      // Short as text, long once escaped.
      adapter.set('Ж'.repeat(200), 1),
    ];
    for (const call of calls) expect(await rejection(call)).toMatchObject({ code: 'E_KEY' });
    await nothingStored();
  });

  test.each([
    ['get', ['']],
    ['get', [null]],
    ['set', ['', 1]],
    ['delete', [undefined]],
    ['getDynamicLead', [null]],
    ['getLeadToPhoneMapping', ['']],
    ['getAgentConfig', [null, PHONE]],
  ])('%s(%j) without a required argument rejects with E_KEY', async (method, args) => {
    expect(await rejection(adapter[method](...args))).toMatchObject({ code: 'E_KEY' });
  });

  test.each([
    ['undefined', undefined],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a BigInt', 1n],
    ['a BigInt inside', { list: [1n] }],
    ['a cycle', cyclic],
    [
      'something whose toJSON throws',
      {
        toJSON: () => {
          throw new Error('no');
        },
      },
    ],
  ])('%s as a value rejects with E_SERIALIZE and stores nothing', async (_name, value) => {
    const calls = [
      adapter.set('bad', value),
      adapter.setConversationContext('org-1', PHONE, value),
      adapter.setDynamicLead('lead-1', value),
      manager.set('bad', value, null, 'org-1'),
      manager.hset('bad', 'field', value, null, 'org-1'),
    ];
    for (const error of await Promise.all(calls.map(rejection))) {
      expect(error).toMatchObject({ name: 'OrgCacheError', code: 'E_SERIALIZE', retryable: false });
    }
    expect(await adapter.get('bad')).toBeNull();
    await nothingStored();
  });

  test('the error for a value that is nested too deeply says so, and that for one without JSON does not', async () => {
    let deep = [];
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
    for (const call of [adapter.set('deep', deep), manager.hset('h', 'f', deep)]) {
      const error = await rejection(call);
      expect(error).toMatchObject({
        code: 'E_SERIALIZE',
        message: expect.stringMatching(/nested too deeply/),
      });
      expect(error.message).not.toMatch(/BigInt|cycle/);
      expect(error.cause).toBeInstanceOf(RangeError);
    }
    expect(await rejection(adapter.set('cyclic', cyclic))).toMatchObject({
      message: expect.stringMatching(/cycle/),
    });
    await nothingStored();
  });

  test('a value whose JSON no string can hold is too large', async () => {
    const error = await rejection(adapter.set('long', { toJSON: () => 'x'.repeat(2 ** 29) }));
    expect(error).toMatchObject({ code: 'E_VALUE_TOO_LARGE', retryable: false });
    expect(error.message).not.toMatch(/BigInt|cycle/);
    await nothingStored();
  });

  test('a value of 17 MiB rejects with E_VALUE_TOO_LARGE and stores nothing', async () => {
    const error = await rejection(adapter.set('huge', 'x'.repeat(17 * MIB)));
    expect(error).toMatchObject({ name: 'OrgCacheError', code: 'E_VALUE_TOO_LARGE', retryable: false });
    expect(error.message.length).toBeLessThan(500);
    expect(await adapter.get('huge')).toBeNull();
    await nothingStored();
  }, 20_000);

  test('a value of 16 MiB is taken and one byte more is not', async () => {
    // The two quotes are part of the JSON text.
    const largest = 'x'.repeat(16 * MIB - 2);
    expect(await adapter.set('largest', largest)).toBe(true);
    expect((await adapter.get('largest')) === largest).toBe(true);
    expect(await rejection(adapter.set('larger', `${largest}x`))).toMatchObject({
      code: 'E_VALUE_TOO_LARGE',
    });
  }, 20_000);

  test('`__proto__` and `constructor` inside a value come back as data and pollute nothing', async () => {
    const text =
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"list":[{"__proto__":1}]}';
    await adapter.set('proto', JSON.parse(text));
    const value = await adapter.get('proto');
    expect(JSON.stringify(value)).toBe(text);
    expect(Object.getOwnPropertyNames(value)).toContain('__proto__');
    expect(value.polluted).toBeUndefined();
    expect({}.polluted).toBeUndefined();
    expect(Object.prototype.polluted).toBeUndefined();
  });

  test('`__proto__` as a hash field is a field', async () => {
    await manager.hset('fields', '__proto__', { polluted: true }, null, 'org-1');
    const fields = await manager.hgetall('fields', 'org-1');
    expect(Object.keys(fields)).toEqual(['__proto__']);
    expect({}.polluted).toBeUndefined();
  });

  test.each([
    ['-1', -1],
    ['NaN', Number.NaN],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['text', 'soon'],
    ['the empty text', ''],
    ['text of a negative number', '-5'],
    ['text of 0', '0'],
    ['text of an infinite number', 'Infinity'],
    ['a BigInt', 10n],
    ['true', true],
    ['a function', () => 5],
    ['a symbol', Symbol('5')],
    ['an option of that value', { ttlSeconds: -1 }],
  ])('a TTL of %s is refused, and nothing is stored', async (_name, ttl) => {
    await adapter.delete('timed');
    const refused = { name: 'OrgCacheError', code: 'E_ARGUMENT', message: expect.stringMatching(/lifetime/) };
    expect(await rejection(adapter.set('timed', 'value', ttl))).toMatchObject(refused);
    if (typeof ttl !== 'object') {
      expect(await rejection(manager.set('timed', 'value', ttl, 'org'))).toMatchObject(refused);
      expect(await rejection(manager.hset('timed', 'field', 'value', ttl, 'org'))).toMatchObject(refused);
    }
    expect(await adapter.get('timed')).toBeNull();
    expect(await manager.get('timed', 'org')).toBeNull();
    await nothingStored();
  });

  test.each([
    ['null', null, 7200],
    ['undefined', undefined, 7200],
    ['0', 0, 7200],
    ['the text of a number', ' 90 ', 90],
    ['half a second', 0.5, 0.5],
    ['beyond what Redis takes', 1e18, 315_360_000],
    ['Infinity', Number.POSITIVE_INFINITY, 315_360_000],
    ['an option of 0', { ttlSeconds: 0 }, 7200],
  ])('a TTL of %s is kept for its time', async (_name, ttl, seconds) => {
    expect(await adapter.set('timed', 'value', ttl)).toBe(true);
    if (store !== 'redis') return;
    const left = await redis.command('PTTL', 'jack:dev:kv:timed');
    expect(left).toBeLessThanOrEqual(seconds * 1000);
    expect(left).toBeGreaterThan(seconds * 1000 - 5000);
    expect(left).not.toBe(-1);
  });

  test('an option that is not known is refused, with the nearest that is', async () => {
    const refused = (message) => ({ code: 'E_ARGUMENT', message: expect.stringContaining(message) });
    expect(await rejection(adapter.set('timed', 'value', { ttl: 5 }))).toMatchObject(
      refused('did you mean ttlSeconds?'),
    );
    expect(await rejection(adapter.get('timed', { sginal: null }))).toMatchObject(
      refused('did you mean signal?'),
    );
    const { signal } = new AbortController();
    expect(await rejection(adapter.get('timed', { signal, ttlSeconds: 5 }))).toMatchObject(
      refused('the option ttlSeconds is not known'),
    );
    expect(await rejection(manager.clearOrganizationCache('org', { force: true }))).toMatchObject(
      refused('the option force is not known'),
    );
    await nothingStored();
  });

  test('an error says nothing about the phone or the value that was given', async () => {
    const errors = [
      await rejection(adapter.setConversationContext('org-1', `+49${'7'.repeat(2048)}`, ['value-canary'])),
      await rejection(adapter.set('key', { canary: 'value-canary', big: 1n })),
      await rejection(adapter.set('key', `value-canary${'x'.repeat(17 * MIB)}`)),
    ];
    for (const error of errors) {
      const told = `${error.message} ${error.stack} ${JSON.stringify(error)} ${error.cause ?? ''}`;
      expect(told).not.toContain('7777777');
      expect(told).not.toContain('value-canary');
    }
  }, 20_000);

  test('the global scope is no organization: it has no name, and takes none', async () => {
    expect(await adapter.setOrganizationData(null, 'Nobody')).toBe(false);
    expect(await adapter.getOrganizationData(null)).toBeNull();
    expect(await adapter.getOrganizationData(undefined)).toBeNull();
    await nothingStored();
  });

  test('clearing an organization that has nothing is no error', async () => {
    await adapter.clearOrganizationCache('nobody');
    await manager.clearOrganizationCache('nobody');
  });
});
