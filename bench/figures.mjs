/** Figures as people read them, and the tables that all throughput is told in. */
import { subjectAmong } from './contenders.mjs';
import { medianSample, ratioOf } from './statistics.mjs';
import { renderTable } from './table.mjs';

const CELL_HEAD = [
  'callers',
  'contender',
  'calls/s',
  'orgcache is',
  'p50 us',
  'p99 us',
  'loop us',
  'process us',
  'RSS MiB',
];

/** A table for each title; `labelOf(id)` names a contender. */
export function renderCells(cells, titleOf, labelOf) {
  const byTitle = new Map();
  for (const measured of cells) {
    const title = titleOf(measured.cell);
    byTitle.set(title, [...(byTitle.get(title) ?? []), ...cellRows(measured, labelOf)]);
  }
  return [...byTitle].map(([title, rows]) => `${title}\n${renderTable(CELL_HEAD, rows)}`);
}

function cellRows({ cell, samples }, labelOf) {
  const subject = subjectAmong(Object.keys(samples));
  return Object.entries(samples).map(([id, rounds]) => {
    const sample = medianSample(rounds);
    return [
      cell.callers,
      labelOf(id),
      whole(sample.callsPerSecond),
      subject && id !== subject ? measuredText(ratioOf(samples[subject], rounds, 'callsPerSecond'), 'x') : '',
      sample.p50Micros.toFixed(1),
      sample.p99Micros.toFixed(1),
      sample.loopMicrosPerCall.toFixed(2),
      sample.processMicrosPerCall.toFixed(2),
      whole(sample.residentMiB),
    ];
  });
}

export function measuredText({ value, low, high }, unit) {
  const range = low === high ? '' : ` (${number(low)}..${number(high)})`;
  return `${quantity(value, unit)}${range}`;
}

export function quantity(value, unit) {
  return unit === 'x' || unit === '/s' || unit === ''
    ? `${number(value)}${unit}`
    : `${number(value)} ${unit}`;
}

/** Three significant digits below a thousand, whole numbers above. */
function number(value) {
  if (Math.abs(value) >= 1_000) return whole(value);
  return String(Number(value.toPrecision(3)));
}

export function whole(value) {
  return Math.round(value).toLocaleString('en');
}
