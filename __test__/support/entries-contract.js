'use strict';

const { setTimeout: delay } = require('node:timers/promises');
const { types } = require('node:util');
const { rejection, until, within } = require('./wait');

let counter = 0;
/** A name that no other test has. */
const unique = (what) => `${what}-${process.pid}-${++counter}`;

/** A promise, with the functions that settle it. */
function deferred() {
  const settle = {};
  settle.promise = new Promise((resolve, reject) => Object.assign(settle, { resolve, reject }));
  settle.promise.catch(() => {});
  return settle;
}

/** A factory that ends when the test says so, and counts its calls. */
function slowFactory() {
  const calls = [];
  const factory = (context) => {
    const call = { ...deferred(), context };
    calls.push(call);
    return call.promise;
  };
  return {
    factory,
    calls,
    /** The call with this number, once it is made. */
    async call(number = 0) {
      await until(() => calls.length > number, { what: `call ${number} of the factory`, everyMs: 1 });
      return calls[number];
    },
  };
}

let strayRuns = 0;
/** A factory that must not run. A stale value could hide what it throws. */
const never = () => {
  strayRuns++;
  throw new Error('This factory must not run.');
};
afterEach(() => {
  const runs = strayRuns;
  strayRuns = 0;
  expect(runs).toBe(0);
});
const failing = () => Promise.reject(new Error('the database is away'));

/** The sentences of the table of answers, and of its neighbours. `open()` answers an instance of the package. */
function entriesContract(open) {
  let orgcache;

  beforeAll(async () => {
    orgcache = await open();
  });

  /** Entries of a new cache; a ttl without jitter, so that tests know when it ends. */
  function entriesOf(options = {}) {
    return orgcache.createCache({ name: unique('cache'), jitter: 0, ...options }).org('org-1');
  }

  /** Entries with a stale value under the key `k`. */
  async function staleEntries(options = {}) {
    const cache = entriesOf({ graceSeconds: 60, retryAfterErrorSeconds: 60, ...options });
    await cache.set('k', { version: 1 });
    await cache.expire('k');
    return cache;
  }

  const answers = { orgcache: () => orgcache, entriesOf, staleEntries };

  describe('a call of getOrSet', () => answersOfGetOrSet(answers));
  describe('a stale value', () => staleValues(answers));
  describe('a factory', () => factories(answers));
  describe('callers of one key', () => flights(answers));
  describe('the values', () => plainCalls(answers));
  describe('a quota', () => quotas(answers));
  describe('tags', () => tags(answers));
  describe('mutate', () => mutations(answers));
  describe('getOrSetMany', () => many(answers));
}

