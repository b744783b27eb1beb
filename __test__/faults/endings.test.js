'use strict';

const { closedPort, startSilentServer } = require('../support/silent-server');
const { runProgram } = require('../support/process');
const { startRedis, withRedis } = require('../support/redis');

// A call may take its timeout of 500 ms; the rest is node's own end on a busy machine.
const EXIT_DELAY_MS = 2500;

/** The ends of a process, seen from outside. */
const ENDINGS = [
  ['has nothing left to do', 'return', { code: 0, signal: null }],
  ['calls process.exit', 'exit', { code: 7, signal: null }],
  ['dies of an error', 'throw', { code: 1, signal: null }],
  ['is shut down', 'shutdown', { code: 0, signal: null }],
];

/** The ends of a worker thread, seen from the main thread. */
const WORKER_ENDINGS = [
  ['is terminated', 'terminate', 1],
  ['calls process.exit', 'workerExit', 7],
  ['has nothing left to do', 'workerReturn', 0],
];

const redis = withRedis();
let silent;

beforeAll(async () => {
  silent = await startSilentServer();
});

/** A Redis that refuses writes: the journal cannot be replayed, so the cache stays in `recovering`. */
function startFullRedis(port) {
  return startRedis({ port, args: ['--maxmemory', '1', '--maxmemory-policy', 'noeviction'] });
}

async function endIn(state, ending, driver) {
  const ports = { connecting: silent.port, ready: redis.port, closed: redis.port };
  const port = ports[state] ?? (await closedPort());
  let server;
  const ended = await runProgram('ending.cjs', {
    args: { state, ending, driver, port },
    mayFail: true,
    onReport: (told) => {
      if (told === 'journalled') server = startFullRedis(port);
    },
  });
  await (await server)?.stop();
  return ended;
}

describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
  describe.each(['connecting', 'ready', 'degraded', 'recovering', 'closed'])('while it is %s', (state) => {
    test.each(ENDINGS)(
      'a process that %s ends at once and as it meant to',
      async (_name, ending, expected) => {
        const ended = await endIn(state, ending, driver);
        const { code, signal, stderr, report, exitDelayMs } = ended;
        expect({ code, signal, report }).toEqual({ ...expected, report: state });
        if (ending === 'throw') expect(stderr).toContain('thrown on purpose');
        else expect(stderr).toBe('');
        expect(exitDelayMs).toBeLessThan(EXIT_DELAY_MS);
      },
    );

    test.each(WORKER_ENDINGS)('a worker that %s leaves the process well', async (_name, ending, code) => {
      const ended = await endIn(state, ending, driver);
      expect(ended.reports).toContain(state);
      expect(ended.report).toEqual({ code, main: 'main' });
      expect({ code: ended.code, signal: ended.signal, stderr: ended.stderr }).toEqual({
        code: 0,
        signal: null,
        stderr: '',
      });
      expect(ended.exitDelayMs).toBeLessThan(EXIT_DELAY_MS);
    });
  });
});
