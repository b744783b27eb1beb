'use strict';

const { startCluster } = require('../support/cluster');
const { THROWN, testExceptions } = require('../support/application-exceptions');

const SCENARIOS = [
  'callback',
  'pipeline callback',
  'exec callback',
  'multi callback',
  'script callback',
  'nextTick',
  'microtask',
  'rejection',
  'message',
  'event of a client',
  'event of the cache',
];

let cluster;

beforeAll(async () => {
  cluster = await startCluster({ primaries: 3, replicas: 0 });
}, 60_000);

describe.each(['loop', 'thread'])('exceptions of an application with a cluster (%s driver)', (driver) => {
  const run = testExceptions(driver, () => ({ hosts: cluster.hosts }), SCENARIOS);

  test('ends a process without a handler', async () => {
    const { code, stderr, reports } = await run('callback', 'dies', { mayFail: true });
    expect({ code, reports }).toEqual({ code: 1, reports: [] });
    expect(stderr).toContain(THROWN);
  });

  test('is the `error` of a worker', async () => {
    const { report } = await run('callback', 'worker');
    expect(report).toEqual({ error: THROWN, code: 1 });
  });
});
