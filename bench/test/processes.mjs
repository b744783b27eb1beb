/** Processes are started, told apart from each other, and always ended. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { withHosts } from '../contender-host.mjs';
import { contenderById } from '../contenders.mjs';
import { startRedisServer } from '../redis-server.mjs';

const RUN = fileURLToPath(new URL('../run.mjs', import.meta.url));
const SERVER_MODULE = new URL('../redis-server.mjs', import.meta.url).href;
const END_DEADLINE_MS = 5_000;

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function assertEnded(pid, what) {
  const deadline = Date.now() + END_DEADLINE_MS;
  while (isAlive(pid)) {
    assert.ok(Date.now() < deadline, `${what} is still running`);
    await delay(10);
  }
}

const embedded = () => ({ keyPrefix: 'bench-test:', useRedis: false });

test('a server runs until it is stopped, and may be stopped twice', async () => {
  const redis = await startRedisServer();
  assert.ok(isAlive(redis.pid));
  await redis.stop();
  await assertEnded(redis.pid, 'redis-server');
  await redis.stop();
});

test('a server ends with the process that started it', async () => {
  const script = `
    const { startRedisServer } = await import(${JSON.stringify(SERVER_MODULE)});
    const { pid } = await startRedisServer();
    console.log(pid);
    throw new Error('the work failed');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [pidText] = await once(child.stdout, 'data');
  await once(child, 'exit');
  await assertEnded(Number(pidText), 'redis-server');
});

test('contenders live in processes of their own, which end after the work', async () => {
  const contenders = ['ioredis', 'ioredis-auto-pipelining'].map(contenderById);
  const pids = await withHosts(contenders, embedded, (hosts) => hosts.map(({ pid }) => pid));
  assert.equal(new Set([process.pid, ...pids]).size, 3);
  for (const pid of pids) await assertEnded(pid, 'a contender');
});

test('the processes end where the work fails, and the failure is the one that is told', async () => {
  let pid;
  const work = ([host]) => {
    pid = host.pid;
    throw new Error('the work failed');
  };
  await assert.rejects(withHosts([contenderById('ioredis')], embedded, work), /^Error: the work failed$/);
  await assertEnded(pid, 'the contender');
});

test('a contender that cannot be opened is named with the reason', async () => {
  const contender = { ...contenderById('ioredis'), id: 'absent', module: './peers/absent.mjs' };
  await assert.rejects(
    withHosts([contender], embedded, () => {}),
    /^Error: absent: Cannot find module/,
  );
});

test('a contender whose process dies in the middle of a round fails the run', async () => {
  const work = async ([host]) => {
    const cell = { operation: 'adapter-get', messages: 2, callers: 1 };
    const answer = host.ask('measure', { cell, operations: 50_000_000 });
    process.kill(host.pid, 'SIGKILL');
    await answer;
  };
  await assert.rejects(
    withHosts([contenderById('ioredis')], embedded, work),
    /The process of ioredis was ended by SIGKILL/,
  );
});

test('a whole run answers JSON on standard output alone', async () => {
  const args = ['--quick', '--rounds', '2', '--only', 'raw,embedded', '--callers', '1,4'];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [RUN, ...args, '--contenders', 'ioredis,node-redis', '--json'],
    { maxBuffer: 1_048_576 * 16 },
  );
  const { environment, results, targets } = JSON.parse(stdout);
  assert.equal(environment.effort.rounds, 2);
  assert.equal(results.raw.cells.length, 8);
  for (const { samples } of results.raw.cells) {
    assert.deepEqual(Object.keys(samples), ['ioredis', 'node-redis']);
    for (const rounds of Object.values(samples)) {
      assert.equal(rounds.length, 2);
      for (const round of rounds) {
        for (const [metric, value] of Object.entries(round)) assert.ok(value >= 0, metric);
        assert.ok(round.callsPerSecond > 0);
      }
    }
  }
  assert.deepEqual(Object.keys(results.embedded.cells[0].samples), ['ioredis']);
  assert.ok(targets.every(({ verdict }) => verdict === 'not measured'));
});

test('a command line that is not understood fails with one sentence', async () => {
  await assert.rejects(promisify(execFile)(process.execPath, [RUN, '--only', 'nothing']), (error) => {
    assert.equal(error.code, 1);
    assert.match(error.stderr, /^bench: There is no scenario named 'nothing'; [^\n]*\n$/);
    return true;
  });
});
