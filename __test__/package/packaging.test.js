'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { aliasVersion } = require('../../scripts/platforms.cjs');
const {
  binaryName,
  installPacked,
  makeFolder,
  npm,
  pack,
  packBoth,
  plainEnvironment,
  platform,
  ROOT,
} = require('../support/packed');

const manifest = require('../../package.json');

const { version } = manifest;

let workplace;
let main;
let binary;

beforeAll(() => {
  workplace = makeFolder('packaging');
  ({ main, binary } = packBoth(workplace));
}, 120_000);

afterAll(() => fs.rmSync(workplace, { recursive: true, force: true }));

describe('the main package', () => {
  test('holds its entries, its types and its licence', () => {
    expect(main.files).toEqual(
      expect.arrayContaining([
        'index.js',
        'index.mjs',
        'index.d.ts',
        'index.d.mts',
        'js/native.js',
        'LICENSE',
        'README.md',
        '.env.example',
      ]),
    );
    expect(main.files).toEqual(expect.arrayContaining(filesIn(manifest.exports)));
  });

  function filesIn(target) {
    return typeof target === 'string' ? [target.slice('./'.length)] : Object.values(target).flatMap(filesIn);
  }

  test('holds no source, test, bench, example, build tool or binary', () => {
    const allowed =
      /^(index\.(js|mjs|d\.ts|d\.mts)|js\/.+\.(js|mjs|d\.ts|d\.mts)|types\/.+\.d\.ts|[A-Z]+(\.md)?|package\.json|\.env\.example)$/;
    expect(main.files.filter((file) => !allowed.test(file))).toEqual([]);
  });

  test('runs nothing when it is installed', () => {
    const scripts = Object.keys(manifest.scripts);
    const lifecycle = /^(pre|post)?(install|prepare|pack|publish)|^prepublish|^dependencies$/;
    expect(scripts.filter((name) => lifecycle.test(name))).toEqual([]);
  });
});

test('the package of this platform holds the binary, modules for bundlers, and the licences of everything in it', () => {
  const about = ['LICENSE', 'README.md', 'THIRD-PARTY-NOTICES.txt', 'package.json'];
  expect(binary.files.sort()).toEqual([binaryName, 'location.js', 'location.webpack.mjs', ...about].sort());
});