function answersOfGetOrSet({ entriesOf, staleEntries }) {
  test('answers a fresh value without the factory', async () => {
    const cache = entriesOf();
    expect(await cache.getOrSet('k', () => 'first')).toBe('first');
    expect(await cache.getOrSet('k', never)).toBe('first');
    expect(await cache.get('k')).toBe('first');
  });

  test('answers a cached null, and does not keep undefined', async () => {
    const cache = entriesOf();
    expect(await cache.getOrSet('null', () => null)).toBeNull();
    expect(await cache.getOrSet('null', never)).toBeNull();
    expect(await cache.get('null')).toBeNull();
    expect(await cache.getOrSet('nothing', () => undefined)).toBeUndefined();
    expect(await cache.getOrSet('nothing', () => 'something')).toBe('something');
  });

  test('keeps an undefined for negativeSeconds', async () => {
    const cache = entriesOf({ negativeSeconds: 60 });
    expect(await cache.getOrSet('k', () => undefined)).toBeUndefined();
    expect(await cache.getOrSet('k', never)).toBeUndefined();
    expect(await cache.get('k')).toBeUndefined();
    expect(await cache.has('k')).toBe(false);
    await cache.set('k', 1);
    expect(await cache.getOrSet('k', never)).toBe(1);
    const short = entriesOf({ negativeSeconds: 0.05 });
    await short.getOrSet('k', () => undefined);
    await until(async () => (await short.getOrSet('k', () => 'there')) === 'there');
  });

  test('keeps a value for its ttl, and computes it again afterwards', async () => {
    const cache = entriesOf({ ttlSeconds: 0.1 });
    expect(await cache.getOrSet('k', () => 1)).toBe(1);
    expect(await cache.getOrSet('k', never)).toBe(1);
    await until(async () => (await cache.getOrSet('k', () => 2)) === 2);
  });

  test('takes the new value if the factory ends before softTimeoutMs', async () => {
    const cache = await staleEntries({ softTimeoutMs: 5000 });
    expect(await cache.getOrSet('k', () => ({ version: 2 }))).toEqual({ version: 2 });
    expect(await cache.get('k')).toEqual({ version: 2 });
  });

  test('answers the stale value after softTimeoutMs; the factory goes on, and its value is kept', async () => {
    const cache = await staleEntries({ softTimeoutMs: 20 });
    const slow = slowFactory();
    expect(await cache.getOrSet('k', slow.factory)).toEqual({ version: 1 });
    (await slow.call()).resolve({ version: 2 });
    await until(async () => (await cache.get('k'))?.version === 2);
    expect(slow.calls).toHaveLength(1);
  });

  test('answers the stale value at once with softTimeoutMs 0; the factory goes on', async () => {
    const cache = await staleEntries({ softTimeoutMs: 0 });
    const slow = slowFactory();
    expect(await cache.getOrSet('k', slow.factory)).toEqual({ version: 1 });
    expect(await cache.getOrSet('k', never)).toEqual({ version: 1 });
    (await slow.call()).resolve({ version: 2 });
    await until(async () => (await cache.get('k'))?.version === 2);
  });

  test('answers the stale value if the factory throws, and no factory runs for retryAfterErrorSeconds', async () => {
    const cache = await staleEntries();
    expect(await cache.getOrSet('k', failing)).toEqual({ version: 1 });
    expect(await cache.getOrSet('k', never)).toEqual({ version: 1 });
    await cache.set('k', { version: 2 });
    expect(await cache.getOrSet('k', never)).toEqual({ version: 2 });
    const soon = await staleEntries({ retryAfterErrorSeconds: 0.05 });
    expect(await soon.getOrSet('k', failing)).toEqual({ version: 1 });
    await until(async () => (await soon.getOrSet('k', () => ({ version: 2 }))).version === 2);
  });

  test('answers the stale value after hardTimeoutMs, and no factory runs for retryAfterErrorSeconds', async () => {
    const cache = await staleEntries();
    const slow = slowFactory();
    expect(await cache.getOrSet('k', slow.factory, { hardTimeoutMs: 30 })).toEqual({ version: 1 });
    const { value } = await within(2000, cache.getOrSet('k', never));
    expect(value).toEqual({ version: 1 });
    expect(slow.calls).toHaveLength(1);
    slow.calls[0].resolve({ version: 2 });
  });

  test('rejects with E_FACTORY_TIMEOUT after hardTimeoutMs; the factory goes on, and its value is kept', async () => {
    const cache = entriesOf({ hardTimeoutMs: 30 });
    const slow = slowFactory();
    const error = await rejection(cache.getOrSet('k', slow.factory));
    expect(error).toMatchObject({ name: 'OrgCacheError', code: 'E_FACTORY_TIMEOUT' });
    expect(error.message).toContain('30 ms');
    (await slow.call()).resolve('late');
    await until(async () => (await cache.get('k')) === 'late');
    expect(slow.calls).toHaveLength(1);
  });

  test("rejects with the factory's very error if nothing is there, and the next caller may try", async () => {
    const cache = entriesOf({ graceSeconds: 60 });
    const cause = new TypeError('broken');
    expect(await rejection(cache.getOrSet('k', () => Promise.reject(cause)))).toBe(cause);
    expect(
      await rejection(
        cache.getOrSet('k', () => {
          throw cause;
        }),
      ),
    ).toBe(cause);
    expect(await cache.getOrSet('k', () => 'well')).toBe('well');
  });

  test('rejects with the reason of a signal that aborts, and the factory of the others goes on', async () => {
    const cache = entriesOf();
    const slow = slowFactory();
    const controller = new AbortController();
    const first = rejection(cache.getOrSet('k', slow.factory, { signal: controller.signal }));
    const second = cache.getOrSet('k', never);
    const { context, resolve } = await slow.call();
    const reason = new Error('the client has gone');
    controller.abort(reason);
    expect(await first).toBe(reason);
    expect(context.signal.aborted).toBe(false);
    resolve('value');
    expect(await second).toBe('value');
    const aborted = AbortSignal.abort(reason);
    expect(await rejection(cache.getOrSet('k', never, { signal: aborted }))).toBe(reason);
    expect(await rejection(cache.get('k', { signal: aborted }))).toBe(reason);
  });

  test('ends a factory for which nobody waits any more, and keeps nothing', async () => {
    const cache = entriesOf();
    const slow = slowFactory();
    const controllers = [new AbortController(), new AbortController()];
    const calls = controllers.map(({ signal }) => rejection(cache.getOrSet('k', slow.factory, { signal })));
    const { context, resolve } = await slow.call();
    controllers[0].abort();
    expect(context.signal.aborted).toBe(false);
    controllers[1].abort(new Error('gone'));
    expect(context.signal.aborted).toBe(true);
    expect(context.signal.reason).toEqual(new Error('gone'));
    await Promise.all(calls);
    expect(await cache.getOrSet('k', () => 'another')).toBe('another');
    resolve('late');
    await delay(5);
    expect(await cache.get('k')).toBe('another');
  });

  test('gives a factory that asks late for its signal one that has aborted', async () => {
    const cache = entriesOf();
    const started = deferred();
    const controller = new AbortController();
    const late = deferred();
    const factory = async (context) => {
      started.resolve();
      await late.promise;
      late.signal = context.signal;
      late.seen.resolve();
    };
    late.seen = deferred();
    const call = rejection(cache.getOrSet('k', factory, { signal: controller.signal }));
    await started.promise;
    controller.abort(new Error('gone'));
    await call;
    late.resolve();
    await late.seen.promise;
    expect(late.signal.reason).toEqual(new Error('gone'));
  });

  test('lets a factory end in the background though the signals of the others abort', async () => {
    const cache = entriesOf();
    const slow = slowFactory();
    const controller = new AbortController();
    const patient = rejection(cache.getOrSet('k', slow.factory, { signal: controller.signal }));
    const hasty = rejection(cache.getOrSet('k', never, { hardTimeoutMs: 20 }));
    const { context, resolve } = await slow.call();
    expect(await hasty).toMatchObject({ code: 'E_FACTORY_TIMEOUT' });
    controller.abort();
    await patient;
    expect(context.signal.aborted).toBe(false);
    resolve('value');
    await until(async () => (await cache.get('k')) === 'value');
  });
}

