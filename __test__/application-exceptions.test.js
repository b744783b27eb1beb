'use strict';

const { runProgram } = require('./support/process');
const { startRedis } = require('./support/redis');

let redis;

beforeAll(async () => {
  redis = await startRedis();
});

const THROWN = 'thrown by the application';

/** Where the application throws, and what is heard beside it. */
const SCENARIOS = [
  ['callback', ['next callback', 'promise']],
  ['pipeline callback', ['next callback', 'promise']],
  ['exec callback', []],
  ['multi callback', ['next callback', 'promise']],
  ['script callback', []],
  ['nextTick', ['next tick', 'promise']],
  ['nextTick after a cached value', []],
  ['microtask', []],
  ['text', []],
  ['rejection', []],
  ['busy port', []],
  ['stream', []],
  ['message', ['iterator', 'iterator', 'messageBuffer', 'messageBuffer', 'next message']],
  ['messageBuffer', []],
  ['tick of a message', ['next listener']],
  ['slow', ['iterator', 'message']],
  ['gap', ['gap', 'gap']],
  ['event of a client', ['ready']],
  ['event of the cache', ['ready of the client']],
];

describe.each(['loop', 'thread'])('what an application throws (%s driver)', (driver) => {
  const run = (scenario, mode, options) =>
    runProgram('application.cjs', {
      args: { scenario, mode, driver, url: redis.url },
      env: { CACHE_LOG: 'off' },
      timeoutMs: 25_000,
      ...options,
    });

  test.each(SCENARIOS)(
    'reaches uncaughtException once and costs nobody else anything: %s',
    async (scenario, heard) => {
      const { report } = await run(scenario, 'goesOn');
      const message = scenario === 'busy port' ? expect.stringContaining('EADDRINUSE') : THROWN;
      const origin = scenario === 'rejection' ? 'unhandledRejection' : 'uncaughtException';
      expect(report).toEqual({ uncaught: 1, first: [message, origin], heard, still: true });
    },
  );

  test('reaches it each time where thousands of calls settle at once, and every call settles', async () => {
    const { report } = await run('many callbacks', 'goesOn');
    const first = [THROWN, 'uncaughtException'];
    expect(report).toEqual({ uncaught: 3000, first, heard: ['3000 promises'], still: true });
  });

  test.each([
    ['callback', 'throw new Error(MESSAGE);'],
    ['nextTick', 'throw new Error(MESSAGE);'],
    ['text', 'throw MESSAGE;'],
    ['message', 'throw new Error(MESSAGE);'],
    ['event of the cache', 'throw new Error(MESSAGE);'],
  ])('ends a process without a handler, which prints where it was thrown: %s', async (scenario, line) => {
    const { code, signal, stderr, reports } = await run(scenario, 'dies', { mayFail: true });
    expect({ code, signal, reports }).toEqual({ code: 1, signal: null, reports: [] });
    expect(stderr).toContain(THROWN);
    expect(stderr).toContain(line);
  });

  test.each(['callback', 'nextTick', 'text', 'message'])(
    'is the `error` of a worker: %s',
    async (scenario) => {
      const { report } = await run(scenario, 'worker');
      expect(report).toEqual({ error: THROWN, code: 1 });
    },
  );
});
