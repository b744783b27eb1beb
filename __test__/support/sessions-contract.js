'use strict';

const { rejection, until } = require('./wait');

const SECRET = 'a secret that all instances have in common';
const OTHER_SECRET = 'another secret that is as long as it must be';

let counter = 0;
/** A user that no other test has. */
const someone = () => `user-${process.pid}-${++counter}`;

/** The ids of sessions that can be read. */
async function readable(sessions, ids) {
  const all = await Promise.all(ids.map((id) => sessions.get(id, { touch: false })));
  return ids.filter((_, position) => all[position] !== null);
}

/**
 * The promises of sessions, whatever the store. `open()` answers an instance of the package, `beside()` another one on the
 * same store, or undefined where there can be none.
 */
function sessionsContract(open, beside = () => undefined) {
  let orgcache;
  let rooms;

  beforeAll(async () => {
    orgcache = await open();
  });

  beforeEach(() => {
    rooms = [];
  });

  afterEach(() => Promise.all(rooms.map((room) => room.close())));

  function roomOf(options = {}, instance = orgcache) {
    const room = instance.createSessions({ secret: SECRET, ...options });
    rooms.push(room);
    return room;
  }

  describe('a session', () => {
    test('is read as it was created', async () => {
      const sessions = roomOf();
      const data = { cart: ['a', { b: null }], text: 'é\u{1F600}', ['__proto__']: 7 };
      const given = { userId: someone(), organizationId: 'org-1', userAgent: 'a browser', ip: '192.0.2.1' };
      const created = await sessions.create({ ...given, data });
      expect(created).toMatchObject({ ...given, version: 1, stale: false });
      expect(created.id).toMatch(/^[\w-]{62}$/);
      expect(created.ref).toMatch(/^[\w-]{34}$/);
      expect(created.endsAt - created.createdAt).toBe(43_200_000);
      expect(created.idleEndsAt - created.seenAt).toBe(1_800_000);
      expect(created.authenticatedAt).toEqual(created.createdAt);
      const read = await sessions.get(created.id);
      expect({ ...read, seenAt: 0, idleEndsAt: 0 }).toEqual({ ...created, seenAt: 0, idleEndsAt: 0 });
      expect(Object.keys(read.data)).toEqual(['cart', 'text', '__proto__']);
      expect(await sessions.check(created.id)).toMatchObject({ reason: 'ok', session: { ref: created.ref } });
    });

    test('of nobody has neither user nor organization', async () => {
      const sessions = roomOf();
      const { id } = await sessions.create();
      const read = await sessions.get(id);
      expect(read).toMatchObject({ userId: null, organizationId: null, data: {} });
      expect(read).not.toHaveProperty('userAgent');
      expect(read).not.toHaveProperty('renewedId');
    });

    test('ends when it is destroyed, by its id or by its ref', async () => {
      const sessions = roomOf();
      const userId = someone();
      const [first, second, third] = await Promise.all([1, 2, 3].map(() => sessions.create({ userId })));
      expect(await sessions.destroy(first.id)).toBe('destroyed');
      expect(await sessions.destroy(second.ref)).toBe('destroyed');
      expect(await sessions.destroy(first.id)).toBe('absent');
      expect(await readable(sessions, [first.id, second.id, third.id])).toEqual([third.id]);
      expect(await sessions.check(first.id)).toEqual({ session: null, reason: 'unknown' });
    });

    test('ends at its idle end with the slack of touches, and at its absolute end', async () => {
      const idle = roomOf({ idleSeconds: 1, absoluteSeconds: 60 });
      const { id } = await idle.create();
      await until(async () => (await idle.get(id, { touch: false })) === null);
      expect(await idle.touch(id)).toBe(false);
      const absolute = roomOf({ idleSeconds: 1, absoluteSeconds: 1 });
      const used = await absolute.create();
      const began = performance.now();
      await until(async () => !(await absolute.touch(used.id)));
      expect(performance.now() - began).toBeLessThan(2_000);
      expect(await absolute.get(used.id)).toBeNull();
    });

    test('may be shorter than its room allows, and not longer', async () => {
      const sessions = roomOf();
      const { createdAt, endsAt, idleEndsAt, seenAt } = await sessions.create({
        absoluteSeconds: 60,
        idleSeconds: 30,
      });
      expect([endsAt - createdAt, idleEndsAt - seenAt]).toEqual([60_000, 30_000]);
      for (const options of [{ absoluteSeconds: 43_201 }, { idleSeconds: 1_801 }, { idleSeconds: 0.5 }]) {
        expect(await rejection(sessions.create(options))).toMatchObject({ code: 'E_ARGUMENT' });
      }
    });

    test('of another namespace or secret is malformed', async () => {
      const { id } = await roomOf().create();
      for (const options of [{ namespace: 'other' }, { secret: OTHER_SECRET }]) {
        expect(await roomOf(options).check(id)).toEqual({ session: null, reason: 'malformed' });
      }
    });

    test('is read while its secret is replaced', async () => {
      const { id } = await roomOf().create();
      const replaced = roomOf({ secret: [OTHER_SECRET, SECRET] });
      expect(await replaced.get(id)).not.toBeNull();
      const created = await replaced.create();
      expect(await roomOf().get(created.id)).toBeNull();
      expect(await roomOf({ secret: [SECRET, OTHER_SECRET] }).get(created.id)).not.toBeNull();
    });
  });

  describe('an extension', () => {
    test('moves the end of a session, which counts from now', async () => {
      const sessions = roomOf();
      const { id, createdAt } = await sessions.create({
        absoluteSeconds: 2,
        organizationId: 'org-1',
        userId: someone(),
      });
      expect(await sessions.extend(id, { absoluteSeconds: 600, idleSeconds: 300 })).toBe(true);
      const { endsAt, idleEndsAt, seenAt } = await sessions.get(id);
      expect(endsAt - createdAt).toBeGreaterThanOrEqual(600_000);
      expect(endsAt - createdAt).toBeLessThan(602_000);
      expect(idleEndsAt - seenAt).toBe(300_000);
      expect(await sessions.extend(id, { absoluteSeconds: 1 })).toBe(true);
      await until(async () => (await sessions.get(id)) === null);
      expect(await sessions.extend(id)).toBe(false);
      expect(await sessions.get(id)).toBeNull();
    });

    test('keeps a session in the directories, so that an end of its organization finds it', async () => {
      const sessions = roomOf();
      const organizationId = `org-${someone()}`;
      const { id } = await sessions.create({ absoluteSeconds: 1, organizationId, userId: someone() });
      expect(await sessions.extend(id, { absoluteSeconds: 600, idleSeconds: 600 })).toBe(true);
      const began = performance.now();
      await until(() => performance.now() - began > 1_200);
      expect(await sessions.destroyOrganization(organizationId)).toEqual({ users: 1 });
      expect(await sessions.get(id)).toBeNull();
    });

    test('is as long as the room allows, and nobody’s id is extended', async () => {
      const sessions = roomOf();
      const { id } = await sessions.create();
      for (const options of [{ absoluteSeconds: 43_201 }, { idleSeconds: 0 }, { absoluteSeconds: '5' }]) {
        expect(await rejection(sessions.extend(id, options))).toMatchObject({ code: 'E_ARGUMENT' });
      }
      expect(await sessions.extend('x'.repeat(62))).toBe(false);
      expect(await sessions.extend(undefined)).toBe(false);
    });
  });

  test('sessions that are created and end in one tick do so in order, and each for itself', async () => {
    const sessions = roomOf({ maxBytes: 1000, maxPerUser: 2 });
    const userId = someone();
    const wanted = [
      { data: { n: 0 } },
      { data: { text: 'x'.repeat(2000) } },
      { userId: 'x'.repeat(2000) },
      { absoluteSeconds: 1.5 },
      ...Array.from({ length: 3 }, (_, n) => ({ userId, organizationId: 'o', data: { n }, ip: '::1' })),
      { userId: 7, data: { n: 7 } },
    ];
    const made = await Promise.allSettled(wanted.map((one) => sessions.create(one)));
    const codes = made.map(({ reason }) => reason?.code);
    expect(codes).toEqual([undefined, 'E_VALUE_TOO_LARGE', 'E_KEY', 'E_ARGUMENT', ...Array(4)]);
    const [first, , , , ...others] = made.map(({ value }) => value);
    const all = [first, ...others];
    expect(all.map(({ userId: whose, data }) => [whose, data.n])).toEqual([
      [null, 0],
      [userId, 0],
      [userId, 1],
      [userId, 2],
      ['7', 7],
    ]);
    expect(await sessions.list(userId, { organizationId: 'o' })).toHaveLength(2);
    const live = (await Promise.all(all.map(({ id }) => sessions.get(id)))).filter((one) => one !== null);
    expect(live.map(({ id, data }) => [id, data])).toEqual(
      all.filter(({ id }) => live.some((one) => one.id === id)).map(({ id, data }) => [id, data]),
    );
    expect(live).toHaveLength(4);
    // A server that does not know a script yet is sent it in a second flight. So each is sent once to
    // the server of the session before: sessions of one user have one key, and lie on one server.
    const [one, before] = [await sessions.create({ userId }), await sessions.create({ userId })];
    await sessions.get(before.id);
    expect(await sessions.destroy(before.id)).toBe('destroyed');
    await sessions.create({ userId: 'later' });
    await sessions.destroyAll('later');
    await sessions.list('later');
    // Nobody waits in between.
    const fates = await Promise.all([
      sessions.get(one.id),
      sessions.destroy(one.id),
      sessions.destroy(one.ref),
      sessions.get(one.id),
      sessions.create({ userId: 'later' }),
      sessions.destroy('no id'),
      sessions.destroyAll('later'),
      sessions.list('later'),
    ]);
    expect([fates[0].id, ...fates.slice(1, 4)]).toEqual([one.id, 'destroyed', 'absent', null]);
    expect(fates.slice(5)).toEqual(['absent', 'destroyed', []]);
  });

  test('all sessions are counted, and what has ended goes where that is asked for', async () => {
    const sessions = roomOf({ namespace: `all${counter}` });
    const userId = someone();
    const lives = await sessions.create({ userId });
    await sessions.create({ userId, absoluteSeconds: 1 });
    await sessions.create();
    await sessions.rotate(lives.id);
    await until(async () => (await sessions.count()).ended === 1);
    expect(await sessions.count({ drop: true })).toEqual({ users: 2, live: 2, ended: 1 });
    expect(await sessions.count()).toEqual({ users: 2, live: 2, ended: 0 });
    expect(await rejection(sessions.count({ drop: 1 }))).toMatchObject({ code: 'E_ARGUMENT' });
  });

  test('sessions are listed with their data where it is asked for', async () => {
    const sessions = roomOf();
    const userId = someone();
    const { ref } = await sessions.create({ userId, data: { cart: ['a'] } });
    expect(await sessions.list(userId, { data: true })).toMatchObject([{ ref, data: { cart: ['a'] } }]);
    expect((await sessions.list(userId))[0]).not.toHaveProperty('data');
    expect(await rejection(sessions.list(userId, { data: 1 }))).toMatchObject({ code: 'E_ARGUMENT' });
  });

  describe('changes', () => {
    test('replace keys, remove them, or are made by a function', async () => {
      const sessions = roomOf();
      const { id } = await sessions.create({ data: { a: 1, b: 2 } });
      expect(await sessions.update(id, { b: undefined, c: 3 })).toMatchObject({
        version: 2,
        data: { a: 1, c: 3 },
      });
      const updated = await sessions.update(id, (data) => ({ ...data, a: data.a + 1 }));
      expect(updated).toMatchObject({ id, version: 3, data: { a: 2, c: 3 } });
      expect((await sessions.get(id)).data).toEqual({ a: 2, c: 3 });
    });

    test('in parallel are all kept, also of a counter', async () => {
      const sessions = roomOf();
      const others = beside();
      const rooms_ = others === undefined ? [sessions] : [sessions, roomOf({}, others)];
      const { id } = await sessions.create({ data: { count: 0 } });
      const numbers = Array.from({ length: 100 }, (_, number) => number);
      await Promise.all(
        numbers.flatMap((number) => [
          rooms_[number % rooms_.length].update(id, { [`key-${number}`]: number }),
          rooms_[number % rooms_.length].update(id, (data) => ({ ...data, count: data.count + 1 })),
        ]),
      );
      const { data } = await sessions.get(id);
      expect(data.count).toBe(100);
      for (const number of numbers) expect(data[`key-${number}`]).toBe(number);
    });

    test('of an older version are refused', async () => {
      const sessions = roomOf();
      const { id, version } = await sessions.create();
      const both = await Promise.allSettled([
        sessions.update(id, { a: 1 }, { ifVersion: version }),
        sessions.update(id, { a: 2 }, { ifVersion: version }),
      ]);
      expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
      expect(both[1].reason).toMatchObject({ code: 'E_CONFLICT' });
      expect((await sessions.get(id)).data).toEqual({ a: 1 });
      // While one is written, those that wait are gathered: what stands in front of a change makes it an older one.
      const gathered = await Promise.allSettled([
        sessions.update(id, { b: 1 }),
        sessions.update(id, { c: 1 }),
        sessions.update(id, { d: 1 }, { ifVersion: version + 2 }),
      ]);
      expect(gathered.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
      expect((await sessions.get(id)).data).toEqual({ a: 1, b: 1, c: 1 });
    });

    test('that fail spoil no other one', async () => {
      const sessions = roomOf({ maxBytes: 100 });
      const { id } = await sessions.create();
      const thrown = new Error('of the application');
      const settled = await Promise.allSettled([
        sessions.update(id, { a: 1 }),
        sessions.update(id, (data) => {
          data.spoiled = true;
          throw thrown;
        }),
        sessions.update(id, { big: 'x'.repeat(200) }),
        sessions.update(id, async () => ({})),
        sessions.update(id, { n: 1n }),
        sessions.update(id, { b: 2 }),
      ]);
      expect(settled.map(({ reason }) => reason?.code ?? reason)).toEqual([
        undefined,
        thrown,
        'E_VALUE_TOO_LARGE',
        'E_SERIALIZE',
        'E_SERIALIZE',
        undefined,
      ]);
      expect((await sessions.get(id)).data).toEqual({ a: 1, b: 2 });
    });

    test('never bring back what was destroyed, revoked or never was', async () => {
      const sessions = roomOf();
      const userId = someone();
      for (const end of [({ id }) => sessions.destroy(id), () => sessions.destroyAll(userId)]) {
        const session = await sessions.create({ userId, data: { n: 1 } });
        const saves = Array.from({ length: 64 }, (_, n) => sessions.update(session.id, { n }));
        await end(session);
        await Promise.allSettled(saves);
        expect(await rejection(sessions.update(session.id, { n: 1 }))).toMatchObject({ code: 'E_SESSION' });
        expect(await sessions.touch(session.id)).toBe(false);
        expect(await sessions.get(session.id)).toBeNull();
      }
    });
  });

  describe('rotations', () => {
    test('in parallel agree on one successor, whose id all get', async () => {
      const first = roomOf();
      const second = roomOf({ secret: [OTHER_SECRET, SECRET] }, beside() ?? orgcache);
      const third = roomOf({ secret: [SECRET, OTHER_SECRET] });
      const { id } = await first.create({ userId: someone(), data: { n: 1 } });
      const rotated = await Promise.all(
        Array.from({ length: 50 }, (_, number) => (number % 2 === 0 ? first : second).rotate(id)),
      );
      expect(new Set(rotated.map(({ ref }) => ref)).size).toBe(1);
      for (const session of rotated) {
        expect(session).toMatchObject({ data: { n: 1 } });
        expect(session.id).not.toBe(id);
        expect(await third.get(session.id)).toMatchObject({ ref: rotated[0].ref, data: { n: 1 } });
      }
    });

    test('leave the old id open within its grace, and name the new one', async () => {
      const sessions = roomOf();
      const created = await sessions.create({ userId: someone(), data: { n: 1 } });
      const rotated = await sessions.rotate(created.id);
      expect(rotated).not.toHaveProperty('renewedId');
      expect(rotated.createdAt).toEqual(created.createdAt);
      expect(rotated.endsAt).toEqual(created.endsAt);
      const old = await sessions.get(created.id);
      expect(old).toMatchObject({ id: created.id, renewedId: rotated.id, ref: rotated.ref });
      await sessions.update(created.id, { m: 2 });
      expect((await sessions.get(rotated.id)).data).toEqual({ n: 1, m: 2 });
      const again = await sessions.rotate(rotated.id, { data: { k: 3 } });
      expect(await sessions.get(created.id)).toMatchObject({ renewedId: again.id, data: { k: 3 } });
    });

    test('end the old id with its grace', async () => {
      const sessions = roomOf();
      const { id } = await sessions.create();
      const rotated = await sessions.rotate(id, { graceSeconds: 1 });
      await until(async () => (await sessions.get(id)) === null);
      expect(await sessions.get(rotated.id)).not.toBeNull();
      expect(await rejection(sessions.rotate(id))).toMatchObject({ code: 'E_SESSION' });
    });

    test('with a login end every older id at once, and keep the data', async () => {
      const sessions = roomOf();
      const planted = await sessions.create({ data: { cart: 1 }, userAgent: 'a browser', fingerprint: 'f' });
      const rotated = await sessions.rotate(planted.id);
      const userId = someone();
      const login = await sessions.rotate(rotated.id, { userId, organizationId: 'org-1' });
      expect(login).toMatchObject({
        userId,
        organizationId: 'org-1',
        data: { cart: 1 },
        userAgent: 'a browser',
      });
      expect(await readable(sessions, [planted.id, rotated.id, login.id])).toEqual([login.id]);
      // The fingerprint went along.
      const strict = roomOf({ onMismatch: 'reject' });
      expect(await strict.get(login.id, { fingerprint: 'f' })).not.toBeNull();
      expect(await strict.get(login.id, { fingerprint: 'g' })).toBeNull();
    });

    test('by an old alias at a login end its successor too', async () => {
      const sessions = roomOf();
      const planted = await sessions.create();
      const rotated = await sessions.rotate(planted.id);
      const login = await sessions.rotate(planted.id, { userId: someone() });
      expect(await readable(sessions, [planted.id, rotated.id, login.id])).toEqual([login.id]);
    });

    test('with proof end every older id at once, and note the time', async () => {
      const sessions = roomOf();
      const userId = someone();
      const created = await sessions.create({ userId });
      const aliased = await sessions.rotate(created.id);
      await until(() => performance.now() > 0 && !sessions.isFresh(created, 0.001));
      const proved = await sessions.rotate(aliased.id, { userId, authenticated: true });
      expect(proved.authenticatedAt.getTime()).toBeGreaterThan(created.authenticatedAt.getTime());
      expect(sessions.isFresh(proved, 60)).toBe(true);
      expect(await readable(sessions, [created.id, aliased.id, proved.id])).toEqual([proved.id]);
    });

    test('of a session that has ended are refused', async () => {
      const sessions = roomOf();
      const { id } = await sessions.create();
      await sessions.destroy(id);
      for (const options of [{}, { authenticated: true }, { userId: someone() }]) {
        expect(await rejection(sessions.rotate(id, options))).toMatchObject({ code: 'E_SESSION' });
      }
    });
  });

  describe('the sessions of a user', () => {
    test('end together, but for one that is excepted, and later ones live', async () => {
      const sessions = roomOf();
      const userId = someone();
      const all = await Promise.all(Array.from({ length: 20 }, () => sessions.create({ userId })));
      const other = await sessions.create({ userId, organizationId: 'org-1' });
      const ids = all.map(({ id }) => id);
      const rotated = await sessions.rotate(ids[0]);
      expect(await sessions.destroyAll(userId, { exceptId: ids[0] })).toBe('destroyed');
      expect(await readable(sessions, ids)).toEqual([ids[0]]);
      expect(await sessions.get(rotated.id)).not.toBeNull();
      const again = await sessions.rotate(rotated.id);
      expect(await sessions.get(again.id)).not.toBeNull();
      expect(await sessions.destroyAll(userId)).toBe('destroyed');
      expect(await readable(sessions, [...ids, rotated.id, again.id])).toEqual([]);
      expect(await readable(sessions, [(await sessions.create({ userId })).id])).toHaveLength(1);
      expect(await readable(sessions, [other.id])).toHaveLength(1);
    });

    test('cannot be excepted by another one', async () => {
      const sessions = roomOf();
      const [mine, other] = [someone(), someone()];
      const kept = await sessions.create({ userId: mine });
      const { id: exceptId } = await sessions.create({ userId: other });
      expect(await rejection(sessions.destroyAll(mine, { exceptId }))).toMatchObject({ code: 'E_KEY' });
      expect(await sessions.get(kept.id)).not.toBeNull();
    });

    test('are listed by their refs, newest first', async () => {
      const sessions = roomOf();
      const userId = someone();
      const made = [];
      for (const userAgent of ['one', 'two', 'three']) {
        const session = await sessions.create({ userId, userAgent, data: { secret: 1 } });
        made.unshift(session);
        await until(() => !sessions.isFresh(session, 0.001));
      }
      const list = await sessions.list(userId);
      expect(list.map(({ ref, userAgent }) => [ref, userAgent])).toEqual(
        made.map(({ ref, userAgent }) => [ref, userAgent]),
      );
      expect(Object.keys(list[0]).sort()).toEqual([
        'authenticatedAt',
        'createdAt',
        'endsAt',
        'idleEndsAt',
        'ref',
        'seenAt',
        'userAgent',
      ]);
      expect(await sessions.list(userId, { limit: 1 })).toHaveLength(1);
      expect(await sessions.list(userId, { organizationId: 'org-1' })).toEqual([]);
      expect(JSON.stringify(list)).not.toContain(made[0].id);
    });

    test('are never more than maxPerUser: the oldest goes, or the new one is refused', async () => {
      const evicting = roomOf({ maxPerUser: 5 });
      const userId = someone();
      const evicted = [];
      evicting.on('evicted', ({ ref }) => evicted.push(ref));
      const all = await Promise.all(Array.from({ length: 200 }, () => evicting.create({ userId })));
      expect(
        await readable(
          evicting,
          all.map(({ id }) => id),
        ),
      ).toHaveLength(5);
      expect(evicted).toHaveLength(195);
      const rejecting = roomOf({ maxPerUser: 5, onMaxPerUser: 'reject' });
      expect(await rejection(rejecting.create({ userId }))).toMatchObject({ code: 'E_LIMIT' });
      expect(await evicting.list(userId)).toHaveLength(5);
    });

    test('of an organization end together, and touch no other', async () => {
      const sessions = roomOf();
      const organizationId = `org-${someone()}`;
      const userId = someone();
      const users = [userId, someone(), someone()];
      const ended = await Promise.all(users.map((user) => sessions.create({ userId: user, organizationId })));
      const kept = await Promise.all([
        sessions.create({ userId }),
        sessions.create({ userId, organizationId: `${organizationId}-other` }),
        sessions.create(),
      ]);
      expect(await sessions.destroyOrganization(organizationId)).toEqual({ users: 3 });
      const ids = [...ended, ...kept].map(({ id }) => id);
      expect(await readable(sessions, ids)).toEqual(kept.map(({ id }) => id));
      expect(await sessions.destroyOrganization(organizationId)).toEqual({ users: 0 });
      // A session that was created just before is not spared.
      for (let round = 0; round < 20; round += 1) {
        const { id } = await sessions.create({ userId, organizationId });
        expect(await sessions.destroyOrganization(organizationId)).toEqual({ users: 1 });
        expect(await sessions.get(id)).toBeNull();
      }
    });

    test('of all end together, and those of another namespace live', async () => {
      const sessions = roomOf({ namespace: `n${counter}` });
      const other = await roomOf().create({ userId: someone() });
      const all = await Promise.all(
        Array.from({ length: 50 }, (_, n) => sessions.create(n % 2 ? { userId: someone() } : {})),
      );
      expect((await sessions.stats()).users).toBe(50);
      expect(await sessions.destroyEverything()).toEqual({ users: 50 });
      expect(
        await readable(
          sessions,
          all.map(({ id }) => id),
        ),
      ).toEqual([]);
      expect(await roomOf().get(other.id)).not.toBeNull();
    });
  });

  describe('a fingerprint', () => {
    test('that is wrong is reported, answered like no session, or ends it', async () => {
      const events = [];
      const outcomes = {};
      for (const onMismatch of ['report', 'reject', 'destroy']) {
        const sessions = roomOf({ onMismatch });
        sessions.on('mismatch', ({ ref }) => events.push(ref));
        const { id, ref } = await sessions.create({ fingerprint: 'right' });
        const wrong = await sessions.check(id, { fingerprint: 'wrong' });
        const right = await sessions.check(id, { fingerprint: 'right' });
        expect(events.pop()).toBe(ref);
        expect(events).toEqual([]);
        outcomes[onMismatch] = [wrong.reason, right.reason];
      }
      expect(outcomes).toEqual({
        report: ['ok', 'ok'],
        reject: ['mismatch', 'ok'],
        destroy: ['mismatch', 'unknown'],
      });
    });
  });

  describe('a watched session', () => {
    test('tells its end at once: destroyed, revoked, by a login', async () => {
      const sessions = roomOf();
      const userId = someone();
      for (const end of [
        ({ id }) => sessions.destroy(id),
        ({ ref }) => sessions.destroy(ref),
        () => sessions.destroyAll(userId),
        ({ id }) => sessions.rotate(id, { userId: someone() }),
        ({ id }) => sessions.rotate(id, { authenticated: true }),
      ]) {
        const session = await sessions.create({ userId });
        const watched = sessions.watch(session.id);
        expect(watched.signal.aborted).toBe(false);
        await end(session);
        expect(watched.signal.aborted).toBe(true);
      }
    });

    test('goes on through a rotation and others’ ends, and closes', async () => {
      const sessions = roomOf();
      const userId = someone();
      const session = await sessions.create({ userId });
      const [watched, closed] = [sessions.watch(session.id), sessions.watch(session.id)];
      closed.close();
      const rotated = await sessions.rotate(session.id);
      const other = sessions.watch((await sessions.create({ userId })).id);
      await sessions.destroyAll(userId, { exceptId: rotated.id });
      await until(() => other.signal.aborted);
      expect(watched.signal.aborted).toBe(false);
      await sessions.destroy(rotated.id);
      expect([watched.signal.aborted, closed.signal.aborted]).toEqual([true, false]);
    });

    test('that has ended before, or never was, tells so', async () => {
      const sessions = roomOf();
      const { id } = await sessions.create();
      await sessions.destroy(id);
      const watched = sessions.watch(id);
      await until(() => watched.signal.aborted);
      expect(sessions.watch('nonsense').signal.aborted).toBe(true);
    });
  });

  test('tokens for forms belong to one id', async () => {
    const sessions = roomOf();
    const [one, two] = await Promise.all([sessions.create(), sessions.create()]);
    const token = sessions.csrfToken(one.id);
    expect(token).not.toBe(sessions.csrfToken(one.id));
    expect(sessions.verifyCsrf(one.id, token)).toBe(true);
    expect(roomOf({ secret: [OTHER_SECRET, SECRET] }).verifyCsrf(one.id, token)).toBe(true);
    for (const [id, given] of [
      [two.id, token],
      [one.id, `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`],
      [one.id, ''],
      [one.id, undefined],
      ['x', token],
    ]) {
      expect(sessions.verifyCsrf(id, given)).toBe(false);
    }
  });

  test('numbers and events tell what happened, and never an id', async () => {
    const sessions = roomOf({ namespace: `counted${counter}` });
    const events = [];
    for (const name of ['created', 'rotated', 'destroyed', 'revoked']) {
      sessions.on(name, (event) => events.push(event));
    }
    const userId = someone();
    const { id } = await sessions.create({ userId });
    const rotated = await sessions.rotate(id);
    await sessions.get(id);
    await sessions.get('x'.repeat(62));
    await sessions.get('x');
    await sessions.update(id, { a: 1 });
    await sessions.destroy(rotated.ref);
    await sessions.get(id);
    await sessions.destroyAll(userId);
    expect(events.map(({ event }) => event)).toEqual(['created', 'rotated', 'destroyed', 'revoked']);
    expect(JSON.stringify(events)).not.toContain(id);
    expect(await sessions.stats()).toMatchObject({
      created: 1,
      rotated: 1,
      updated: 1,
      destroyed: 1,
      revoked: 1,
      malformed: 2,
      unknown: 1,
      users: 1,
    });
  });
}

module.exports = { OTHER_SECRET, SECRET, readable, sessionsContract, someone };
