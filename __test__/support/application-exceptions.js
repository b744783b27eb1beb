'use strict';

const { runProgram } = require('./process');

const THROWN = 'thrown by the application';

/** Where the application throws, and the events around it. */
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

/**
 * Tests exceptions of an application. `server()` names its server or cluster, and `names` chooses among the
 * scenarios. Answers a function that runs one scenario.
 */
function testExceptions(driver, server, names = SCENARIOS.map(([name]) => name)) {
  const run = (scenario, mode, options) =>
    runProgram('application.cjs', {
      args: { scenario, mode, driver, ...server() },
      env: { CACHE_LOG: 'off' },
      timeoutMs: 25_000,
      ...options,
    });

  test.each(SCENARIOS.filter(([name]) => names.includes(name)))(
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
  return run;
}

module.exports = { THROWN, testExceptions };
