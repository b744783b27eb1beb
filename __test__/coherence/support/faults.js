'use strict';

const { setTimeout: delay } = require('node:timers/promises');
const { FOREIGN_NAME } = require('./foreign-client');
const { MAX_STALENESS_MS } = require('./limits');
const { ORGANIZATIONS } = require('./subjects');

// The faults, which happen in the middle of a round. Each fault has a `run(bench, random)`, which also heals it; `load` and `near` change
// the load and the options of the package, `limits` those of the rules, and `servers` names other servers (`sites.js`). A process is two threads with a client each; W is the connection that watches
// keys for the near cache, D any connection that sends calls.

/** Long enough for copies that nobody may answer any more. */
const BEYOND_STALENESS_MS = 1.8 * MAX_STALENESS_MS;
const SMALL_NEAR_BYTES = 64 * 1024;
/** Eight of these are more than the small near cache holds. */
const LONG_TEXT = 12 * 1024;
const OUTPUT_LIMIT_BYTES = 32 * 1024;
/** The server may hold so many bytes more than it has, before it drops keys. */
const SPARE_BYTES = 256 * 1024;
const FILLING = 'x'.repeat(16 * 1024);
/** It lives longer than what the load writes. */
const FILLING_MS = 900_000;
/** Slots whose keys are moved one after the other. */
const MOVES = 3;
/** Clients ask the sentinels twice a second. */
const NOTICED_MS = 1500;
/** An answer that no writer of the load has written. */
const OF_A_STRANGER = JSON.stringify([1, 'a value of another server']);

/** Connections as the server lists them, without the harness's own. */
async function connections(redis) {
  const lines = (await redis.command('CLIENT', 'LIST', 'TYPE', 'normal')).trim().split('\n');
  const own = await redis.command('CLIENT', 'ID');
  return lines
    .map((line) => Object.fromEntries(line.split(' ').map((field) => field.split(/=(.*)/s, 2))))
    .filter(({ id, name }) => Number(id) !== own && name !== FOREIGN_NAME);
}

/** Redis marks a connection with tracking by the flag t. */
const isWatching = ({ flags }) => flags.includes('t');

async function kill(redis, isChosen) {
  for (const connection of (await connections(redis)).filter(isChosen)) {
    // One that has ended meanwhile is no error.
    await redis.command('CLIENT', 'KILL', 'ID', connection.id);
  }
}

/** Does something several times, with pauses of up to `pauseMs`. */
async function repeatedly(times, pauseMs, random, act) {
  for (let time = 0; time < times; time += 1) {
    await delay(pauseMs / 2 + random.below(pauseMs / 2));
    await act();
  }
}

async function usedMemory(redis) {
  return Number(/^used_memory:(\d+)/m.exec(await redis.command('INFO', 'memory'))[1]);
}

/** Writes more than there is room for, several times over. */
async function crowd(redis, policy) {
  const limit = (await usedMemory(redis)) + SPARE_BYTES;
  await redis.command('CONFIG', 'SET', 'maxmemory-policy', policy);
  await redis.command('CONFIG', 'SET', 'maxmemory', limit);
  const names = Array.from({ length: (4 * SPARE_BYTES) / FILLING.length }, (_, index) => `filling:${index}`);
  for (const name of names) {
    await redis.command('SET', name, FILLING, 'PX', FILLING_MS);
    await delay(20);
  }
  await redis.command('UNLINK', ...names);
  await redis.command('CONFIG', 'SET', 'maxmemory', 0);
}

/** Moves the slot of an organization to another primary, half of its keys first. */
async function moveSlotOf(cluster, organization, random) {
  const slot = await cluster.slotOf(`{${organization}}`);
  const from = await cluster.ownerOfSlot(slot);
  const others = (await cluster.primaries()).filter((node) => node !== from);
  const move = await cluster.beginMove(slot, random.pick(others));
  const keys = await from.command('CLUSTER', 'GETKEYSINSLOT', slot, 1000);
  const half = keys.filter(() => random.chance(0.5));
  if (half.length > 0) await move.migrate(half);
  await delay(random.below(300));
  await move.finish();
}

