'use strict';

const { randomBytes } = require('node:crypto');
const { withRedis } = require('../support/redis');
const { SECRET, openService } = require('../support/session-service');
const { rejection, until } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });
const DATABASE = 2;

const open = (options) => openService({ url: redis.url }, { secret: SECRET, legacyDb: DATABASE, ...options });

/** A command in the database of the service before. */
async function inDatabase(...words) {
  const [, reply] = await Promise.all([
    redis.command('SELECT', DATABASE),
    redis.command(...words),
    redis.command('SELECT', 0),
  ]);
  return reply;
}

/** A session as the service before writes it. Answers its id. */
async function earlierSession(userId, { ttl = 3600, ...fields } = {}) {
  const sessionId = randomBytes(32).toString('hex');
  const createdAt = Date.now() - 60_000;
  const record = {
    sessionId,
    userId,
    createdAt,
    lastAccessed: createdAt,
    expiresAt: createdAt + 60_000 + ttl * 1000,
    isActive: true,
    metadata: {},
    ...fields,
  };
  await inDatabase('SETEX', `session:${sessionId}`, ttl, JSON.stringify(record));
  await inDatabase('SADD', `user:sessions:${userId}`, sessionId);
  await inDatabase('SADD', 'active:sessions', sessionId);
  return { sessionId, record };
}

test('a session of the service before is read once, and moves', async () => {
  const { service } = open();
  const { sessionId, record } = await earlierSession('u-1', {
    metadata: { theme: 'dark' },
    userAgent: 'a browser',
    ipAddress: '192.0.2.1',
    role: 'admin',
  });
  const moved = await service.getSession(sessionId);
  expect(moved).toMatchObject({
    userId: 'u-1',
    createdAt: record.createdAt,
    isActive: true,
    metadata: { theme: 'dark' },
    userAgent: 'a browser',
    ipAddress: '192.0.2.1',
    role: 'admin',
  });
  expect(moved.sessionId).toMatch(/^[\w-]{62}$/);
  expect(Math.abs(moved.expiresAt - record.expiresAt)).toBeLessThan(3_000);
  for (const key of [`session:${sessionId}`, 'user:sessions:u-1', 'active:sessions']) {
    expect([key, await inDatabase('EXISTS', key)]).toEqual([key, 0]);
  }
  // Both ids open it, and no name or value tells them.
  expect(await service.getSession(moved.sessionId)).toMatchObject({
    userId: 'u-1',
    createdAt: record.createdAt,
  });
  expect((await service.getSession(sessionId)).sessionId).toBe(moved.sessionId);
  const [key] = await inDatabase('KEYS', '*');
  expect(key).not.toContain(sessionId);
  expect(await inDatabase('GET', key)).not.toContain(moved.sessionId);
  expect(Number(await inDatabase('PTTL', key))).toBeGreaterThan(3_500_000);
  expect(await service.getUserSessions('u-1')).toHaveLength(1);
});

test('every method takes an id of the service before', async () => {
  const { service } = open();
  const { sessionId } = await earlierSession('u-1');
  expect(await service.validateSession(sessionId)).toBe(true);
  expect(await service.updateSessionMetadata(sessionId, { n: 1 })).toBe(true);
  expect(await service.extendSession(sessionId, 7200)).toBe(true);
  const record = await service.getSession(sessionId);
  expect(record).toMatchObject({ metadata: { n: 1 } });
  expect(await service.updateSession({ ...record, sessionId, role: 'admin' })).toBe(true);
  expect(await service.getSession(record.sessionId)).toMatchObject({ role: 'admin' });
  expect(await service.deleteSession(sessionId)).toBe(true);
  expect(await service.getSession(sessionId)).toBeNull();
  expect(await service.getSession(record.sessionId)).toBeNull();
});

test('requests in parallel in two processes move it once', async () => {
  const services = [open().service, open().service];
  const { sessionId } = await earlierSession('u-1');
  const records = await Promise.all(
    Array.from({ length: 50 }, (_, number) => services[number % 2].getSession(sessionId)),
  );
  expect(new Set(records.map((record) => record.sessionId)).size).toBe(1);
  expect(await services[0].getUserSessions('u-1')).toHaveLength(1);
});

