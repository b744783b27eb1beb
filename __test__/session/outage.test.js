'use strict';

const { startProxy } = require('../faults/support/proxy');
const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { SECRET, readable, someone } = require('../support/sessions-contract');
const { rejection, until, within } = require('../support/wait');

const AWAY = /^E_(CONNECT|TIMEOUT|UNKNOWN_OUTCOME|REPLY)$/;
const TIMEOUT_MS = 300;

describe.each(['loop', 'thread'])('sessions in an outage with the %s driver', (driver) => {
  let redis;
  let orgcache;

  beforeEach(async () => {
    redis = await startRedis();
    orgcache = open();
  });

  const open = (options = {}) =>
    openPackage({ url: redis.url, driver, logLevel: 'off', commandTimeout: TIMEOUT_MS, ...options });
  const roomOf = (options, instance = orgcache) => instance.createSessions({ secret: SECRET, ...options });
  const isAway = async (sessions, id) => AWAY.test((await rejection(sessions.get(id))).code);

  test('a read rejects in time and never answers null; a write rejects', async () => {
    const sessions = roomOf();
    const { id } = await sessions.create({ userId: someone() });
    redis.pause();
    const { value, ms } = await within(5_000, rejection(sessions.get(id)));
    expect(value.code).toMatch(AWAY);
    expect(ms).toBeLessThan(TIMEOUT_MS + 1_000);
    await until(() => isAway(sessions, id));
    for (const call of [
      sessions.check(id),
      sessions.create(),
      sessions.update(id, { a: 1 }),
      sessions.rotate(id),
      sessions.touch(id),
      sessions.list('u'),
    ]) {
      expect((await rejection(call)).code).toMatch(AWAY);
    }
    redis.resume();
    await until(async () => (await sessions.get(id)) !== null, { timeoutMs: 15_000 });
  });

  test('what was read lately answers where it is asked to, marked, and not what has ended here', async () => {
    const sessions = roomOf({ onRedisDown: 'recent', recentSeconds: 60 });
    const userId = someone();
    const [kept, gone, other] = await Promise.all([
      sessions.create({ userId: someone(), data: { n: 1 } }),
      sessions.create({ userId: someone() }),
      sessions.create({ userId }),
    ]);
    const unread = await sessions.create({ userId: someone() });
    for (const { id } of [kept, gone, other]) await sessions.get(id);
    redis.pause();
    await until(() => isAway(sessions, unread.id));
    expect(await sessions.get(kept.id)).toMatchObject({ stale: true, data: { n: 1 }, ref: kept.ref });
    expect(await sessions.destroy(gone.id)).toBe('journalled');
    expect(await sessions.destroyAll(userId)).toBe('journalled');
    for (const { id } of [gone, other]) {
      const error = await sessions.get(id).then(
        (session) => session,
        (reason) => reason,
      );
      expect(error).toMatchObject({ code: expect.stringMatching(AWAY) });
    }
    expect((await sessions.stats().catch(() => null)) ?? true).toBe(true);
    redis.resume();
    await until(async () => (await sessions.get(kept.id))?.stale === false, { timeoutMs: 15_000 });
    expect(await readable(sessions, [kept.id, gone.id, other.id])).toEqual([kept.id]);
  });

  test('ends that Redis did not take are carried out when it is back, and later sessions live', async () => {
    const sessions = roomOf();
    const elsewhere = roomOf({}, open());
    const userId = someone();
    const all = await Promise.all([1, 2, 3].map(() => sessions.create({ userId })));
    const single = await sessions.create({ userId: someone() });
    const kept = await sessions.create({ userId: someone() });
    redis.pause();
    expect(await sessions.destroyAll(userId, { exceptId: all[2].id })).toBe('journalled');
    expect(await sessions.destroy(single.id)).toBe('journalled');
    redis.resume();
    const ids = [...all, single, kept].map(({ id }) => id);
    await until(
      async () => (await readable(elsewhere, ids).catch(() => [])).join() === [all[2].id, kept.id].join(),
      { timeoutMs: 15_000 },
    );
    await until(async () => (await readable(sessions, ids)).length === 2, { timeoutMs: 15_000 });
    const later = await elsewhere.create({ userId });
    expect(await sessions.get(later.id)).not.toBeNull();
    const rotated = await sessions.rotate(all[2].id);
    expect(await sessions.get(rotated.id)).not.toBeNull();
  });

  test('a new primary that was behind is told what has ended', async () => {
    const sessions = roomOf();
    const userId = someone();
    const all = await Promise.all([1, 2].map(() => sessions.create({ userId })));
    const single = await sessions.create({ userId: someone() });
    const kept = await sessions.create({ userId: someone() });
    // A replica that did not hear of the ends would have this too.
    await redis.command('SAVE');
    expect(await sessions.destroyAll(userId)).toBe('destroyed');
    expect(await sessions.destroy(single.id)).toBe('destroyed');
    await redis.kill();
    await redis.restart();
    const ids = [...all, single, kept].map(({ id }) => id);
    const other = roomOf({}, open());
    await until(async () => (await sessions.get(kept.id).catch(() => null)) !== null, { timeoutMs: 15_000 });
    await until(async () => (await readable(other, ids)).join() === kept.id, { timeoutMs: 5_000 });
  });

  test('an end that Redis refuses for now counts here at once, and everywhere once it is taken', async () => {
    const sessions = roomOf();
    const elsewhere = roomOf({}, open());
    const userId = someone();
    const [single, one, two] = await Promise.all(
      [{}, { userId }, { userId }].map((given) => sessions.create(given)),
    );
    await redis.command('ACL', 'SETUSER', 'default', '-evalsha', '-eval');
    expect(await sessions.destroy(single.id)).toBe('journalled');
    expect(await sessions.destroyAll(userId, { exceptId: two.id })).toBe('journalled');
    const ids = [single, one, two].map(({ id }) => id);
    expect(await readable(sessions, ids)).toEqual([two.id]);
    expect(await readable(elsewhere, ids)).toEqual(ids);
    await redis.command('ACL', 'SETUSER', 'default', '+evalsha', '+eval');
    await until(async () => (await readable(elsewhere, ids)).join() === two.id, { timeoutMs: 10_000 });
  });

  test('what was created right before an end that is in the journal does not answer when replies are late', async () => {
    const proxy = await startProxy(redis);
    const sessions = roomOf({}, open({ url: proxy.url, commandTimeout: 2_000 }));
    const elsewhere = roomOf({}, open());
    const userId = someone();
    await sessions.create({ userId });
    const { id } = await elsewhere.create({ userId });
    await redis.command('ACL', 'SETUSER', 'default', '-evalsha', '-eval');
    expect(await sessions.destroyAll(userId)).toBe('journalled');
    await proxy.delay({ replyDelayMs: 500 });
    expect(await sessions.get(id, { touch: false })).toBeNull();
  });

  test('ends in the journal survive the process', async () => {
    const fs = require('node:fs');
    const path = require('node:path');
    const journalDir = fs.mkdtempSync(path.join(redis.folder, 'journal-'));
    const first = open({ journalDir });
    const sessions = roomOf({}, first);
    const { id } = await sessions.create({ userId: someone() });
    redis.pause();
    expect(await sessions.destroy(id)).toBe('journalled');
    await first.shutdown({ timeoutMs: 50 });
    redis.resume();
    const next = open({ journalDir });
    await next.cacheAdapter.set('key', 'value');
    const other = roomOf({}, next);
    await until(async () => (await other.get(id)) === null, { timeoutMs: 10_000 });
  });
});
