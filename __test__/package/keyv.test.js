'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { Keyv5Store, KeyvStore } = require('../../js/entry/keyv.js');
const { BLOCKS } = require('../support/documents');
const { openPackage, PACKAGE_ROOT } = require('../support/package');
const { makeFolder, tool } = require('../support/packed');
const { startRedis, withRedis } = require('../support/redis');
const { runNode } = require('../support/process');
const { closedPort } = require('../support/silent-server');
const { within } = require('../support/wait');

const environment = createRequire(tool('main.js'));
const { Keyv } = environment('keyv');
const { Keyv: Keyv6 } = environment('keyv-6');
const suite = environment('@keyv/test-suite');
const { createCache } = environment('cache-manager');

const redis = withRedis();
let instance;

beforeAll(() => {
  instance = openPackage({ url: redis.url, logLevel: 'off' });
});

const makeStore = () => new Keyv5Store({ instance });
const makeStore6 = () => new KeyvStore({ instance });

/** The functions of vitest that the suite uses. Its tests take `expect` from their context. */
const vitest = {
  it: (name, run) => test(name, () => run({ expect })),
  beforeEach: (run) => beforeEach(() => run()),
  afterEach: (run) => afterEach(() => run()),
};

describe('the suite of Keyv 5 passes:', () => {
  describe('API', () => suite.keyvApiTests(vitest, Keyv, makeStore));
  describe('values', () => suite.keyvValueTests(vitest, Keyv, makeStore));
  describe('namespaces', () => suite.keyvNamespaceTest(vitest, Keyv, makeStore));
  describe('iterators', () => suite.keyvIteratorTests(vitest, Keyv, makeStore));
});

// The registry has no suite of Keyv 6. `__test__/keyv/stores.test.js` has its cases of a store; the others are of Keyv itself,
// and the suite before has most of them.
describe('with Keyv 6', () => {
  const adapted = { ...vitest, it: (name, run) => OF_KEYV_5.includes(name) || vitest.it(name, run) };
  /** Keyv 6 answers a list, and rejects symbols by an answer. */
  const OF_KEYV_5 = [
    '.delete([keys]) should delete multiple key',
    '.deleteMany([keys]) should delete multiple key',
    '.deleteMany([keys]) with nonexistent keys resolves to false',
    'value can not be symbol',
    'value can be BigInt using other serializer/deserializer',
  ];
  const Quiet = class extends Keyv6 {
    constructor(...given) {
      super(...given);
      this.on('error', () => {});
    }
  };

  describe('API', () => suite.keyvApiTests(adapted, Quiet, makeStore6));
  describe('values', () => suite.keyvValueTests(adapted, Quiet, makeStore6));
  describe('namespaces', () => suite.keyvNamespaceTest(adapted, Quiet, makeStore6));
  describe('iterators', () => suite.keyvIteratorTests(adapted, Quiet, makeStore6));

  test('the store is used as it is, without a bridge', async () => {
    const store = makeStore6();
    const keyv = new Keyv6({ store, namespace: 'own' });
    expect(keyv.store).toBe(store);
    expect(
      await keyv.setMany([
        { key: 'a', value: 1 },
        { key: 'b', value: { two: 2n } },
      ]),
    ).toEqual([true, true]);
    expect(await keyv.getMany(['a', 'b', 'c'])).toEqual([1, { two: 2n }, undefined]);
    expect(await keyv.hasMany(['a', 'c'])).toEqual([true, false]);
    expect(await keyv.delete(['a', 'c'])).toEqual([true, false]);
    const [key] = await redis.keys('*keyv:own:*');
    expect(key).toMatch(/keyv:own:b$/);
    await keyv.set('b', 1, 5000);
    expect(await redis.command('PTTL', key)).toBeGreaterThan(4000);
  });

  test('a Redis that is away holds nothing up, and is reported as an error', async () => {
    const lost = openPackage({ host: '127.0.0.1', port: await closedPort(), logLevel: 'off' });
    const keyv = new Keyv6({ store: new KeyvStore({ instance: lost }) });
    const errors = [];
    keyv.on('error', (error) => errors.push(error.code));
    const calls = async () => [
      await keyv.get('a'),
      await keyv.has('a'),
      await keyv.set('a', 1),
      await keyv.delete('a'),
    ];
    expect((await within(3000, calls(), 'the calls')).value).toEqual([undefined, false, false, false]);
    expect(errors).toEqual(['E_CONNECT', 'E_CONNECT']);
  });
});