test('what was ended before it moved stays so, also if a process with the service before writes it again', async () => {
  const { service } = open();
  const { sessionId, record } = await earlierSession('u-1');
  const { sessionId: other } = await earlierSession('u-1');
  expect(await service.deleteSession(sessionId)).toBe(true);
  await inDatabase('SETEX', `session:${sessionId}`, 3600, JSON.stringify(record));
  expect(await service.getSession(sessionId)).toBeNull();
  expect(await service.getSession(other)).not.toBeNull();
  expect(await service.deleteSession('f'.repeat(64))).toBe(true);
});

test('all sessions of a user end, those too that its set has lost', async () => {
  const { service } = open();
  const [lost, listed] = [await earlierSession('u-1'), await earlierSession('u-1')];
  await inDatabase('SREM', 'user:sessions:u-1', lost.sessionId);
  const moved = await earlierSession('u-1');
  const kept = await earlierSession('u-2');
  await service.getSession(moved.sessionId);
  expect(await service.deleteUserSessions('u-1')).toBe(2);
  for (const { sessionId } of [lost, listed, moved]) expect(await service.getSession(sessionId)).toBeNull();
  expect(await service.getSession(kept.sessionId)).not.toBeNull();
  // One that began since then lives.
  const later = await earlierSession('u-1', { createdAt: Date.now() + 1000 });
  expect(await service.getSession(later.sessionId)).not.toBeNull();
});

test('the sessions of a user are all listed', async () => {
  const { service } = open();
  for (let n = 0; n < 3; n += 1) await earlierSession('u-1', { metadata: { n } });
  const listed = await service.getUserSessions('u-1');
  expect(listed.map(({ metadata }) => metadata.n).sort()).toEqual([0, 1, 2]);
});

test('a session that cannot be read is none', async () => {
  const { service } = open();
  const id = 'e'.repeat(64);
  for (const text of ['nonsense', '[]', '7', '{}', '{"userId":{}}', '{"userId":"u","isActive":false}']) {
    await inDatabase('SETEX', `session:${id}`, 60, text);
    expect([text, await service.getSession(id)]).toEqual([text, null]);
  }
  await inDatabase('DEL', `session:${id}`);
  const { sessionId } = await earlierSession('u-1', { ttl: 1 });
  await until(async () => (await inDatabase('EXISTS', `session:${sessionId}`)) === 0);
  expect(await service.getSession(sessionId)).toBeNull();
});

test('a numeric user stays the same user', async () => {
  const { service } = open();
  const { sessionId } = await earlierSession(7);
  expect(await service.getSession(sessionId)).toMatchObject({ userId: '7' });
  expect(await service.getUserSessions(7)).toHaveLength(1);
});

test('without a database of its own the service before is not asked', async () => {
  const { service } = openService({ url: redis.url });
  const { sessionId } = await earlierSession('u-1');
  expect(await service.getSession(sessionId)).toBeNull();
  expect(await inDatabase('EXISTS', `session:${sessionId}`)).toBe(1);
});

test('REDIS_SESSION_DB names the database', async () => {
  process.env.REDIS_SESSION_DB = String(DATABASE);
  try {
    const { service } = openService({ url: redis.url });
    const { sessionId } = await earlierSession('u-1');
    expect(await service.getSession(sessionId)).not.toBeNull();
    process.env.REDIS_SESSION_DB = 'two';
    const { service: other } = openService({ url: redis.url });
    expect(await rejection(other.getSession('x'))).toMatchObject({ code: 'E_CONFIG' });
  } finally {
    delete process.env.REDIS_SESSION_DB;
  }
});

test('while a secret is replaced both open what has moved', async () => {
  const other = 'another secret that is as long as it must be';
  const { sessionId } = await earlierSession('u-1');
  const { sessionId: moved } = await open().service.getSession(sessionId);
  const { service } = open({ secret: [other, SECRET] });
  expect((await service.getSession(sessionId)).sessionId).toBe(moved);
  expect(await open({ secret: other }).service.getSession(sessionId)).toBeNull();
});

test('while the database is away nothing moves and nothing is lost', async () => {
  const { service } = open();
  const { sessionId } = await earlierSession('u-1');
  await redis.command('ACL', 'SETUSER', 'default', '-eval');
  try {
    expect(await service.getSession(sessionId)).toBeNull();
    expect(await service.deleteSession(sessionId)).toBe(false);
  } finally {
    await redis.command('ACL', 'SETUSER', 'default', '+eval');
  }
  expect(await service.getSession(sessionId)).not.toBeNull();
  expect(await service.getUserSessions('u-1')).toHaveLength(1);
});
