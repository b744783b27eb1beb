'use strict';

const session = require('express-session');
const { RedisStore: ConnectRedis } = require('connect-redis');
const IoRedis = require('ioredis');
const stores = require('../../js/session-store/stores.js');
const { SessionStore: FastifyStore } = require('../../js/session-store/fastify-store.js');
const { cookieUntil, serve } = require('../support/session-store-contract');
const { onEnd } = require('../support/cleanup');
const { commandsSent } = require('../support/commands-sent');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { rejection } = require('../support/wait');

const PREFIX = 'orgcache:test:';
const redis = withRedis({ flushBeforeEach: true });
let orgcache;

beforeAll(() => {
  orgcache = openPackage({ url: redis.url, prefix: PREFIX, logLevel: 'off' });
});

const sessionStore = (options) => new stores.SessionStore(orgcache, options);
const redisStore = (options) => new stores.RedisStore(orgcache, options);
const fastifyStore = (options) => new FastifyStore(orgcache, options);

describe('without a client', () => {
  test('sessions are on the connection of the package, under its prefix and a hash', async () => {
    const store = sessionStore();
    await store.set('an id', { n: 1, cookie: {} });
    const [key] = await redis.keys();
    expect(key).toMatch(/^orgcache:test:sess:[\w-]{32}$/);
    expect(await store.ids()).toEqual([key.slice(`${PREFIX}sess:`.length)]);
    expect(await sessionStore({ prefix: 'other:' }).length()).toBe(0);
    expect(await fastifyStore().get('an id')).toEqual({ n: 1, cookie: {} });
  });

  test('the store of connect-redis has its keys exactly', async () => {
    await redisStore().set('1', { cookie: {} });
    expect(await redis.keys()).toEqual(['sess:1']);
  });

  test('a reset leads to the new connection', async () => {
    const other = openPackage({ url: redis.url, prefix: 'a:', logLevel: 'off' });
    const store = new stores.SessionStore(other);
    await store.set('1', { cookie: {} });
    await other.reset();
    other.configure({ url: redis.url, prefix: 'b:', logLevel: 'off' });
    await store.set('1', { cookie: {} });
    expect((await redis.keys()).map((key) => key.slice(0, 7))).toEqual(['a:sess:', 'b:sess:']);
  });
});

describe('the store of connect-redis', () => {
  test('has its options as properties, which may be set', async () => {
    const client = orgcache.redisManager.getClient();
    const store = redisStore({ client });
    expect(store).toMatchObject({ prefix: 'sess:', scanCount: 100, ttl: 86_400 });
    expect([store.disableTTL, store.disableTouch]).toEqual([false, false]);
    expect(store.serializer).toBe(JSON);
    expect(store.client).toBe(client);
    expect(store).toBeInstanceOf(session.Store);
    store.prefix = 'own:';
    store.ttl = () => 50;
    await store.set('1', { cookie: cookieUntil(1_000_000) });
    expect(await redis.command('PTTL', 'own:1')).toBeLessThanOrEqual(50_000);
    expect(redisStore({ client, ttl: 0, scanCount: 0, prefix: null })).toMatchObject({
      ttl: 86_400,
      prefix: 'sess:',
    });
    expect(redisStore({ client, prefix: '' }).prefix).toBe('');
  });

  test('reads and writes what connect-redis reads and writes', async () => {
    const client = new IoRedis(redis.port);
    onEnd(() => client.disconnect());
    const [theirs, own] = [new ConnectRedis({ client }), redisStore({ client })];
    await theirs.set('1', { n: 1, cookie: cookieUntil(60_000) });
    const found = await own.get('1');
    expect(found).toMatchObject({ n: 1 });
    found.own = true;
    await own.set('1', found);
    expect(await theirs.get('1')).toEqual(found);
    await theirs.set('1', { n: 2, cookie: {} });
    found.later = true;
    await own.set('1', found);
    expect(await theirs.get('1')).toMatchObject({ n: 2, later: true });
    await own.destroy('1');
    expect(await theirs.get('1')).toBe(null);
    expect([await theirs.length(), await own.length()]).toEqual([0, 0]);
  });

  test('obeys disableTTL, disableTouch and a serializer', async () => {
    const serializer = {
      stringify: (one) => Buffer.from(JSON.stringify(one)).toString('base64'),
      parse: async (text) => JSON.parse(Buffer.from(text, 'base64')),
    };
    const store = redisStore({ disableTTL: true, serializer });
    await store.set('1', { n: 1, cookie: cookieUntil(60_000) });
    expect(await redis.command('PTTL', 'sess:1')).toBe(-1);
    await store.touch('1', { cookie: cookieUntil(60_000) });
    expect(await redis.command('PTTL', 'sess:1')).toBe(-1);
    const [one, two] = [await store.get('1'), await store.get('1')];
    one.one = two.two = 1;
    await store.set('1', one);
    await store.set('1', two);
    expect(await store.get('1')).toMatchObject({ n: 1, one: 1, two: 1 });
    expect(await redis.command('GET', 'sess:1')).toMatch(/^[\w+/=]+$/);
    const untouched = redisStore({ disableTouch: true });
    await untouched.set('2', { cookie: cookieUntil(60_000) });
    await untouched.touch('2', { cookie: cookieUntil(600_000) });
    expect(await redis.command('PTTL', 'sess:2')).toBeLessThanOrEqual(60_000);
  });
});