function staleValues({ entriesOf, staleEntries }) {
  test('is no answer of get, has and getMany', async () => {
    const cache = await staleEntries();
    expect(await cache.get('k')).toBeUndefined();
    expect(await cache.has('k')).toBe(false);
    expect(await cache.getMany(['k'])).toEqual([undefined]);
  });

  test('comes from a ttl that has passed, too', async () => {
    const cache = entriesOf({ ttlSeconds: 0.05, graceSeconds: 60 });
    await cache.set('k', 1);
    await until(async () => (await cache.get('k')) === undefined);
    expect(await cache.getOrSet('k', failing)).toBe(1);
  });

  test('answers no longer than its grace', async () => {
    const cache = entriesOf({ ttlSeconds: 0.03, graceSeconds: 0.05, retryAfterErrorSeconds: 0 });
    await cache.set('k', 1);
    await until(async () => {
      const outcome = await cache.getOrSet('k', failing).catch((error) => error.message);
      return outcome === 'the database is away';
    });
  });

  test('is not there without grace', async () => {
    const cache = entriesOf();
    await cache.set('k', 1);
    expect(await cache.expire('k')).toBe(true);
    expect(await rejection(cache.getOrSet('k', failing))).toMatchObject({ message: 'the database is away' });
    expect(await cache.expire('k')).toBe(false);
  });

  test('is a copy for each caller', async () => {
    const cache = await staleEntries({ softTimeoutMs: 0 });
    const slow = slowFactory();
    const [a, b] = await Promise.all([cache.getOrSet('k', slow.factory), cache.getOrSet('k', slow.factory)]);
    expect([a, b]).toEqual([{ version: 1 }, { version: 1 }]);
    expect(a).not.toBe(b);
    (await slow.call()).resolve({ version: 2 });
  });

  test('is gone when its key is deleted, also for a factory that is under way', async () => {
    const cache = await staleEntries();
    await cache.delete('k');
    expect(await rejection(cache.getOrSet('k', failing))).toMatchObject({ message: 'the database is away' });
  });
}

