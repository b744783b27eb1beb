'use strict';

const { randomOf } = require('../faults/support/random');
const { startCluster } = require('../support/cluster');
const { openPackage } = require('../support/package');
const { runNode } = require('../support/process');
const { startRedis, withRedis } = require('../support/redis');
const { SECRET, readable } = require('../support/sessions-contract');
const { until } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });
const NAMESPACES = ['default', 'admin', 'session-service'];
const USERS = ['u-1', 'u-2', 'acme', 'acme2'];

const open = (options) => openPackage({ url: redis.url, logLevel: 'off', ...options });
const roomOf = (orgcache, namespace) => orgcache.createSessions({ secret: SECRET, namespace });

/** Keys of sessions that have a user or an organization. */
const keysOfSessions = async () => (await redis.keys('*!session:*')).sort();

test('the command erases sessions in namespaces that it has never opened', async () => {
  const orgcache = open();
  const rooms = NAMESPACES.map((namespace) => roomOf(orgcache, namespace));
  const ended = [];
  const kept = [];
  for (const room of rooms) {
    ended.push([room, await room.create({ userId: 'u-1', organizationId: 'acme' })]);
    kept.push([room, await room.create({ userId: 'u-1', organizationId: 'acme2' })]);
    kept.push([room, await room.create({ userId: 'acme' })]);
  }
  const words = ['js/cli/orgcache.js', 'erase', '--org', 'acme', '--url', redis.url];
  const { stdout } = await runNode(words, { env: { NODE_ENV: process.env.NODE_ENV } });
  expect(stdout).toMatch(/^sessions +3 /m);
  for (const [room, { id }] of ended) expect(await room.get(id)).toBeNull();
  for (const [room, { id }] of kept) expect(await room.get(id)).not.toBeNull();
});

test('sessions that their directory has lost are erased too, and a second look finds what came meanwhile', async () => {
  const orgcache = open();
  const room = roomOf(orgcache, 'default');
  const { id } = await room.create({ userId: 'u-1', organizationId: 'acme' });
  await redis.command('DEL', ...(await keysOfSessions()).filter((key) => /:(o:.*|i\d+)$/.test(key)));
  const { remaining, rooms } = await orgcache.eraseOrganization('acme', { verify: 'scan' });
  expect([remaining, rooms.sessions.entries]).toEqual([0, 1]);
  expect(await room.get(id)).toBeNull();
  expect(await keysOfSessions()).toEqual([]);
  // Another process refuses nothing.
  const record = `s${Date.now()} 0 1800000 43200000 0 1\n{"organizationId":"acme","userId":"u-1"}\n{}`;
  let isOn = true;
  const creating = (async () => {
    while (isOn)
      await redis.command('HSET', `orgcache:test:!session:elsewhere:{${'A'.repeat(12)}}`, 'f', record);
  })();
  await until(async () => (await keysOfSessions()).length > 0);
  const looked = await orgcache.eraseOrganization('acme', { verify: 'scan' });
  isOn = false;
  await creating;
  expect(looked.entries).toBeGreaterThan(0);
  expect(await orgcache.eraseOrganization('acme', { verify: 'scan' })).toMatchObject({ remaining: 0 });
  expect(await keysOfSessions()).toEqual([]);
});

test.each([1, 2, 3])(
  'whichever organizations there are, one is erased and all others stay: seed %i',
  async (seed) => {
    const random = randomOf(seed);
    const orgcache = open();
    const rooms = NAMESPACES.map((namespace) => roomOf(orgcache, namespace));
    const organizations = ['acme', 'acme2', 'ac', 'ac:me', '{acme}', 'é"\\', '*', undefined];
    const all = [];
    for (let n = 0; n < 60; n += 1) {
      const [room, organizationId] = [random.pick(rooms), random.pick(organizations)];
      all.push({
        room,
        organizationId,
        ...(await room.create({ userId: random.pick(USERS), organizationId })),
      });
    }
    const erased = random.pick(organizations.slice(0, -1));
    expect(await orgcache.eraseOrganization(erased, { verify: 'scan' })).toMatchObject({ remaining: 0 });
    for (const { room, id, organizationId } of all) {
      expect([organizationId, (await room.get(id)) === null]).toEqual([
        organizationId,
        organizationId === erased,
      ]);
    }
    // Directories of all users have those alone whose sessions are there.
    for (const room of rooms) {
      const { users, live } = await room.count();
      expect((await room.stats()).users).toBe(users);
      expect(live).toBe(all.filter((one) => one.room === room && one.organizationId !== erased).length);
    }
  },
);

test('more users than a step takes leave no trace', async () => {
  const orgcache = open();
  const room = roomOf(orgcache, 'default');
  const many = Array.from({ length: 2500 }, (_, n) => ({ userId: `u-${n}`, organizationId: 'acme' }));
  await Promise.all(many.map((one) => room.create(one)));
  const { id } = await room.create({ userId: 'u-1' });
  expect((await orgcache.eraseOrganization('acme')).rooms.sessions.entries).toBe(2500);
  expect((await room.stats()).users).toBe(1);
  expect(await room.get(id)).not.toBeNull();
  expect((await keysOfSessions()).length).toBe(2);
});

test('a new primary that was behind is told whose sessions were erased', async () => {
  const server = await startRedis();
  const orgcache = open({ url: server.url });
  const room = roomOf(orgcache, 'default');
  const gone = await room.create({ userId: 'u-1', organizationId: 'acme' });
  const kept = await room.create({ userId: 'u-1' });
  await server.command('SAVE');
  await orgcache.eraseOrganization('acme');
  await server.kill();
  await server.restart();
  const other = roomOf(open({ url: server.url }), 'default');
  await until(async () => (await room.get(kept.id).catch(() => null)) !== null, { timeoutMs: 15_000 });
  await until(async () => (await readable(other, [gone.id, kept.id])).join() === kept.id);
});

test('in a cluster the sessions of every slot go', async () => {
  const cluster = await startCluster({ primaries: 3, replicas: 0 });
  const orgcache = openPackage({ clusterHosts: cluster.hosts, logLevel: 'off' });
  const rooms = NAMESPACES.map((namespace) => roomOf(orgcache, namespace));
  const [ended, kept] = [[], []];
  for (let n = 0; n < 60; n += 1) {
    const room = rooms[n % rooms.length];
    ended.push([room, await room.create({ userId: `u-${n}`, organizationId: 'acme' })]);
    kept.push([room, await room.create({ userId: `u-${n}`, organizationId: 'acme2' })]);
  }
  const watched = ended[0][0].watch(ended[0][1].id);
  const report = await orgcache.eraseOrganization('acme', { verify: 'scan' });
  expect([report.remaining, report.rooms.sessions.entries]).toEqual([0, 60]);
  expect(watched.signal.aborted).toBe(true);
  for (const [room, { id }] of ended) expect(await room.get(id)).toBeNull();
  for (const [room, { id }] of kept) expect(await room.get(id)).not.toBeNull();
  for (const room of rooms) expect((await room.stats()).users).toBe(20);
}, 60_000);
