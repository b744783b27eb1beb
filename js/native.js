'use strict';

const fs = require('node:fs');
const path = require('node:path');

const PLATFORMS = Object.freeze([
  'darwin-arm64',
  'darwin-x64',
  'linux-arm64-gnu',
  'linux-arm64-musl',
  'linux-x64-gnu',
  'linux-x64-musl',
  'win32-arm64-msvc',
  'win32-x64-msvc',
]);

const PACKAGE_ROOT = path.join(__dirname, '..');

let loaded;

/**
 * The name under which a binary is published, for example `linux-x64-gnu`.
 *
 * @param {{ os: string, cpu: string, libc?: 'gnu' | 'musl' }} machine `libc` matters on Linux only.
 * @throws {Error} with code `E_BINARY` where no binary is made for that machine.
 */
function platformName({ os, cpu, libc }) {
  const abi = os === 'win32' ? 'msvc' : os === 'linux' && libc;
  const name = abi ? `${os}-${cpu}-${abi}` : `${os}-${cpu}`;
  if (!PLATFORMS.includes(name)) {
    throw binaryError(`orgcache has no native binary for ${name}; it is built for ${PLATFORMS.join(', ')}.`);
  }
  return name;
}

/** Node was linked against the C library that the addon will find, so Node is asked, not the file system. */
function detectLibc() {
  const { report } = process;
  // Listing open sockets makes the report resolve their host names, which can block for seconds.
  const { excludeNetwork } = report;
  report.excludeNetwork = true;
  try {
    return report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl';
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}

function currentPlatform() {
  const os = process.platform;
  return platformName({ os, cpu: process.arch, libc: os === 'linux' ? detectLibc() : undefined });
}

/**
 * The native binding: from the file that `ORGCACHE_BINARY` names, else from a build in this folder, else
 * from the package of this platform. Later calls answer what the first one found.
 *
 * @throws {Error} with code `E_BINARY`; `cause` is what the system's loader said.
 */
function loadNative() {
  loaded ??= load();
  return loaded;
}

function load() {
  const chosen = process.env.ORGCACHE_BINARY;
  if (chosen) return loadFile(path.resolve(chosen), 'named by ORGCACHE_BINARY');

  const platform = currentPlatform();
  const local = path.join(PACKAGE_ROOT, `orgcache.${platform}.node`);
  // A local build that does not load is reported: passing it over would hide what the builder just made.
  if (fs.existsSync(local)) return loadFile(local, `built from source for ${platform}`);
  return loadPackage(platform);
}

function loadFile(file, origin) {
  try {
    return require(file);
  } catch (cause) {
    throw binaryError(`orgcache cannot load ${file}, ${origin}; \`npm run build\` makes it anew.`, cause);
  }
}

function loadPackage(platform) {
  const name = `orgcache-${platform}`;
  try {
    return require(name);
  } catch (cause) {
    throw binaryError(packageFailure(platform, name, cause), cause);
  }
}

function packageFailure(platform, name, cause) {
  const { version } = require('../package.json');
  const fromSource = 'or build it from source with `npm run build` in a clone of the orgcache repository';
  if (cause.code === 'MODULE_NOT_FOUND') {
    return (
      `orgcache found no native binary for ${platform}: the package ${name} is not installed. ` +
      `Run \`npm install ${name}@${version}\` (npm leaves it out with --omit=optional, or where the ` +
      `lockfile was written without it), ${fromSource}.`
    );
  }
  return (
    `orgcache cannot load its native binary for ${platform} from the package ${name}: the cause says what ` +
    `the system's loader refused. Install ${name}@${version} again, ${fromSource}.`
  );
}

function binaryError(message, cause) {
  const error = new Error(message, cause === undefined ? undefined : { cause });
  error.code = 'E_BINARY';
  return error;
}

module.exports = { PLATFORMS, platformName, currentPlatform, loadNative };
