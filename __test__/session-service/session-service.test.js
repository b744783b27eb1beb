'use strict';

const { runNode } = require('../support/process');
const { startRedis, withRedis } = require('../support/redis');
const { SECRET, openService } = require('../support/session-service');
const { closedPort, startSilentServer } = require('../support/silent-server');
const { rejection, until, within } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });
const device = { userAgent: 'a browser', ipAddress: '192.0.2.1' };
const STORES = [
  ['Redis', () => ({ url: redis.url })],
  ['Redis with the thread driver', () => ({ url: redis.url, driver: 'thread' })],
  ['the embedded store', () => ({ useRedis: false })],
];
const HEX = 'a1'.repeat(32);

let counter = 0;
const someone = () => `someone-${++counter}`;

/** How often a command was sent. */
async function calls(command) {
  const info = await redis.command('INFO', 'commandstats');
  return Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(info)?.[1] ?? 0);
}

describe.each(STORES)('the session service over %s', (_name, options) => {
  let service;

  beforeEach(() => {
    ({ service } = openService(options()));
  });

  test('creates a session whose record has what such a service tells', async () => {
    const before = Date.now();
    const record = await service.createSession('u-1', {}, device);
    expect(record).toEqual({
      sessionId: expect.stringMatching(/^[\w-]{62}$/),
      userId: 'u-1',
      createdAt: expect.any(Number),
      lastAccessed: record.createdAt,
      expiresAt: record.createdAt + 86_400_000,
      isActive: true,
      metadata: {},
      ...device,
    });
    expect(Math.abs(record.createdAt - before)).toBeLessThan(10_000);
    const read = await service.getSession(record.sessionId);
    expect({ ...read, lastAccessed: 0 }).toEqual({ ...record, lastAccessed: 0 });
    expect(read.lastAccessed).toBeGreaterThanOrEqual(record.lastAccessed);
    const short = await service.createSession('u-1', { ttl: 60 });
    expect(short.expiresAt - short.createdAt).toBe(60_000);
    expect(short).not.toHaveProperty('userAgent');
  });

  test('validates, extends and ends a session', async () => {
    const { sessionId } = await service.createSession(someone(), { ttl: 1 });
    expect(await service.validateSession(sessionId)).toBe(true);
    const before = Date.now();
    expect(await service.extendSession(sessionId)).toBe(true);
    const { expiresAt } = await service.getSession(sessionId);
    expect(Math.abs(expiresAt - before - 86_400_000)).toBeLessThan(10_000);
    expect(await service.extendSession(sessionId, 60)).toBe(true);
    expect(await service.deleteSession(sessionId)).toBe(true);
    expect(await service.deleteSession(sessionId)).toBe(true);
    expect(await service.getSession(sessionId)).toBeNull();
    expect(await service.validateSession(sessionId)).toBe(false);
    expect(await service.extendSession(sessionId)).toBe(false);
    expect(await service.updateSessionMetadata(sessionId, { a: 1 })).toBe(false);
  });

  test('a session ends with its ttl', async () => {
    const { sessionId } = await service.createSession(someone(), { ttl: 1 });
    await until(async () => !(await service.validateSession(sessionId)));
    expect(await service.getSession(sessionId)).toBeNull();
    expect(await service.extendSession(sessionId)).toBe(false);
  });

  test('keeps metadata and further fields', async () => {
    const { sessionId } = await service.createSession(someone(), {}, device);
    expect(await service.updateSessionMetadata(sessionId, { theme: 'dark', n: 1 })).toBe(true);
    const record = await service.getSession(sessionId);
    record.metadata.n = 2;
    delete record.metadata.theme;
    const changed = { ...record, role: 'admin', userAgent: 'another browser' };
    expect(await service.updateSession(changed)).toBe(true);
    expect(await service.getSession(sessionId)).toMatchObject({
      metadata: { n: 2 },
      role: 'admin',
      userAgent: 'another browser',
      ipAddress: device.ipAddress,
    });
    expect((await service.getSession(sessionId)).metadata).toEqual({ n: 2 });
  });

  test('a record moves the end of its session, and ends it', async () => {
    const { sessionId } = await service.createSession(someone());
    const record = await service.getSession(sessionId);
    expect(await service.updateSession({ ...record, expiresAt: record.createdAt + 600_000 })).toBe(true);
    const { expiresAt } = await service.getSession(sessionId);
    expect(Math.abs(expiresAt - record.createdAt - 600_000)).toBeLessThan(2_000);
    // An end that others have moved since stays, where the record says nothing else.
    expect(await service.extendSession(sessionId, 7200)).toBe(true);
    expect(await service.updateSession({ ...record, metadata: { a: 1 } })).toBe(true);
    expect((await service.getSession(sessionId)).expiresAt).toBeGreaterThan(record.createdAt + 7_000_000);
    expect(await service.updateSession({ ...record, expiresAt: record.createdAt - 1 })).toBe(false);
    expect(await service.getSession(sessionId)).toBeNull();
    const other = await service.createSession(someone());
    expect(await service.updateSession({ ...other, isActive: false })).toBe(true);
    expect(await service.getSession(other.sessionId)).toBeNull();
  });

  test('lists the sessions of a user by names that open nothing and end a session', async () => {
    const userId = someone();
    const made = [];
    for (const userAgent of ['one', 'two', 'three']) {
      made.unshift(await service.createSession(userId, {}, { userAgent }));
      await until(() => Date.now() > made[0].createdAt + 2);
    }
    await service.updateSessionMetadata(made[2].sessionId, { a: 1 });
    await service.createSession(someone());
    const listed = await service.getUserSessions(userId);
    expect(listed.map(({ userAgent }) => userAgent)).toEqual(['three', 'two', 'one']);
    expect(listed[2]).toMatchObject({
      userId,
      metadata: { a: 1 },
      isActive: true,
      expiresAt: made[2].expiresAt,
    });
    for (const { sessionId } of listed) {
      expect(sessionId).toMatch(/^[\w-]{34}$/);
      expect(await service.getSession(sessionId)).toBeNull();
      expect(await service.validateSession(sessionId)).toBe(false);
    }
    expect(await service.deleteSession(listed[0].sessionId)).toBe(true);
    expect(await service.validateSession(made[0].sessionId)).toBe(false);
    expect(await service.deleteUserSessions(userId)).toBe(2);
    expect(await service.getUserSessions(userId)).toEqual([]);
    expect(await service.deleteUserSessions(userId)).toBe(0);
  });

  test('counts and cleans up', async () => {
    await service.sessions.destroyEverything();
    await service.cleanupExpiredSessions();
    const userId = someone();
    await service.createSession(userId);
    await service.createSession(userId, { ttl: 1 });
    await until(async () => (await service.getSessionStats()).totalExpired === 1);
    const { totalActive, memoryUsage } = await service.getSessionStats();
    expect(totalActive).toBe(1);
    expect(memoryUsage > 0).toBe(options().useRedis !== false);
    expect(await service.cleanupExpiredSessions()).toBe(1);
    expect(await service.getSessionStats()).toMatchObject({ totalActive: 1, totalExpired: 0 });
  });
});

