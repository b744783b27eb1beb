'use strict';

const { openPackage } = require('../support/package');
const { SECRET, someone } = require('../support/sessions-contract');
const { rejection } = require('../support/wait');

describe('bad input of sessions', () => {
  let orgcache;
  let sessions;

  beforeAll(() => {
    orgcache = openPackage({ useRedis: false });
    sessions = orgcache.createSessions({ secret: SECRET });
  });

  const thrownBy = (make) => {
    try {
      make();
    } catch (error) {
      return error;
    }
    throw new Error('nothing was thrown');
  };

  test.each([
    ['no options', undefined, /secret is missing/],
    ['a text', 'x', /takes an object/],
    ['a short secret', { secret: 'short' }, /at least 32 bytes/],
    ['no secrets', { secret: [] }, /1 to 8/],
    [
      'an absolute end before the idle end',
      { absoluteSeconds: 60, idleSeconds: 61 },
      /longer than absoluteSeconds/,
    ],
    ['touches rarer than a quarter of the idle time', { touchSeconds: 451 }, /from 0 to 450/],
    ['NaN', { idleSeconds: Number.NaN }, /idleSeconds is not allowed; give an integer/],
    ['a negative number', { graceSeconds: -1 }, /from 0 to 300/],
    ['a fraction', { absoluteSeconds: 1.5 }, /absoluteSeconds/],
    ['2^53', { absoluteSeconds: 2 ** 53 }, /from 1 to 34560000/],
    ['a BigInt', { maxPerUser: 5n }, /maxPerUser/],
    ['an unknown option', { idleSecond: 5 }, /did you mean idleSeconds/],
    ['a domain with __Host-', { cookie: { domain: 'example.com' } }, /__Host-/],
    ['an insecure cookie of a secure name', { cookie: { name: '__Host-x', insecure: true } }, /insecure/],
    ['an unknown option of the cookie', { cookie: { sameSit: 'lax' } }, /did you mean sameSite/],
  ])('%s is refused when the room is made', (_, options, message) => {
    const whole =
      typeof options === 'object' && options.secret === undefined ? { secret: SECRET, ...options } : options;
    const error = thrownBy(() => orgcache.createSessions(whole));
    expect(error).toMatchObject({ code: 'E_CONFIG' });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain(SECRET);
  });

  test('an insecure cookie is refused in production', () => {
    const before = process.env.NODE_ENV;
    try {
      process.env.NODE_ENV = 'production';
      const error = thrownBy(() => orgcache.createSessions({ secret: SECRET, cookie: { insecure: true } }));
      expect(error).toMatchObject({ code: 'E_CONFIG', message: expect.stringContaining('production') });
    } finally {
      process.env.NODE_ENV = before;
    }
  });

  test('the secret may be in SESSION_SECRET', async () => {
    process.env.SESSION_SECRET = SECRET;
    try {
      const room = orgcache.createSessions();
      const { id } = await room.create();
      expect(await sessions.get(id)).not.toBeNull();
    } finally {
      delete process.env.SESSION_SECRET;
    }
  });

  test.each([
    ['a forged id', 'A'.repeat(62)],
    ['a megabyte', 'x'.repeat(1_048_576)],
    ['NUL', '\0'.repeat(62)],
    ['letters of other alphabets', 'é'.repeat(62)],
    ['an array', ['x']],
    ['an object', { length: 62 }],
    ['a number', 7],
    ['undefined', undefined],
    ['null', null],
  ])('%s opens nothing', async (_, id) => {
    expect(await sessions.get(id)).toBeNull();
    expect(await sessions.check(id)).toEqual({ session: null, reason: 'malformed' });
    expect(await sessions.touch(id)).toBe(false);
    expect(await sessions.destroy(id)).toBe('absent');
    expect(await rejection(sessions.update(id, {}))).toMatchObject({ code: 'E_SESSION' });
    expect(await rejection(sessions.rotate(id))).toMatchObject({ code: 'E_SESSION' });
    expect(thrownBy(() => sessions.csrfToken(id))).toMatchObject({ code: 'E_SESSION' });
    expect(sessions.verifyCsrf(id, 'x')).toBe(false);
    expect(sessions.watch(id).signal.aborted).toBe(true);
  });

  const cycle = {};
  cycle.self = cycle;
  test.each([
    ['data over maxBytes', { text: 'x'.repeat(65_536) }, 'E_VALUE_TOO_LARGE'],
    ['a cycle', cycle, 'E_SERIALIZE'],
    ['a BigInt', { n: 1n }, 'E_SERIALIZE'],
    ['a list', [], 'E_SERIALIZE'],
    ['null', null, 'E_SERIALIZE'],
    ['a text', 'x', 'E_SERIALIZE'],
    ['what becomes no object', { toJSON: () => 'x' }, 'E_SERIALIZE'],
    ['what becomes nothing', { toJSON: () => undefined }, 'E_SERIALIZE'],
  ])('%s is no data of a session', async (_, data, code) => {
    expect(await rejection(sessions.create({ data }))).toMatchObject({ code });
    const { id } = await sessions.create();
    expect(await rejection(sessions.update(id, () => data))).toMatchObject({ code });
    expect(await rejection(sessions.rotate(id, { data }))).toMatchObject({ code });
    expect((await sessions.get(id)).data).toEqual({});
  });

  test.each([
    ['an empty user', { userId: '' }, 'E_KEY'],
    ['a user of a megabyte', { userId: 'x'.repeat(1_048_576) }, 'E_KEY'],
    ['a user that was cut inside a character', { userId: '\ud83d' }, 'E_KEY'],
    ['a user that is no text', { userId: {} }, 'E_KEY'],
    ['an organization without a user', { organizationId: 'o' }, 'E_KEY'],
    ['an empty organization', { userId: 'u', organizationId: '' }, 'E_KEY'],
    ['a fingerprint that is no text', { fingerprint: 7 }, 'E_ARGUMENT'],
    ['an unknown option', { user: 'u' }, 'E_ARGUMENT'],
    ['options that are none', 'x', 'E_CONFIG'],
  ])('%s makes no session', async (_, options, code) => {
    expect(await rejection(sessions.create(options))).toMatchObject({ code });
  });

  test('users are named alike by calls for all their sessions', async () => {
    for (const userId of ['', undefined, null, {}, 'x'.repeat(2000)]) {
      expect(await rejection(sessions.destroyAll(userId))).toMatchObject({ code: 'E_KEY' });
      expect(await rejection(sessions.list(userId))).toMatchObject({ code: 'E_KEY' });
    }
    for (const exceptId of ['x', 'A'.repeat(62), 7]) {
      expect(await rejection(sessions.destroyAll('u', { exceptId }))).toMatchObject({ code: 'E_KEY' });
    }
    for (const limit of [0, -1, 1.5, 10_001, '5']) {
      expect(await rejection(sessions.list('u', { limit }))).toMatchObject({ code: 'E_ARGUMENT' });
    }
    expect(await rejection(sessions.destroyOrganization(''))).toMatchObject({ code: 'E_KEY' });
  });

  test('changes and rotations are checked', async () => {
    const { id } = await sessions.create({ userId: someone() });
    for (const change of [null, 'x', [], undefined]) {
      expect(await rejection(sessions.update(id, change))).toMatchObject({ code: 'E_ARGUMENT' });
    }
    expect(await rejection(sessions.update(id, {}, { ifVersion: 1.5 }))).toMatchObject({
      code: 'E_ARGUMENT',
    });
    for (const options of [{ graceSeconds: 301 }, { graceSeconds: '1' }, { authenticated: 1 }, { user: 1 }]) {
      expect(await rejection(sessions.rotate(id, options))).toMatchObject({ code: 'E_ARGUMENT' });
    }
    expect(await rejection(sessions.rotate(id, { organizationId: 'o' }))).toMatchObject({ code: 'E_KEY' });
    expect(thrownBy(() => sessions.on('creation', () => {}))).toMatchObject({ code: 'E_ARGUMENT' });
    expect(thrownBy(() => sessions.isFresh({}, 1))).toMatchObject({ code: 'E_ARGUMENT' });
    expect(thrownBy(() => sessions.express({ name: 'x' }))).toMatchObject({ code: 'E_ARGUMENT' });
    expect(await sessions.get(id)).not.toBeNull();
  });

  test('an aborted call rejects with the reason', async () => {
    const reason = new Error('too late');
    const signal = AbortSignal.abort(reason);
    expect(await rejection(sessions.create({ signal }))).toBe(reason);
    expect(await rejection(sessions.get('x', { signal }))).toBe(reason);
  });

  test('after the close every call is refused', async () => {
    const room = orgcache.createSessions({ secret: SECRET });
    const { id } = await room.create();
    await room.close();
    await room[Symbol.asyncDispose]();
    expect(await rejection(room.get(id))).toMatchObject({ code: 'E_CLOSED' });
    expect(await rejection(room.create())).toMatchObject({ code: 'E_CLOSED' });
    expect(await sessions.get(id)).not.toBeNull();
  });
});
