/** The processor time of Redis a call, with near copies and without, in four processes that share the keys. */
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

/**
 * Answers `{ [writeShare]: { samples } }`, where `samples[id][round]` is `{ serverMicrosPerCall, nearShare, fillsPerCall,
 * vainPerCall }`.
 */
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
  const load = { keys: KEYS, exponent: EXPONENT, writeShare };
  // Whoever reads the targets alone needs no peers.
  const { default: Redis } = await import('ioredis');
  const admin = new Redis(redis.url);
  try {
    return await withHosts(processes, optionsOf, async (hosts) => {
      const fleets = contenders.map(
        ({ id }, index) => new Fleet(id, hosts.slice(index * PROCESSES, (index + 1) * PROCESSES), admin),
      );
      const samples = Object.fromEntries(fleets.map(({ id }) => [id, []]));
      progress(`server cost: ${writeShare * 100} % writes, warming up`);
      for (const fleet of fleets) {
        await fleet.run({ ...load, calls: KEYS, writeShare: 1 });
        await fleet.run({ ...load, calls: warmUpCalls });
      }
      progress(`server cost: ${writeShare * 100} % writes`);
      for (let round = 0; round < effort.rounds; round += 1) {
        for (const fleet of orderOfRound(fleets, round)) {
          samples[fleet.id].push(await fleet.measure({ ...load, calls }));
        }
      }
      return { samples };
    });
  } finally {
    admin.disconnect();
  }
}

const COUNTERS = ['hits', 'misses', 'fills', 'refusedFills', 'droppedFills'];

/** The processes of one contender. */
class Fleet {
  #hosts;
  #admin;

  constructor(id, hosts, admin) {
    this.id = id;
    this.#hosts = hosts;
    this.#admin = admin;
  }

  /** @param load of each process */
  run(load) {
    return Promise.all(this.#hosts.map((host) => host.ask('mixedLoad', load)));
  }

  async measure(load) {
    const countersBefore = await this.#counters();
    const before = await serverMicros(this.#admin);
    await this.run(load);
    const spent = (await serverMicros(this.#admin)) - before;
    const after = await this.#counters();
    const calls = load.calls * this.#hosts.length;
    const [hits, misses, fills, refused, dropped] = after.map(
      (count, index) => count - countersBefore[index],
    );
    return {
      serverMicrosPerCall: spent / calls,
      nearShare: hits === 0 ? 0 : hits / (hits + misses),
      fillsPerCall: fills / calls,
      vainPerCall: (refused + dropped) / calls,
    };
  }

  /** What the copies of all these processes have counted. */
  async #counters() {
    const reports = await Promise.all(this.#hosts.map((host) => host.ask('copies')));
    return COUNTERS.map((name) => reports.reduce((sum, report) => sum + (report?.[name] ?? 0), 0));
  }
}

/** Processor time that the server has used, in microseconds. */
export async function serverMicros(admin) {
  const text = await admin.info('cpu');
  const seconds = (name) => Number(new RegExp(`^${name}:([\\d.]+)`, 'm').exec(text)[1]);
  return (seconds('used_cpu_sys') + seconds('used_cpu_user')) * 1e6;
}
