'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { currentPlatform } = require('../../js/native.js');

const ROOT = path.join(__dirname, '..', '..');
const platform = currentPlatform();
const binaryName = `orgcache.${platform}.node`;

/** An empty folder, whose real path is known: compilers and bundlers print it. */
function makeFolder(name) {
  return fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), `orgcache-${name}-`)));
}

/** The tarballs as a release makes them: of the package, and of this platform's with its binary. */
function packBoth(folder) {
  const binaryFolder = path.join(folder, platform);
  fs.cpSync(path.join(ROOT, 'npm', platform), binaryFolder, { recursive: true });
  fs.copyFileSync(path.join(ROOT, binaryName), path.join(binaryFolder, binaryName));
  return { main: pack(ROOT, folder), binary: pack(binaryFolder, folder) };
}

function pack(folder, destination) {
  const printed = npm(folder, 'pack', '--json', `--pack-destination=${destination}`);
  // One version of npm answers an array, another an object by package name.
  const [packed] = Object.values(JSON.parse(printed));
  return {
    tarball: path.join(destination, packed.filename),
    files: packed.files.map((file) => file.path),
  };
}

/** Installs tarballs into a new folder with no registry, no cache but its own and no install script. */
function installPacked(project, ...tarballs) {
  fs.mkdirSync(project, { recursive: true });
  fs.writeFileSync(path.join(project, 'package.json'), '{ "private": true }\n');
  const cache = path.join(project, '..', 'npm-cache');
  const flags = ['--ignore-scripts', '--offline', '--no-audit', '--no-fund', `--cache=${cache}`];
  npm(project, 'install', ...flags, ...tarballs);
}

function npm(cwd, ...args) {
  const { npm_execpath: script } = process.env;
  const [program, before] = script?.endsWith('npm-cli.js') ? [process.execPath, [script]] : ['npm', []];
  const shell = process.platform === 'win32' && program === 'npm';
  const child = spawnSync(program, [...before, ...args], { cwd, encoding: 'utf8', shell, timeout: 110_000 });
  if (child.status !== 0) throw new Error(`npm ${args[0]} failed: ${child.stderr}`);
  return child.stdout;
}

/** The path of a tool in `__test__/environments`. */
function tool(...names) {
  return path.join(ROOT, '__test__', 'environments', 'node_modules', ...names);
}

/** The environment without variables that name another binary or a server. */
function plainEnvironment(own = {}) {
  const { ORGCACHE_BINARY: _, ...env } = { ...process.env, USE_REDIS: 'false', ...own };
  return own.ORGCACHE_BINARY ? { ...env, ORGCACHE_BINARY: own.ORGCACHE_BINARY } : env;
}

module.exports = {
  binaryName,
  installPacked,
  makeFolder,
  npm,
  pack,
  packBoth,
  plainEnvironment,
  platform,
  ROOT,
  tool,
};
