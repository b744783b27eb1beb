'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');
const { spawn } = require('node:child_process');
const { findPostgres, HOW_TO_GET_POSTGRES } = require('../../scripts/postgres.cjs');
const { findRedisServer } = require('../../scripts/redis-server.cjs');
const { onEnd } = require('../support/cleanup');
const { PACKAGE_ROOT } = require('../support/package');
const { runNode } = require('../support/process');
const { until, within } = require('../support/wait');

const DEMO = path.join(PACKAGE_ROOT, 'examples', 'query-cache', 'demo.mjs');
const DEMO_TIMEOUT_MS = 90_000;
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 20_000;

/** Few organizations, so that each report has orders enough to be slow. */
const SMALL = ['--orders', '60000', '--organizations', '3', '--calls', '500', '--changes', '10'];

/** An empty folder for the demo's own, in which the account of the server may look. */
function temporaryFolder() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-example-'));
  fs.chmodSync(folder, 0o755);
  onEnd(() => fs.rmSync(folder, { recursive: true }));
  return folder;
}

function runDemo(args, { env = {}, mayFail = false } = {}) {
  return runNode([DEMO, ...args], {
    env: { CACHE_LOG: 'off', ...env },
    timeoutMs: DEMO_TIMEOUT_MS,
    mayFail,
  });
}

/** The servers of this run: where tests name them, the demo takes the same ones. */
function servers() {
  const env = { ORGCACHE_TEST_REDIS_SERVER: findRedisServer() };
  const { ORGCACHE_TEST_POSTGRES_BIN: postgres } = process.env;
  return postgres ? { ...env, ORGCACHE_TEST_POSTGRES_BIN: postgres } : env;
}

/** A redis-server that writes its process id into a file before it starts. */
function redisThatTells(folder) {
  const program = path.join(folder, 'redis-server');
  const file = path.join(folder, 'redis.pid');
  const lines = ['#!/bin/sh', `[ "$1" = - ] && echo $$ > '${file}'`, `exec '${findRedisServer()}' "$@"`];
  fs.writeFileSync(program, `${lines.join('\n')}\n`, { mode: 0o755 });
  return { program, pid: () => pidIn(file) };
}

/** The number in the first line of a file; undefined while there is none. */
function pidIn(file) {
  return fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8').split('\n')[0]) || undefined : undefined;
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Where nobody waits for orphans, one that has ended keeps its number.
  const status = `/proc/${pid}/status`;
  return !fs.existsSync(status) || !/^State:\s+Z/m.test(fs.readFileSync(status, 'utf8'));
}

/** A demo that would not end by itself; both of its servers run. */
async function startLongDemo() {
  const folder = temporaryFolder();
  const redis = redisThatTells(temporaryFolder());
  const own = { CACHE_LOG: 'off', TMPDIR: folder, ORGCACHE_TEST_REDIS_SERVER: redis.program };
  const child = spawn(process.execPath, [DEMO, '--calls', '1000000'], {
    cwd: PACKAGE_ROOT,
    env: { PATH: process.env.PATH, ...servers(), ...own },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onEnd(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece) => {
      output += piece;
    });
  }
  const exited = once(child, 'exit');
  const postmaster = () => {
    const [run] = fs.readdirSync(folder);
    return run && pidIn(path.join(folder, run, 'data', 'postmaster.pid'));
  };
  const started = () => {
    if (child.exitCode !== null) throw new Error(`The demo ended and printed: ${output}`);
    const pids = [postmaster(), redis.pid()];
    return pids.every(Boolean) && pids;
  };
  const pids = await until(started, { timeoutMs: START_TIMEOUT_MS, what: 'both servers to run' });
  expect(pids.map(isRunning)).toEqual([true, true]);
  return { child, exited, folder, pids, output: () => output };
}

// `npm test` installs a server where it can; elsewhere these say nothing.
const withPostgres = findPostgres() ? describe : describe.skip;

