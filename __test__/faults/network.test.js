'use strict';

const { until, within } = require('../support/wait');
const { DRIVERS, sized, underFault } = require('./support/fault-test');

/** A connection without a server behind it is found within this time, idle and busy. */
const FOUND_WITHIN_MS = 2000;
/** The default, so that the watchdog finds it and not a short deadline. */
const COMMAND_TIMEOUT_MS = 5000;
/** At a byte a millisecond far beyond the call's timeout. */
const LONG_REPLY_BYTES = 20_000;

describe.each(DRIVERS)('with the %s driver', (driver) => {
  test('a black hole under load is found within 2 s, and requests that were stuck in it change nothing later', async () => {
    const { figures, problems } = await underFault({
      name: 'black hole, busy',
      isProxied: true,
      options: { driver, commandTimeout: COMMAND_TIMEOUT_MS },
      faultMs: sized({ short: 3000, full: 10_000 }),
      fault: ({ proxy }) => proxy.blackHole(),
      heal: ({ proxy }) => proxy.heal(),
    });
    expect(problems).toEqual([]);
    expect(figures.detectedMs).toBeLessThan(FOUND_WITHIN_MS);
    expect(figures.proxy.busiestSecond).toBeLessThanOrEqual(5);
  }, 60_000);

  test('a black hole is found within 2 s by a connection that is idle', async () => {
    const { figures, problems } = await underFault({
      name: 'black hole, idle',
      isProxied: true,
      isIdle: true,
      options: { driver, commandTimeout: COMMAND_TIMEOUT_MS },
      faultMs: sized({ short: 2500, full: 6000 }),
      fault: ({ proxy }) => proxy.blackHole(),
      heal: ({ proxy }) => proxy.heal(),
    });
    expect(problems).toEqual([]);
    expect(figures.detectedMs).toBeLessThan(FOUND_WITHIN_MS);
  }, 60_000);

  test('replies in single bytes and 200 ms late are put together again, and no answer is wrong', async () => {
    const { figures, problems } = await underFault({
      name: 'one byte at a time, 200 ms late',
      isProxied: true,
      options: { driver },
      faultMs: sized({ short: 2000, full: 10_000 }),
      fault: ({ proxy }) => proxy.delay({ requestDelayMs: 100, replyDelayMs: 100, trickleMs: 0 }),
      heal: ({ proxy }) => proxy.heal(),
    });
    expect(problems).toEqual([]);
    expect(figures.detectedMs).toBeUndefined();
    // Timers may ring a fraction early.
    expect(figures.longestMs).toBeGreaterThanOrEqual(195);
  }, 60_000);

  test('a call whose reply is late times out, and the others go on', async () => {
    let settled;
    const { figures, problems } = await underFault({
      name: 'a long reply at a byte a millisecond',
      isProxied: true,
      options: { driver, commandTimeout: 1000 },
      load: { workers: 2 },
      faultMs: sized({ short: 3000, full: 10_000 }),
      fault: async ({ redis, proxy }) => {
        await redis.command('SET', 'jack:dev:kv:long', JSON.stringify('x'.repeat(LONG_REPLY_BYTES)));
        await proxy.trickle(1);
      },
      during: async ({ orgcache: { cacheAdapter }, load }) => {
        settled = await within(1000 + 250, cacheAdapter.get('long'), 'the long get');
        const { settled: before } = load.figures;
        await until(() => load.figures.settled > before + 10, { what: 'other calls' });
      },
      heal: ({ proxy }) => proxy.heal(),
    });
    expect(settled.value).toBeNull();
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
  }, 60_000);
});
