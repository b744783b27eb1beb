'use strict';

const { IS_FULL, TIMEOUT_MS, closeOften, expectNothingLeft } = require('../support/closed-clients');
const { startRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');

const CYCLES = IS_FULL ? 10_000 : 1000;

test.each(['loop', 'thread'])(
  'a client leaves nothing behind when it is closed, whichever way, with the %s driver',
  async (driver) => {
    const redis = await startRedis();
    const unreachable = `redis://127.0.0.1:${await closedPort()}`;
    const options = { url: redis.url, driver, logLevel: 'off' };
    const reports = await closeOften('closing.cjs', { cycles: CYCLES, options, unreachable });
    expect(reports.length).toBeGreaterThanOrEqual(16);
    expectNothingLeft(reports);
  },
  TIMEOUT_MS,
);