describe('cache-manager', () => {
  const makeCache = (store) =>
    createCache({ stores: [new Keyv({ store, namespace: 'manager' })], ttl: 60_000 });

  test('caches over the store', async () => {
    const cache = makeCache(makeStore());
    expect(await cache.set('a', { one: 1 })).toEqual({ one: 1 });
    expect(await cache.get('a')).toEqual({ one: 1 });
    await cache.mset([
      { key: 'b', value: 2 },
      { key: 'c', value: 3, ttl: 5000 },
    ]);
    expect(await cache.mget(['a', 'b', 'c', 'd'])).toEqual([{ one: 1 }, 2, 3, undefined]);
    const loaded = jest.fn(async () => 'loaded');
    expect(await cache.wrap('e', loaded)).toBe('loaded');
    expect(await cache.wrap('e', loaded)).toBe('loaded');
    expect(loaded).toHaveBeenCalledTimes(1);
    const [key] = await redis.keys('*manager:c');
    expect(await redis.command('PTTL', key)).toBeLessThanOrEqual(5000);
    expect(await cache.del('a')).toBe(true);
    expect(await cache.clear()).toBe(true);
    expect(await cache.get('b')).toBeUndefined();
    expect(await redis.keys('*manager:*')).toEqual([]);
  });

  test('is not held up by a Redis that is stopped', async () => {
    const server = await startRedis();
    const cache = makeCache(new Keyv5Store({ instance: openPackage({ url: server.url, logLevel: 'off' }) }));
    await cache.set('a', 1);
    server.pause();
    try {
      const calls = async () => [await cache.get('a'), await cache.wrap('b', () => 'loaded')];
      expect((await within(5000, calls(), 'the first calls')).value).toEqual([undefined, 'loaded']);
      expect((await within(1500, calls(), 'further calls')).value).toEqual([undefined, 'loaded']);
    } finally {
      server.resume();
    }
  });
});

describe('the CacheModule of NestJS', () => {
  const { NestFactory } = environment('@nestjs/core');
  const { CACHE_MANAGER, CacheModule } = environment('@nestjs/cache-manager');

  async function openNest(store) {
    environment('reflect-metadata');
    const module = {
      module: class Application {},
      imports: [CacheModule.register({ stores: [new Keyv({ store })] })],
    };
    const app = await NestFactory.createApplicationContext(module, { logger: false });
    return { app, cache: app.get(CACHE_MANAGER, { strict: false }) };
  }

  test('caches over the store', async () => {
    const { app, cache } = await openNest(makeStore());
    await cache.set('nest', { one: 1 }, 5000);
    expect(await cache.get('nest')).toEqual({ one: 1 });
    const [key] = await redis.keys('*keyv:nest');
    expect(await redis.command('PTTL', key)).toBeGreaterThan(4000);
    await cache.del('nest');
    expect(await cache.get('nest')).toBeUndefined();
    await app.close();
    // The connection is the package's.
    expect(await instance.redisManager.getClient().ping()).toBe('PONG');
  });

  test('is not held up by a Redis that is away', async () => {
    const lost = openPackage({ host: '127.0.0.1', port: await closedPort(), logLevel: 'off' });
    const { app, cache } = await openNest(new Keyv5Store({ instance: lost }));
    const calls = async () => [await cache.wrap('a', () => 'loaded'), await cache.get('a')];
    expect((await within(3000, calls(), 'the calls')).value).toEqual(['loaded', undefined]);
    await app.close();
  });
});

/** A folder in which programs find the package, and packages of the environment. Removed after `use`. */
async function inFolder(names, use) {
  const folder = makeFolder('keyv');
  try {
    fs.mkdirSync(path.join(folder, 'node_modules'));
    const link = (target, name) =>
      fs.symlinkSync(target, path.join(folder, 'node_modules', name), 'junction');
    link(PACKAGE_ROOT, 'orgcache');
    for (const name of names) link(tool(name), name);
    await use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

test.each(['keyv.mjs', 'cache-manager.mjs'])('the example %s of docs/keyv.md prints what it says', (name) =>
  inFolder(['keyv', 'cache-manager'], async (folder) => {
    const { text } = BLOCKS.find(({ settings }) => settings.file === name);
    const file = path.join(folder, name);
    fs.writeFileSync(file, text);
    const { stdout } = await runNode([file], { env: { REDIS_URL: redis.url } });
    const promised = [...text.matchAll(/^ *\/\/ => (.*)$/gm)].map(([, line]) => line);
    expect(stdout.trimEnd().split('\n')).toEqual(promised);
    expect(promised.length).toBeGreaterThan(0);
  }),
);

test('the types are those that Keyv 5, Keyv 6 and cache-manager ask for', () =>
  inFolder(['keyv', 'keyv-6', 'cache-manager', '@types'], (folder) => {
    const program = `import { createCache } from 'cache-manager';
      import Keyv, { type KeyvStoreAdapter } from 'keyv';
      import { Keyv as Keyv6, type KeyvStorageAdapter } from 'keyv-6';
      import { Keyv5Store, KeyvStore } from 'orgcache/keyv';
      const fifth: KeyvStoreAdapter = new Keyv5Store();
      const sixth: KeyvStorageAdapter = new KeyvStore({ namespace: 'a' });
      const cache = createCache({ stores: [new Keyv({ store: fifth })] });
      export const made = [cache, new Keyv6({ store: sixth }), new Keyv6(new KeyvStore()), new Keyv(new Keyv5Store())];`;
    fs.writeFileSync(path.join(folder, 'program.mts'), program);
    const compiler = path.join(tool('typescript-5.9'), 'bin', 'tsc');
    const options = ['--strict', '--noEmit', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022'];
    const { status, stdout } = spawnSync(
      process.execPath,
      [compiler, ...options, '--types', 'node', 'program.mts'],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    );
    expect([status, stdout]).toEqual([0, '']);
  }));
