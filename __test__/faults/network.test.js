'use strict';

const { DRIVERS, sized, underFault } = require('./support/fault-test');

/** From the issue: a connection that nobody serves is found within this time, idle and busy. */
const FOUND_WITHIN_MS = 2000;
/** The default, so that the watchdog is what finds out and not a short deadline. */
const COMMAND_TIMEOUT_MS = 5000;

describe.each(DRIVERS)('with the %s driver', (driver) => {
  test('a black hole under load is found within 2 s, and what was stuck in it changes nothing later', async () => {
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

  test('replies in chunks of one byte and 200 ms late slow calls down, and no call is answered wrongly', async () => {
    const { problems } = await underFault({
      name: 'one byte at a time, 200 ms late',
      isProxied: true,
      options: { driver },
      faultMs: sized({ short: 3000, full: 10_000 }),
      recoveryMs: 10_000,
      fault: ({ proxy }) => proxy.delay({ requestDelayMs: 100, replyDelayMs: 100, trickleMs: 0 }),
      heal: ({ proxy }) => proxy.heal(),
    });
    expect(problems).toEqual([]);
  }, 60_000);
});
