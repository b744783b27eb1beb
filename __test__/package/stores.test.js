'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { limitStoreClass } = require('../../js/limit-store/fastify-store.js');
const { SessionStore } = require('../../js/session-store/fastify-store.js');
const { RedisStore } = require('../../js/session-store/stores.js');
const { onEnd } = require('../support/cleanup');
const { startCluster } = require('../support/cluster');
const { BLOCKS } = require('../support/documents');
const { SECRET } = require('../support/limiter-contract');
const { openPackage, PACKAGE_ROOT } = require('../support/package');
const { makeFolder, tool } = require('../support/packed');
const { runNode } = require('../support/process');
const { withRedis } = require('../support/redis');
const {
  cookieUntil,
  describeSessionStores,
  keptInRedis,
  serve,
} = require('../support/session-store-contract');

const environment = createRequire(tool('main.js'));
const { createClient, createCluster } = environment('redis');
const { RedisStore: ConnectRedis } = environment('connect-redis');
const Fastify = environment('fastify');

const redis = withRedis({ flushBeforeEach: true });

async function nodeRedis() {
  const client = createClient({ url: redis.url });
  client.on('error', () => {});
  await client.connect();
  onEnd(() => client.destroy());
  return client;
}

describe('over node-redis', () => {
  let client;

  beforeAll(async () => {
    client = await nodeRedis();
  });

  describeSessionStores({ kept: keptInRedis(redis), options: () => ({ client }) });
});

test('over a cluster of node-redis a store lists all primaries and reads from them', async () => {
  const cluster = await startCluster();
  const rootNodes = cluster.hosts.map((host) => ({ url: `redis://${host}` }));
  const client = createCluster({ rootNodes, useReplicas: true });
  client.on('error', () => {});
  await client.connect();
  onEnd(() => client.destroy());
  const store = new RedisStore(undefined, { client });
  for (let n = 0; n < 100; n++) {
    await store.set(`s${n}`, { n, cookie: {} });
    expect(await store.get(`s${n}`)).toMatchObject({ n });
  }
  expect(await store.length()).toBe(100);
  await store.destroy('s1');
  await store.set('s1', { cookie: {} });
  expect(await store.get('s1')).toBe(null);
  await store.clear();
  expect(await store.length()).toBe(0);
});

describe('connect-redis 9 over node-redis', () => {
  test.each(['node-redis', 'the client of the package'])(
    'and the store over %s read each other',
    async (name) => {
      const client = await nodeRedis();
      const own =
        name === 'node-redis'
          ? client
          : openPackage({ url: redis.url, logLevel: 'off' }).redisManager.getClient();
      const [theirs, ours] = [new ConnectRedis({ client }), new RedisStore(undefined, { client: own })];
      expect(Object.keys(ours)).toEqual(expect.arrayContaining(Object.keys(theirs)));
      await theirs.set('1', { n: 1, cookie: cookieUntil(60_000) });
      await ours.set('2', { n: 2, cookie: cookieUntil(60_000) });
      for (const store of [theirs, ours]) {
        expect(await store.get('1')).toMatchObject({ n: 1 });
        expect(await store.get('2')).toMatchObject({ n: 2 });
        expect((await store.ids()).sort()).toEqual(['1', '2']);
        expect(await store.length()).toBe(2);
        expect((await store.all()).map(({ n }) => n).sort()).toEqual([1, 2]);
      }
      expect(await redis.command('PTTL', 'sess:1')).toBeLessThanOrEqual(60_000);
      await theirs.touch('2', { cookie: cookieUntil(600_000) });
      const found = await ours.get('2');
      expect(Date.parse(found.cookie.expires) - Date.now()).toBeGreaterThan(500_000);
      found.n = 3;
      await ours.set('2', found);
      expect(await theirs.get('2')).toEqual({ ...found, n: 3 });
      await ours.destroy('2');
      expect(await theirs.get('2')).toBe(null);
      await theirs.clear();
      expect(await ours.length()).toBe(0);
    },
  );

  test('serve one application in turn, as in a rolling deploy', async () => {
    const client = await nodeRedis();
    const handle = (request, response) => {
      request.session.views = (request.session.views ?? 0) + 1;
      response.json(request.session.views);
    };
    const [theirs, ours] = [
      await serve({ store: new ConnectRedis({ client }) }, handle),
      await serve({ store: new RedisStore(undefined, { client }) }, handle),
    ];
    const { cookie } = await theirs();
    const own = cookie.split(';')[0];
    const views = [];
    for (const ask of [ours, theirs, ours, theirs]) views.push((await ask('/', own)).body);
    expect(views).toEqual([2, 3, 4, 5]);
  });
});

/** Answers a function that sends requests. What fastify injects them with is a module of ES, which jest does not load. */
async function listening(app) {
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address();
  return (url = '/', headers = {}) => fetch(`http://127.0.0.1:${port}${url}`, { headers });
}

