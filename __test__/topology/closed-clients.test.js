'use strict';

const { IS_FULL, TIMEOUT_MS, closeOften, expectNothingLeft } = require('../support/closed-clients');
const { startCluster } = require('../support/cluster');
const { startSentinels } = require('../support/sentinel');
const { closedPort } = require('../support/silent-server');

const CYCLES = IS_FULL ? 2000 : 10;
const START_TIMEOUT_MS = 60_000;
const START = {
  cluster: () => startCluster({ primaries: 3, replicas: 1 }),
  sentinel: () => startSentinels({ replicas: 1, sentinels: 3 }),
};

describe.each(Object.keys(START))('a client of a %s', (topology) => {
  let hosts;
  let closed;

  beforeAll(async () => {
    ({ hosts } = await START[topology]());
    closed = await closedPort();
  }, START_TIMEOUT_MS);

  test.each(['loop', 'thread'])(
    'leaves nothing behind when it is closed, whichever way, with the %s driver',
    async (driver) => {
      const given = { cycles: CYCLES, topology, hosts, driver, closed };
      const reports = await closeOften('closing-topologies.cjs', given);
      expect(reports.length).toBeGreaterThanOrEqual(21);
      expectNothingLeft(reports);
    },
    TIMEOUT_MS,
  );
});
