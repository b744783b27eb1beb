/** What the report says of the client with the interface of ioredis. */
import { callOf, PIPELINE_COMMANDS } from './client-workloads.mjs';
import { contenderById } from './contenders.mjs';
import { measuredText, renderCells, whole } from './figures.mjs';
import { spread } from './statistics.mjs';
import { renderTable } from './table.mjs';

export function renderClients({ client, 'cluster-client': cluster, failover }) {
  const sections = [];
  if (client)
    sections.push(...renderCells(client.cells, titled('Client'), label), renderPublish(client.publish));
  if (cluster) sections.push(...renderCells(cluster.cells, titled('Client in a cluster of three'), label));
  if (failover) sections.push(renderFailover(failover));
  return sections;
}

const label = (id) => contenderById(id).client;

function titled(what) {
  return ({ operation, bytes }) => {
    if (operation === 'client-pipeline') {
      return `${what}, pipelines of ${PIPELINE_COMMANDS} sets and gets of ${bytes} B, calls are pipelines`;
    }
    return `${what}, ${callOf({ operation, bytes })}`;
  };
}

function renderPublish({ messages, samples }) {
  const rows = Object.entries(samples).map(([id, rounds]) => [
    label(id),
    measuredText(spread(rounds.map(({ p50Micros }) => p50Micros)), 'us'),
    measuredText(spread(rounds.map(({ p99Micros }) => p99Micros)), 'us'),
  ]);
  const title = `From publishing to receiving, ${whole(messages)} messages one after the other`;
  return `${title}\n${renderTable(['contender', 'p50', 'p99'], rows)}`;
}

function renderFailover({ samples }) {
  const rows = Object.entries(samples).map(([id, rounds]) => [
    label(id),
    measuredText(spread(rounds.map(({ longestMs }) => longestMs)), 'ms'),
    whole(spread(rounds.map(({ refused }) => refused)).value),
  ]);
  const title = 'A primary behind three sentinels killed, a write begun every 5 ms';
  return `${title}\n${renderTable(['contender', 'without a successful write', 'writes refused'], rows)}`;
}
