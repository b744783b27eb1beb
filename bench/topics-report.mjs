/** The part of the report about notifications. */
import { contenderById } from './contenders.mjs';
import { measuredText, whole } from './figures.mjs';
import { spread } from './statistics.mjs';
import { renderTable } from './table.mjs';

export function renderTopics({ topics }) {
  if (!topics) return [];
  return [renderLatency(topics), renderFanOut(topics)];
}

const label = (id) => contenderById(id).client;
const of = (rounds, field) => spread(rounds.map((round) => round[field]));

function renderLatency({ messages, latency }) {
  const rows = Object.entries(latency).map(([id, rounds]) => [
    label(id),
    measuredText(of(rounds, 'p50Micros'), 'us'),
    measuredText(of(rounds, 'p99Micros'), 'us'),
  ]);
  const title = `A message of a topic from publishing to receiving, ${whole(messages)} one after the other`;
  return `${title}\n${renderTable(['contender', 'p50', 'p99'], rows)}`;
}

function renderFanOut({ published, readers, fanOut }) {
  const rows = Object.entries(fanOut).map(([id, rounds]) => [
    label(id),
    whole(of(rounds, 'deliveriesPerSecond').value),
    measuredText(of(rounds, 'publisherCpuMicros'), 'us'),
  ]);
  const title = `${whole(published)} messages to ${whole(readers)} readers of streams of events`;
  return `${title}\n${renderTable(['contender', 'deliveries/s', 'processor time a delivery'], rows)}`;
}