describe('@fastify/session', () => {
  let store;

  beforeAll(() => {
    store = new SessionStore(openPackage({ url: redis.url, logLevel: 'off' }));
  });

  /** An application, and a function that sends it requests with the cookie of the first answer. */
  async function open(handle, options) {
    const app = Fastify();
    onEnd(() => app.close());
    await app.register(environment('@fastify/cookie'));
    const cookie = { secure: false, maxAge: 1_800_000 };
    await app.register(environment('@fastify/session'), {
      store,
      secret: 'a'.repeat(32),
      cookie,
      ...options,
    });
    app.get('/*', handle);
    const get = await listening(app);
    let own;
    return async (url = '/') => {
      const response = await get(url, own ? { cookie: own } : {});
      const cookie = response.headers.get('set-cookie') ?? undefined;
      own ??= cookie?.split(';')[0];
      return { statusCode: response.status, body: await response.text(), cookie };
    };
  }

  const count = async (request) => {
    request.session.views = (request.session.views ?? 0) + 1;
    return String(request.session.views);
  };
  const writes = async () => {
    const info = await redis.command('INFO', 'commandstats');
    return [...info.matchAll(/^cmdstat_(set|pexpire):calls=(\d+)/gm)].reduce(
      (sum, [, , n]) => sum + Number(n),
      0,
    );
  };

  test('keeps sessions over requests and ends them', async () => {
    const ask = await open(async (request) => {
      if (request.url !== '/out') return count(request);
      await request.session.destroy();
      return 'out';
    });
    const bodies = [];
    for (const url of ['/', '/', '/', '/out', '/']) bodies.push((await ask(url)).body);
    expect(bodies).toEqual(['1', '2', '3', 'out', '1']);
  });

  test('writes nothing for responses that only roll, and lets the session live on', async () => {
    const ask = await open(async (request) => String(request.session.views ?? 0));
    await ask();
    const [key] = await redis.keys();
    await redis.command('PEXPIRE', key, 200_000);
    const { cookie } = await ask();
    expect(cookie).toMatch(/Expires=/);
    expect(await redis.command('PTTL', key)).toBeGreaterThan(1_700_000);
    const before = await writes();
    for (let i = 0; i < 20; i++) expect((await ask()).statusCode).toBe(200);
    expect(await writes()).toBe(before);
    expect(await redis.keys()).toEqual([key]);
  });

  test('a session whose cookie would have ended is kept as long as Redis keeps it', async () => {
    const ask = await open(count, { cookie: { secure: false, maxAge: 600 }, rolling: true });
    const started = performance.now();
    let views;
    // Longer than two lifetimes, with a request in each.
    while (performance.now() - started < 1500) {
      views = Number((await ask()).body);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(views).toBeGreaterThan(5);
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect((await ask()).body).toBe('1');
  });

  test('a request that is under way does not undo a logout', async () => {
    let release;
    const held = new Promise((resolve) => {
      release = resolve;
    });
    let begin;
    const begun = new Promise((resolve) => {
      begin = resolve;
    });
    const ask = await open(async (request) => {
      if (request.url === '/out') return request.session.destroy().then(() => 'out');
      if (request.url === '/slow') {
        begin();
        await held;
      }
      return count(request);
    });
    await ask();
    const slow = ask('/slow');
    await begun;
    await ask('/out');
    release();
    expect((await slow).body).toBe('2');
    expect((await ask()).body).toBe('1');
  });
});

describe('@fastify/rate-limit', () => {
  let Store;

  beforeAll(() => {
    Store = limitStoreClass(openPackage({ url: redis.url, logLevel: 'off' })).with({ secret: SECRET });
  });

  async function open(options, routes) {
    const app = Fastify();
    onEnd(() => app.close());
    await app.register(environment('@fastify/rate-limit'), {
      store: Store,
      max: 2,
      timeWindow: 60_000,
      ...options,
    });
    app.get('/', async () => 'ok');
    routes?.(app);
    return listening(app);
  }

  const statusesOf = async (ask, times, url) => {
    const found = [];
    for (let i = 0; i < times; i++) found.push((await ask(url)).status);
    return found;
  };

  test('limits, bans, and counts routes apart', async () => {
    const ask = await open({ ban: 1 }, (app) => {
      app.get('/own', { config: { rateLimit: { max: 1, timeWindow: 1000 } } }, async () => 'ok');
    });
    const first = await ask();
    expect(first.headers.get('x-ratelimit-remaining')).toBe('1');
    expect(first.headers.get('x-ratelimit-reset')).toBe('60');
    expect(await statusesOf(ask, 4)).toEqual([200, 429, 403, 403]);
    expect(await statusesOf(ask, 2, '/own')).toEqual([200, 429]);
  });

  test('doubles the wait of who goes on', async () => {
    const ask = await open({ max: 1, timeWindow: 1000, exponentialBackoff: true });
    const waits = [];
    for (let i = 0; i < 5; i++) waits.push(Number((await ask()).headers.get('retry-after') ?? 0));
    expect(waits).toEqual([0, 1, 2, 4, 8]);
  });
});

/** A folder in which programs find the package, and packages of the environment. Removed after `use`. */
async function inFolder(names, use) {
  const folder = makeFolder('stores');
  try {
    const link = (target, name) => {
      const place = path.join(folder, 'node_modules', name);
      fs.mkdirSync(path.dirname(place), { recursive: true });
      fs.symlinkSync(target, place, 'junction');
    };
    link(PACKAGE_ROOT, 'orgcache');
    for (const name of names) link(tool(name), name);
    await use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

test.each([
  ['fastify-sessions.mjs', ['@fastify/cookie', '@fastify/session'], ['200 1', '200 2']],
  ['fastify-rate-limit.mjs', ['@fastify/rate-limit'], ['200 {"ok":true}', '429 ']],
])('the example %s works', (name, plugins, expected) =>
  inFolder(['fastify', ...plugins], async (folder) => {
    const { text } = BLOCKS.find(({ settings }) => settings.file === name);
    fs.writeFileSync(path.join(folder, name), text);
    const program = `import { app } from './${name}';
      let cookie = '';
      for (let i = 0; i < 2; i++) {
        const { statusCode, body, headers } = await app.inject({ url: '/', headers: { cookie } });
        cookie = String(headers['set-cookie'] ?? '').split(';')[0];
        console.log(statusCode, statusCode === 200 ? body : '');
      }
      await app.close();`;
    fs.writeFileSync(path.join(folder, 'program.mjs'), program);
    const { stdout } = await runNode([path.join(folder, 'program.mjs')], { env: { REDIS_URL: redis.url } });
    expect(stdout.trimEnd().split('\n')).toEqual(expected.map((line) => line.trimEnd()));
  }),
);

test('the types are those that the libraries ask for', () =>
  inFolder(
    [
      'express-session',
      'express-rate-limit',
      'fastify',
      '@fastify/session',
      '@fastify/cookie',
      '@fastify/rate-limit',
      '@types',
    ],
    (folder) => {
      const program = `import session from 'express-session';
        import { rateLimit } from 'express-rate-limit';
        import fastifySession from '@fastify/session';
        import fastifyRateLimit from '@fastify/rate-limit';
        import Fastify from 'fastify';
        import { SessionStore } from 'orgcache/express-session';
        import { RedisStore } from 'orgcache/connect-redis';
        import { SessionStore as FastifyStore } from 'orgcache/fastify-session';
        import { LimitStore } from 'orgcache/express-rate-limit';
        import { LimitStore as FastifyLimits } from 'orgcache/fastify-rate-limit';
        const stores: session.Store[] = [new SessionStore(), new RedisStore({ client: {} })];
        const app = Fastify();
        app.register(fastifySession, { secret: 'a', store: new FastifyStore() });
        app.register(fastifyRateLimit, { store: FastifyLimits.with({ namespace: 'a' }) });
        export const made = [
          ...stores.map((store) => session({ store, secret: 'a' })),
          rateLimit({ store: new LimitStore() }),
        ];`;
      fs.writeFileSync(path.join(folder, 'program.mts'), program);
      const compiler = path.join(tool('typescript-5.9'), 'bin', 'tsc');
      const options = [
        '--strict',
        '--noEmit',
        '--skipLibCheck',
        '--module',
        'nodenext',
        '--target',
        'es2022',
      ];
      const { status, stdout } = spawnSync(
        process.execPath,
        [compiler, ...options, '--types', 'node', 'program.mts'],
        { cwd: folder, encoding: 'utf8' },
      );
      expect([status, stdout]).toEqual([0, '']);
    },
  ));

test('without express-session the package says what to install, when a store is made', () =>
  inFolder([], async (folder) => {
    // Links would lead to the packages of the clone.
    const place = path.join(folder, 'copy');
    fs.cpSync(path.join(PACKAGE_ROOT, 'js'), path.join(place, 'js'), { recursive: true });
    for (const name of ['index.js', 'package.json'])
      fs.copyFileSync(path.join(PACKAGE_ROOT, name), path.join(place, name));
    for (const name of fs.readdirSync(PACKAGE_ROOT).filter((file) => file.endsWith('.node'))) {
      fs.copyFileSync(path.join(PACKAGE_ROOT, name), path.join(place, name));
    }
    const program = `const { SessionStore } = require('./copy/js/entry/express-session.js');
      const { RedisStore } = require('./copy/js/entry/connect-redis.js');
      for (const Store of [SessionStore, RedisStore]) {
        try {
          new Store();
        } catch (error) {
          console.log(error.code, error.message.includes('install'));
        }
      }
      console.log(typeof require('./copy/js/entry/fastify-session.js').SessionStore);`;
    fs.writeFileSync(path.join(folder, 'program.cjs'), program);
    const { stdout } = await runNode([path.join(folder, 'program.cjs')], {});
    expect(stdout.trimEnd().split('\n')).toEqual(['E_CONFIG true', 'E_CONFIG true', 'function']);
  }));
