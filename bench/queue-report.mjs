/** What the report says of queues. */
import { measuredText } from './figures.mjs';
import { queueLabel } from './queue-contenders.mjs';
import { ratioOf, spread } from './statistics.mjs';
import { renderTable } from './table.mjs';

const RATE = { 'jobs/s': ['jobsPerSecond', ''], 'event loop a job': ['loopMicrosPerJob', 'us'] };

export function renderQueue({ queue }) {
  if (!queue) return [];
  return [
    ...rowsOf(queue.adding, (title) => `Jobs of 120 B, ${title}`, RATE, 'jobsPerSecond'),
    ...rowsOf(queue.processing, (title) => `Processing, no-op handlers, ${title}`, RATE, 'jobsPerSecond'),
    table('Of a job that is added by 50 and processed at 50', queue.costs, {
      'main thread of Redis': ['serverMicrosPerJob', 'us'],
      'event loop': ['loopMicrosPerJob', 'us'],
    }),
    table('From add to start on an idle queue', queue.latency, {
      p50: ['p50Ms', 'ms'],
      p99: ['p99Ms', 'ms'],
    }),
    ...rowsOf(queue.bytes, (title) => `Memory of Redis of a job, ${title}`, { each: ['bytesPerJob', 'B'] }),
    table(
      'From add to start of a quiet organization',
      { alone: queue.quiet.alone, 'beside one with many jobs': queue.quiet.beside },
      { p50: ['p50Ms', 'ms'], p99: ['p99Ms', 'ms'] },
    ),
    table(
      'Largest difference from their shares, organizations with weights 3, 2, 1',
      Object.fromEntries(Object.entries(queue.shares).map(([of, rounds]) => [`concurrency ${of}`, rounds])),
      { part: ['off', ''] },
    ),
  ];
}

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