/** Replies to fills arrive late, and so does what tells of changes. `requestMs` draws by how much calls are late. */
function slow(requestMs) {
  return async ({ proxy, eachProcess, isShort }, random) => {
    await repeatedly(isShort ? 4 : 6, 500, random, async () => {
      const replyDelayMs = 20 + random.below(130);
      await proxy.delay({ requestDelayMs: requestMs(random) });
      await proxy.delayWatching({ replyDelayMs });
      const leadMs = Math.min(10 + random.below(30), replyDelayMs);
      await eachProcess((one) => one.ask('tune', { races: { leadMs, fillMs: replyDelayMs } }));
    });
    await proxy.heal();
  };
}

const slowW = slow(() => 0);
/** A fill that is sent after a write overtakes it. */
const slowBoth = slow((random) => 20 + random.below(40));
const RACES = { races: { leadMs: 20, fillMs: 20 } };

const FAULTS = {
  none: { run: () => delay(1000) },

  'W slowed': { run: slowW },
  'W slowed; races': { load: RACES, run: slowW },
  'D and W slowed': { run: slowBoth },
  'D and W slowed; races': { load: RACES, run: slowBoth },

  'W partitioned': {
    async run({ proxy }, random) {
      await proxy.blackHoleWatching();
      await delay(BEYOND_STALENESS_MS + random.below(500));
      await proxy.heal();
    },
  },

  /**
   * All keys that the foreign process writes have copies. It writes them, and before W tells of that, nothing comes through any
   * more. But answers to earlier PINGs do.
   */
  'W slowed; then partitioned': {
    async run({ proxy, foreign }, random) {
      const late = 600 + random.below(100);
      await proxy.delayWatching({ replyDelayMs: late });
      await foreign.ask('tune', { rate: 'quiet' });
      await delay(2000);
      await foreign.ask('tune', { rate: 'busy' });
      await delay(late - 100);
      await proxy.blackHoleWatching();
      await foreign.ask('tune', { rate: 'quiet' });
      await delay(BEYOND_STALENESS_MS);
      await proxy.heal();
      await foreign.ask('tune', { rate: 'steady' });
    },
  },

  /** Afterwards a copy would be too old that nobody invalidates any more. */
  'W killed': {
    async run({ redis }, random) {
      await delay(500 + random.below(300));
      await kill(redis, isWatching);
      await delay(BEYOND_STALENESS_MS);
    },
  },

  'W killed often': {
    run: ({ redis }, random) => repeatedly(6, 400, random, () => kill(redis, isWatching)),
  },

  'D killed': {
    run: ({ redis }, random) => repeatedly(2, 1400, random, () => kill(redis, (one) => !isWatching(one))),
  },

  'Redis killed': {
    async run({ redis, emptied }, random) {
      await emptied(async () => {
        await redis.kill();
        await delay(200 + random.below(500));
        await redis.launch();
      });
    },
  },

  'Redis stopped': {
    async run({ redis }, random) {
      redis.pause();
      await delay(500 + random.below(2000));
      redis.resume();
    },
  },

  'Redis flushed': {
    run: ({ redis, emptied }, random) =>
      repeatedly(5, 400, random, () => emptied(() => redis.command(random.pick(['FLUSHALL', 'FLUSHDB'])))),
  },

  'small tracking table': {
    async run({ redis, eachProcess }) {
      await redis.command('CONFIG', 'SET', 'tracking-table-max-keys', 100);
      await eachProcess((one) => one.ask('tune', { readsFurther: true }));
      await delay(2000);
      await redis.command('CONFIG', 'SET', 'tracking-table-max-keys', 1_000_000);
    },
  },

  'small near cache': {
    near: { maxBytes: SMALL_NEAR_BYTES },
    load: { textLength: LONG_TEXT },
    run: () => delay(1500),
  },

  'loop blocked': {
    run: ({ processes }, random) =>
      repeatedly(3, 400, random, () =>
        random.pick(processes).ask('block', { thread: random.below(2), ms: 500 }),
      ),
  },

  'worker terminated': {
    async run({ processes }, random) {
      await delay(random.below(500));
      await random.pick(processes).ask('terminate');
      await delay(500);
    },
  },

  'process stopped': {
    async run({ processes, isShort }, random) {
      const stopped = random.pick(processes);
      stopped.pause();
      await delay(isShort ? 2000 : 5000);
      stopped.resume();
      await delay(500);
    },
  },

  'keys evicted': {
    // Others may drop an index, and a clearing finds its values by that.
    run: ({ redis, dropping }) => dropping(() => crowd(redis, 'volatile-ttl')),
  },

  /** A connection that has so much to read is closed by the server. */
  'small output limit': {
    load: { textLength: LONG_TEXT },
    async run({ redis }) {
      await redis.command('CONFIG', 'SET', 'client-output-buffer-limit', `normal ${OUTPUT_LIMIT_BYTES} 0 0`);
      await delay(2000);
      await redis.command('CONFIG', 'SET', 'client-output-buffer-limit', 'normal 0 0 0');
    },
  },

  'no permission to track': {
    async run({ redis }) {
      await redis.command('ACL', 'SETUSER', 'default', '-client|tracking');
      await kill(redis, isWatching);
      await delay(BEYOND_STALENESS_MS);
      await redis.command('ACL', 'SETUSER', 'default', '+client|tracking');
      await delay(1000);
    },
  },

  /** W finds another server behind the name than D, with other values. */
  'two servers behind one name': {
    servers: 'pair',
    async run({ redis, second, proxy, subjects }) {
      for (const { redisKey } of subjects) await second.command('SET', redisKey, OF_A_STRANGER, 'PX', 10_000);
      await proxy.routeTo(second);
      await kill(redis, isWatching);
      await delay(2000);
      await proxy.routeTo(redis);
      await kill(second, () => true);
      await delay(500);
    },
  },

  failover: {
    servers: 'sentinels',
    run: ({ group, doubtful }) =>
      doubtful(async () => {
        await group.failover();
        await group.settled();
        await delay(NOTICED_MS);
      }),
  },

  /** A server refuses a call whose keys have moved in part. It is sent again, and calls that came after it overtake it. */
  'slots moved and back': {
    servers: 'cluster',
    limits: { keepsOrder: false },
    async run({ cluster }, random) {
      for (let move = 0; move < MOVES; move += 1) {
        const organization = random.pick(ORGANIZATIONS);
        await moveSlotOf(cluster, organization, random);
        await delay(200);
        await moveSlotOf(cluster, organization, random);
      }
    },
  },
};

/** The faults under which a cache with factories is judged too. */
const OF_ENTRIES = [
  'none',
  'D and W slowed',
  'W killed often',
  'D killed',
  'Redis killed',
  'Redis stopped',
  'Redis flushed',
  'loop blocked',
  'worker terminated',
  'process stopped',
  'keys evicted',
  'small output limit',
  'no permission to track',
  'small near cache',
  'failover',
  'slots moved and back',
];
for (const name of OF_ENTRIES) {
  const fault = FAULTS[name];
  FAULTS[`entries: ${name}`] = { ...fault, room: 'entries' };
  if (fault.near !== undefined) continue;
  FAULTS[`entries without copies: ${name}`] = { ...fault, room: 'entries without copies', near: false };
}

/** Faults of the short form, which `npm test` runs. */
const SHORT = [
  'none',
  'W slowed',
  'W slowed; races',
  'D and W slowed; races',
  'W slowed; then partitioned',
  'W killed',
  'D killed',
  'Redis flushed',
  'worker terminated',
  'entries: none',
  'entries: Redis flushed',
  'entries: loop blocked',
  // Other options need other processes, so these come last.
  'small near cache',
  'entries without copies: none',
];

module.exports = { FAULTS, SHORT };
