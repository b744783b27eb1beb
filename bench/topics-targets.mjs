/** The promises of notifications. */
import { ratioOf } from './statistics.mjs';
import { atLeast, IOREDIS, subjectSamples } from './target-measures.mjs';

/** Less is better for a time, so the quotient is the other way round. */
function latency(percentile) {
  return ({ topics }) => {
    const subject = subjectSamples(topics?.latency);
    const baseline = topics?.latency[IOREDIS];
    return subject && baseline ? ratioOf(baseline, subject, percentile) : null;
  };
}

function deliveries({ topics }) {
  const subject = subjectSamples(topics?.fanOut);
  const baseline = topics?.fanOut[IOREDIS];
  return subject && baseline ? ratioOf(subject, baseline, 'deliveriesPerSecond') : null;
}

export const TOPIC_TARGETS = [
  {
    name: 'publish to receive of a topic, p50, how many times shorter than with plain ioredis',
    ...atLeast(0.95, 1, 'x'),
    measure: latency('p50Micros'),
  },
  {
    name: 'publish to receive of a topic, p99, the same',
    ...atLeast(0.95, 1, 'x'),
    measure: latency('p99Micros'),
  },
  {
    name: 'deliveries to 1,000 readers of streams of events, against a fan-out by hand over ioredis',
    ...atLeast(1, 1.3, 'x'),
    measure: deliveries,
  },
];