function factories({ orgcache, entriesOf, staleEntries }) {
  test('sees the stale value with its meta, and says that it is not modified', async () => {
    const cache = entriesOf({ graceSeconds: 60 });
    const first = await cache.getOrSet('k', (context) => {
      expect(context.stale).toBeUndefined();
      context.setOptions({ meta: { etag: 'v1' } });
      return { rows: [1, 2] };
    });
    expect(first).toEqual({ rows: [1, 2] });
    await cache.expire('k');
    const again = await cache.getOrSet('k', (context) => {
      expect(context.stale).toEqual({ value: { rows: [1, 2] }, meta: { etag: 'v1' } });
      return context.notModified();
    });
    expect(again).toEqual({ rows: [1, 2] });
    expect(await cache.get('k')).toEqual({ rows: [1, 2] });
    await cache.expire('k');
    await cache.getOrSet('k', (context) => {
      expect(context.stale.meta).toEqual({ etag: 'v1' });
      return context.notModified();
    });
    expect(await cache.getOrSet('k', never)).toEqual({ rows: [1, 2] });
  });

  test('cannot say so without a stale value', async () => {
    const error = await rejection(entriesOf().getOrSet('k', (context) => context.notModified()));
    expect(error).toMatchObject({ code: 'E_ARGUMENT' });
  });

  test('answers its callers and keeps nothing with skip', async () => {
    const cache = entriesOf();
    const value = { live: () => true };
    const slow = slowFactory();
    const both = Promise.all([cache.getOrSet('k', slow.factory), cache.getOrSet('k', never)]);
    const { context, resolve } = await slow.call();
    resolve(context.skip(value));
    expect(await both).toEqual([value, value]);
    expect(await cache.has('k')).toBe(false);
    expect(await cache.getOrSet('k', ({ skip }) => skip(undefined))).toBeUndefined();
  });

  test('sets the options of its value', async () => {
    const cache = entriesOf({ ttlSeconds: 60 });
    await cache.getOrSet('k', ({ setOptions }) => {
      setOptions({ ttlSeconds: 0.05 });
      setOptions({ graceSeconds: 60 });
      return 1;
    });
    await until(async () => !(await cache.has('k')));
    expect(await cache.getOrSet('k', failing)).toBe(1);
  });

  test('gets an exception for options that are not allowed', async () => {
    const cache = entriesOf();
    const cases = [
      [{ ttlSeconds: -1 }, 'E_CONFIG'],
      [{ graceSeconds: 'long' }, 'E_CONFIG'],
      [{ softTimeoutMs: 1 }, 'E_ARGUMENT'],
      [{ tags: Array.from({ length: 65 }, (_, i) => `t${i}`) }, 'E_TAG'],
      [undefined, 'E_CONFIG'],
    ];
    for (const [options, code] of cases) {
      const error = await rejection(cache.getOrSet('k', ({ setOptions }) => setOptions(options)));
      expect([options, error.code]).toEqual([options, code]);
    }
    expect(await cache.has('k')).toBe(false);
  });

  test('that answers no JSON rejects its callers with E_SERIALIZE', async () => {
    const cache = entriesOf();
    const cycle = {};
    cycle.self = cycle;
    for (const value of [() => {}, Symbol('s'), 5n, cycle]) {
      expect(await rejection(cache.getOrSet('k', () => value))).toMatchObject({ code: 'E_SERIALIZE' });
    }
    expect(await rejection(cache.getOrSet('k', () => 'x'.repeat(17 * 1024 * 1024)))).toMatchObject({
      code: 'E_VALUE_TOO_LARGE',
    });
    expect(await cache.getOrSet('k', () => 1)).toBe(1);
    const stale = await staleEntries();
    expect(await stale.getOrSet('k', () => cycle)).toEqual({ version: 1 });
  });

  test('that asks for its own key rejects with E_REENTRANT', async () => {
    const cache = entriesOf();
    const own = (key) => async () => {
      await delay(1);
      return cache.getOrSet(key, never);
    };
    expect(await rejection(cache.getOrSet('k', own('k')))).toMatchObject({ code: 'E_REENTRANT' });
    const through = cache.getOrSet('a', () => cache.getOrSet('b', own('a')));
    expect(await rejection(through)).toMatchObject({ code: 'E_REENTRANT' });
    const many = cache.getOrSet('m', async () => [...(await cache.getOrSetMany(['n', 'm'], never)).values()]);
    expect(await rejection(many)).toMatchObject({ code: 'E_REENTRANT' });
    expect(await cache.getOrSet('k', () => cache.getOrSet('other', () => 1))).toBe(1);
    const changed = cache.getOrSet('c', async () => {
      await cache.delete('c');
      return cache.getOrSet('c', never);
    });
    expect(await rejection(changed)).toMatchObject({ code: 'E_REENTRANT' });
    await cache.set('read', 1);
    expect(await cache.getOrSet('w', async () => (await cache.get('w')) ?? cache.get('read'))).toBe(1);
  });

  test('of two keys that wait for each other reject with E_REENTRANT', async () => {
    const cache = entriesOf({ hardTimeoutMs: 20_000 });
    const started = [deferred(), deferred()];
    const both = Promise.all(started.map(({ promise }) => promise));
    const cross = (own, other, index) =>
      cache.getOrSet(own, async () => {
        started[index].resolve();
        await both;
        return cache.getOrSet(other, never);
      });
    const settled = Promise.allSettled([cross('a', 'b', 0), cross('b', 'a', 1)]);
    const { value } = await within(5000, settled, 'the callers');
    expect(value.map(({ reason }) => reason.code)).toEqual(['E_REENTRANT', 'E_REENTRANT']);
  });

  test('may be asked for while its value is being kept', async () => {
    const cache = entriesOf();
    const later = deferred();
    const first = cache.getOrSet('k', () => {
      queueMicrotask(() => cache.getOrSet('k', () => 2).then(later.resolve, later.reject));
      return 1;
    });
    expect(await later.promise).toBe(1);
    expect(await first).toBe(1);
  });

  test('may be asked for later by what it has left behind', async () => {
    const cache = entriesOf();
    const later = deferred();
    // While another factory runs, factories are watched.
    const slow = slowFactory();
    const other = cache.getOrSet('other', slow.factory);
    const { resolve } = await slow.call();
    await cache.getOrSet('k', () => {
      setTimeout(() => cache.getOrSet('k', () => 2, {}).then(later.resolve, later.reject), 20);
      return 1;
    });
    await cache.delete('k');
    expect(await later.promise).toBe(2);
    resolve(1);
    await other;
  });

  test('runs with refresh though the value is fresh, and sees the value', async () => {
    const cache = entriesOf();
    await cache.set('k', 1);
    const seen = await cache.refresh('k', ({ stale }) => ({ before: stale.value }));
    expect(seen).toEqual({ before: 1 });
    expect(await cache.get('k')).toEqual({ before: 1 });
    const cause = new Error('broken');
    expect(await rejection(cache.refresh('k', () => Promise.reject(cause)))).toBe(cause);
    expect(await cache.getOrSet('k', never)).toEqual({ before: 1 });
    expect(await cache.refresh('k', ({ notModified }) => notModified())).toEqual({ before: 1 });
    expect(await cache.refresh('new', () => 5)).toBe(5);
  });

  test('that began before a refresh goes to its callers alone', async () => {
    const cache = entriesOf();
    const old = slowFactory();
    const first = cache.getOrSet('k', old.factory);
    const { resolve } = await old.call();
    expect(await cache.refresh('k', () => 'new')).toBe('new');
    resolve('old');
    expect(await first).toBe('old');
    expect(await cache.get('k')).toBe('new');
  });

  test('runs early for a share of the ttl, in the background, and once', async () => {
    const options = { ttlSeconds: 2, graceSeconds: 60, earlyRefresh: 0.01, jitter: 0 };
    const users = orgcache().createCache({ name: unique('cache'), ...options });
    const cache = users.org('org-1');
    await cache.set('k', 1);
    const slow = slowFactory();
    await until(async () => {
      expect(await cache.getOrSet('k', slow.factory)).toBe(1);
      return slow.calls.length === 1;
    });
    expect(await cache.getOrSet('k', slow.factory)).toBe(1);
    expect((await users.stats()).factories.background).toBe(1);
    expect(slow.calls[0].context.stale.value).toBe(1);
    slow.calls[0].resolve(2);
    await until(async () => (await cache.get('k')) === 2);
    expect(slow.calls).toHaveLength(1);
  });

  test('that fails early leaves the fresh value, and rejects nobody', async () => {
    const cache = entriesOf({
      ttlSeconds: 5,
      graceSeconds: 60,
      earlyRefresh: 0.001,
      retryAfterErrorSeconds: 60,
    });
    await cache.set('k', 1);
    const slow = slowFactory();
    await until(async () => {
      expect(await cache.getOrSet('k', slow.factory)).toBe(1);
      return slow.calls.length === 1;
    });
    slow.calls[0].reject(new Error('the database is away'));
    await delay(5);
    expect(await cache.getOrSet('k', never)).toBe(1);
  });
}