withPostgres('the example of the query cache', () => {
  test(
    'holds every check over Redis and leaves nothing behind',
    async () => {
      const folder = temporaryFolder();
      // Servers that the environment names are others', and none of the demo's business.
      const foreign = {
        REDIS_URL: 'redis://127.0.0.1:1',
        PGHOST: '127.0.0.1',
        PGPORT: '1',
        PGUSER: 'nobody',
      };
      const env = { ...servers(), ...foreign, TMPDIR: folder };
      const { stdout, stderr } = await runDemo([...SMALL, '--json'], { env });
      const result = JSON.parse(stdout);
      expect(stderr).toBe('');
      expect(result.checks.filter(({ held }) => !held)).toEqual([]);
      expect(result).toMatchObject({
        ok: true,
        store: 'Redis',
        data: { orders: 60_000, organizations: 3, reports: 12 },
        callers: 64,
        without: { calls: 500, queries: 500 },
        cached: { calls: 500, queries: 12 },
        changes: { count: 10, old: 0, different: 0, pastCache: { seenBefore: false, seenAfter: true } },
      });
      expect(result.checks).toHaveLength(6);
      expect(result.ratios.p50).toBeLessThanOrEqual(0.5);
      expect(result.cached.p95Milliseconds).toBeGreaterThanOrEqual(result.cached.p50Milliseconds);
      expect(result.changes.compared).toBeGreaterThanOrEqual(10);
      expect(fs.readdirSync(folder)).toEqual([]);
    },
    DEMO_TIMEOUT_MS,
  );

  test(
    'reports in text over the embedded store where there is no redis-server',
    async () => {
      const env = { ...servers(), ORGCACHE_TEST_REDIS_SERVER: '/nowhere/redis-server' };
      const { stdout } = await runDemo(SMALL, { env });
      expect(stdout).toMatch(/^store +embedded \(no redis-server was found\)$/m);
      expect(stdout).toMatch(/^p50( +\d+\.\d\d ms){2} +0\.\d{3}x$/m);
      expect(stdout).toMatch(/^queries it ran +500 +12 +0\.024x$/m);
      expect(stdout.match(/^ok {5}/gm)).toHaveLength(6);
      expect(stdout).not.toContain('FAILED');
    },
    DEMO_TIMEOUT_MS,
  );

  test(
    'fails and says why where the cache saves too little',
    async () => {
      const args = ['--orders', '2000', '--organizations', '50', '--calls', '100', '--changes', '1'];
      const { code, stdout, stderr } = await runDemo(args, { env: servers(), mayFail: true });
      const sentence = 'with the cache the database ran at most 0.2x';
      expect(code).toBe(1);
      expect(stdout).toContain(`FAILED ${sentence}\n`);
      expect(stderr).toMatch(/^This did not hold: .*\.\n$/);
      expect(stderr).toContain(sentence);
    },
    DEMO_TIMEOUT_MS,
  );

  test(
    'ends its servers and removes its folder before it ends when it is interrupted',
    async () => {
      const { child, exited, folder, pids, output } = await startLongDemo();
      child.kill('SIGINT');
      // As a person who presses Ctrl-C again.
      child.kill('SIGINT');
      const { value } = await within(STOP_TIMEOUT_MS, exited, 'the interrupted demo');
      expect([value[0], output()]).toEqual([130, '']);
      expect(pids.map(isRunning)).toEqual([false, false]);
      expect(fs.readdirSync(folder)).toEqual([]);
    },
    DEMO_TIMEOUT_MS,
  );

  test(
    'leaves no server and no folder when it is killed',
    async () => {
      const { child, folder, pids } = await startLongDemo();
      child.kill('SIGKILL');
      await until(() => !pids.some(isRunning), { timeoutMs: STOP_TIMEOUT_MS, what: 'the servers to end' });
      const isEmpty = () => fs.readdirSync(folder).length === 0;
      await until(isEmpty, { timeoutMs: STOP_TIMEOUT_MS, what: 'the folder to be removed' });
    },
    DEMO_TIMEOUT_MS,
  );
});

describe('the example of the query cache, asked for what it cannot do,', () => {
  test('says in one sentence which package has PostgreSQL', async () => {
    const folder = temporaryFolder();
    const env = { ORGCACHE_TEST_POSTGRES_BIN: '/nowhere/bin', TMPDIR: folder };
    const { code, stdout, stderr } = await runDemo([], { env, mayFail: true });
    expect([code, stdout, stderr]).toEqual([1, '', `${HOW_TO_GET_POSTGRES}\n`]);
    expect(stderr).toContain('apt-get install postgresql');
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test.each([
    [['--calls', 'many'], '--calls must be a whole number from 100 to 1000000.'],
    [['--orders', '100', '--organizations', '101'], '--orders must not be less than --organizations.'],
    [['--fast'], "Unknown option '--fast'"],
  ])('refuses %j with a sentence', async (args, sentence) => {
    const { code, stderr } = await runDemo(args, { mayFail: true });
    expect(code).toBe(1);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  test('explains its options', async () => {
    const { stdout } = await runDemo(['--help']);
    for (const name of ['orders', 'organizations', 'calls', 'callers', 'changes', 'json']) {
      expect(stdout).toContain(`--${name} `);
    }
  });
});