describe('both packages in an empty folder, with no registry and no install script', () => {
  let project;

  beforeAll(() => {
    project = path.join(workplace, 'project');
    installPacked(project, main.tarball, binary.tarball);
  }, 120_000);

  test('answer require, with the subpaths giving the very objects of the package', () => {
    const program = `
      const orgcache = require('orgcache');
      const adapter = require('orgcache/cacheAdapter');
      const manager = require('orgcache/redis-migration');
      const redis = require('orgcache/redis');
      (async () => {
        const stored = await adapter.set('greeting', { text: 'hello' });
        print({
          version: orgcache.version,
          adapterIsOne: adapter === orgcache.cacheAdapter && adapter.default === adapter,
          managerIsOne: manager === orgcache.redisMigrationManager && manager.default === manager,
          redisIsOne: redis.default === redis && !redis.isRedisConnected(),
          stored,
          value: await adapter.get('greeting'),
        });
      })();`;
    expect(run('program.cjs', program)).toEqual({
      version,
      adapterIsOne: true,
      managerIsOne: true,
      redisIsOne: true,
      stored: true,
      value: { text: 'hello' },
    });
  });

  test('answer import, and share one cache with require', () => {
    const program = `
      import { createRequire } from 'node:module';
      import { cacheAdapter, redisMigrationManager, version } from 'orgcache';
      import adapter from 'orgcache/cacheAdapter';
      import manager from 'orgcache/redis-migration';
      import redis, { initializeRedis } from 'orgcache/redis';
      const required = createRequire(import.meta.url)('orgcache');
      await adapter.set('greeting', [1, 2, 3]);
      print({
        version,
        adapterIsOne: adapter === cacheAdapter && adapter === required.cacheAdapter,
        managerIsOne: manager === redisMigrationManager && manager === required.redisMigrationManager,
        redisIsOne: redis.initializeRedis === initializeRedis,
        value: await required.cacheAdapter.get('greeting'),
      });`;
    expect(run('program.mjs', program)).toEqual({
      version,
      adapterIsOne: true,
      managerIsOne: true,
      redisIsOne: true,
      value: [1, 2, 3],
    });
  });

  test('stand in for ioredis where an override names the alias', () => {
    const alias = pack(path.join(ROOT, 'npm', 'ioredis'), workplace);
    const house = path.join(workplace, 'house');
    fs.mkdirSync(path.join(house, 'queue'), { recursive: true });
    // A package that brings ioredis itself.
    const queue = { name: 'queue', version: '1.0.0', dependencies: { ioredis: '^5.4.1' } };
    fs.writeFileSync(path.join(house, 'queue', 'package.json'), JSON.stringify(queue));
    fs.writeFileSync(path.join(house, 'queue', 'index.js'), "module.exports = require('ioredis');\n");
    const manifest = {
      private: true,
      dependencies: {
        [`orgcache-${platform}`]: `file:${binary.tarball}`,
        ioredis: `file:${alias.tarball}`,
        orgcache: `file:${main.tarball}`,
        queue: `file:${pack(path.join(house, 'queue'), workplace).tarball}`,
      },
      overrides: { ioredis: `file:${alias.tarball}` },
    };
    fs.writeFileSync(path.join(house, 'package.json'), JSON.stringify(manifest));
    const cache = path.join(workplace, 'npm-cache');
    npm(house, 'install', '--ignore-scripts', '--offline', '--no-audit', '--no-fund', `--cache=${cache}`);
    const required = `
      const Redis = require('ioredis');
      const utils = require('ioredis/built/utils');
      print({
        isOurs: Redis === require('orgcache/ioredis') && Redis === require('queue'),
        names: [Redis.default === Redis, Redis.Redis === Redis, require('ioredis/built/Redis').default === Redis],
        message: utils.CONNECTION_CLOSED_ERROR_MSG,
        version: require('ioredis/package.json').version,
        status: new Redis({ lazyConnect: true }).status,
      });`;
    expect(run('required.cjs', required, house)).toEqual({
      isOurs: true,
      names: [true, true, true],
      message: 'Connection is closed.',
      version: aliasVersion(version),
      status: 'wait',
    });
    const imported = `
      import Default, { Command, Redis, ReplyError, print as log } from 'ioredis';
      import utils, { CONNECTION_CLOSED_ERROR_MSG, wrapMultiResult } from 'ioredis/built/utils';
      print([Default === Redis, typeof Command, typeof ReplyError, typeof log, utils.parseURL('redis://h/1'), CONNECTION_CLOSED_ERROR_MSG, wrapMultiResult(null)]);`;
    expect(run('imported.mjs', imported, house)).toEqual([
      true,
      'function',
      'function',
      'function',
      { db: '1', host: 'h' },
      'Connection is closed.',
      null,
    ]);
  }, 120_000);

  test('put the command line where npx finds it', () => {
    const link = path.join(project, 'node_modules', '.bin', 'orgcache');
    const child = spawnSync(link, ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' });
    expect([child.status, child.stdout.trim()]).toEqual([0, version]);
  });

  test('name the missing package when the one of this platform is taken away', () => {
    fs.rmSync(path.join(project, 'node_modules', `orgcache-${platform}`), { recursive: true });
    const program = `
      try { require('orgcache').version; print(null); }
      catch ({ code, message }) { print({ code, message }); }`;
    const failure = run('missing.cjs', program);
    expect(failure.code).toBe('E_BINARY');
    expect(failure.message).toContain(`orgcache-${platform}@${version}`);
  });

  /** Ends by itself: a program that the package kept alive would run into the limit. */
  function run(name, program, folder = project) {
    const print = 'const print = (value) => process.stdout.write(JSON.stringify(value));\n';
    fs.writeFileSync(path.join(folder, name), print + program);
    const options = { cwd: folder, env: plainEnvironment(), encoding: 'utf8', timeout: 20_000 };
    const child = spawnSync(process.execPath, [name], options);
    expect({ status: child.status, signal: child.signal, stderr: child.stderr }).toEqual({
      status: 0,
      signal: null,
      stderr: '',
    });
    return JSON.parse(child.stdout);
  }
});
