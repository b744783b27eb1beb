'use strict';

const { startRedis } = require('../support/redis');
const { PACKAGE_ROOT } = require('../support/package');
const { onEnd } = require('../support/cleanup');
const { rejection, within } = require('../support/wait');

const NATIVE = `${PACKAGE_ROOT}/js/native.js`;

/** The package over an addon whose `submit` is in the hands of `submit(original, ...crossing)`. */
function openWith(submit, options) {
  let orgcache;
  jest.isolateModules(() => {
    jest.doMock(NATIVE, () => {
      const native = jest.requireActual(NATIVE);
      const addon = native.loadNative();
      const client = {
        ...addon.client,
        submit: (...crossing) => submit(addon.client.submit, ...crossing),
      };
      return { ...native, loadNative: () => ({ ...addon, client }) };
    });
    orgcache = require(PACKAGE_ROOT);
    jest.dontMock(NATIVE);
  });
  orgcache.configure(options);
  onEnd(() => orgcache.shutdown({ timeoutMs: 2000 }));
  return orgcache;
}

describe('calls that cannot cross into native code', () => {
  test('reject with the exception, and those of other batches are answered', async () => {
    const redis = await startRedis();
    let failures = 0;
    const { cacheAdapter } = openWith(
      (submit, ...crossing) => {
        if (failures-- > 0) throw new Error('a defect');
        return submit(...crossing);
      },
      { url: redis.url },
    );
    await cacheAdapter.set('k', 'v');
    failures = 1;
    const calls = Array.from({ length: 100 }, (_, index) => cacheAdapter.get(index % 2 ? 'k' : 'none'));
    const { value: outcomes } = await within(5000, Promise.allSettled(calls), 'the calls');
    const failed = outcomes.filter(({ status }) => status === 'rejected');
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThan(100);
    for (const { reason } of failed) expect(reason.message).toBe('a defect');
    outcomes.forEach(({ status, value }, index) => {
      if (status === 'fulfilled') expect(value).toBe(index % 2 ? 'v' : null);
    });
    expect(await cacheAdapter.get('k')).toBe('v');
  });

  test('never take the outcome of another call, where native code settles them all the same', async () => {
    const redis = await startRedis();
    let isFaulty = false;
    const { cacheAdapter, shutdown } = openWith(
      (submit, ...crossing) => {
        submit(...crossing);
        if (isFaulty) throw new Error('a defect at the end');
      },
      { url: redis.url },
    );
    await Promise.all(Array.from({ length: 50 }, (_, index) => cacheAdapter.set(`k${index}`, index)));
    isFaulty = true;
    const lost = rejection(cacheAdapter.get('k7'));
    expect((await lost).message).toBe('a defect at the end');
    isFaulty = false;
    const values = await Promise.all(Array.from({ length: 50 }, (_, index) => cacheAdapter.get(`k${index}`)));
    expect(values).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect((await within(2000, shutdown({ timeoutMs: 10_000 }), 'the shutdown')).value.flushed).toBe(true);
  });
});

describe('the number of a native client', () => {
  const { client: native } = require(NATIVE).loadNative();
  const { Bridge } = require(`${PACKAGE_ROOT}/js/bridge.js`);
  const open = () => {
    const bridge = new Bridge({ useRedis: false }, () => {});
    onEnd(() => bridge.close(0));
    return { bridge, number: bridge.open() };
  };
  const closed = expect.objectContaining({ code: 'E_CLOSED' });

  test('reaches no caller once it was closed, even if another has opened', async () => {
    const first = open();
    expect(JSON.parse(native.report(first.number)).driver).toBe('embedded');
    await first.bridge.close(0);
    const second = open();
    expect(second.number).not.toBe(first.number);
    expect(() => native.report(first.number)).toThrow(closed);
    expect(() => native.submit(first.number, 0, undefined)).toThrow(closed);
    expect(native.close(first.number)).toBeUndefined();
    expect(JSON.parse(native.report(second.number)).driver).toBe('embedded');
    expect(first.bridge.report().driver).toBe('closed');
  });

  test.each([undefined, 'text', {}, -1, 0, 0.5, Number.NaN, 2 ** 60])(
    'is nobody where it is %p',
    (number) => {
      open();
      expect(() => native.report(number)).toThrow(closed);
    },
  );
});

describe('calls that cross together', () => {
  test.each(['loop', 'thread'])(
    'have their own outcomes, however many come back at once (%s)',
    async (driver) => {
      const redis = await startRedis();
      const client = openWith((submit, ...crossing) => submit(...crossing), { url: redis.url, driver });
      const { cacheAdapter: adapter, redisManager } = client;
      const raw = redisManager.getClient();
      const commands = [
        (index) => raw.set(`k${index}`, `v${index}`),
        (index) => raw.get(`k${index - 1}`),
        (index) => raw.get(`none${index}`),
        (index) => raw.incrby(`n${index}`, index),
        (index) => raw.call('NO-SUCH', index).catch((error) => error.redisCode),
        (index) => adapter.set(`a${index}`, { index }),
        (index) => adapter.get(`a${index - 1}`),
        (index) => adapter.get(`none${index}`),
      ];
      const expected = [
        () => 'OK',
        (index) => `v${index - 1}`,
        () => null,
        (index) => index,
        () => 'ERR',
        () => true,
        (index) => ({ index: index - 1 }),
        () => null,
      ];
      const every = Array.from({ length: 20_000 }, (_, index) => index);
      const outcomes = await Promise.all(every.map((index) => commands[index % commands.length](index)));
      expect(outcomes).toEqual(every.map((index) => expected[index % expected.length](index)));
    },
  );

  test('have their own words, however many one of them has', async () => {
    const redis = await startRedis();
    const raw = openWith((submit, ...crossing) => submit(...crossing), {
      url: redis.url,
    }).redisManager.getClient();
    const sizes = [1, 2, 7, 8, 9, 500, 2000, 2046, 2047, 2048, 2049, 10_000];
    const items = (size) => Array.from({ length: size }, (_, index) => `${size}:${index}`);
    const pushes = sizes.flatMap((size) => [
      raw.rpush(`l${size}`, ...items(size)),
      raw.set(`s${size}`, size),
    ]);
    expect(await Promise.all(pushes)).toEqual(sizes.flatMap((size) => [size, 'OK']));
    for (const size of sizes) expect(await raw.lrange(`l${size}`, 0, -1)).toEqual(items(size));
  });
});
