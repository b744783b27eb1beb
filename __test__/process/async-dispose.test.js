'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { openPackage, PACKAGE_ROOT } = require('../support/package');
const { runNode } = require('../support/process');
const { startRedis } = require('../support/redis');
const { rejection } = require('../support/wait');

const TSC = path.join(PACKAGE_ROOT, 'node_modules', 'typescript', 'bin', 'tsc');

describe.each([
  ['the package', (orgcache) => orgcache],
  ['cacheAdapter', (orgcache) => orgcache.cacheAdapter],
  ['redisManager', (orgcache) => orgcache.redisManager],
])('disposing of %s', (_name, pick) => {
  test('shuts the cache down', async () => {
    const orgcache = openPackage({ useRedis: false });
    await orgcache.cacheAdapter.set('k', 1);
    await pick(orgcache)[Symbol.asyncDispose]();
    expect(await rejection(orgcache.cacheAdapter.get('k'))).toMatchObject({ code: 'E_CLOSED' });
  });
});

test('`await using` shuts the cache down at the end of its block, also when the block throws', async () => {
  const redis = await startRedis();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-using-'));
  try {
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    fs.mkdirSync(path.join(folder, 'node_modules', '@types'), { recursive: true });
    fs.symlinkSync(PACKAGE_ROOT, path.join(folder, 'node_modules', 'orgcache'), 'junction');
    fs.writeFileSync(
      path.join(folder, 'program.ts'),
      `import orgcache from 'orgcache';
      const { cacheAdapter } = orgcache;
      declare const console: { log(...words: unknown[]): void };
      cacheAdapter.on('closed', () => console.log('closed'));
      try {
        await using cache = orgcache;
        console.log(await cache.cacheAdapter.set('k', 'v'));
        throw new Error('the block failed');
      } catch (error) {
        console.log((error as Error).message);
      }
      await cacheAdapter.get('k').catch((error) => console.log(error.code));`,
    );
    const target = ['--target', 'es2022', '--module', 'nodenext', '--strict', '--types', ''];
    execFileSync(process.execPath, [TSC, ...target, 'program.ts'], { cwd: folder, stdio: 'pipe' });
    expect(fs.readFileSync(path.join(folder, 'program.js'), 'utf8')).not.toContain('await using');
    const { stdout } = await runNode([path.join(folder, 'program.js')], { env: { REDIS_URL: redis.url } });
    expect(stdout.trim().split('\n')).toEqual(['true', 'closed', 'the block failed', 'E_CLOSED']);
    expect(await redis.command('GET', 'jack:dev:kv:k')).toBe('"v"');
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}, 60_000);
