/** What the report says of values that are kept in the process. */
import { measuredText, renderCells, whole } from './figures.mjs';
import { nearLabel } from './near-contenders.mjs';
import { OPERATIONS } from './near-workloads.mjs';
import { BLOCK_MS } from './scenarios/near/invalidation.mjs';
import { BYTES } from './scenarios/near/memory.mjs';
import { PER_SECOND } from './scenarios/near/pushes.mjs';
import { CALLERS, PROCESSES } from './scenarios/near/stampede.mjs';
import { MANY } from './scenarios/near/tags.mjs';
import { WORKERS } from './scenarios/near/workers.mjs';
import { spread } from './statistics.mjs';
import { renderTable } from './table.mjs';

/** How each part is told. A part that was not measured, or that the build lacks, is left out. */
const PARTS = {
  stampede: ({ samples, killings }) =>
    [
      table(`${whole(CALLERS)} callers in ${PROCESSES} processes, one new key`, samples, {
        factories: [({ factories }) => factories, ''],
        'last answer after its end': [({ lastAnswerMs }) => lastAnswerMs, 'ms'],
      }),
      table(
        'A process that runs the factory is killed',
        { 'one that waits for it': killings },
        { 'answers after': [({ answeredMs }) => answeredMs, 'ms'] },
      ),
    ].join('\n\n'),
  invalidation: ({ samples }) =>
    table('From the acknowledgement of a write to its being seen by another process', samples, {
      p50: [({ p50Ms }) => p50Ms, 'ms'],
      p99: [({ p99Ms }) => p99Ms, 'ms'],
      'never seen': [({ neverSeen }) => neverSeen, ''],
      'reads that went back': [({ wentBack }) => wentBack, ''],
      [`stale of 64 reads, blocked ${BLOCK_MS} ms`]: [({ stale }) => stale, ''],
    }),
  pushes: ({ samples: { held, free } }) =>
    table(
      `${whole(PER_SECOND)} writes a second of another process`,
      { 'of keys that have copies here': held, 'of other keys': free },
      {
        'I/O thread': [({ ioCores }) => ioCores, 'cores'],
        'delay of the loop, p99': [({ delayMs }) => delayMs, 'ms'],
        'writes a second': [({ perSecond }) => perSecond, ''],
      },
    ),
  'server-cost': (shares) =>
    Object.entries(shares)
      .map(([share, { samples }]) =>
        table(`Redis a call, 4 processes, Zipf 0.9, ${Number(share) * 100} % writes`, samples, {
          'processor time': [({ serverMicrosPerCall }) => serverMicrosPerCall, 'us'],
          'reads answered by copies': [({ nearShare }) => nearShare * 100, '%'],
          'copies asked for a 1,000 calls': [({ fillsPerCall }) => fillsPerCall * 1_000, ''],
          'in vain': [({ vainPerCall }) => vainPerCall * 1_000, ''],
        }),
      )
      .join('\n\n'),
  'write-cost': ({ samples: { held, free } }) =>
    table(
      'Redis a write',
      { 'copies of one key in ten in each of 4 processes': held, 'no copies': free },
      { 'processor time': [({ serverMicrosPerWrite }) => serverMicrosPerWrite, 'us'] },
    ),
  memory: ({ entries, samples, stalls }) =>
    [
      table(`Resident memory of ${whole(entries)} texts of ${BYTES} B`, samples, {
        all: [({ grownMiB }) => grownMiB, 'MiB'],
        'by their own count': [({ countedMiB }) => countedMiB, 'MiB'],
        each: [({ entryBytes }) => entryBytes, 'B'],
      }),
      table('Nine reads of them to one write', stalls, {
        'longest stall of the event loop': [({ longestMs }) => longestMs, 'ms'],
      }),
    ].join('\n\n'),
  workers: ({ texts, samples }) =>
    table(`${whole(texts)} texts of ${BYTES} B that ${WORKERS} worker threads read`, samples, {
      'resident memory': [({ grownMiB }) => grownMiB, 'MiB'],
    }),
  'hit-ratio': ({ plain, scan }) =>
    table('Hit ratio, room for a tenth of the keys, Zipf 0.9', hitRatios({ plain, scan }), {
      'near copies': [({ near }) => near * 100, '%'],
      'exact LRU': [({ lru }) => lru * 100, '%'],
      copies: [({ entries }) => entries, ''],
    }),
  tags: ({ samples }) =>
    table('Invalidating a tag', samples, {
      [`of ${whole(MANY)} values`]: [({ manyMs }) => manyMs, 'ms'],
      'of 100 values': [({ fewMs }) => fewMs, 'ms'],
    }),
  tenants: ({ alone, beside }) =>
    table(
      'Gets of a small organization',
      { alone, 'beside a large one': beside },
      {
        'answered by copies': [({ hitRatio }) => hitRatio * 100, '%'],
        p99: [({ p99Micros }) => p99Micros, 'us'],
      },
    ),
};

export function renderNear({ near }) {
  if (!near) return [];
  const titleOf = ({ operation, messages }) => `${OPERATIONS[operation]}, ${messages} messages`;
  const parts = Object.entries(PARTS).filter(([name]) => near[name]);
  return [
    ...renderCells(near.cells, titleOf, nearLabel),
    ...parts.map(([name, render]) => render(near[name])),
  ];
}

function hitRatios({ plain, scan }) {
  return { 'without a scan': plain, 'with a scan through all keys': scan };
}

/** A row for each line of samples, with the median and quartiles of each column over the rounds. */
function table(title, samples, columns) {
  const rows = Object.entries(samples).map(([id, rounds]) => [
    nearLabel(id),
    ...Object.values(columns).map(([figureOf, unit]) => measuredText(spread(rounds.map(figureOf)), unit)),
  ]);
  return `${title}\n${renderTable(['', ...Object.keys(columns)], rows)}`;
}
