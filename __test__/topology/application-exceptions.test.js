'use strict';

const { startCluster } = require('../support/cluster');
const { runProgram } = require('../support/process');

const THROWN = 'thrown by the application';

/** Where the application throws with a client of a cluster, and what is heard beside it. */
const SCENARIOS = [
  ['callback', ['next callback', 'promise']],
  ['pipeline callback', ['next callback', 'promise']],
  ['exec callback', []],
  ['multi callback', ['next callback', 'promise']],
  ['script callback', []],
  ['nextTick', ['next tick', 'promise']],
  ['microtask', []],
  ['rejection', []],
  ['message', ['iterator', 'iterator', 'messageBuffer', 'messageBuffer', 'next message']],
  ['event of a client', ['ready']],
  ['event of the cache', ['ready of the client']],
];

let cluster;

beforeAll(async () => {
  cluster = await startCluster({ primaries: 3, replicas: 0 });
}, 60_000);

describe.each(['loop', 'thread'])('what an application with a cluster throws (%s driver)', (driver) => {
  const run = (scenario, mode, options) =>
    runProgram('application.cjs', {
      args: { scenario, mode, driver, hosts: cluster.hosts },
      env: { CACHE_LOG: 'off' },
      timeoutMs: 25_000,
      ...options,
    });

  test.each(SCENARIOS)(
    'reaches uncaughtException once and costs nobody else anything: %s',
    async (scenario, heard) => {
      const { report } = await run(scenario, 'goesOn');
      const origin = scenario === 'rejection' ? 'unhandledRejection' : 'uncaughtException';
      expect(report).toEqual({ uncaught: 1, first: [THROWN, origin], heard, still: true });
    },
  );

  test('reaches it each time where thousands of calls settle at once, and every call settles', async () => {
    const { report } = await run('many callbacks', 'goesOn');
    const first = [THROWN, 'uncaughtException'];
    expect(report).toEqual({ uncaught: 3000, first, heard: ['3000 promises'], still: true });
  });

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
