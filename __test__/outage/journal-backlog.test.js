'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { onEnd } = require('../support/cleanup');
const { runProgram } = require('../support/process');
const { withRedis } = require('../support/redis');

const COUNT = 12_500;
const BYTES = 4000;
/** Reading 50 MB on the event loop's thread takes several times as long. */
const LONGEST_BLOCK_MS = 30;
/** The best of some attempts is judged: in the others a busy machine may have had no time for this process. */
const ATTEMPTS = 4;

const PREFIX = 'jack:dev:';

const redis = withRedis({ flushBeforeEach: true });
let left;

function newFolder() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-backlog-'));
  onEnd(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The folder of a process that was killed in an outage. */
function copyOfLeft() {
  const folder = newFolder();
  for (const name of fs.readdirSync(left)) fs.copyFileSync(path.join(left, name), path.join(folder, name));
  return folder;
}

const run = (act, directory, driver) =>
  runProgram('journal-backlog.cjs', {
    args: { act, port: redis.port, directory, driver, count: COUNT, bytes: BYTES },
    timeoutMs: 60_000,
    mayFail: act === 'leave',
  });

/** How many of the values that were left Redis has. */
async function arrived() {
  return (await redis.command('DBSIZE')) - (await redis.command('EXISTS', ...others()));
}

const others = () => [
  ...['overwritten', 'deleted', 'kept'].map((name) => `${PREFIX}kv:${name}`),
  ...['org-kept', 'org-cleared'].flatMap((org) => [
    `${PREFIX}conversationContexts:${org}:1`,
    `${PREFIX}!index:${org}`,
    `${PREFIX}!cleared:${org}`,
  ]),
];

beforeAll(async () => {
  await redis.kill();
  left = newFolder();
  const { report } = await run('leave', left, 'auto');
  expect(report).toEqual({ answers: [true], left: COUNT + 5 });
  const size = fs.readdirSync(left).reduce((sum, name) => sum + fs.statSync(path.join(left, name)).size, 0);
  expect(size).toBeGreaterThan(50_000_000);
  await redis.launch();
}, 60_000);

describe.each(['loop', 'thread'])(
  'a journal of 50 MB that a killed process left, with the %s driver',
  (driver) => {
    test('is taken over while the event loop goes on, and later calls are newer', async () => {
      let best = Number.POSITIVE_INFINITY;
      for (let attempt = 0; attempt < ATTEMPTS && best >= LONGEST_BLOCK_MS; attempt++) {
        await redis.command('FLUSHALL');
        const directory = copyOfLeft();
        const { report } = await run('takeOver', directory, driver);
        expect(report).toMatchObject({
          reading: true,
          kept: 'old',
          overwritten: 'new',
          deleted: null,
          cleared: null,
        });
        expect(await arrived()).toBe(COUNT);
        expect(await redis.command('GET', `${PREFIX}kv:overwritten`)).toBe('"new"');
        expect(await redis.command('EXISTS', `${PREFIX}conversationContexts:org-kept:1`)).toBe(1);
        expect(await redis.command('EXISTS', `${PREFIX}conversationContexts:org-cleared:1`)).toBe(0);
        expect(fs.readdirSync(directory)).toEqual([]);
        best = Math.min(best, Math.max(report.firstMs, report.untilAnsweredMs));
      }
      expect(best).toBeLessThan(LONGEST_BLOCK_MS);
    }, 240_000);

    test('is lost in part by no shutdown while it is read', async () => {
      const directory = copyOfLeft();
      const { report, exitDelayMs } = await run('endEarly', directory, driver);
      expect(report).toMatchObject({ flushed: false, answer: true });
      expect(exitDelayMs).toBeLessThan(5000);
      expect(await redis.command('DBSIZE')).toBe(0);
      const heir = await run('endInTime', directory, driver);
      expect(heir.report).toEqual({ flushed: true, journalEntries: 0 });
      expect(await arrived()).toBe(COUNT);
      expect(await redis.command('GET', `${PREFIX}kv:kept`)).toBe('"old"');
      expect(await redis.command('GET', `${PREFIX}kv:overwritten`)).toBe('"late"');
      expect(fs.readdirSync(directory)).toEqual([]);
    }, 120_000);
  },
);
