/** What the report says of queues. */
import { measuredText, whole } from './figures.mjs';
import { queueLabel } from './queue-contenders.mjs';
import { ratioOf, spread } from './statistics.mjs';
import { renderTable } from './table.mjs';

const RATE = { 'jobs/s': ['jobsPerSecond', ''], 'event loop a job': ['loopMicrosPerJob', 'us'] };

const P50_P99 = { p50: ['p50Ms', 'ms'], p99: ['p99Ms', 'ms'] };
const RATES = {
  'added in lists of 50, jobs/s': ['addedPerSecond', ''],
  'processed at 50, jobs/s': ['processedPerSecond', ''],
};

/** A section for each part that was measured. */
export function renderQueue({ queue }) {
  if (!queue) return [];
  return Object.entries(SECTIONS).flatMap(([part, sectionsOf]) =>
    queue[part] ? sectionsOf(queue[part]) : [],
  );
}

const SECTIONS = {
  adding: (adding) => rowsOf(adding, (title) => `Jobs of 120 B, ${title}`, RATE, 'jobsPerSecond'),
  processing: (processing) =>
    rowsOf(processing, (title) => `Processing, no-op handlers, ${title}`, RATE, 'jobsPerSecond'),
  costs: (costs) => [
    table('Of a job that is added by 50 and processed at 50', costs, {
      'main thread of Redis': ['serverMicrosPerJob', 'us'],
      'event loop': ['loopMicrosPerJob', 'us'],
    }),
  ],
  latency: (latency) => [table('From add to start on an idle queue', latency, P50_P99)],
  bytes: (bytes) =>
    rowsOf(
      bytes,
      (title) => `Memory of Redis of a job, ${title}`,
      { each: ['bytesPerJob', 'B'] },
      'bytesPerJob',
    ),
  quiet: ({ alone, beside }) => [
    table(
      'From add to start of a quiet organization',
      { alone, 'beside one with many jobs': beside },
      P50_P99,
    ),
  ],
  shares: (shares) => [
    table(
      'Largest difference from their shares, organizations with weights 3, 2, 1',
      Object.fromEntries(Object.entries(shares).map(([of, rounds]) => [`concurrency ${of}`, rounds])),
      { part: ['off', ''] },
    ),
  ],
  delayed: ({ jobs, due, bytes, promotion }) => [
    table(
      `Memory of Redis of one of ${whole(jobs)} delayed jobs`,
      bytes,
      { each: ['bytesPerJob', 'B'] },
      'bytesPerJob',
    ),
    table(
      `${whole(due)} of them fall due together`,
      { orgcache: promotion },
      {
        'ready, jobs/s': ['promotedPerSecond', ''],
        'live adds, p99': ['p99Ms', 'ms'],
        before: ['usualP99Ms', 'ms'],
      },
    ),
  ],
  rates: (rates) => rowsOf(rates, (title) => `Rates, ${title}`, RATES, 'processedPerSecond'),
  idle: ({ workers, samples }) => [
    table(`A job that is added while ${whole(workers)} workers are idle`, samples, {
      'main thread of Redis': ['serverMicrosPerJob', 'us'],
      ...P50_P99,
      'without jobs, of a core': ['idlePercent', '%'],
    }),
  ],
  recovery: ({ leaseMs, awayMs, killed, away }) => [
    table(
      'To the next start',
      {
        [`after kill -9 of a worker, leaseMs ${leaseMs}`]: killed,
        [`after Redis was away for ${awayMs / 1_000} s`]: away,
      },
      { took: ['nextStartMs', 'ms'] },
    ),
  ],
  seed: (seed) => [
    table(
      'Load of the queue service',
      { orgcache: seed },
      {
        'jobs a minute': ['jobsPerMinute', ''],
        slowest: ['slowestSeconds', 's'],
        failed: ['failedPercent', '%'],
      },
    ),
  ],
};

function rowsOf(part, titleOf, columns, compared) {
  return Object.entries(part).map(([title, samples]) => table(titleOf(title), samples, columns, compared));
}

/** A row for each line of samples. With `compared`, also how the first line compares with the others in that figure. */
function table(title, samples, columns, compared) {
  const [subject] = Object.values(samples);
  const rows = Object.entries(samples).map(([id, rounds], index) => [
    queueLabel(id),
    ...Object.values(columns).map(([metric, unit]) =>
      measuredText(spread(rounds.map((sample) => sample[metric])), unit),
    ),
    ...(compared === undefined
      ? []
      : [index === 0 ? '' : measuredText(ratioOf(subject, rounds, compared), 'x')]),
  ]);
  const head = ['', ...Object.keys(columns), ...(compared === undefined ? [] : ['orgcache is'])];
  return `${title}\n${renderTable(head, rows)}`;
}
