'use strict';

const { rejection, until } = require('./wait');

const PHONE = '15550100001';
const SECRET = 'a secret that all rooms of the test have';

/** Directories in which sessions have users of all organizations. */
const OF_ALL_USERS = /!session:\w+:i\d+$/;

/** Names that keys of another organization could be taken for, if they were not told apart exactly. */
const NAMES = [
  'acme',
  'acme2',
  'a',
  'acme:1',
  'a:b',
  'org 1',
  'org%201',
  'global',
  '{acme}',
  '*',
  'Übersee',
  '__proto__',
];

/** Puts something of the organization into every room that has an API here. Answers functions that read it back. */
async function fill(orgcache, name) {
  const { cacheAdapter, cacheManager, createCache, createLimiter, createSessions, createTopics, topic } =
    orgcache;
  await cacheAdapter.setConversationContext(name, PHONE, [{ role: 'user', content: name }]);
  await cacheAdapter.setConversationHistoryCache(name, PHONE, [{ role: 'user', content: name }]);
  await cacheAdapter.setOrganizationData(name, `name of ${name}`);
  await cacheManager.set('settings', { of: name }, 600, name);
  await cacheManager.hset('hash', 'field', { of: name }, 600, name);
  cacheAdapter.setHumanControlSession(name, PHONE, { of: name });
  const users = createCache({ name: 'users', graceSeconds: 60 }).org(name);
  await users.set('7', { of: name }, { tags: ['staff'] });
  await users.namespace('inner').getOrSet('8', () => name, { tags: ['inner'] });
  await users.invalidateTags(['nobody-has-it']);
  const limiter = createLimiter({
    namespace: 'erasure',
    secret: 'a secret of this test, which all instances share',
    policies: {
      api: { limit: 1, windowSeconds: 3600 },
      // Nothing prolongs them while a test runs, so that what others have stays as it is.
      uploads: { limit: 1, algorithm: 'concurrency', leaseSeconds: 3600 },
    },
  });
  const check = { policy: 'api', kind: 'user', id: '7', organizationId: name };
  await limiter.consume(check);
  await limiter.block({ kind: 'user', id: '9', organizationId: name }, 600);
  const itself = { policy: 'api', kind: 'organization', id: name };
  await limiter.consume(itself);
  // One room stays open. The other is closed, and its namespace is known to nobody here any more.
  const rooms = ['kept', 'closed'].map((namespace) => createSessions({ secret: SECRET, namespace }));
  const logins = [];
  for (const room of rooms) {
    for (const userId of ['7', '9']) {
      logins.push(await room.create({ userId, organizationId: name, data: { of: name } }));
    }
  }
  await rooms[0].rotate(logins[0].id);
  await rooms[1].close();
  const reader = createSessions({ secret: SECRET, namespace: 'closed', onRedisDown: 'recent' });
  const topics = createTopics({ topics: { news: topic({ replay: 10 }) } });
  await topics.publish('news', name, { organizationId: name, id: 'first' });
  await topics.publish('news', name, { organizationId: name, userId: '7' });
  const newsOf = async (options) =>
    (await topics.history('news', { organizationId: name, ...options })).at(-1);
  const upload = { policy: 'uploads', kind: 'user', id: '7', organizationId: name };
  const { lease } = await limiter.acquire(upload);
  return {
    limiter,
    watched: rooms[0].watch(logins[1].id),
    // A lease that is garbage would be released.
    lease,
    /** Reads everything that a reader sees of the organization. */
    read: async () => [
      await cacheAdapter.getConversationContext(name, PHONE),
      await cacheAdapter.getConversationHistoryCache(name, PHONE),
      await cacheAdapter.getOrganizationData(name),
      await cacheManager.get('settings', name),
      await cacheManager.hget('hash', 'field', name),
      cacheAdapter.getHumanControlSession(name, PHONE) ?? null,
      (await users.get('7')) ?? null,
      (await users.namespace('inner').get('8')) ?? null,
      (await limiter.peek(check)).remaining === 1 ? null : 'limited',
      ((await limiter.peek({ ...check, id: '9' })).retryAfterMs ?? 0) > 0 ? 'blocked' : null,
      (await limiter.peek(itself)).remaining === 1 ? null : 'limited',
      ...(await Promise.all(logins.slice(0, 2).map(({ id }) => rooms[0].get(id)))),
      ...(await Promise.all(logins.slice(2).map(({ id }) => reader.get(id)))),
      (await newsOf())?.payload ?? null,
      (await newsOf({ userId: '7' }))?.payload ?? null,
      (await limiter.peek(upload)).remaining === 1 ? null : 'leased',
    ],
  };
}

/**
 * What an erasure promises, whatever the store. `open()` answers an instance; `snapshot()` the contents of every key in
 * Redis by its name, or undefined where there is no Redis.
 */
