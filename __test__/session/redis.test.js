'use strict';

const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { SECRET, sessionsContract, someone } = require('../support/sessions-contract');
const { until, within } = require('../support/wait');

describe.each(['loop', 'thread'])('sessions over Redis with the %s driver', (driver) => {
  let redis;
  const open = () => openPackage({ url: redis.url, driver, logLevel: 'off' });

  beforeAll(async () => {
    redis = await startRedis();
  });

  sessionsContract(open, open);

  const calls = async (command) => {
    const info = await redis.command('INFO', 'commandstats');
    return Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(info)?.[1] ?? 0);
  };

  test('ids that no secret made cost the server nothing', async () => {
    const sessions = open().createSessions({ secret: SECRET });
    const { id } = await sessions.create();
    await redis.command('CONFIG', 'RESETSTAT');
    const forged = [
      ...Array.from({ length: 10_000 }, (_, n) => `${String(n).padStart(8, 'A')}${id.slice(8)}`),
      id.slice(1),
      'x'.repeat(1_000_000),
      `${id.slice(0, 61)}\0`,
      '',
      undefined,
      null,
      [id],
      7,
    ];
    const all = await Promise.all(forged.map((one) => sessions.get(one)));
    expect(all.every((session) => session === null)).toBe(true);
    expect(await calls('hget')).toBe(0);
    expect(await calls('evalsha')).toBe(0);
    expect((await sessions.stats()).malformed).toBe(forged.length);
  });

  test('a read is one command, and the time once for all of a tick; touches are rare', async () => {
    const sessions = open().createSessions({ secret: SECRET });
    const { id } = await sessions.create({ userId: someone() });
    await redis.command('CONFIG', 'RESETSTAT');
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(Array.from({ length: 100 }, () => sessions.get(id)));
    }
    expect(await calls('hget')).toBe(1000);
    expect(await calls('time')).toBeLessThan(200);
    expect(await calls('evalsha')).toBe(0);
    expect(await calls('hset')).toBe(0);
  });

  test('sessions that are created or end in one tick share scripts, and each is a few commands', async () => {
    const sessions = open().createSessions({ secret: SECRET });
    const together = (call) => Promise.all(Array.from({ length: 200 }, call));
    await sessions.destroy((await sessions.create()).id);
    await redis.command('CONFIG', 'RESETSTAT');
    const made = await together(() => sessions.create({ userId: someone(), organizationId: 'o' }));
    // 16, 32, 64, 64, and the rest.
    expect(await calls('evalsha')).toBe(5);
    expect([await calls('hset'), await calls('hlen'), await calls('pexpire')]).toEqual([
      200,
      200,
      expect.any(Number),
    ]);
    expect(await calls('pexpire')).toBeLessThan(200 + 20);
    expect(await calls('zadd')).toBeLessThanOrEqual(5 * 17);
    await redis.command('CONFIG', 'RESETSTAT');
    const ends = made.map(({ id }) => sessions.destroy(id));
    expect(new Set(await Promise.all(ends))).toEqual(new Set(['destroyed']));
    expect([await calls('evalsha'), await calls('publish')]).toEqual([5, 5]);
    // Large ones do not wait for each other.
    await redis.command('CONFIG', 'RESETSTAT');
    const data = { text: 'x'.repeat(30_000) };
    await Promise.all(Array.from({ length: 9 }, () => sessions.create({ data })));
    expect(await calls('evalsha')).toBe(3);
  });

  test.each(['close', 'shutdown'])('what was called before %s() is done', async (how) => {
    const orgcache = open();
    const sessions = orgcache.createSessions({ secret: SECRET });
    const old = await sessions.create();
    const calls = [sessions.destroy(old.id), sessions.create({ data: { n: 1 } })];
    const ended = how === 'close' ? sessions.close() : orgcache[how]();
    const [fate, { id }] = await Promise.all(calls);
    await ended;
    const later = open().createSessions({ secret: SECRET });
    expect([fate, await later.get(old.id), (await later.get(id)).data]).toEqual([
      'destroyed',
      null,
      { n: 1 },
    ]);
  });

  test('what was called before reset(), which waits for nothing, is done or refused', async () => {
    const orgcache = open();
    const sessions = orgcache.createSessions({ secret: SECRET });
    const old = await sessions.create();
    const calls = [sessions.destroy(old.id), sessions.create({ data: { n: 1 } })];
    const ended = orgcache.reset();
    const { value } = await within(2000, Promise.allSettled(calls), 'the calls');
    await ended;
    for (const { reason } of value) expect([undefined, 'E_CLOSED']).toContain(reason?.code);
  });

  test('many reads of a session that was not touched for a while touch it once', async () => {
    const sessions = open().createSessions({ secret: SECRET, touchSeconds: 1 });
    const created = await sessions.create({ userId: someone() });
    await until(() => !sessions.isFresh(created, 1.1));
    await Promise.all(Array.from({ length: 200 }, () => sessions.get(created.id)));
    expect((await sessions.stats()).touched).toBe(1);
    const { seenAt } = await until(async () => {
      const session = await sessions.get(created.id, { touch: false });
      return session.seenAt > created.seenAt && session;
    });
    expect(seenAt - created.createdAt).toBeGreaterThanOrEqual(1_000);
  });

  test('neither keys nor values have ids, secrets or fingerprints', async () => {
    await redis.command('FLUSHALL');
    const sessions = open().createSessions({ secret: SECRET, namespace: 'hidden' });
    const ids = [];
    for (let n = 0; n < 50; n += 1) {
      const { id } = await sessions.create({ userId: someone(), fingerprint: 'the-fingerprint' });
      ids.push(id, (await sessions.rotate(id)).id);
      await sessions.get(id, { fingerprint: 'the-fingerprint' });
    }
    let all = '';
    for (const key of await redis.keys()) {
      all += key;
      const type = await redis.command('TYPE', key);
      all += JSON.stringify(
        type === 'hash' ? await redis.command('HGETALL', key) : await redis.command('ZRANGE', key, '0', '-1'),
      );
    }
    for (const id of ids) {
      expect(all).not.toContain(id);
      // Nor the bytes that make it.
      expect(all).not.toContain(id.slice(14, 46));
    }
    expect(all).not.toContain('the-fingerprint');
    expect(all).not.toContain(SECRET);
    expect(await redis.keys()).toEqual(expect.arrayContaining([expect.stringContaining('!session:hidden:')]));
  });

  test('every key has an expiry, and nothing outlives its sessions', async () => {
    await redis.command('FLUSHALL');
    const sessions = open().createSessions({ secret: SECRET, idleSeconds: 1, absoluteSeconds: 1 });
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(
        Array.from({ length: 400 }, (_, n) =>
          sessions.create({ userId: `u-${n}`, organizationId: n % 2 ? `o-${n % 7}` : undefined }),
        ),
      );
    }
    const keys = await redis.keys();
    expect(keys.length).toBeGreaterThan(400);
    const lives = await Promise.all(keys.map((key) => redis.command('PTTL', key)));
    expect(lives.filter((life) => Number(life) === -1)).toEqual([]);
    await until(async () => Number(await redis.command('DBSIZE')) === 0, { timeoutMs: 10_000 });
  });

  test('thousands of sessions of a user end in one step, and are deleted when the call was answered', async () => {
    const sessions = open().createSessions({ secret: SECRET });
    const userId = someone();
    const made = await Promise.all(Array.from({ length: 1_500 }, () => sessions.create({ userId })));
    await redis.command('CONFIG', 'RESETSTAT');
    expect(await sessions.destroyAll(userId)).toBe('destroyed');
    const read = await Promise.all(made.map(({ id }) => sessions.get(id)));
    expect(read.every((session) => session === null)).toBe(true);
    await until(async () => (await redis.command('KEYS', '*:gone:*')).length === 0);
    // Once in the script, once behind it.
    expect(await calls('unlink')).toBe(2);
  });

  test('a server that forgets its scripts loses no call', async () => {
    const sessions = open().createSessions({ secret: SECRET });
    const { id } = await sessions.create({ userId: someone(), data: { n: 0 } });
    for (let n = 0; n < 20; n += 1) {
      await redis.command('SCRIPT', 'FLUSH');
      await Promise.all([
        sessions.update(id, (data) => ({ n: data.n + 1 })),
        sessions.touch(id),
        sessions.create({ userId: someone() }),
      ]);
    }
    expect((await sessions.get(id)).data).toEqual({ n: 20 });
  });

  test('damaged records and keys of another type are no sessions', async () => {
    await redis.command('FLUSHALL');
    const sessions = open().createSessions({ secret: SECRET, namespace: 'damaged' });
    const damage = async (spoil) => {
      const { id } = await sessions.create({ userId: someone() });
      const key = (await redis.keys('*!session:damaged:{*')).at(-1);
      const [field] = await redis.client.commandBuffer('HKEYS', key);
      await spoil(key, field);
      expect(await sessions.check(id)).toEqual({ session: null, reason: 'unknown' });
      await redis.command('DEL', key);
    };
    await damage((key, field) => redis.client.command('HSET', key, field, 'nonsense'));
    await damage((key, field) => redis.client.command('HSET', key, field, 's1 2 3'));
    await damage(async (key) => {
      await redis.command('DEL', key);
      await redis.command('SET', key, 'x');
    });
    expect((await sessions.stats()).damaged).toBe(3);
  });
});
