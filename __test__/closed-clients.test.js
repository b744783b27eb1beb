'use strict';

const path = require('node:path');
const { spawn } = require('node:child_process');
const { startRedis } = require('./support/redis');
const { closedPort } = require('./support/silent-server');

const PROGRAM = path.join(__dirname, 'programs', 'closing.cjs');
const IS_FULL = process.env.ORGCACHE_FAULTS === 'full';
const CYCLES = IS_FULL ? 10_000 : 1000;
/**
 * What resident memory may grow by after the first tenth: that of a process that is new grows for a while, so a short run
 * shows only what each cycle leaves in the tens of KiB.
 */
const MAX_GROWTH_KIB = IS_FULL ? 5 * 1024 : 12 * 1024;
/** One server that answers, five milliseconds a cycle, and a machine that is ten times as busy. */
const TIMEOUT_MS = 20 * 60_000;

async function close(driver) {
  const redis = await startRedis();
  const unreachable = `redis://127.0.0.1:${await closedPort()}`;
  const given = { cycles: CYCLES, options: { url: redis.url, driver, logLevel: 'off' }, unreachable };
  const child = spawn(process.execPath, ['--expose-gc', PROGRAM, JSON.stringify(given)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (piece) => {
    printed += piece;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  return {
    code,
    lines: printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  };
}

test.each(['loop', 'thread'])(
  'a client leaves nothing behind when it is closed, whichever way, with the %s driver',
  async (driver) => {
    const { code, lines } = await close(driver);
    expect(code).toBe(0);
    const [{ after: before }, ...ways] = lines;
    expect(ways.pop()).toEqual({
      way: 'nothing',
      after: { clients: 0, cores: 0, handles: 0, hooks: 0, wakers: 0 },
    });
    expect(ways.length).toBeGreaterThanOrEqual(12);
    for (const { way, after, samples } of ways) {
      expect({ way, after }).toEqual({ way, after: before });
      const grown = samples.at(-1) - Math.max(...samples.slice(0, 2));
      expect({ way, isFlat: grown < MAX_GROWTH_KIB, grown, samples }).toMatchObject({ way, isFlat: true });
    }
  },
  TIMEOUT_MS,
);