test('the script of a server passes with the imports of this package, and its process ends', async () => {
  const env = { REDIS_HOST: '127.0.0.1', REDIS_PORT: String(redis.port) };
  const { report, stderr } = await runNode(['__test__/programs/session-service-script.mjs'], { env });
  expect(Object.entries(report).filter(([, passed]) => passed !== true)).toEqual([]);
  expect(Object.keys(report)).toHaveLength(20);
  // It has no secret, and says so once.
  expect(stderr.match(/session-service has no secret/g)).toHaveLength(1);
});

describe('faults of the service that it replaces are not there:', () => {
  let service;

  beforeEach(() => {
    ({ service } = openService({ url: redis.url }));
  });

  test('neither keys nor values have an id', async () => {
    const ids = [];
    for (let n = 0; n < 20; n += 1) {
      const { sessionId } = await service.createSession(`canary-user-${n}`, {}, device);
      await service.updateSessionMetadata(sessionId, { n });
      ids.push(sessionId);
    }
    const all = [];
    for (const key of await redis.keys()) all.push(key, String(await redis.commandBuffer('DUMP', key)));
    for (const id of ids) {
      expect(all.join()).not.toContain(id);
      expect(all.join()).not.toContain(id.slice(14, 46));
    }
    expect((await redis.keys()).join()).not.toContain('canary-user');
  });

  test('a read writes nothing, so what is deleted meanwhile stays so', async () => {
    await redis.command('CONFIG', 'RESETSTAT');
    const { sessionId } = await service.createSession(someone());
    const scripts = await calls('evalsha');
    for (let n = 0; n < 100; n += 1) await service.getSession(sessionId);
    expect((await calls('evalsha')) - scripts).toBe(0);
    for (let round = 0; round < 100; round += 1) {
      const userId = someone();
      const made = await service.createSession(userId);
      await Promise.all([
        service.getSession(made.sessionId),
        service.updateSession({ ...made, metadata: { round } }),
        service.deleteSession(made.sessionId),
        service.getSession(made.sessionId),
        service.updateSessionMetadata(made.sessionId, { round }),
        service.extendSession(made.sessionId),
      ]);
      expect(await service.getSession(made.sessionId)).toBeNull();
      expect(await service.getUserSessions(userId)).toEqual([]);
    }
  });

  test('a creation is one step of the server', async () => {
    await service.createSession(someone());
    await redis.command('CONFIG', 'RESETSTAT');
    await service.createSession(someone());
    expect(await calls('evalsha')).toBe(1);
    for (const command of ['sadd', 'setex', 'set', 'eval']) expect(await calls(command)).toBe(0);
  });

  test('a short session does not hide the others of its user', async () => {
    const userId = someone();
    const long = await service.createSession(userId, { ttl: 100 });
    const short = await service.createSession(userId, { ttl: 1 });
    await until(async () => !(await service.validateSession(short.sessionId)));
    expect(await service.getUserSessions(userId)).toHaveLength(1);
    await service.extendSession(long.sessionId, 1000);
    expect(await service.deleteUserSessions(userId)).toBe(1);
    expect(await service.validateSession(long.sessionId)).toBe(false);
  });

  test('nothing stays for ever, and counting reads no session', async () => {
    await Promise.all(
      Array.from({ length: 300 }, (_, n) => service.createSession(`u-${n % 100}`, { ttl: 1 })),
    );
    const keys = await redis.keys();
    const lives = await Promise.all(keys.map((key) => redis.command('PTTL', key)));
    expect(lives.filter((life) => Number(life) === -1)).toEqual([]);
    await redis.command('CONFIG', 'RESETSTAT');
    await service.getSessionStats();
    for (const command of ['get', 'hget', 'mget', 'smembers', 'keys']) expect(await calls(command)).toBe(0);
    await until(async () => (await redis.keys()).length === 0);
    expect(await service.getSessionStats()).toMatchObject({ totalActive: 0, totalExpired: 0 });
  });

  test('a session that nobody uses ends before its ttl', async () => {
    const { service: strict } = openService({ url: redis.url }, { secret: SECRET, idleSeconds: 1 });
    const used = await strict.createSession(someone());
    const unused = await strict.createSession(someone());
    const began = performance.now();
    await until(
      async () => (await strict.validateSession(used.sessionId)) && performance.now() - began > 1_300,
    );
    expect(await strict.validateSession(used.sessionId)).toBe(true);
    expect(await strict.validateSession(unused.sessionId)).toBe(false);
    const { idleEndsAt, seenAt } = await service.sessions.get(
      (await service.createSession(someone())).sessionId,
    );
    expect(idleEndsAt - seenAt).toBe(1_800_000);
  });

  test('a record makes no session: of a forged id, of another user, of one that has ended', async () => {
    const record = await service.createSession('u-1');
    expect(await service.updateSession({ ...record, sessionId: 'x'.repeat(62) })).toBe(false);
    expect(await service.updateSession({ ...record, sessionId: HEX })).toBe(false);
    expect(await service.updateSession({ ...record, userId: 'u-2' })).toBe(false);
    await service.deleteSession(record.sessionId);
    expect(await service.updateSession(record)).toBe(false);
    expect(await service.getUserSessions('u-1')).toEqual([]);
    expect(await service.getUserSessions('u-2')).toEqual([]);
  });

  test('changes at once are all kept, also of whole records and beside reads', async () => {
    const { service: other } = openService({ url: redis.url });
    const { sessionId } = await service.createSession(someone());
    const [one, two] = [await service.getSession(sessionId), await other.getSession(sessionId)];
    one.metadata.one = 1;
    const changes = Array.from({ length: 40 }, (_, n) =>
      (n % 2 ? service : other).updateSessionMetadata(sessionId, { [`key-${n}`]: n }),
    );
    await Promise.all([
      ...changes,
      service.updateSession(one),
      other.updateSession({ ...two, role: 'admin' }),
      ...Array.from({ length: 20 }, () => service.getSession(sessionId)),
    ]);
    const { metadata, role } = await service.getSession(sessionId);
    expect(Object.keys(metadata)).toHaveLength(41);
    expect([metadata.one, role]).toEqual([1, 'admin']);
  });

  test('arguments in the wrong place are refused and not passed over', async () => {
    for (const [call, code] of [
      [() => service.createSession('u', device), 'E_ARGUMENT'],
      [() => service.createSession('u', { ttl: 0 }), 'E_ARGUMENT'],
      [() => service.createSession('u', { ttl: 1.5 }), 'E_ARGUMENT'],
      [() => service.createSession('u', { ttl: 34_560_001 }), 'E_ARGUMENT'],
      [() => service.createSession('u', 60), 'E_CONFIG'],
      [() => service.createSession('u', { secure: 1 }), 'E_ARGUMENT'],
      [() => service.createSession('u', { sameSite: 'Lax' }), 'E_ARGUMENT'],
      [() => service.createSession('u', {}, { agent: 'x' }), 'E_ARGUMENT'],
      [() => service.createSession('u', {}, 'x'), 'E_ARGUMENT'],
      [() => service.createSession(''), 'E_KEY'],
      [() => service.createSession(undefined), 'E_KEY'],
      [() => service.createSession({}), 'E_KEY'],
      [() => service.updateSession('an id', {}), 'E_ARGUMENT'],
      [() => service.updateSession({ userId: 'u' }), 'E_ARGUMENT'],
      [() => service.updateSessionMetadata('an id', 'x'), 'E_ARGUMENT'],
      [() => service.extendSession('an id', 0), 'E_ARGUMENT'],
      [() => service.deleteUserSessions(''), 'E_KEY'],
      [() => service.getUserSessions(undefined), 'E_KEY'],
    ]) {
      expect([String(call), (await rejection(call())).code]).toEqual([String(call), code]);
    }
    for (const id of [undefined, null, '', 'x', 7, {}, 'x'.repeat(1_000_000)]) {
      expect(await service.getSession(id)).toBeNull();
      expect(await service.validateSession(id)).toBe(false);
      expect(await service.deleteSession(id)).toBe(true);
    }
    expect(await redis.keys()).toEqual([]);
    const { sessionId } = await service.createSession('u');
    expect(await rejection(service.updateSessionMetadata(sessionId, { n: 1n }))).toMatchObject({
      code: 'E_SERIALIZE',
    });
  });
});

