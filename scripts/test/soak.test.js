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
