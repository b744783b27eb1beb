'use strict';

const { createHmac } = require('node:crypto');
const { once } = require('node:events');
const express = require('express');
const session = require('express-session');
const { RedisStore, SessionStore } = require('../../js/session-store/stores.js');
const { onEnd } = require('./cleanup');
const { rejection } = require('./wait');

const SECRET = 'a secret';
const DAY_MS = 86_400_000;
const cookieUntil = (ms) => ({ originalMaxAge: ms, expires: new Date(Date.now() + ms).toISOString() });

/** An application with express-session. Answers a function that sends requests with the cookie of the last answer. */
async function serve(options, handle) {
  const app = express();
  app.use(session({ secret: SECRET, resave: false, saveUninitialized: false, ...options }));
  app.use(handle);
  app.use((error, _request, response, _next) =>
    response.status(500).json({ code: error.code ?? error.message }),
  );
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onEnd(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  let cookie;
  return async (path = '/', own = cookie) => {
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, {
      headers: own === undefined ? {} : { cookie: own },
    });
    const [set] = response.headers.getSetCookie();
    if (set !== undefined) cookie = set.split(';')[0];
    return { status: response.status, body: await response.json(), cookie: set };
  };
}

/** The cookie in which express-session would give an id to the clients of `serve`. */
function signedCookie(id) {
  const signature = createHmac('sha256', SECRET).update(id).digest('base64').replace(/=+$/, '');
  return `connect.sid=${encodeURIComponent(`s:${id}.${signature}`)}`;
}

/**
 * The contents of a server, for tests that look behind a store. `prefix` is what its client puts before keys.
 */
function keptInRedis(redis, prefix = '') {
  return {
    text: (key) => redis.command('GET', prefix + key),
    ttl: (key) => redis.command('PTTL', prefix + key),
    expire: (key, ms) => redis.command('PEXPIRE', prefix + key, ms),
    keys: () => redis.keys(`${prefix}*`),
    writes: async () => {
      const info = await redis.command('INFO', 'commandstats');
      const calls = [...info.matchAll(/^cmdstat_(set|pexpire|unlink|del):calls=(\d+)/gm)];
      return calls.reduce((sum, [, , count]) => sum + Number(count), 0);
    },
    forgetScripts: () => redis.command('SCRIPT', 'FLUSH'),
  };
}

/**
 * The promises of the stores. `options` answers those that name where their sessions are, and `kept` looks there.
 */
