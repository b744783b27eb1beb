/** What the client with the interface of ioredis promises. */
import { callOf } from './client-workloads.mjs';
import { isEarlier } from './contenders.mjs';
import { COMMANDS, VALUE_CALLERS, VALUES } from './scenarios/client.mjs';
import { ratioOf } from './statistics.mjs';
import {
  AUTO_PIPELINING,
  atLeast,
  atMost,
  findSamples,
  IOREDIS,
  leastOf,
  ratio,
  subjectSamples,
} from './target-measures.mjs';

const MANY_CALLERS = [64, 512];
const FOUR = COMMANDS.join(', ');

export const CLIENT_TARGETS = [
  ...MANY_CALLERS.flatMap((callers) =>
    COMMANDS.map((command, index) => ({
      name:
        index === 0
          ? `client ${command}, ${callers} callers, calls/s against ioredis auto-pipelining`
          : `client ${command}, ${callers} callers, the same`,
      ...atLeast(2, 2.5, 'x'),
      measure: calls('client', command, callers, AUTO_PIPELINING),
    })),
  ),
  {
    name: `client, 1 caller, the least of ${FOUR}, calls/s against plain ioredis`,
    ...atLeast(0.9, 1.05, 'x'),
    measure: leastOf(COMMANDS.map((command) => calls('client', command, 1, IOREDIS))),
  },
  {
    name: 'client pipelines of 100 commands, 8 callers, against ioredis auto-pipelining',
    ...atLeast(1.5, 2, 'x'),
    measure: calls('client', 'pipeline', 8, AUTO_PIPELINING),
  },
  {
    name: 'publish to receive, p50, how many times shorter than with plain ioredis',
    ...atLeast(0.95, 1, 'x'),
    measure: publishing('p50Micros'),
  },
  {
    name: 'publish to receive, p99, the same',
    ...atLeast(0.95, 1, 'x'),
    measure: publishing('p99Micros'),
  },
  ...MANY_CALLERS.map((callers) => ({
    name: `client in a cluster, ${callers} callers, the least of ${FOUR}, against ioredis auto-pipelining`,
    ...atLeast(2.5, 4, 'x'),
    measure: leastOf(COMMANDS.map((command) => calls('cluster-client', command, callers, AUTO_PIPELINING))),
  })),
  {
    name: `client in a cluster, 1 caller, the least of ${FOUR}, against plain ioredis`,
    ...atLeast(0.9, 1.05, 'x'),
    measure: leastOf(COMMANDS.map((command) => calls('cluster-client', command, 1, IOREDIS))),
  },
  {
    name: 'failover behind sentinels, time without a successful write, against plain ioredis',
    // Most of both times is that of the sentinels; a twentieth is what rounds differ by.
    ...atMost(1.05, 0.95, 'x'),
    measure({ failover }) {
      const subject = subjectSamples(failover?.samples);
      const baseline = failover?.samples[IOREDIS];
      return subject && baseline ? ratioOf(subject, baseline, 'longestMs') : null;
    },
  },
];

/** Bounds for the cost of a change. They are printed where an earlier build is a contender. */
export const CHANGE_TARGETS = [
  ...VALUES.map((kind) => ({
    name: `client ${callOf(kind)}, ${VALUE_CALLERS} callers, calls/s against the earlier build`,
    ...atLeast(0.9, 1, 'x'),
    measure: ({ client }) => againstEarlier(findSamples(client, { ...kind, callers: VALUE_CALLERS })),
  })),
  {
    name: 'the least of all other lines, the same',
    ...atLeast(0.97, 1, 'x'),
    measure: leastLine,
  },
];

function againstEarlier(samples) {
  const subject = subjectSamples(samples);
  const earlier = samples && Object.keys(samples).find(isEarlier);
  return subject && earlier ? ratioOf(subject, samples[earlier], 'callsPerSecond') : null;
}

function leastLine(results) {
  const isOther = ({ operation }) => !VALUES.some((kind) => kind.operation === operation);
  const cells = Object.values(results).flatMap((result) => result?.cells ?? []);
  const ratios = cells.filter(({ cell }) => isOther(cell)).map(({ samples }) => againstEarlier(samples));
  const measured = ratios.filter((one) => one !== null);
  return measured.length > 0
    ? measured.reduce((least, one) => (one.value < least.value ? one : least))
    : null;
}

function calls(scenario, command, callers, baseline) {
  return ratio(scenario, { operation: `client-${command}`, callers }, 'callsPerSecond', baseline);
}

/** Less is better for a time, so the quotient is the other way round. */
function publishing(percentile) {
  return ({ client }) => {
    const subject = subjectSamples(client?.publish.samples);
    const baseline = client?.publish.samples[IOREDIS];
    return subject && baseline ? ratioOf(baseline, subject, percentile) : null;
  };
}
