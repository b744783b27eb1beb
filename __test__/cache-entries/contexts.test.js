'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');
const { slowFactory, unique } = require('../support/entries-contract');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { until } = require('../support/wait');

const redis = withRedis();

describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
  const requests = new AsyncLocalStorage();
  const entriesOf = (options = {}) =>
    openPackage({ url: redis.url, driver, logLevel: 'off' })
      .createCache({ name: unique('context'), jitter: 0, ...options })
      .org('org-1');

  test('a factory runs in the context of its caller, and each caller goes on in its own', async () => {
    const cache = entriesOf();
    const seen = {};
    const slow = slowFactory();
    const factory = (context) => {
      seen.factory = requests.getStore();
      return slow.factory(context);
    };
    const calls = ['first', 'second'].map((name) =>
      requests.run(name, () =>
        cache.getOrSet('k', factory).then(() => {
          seen[name] = requests.getStore();
        }),
      ),
    );
    (await slow.call()).resolve(1);
    await Promise.all(calls);
    expect(seen).toEqual({ factory: 'first', first: 'first', second: 'second' });
  });

  test('a factory in the background runs in the context of the caller that asked for it', async () => {
    const cache = entriesOf({ graceSeconds: 60, softTimeoutMs: 0 });
    await cache.set('k', 1);
    await cache.expire('k');
    let seen;
    const factory = () => {
      seen = requests.getStore();
      return 2;
    };
    expect(await requests.run('request', () => cache.getOrSet('k', factory))).toBe(1);
    await until(() => seen === 'request');
  });

  test('the factory of several keys runs in the context of its caller', async () => {
    const cache = entriesOf();
    let seen;
    await requests.run('request', () =>
      cache.getOrSetMany(['a', 'b'], (missing) => {
        seen = requests.getStore();
        return new Map(missing.map((key) => [key, 1]));
      }),
    );
    expect(seen).toBe('request');
  });
});

test('time passes though the timers of a test are fake', async () => {
  const cache = openPackage({ url: redis.url, logLevel: 'off' })
    .createCache({ name: unique('fake'), jitter: 0, graceSeconds: 60, leaseMs: 300 })
    .org('org-1');
  jest.useFakeTimers();
  try {
    await cache.set('k', 1, { ttlSeconds: 0.05 });
    const never = () => new Promise(() => {});
    const failure = await cache.getOrSet('absent', never, { hardTimeoutMs: 30 }).catch(({ code }) => code);
    expect(failure).toBe('E_FACTORY_TIMEOUT');
    await cache.expire('k');
    expect(await cache.getOrSet('k', never, { softTimeoutMs: 30 })).toBe(1);
  } finally {
    jest.useRealTimers();
  }
});