/** Each method with what it answers without Redis. */
async function answersOf(service) {
  const record = { sessionId: 'x'.repeat(62), userId: 'u', metadata: {} };
  return {
    createSession: (await rejection(service.createSession('u'))).message,
    getSession: await service.getSession(record.sessionId),
    updateSession: await service.updateSession(record),
    deleteSession: await service.deleteSession(record.sessionId),
    deleteUserSessions: await service.deleteUserSessions('u'),
    extendSession: await service.extendSession(record.sessionId),
    getUserSessions: await service.getUserSessions('u'),
    validateSession: await service.validateSession(record.sessionId),
    updateSessionMetadata: await service.updateSessionMetadata(record.sessionId, {}),
    cleanupExpiredSessions: await service.cleanupExpiredSessions(),
    getSessionStats: await service.getSessionStats(),
    healthCheck: await service.healthCheck(),
  };
}

const NOTHING = { totalActive: 0, totalExpired: 0, memoryUsage: 0 };
const WITHOUT_REDIS = {
  createSession: 'Session Redis not connected',
  getSession: null,
  updateSession: false,
  deleteSession: false,
  deleteUserSessions: 0,
  extendSession: false,
  getUserSessions: [],
  validateSession: false,
  updateSessionMetadata: false,
  cleanupExpiredSessions: 0,
  getSessionStats: NOTHING,
  healthCheck: { status: 'unhealthy', connected: false, stats: NOTHING },
};

