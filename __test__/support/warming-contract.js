'use strict';

const { setTimeout: delay } = require('node:timers/promises');
const { never, unique } = require('./entries-contract');
const { rejection } = require('./wait');

/** The promises of `warm`. `open()` answers an instance of the package. */
function warmingContract(open) {
  let orgcache;

  beforeAll(async () => {
    orgcache = await open();
  });

  const entriesOf = (options = {}) => orgcache.createCache({ name: unique('warm'), ...options }).org('org-1');
  const keys = (count) => Array.from({ length: count }, (_, index) => `k${index}`);
  const upper = (key) => key.toUpperCase();

  test('loads the keys of a list and of an async iterator, and says how far it is', async () => {
    const cache = entriesOf();
    const progress = [];
    const report = await cache.warm(keys(20), { factory: upper, onProgress: (one) => progress.push(one) });
    expect(report).toEqual({ loaded: 20, skipped: 0, failed: 0, aborted: false });
    expect(progress).toHaveLength(20);
    expect(progress.at(-1)).toEqual(report);
    expect(await cache.getMany(keys(20))).toEqual(keys(20).map(upper));
    async function* source() {
      yield* ['a', 'b'];
    }
    expect(await cache.warm(source(), { factory: upper })).toMatchObject({ loaded: 2 });
    expect(await cache.warm([])).toEqual({ loaded: 0, skipped: 0, failed: 0, aborted: false });
  });

  test('loads values without a factory', async () => {
    const cache = entriesOf();
    const report = await cache.warm(
      new Map([
        ['a', 1],
        ['b', { n: 2 }],
      ]),
    );
    expect(report).toMatchObject({ loaded: 2, failed: 0 });
    expect(await cache.getMany(['a', 'b'])).toEqual([1, { n: 2 }]);
  });

  test('leaves fresh values alone, unless it is told to refresh them', async () => {
    const cache = entriesOf();
    await cache.set('k0', 'old');
    expect(await cache.warm(keys(2), { factory: upper })).toMatchObject({ loaded: 1, skipped: 1 });
    expect(await cache.get('k0')).toBe('old');
    expect(await cache.warm([['k0', 'other']])).toMatchObject({ loaded: 0, skipped: 1 });
    const forced = { skipFresh: false };
    expect(await cache.warm(keys(2), { factory: upper, ...forced })).toMatchObject({ loaded: 2 });
    expect(await cache.get('k0')).toBe('K0');
    expect(await cache.warm([['k0', 'other']], forced)).toMatchObject({ loaded: 1 });
    expect(await cache.get('k0')).toBe('other');
  });

  test('goes on after failures, and counts what is not to be kept', async () => {
    const cache = entriesOf();
    const factory = (key, { skip }) => {
      if (key === 'k1') throw new Error('broken');
      if (key === 'k2') return undefined;
      return key === 'k3' ? skip('guest') : key;
    };
    const report = await cache.warm(keys(5), { factory });
    expect(report).toEqual({ loaded: 2, skipped: 2, failed: 1, aborted: false });
    expect(await cache.warm(['k1'])).toMatchObject({ failed: 1 });
    expect(await cache.warm([['f', () => {}]])).toMatchObject({ failed: 1 });
  });

  test('loads no more at once than it is told', async () => {
    const cache = entriesOf();
    let [now, most] = [0, 0];
    const factory = async (key) => {
      now += 1;
      most = Math.max(most, now);
      await delay(2);
      now -= 1;
      return key;
    };
    await cache.warm(keys(30), { factory, concurrency: 3 });
    expect(most).toBe(3);
    await cache.warm(keys(30), { factory, skipFresh: false });
    expect(most).toBe(8);
  });

  test('begins no more in a second than it is told', async () => {
    const cache = entriesOf();
    const started = performance.now();
    await cache.warm(keys(11), { factory: upper, ratePerSecond: 100 });
    expect(performance.now() - started).toBeGreaterThan(90);
  });

  test('ends when its signal aborts, and ends its source', async () => {
    const cache = entriesOf();
    const controller = new AbortController();
    let isClosed = false;
    function* source() {
      try {
        for (let i = 0; ; i++) yield `k${i}`;
      } finally {
        isClosed = true;
      }
    }
    const factory = (key) => {
      if (key === 'k5') controller.abort();
      return key;
    };
    const report = await cache.warm(source(), { factory, signal: controller.signal, concurrency: 1 });
    expect(report.aborted).toBe(true);
    expect(report.loaded).toBeGreaterThanOrEqual(5);
    expect(report.failed).toBe(0);
    expect(isClosed).toBe(true);
  });

  test('rejects for options that are not allowed, and for a source that fails', async () => {
    const cache = entriesOf();
    for (const options of [
      { concurrency: 0 },
      { concurrency: 1.5 },
      { concurrency: 1001 },
      { ratePerSecond: 0 },
      { ratePerSecond: '5' },
      { factory: 'k' },
      { onProgress: 5 },
      { skipFresh: 1 },
      { ttlSeconds: -1 },
    ]) {
      const error = await rejection(cache.warm(['k'], options));
      expect([options, error.code]).toEqual([options, 'E_CONFIG']);
    }
    for (const source of [undefined, 5, 'keys', {}]) {
      expect(await rejection(cache.warm(source, { factory: never }))).toMatchObject({ code: 'E_ARGUMENT' });
    }
    const cause = new Error('the file ends early');
    async function* broken() {
      yield 'a';
      throw cause;
    }
    expect(await rejection(cache.warm(broken(), { factory: upper }))).toBe(cause);
  });
}

module.exports = { warmingContract };
