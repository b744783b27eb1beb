'use strict';

const { inFreshProcess } = require('../../__test__/support/process');

const MIB = 1_048_576;
const COUNTS = { clients: 3, descriptors: 30 };
const FIGURES = { problems: 0, examples: [] };

/** The soak's verdict on levels that were sampled every hundred clients. */
async function problemsOf(levelAt, figures = FIGURES) {
  const levels = Array.from({ length: 40 }, (_, index) => ({
    clients: index * 100,
    native: 80 * MIB,
    heap: 10 * MIB,
    external: 2 * MIB,
    threads: 12,
    counts: COUNTS,
    ...levelAt(index),
  }));
  const { report } = await inFreshProcess(
    async ({ report, args }) => {
      const { problemsOfClients } = await import(`file://${args.root}/scripts/soak-clients.mjs`);
      report(problemsOfClients(args));
    },
    { args: { levels, figures, root: process.cwd() } },
  );
  return report;
}

test('the soak of clients that come and go passes where levels breathe', async () => {
  const breathing = (index) => ({ native: (80 + (index % 7)) * MIB, heap: (10 + (index % 3)) * MIB });
  expect(await problemsOf(breathing)).toEqual([]);
});

test('the soak takes no process for a leak that gets warm, nor one sample', async () => {
  const warm = (index) => ({ native: (index < 10 ? 50 + 3 * index : 80) * MIB });
  expect(await problemsOf(warm)).toEqual([]);
  expect(await problemsOf((index) => ({ native: (index === 39 ? 300 : 80) * MIB }))).toEqual([]);
});

test.each([
  ['native', (index) => ({ native: 80 * MIB + index * 100 * 4096 }), /^native memory grew by 11600 KiB/],
  ['heap', (index) => ({ heap: 10 * MIB + index * 100 * 1024 }), /^heap memory grew by 2900 KiB/],
  ['external', (index) => ({ external: 2 * MIB + index * 100 * 1024 }), /^external memory grew by 2900 KiB/],
  ['threads', (index) => ({ threads: 12 + index }), /more threads run$/],
  [
    'native things, even once',
    (index) => ({ counts: index === 20 ? { ...COUNTS, clients: 4 } : COUNTS }),
    /^clients have left something: \{"clients":4/,
  ],
])('the soak finds a leak of %s', async (_what, levelAt, sentence) => {
  expect(await problemsOf(levelAt)).toEqual([expect.stringMatching(sentence)]);
});

test('the soak names turns that went wrong', async () => {
  const figures = { problems: 1, examples: ['scans: answered 1 in place of 2'] };
  expect(await problemsOf(() => ({}), figures)).toEqual([
    expect.stringContaining('answered 1 in place of 2'),
  ]);
});

/** The soak's verdict on what two processes admitted of an identifier, and of two others once. */
async function problemsOfLimits(algorithm, ...admitted) {
  const others = { 'u-2': [[0, 1]], 'u-3': [[0, 1]] };
  const reports = admitted.map((calls, process) => ({
    decisions: calls.length,
    local: 0,
    admitted: { 'u-1': calls, ...(process === 0 ? others : { 'u-2': [], 'u-3': [] }) },
  }));
  const { report } = await inFreshProcess(
    async ({ report, args }) => {
      const { judge } = await import(`file://${args.root}/scripts/soak-limits.mjs`);
      report(judge(args.algorithm, args.reports, { limit: 10, windowMs: 1000 }).problems);
    },
    { args: { algorithm, reports, root: process.cwd() } },
  );
  return report;
}

const callsAt = (count, before, after = before + 1) => Array.from({ length: count }, () => [before, after]);
/** Calls whose leases are held from one time until another. */
const heldFrom = (count, decided, released) =>
  Array.from({ length: count }, () => [decided - 5, decided, released]);

test.each([
  ['log', callsAt(10, 500), callsAt(10, 1500)],
  ['log', callsAt(10, 500), callsAt(1, 1499, 1500)],
  ['gcra', callsAt(10, 0), [...callsAt(1, 99, 100), ...callsAt(1, 199, 200)]],
  ['sliding', callsAt(10, 900), callsAt(9, 1100)],
  // It may have been counted in either window.
  ['sliding', callsAt(10, 900), callsAt(1, 999, 1000)],
  ['fixed', callsAt(10, 999), callsAt(10, 1000)],
  ['calendar', callsAt(10, 500), callsAt(10, 1500)],
  ['concurrency', heldFrom(10, 100, 200), heldFrom(10, 200, 300)],
  // They may have been released before they were decided.
  ['concurrency', heldFrom(10, 100, 200), heldFrom(10, 150, 150)],
])('the soak of limits passes what %s allows', async (algorithm, one, other) => {
  expect(await problemsOfLimits(algorithm, one, other)).toEqual([]);
});

test.each([
  ['log', callsAt(10, 500), callsAt(1, 1498), 'u-1 had 11 calls in any window, where 10 are allowed'],
  ['gcra', callsAt(10, 0), callsAt(1, 98), 'u-1 had 11 calls in a burst and one each interval, where'],
  [
    'sliding',
    callsAt(6, 1100),
    callsAt(5, 1900),
    "u-1 had 11 calls in a window of the server's clock, where 10",
  ],
  ['sliding', callsAt(10, 900), callsAt(10, 1100), 'u-1 had 20 calls in any window, where 19 are allowed'],
  ['fixed', callsAt(11, 900), callsAt(10, 1100), 'u-1 had 21 calls in any window, where 20 are allowed'],
  ['calendar', callsAt(10, 100), callsAt(1, 900), 'u-1 had 11 calls in an hour of UTC, where 10 are allowed'],
  ['concurrency', heldFrom(10, 100, 200), heldFrom(1, 199, 300), 'u-1 had 11 calls in one moment, where 10'],
])('the soak of limits finds what %s does not allow', async (algorithm, one, other, sentence) => {
  expect(await problemsOfLimits(algorithm, one, other)).toEqual([expect.stringContaining(sentence)]);
});

test('the soak of limits passes no run in which nobody was admitted', async () => {
  expect(await problemsOfLimits('log', [], [])).toEqual([expect.stringContaining('no call of u-1')]);
});
