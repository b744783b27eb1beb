/** Commands, pipelines and messages through the interface of ioredis. */
import { withHosts } from '../contender-host.mjs';
import { clientsAmong } from '../contenders.mjs';
import { separated } from '../placement.mjs';
import { measureCells, orderOfRound } from '../rounds.mjs';

export const COMMANDS = ['get', 'set', 'hset', 'xadd'];
export const BYTES = 100;
/** What Buffers as arguments and long replies cost. */
export const VALUES = [
  { operation: 'client-set-buffer', bytes: BYTES },
  { operation: 'client-set-buffer', bytes: 4_096 },
  { operation: 'client-hgetall', bytes: BYTES },
  { operation: 'client-lrange', bytes: BYTES },
];
export const VALUE_CALLERS = 64;
/** A server that pipelines has a few under way, not hundreds. */
export const PIPELINE_CALLERS = [1, 8];
const MESSAGES = 2_000;

export function commandCells(callers) {
  return COMMANDS.flatMap((command) =>
    callers.map((count) => ({ operation: `client-${command}`, bytes: BYTES, callers: count })),
  );
}

export async function measureClient({ contenders, callers, redis, effort, progress }) {
  const chosen = clientsAmong(contenders);
  if (chosen.length === 0) return null;
  const pipelines = PIPELINE_CALLERS.map((count) => ({
    operation: 'client-pipeline',
    bytes: BYTES,
    callers: count,
  }));
  const values = VALUES.map((kind) => ({ ...kind, callers: VALUE_CALLERS }));
  const cells = [...commandCells(callers), ...values, ...pipelines];
  const serverPids = [redis.pid];
  return withHosts(
    chosen,
    () => ({ topology: { url: redis.url } }),
    async (hosts) => ({
      ...(await measureCells({ hosts, cells, serverPids, effort, progress })),
      publish: await measurePublish({ hosts, serverPids, effort, progress }),
    }),
  );
}

/** Answers `{ samples }`, where `samples[id][round]` has the percentiles of one message's way at a time. */
async function measurePublish({ hosts, serverPids, effort, progress }) {
  progress('publish to receive, one publisher and one subscriber');
  const samples = Object.fromEntries(hosts.map(({ id }) => [id, []]));
  const contenderPids = hosts.map(({ pid }) => pid);
  await separated({ serverPids, contenderPids }, async () => {
    for (const host of hosts) await host.ask('publishLatency', { messages: MESSAGES });
    for (let round = 0; round < effort.rounds; round += 1) {
      for (const host of orderOfRound(hosts, round)) {
        samples[host.id].push(await host.ask('publishLatency', { messages: MESSAGES }));
      }
    }
  });
  return { messages: MESSAGES, samples };
}
