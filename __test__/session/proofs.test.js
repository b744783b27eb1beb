'use strict';

const { randomOf } = require('../faults/support/random');
const { startCluster } = require('../support/cluster');
const { commandsSent } = require('../support/commands-sent');
const { openPackage } = require('../support/package');
const { inFreshProcess } = require('../support/process');
const { startRedis } = require('../support/redis');
const { SECRET, readable, someone } = require('../support/sessions-contract');
const { until } = require('../support/wait');

/** `npm test -- --full` asks for more of everything. */
const TIMES = process.env.ORGCACHE_FAULTS === 'full' ? 10 : 1;
const LONG_MS = 120_000;
const PROCESSES = 4;
const POLICIES = [
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
];

let redis;

beforeAll(async () => {
  redis = await startRedis();
});

beforeEach(() => redis.command('FLUSHALL'));

const open = (options) => openPackage({ url: redis.url, logLevel: 'off', ...options });
const roomOf = (options, orgcache = open()) => orgcache.createSessions({ secret: SECRET, ...options });

/** Reads sessions and ends users' until all of its own users have ended. Reports reads that were wrong. */
function historian({ own, users, driver, onRedisDown }) {
  return inFreshProcess(
    async ({ load, report, args }) => {
      const { createSessions, shutdown } = load();
      const { secret, own, users, onRedisDown } = args;
      const sessions = createSessions({ secret, onRedisDown });
      // All processes of a machine share this clock.
      const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
      const reads = [];
      const ends = {};
      let isOn = true;
      const reader = async () => {
        while (isOn) {
          const user = Math.floor(Math.random() * users.length);
          const { ids } = users[user];
          const begun = nowMs();
          const session = await sessions.get(ids[Math.floor(Math.random() * ids.length)]);
          reads.push([user, begun, nowMs(), session !== null]);
        }
      };
      const readers = Array.from({ length: 8 }, reader);
      for (const user of own) {
        const begun = nowMs();
        await sessions.destroyAll(users[user].userId);
        ends[user] = [begun, nowMs()];
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      isOn = false;
      await Promise.all(readers);
      report({ reads, ends });
      await shutdown();
    },
    {
      args: { secret: SECRET, own, users, onRedisDown },
      env: { REDIS_URL: redis.url, CACHE_DRIVER: driver, CACHE_LOG: 'off', NODE_ENV: process.env.NODE_ENV },
      timeoutMs: LONG_MS,
    },
  );
}

/** The reports of processes that read the sessions of 200 users while the users end. */
async function history() {
  const sessions = roomOf();
  const users = [];
  for (let n = 0; n < 200; n += 1) {
    const userId = someone();
    const made = await Promise.all([1, 2, 3].map(() => sessions.create({ userId })));
    const { id } = await sessions.rotate(made[0].id);
    users.push({ userId, ids: [id, ...made.map((one) => one.id)] });
  }
  const runs = await Promise.all(
    Array.from({ length: PROCESSES }, (_, number) =>
      historian({
        own: users.map((_user, position) => position).filter((position) => position % PROCESSES === number),
        users,
        driver: number % 2 ? 'thread' : 'loop',
        onRedisDown: number < 2 ? 'reject' : 'recent',
      }),
    ),
  );
  const reports = runs.map(({ report }) => report);
  const ends = Object.assign({}, ...reports.map((report) => report.ends));
  expect(Object.keys(ends)).toHaveLength(users.length);
  return { ends, reads: reports.flatMap((report) => report.reads) };
}

test(
  'no process reads a session whose user’s end was acknowledged before the read began',
  async () => {
    for (let round = 0; round < TIMES; round += 1) {
      const { ends, reads } = await history();
      const late = reads.filter(([user, begun, , isRead]) => isRead && begun > ends[user][1]);
      const early = reads.filter(([user, , ended, isRead]) => !isRead && ended < ends[user][0]);
      expect([late, early]).toEqual([[], []]);
      // There were reads of both kinds.
      expect(reads.filter(([user, begun]) => begun > ends[user][1]).length).toBeGreaterThan(1000);
      expect(reads.filter(([, , , isRead]) => isRead).length).toBeGreaterThan(1000);
    }
  },
  LONG_MS,
);

test('of 64 requests that hold a loaded session none brings it back, in two processes', async () => {
  const rooms = [roomOf(), roomOf({}, open({ driver: 'thread' }))];
  for (let round = 0; round < 20 * TIMES; round += 1) {
    const userId = someone();
    const { id } = await rooms[0].create({ userId, data: { n: 0 } });
    const loaded = await Promise.all(Array.from({ length: 64 }, (_, n) => rooms[n % 2].get(id)));
    if (round % 2) await rooms[0].destroy(id);
    else await rooms[0].destroyAll(userId);
    const saves = loaded.flatMap((session, n) => [
      rooms[n % 2].update(session.id, { n }),
      rooms[n % 2].update(session.id, (data) => ({ n: data.n + 1 })),
      rooms[n % 2].rotate(session.id),
      rooms[n % 2].extend(session.id),
      rooms[n % 2].touch(session.id),
    ]);
    const settled = await Promise.allSettled(saves);
    expect(settled.filter(({ value }) => value !== undefined && value !== false)).toEqual([]);
    expect(await readable(rooms[0], [id])).toEqual([]);
    expect(await rooms[1].list(userId)).toEqual([]);
  }
});

test('a user never has more than maxPerUser, at any moment of 200 creations in parallel', async () => {
  const rooms = [roomOf({ maxPerUser: 5 }), roomOf({ maxPerUser: 5 }, open())];
  const watching = roomOf({}, open());
  for (let round = 0; round < 3 * TIMES; round += 1) {
    const userId = someone();
    let isOn = true;
    const seen = [];
    const watched = (async () => {
      while (isOn) seen.push((await watching.list(userId)).length);
    })();
    const all = await Promise.all(Array.from({ length: 200 }, (_, n) => rooms[n % 2].create({ userId })));
    isOn = false;
    await watched;
    expect(Math.max(...seen)).toBeLessThanOrEqual(5);
    expect(
      await readable(
        watching,
        all.map(({ id }) => id),
      ),
    ).toHaveLength(5);
  }
});

test(
  'MONITOR, logs, errors and events have no id',
  async () => {
    const lines = [];
    const monitor = await (await open().getRedis()).monitor();
    monitor.on('monitor', (_time, words) => lines.push(words.join(' ')));
    const said = [];
    const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = (text) => said.push(String(text));
    try {
      const orgcache = open({ logLevel: 'debug' });
      const sessions = roomOf({ namespace: 'canary', maxPerUser: 3 }, orgcache);
      for (const event of ['created', 'rotated', 'destroyed', 'revoked', 'evicted']) {
        sessions.on(event, (detail) => said.push(JSON.stringify(detail)));
      }
      const ids = [];
      for (let n = 0; n < 250 * TIMES; n += 1) {
        const userId = `user-${n % 10}`;
        const { id } = await sessions.create({ userId, fingerprint: 'canary-fingerprint' });
        const rotated = await sessions.rotate(id);
        const login = await sessions.rotate(rotated.id, { userId: `login-${n % 10}` });
        const proved = await sessions.rotate(login.id, { authenticated: true });
        ids.push(id, rotated.id, login.id, proved.id);
        await Promise.all([sessions.get(id), sessions.get(proved.id), sessions.update(proved.id, { n })]);
        const failed = await Promise.allSettled([sessions.update(id, {}), sessions.rotate(id)]);
        said.push(...failed.map(({ reason }) => `${reason?.message} ${reason?.stack}`));
        said.push(JSON.stringify(await sessions.list(`login-${n % 10}`)));
        if (n % 3 === 0) await sessions.destroy(proved.id);
      }
      said.push(JSON.stringify(await sessions.stats()));
      await until(() => lines.some((line) => line.includes('!session:canary')));
      await orgcache.shutdown();
      const all = `${lines.join('\n')}\n${said.join('\n')}`;
      for (const id of ids) {
        // Its random bytes are what opens the session.
        for (const secret of [id, id.slice(14, 46)]) expect(all.includes(secret)).toBe(false);
      }
      for (const secret of ['canary-fingerprint', SECRET]) expect(all.includes(secret)).toBe(false);
      expect(ids).toHaveLength(1000 * TIMES);
    } finally {
      process.stderr.write = write;
      monitor.disconnect();
    }
  },
  LONG_MS,
);

test(
  'all sessions of a user end with as many commands whether they are one or 10,000',
  async () => {
    const sessions = roomOf();
    const commandsFor = async (count) => {
      const userId = someone();
      const all = await Promise.all(Array.from({ length: count }, () => sessions.create({ userId })));
      await sessions.destroyAll(someone());
      await redis.command('CONFIG', 'RESETSTAT');
      await sessions.destroyAll(userId);
      const sent = await commandsSent(redis);
      expect(await readable(sessions, [all[0].id, all[count - 1].id])).toEqual([]);
      return sent;
    };
    // The last of them, an UNLINK, goes out behind the answer.
    const { unlink: ofOne, ...forOne } = await commandsFor(1);
    const { unlink: ofMany, ...forMany } = await commandsFor(10_000);
    expect(forMany).toEqual(forOne);
    expect(forOne).toMatchObject({ evalsha: 1, rename: 1 });
    for (const unlinks of [ofOne, ofMany]) expect([1, 2]).toContain(unlinks);
  },
  LONG_MS,
);

test(
  '100,000 forged ids cost the server no command',
  async () => {
    const sessions = roomOf();
    const { id } = await sessions.create({ userId: someone() });
    await redis.command('CONFIG', 'RESETSTAT');
    const random = randomOf(7);
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (let done = 0; done < 100_000; done += 1000) {
      const forged = Array.from({ length: 1000 }, () => {
        const at = random.below(62);
        const other = random.pick([...letters].filter((letter) => letter !== id[at]));
        return `${id.slice(0, at)}${other}${id.slice(at + 1)}`;
      });
      expect(await readable(sessions, forged)).toEqual([]);
    }
    expect(await commandsSent(redis)).toEqual({});
  },
  LONG_MS,
);

test(
  '10,000 reads of a session write at most once a touch time and process',
  async () => {
    const rooms = [roomOf({ touchSeconds: 1 }), roomOf({ touchSeconds: 1 }, open({ driver: 'thread' }))];
    const { id } = await rooms[0].create({ userId: someone() });
    await redis.command('CONFIG', 'RESETSTAT');
    const began = performance.now();
    let reads = 0;
    while (reads < 10_000 || performance.now() - began < 2_500) {
      await Promise.all(Array.from({ length: 100 }, (_, n) => rooms[n % 2].get(id)));
      reads += 100;
    }
    const seconds = Math.ceil((performance.now() - began) / 1000);
    const { evalsha = 0 } = await commandsSent(redis);
    expect(Number(evalsha)).toBeGreaterThanOrEqual(1);
    expect(Number(evalsha)).toBeLessThanOrEqual(2 * seconds);
  },
  LONG_MS,
);

test(
  'whatever is done in whatever order, every key has an expiry',
  async () => {
    for (let seed = 1; seed <= 3 * TIMES; seed += 1) {
      const random = randomOf(seed);
      const rooms = ['a', 'b'].map((namespace) => roomOf({ namespace, maxPerUser: 4 }));
      const all = [];
      const known = () => (all.length === 0 ? 'x' : random.pick(all));
      const user = () => ({
        userId: `u-${random.below(20)}`,
        organizationId: random.chance(0.5) ? `o-${random.below(3)}` : undefined,
      });
      const steps = [
        async (room) => all.push((await room.create({ ...user(), data: { n: 1 } })).id),
        async (room) => all.push((await room.create()).id),
        (room) => room.get(known()),
        (room) => room.update(known(), { n: random.below(9) }),
        async (room) => all.push((await room.rotate(known(), { graceSeconds: random.below(3) })).id),
        async (room) => all.push((await room.rotate(known(), user())).id),
        (room) => room.touch(known()),
        (room) => room.extend(known(), { absoluteSeconds: 1 + random.below(100) }),
        (room) => room.destroy(known()),
        (room) => room.destroyAll(user().userId, { exceptId: random.chance(0.3) ? known() : undefined }),
        (room) => room.destroyOrganization(`o-${random.below(3)}`),
        (room) => room.count({ drop: random.chance(0.5) }),
      ];
      for (let round = 0; round < 30; round += 1) {
        await Promise.allSettled(Array.from({ length: 40 }, () => random.pick(steps)(random.pick(rooms))));
      }
      const keys = await redis.keys();
      const lives = await Promise.all(keys.map((key) => redis.command('PTTL', key)));
      expect(keys.length).toBeGreaterThan(20);
      expect(keys.filter((_key, position) => Number(lives[position]) === -1)).toEqual([]);
    }
  },
  LONG_MS,
);

test.each(POLICIES)(
  'where the server evicts by %s nobody who was logged out is logged in again',
  async (policy) => {
    const server = await startRedis({ configuration: ['maxmemory 4mb', `maxmemory-policy ${policy}`] });
    const sessions = roomOf({}, open({ url: server.url }));
    const ended = [];
    const made = [];
    const data = { text: 'x'.repeat(50), random: Array.from({ length: 40 }, () => Math.random()) };
    const isFull = async () =>
      Number(/evicted_keys:(\d+)/.exec(await server.command('INFO', 'stats'))[1]) > 50;
    for (let round = 0; round < 400 && !(ended.length > 100 && (await isFull())); round += 1) {
      const users = Array.from({ length: 50 }, someone);
      const all = await Promise.all(
        users.flatMap((userId) => [1, 2].map(() => sessions.create({ userId, data }).catch(() => null))),
      );
      const ids = all.filter(Boolean).map(({ id }) => id);
      made.push(...ids);
      await Promise.all(users.slice(0, 10).map((userId) => sessions.destroyAll(userId)));
      ended.push(
        ...all
          .slice(0, 20)
          .filter(Boolean)
          .map(({ id }) => id),
      );
    }
    expect(await isFull()).toBe(true);
    expect(await readable(sessions, ended)).toEqual([]);
    // Rotations and changes of what was evicted bring nothing back either.
    const gone = [];
    for (const id of made.slice(0, 300)) if ((await sessions.get(id)) === null) gone.push(id);
    await Promise.allSettled(
      gone.flatMap((id) => [sessions.update(id, { a: 1 }), sessions.rotate(id), sessions.touch(id)]),
    );
    expect(await readable(sessions, gone)).toEqual([]);
    await server.stop();
  },
  LONG_MS,
);

test(
  'after a failover to a replica that was behind, nobody who was logged out is logged in',
  async () => {
    const cluster = await startCluster({ primaries: 3, replicas: 1 });
    const clustered = () => openPackage({ clusterHosts: cluster.hosts, logLevel: 'off' });
    const [sessions, elsewhere] = [roomOf({}, clustered()), roomOf({}, clustered())];
    const userId = someone();
    const all = await Promise.all([1, 2, 3].map(() => sessions.create({ userId })));
    const kept = await sessions.create({ userId: someone() });
    const key = `{${Buffer.from(all[0].ref, 'base64url').subarray(0, 9).toString('base64url')}}`;
    const primary = await cluster.ownerOf(key);
    const [replica] = await cluster.replicasOf(primary);
    // The replica hears nothing from now on.
    replica.pause();
    await primary.command('CLIENT', 'KILL', 'TYPE', 'REPLICA');
    expect(await sessions.destroyAll(userId)).toBe('destroyed');
    await primary.kill();
    replica.resume();
    await replica.command('READONLY');
    const [users] = await replica.keys(`*!session:default:${key}`);
    expect(await replica.command('HLEN', users)).toBe(3);
    const tookOver = await cluster.hasTakenOver(replica);
    const ids = all.map(({ id }) => id);
    const isEnded = async () => (await readable(elsewhere, ids)).length === 0;
    await until(() => isEnded().catch(() => false), { timeoutMs: 15_000 });
    // Answers of the new primary came within a second of its lead, but for the time until clients knew of it.
    const readableAfter = [];
    const lookingUntilMs = performance.now() + 1_500;
    while (performance.now() < lookingUntilMs) {
      const found = await readable(elsewhere, ids).catch(() => []);
      if (performance.now() - tookOver > 1_000) readableAfter.push(...found);
    }
    expect(readableAfter).toEqual([]);
    expect(await readable(sessions, [...ids, kept.id])).toEqual([kept.id]);
  },
  LONG_MS,
);