function describeSessionStores({ kept, options }) {
  const open = (more) => new RedisStore(undefined, { ...options(), ...more });
  const ttl = (id) => kept.ttl(`sess:${id}`);

  test('keeps sessions as plain JSON under their ids, until their cookies end', async () => {
    const store = open();
    await store.set('a', { n: 1, cookie: cookieUntil(60_000) });
    await store.set('b', { n: 2, cookie: { originalMaxAge: null } });
    expect(JSON.parse(await kept.text('sess:a'))).toMatchObject({ n: 1 });
    expect(await ttl('a')).toBeGreaterThan(50_000);
    expect(await ttl('a')).toBeLessThanOrEqual(60_000);
    expect(await ttl('b')).toBeGreaterThan(DAY_MS - 10_000);
    expect(await store.get('b')).toEqual({ n: 2, cookie: { originalMaxAge: null } });
    expect(await store.get('c')).toBe(null);
    await store.set('a', { cookie: cookieUntil(-1000) });
    expect(await store.get('a')).toBe(null);
  });

  test('lists, counts and clears the sessions of its prefix alone', async () => {
    const [store, other] = [open(), open({ prefix: 'sess[1]*:' })];
    for (let i = 0; i < 250; i++) await store.set(`s${i}`, { n: i, cookie: {} });
    await other.set('x', { cookie: {} });
    await store.destroy('s249');
    expect(await store.length()).toBe(249);
    expect(new Set(await store.ids()).size).toBe(249);
    expect((await store.all()).find(({ id }) => id === 's7')).toEqual({ id: 's7', n: 7, cookie: {} });
    expect(await store.all({ limit: 5 })).toHaveLength(5);
    const seen = new Set();
    for await (const { id } of store) seen.add(id);
    expect(seen.size).toBe(249);
    await store.clear();
    expect(await store.length()).toBe(0);
    expect(await other.ids()).toEqual(['x']);
    // Tombstones are no sessions, also where a prefix does not keep them apart.
    expect(await open({ prefix: '' }).ids()).toEqual(['sess[1]*:x']);
  });

  test('does not bring back a session that was destroyed while a request held it', async () => {
    const store = open();
    await store.set('a', { n: 1, cookie: {} });
    const held = await store.get('a');
    await store.destroy('a');
    held.n = 2;
    await store.set('a', held);
    // One that was copied has no mark of loading.
    await store.set('a', { ...held });
    await store.touch('a', held);
    expect(await store.get('a')).toBe(null);
    expect(await store.length()).toBe(0);
  });

  test('merges what two requests change', async () => {
    const store = open();
    await store.set('a', { kept: 1, gone: 1, both: 0, cookie: { path: '/' } });
    const [one, two] = [await store.get('a'), await store.get('a')];
    one.one = true;
    one.both = 1;
    two.two = true;
    two.both = 2;
    delete two.gone;
    await store.set('a', one);
    await store.set('a', two);
    expect(await store.get('a')).toEqual({ kept: 1, both: 2, one: true, two: true, cookie: { path: '/' } });
    // A later save of the same object takes nothing back that it does not have.
    two.three = true;
    await store.set('a', two);
    expect(await store.get('a')).toMatchObject({ one: true, two: true, three: true });
  });

  test('keeps all of 40 parallel changes', async () => {
    const store = open();
    await store.set('a', { cookie: {} });
    const held = await Promise.all(Array.from({ length: 40 }, () => store.get('a')));
    for (const [index, one] of held.entries()) one[`f${index}`] = index;
    await Promise.all(held.map((one) => store.set('a', one)));
    expect(Object.keys(await store.get('a'))).toHaveLength(41);
  });

  test('overwrites or refuses instead, where that is asked for', async () => {
    for (const onConflict of ['overwrite', 'error']) {
      const store = open({ onConflict });
      await store.set(onConflict, { cookie: {} });
      const [one, two] = [await store.get(onConflict), await store.get(onConflict)];
      one.one = two.two = true;
      await store.set(onConflict, one);
      if (onConflict === 'error') {
        expect(await rejection(store.set(onConflict, two))).toMatchObject({ code: 'E_CONFLICT' });
        expect(await store.get(onConflict)).toEqual({ one: true, cookie: {} });
      } else {
        await store.set(onConflict, two);
        expect(await store.get(onConflict)).toEqual({ two: true, cookie: {} });
      }
    }
  });

  test('writes nothing for touches that change little, and tells the end that Redis has', async () => {
    const store = open();
    await store.set('a', { n: 1, cookie: cookieUntil(1_000_000) });
    await kept.expire('sess:a', 500_000);
    const held = await store.get('a');
    expect(Math.abs(Date.parse(held.cookie.expires) - Date.now() - 500_000)).toBeLessThan(5000);
    held.cookie = cookieUntil(1_000_000);
    await store.touch('a', held);
    expect(await ttl('a')).toBeGreaterThan(1_000_000);
    const before = await kept.writes();
    for (let i = 0; i < 20; i++) {
      const again = await store.get('a');
      again.cookie = cookieUntil(1_000_000);
      // Once as a touch, once as a set of what is the same.
      await (i % 2 ? store.touch('a', again) : store.set('a', again));
    }
    expect(await kept.writes()).toBe(before);
    held.cookie = cookieUntil(300_000);
    await store.touch('a', held);
    expect(await ttl('a')).toBeLessThan(400_000);
    await open({ touchSeconds: 0 }).touch('a', { cookie: cookieUntil(310_000) });
    expect(await ttl('a')).toBeLessThanOrEqual(310_000);
  });

  test('goes on where its scripts are forgotten', async () => {
    const store = open();
    await store.set('a', { n: 1, cookie: {} });
    await kept.forgetScripts();
    await store.set('a', { n: 2, cookie: {} });
    expect(await store.get('a')).toMatchObject({ n: 2 });
  });

  test('serves express-session with hashed keys', async () => {
    const store = new SessionStore(undefined, options());
    const ids = [];
    const ask = await serve({ store, cookie: { maxAge: 600_000 } }, (request, response) => {
      ids.push(request.sessionID);
      if (request.path === '/out') return request.session.destroy(() => response.json({}));
      request.session.views = (request.session.views ?? 0) + 1;
      response.json(request.session.views);
    });
    expect([(await ask()).body, (await ask()).body, (await ask()).body]).toEqual([1, 2, 3]);
    const keys = await kept.keys();
    expect(keys).toHaveLength(1);
    expect(ids.some((id) => keys[0].includes(id))).toBe(false);
    expect(await store.length()).toBe(1);
    await ask('/out');
    expect(await store.length()).toBe(0);
    expect((await ask()).body).toBe(1);
  });
}

module.exports = { cookieUntil, describeSessionStores, keptInRedis, serve, signedCookie };