function flights({ entriesOf }) {
  test('share one factory, and each gets a value of its own', async () => {
    const cache = entriesOf();
    let runs = 0;
    const factory = async () => {
      runs++;
      await delay(5);
      return { list: [1] };
    };
    const values = await Promise.all(Array.from({ length: 100 }, () => cache.getOrSet('k', factory)));
    expect(runs).toBe(1);
    expect(new Set(values).size).toBe(100);
    for (const value of values) expect(value).toEqual({ list: [1] });
  });

  test('share one failure', async () => {
    const cache = entriesOf();
    const slow = slowFactory();
    const calls = Array.from({ length: 10 }, () => rejection(cache.getOrSet('k', slow.factory)));
    const cause = new Error('broken');
    (await slow.call()).reject(cause);
    for (const error of await Promise.all(calls)) expect(error).toBe(cause);
    expect(slow.calls).toHaveLength(1);
  });

  test.each([
    ['set', (cache) => cache.set('k', 'set')],
    ['delete', (cache) => cache.delete('k')],
    ['expire', (cache) => cache.expire('k')],
    ['pull', (cache) => cache.pull('k')],
    ['clear', (cache) => cache.clear()],
    ['invalidateTags', (cache) => cache.invalidateTags(['t'])],
    ['mutate', (cache) => cache.mutate({ keys: ['k'] }, async () => {})],
  ])('after %s do not get what a factory before it computes, nor is it kept', async (name, change) => {
    const cache = entriesOf({ tags: ['t'] });
    const old = slowFactory();
    const before = cache.getOrSet('k', old.factory);
    const { resolve } = await old.call();
    await change(cache);
    const after = cache.getOrSet('k', () => 'new');
    const expected = name === 'set' ? 'set' : 'new';
    // A change that names no keys leaves the lease to the factory: others wait for its end.
    if (['clear', 'invalidateTags'].includes(name)) resolve('old');
    expect(await after).toBe(expected);
    resolve('old');
    expect(await before).toBe('old');
    expect(await cache.get('k')).toBe(expected);
  });

  test('of two organizations, caches and namespaces share nothing', async () => {
    const name = unique('cache');
    const one = entriesOf({ name });
    const spaces = [one, one.namespace('a'), one.namespace('b'), one.namespace('a').namespace('b')];
    const values = await Promise.all(spaces.map((cache, index) => cache.getOrSet('k', () => index)));
    expect(values).toEqual([0, 1, 2, 3]);
    expect(await Promise.all(spaces.map((cache) => cache.get('k')))).toEqual([0, 1, 2, 3]);
    expect(await spaces[1].clear()).toEqual({ entries: 2 });
    expect(await Promise.all(spaces.map((cache) => cache.get('k')))).toEqual([0, undefined, 2, undefined]);
  });
}

