'use strict';

const { setTimeout: delay } = require('node:timers/promises');

const PROBE_EVERY_MS = 20;

/**
 * When a raw write first came through, on the clock of `performance.now()`; with `server`, one that this server was
 * asked for, which must then be the only one in use. Each attempt may wait for its whole deadline, so many are
 * under way at once.
 */
async function firstWrite({ redisManager }, { key = 'probe', server, timeoutMs = 15_000 } = {}) {
  const client = redisManager.getClient();
  const deadline = performance.now() + timeoutMs;
  const attempts = [];
  let wroteAt;
  while (wroteAt === undefined && performance.now() < deadline) {
    const attempt = Promise.all([client.set(key, 'v'), client.info('server')]).then(
      ([, info]) => {
        if (!server || info.includes(`tcp_port:${server.port}\r`)) wroteAt ??= performance.now();
      },
      // Refusals during the fault are expected.
      () => {},
    );
    attempts.push(attempt);
    await delay(PROBE_EVERY_MS);
  }
  await Promise.all(attempts);
  if (wroteAt === undefined) throw new Error(`No write came through in ${timeoutMs} ms.`);
  return wroteAt;
}

module.exports = { firstWrite };
