'use strict';

const { openPackage } = require('../support/package');
const { SECRET } = require('../support/sessions-contract');

describe('cookies of sessions', () => {
  let orgcache;
  const roomOf = (options) => orgcache.createSessions({ secret: SECRET, ...options });

  beforeAll(() => {
    orgcache = openPackage({ useRedis: false, logLevel: 'off' });
  });

  test('are of one host, for TLS and the server alone, and end with the window', async () => {
    const sessions = roomOf();
    const session = await sessions.create();
    expect(sessions.cookie(session)).toBe(`__Host-id=${session.id}; Path=/; Secure; HttpOnly; SameSite=Lax`);
    const rotated = await sessions.rotate(session.id);
    expect(sessions.cookie(await sessions.get(session.id))).toBe(sessions.cookie(rotated));
    expect(sessions.cookie(null)).toBe('__Host-id=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax');
  });

  test('last as long as the session where they are persistent', async () => {
    const cookie = {
      name: '__Secure-s',
      domain: 'example.com',
      path: '/app',
      sameSite: 'none',
      persistent: true,
    };
    const sessions = roomOf({ absoluteSeconds: 1000, cookie });
    const text = sessions.cookie(await sessions.create());
    expect(text).toMatch(
      /^__Secure-s=[\w-]{62}; Max-Age=\d+; Domain=example.com; Path=\/app; Secure; HttpOnly; SameSite=None$/,
    );
    expect(Number(/Max-Age=(\d+)/.exec(text)[1])).toBeGreaterThan(980);
    expect(Number(/Max-Age=(\d+)/.exec(text)[1])).toBeLessThanOrEqual(1000);
  });

  test('without TLS have another name', async () => {
    const sessions = roomOf({ cookie: { insecure: true } });
    expect(sessions.cookie(await sessions.create())).toMatch(
      /^id=[\w-]{62}; Path=\/; HttpOnly; SameSite=Lax$/,
    );
  });

  test('are found among others', async () => {
    const sessions = roomOf();
    const { id } = await sessions.create();
    for (const header of [
      `__Host-id=${id}`,
      `a=b; __Host-id=${id}; c=d`,
      `__Host-id=planted;__Host-id=${id}`,
      `x__Host-id=${'A'.repeat(62)}; __Host-id=${id}`,
    ]) {
      expect(sessions.fromCookie(header)).toBe(id);
    }
    for (const header of [undefined, '', 'id=x', `__Host-id=${id}x`, `id=${id}`, [`__Host-id=${id}`]]) {
      expect(sessions.fromCookie(header)).toBeNull();
    }
  });
});
