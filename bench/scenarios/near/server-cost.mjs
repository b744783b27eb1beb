/** The processor time of Redis a call, with near copies and without, in four processes that share the keys. */
import Redis from 'ioredis';

import { withHosts } from '../../contender-host.mjs';
import { NEAR_OFF, several } from '../../near-contenders.mjs';
import { orderOfRound } from '../../rounds.mjs';

export const PROCESSES = 4;
export const WRITE_SHARES = [0.01, 0.5];
export const EXPONENT = 0.9;
export const KEYS = 10_000;
/** Of each process. The copies of the first calls, and what is found out about their use, belong to the start. */
const WARM_UP_CALLS = 150_000;
const CALLS = 30_000;
const QUICK = { warmUpCalls: 60_000, calls: 10_000 };

/** Answers `{ [writeShare]: { samples } }`, where `samples[id][round]` is `{ serverMicrosPerCall, nearShare }`. */
export async function measureServerCost({ quick, ...options }) {
  const effort = quick ? QUICK : { warmUpCalls: WARM_UP_CALLS, calls: CALLS };
  const results = {};
  for (const writeShare of WRITE_SHARES) {
    results[writeShare] = await measureShare({ ...options, writeShare, ...effort });
  }
  return results;
}

async function measureShare({ subject, byId, redis, effort, progress, writeShare, warmUpCalls, calls }) {
  const contenders = [subject, byId[NEAR_OFF]];
  const processes = contenders.flatMap((contender) => several(contender, PROCESSES));
  const optionsOf = ({ settings }) => ({
    url: redis.url,
    keyPrefix: `bench-near:cost-${writeShare}-${settings.near !== false}:`,
  });
  const admin = new Redis(redis.url);
  try {
    return await withHosts(processes, optionsOf, async (hosts) => {
      const groups = contenders.map(({ id }, index) => ({
        id,
        hosts: hosts.slice(index * PROCESSES, (index + 1) * PROCESSES),
      }));
      const load = { keys: KEYS, exponent: EXPONENT, writeShare };
      const everywhere = (group, argument) =>
        Promise.all(group.hosts.map((host) => host.ask('mixedLoad', { ...load, ...argument })));
      const samples = Object.fromEntries(contenders.map(({ id }) => [id, []]));
      progress(`server cost: ${writeShare * 100} % writes, warming up`);
      for (const group of groups) {
        await everywhere(group, { calls: KEYS, writeShare: 1 });
        await everywhere(group, { calls: warmUpCalls });
      }
      progress(`server cost: ${writeShare * 100} % writes`);
      for (let round = 0; round < effort.rounds; round += 1) {
        for (const group of orderOfRound(groups, round)) {
          const nearBefore = await reads(group.hosts);
          const before = await serverMicros(admin);
          await everywhere(group, { calls });
          const serverMicrosPerCall = ((await serverMicros(admin)) - before) / (calls * PROCESSES);
          const near = await reads(group.hosts);
          const asked = near.hits + near.misses - nearBefore.hits - nearBefore.misses;
          const nearShare = asked === 0 ? 0 : (near.hits - nearBefore.hits) / asked;
          samples[group.id].push({ serverMicrosPerCall, nearShare });
        }
      }
      return { samples };
    });
  } finally {
    admin.disconnect();
  }
}

/** Processor time that the server has used, in microseconds. */
export async function serverMicros(admin) {
  const text = await admin.info('cpu');
  const seconds = (name) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(text)[1]);
  return (seconds('used_cpu_sys') + seconds('used_cpu_user')) * 1e6;
}

/** Hits and misses of the copies in all of these processes. */
async function reads(hosts) {
  const reports = await Promise.all(hosts.map((host) => host.ask('copies')));
  const sum = (name) => reports.reduce((total, report) => total + (report?.[name] ?? 0), 0);
  return { hits: sum('hits'), misses: sum('misses') };
}