function plainCalls({ orgcache, entriesOf }) {
  test('are read, removed and taken', async () => {
    const cache = entriesOf();
    expect(await cache.get('k')).toBeUndefined();
    expect(await cache.set('k', { a: [1, null] })).toBe(true);
    expect(await cache.get('k')).toEqual({ a: [1, null] });
    expect(await cache.has('k')).toBe(true);
    expect(await cache.delete('k')).toBe(true);
    expect(await cache.delete('k')).toBe(false);
    await cache.set('k', 1);
    expect(await cache.pull('k')).toBe(1);
    expect(await cache.pull('k')).toBeUndefined();
  });

  test('are read and written by the dozen', async () => {
    const cache = entriesOf();
    expect(
      await cache.setMany(
        new Map([
          ['a', 1],
          ['b', 2],
        ]),
      ),
    ).toEqual([true, true]);
    expect(await cache.setMany([['c', 3]])).toEqual([true]);
    expect(await cache.getMany(['b', 'x', 'a', 'b'])).toEqual([2, undefined, 1, 2]);
    expect(await cache.getMany([])).toEqual([]);
    expect(await cache.deleteMany(['a', 'b', 'b', 'x'])).toBe(2);
    expect(await cache.deleteMany([])).toBe(0);
    expect(await cache.setMany([])).toEqual([]);
  });

  test('are of one organization', async () => {
    const users = orgcache().createCache({ name: unique('cache') });
    const scopes = [users.org('a'), users.org('b'), users.global(), users.org('a:b'), users.org('__proto__')];
    await Promise.all(scopes.map((scope, index) => scope.set('k', index)));
    expect(await Promise.all(scopes.map((scope) => scope.get('k')))).toEqual([0, 1, 2, 3, 4]);
    expect(await scopes[0].clear()).toEqual({ entries: 1 });
    expect(await Promise.all(scopes.map((scope) => scope.get('k')))).toEqual([undefined, 1, 2, 3, 4]);
    expect(await users.org('b').delete('k')).toBe(true);
    expect(await users.global().get('k')).toBe(2);
  });

  test('have keys that an iterator finds, each once', async () => {
    const cache = entriesOf();
    const keys = Array.from({ length: 300 }, (_, index) => `key ${index}`);
    await cache.setMany(keys.map((key) => [key, 1]));
    await cache.namespace('n').set('other', 1);
    const found = [];
    for await (const key of cache.keys()) found.push(key);
    expect(found.sort()).toEqual([...keys].sort());
    for await (const key of cache.keys()) {
      expect(keys).toContain(key);
      break;
    }
    for await (const key of cache.namespace('n').keys()) expect(key).toBe('other');
  });

  test('keep with v8 what JSON loses', async () => {
    const cache = entriesOf({ serializer: 'v8', graceSeconds: 60 });
    const value = {
      date: new Date(5),
      bytes: Buffer.from('text'),
      big: 2n ** 70n,
      map: new Map([['a', new Set([1])]]),
      none: undefined,
    };
    expect(await cache.getOrSet('k', () => value)).toBe(value);
    const hit = await cache.get('k');
    // Node makes them in its own realm, which is not that of a test.
    expect(types.isDate(hit.date) && hit.date.getTime()).toBe(5);
    expect(Buffer.from(hit.bytes).toString()).toBe('text');
    expect([...hit.map].map(([name, set]) => [name, [...set]])).toEqual([['a', [1]]]);
    expect(hit.big).toBe(2n ** 70n);
    expect('none' in hit).toBe(true);
    await cache.expire('k');
    const again = await cache.getOrSet('k', ({ stale, notModified }) => {
      expect(stale.value.big).toBe(2n ** 70n);
      return notModified();
    });
    expect(again.date.getTime()).toBe(5);
    expect(await rejection(cache.set('f', () => {}))).toMatchObject({ code: 'E_SERIALIZE' });
  });

  test('have statistics', async () => {
    const name = unique('cache');
    const cache = orgcache().createCache({ name, graceSeconds: 60, negativeSeconds: 60 });
    const entries = cache.org('org-1');
    await entries.getOrSet('k', () => 1);
    await entries.getOrSet('k', never);
    await entries.expire('k');
    await entries.getOrSet('k', failing);
    await entries.getOrSet('nothing', () => undefined);
    await entries.getOrSet('nothing', never);
    await entries.getOrSet('skipped', ({ skip }) => skip(1));
    const stats = await cache.stats();
    expect(stats).toEqual({
      name,
      hits: { near: expect.any(Number), redis: expect.any(Number), negative: 1 },
      stale: 1,
      misses: 4,
      factories: { kept: 2, unkept: 1, failed: 1, timedOut: 0, background: 0 },
    });
    expect(stats.hits.near + stats.hits.redis).toBe(1);
  });
}

function quotas({ orgcache }) {
  const limited = (quota) => orgcache().createCache({ name: unique('quota'), quota });
  const keysOf = async (cache) => {
    const keys = [];
    for await (const key of cache.keys()) keys.push(key);
    return keys.sort();
  };

  test('of an organization drops its entries that end next, and no others', async () => {
    const cache = limited({ maxEntries: 2 });
    const [one, other] = ['a', 'b'].map((id) => cache.org(id));
    await other.set('k', 1);
    await one.set('short', 1, { ttlSeconds: 10 });
    await one.set('long', 1, { ttlSeconds: 1000 });
    await one.set('new', 1);
    expect(await keysOf(one)).toEqual(['long', 'new']);
    expect(await one.set('long', 2)).toBe(true);
    expect(await keysOf(one)).toEqual(['long', 'new']);
    expect(await keysOf(other)).toEqual(['k']);
  });

  test('refuses a new entry with E_QUOTA, and not the value of a factory', async () => {
    const cache = limited({ maxEntries: 1, onFull: 'reject' }).org('a');
    await cache.set('k', 1);
    expect(await cache.set('k', 2)).toBe(true);
    const error = await rejection(cache.set('other', 1));
    expect(error).toMatchObject({ code: 'E_QUOTA' });
    expect(error.message).toMatch(/\b1\b/);
    expect(await cache.getOrSet('other', () => 'answered')).toBe('answered');
    expect(await keysOf(cache)).toEqual(['k']);
    await cache.delete('k');
    expect(await cache.set('other', 1)).toBe(true);
  });

  test('of 0 keeps nothing', async () => {
    const cache = limited({ maxEntries: 0, onFull: 'reject' }).org('a');
    expect(await rejection(cache.set('k', 1))).toMatchObject({ code: 'E_QUOTA' });
    expect(await cache.getOrSet('k', () => 1)).toBe(1);
    expect(await cache.has('k')).toBe(false);
  });
}