function erasureContract(open, { snapshot }) {
  let orgcache;

  beforeEach(async () => {
    orgcache = await open();
  });

  afterEach(() => orgcache.shutdown({ timeoutMs: 500 }));

  test.each(['index', 'scan'])(
    'nothing is left of one organization, and the others have all they had: %s',
    async (verify) => {
      const filled = new Map();
      for (const name of NAMES) filled.set(name, await fill(orgcache, name));
      for (const name of NAMES) expect(await filled.get(name).read()).not.toContain(null);
      for (const [position, name] of NAMES.entries()) {
        const before = await snapshot();
        const report = await orgcache.eraseOrganization(name, { verify });
        expect(report).toMatchObject({ remaining: 0, verified: verify });
        expect(report.entries).toBeGreaterThanOrEqual(10);
        expect((await filled.get(name).read()).filter((value) => value !== null)).toEqual([]);
        expect(filled.get(name).watched.signal.aborted).toBe(true);
        for (const other of NAMES.slice(position + 1)) {
          expect(await filled.get(other).read()).not.toContain(null);
          expect(filled.get(other).watched.signal.aborted).toBe(false);
        }
        const after = await snapshot();
        for (const [key, content] of after ?? []) {
          if (!OF_ALL_USERS.test(key)) expect([key, content]).toEqual([key, before.get(key)]);
        }
      }
      // The limiter's own sign of life is nobody's.
      const left = [...((await snapshot()) ?? new Map()).keys()].filter(
        (key) => !key.endsWith('!limit:!instances'),
      );
      expect(left).toEqual([]);
    },
    60_000,
  );

  test('it reports what it has removed by place', async () => {
    await fill(orgcache, 'acme');
    const nobodys = orgcache.createSessions({ secret: SECRET, namespace: 'kept' });
    const kept = [await nobodys.create(), await nobodys.create({ userId: '7' })];
    const { rooms, entries, bytes } = await orgcache.eraseOrganization('acme');
    const expected = { values: 5, caches: 2, maps: 1 };
    for (const [place, count] of Object.entries(expected)) expect(rooms[place].entries).toBe(count);
    for (const place of ['values', 'caches', 'tags']) expect(rooms[place].bytes).toBeGreaterThan(0);
    expect(rooms.tags.entries).toBeGreaterThanOrEqual(3);
    expect(rooms.limits.entries).toBeGreaterThanOrEqual(3);
    // The one that was rotated has an alias.
    expect(rooms.sessions.entries).toBe(5);
    expect(rooms.sessions.bytes).toBeGreaterThan(0);
    for (const { id } of kept) expect(await nobodys.get(id)).not.toBeNull();
    expect(rooms.topics.entries).toBe(3);
    const sum = (field) => Object.values(rooms).reduce((all, room) => all + room[field], 0);
    expect([entries, bytes]).toEqual([sum('entries'), sum('bytes')]);
    expect(await orgcache.eraseOrganization('acme')).toMatchObject({ entries: 0, remaining: 0 });
  });

  test('writes are refused meanwhile, and taken afterwards; a factory answers and nothing of it is kept', async () => {
    const { cacheAdapter, cacheManager, createCache, createSessions } = orgcache;
    const users = createCache({ name: 'users' });
    const topics = orgcache.createTopics({
      topics: { news: orgcache.topic({ replay: 1 }), live: orgcache.topic() },
    });
    await users.org('acme').set('7', 1);
    await users.org('acme').getOrSet('late', () => 1);
    const flying = users.org('acme').getOrSet('flying', async () => {
      await until(() => erased !== undefined);
      return 'made';
    });
    let erased;
    // Long enough for the lease to be there.
    if ((await snapshot()) !== undefined) {
      await until(async () => [...(await snapshot()).keys()].some((key) => key.includes('!lease')));
    }
    const erasing = orgcache.eraseOrganization('acme');
    const refused = [
      cacheManager.set('settings', 1, 60, 'acme'),
      cacheManager.delete('settings', 'acme'),
      cacheAdapter.setConversationContext('acme', PHONE, []),
      users.org('acme').set('8', 1),
      users.org('acme').invalidateTags(['t']),
      users.org('acme').mutate({ keys: ['7'] }, async () => {}),
      topics.publish('news', 1, { organizationId: 'acme' }),
      topics.publish('live', 1, { organizationId: 'acme', userId: '7' }),
    ].map((call) => rejection(call));
    const sessions = createSessions({ secret: SECRET });
    refused.push(rejection(sessions.create({ userId: 'u', organizationId: 'acme' })));
    const own = users.org('acme').getOrSet('own', () => 'own');
    const other = cacheManager.set('settings', 1, 60, 'acme2');
    for (const error of await Promise.all(refused)) {
      expect(error).toMatchObject({ code: 'E_ERASING', retryable: true });
      expect(error.message).not.toContain('acme');
    }
    expect(await other).toBe(true);
    expect(await own).toBe('own');
    expect(await erasing).toMatchObject({ remaining: 0 });
    erased = true;
    expect(await flying).toBe('made');
    expect(await users.org('acme').get('flying')).toBeUndefined();
    expect(await users.org('acme').get('own')).toBeUndefined();
    expect(await cacheManager.set('settings', 1, 60, 'acme')).toBe(true);
    expect(await cacheManager.get('settings', 'acme')).toBe(1);
  });

  test.each([
    [[''], 'E_KEY'],
    [[null], 'E_KEY'],
    [[undefined], 'E_KEY'],
    [[{}], 'E_KEY'],
    [['acme', { verify: 'all' }], 'E_ARGUMENT'],
    [['acme', { timeoutMs: 0 }], 'E_ARGUMENT'],
    [['acme', { timeoutMs: '5' }], 'E_ARGUMENT'],
    [['acme', { verifies: 'scan' }], 'E_ARGUMENT'],
    [['acme', 'scan'], 'E_CONFIG'],
  ])('%j is refused with %s', async (given, code) => {
    await orgcache.cacheManager.set('settings', 1, 60, 'acme');
    expect(await rejection(orgcache.eraseOrganization(...given))).toMatchObject({ code });
    expect(await orgcache.cacheManager.set('settings', 2, 60, 'acme')).toBe(true);
  });

  test('a name that is too long for a key is refused', async () => {
    const error = await rejection(orgcache.eraseOrganization('x'.repeat(2000)));
    expect(error).toMatchObject({ code: 'E_KEY' });
    expect(error.message).not.toContain('xxx');
  });
}

module.exports = { PHONE, erasureContract, fill };
