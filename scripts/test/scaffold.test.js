'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { PLATFORMS } = require('../../js/native.js');
const { countCargo, countCommand, countJest, failuresOfCargo, failuresOfJest } = require('../counts.cjs');
const { RUST_TARGETS, platformManifest, platformOfTarget } = require('../platforms.cjs');
const { findRedisServer } = require('../redis-server.cjs');

const ROOT = path.join(__dirname, '..', '..');
const manifest = require('../../package.json');
const lock = require('../../package-lock.json');

describe('the sum of npm test', () => {
  test('takes a command without a runner as one test', () => {
    expect(countCommand(0)).toEqual({ passed: 1, failed: 0, skipped: 0 });
    expect(countCommand(2)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test('adds up the programs that cargo test ran', () => {
    const printed = [
      'running 3 tests',
      'test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s',
      'test result: FAILED. 2 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s',
    ].join('\n');
    expect(countCargo(101, printed)).toEqual({ passed: 5, failed: 2, skipped: 1 });
  });

  test('has a failure where cargo did not compile, crashed after passing tests, or ran no test', () => {
    expect(countCargo(101, 'error: could not compile').failed).toBe(1);
    expect(countCargo(101, 'test result: ok. 3 passed; 0 failed; 0 ignored').failed).toBe(1);
    const empty = 'test result: ok. 0 passed; 0 failed; 0 ignored';
    expect(countCargo(0, empty).failed).toBe(1);
  });

  test('has a failure for every jest file that did not load', () => {
    const report = { numPassedTests: 7, numFailedTests: 1, numRuntimeErrorTestSuites: 2, numPendingTests: 0 };
    expect(countJest(1, report)).toEqual({ passed: 7, failed: 3, skipped: 0 });
  });

  test('has a failure where jest wrote no report', () => {
    expect(countJest(1, undefined)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test('names the tests that failed, and the beginning of why', () => {
    const report = {
      testResults: [
        {
          name: path.join(ROOT, 'a.test.js'),
          message: 'of the whole file',
          assertionResults: [
            { status: 'passed', fullName: 'stands' },
            {
              status: 'failed',
              fullName: 'falls',
              failureMessages: ['\u001b[31mError:\n  as said\u001b[39m'],
            },
          ],
        },
        { name: path.join(ROOT, 'b.test.js'), message: 'does not load', assertionResults: [] },
        { name: path.join(ROOT, 'c.test.js'), message: '', assertionResults: [] },
      ],
    };
    expect(failuresOfJest(report, ROOT)).toEqual([
      'a.test.js: falls: Error: as said',
      'b.test.js: does not load',
    ]);
    expect(failuresOfJest(undefined, ROOT)).toEqual([]);
    const printed = 'test a::stands ... ok\ntest b::falls ... FAILED\ntest c - should panic ... FAILED\n';
    expect(failuresOfCargo(printed)).toEqual(['b::falls', 'c']);
  });
});

describe('the list of platforms', () => {
  test('is the same in the loader, the build, the folders, the dependencies and the lockfile', () => {
    const names = PLATFORMS.map((platform) => `orgcache-${platform}`);
    expect(Object.keys(RUST_TARGETS).sort()).toEqual([...PLATFORMS].sort());
    expect(fs.readdirSync(path.join(ROOT, 'npm')).sort()).toEqual([...PLATFORMS, 'ioredis'].sort());
    expect(manifest.optionalDependencies).toEqual(
      Object.fromEntries(names.map((name) => [name, manifest.version])),
    );
    for (const platform of PLATFORMS) {
      expect(lock.packages[`node_modules/orgcache-${platform}`]).toEqual({
        resolved: `npm/${platform}`,
        link: true,
      });
    }
  });

  test('is built in full by the workflow', () => {
    const workflow = fs.readFileSync(path.join(ROOT, '.github', 'workflows', 'ci.yml'), 'utf8');
    for (const target of Object.values(RUST_TARGETS)) expect(workflow).toContain(target);
  });

  test.each(PLATFORMS)('%s is a package that npm installs on that platform alone', (platform) => {
    const [system, cpu, abi] = platform.split('-');
    expect(platformManifest(platform)).toMatchObject({
      name: `orgcache-${platform}`,
      version: manifest.version,
      main: `orgcache.${platform}.node`,
      files: expect.arrayContaining([`orgcache.${platform}.node`, 'THIRD-PARTY-NOTICES.txt']),
      os: [system],
      cpu: [cpu],
    });
    const libc = { gnu: ['glibc'], musl: ['musl'] }[abi];
    expect(platformManifest(platform).libc).toEqual(libc);
    expect(platformManifest(platform).scripts).toBeUndefined();
  });

  test('finds the platform of a target, with or without the glibc that zig links for', () => {
    expect(platformOfTarget('x86_64-unknown-linux-gnu.2.28')).toBe('linux-x64-gnu');
    expect(platformOfTarget('aarch64-apple-darwin')).toBe('darwin-arm64');
    expect(() => platformOfTarget('riscv64gc-unknown-linux-gnu')).toThrow('riscv64gc-unknown-linux-gnu');
  });
});

test('the version is one in package.json, Cargo.toml and the lockfile', () => {
  const cargo = fs.readFileSync(path.join(ROOT, 'Cargo.toml'), 'utf8');
  expect(/^version = "(.+)"$/m.exec(cargo)[1]).toBe(manifest.version);
  expect(lock.packages[''].version).toBe(manifest.version);
});

test('the lockfile names no registry', () => {
  const resolved = Object.values(lock.packages).map((entry) => entry.resolved);
  expect(resolved.filter((address) => address?.includes(':'))).toEqual([]);
});

describe('the search for redis-server', () => {
  let folder;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-redis-'));
  });

  afterEach(() => fs.rmSync(folder, { recursive: true }));

  test('takes the first in PATH that runs', () => {
    const broken = serverIn('broken', 'exit 127');
    const first = serverIn('first', 'exit 0');
    const second = serverIn('second', 'exit 0');
    const PATH = [broken, first, second].map(path.dirname).join(path.delimiter);
    expect(findRedisServer({ env: { PATH }, cacheDir: folder })).toBe(first);
  });

  test('falls back to the one installed in the project', () => {
    const installed = serverIn('cache', 'exit 0');
    const cacheDir = path.dirname(installed);
    expect(findRedisServer({ env: { PATH: folder }, cacheDir })).toBe(installed);
    expect(findRedisServer({ env: {}, cacheDir: folder })).toBeNull();
  });

  test('takes the one that the environment names and no other', () => {
    const chosen = serverIn('chosen', 'exit 0');
    const other = path.dirname(serverIn('other', 'exit 0'));
    const env = { PATH: other, ORGCACHE_TEST_REDIS_SERVER: chosen };
    expect(findRedisServer({ env, cacheDir: other })).toBe(chosen);
    fs.rmSync(chosen);
    expect(findRedisServer({ env, cacheDir: other })).toBeNull();
  });

  function serverIn(name, body) {
    const file = path.join(folder, name, 'redis-server');
    fs.mkdirSync(path.dirname(file));
    fs.writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return file;
  }
});