function tags({ orgcache, entriesOf }) {
  test('make their values absent when they are invalidated, in each cache of the organization', async () => {
    const [users, orders] = [0, 1].map(() =>
      orgcache().createCache({ name: unique('cache'), graceSeconds: 60 }),
    );
    const tag = unique('tag');
    await users.org('a').set('k', 1, { tags: [tag, 'other'] });
    await orders.org('a').getOrSet('k', () => 2, { tags: [tag] });
    await users.org('b').set('k', 3, { tags: [tag] });
    await users.org('a').set('free', 4);
    await users.org('a').invalidateTags([tag]);
    expect(await users.org('a').get('k')).toBeUndefined();
    expect(await rejection(users.org('a').getOrSet('k', failing))).toMatchObject({
      message: 'the database is away',
    });
    expect(await orders.org('a').get('k')).toBeUndefined();
    expect(await users.org('b').get('k')).toBe(3);
    expect(await users.org('a').get('free')).toBe(4);
    const found = [];
    for await (const key of users.org('a').keys()) found.push(key);
    expect(found).toEqual(['free']);
  });

  test('make their values stale when they expire', async () => {
    const cache = entriesOf({ graceSeconds: 60 });
    await cache.set('k', 1, { tags: ['t'] });
    await cache.expireTags(['t']);
    expect(await cache.get('k')).toBeUndefined();
    expect(await cache.getOrSet('k', failing, { retryAfterErrorSeconds: 0 })).toBe(1);
    await cache.invalidateTags(['t']);
    expect(await rejection(cache.getOrSet('k', failing))).toMatchObject({ message: 'the database is away' });
  });

  test('that a factory names count in addition to those of the call', async () => {
    const cache = entriesOf();
    const [own, call] = [unique('tag'), unique('tag')];
    await cache.invalidateTags([own]);
    for (const tag of [own, call]) {
      // A tag that only a factory names must be older than the factory.
      await delay(5);
      const factory = ({ setOptions }) => {
        setOptions({ tags: [own] });
        return 1;
      };
      await cache.getOrSet('k', factory, { tags: [call] });
      expect(await cache.get('k')).toBe(1);
      await cache.invalidateTags([tag]);
      expect(await cache.get('k')).toBeUndefined();
    }
  });

  test('that change while a factory runs make its value unkept', async () => {
    const cache = entriesOf();
    const tag = unique('tag');
    const slow = slowFactory();
    const call = cache.getOrSet('k', slow.factory);
    const { context, resolve } = await slow.call();
    await cache.invalidateTags([tag]);
    context.setOptions({ tags: [tag] });
    resolve('old');
    expect(await call).toBe('old');
    expect(await cache.get('k')).toBeUndefined();
  });

  test('are limited in number and length', async () => {
    const cache = entriesOf();
    const list = (length) => Array.from({ length }, (_, index) => `t${index}`);
    expect(await cache.set('k', 1, { tags: list(64) })).toBe(true);
    for (const given of [list(65), ['t'.repeat(129)], [''], [5]]) {
      expect(await rejection(cache.set('k', 2, { tags: given }))).toMatchObject({ code: 'E_TAG' });
      expect(await rejection(cache.getOrSet('x', never, { tags: given }))).toMatchObject({ code: 'E_TAG' });
    }
    expect(await rejection(cache.invalidateTags(['t'.repeat(129)]))).toMatchObject({ code: 'E_TAG' });
    expect(await cache.invalidateTags([])).toBeUndefined();
    expect(await cache.get('k')).toBe(1);
  });
}

