'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { installPacked, makeFolder, packBoth, ROOT, tool } = require('../support/packed');

const manifest = require('../../package.json');

const SUBPATHS = Object.keys(manifest.exports).filter((name) => name !== './package.json');
const NAMES = SUBPATHS.map((name) => `orgcache${name.slice(1)}`);

/** The types of this entry are those of its peer, whose dependency asks for a later compiler than 5.0. */
const BOARD = 'orgcache/bull-board';

/** Every subpath has types with a default that is not `any`: @ts-expect-error fails if there is no error. */
const programOf = (names) =>
  names
    .map(
      (name, i) => `import default${i} from '${name}';
import * as all${i} from '${name}';
// @ts-expect-error
default${i}.thereIsNoSuchMember;
void all${i};`,
    )
    .join('\n');

const PROGRAM = `
import orgcache, { cacheAdapter, getRedis, type ConfigureOptions, type RedisClient } from 'orgcache';
import adapter from 'orgcache/cacheAdapter';
import manager from 'orgcache/redis-migration';
import redis, { initializeRedis, type HealthStatus } from 'orgcache/redis';

export async function main(options: ConfigureOptions): Promise<void> {
  orgcache.configure(options);
  const value: { step: number } | null = await adapter.get<{ step: number }>('key');
  const stored: boolean = await cacheAdapter.set('key', value);
  const client: RedisClient = await getRedis();
  const text: string | null = await client.get('key');
  const health: HealthStatus = redis.health.getHealthStatus();
  const ended: PromiseLike<void> = cacheAdapter[Symbol.asyncDispose]();
  void [manager.constructor, initializeRedis, stored, text, health, ended];
}
`;

const USING = `
import { cacheAdapter, getRedis } from 'orgcache';
export async function main(): Promise<void> {
  await using client = await getRedis();
  await using cache = cacheAdapter;
  void [client, cache];
}
`;

let workplace;
let app;
let main;

beforeAll(() => {
  workplace = makeFolder('types');
  const packed = packBoth(workplace);
  main = packed.main;
  app = path.join(workplace, 'app');
  installPacked(app, main.tarball, packed.binary.tarball);
  fs.symlinkSync(tool('@bull-board'), path.join(app, 'node_modules', '@bull-board'), 'junction');
  fs.writeFileSync(path.join(app, 'program.ts'), PROGRAM + programOf(NAMES));
  fs.writeFileSync(path.join(app, 'old.ts'), PROGRAM + programOf(NAMES.filter((name) => name !== BOARD)));
  fs.writeFileSync(path.join(app, 'using.ts'), USING);
}, 120_000);

afterAll(() => fs.rmSync(workplace, { recursive: true, force: true }));

const OLD = tool('typescript-5.0', 'bin', 'tsc');
const MIDDLE = tool('typescript-5.9', 'bin', 'tsc');
const NEW = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');

const ALL = ['program.ts', 'using.ts'];

// `await using` is TypeScript's since 5.2, and node10 no more in 7.
test.each([
  ['5.0', 'node10', 'commonjs', OLD, ['old.ts']],
  ['5.0', 'node16', 'node16', OLD, ['old.ts']],
  ['5.0', 'bundler', 'esnext', OLD, ['old.ts']],
  ['5.9', 'node10', 'commonjs', MIDDLE, ALL],
  ['5.9', 'nodenext', 'nodenext', MIDDLE, ALL],
  ['7', 'node16', 'node16', NEW, ALL],
  ['7', 'nodenext', 'nodenext', NEW, ALL],
  ['7', 'bundler', 'commonjs', NEW, ALL],
])(
  'the types of all subpaths compile with TypeScript %s, moduleResolution %s and module %s',
  (...row) => {
    const [, resolution, module, compiler, files] = row;
    const flags = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022', '--esModuleInterop'];
    const types = ['--types', 'node', '--typeRoots', tool('@types')];
    const how = ['--module', module, '--moduleResolution', resolution];
    const { status, stdout } = node(compiler, ...flags, ...types, ...how, ...files);
    expect(stdout).toBe('');
    expect(status).toBe(0);
  },
  60_000,
);

test('the declaration of Symbol.asyncDispose merges with the one of lib.esnext.disposable', () => {
  const flags = [
    '--noEmit',
    '--strict',
    '--target',
    'es2022',
    '--lib',
    'es2022,esnext.disposable',
    '--types',
    'node',
  ];
  const { stdout } = node(
    MIDDLE,
    ...flags,
    '--typeRoots',
    tool('@types'),
    '--moduleResolution',
    'node10',
    'using.ts',
  );
  expect(stdout).toBe('');
}, 120_000);

test('arethetypeswrong finds nothing in the tarball', () => {
  const cli = tool('@arethetypeswrong', 'cli', 'dist', 'index.js');
  const { status, stdout } = node(cli, main.tarball, '--format', 'json');
  const { analysis, problems } = JSON.parse(stdout);
  expect(Object.keys(analysis.entrypoints).sort()).toEqual(Object.keys(manifest.exports).sort());
  expect(problems ?? {}).toEqual({});
  expect(status).toBe(0);
}, 120_000);

test('publint finds nothing in the tarball', () => {
  const { status, stdout } = node(tool('publint', 'src', 'cli.js'), main.tarball, '--strict');
  expect(stdout).toContain('All good!');
  expect(status).toBe(0);
}, 120_000);

test('package.json has every entry of js/entry, by `node scripts/sync-platforms.mjs`', () => {
  const files = fs.readdirSync(path.join(ROOT, 'js', 'entry'), { recursive: true });
  const entries = files.filter((file) => file.endsWith('.mjs'));
  const names = entries.map((file) => file.replace(/\.mjs$/, '').replaceAll(path.sep, '/')).sort();
  expect(SUBPATHS.filter((name) => name !== '.').sort()).toEqual(names.map((name) => `./${name}`));
  const { '*': versions } = manifest.typesVersions;
  expect(versions).toEqual(Object.fromEntries(names.map((name) => [name, [`./js/entry/${name}.d.ts`]])));
  for (const name of names) {
    const { import: asModule, require: asScript } = manifest.exports[`./${name}`];
    const file = `./js/entry/${name}`;
    expect(asModule).toEqual({ types: `${file}.d.mts`, default: `${file}.mjs` });
    expect(asScript).toEqual({ types: `${file}.d.ts`, default: `${file}.js` });
  }
});

function node(...args) {
  return spawnSync(process.execPath, args, { cwd: app, encoding: 'utf8', timeout: 110_000 });
}
