/** Owns one redis-server process: loopback, a free port, nothing on disk, always ended. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import redisBinary from '../scripts/redis-server.cjs';

const { findRedisServer, HOW_TO_GET_REDIS } = redisBinary;

const START_DEADLINE_MS = 10_000;
const STOP_DEADLINE_MS = 5_000;
const POLL_MS = 10;
/** Another process may take the port between our closing it and the server's opening it. */
const PORT_ATTEMPTS = 5;

/** The path of a redis-server, found as the project's tests find theirs. */
export function requireRedisServer() {
  const found = findRedisServer();
  if (!found) throw new Error(HOW_TO_GET_REDIS);
  return found;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether a server that answers PING listens on the port. */
function answersPing(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'));
    const settle = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1_000, () => settle(false));
    socket.once('data', (data) => settle(data.toString().startsWith('+PONG')));
    socket.once('error', () => settle(false));
    socket.once('close', () => resolve(false));
  });
}

function ended(child) {
  return child.exitCode !== null || child.signalCode !== null;
}

async function startOnce(executable, folder, { port: givenPort, appendOnly } = {}) {
  const port = givenPort ?? (await freePort());
  const child = spawn(
    executable,
    [
      ['--port', String(port)],
      ['--bind', '127.0.0.1'],
      ['--dir', folder],
      ['--save', ''],
      ...(appendOnly
        ? [
            ['--appendonly', 'yes'],
            ['--appendfsync', appendOnly],
          ]
        : [['--appendonly', 'no']]),
      ['--loglevel', 'warning'],
    ].flat(),
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      log = (log + text).slice(-2_000);
    });
  }
  let spawnError = null;
  child.once('error', (error) => {
    spawnError = error;
  });
  const deadline = Date.now() + START_DEADLINE_MS;
  while (!spawnError && !ended(child) && Date.now() < deadline) {
    // A PONG on our port from somebody else's server would be taken for ours: ours must live, too.
    if ((await answersPing(port)) && !ended(child)) return { child, port };
    await delay(POLL_MS);
  }
  child.kill('SIGKILL');
  throw new Error(`redis-server did not start: ${spawnError?.message ?? log.trim()}`);
}

/**
 * Starts a server and answers `{ pid, port, url, stop, kill, startAgain }`. `stop` may be called more than once.
 *
 * `appendOnly`: it writes its data to disk, with that appendfsync, and a server that was killed has them when it starts again.
 */
export async function startRedisServer({ appendOnly } = {}) {
  const executable = requireRedisServer();
  const folder = mkdtempSync(join(tmpdir(), 'orgcache-bench-'));
  let started;
  for (let attempt = 1; !started; attempt += 1) {
    try {
      started = await startOnce(executable, folder, { appendOnly });
    } catch (error) {
      if (attempt < PORT_ATTEMPTS && /Address already in use/.test(error.message)) continue;
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }
  let { child } = started;
  const { port } = started;

  function endAtOnce() {
    if (!ended(child)) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
  process.once('exit', endAtOnce);

  async function stop() {
    process.off('exit', endAtOnce);
    if (!ended(child)) {
      const exit = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
      await exit;
      clearTimeout(timer);
    }
    rmSync(folder, { recursive: true, force: true });
  }

  async function kill() {
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exit;
  }

  /** Ends when it answers PING. */
  async function startAgain() {
    ({ child } = await startOnce(executable, folder, { port, appendOnly }));
  }

  return { pid: child.pid, port, url: `redis://127.0.0.1:${port}`, stop, kill, startAgain };
}