describe('with callbacks', () => {
  const called = (call) => new Promise((resolve) => call((...outcome) => resolve(outcome)));

  test('each method answers its callback, and nothing else', async () => {
    const store = sessionStore();
    expect(store.set('1', { n: 1, cookie: {} }, () => {})).toBeUndefined();
    expect(await called((done) => store.set('2', { n: 2, cookie: {} }, done))).toEqual([null, null]);
    expect(await called((done) => store.get('2', done))).toEqual([null, { n: 2, cookie: {} }]);
    expect(await called((done) => store.get('3', done))).toEqual([null, null]);
    expect(await called((done) => store.touch('2', { cookie: {} }, done))).toEqual([null, null]);
    expect(await called((done) => store.length(done))).toEqual([null, 2]);
    expect((await called((done) => store.ids(done)))[1]).toHaveLength(2);
    expect((await called((done) => store.all(done)))[1]).toHaveLength(2);
    expect((await called((done) => store.all({ limit: 1 }, done)))[1]).toHaveLength(1);
    expect(await called((done) => store.destroy('2', done))).toEqual([null, null]);
    expect(await called((done) => store.clear(done))).toEqual([null, null]);
    const [error] = await called((done) => store.set('1', { n: 1n, cookie: {} }, done));
    expect(error.code).toBe('E_SERIALIZE');
  });
});

describe('with express-session', () => {
  test('a request that goes on after the logout does not bring the session back', async () => {
    const store = sessionStore();
    let release;
    const held = new Promise((resolve) => {
      release = resolve;
    });
    let begin;
    const begun = new Promise((resolve) => {
      begin = resolve;
    });
    const ask = await serve({ store, resave: true }, async (request, response) => {
      if (request.path === '/out') return request.session.destroy(() => response.json('out'));
      if (request.path === '/slow') {
        begin();
        await held;
      }
      request.session.user = 'u-1';
      response.json(request.session.user);
    });
    await ask();
    const slow = ask('/slow');
    await begun;
    expect((await ask('/out')).body).toBe('out');
    release();
    expect((await slow).status).toBe(200);
    expect(await store.length()).toBe(0);
  });

  test('requests at once lose no change', async () => {
    const store = sessionStore();
    const waiting = [];
    const ask = await serve({ store }, async (request, response) => {
      if (request.path !== '/') {
        await new Promise((resolve) => {
          waiting.push(resolve);
          if (waiting.length === 10) for (const go of waiting) go();
        });
      }
      request.session[`f${request.path}`] = 1;
      response.json(Object.keys(request.session).length);
    });
    await ask();
    await Promise.all(Array.from({ length: 10 }, (_, index) => ask(`/${index}`)));
    expect((await ask()).body).toBe(12);
  });
});

