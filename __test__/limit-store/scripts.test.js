'use strict';

const COUNT = require('../../js/limit-store/scripts/count-exceeding.lua.js');
const { withRedis } = require('../support/redis');

const redis = withRedis({ flushBeforeEach: true });

describe('the script count-exceeding.lua.js', () => {
  const count = (window, most, doubles) => redis.command('EVAL', COUNT, 1, 'a', window, most, doubles);
  const ttl = () => redis.command('PTTL', 'a');

  test('opens a window with the first call, and leaves it alone up to the limit', async () => {
    expect(await count(60_000, 2, 0)).toEqual([1, 60_000]);
    await redis.command('PEXPIRE', 'a', 30_000);
    const [calls, left] = await count(60_000, 2, 0);
    expect(calls).toBe(2);
    expect(left).toBeLessThanOrEqual(30_000);
    expect(await ttl()).toBeLessThanOrEqual(30_000);
  });

  test('begins the window anew with each call above the limit', async () => {
    for (let call = 1; call <= 3; call++) {
      expect((await count(60_000, 1, 0))[0]).toBe(call);
      await redis.command('PEXPIRE', 'a', 1000);
    }
    expect(await count(60_000, 1, 0)).toEqual([4, 60_000]);
    expect(await ttl()).toBeGreaterThan(50_000);
  });

  test('doubles the window with each call above the limit, up to what is a lifetime', async () => {
    const windows = [];
    for (let call = 1; call <= 5; call++) windows.push((await count(1000, 2, 1))[1]);
    expect(windows[0]).toBe(1000);
    expect(windows.slice(2)).toEqual([1000, 2000, 4000]);
    await redis.command('SET', 'a', '200', 'PX', 1000);
    expect(await count(1000, 2, 1)).toEqual([201, Number.MAX_SAFE_INTEGER]);
    expect(await ttl()).toBeGreaterThan(2 ** 49);
  });

  test('gives an end to a counter that has none', async () => {
    await redis.command('SET', 'a', '1');
    expect(await count(60_000, 5, 0)).toEqual([2, 60_000]);
    expect(await ttl()).toBeGreaterThan(50_000);
  });
});