function mutations({ entriesOf }) {
  test('answers what the change answers, and forgets keys and tags', async () => {
    const cache = entriesOf();
    await cache.setMany([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    const tag = unique('tag');
    await cache.set('tagged', 4, { tags: [tag] });
    const change = async () => {
      expect(await cache.getMany(['a', 'b', 'c'])).toEqual([undefined, undefined, 3]);
      return 'done';
    };
    expect(await cache.mutate({ keys: ['a', 'b'], tags: [tag] }, change)).toBe('done');
    expect(await cache.getMany(['a', 'b', 'c', 'tagged'])).toEqual([undefined, undefined, 3, undefined]);
  });

  test('forgets them also if the change throws', async () => {
    const cache = entriesOf();
    const cause = new Error('rolled back');
    const change = async () => {
      await cache.set('k', 'during');
      throw cause;
    };
    expect(await rejection(cache.mutate({ keys: ['k'] }, change))).toBe(cause);
    expect(await cache.get('k')).toBeUndefined();
  });

  test('lets nothing be kept meanwhile', async () => {
    const cache = entriesOf({ tags: ['t'] });
    const under = deferred();
    const changing = cache.mutate({ keys: ['k'], tags: ['t'] }, () => under.promise);
    await delay(20);
    const { value } = await within(
      2000,
      cache.getOrSet('k', () => 'old'),
    );
    expect(value).toBe('old');
    expect(await cache.getOrSet('tagged', () => 'old')).toBe('old');
    under.resolve();
    await changing;
    expect(await cache.get('k')).toBeUndefined();
    expect(await cache.get('tagged')).toBeUndefined();
    expect(await cache.getOrSet('k', () => 'new')).toBe('new');
    expect(await cache.getOrSet('k', never)).toBe('new');
  });

  test('needs a target and a function', async () => {
    const cache = entriesOf();
    for (const what of [undefined, null, {}, { keys: [] }, { keys: 'k' }, { key: ['k'] }, []]) {
      expect(await rejection(cache.mutate(what, never))).toMatchObject({ code: 'E_ARGUMENT' });
    }
    expect(await rejection(cache.mutate({ keys: ['k'] }))).toMatchObject({ code: 'E_ARGUMENT' });
  });
}

function many({ entriesOf, staleEntries }) {
  test('calls the factory once with the keys that are missing', async () => {
    const cache = entriesOf();
    await cache.set('b', 2);
    const asked = [];
    const factory = (missing) => {
      asked.push(missing);
      return new Map(missing.map((key) => [key, key.toUpperCase()]));
    };
    const values = await cache.getOrSetMany(['a', 'b', 'c', 'a'], factory);
    expect([...values]).toEqual([
      ['a', 'A'],
      ['b', 2],
      ['c', 'C'],
    ]);
    expect(asked).toEqual([['a', 'c']]);
    expect([...(await cache.getOrSetMany(['a', 'b', 'c'], never)).values()]).toEqual(['A', 2, 'C']);
    expect([...(await cache.getOrSetMany([], never))]).toEqual([]);
  });

  test('leaves out what the factory does not answer', async () => {
    const cache = entriesOf({ negativeSeconds: 60 });
    const values = await cache.getOrSetMany(
      ['a', 'b'],
      () =>
        new Map([
          ['a', 1],
          ['x', 9],
        ]),
    );
    expect([...values]).toEqual([['a', 1]]);
    expect([...(await cache.getOrSetMany(['a', 'b'], never))]).toEqual([['a', 1]]);
    expect(await cache.get('x')).toBeUndefined();
  });

  test('waits for what others compute', async () => {
    const cache = entriesOf();
    const slow = slowFactory();
    const other = cache.getOrSet('a', slow.factory);
    const { resolve } = await slow.call();
    const asked = [];
    const both = cache.getOrSetMany(['a', 'b'], (missing) => {
      asked.push(missing);
      return new Map(missing.map((key) => [key, 'many']));
    });
    await until(() => asked.length === 1);
    resolve('single');
    expect([...(await both)]).toEqual([
      ['a', 'single'],
      ['b', 'many'],
    ]);
    expect(await other).toBe('single');
    expect(asked).toEqual([['b']]);
  });

  test("rejects with the factory's error, unless stale values answer", async () => {
    const cache = await staleEntries();
    const cause = new Error('broken');
    const broken = () => Promise.reject(cause);
    expect([...(await cache.getOrSetMany(['k'], broken))]).toEqual([['k', { version: 1 }]]);
    expect(await rejection(cache.getOrSetMany(['k', 'a'], broken))).toBe(cause);
    expect(await rejection(cache.getOrSetMany(['a'], () => [['a', 1]]))).toMatchObject({
      code: 'E_ARGUMENT',
    });
    expect([...(await cache.getOrSetMany(['a'], () => new Map([['a', 1]])))]).toEqual([['a', 1]]);
  });

  test('obeys the options that the factory sets, and its signal', async () => {
    const cache = entriesOf();
    const tag = unique('tag');
    await cache.getOrSetMany(['a', 'b'], (missing, { setOptions }) => {
      setOptions({ tags: [tag] });
      return new Map(missing.map((key) => [key, 1]));
    });
    await cache.invalidateTags([tag]);
    expect(await cache.getMany(['a', 'b'])).toEqual([undefined, undefined]);
    const controller = new AbortController();
    let signal;
    const asked = deferred();
    const call = rejection(
      cache.getOrSetMany(
        ['a', 'b'],
        (_missing, context) => {
          signal = context.signal;
          asked.resolve();
          return new Promise(() => {});
        },
        { signal: controller.signal },
      ),
    );
    await asked.promise;
    const reason = new Error('gone');
    controller.abort(reason);
    expect(await call).toBe(reason);
    expect(signal.aborted).toBe(true);
    expect(await cache.getOrSet('a', () => 'another')).toBe('another');
  });
}

module.exports = { deferred, entriesContract, failing, never, slowFactory, unique };