describe('while Redis is away', () => {
  const away = [
    ['nothing listens', async () => ({ host: '127.0.0.1', port: await closedPort() })],
    ['the server is silent', async () => ({ host: '127.0.0.1', port: (await startSilentServer()).port })],
  ];

  test.each(away)('each method answers what such a service answers: %s', async (_name, where) => {
    const { service } = openService({ ...(await where()), commandTimeout: 300 });
    const { value } = await within(15_000, answersOf(service), 'every method');
    expect(value).toEqual(WITHOUT_REDIS);
    const { SessionService } = require('../../js/session-service/service.js');
    const others = ['constructor', 'sessions', 'createMiddleware', 'cookie'];
    expect(Object.keys(WITHOUT_REDIS).sort()).toEqual(
      Object.getOwnPropertyNames(SessionService.prototype)
        .filter((name) => !others.includes(name))
        .sort(),
    );
  });

  test('sessions that live are neither read nor lost, and what is ended ends when it is back', async () => {
    const server = await startRedis();
    const options = { url: server.url, commandTimeout: 300 };
    const [{ service }, { service: elsewhere }] = [openService(options), openService(options)];
    const [kept, single] = [await service.createSession(someone()), await service.createSession(someone())];
    const userId = someone();
    const all = await Promise.all([1, 2].map(() => service.createSession(userId)));
    server.pause();
    expect(await service.getSession(kept.sessionId)).toBeNull();
    expect(await service.updateSessionMetadata(kept.sessionId, { a: 1 })).toBe(false);
    expect((await rejection(service.createSession('u'))).message).toBe('Session Redis not connected');
    expect(await service.deleteSession(single.sessionId)).toBe(false);
    expect(await service.deleteUserSessions(userId)).toBe(0);
    server.resume();
    await until(async () => (await elsewhere.getSession(kept.sessionId)) !== null, { timeoutMs: 15_000 });
    const gone = [single, ...all].map(({ sessionId }) => sessionId);
    await until(
      async () =>
        (await Promise.all(gone.map((id) => elsewhere.getSession(id)))).every((one) => one === null),
      { timeoutMs: 15_000 },
    );
    expect(await elsewhere.validateSession(kept.sessionId)).toBe(true);
  });

  test('after the shutdown each method answers too', async () => {
    const { service, orgcache } = openService({ url: redis.url });
    await service.createSession('u');
    await orgcache.shutdown();
    const { value } = await within(5_000, answersOf(service), 'every method');
    expect(value).toEqual(WITHOUT_REDIS);
  });
});

