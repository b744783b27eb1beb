// Callers that ask for one report after the other.

import { organizationAt } from './orders.mjs';
import { randomNumbers } from './random.mjs';

const SEED = 34;
const SECOND_MS = 1_000;

/** Which reports are asked for, in which order. Large organizations ask more often. */
export function chooseReports(reports, { calls, organizations }) {
  const next = randomNumbers(SEED);
  const byOrganization = new Map(reports.map(({ organization }) => [organization, []]));
  for (const report of reports) byOrganization.get(report.organization).push(report);
  return Array.from({ length: calls }, () => {
    const own = byOrganization.get(organizationAt(next(), organizations));
    return own[Math.floor(next() * own.length)];
  });
}

/** Takes the items one by one, with `callers` at a time. */
export async function withCallers(callers, items, take) {
  let position = 0;
  const caller = async () => {
    while (position < items.length) await take(items[position++]);
  };
  await Promise.all(Array.from({ length: callers }, caller));
}

function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** @param {{ callers: number, chosen: object[], ask: Function }} load */
export async function measure({ callers, chosen, ask }) {
  const latencies = [];
  const startedAt = performance.now();
  await withCallers(callers, chosen, async (report) => {
    const askedAt = performance.now();
    await ask(report);
    latencies.push(performance.now() - askedAt);
  });
  const seconds = (performance.now() - startedAt) / SECOND_MS;
  latencies.sort((a, b) => a - b);
  return {
    calls: latencies.length,
    callsPerSecond: Math.round(latencies.length / seconds),
    p50Milliseconds: percentile(latencies, 0.5),
    p95Milliseconds: percentile(latencies, 0.95),
  };
}
