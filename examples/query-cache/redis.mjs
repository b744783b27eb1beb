// A Redis server of the demo's own, without files. Where there is no redis-server the embedded store is used.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import redisServer from '../../scripts/redis-server.cjs';
import { DemoError } from './options.mjs';
import { freePort, hasEnded } from './owned.mjs';

const HOST = '127.0.0.1';
const READY_TIMEOUT_MS = 10_000;
const POLL_MS = 20;
const PASSWORD_BYTES = 18;
// Another process may take a free port between the question and the start.
const PORT_ATTEMPTS = 5;

/**
 * Starts the server and sets the environment for it, before the cache reads it at its first call.
 *
 * @returns {Promise<string>} the store that the cache uses.
 */
export async function startStore(owned, environment) {
  for (const name of Object.keys(environment)) if (/^(USE_)?REDIS(_|$)/.test(name)) delete environment[name];
  const program = redisServer.findRedisServer();
  if (!program) {
    environment.USE_REDIS = 'false';
    return 'embedded (no redis-server was found)';
  }
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const lines = [`bind ${HOST}`, `port ${port}`, 'save ""', 'appendonly no', `requirepass ${password}`];
    const server = owned.start(program, ['-'], { input: `${lines.join('\n')}\n` });
    if (await isReady(server)) {
      environment.REDIS_URL = `redis://:${password}@${HOST}:${port}`;
      return 'Redis';
    }
    if (attempt === PORT_ATTEMPTS) throw new DemoError(`redis-server did not start: ${server.output.trim()}`);
  }
}

/** False if the server ended. */
async function isReady(server) {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline) {
    if (server.output.includes('Ready to accept connections')) return true;
    if (hasEnded(server)) return false;
    await sleep(POLL_MS);
  }
  throw new DemoError(`redis-server was not ready after ${READY_TIMEOUT_MS} ms.`);
}
