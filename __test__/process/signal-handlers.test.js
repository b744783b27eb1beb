'use strict';

const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { onEnd } = require('../support/cleanup');
const { openPackage, PACKAGE_ROOT } = require('../support/package');
const { startRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');
const { until, within } = require('../support/wait');

const END_MS = 10_000;

/** Runs `body` of a server in a process of its own; `says` waits for a line, `end` for the end. */
function startServer(body, env) {
  const source = `
    'use strict';
    const orgcache = require(${JSON.stringify(PACKAGE_ROOT)});
    const say = (line) => process.stdout.write(line + '\\n');
    const keepAlive = setInterval(() => {}, 1000);
    (${body.toString()})({ orgcache, say, keepAlive });
  `;
  const child = spawn(process.execPath, ['-e', source], {
    env: { PATH: process.env.PATH, CACHE_LOG: 'off', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    output += chunk;
  });
  const closed = once(child, 'close');
  onEnd(() => child.kill('SIGKILL'));
  return {
    kill: (signal) => child.kill(signal),
    says: (line) =>
      until(() => output.includes(`${line}\n`), { timeoutMs: END_MS, what: `the line ${line}` }),
    end: async () => {
      const { value, ms } = await within(END_MS, closed, 'the end of the server');
      return { code: value[0], signal: value[1], ms, lines: output.trim().split('\n') };
    },
  };
}

describe('signal handlers', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'])(
    '%s shuts down, and then ends the process as it would have without them',
    async (signal) => {
      const redis = await startRedis();
      const server = startServer(
        async ({ orgcache, say }) => {
          orgcache.cacheAdapter.on('closed', () => say('closed'));
          orgcache.installSignalHandlers({ signals: ['SIGTERM', 'SIGINT', 'SIGHUP'], timeoutMs: 5000 });
          await orgcache.cacheAdapter.set('k', 'v');
          say('up');
        },
        { REDIS_URL: redis.url },
      );
      await server.says('up');
      server.kill(signal);
      expect(await server.end()).toMatchObject({ code: null, signal, lines: ['up', 'closed'] });
    },
  );

  test.each(['SIGTERM', 'SIGINT'])('%s during the shutdown ends the process at once', async (second) => {
    const server = startServer(
      async ({ orgcache, say }) => {
        orgcache.installSignalHandlers({ timeoutMs: 60_000 });
        // The shutdown waits for a Redis that does not come.
        if (!(await orgcache.cacheAdapter.set('k', 'v'))) throw new Error('the journal took nothing');
        process.once('SIGTERM', () => say('seen'));
        say('up');
      },
      { REDIS_URL: `redis://127.0.0.1:${await closedPort()}` },
    );
    await server.says('up');
    server.kill('SIGTERM');
    await server.says('seen');
    server.kill(second);
    expect(await server.end()).toMatchObject({ signal: second });
  });

  test('are not there after importing, after uninstalling, and after their own signal aborted', async () => {
    const server = startServer(
      async ({ orgcache, say, keepAlive }) => {
        const count = () => process.listenerCount('SIGTERM') + process.listenerCount('SIGINT');
        const counts = [count()];
        const uninstall = orgcache.installSignalHandlers();
        counts.push(count());
        uninstall();
        counts.push(count());
        const controller = new AbortController();
        orgcache.installSignalHandlers({ signal: controller.signal });
        counts.push(count());
        controller.abort();
        counts.push(count());
        orgcache.installSignalHandlers({ signal: AbortSignal.abort() });
        counts.push(count());
        orgcache.installSignalHandlers();
        clearInterval(keepAlive);
        say(counts.join(' '));
      },
      { USE_REDIS: 'false' },
    );
    // Handlers keep no process alive: this one ends by itself.
    expect(await server.end()).toMatchObject({ code: 0, lines: ['0 2 0 2 0 0'] });
  });

  test.each([
    [{ signals: 'SIGTERM' }],
    [{ signals: ['SIGKILL'] }],
    [{ signals: ['TERM'] }],
    [{ signal: 1 }],
    [{ timeoutMs: '5' }],
    [null],
    [1],
  ])('with %j are refused with E_CONFIG', (options) => {
    const { installSignalHandlers } = openPackage({ useRedis: false });
    const before = process.listenerCount('SIGTERM');
    expect(() => installSignalHandlers(options)).toThrow(expect.objectContaining({ code: 'E_CONFIG' }));
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });
});
