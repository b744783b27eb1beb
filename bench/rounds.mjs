/** Alternating rounds: every contender in turn, again and again, so that noise meets all alike. */
import { separated } from './placement.mjs';

/** Hosts in the order of one round: each round another begins, so that none always follows the same. */
export function orderOfRound(hosts, round) {
  return hosts.map((_, position) => hosts[(position + round) % hosts.length]);
}

/**
 * Measures one cell with every host. Answers `{ cell, samples }`, where `samples[id][round]` is
 * what `runLoad` answered.
 */
async function measureCell({ hosts, cell, rounds, roundSeconds, warmUpSeconds }) {
  const operations = {};
  const samples = {};
  for (const host of hosts) {
    const callsPerSecond = await host.ask('warmUp', { cell, seconds: warmUpSeconds });
    operations[host.id] = Math.max(cell.callers * 2, Math.ceil(callsPerSecond * roundSeconds));
    samples[host.id] = [];
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const host of orderOfRound(hosts, round)) {
      const sample = await host.ask('measure', { cell, operations: operations[host.id] });
      samples[host.id].push(sample);
    }
  }
  return { cell, samples };
}

/** Measures one cell after the other; `serverPids` are those of the servers, none where there is no server. */
export async function measureCells({ hosts, cells, serverPids, effort, progress }) {
  const measured = [];
  for (const cell of cells) {
    progress(describeCell(cell));
    const measure = () => measureCell({ hosts, cell, ...effort });
    const contenderPids = hosts.map(({ pid }) => pid);
    measured.push(
      serverPids.length > 0 && cell.callers === 1
        ? await separated({ serverPids, contenderPids }, measure)
        : await measure(),
    );
  }
  return { cells: measured };
}

function describeCell({ operation, bytes, messages, callers }) {
  const size = bytes === undefined ? '' : `, ${bytes} B`;
  const length = messages === undefined ? '' : `, ${messages} messages`;
  return `${operation}${size}${length}, ${callers} caller${callers === 1 ? '' : 's'}`;
}
