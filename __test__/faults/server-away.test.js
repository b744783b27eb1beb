'use strict';

const { DRIVERS, sized, underFault } = require('./support/fault-test');
const { until } = require('../support/wait');

const KILLS = sized({ short: 3, full: 20 });

describe.each(DRIVERS)('with the %s driver', (driver) => {
  test('a server that is killed and comes back, again and again, costs no acknowledged write', async () => {
    const { figures, problems } = await underFault({
      name: `kill -9, ${KILLS} times`,
      options: { driver },
      faultMs: 0,
      recoveryMs: 10_000,
      fault: async (bench) => {
        for (let count = 1; count <= KILLS; count += 1) {
          await bench.redis.kill();
          await until(() => bench.state().state === 'degraded', { what: 'the loss to be noticed' });
          await bench.redis.launch();
          await until(() => bench.state().state !== 'degraded', { timeoutMs: 10_000, what: 'the return' });
        }
      },
      heal: async () => {},
    });
    expect(problems).toEqual([]);
    expect(figures.state.journaled).toBeGreaterThan(0);
    expect(figures.reconnects).toBeGreaterThanOrEqual(KILLS);
  }, 120_000);
});
