'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { buildPreload } = require('../support/preload');
const { runProgram } = require('../support/process');
const { withRedis } = require('../support/redis');

const CALLS = 600;
const CLIENTS = 5;
const ROUNDS = 3;
/** A close may block the JavaScript thread this long, all connections together. */
const MAX_BUSY_MS = 50;
/** On a busy machine this takes longer. A close that waits would take it for each connection. */
const MAX_BLOCKED_MS = CLIENTS * MAX_BUSY_MS;
const MAX_EXIT_MS = 1000;
const TIMEOUT_MS = 60_000;
const NOTHING = { clients: 0, cores: 0, handles: 0, hooks: 0, keepers: 0, queues: 0, wakers: 0, watches: 0 };

const HELD_UP = 'an I/O thread that is held up';
const redis = withRedis();
let preload;

beforeAll(() => {
  if (HERE.includes(HELD_UP)) preload = buildPreload('hold-thread.c');
});

/** The faults that keep calls from settling. */
const HINDRANCES = {
  'a server that is stopped': { given: () => ({ stop: [redis.pid] }), after: () => redis.resume() },
  [HELD_UP]: {
    given: () => ({ stop: [redis.pid], hold: path.join(preload.folder, 'hold') }),
    after: () => {
      redis.resume();
      fs.rmSync(path.join(preload.folder, 'hold'), { force: true });
    },
  },
};

/** LD_PRELOAD is of Linux. */
const HERE = Object.keys(HINDRANCES).filter((name) => name !== HELD_UP || process.platform === 'linux');

/**
 * In several rounds: other processes may take the processor away for longer than the bound in any of them, a close that
 * waits waits in each.
 */
async function rounds(driver, hindrance, more) {
  const { given, after } = HINDRANCES[hindrance];
  const reports = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const { port } = redis;
    const options = { url: redis.url, driver };
    const args = { options, addresses: [{ port }], calls: CALLS, ...given(), ...more };
    const env = args.hold ? { LD_PRELOAD: preload.library, HOLD_FILE: args.hold } : {};
    try {
      const { report, exitDelayMs } = await runProgram('ending-at-once.cjs', { args, env });
      reports.push({ ...report, exitDelayMs });
    } finally {
      after();
    }
  }
  return reports;
}

const least = (reports, name) => Math.min(...reports.map((report) => report[name]));

describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
  describe.each(HERE)('and %s', (hindrance) => {
    test(
      'a shutdown without patience settles every call once, does not block, and the process ends',
      async () => {
        const reports = await rounds(driver, hindrance);
        for (const report of reports) {
          const { made, settled, calledBack, underWay, rejected, left } = report;
          expect({ settled, calledBack }).toEqual({
            settled: CLIENTS * (CALLS + 1),
            calledBack: (CLIENTS * CALLS) / 6,
          });
          expect(made).toBe(settled);
          expect(underWay).toBe(made);
          expect(Object.keys(rejected).sort()).toEqual(['Connection is closed.', 'E_CLOSED']);
          if (hindrance === 'a server that is stopped') expect(left).toEqual(NOTHING);
        }
        expect(least(reports, 'busyMs')).toBeLessThan(MAX_BUSY_MS);
        expect(least(reports, 'blockedMs')).toBeLessThan(MAX_BLOCKED_MS);
        expect(least(reports, 'exitDelayMs')).toBeLessThan(MAX_EXIT_MS);
      },
      TIMEOUT_MS,
    );

    test(
      'a worker can be terminated at once, and its process ends',
      async () => {
        const reports = await rounds(driver, hindrance, { isWorker: true });
        for (const { code, left } of reports) {
          expect(code).toBe(1);
          if (hindrance === 'a server that is stopped') expect(left).toEqual(NOTHING);
        }
        expect(least(reports, 'terminatedMs')).toBeLessThan(MAX_EXIT_MS);
        expect(least(reports, 'exitDelayMs')).toBeLessThan(MAX_EXIT_MS);
      },
      TIMEOUT_MS,
    );
  });
});