describe('for @fastify/session, which copies what it loads', () => {
  /** A session as that plugin makes it. */
  const copyOf = (loaded, isModified) =>
    Object.defineProperty({ ...loaded }, 'isModified', { value: () => isModified });
  const stored = async () => JSON.parse(await redis.command('GET', (await redis.keys('*sess:*'))[0]));

  test('an unchanged copy writes nothing, whatever others have written meanwhile', async () => {
    const store = fastifyStore();
    await store.set('1', copyOf({ n: 1, cookie: cookieUntil(1_000_000) }, false));
    const idle = copyOf(await store.get('1'), false);
    const busy = copyOf(await store.get('1'), true);
    busy.n = 2;
    await store.set('1', busy);
    idle.cookie = cookieUntil(1_000_000);
    await store.set('1', idle);
    expect((await stored()).n).toBe(2);
  });

  test('an unchanged copy of which nothing is known any more only lives on', async () => {
    await fastifyStore().set('1', copyOf({ n: 1, cookie: cookieUntil(100_000) }, false));
    await fastifyStore().set('1', copyOf({ n: 0, cookie: cookieUntil(1_000_000) }, false));
    expect((await stored()).n).toBe(1);
    expect(await redis.command('PTTL', (await redis.keys())[0])).toBeGreaterThan(900_000);
  });

  test('another cookie is a change', async () => {
    const store = fastifyStore();
    await store.set('1', copyOf({ n: 1, cookie: cookieUntil(100_000) }, false));
    const { n } = await store.get('1');
    await store.set('1', copyOf({ n, cookie: cookieUntil(1_000_000) }, false));
    expect((await stored()).cookie.originalMaxAge).toBe(1_000_000);
  });

  test('a copy of a destroyed session is refused', async () => {
    const store = fastifyStore();
    await store.set('1', copyOf({ n: 1, cookie: {} }, false));
    for (const isModified of [true, false]) {
      const copy = copyOf(await fastifyStore().get('1'), isModified);
      await store.destroy('1');
      await store.set('1', copy);
      expect(await store.get('1')).toBe(null);
    }
  });
});

describe('bad input', () => {
  test('ids that name no session are none, and ask Redis nothing', async () => {
    const store = redisStore();
    await store.get('there');
    const before = await commandsSent(redis);
    for (const id of [undefined, null, '', 7, ['a'], {}, 'x'.repeat(1_000_000), 'a{b', 'a}b']) {
      expect(await store.get(id)).toBe(null);
      await store.destroy(id);
      await store.touch(id, { cookie: {} });
      expect(await rejection(store.set(id, { cookie: {} }))).toMatchObject({ code: 'E_KEY' });
    }
    expect(await commandsSent(redis)).toEqual(before);
    const hashed = sessionStore();
    await hashed.set('a{b}\0', { n: 1, cookie: {} });
    expect(await hashed.get('a{b}\0')).toMatchObject({ n: 1 });
  });

  test('sessions that are no JSON are refused', async () => {
    const cycle = { cookie: {} };
    cycle.self = cycle;
    for (const given of [cycle, { n: 1n, cookie: {} }, undefined, () => {}]) {
      expect(await rejection(sessionStore().set('1', given))).toMatchObject({ code: 'E_SERIALIZE' });
    }
  });

  test('a text that is no session is none', async () => {
    for (const text of ['{', 'null', '7', '"a"', '']) {
      await redis.command('SET', 'sess:1', text);
      expect(await redisStore().get('1')).toBe(null);
      expect(await redisStore().all()).toEqual([]);
    }
    await redis.command('SET', 'sess:1', '{"__proto__":{"isAdmin":true},"cookie":{}}');
    const found = await redisStore().get('1');
    expect(found.isAdmin).toBeUndefined();
    found.n = 1;
    await redis.command('SET', 'sess:1', '{"__proto__":{"isAdmin":true},"m":1,"cookie":{}}');
    await redisStore().set('1', found);
    expect(await redis.command('GET', 'sess:1')).toMatch(/__proto__/);
  });

  test.each([
    [{ client: {} }, 'client'],
    [{ prefix: 1 }, 'prefix'],
    [{ ttl: -1 }, 'ttl'],
    [{ ttl: Number.NaN }, 'ttl'],
    [{ onConflict: 'first' }, 'onConflict'],
    [{ layout: 'flat' }, 'layout'],
    [{ touchSeconds: -1 }, 'touchSeconds'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
    [{ scanCount: 1.5 }, 'scanCount'],
    [{ serializer: {} }, 'serializer'],
    [{ instance: {} }, 'instance'],
  ])('%j is refused by the name of the option', (options, name) => {
    for (const make of [sessionStore, fastifyStore]) {
      expect(() => make(options)).toThrow(
        expect.objectContaining({ code: 'E_CONFIG', message: expect.stringContaining(name) }),
      );
    }
  });

  test('an unknown option is refused, except where connect-redis takes any', () => {
    expect(() => sessionStore({ prefx: 'a' })).toThrow(/did you mean prefix/);
    expect(() => sessionStore([])).toThrow(/object of options/);
    expect(() => redisStore({ logErrors: true })).not.toThrow();
  });
});