describe('the secret', () => {
  test('may be in SESSION_SECRET, and is needed in production', async () => {
    const { sessionId } = await openService({ url: redis.url }).service.createSession('u');
    process.env.SESSION_SECRET = SECRET;
    try {
      const { service } = openService({ url: redis.url }, {});
      expect(await service.validateSession(sessionId)).toBe(true);
    } finally {
      delete process.env.SESSION_SECRET;
    }
    const before = process.env.NODE_ENV;
    try {
      process.env.NODE_ENV = 'production';
      const { service } = openService({ url: redis.url }, {});
      for (const call of [service.createSession('u'), service.getSession(sessionId)]) {
        const error = await rejection(call);
        expect(error).toMatchObject({ code: 'E_CONFIG', message: expect.stringContaining('SESSION_SECRET') });
      }
    } finally {
      process.env.NODE_ENV = before;
    }
    const { service } = openService({ url: redis.url }, {});
    expect(await service.validateSession(sessionId)).toBe(false);
    const { sessionId: own } = await service.createSession('u');
    expect(await openService({ url: redis.url }, {}).service.validateSession(own)).toBe(true);
  });

  test.each([
    ['x', 'E_CONFIG'],
    [{ secrets: SECRET }, 'E_ARGUMENT'],
  ])('options that are none are refused: %p', (options, code) => {
    let error;
    try {
      openService({ useRedis: false }, options);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code });
  });

  test.each([{ secret: 'short' }, { secret: SECRET, idleSeconds: 0 }, { secret: SECRET, legacyDb: 1.5 }])(
    'options that are not allowed are named by each call: %p',
    async (options) => {
      const { service } = openService({ url: redis.url }, options);
      expect(await rejection(service.getSession('x'))).toMatchObject({ code: 'E_CONFIG' });
    },
  );
});

test('the entry exports one service by both names, and makes others', () => {
  const entry = require('../../js/entry/session-service.js');
  expect(entry.sessionService).toBe(entry.default);
  const other = entry.createSessionService({ secret: SECRET });
  expect(other).not.toBe(entry.sessionService);
  expect(Object.keys(entry).sort()).toEqual(['createSessionService', 'default', 'sessionService']);
});
