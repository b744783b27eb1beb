'use strict';

// Bundlers copy this file into another one, so it depends on no file beside it: `require` with a name that is no
// literal, `__dirname` and `package.json` then differ.

const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { version } = require('../package.json');

/** @import { Failure } from './errors.js' */
/** @import { NativeBinding } from './native-types.js' */

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

/** This file, or the bundle that contains it. A bundle of ES modules has no `__filename`. */
const HERE =
  typeof __filename === 'string' && path.isAbsolute(__filename)
    ? __filename
    : path.resolve(process.argv[1] ?? 'program.js');

/** Node's own `require`. A bundler replaces the free variable. */
const requireAtRunTime = createRequire(HERE);

const FROM_SOURCE = 'build it from source with `npm run build` in a clone of the orgcache repository';

/** @type {NativeBinding | undefined} */
let loaded;

/**
 * The name under which a binary is published, for example `linux-x64-gnu`.
 *
 * @param {{ os: string, cpu: string, libc?: 'gnu' | 'musl' }} machine `libc` matters on Linux only.
 * @throws {Error} with code `E_BINARY` if there is no binary for that machine.
 */
function platformName({ os, cpu, libc }) {
  const abi = os === 'win32' ? 'msvc' : os === 'linux' && libc;
  const name = abi ? `${os}-${cpu}-${abi}` : `${os}-${cpu}`;
  if (!PLATFORMS.includes(name)) {
    throw binaryError(`orgcache has no native binary for ${name}; it is built for ${PLATFORMS.join(', ')}.`);
  }
  return name;
}

/** @typedef {NodeJS.ProcessReport & { excludeNetwork?: boolean }} ProcessReport of Node 20.14 and newer. */
/** @typedef {{ header: { glibcVersionRuntime?: string } }} SystemReport */

/** Node was linked against the C library that the addon will use, so Node is asked, not the file system. */
function glibcVersion() {
  const report = /** @type {ProcessReport} */ (process.report);
  // Without this, the report resolves the host names of open sockets, which can block for seconds.
  const { excludeNetwork } = report;
  report.excludeNetwork = true;
  try {
    return /** @type {SystemReport} */ (report.getReport()).header.glibcVersionRuntime;
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}

function currentPlatform() {
  const os = process.platform;
  const libc = os === 'linux' ? (glibcVersion() ? 'gnu' : 'musl') : undefined;
  return platformName({ os, cpu: process.arch, libc });
}

/**
 * Loads the native binding: the file that `ORGCACHE_BINARY` names, else a file in this folder (a build from source,
 * or a file copied beside a bundle), else the package of this platform. Later calls answer the first one found.
 *
 * @throws {Error} with code `E_BINARY`; `cause` is the error of the system's loader.
 */
function loadNative() {
  loaded ??= load();
  return loaded;
}

function load() {
  const chosen = process.env.ORGCACHE_BINARY;
  if (chosen) return loadFile(path.resolve(chosen), 'named by ORGCACHE_BINARY');

  const platform = currentPlatform();
  // A local build that does not load is an error: skipping it would hide a failed build.
  const local = path.join(HERE, '..', '..', `orgcache.${platform}.node`);
  if (isThere(local)) return loadFile(local, `built from source for ${platform}`);
  const beside = path.join(HERE, '..', `orgcache.${platform}.node`);
  if (isThere(beside)) return loadFile(beside, 'found beside the program');
  return loadPackage(platform);
}

/**
 * Node's permission model throws if even a check for the file is not allowed.
 * @param {string} file
 */
function isThere(file) {
  try {
    return fs.existsSync(file);
  } catch {
    return false;
  }
}

/**
 * @param {string} file
 * @param {string} origin
 * @returns {NativeBinding}
 */
function loadFile(file, origin) {
  try {
    return requireAtRunTime(file);
  } catch (cause) {
    const reason = reasonOf(/** @type {Refusal} */ (cause));
    const why = reason ? `: ${reason}.` : '; `npm run build` makes it anew.';
    throw binaryError(`orgcache cannot load ${file}, ${origin}${why}`, cause);
  }
}

/**
 * @param {string} platform
 * @returns {NativeBinding}
 */
function loadPackage(platform) {
  const name = `orgcache-${platform}`;
  try {
    const found = platformPackage(platform);
    if (found === undefined) return loadBeside(platform, name);
    // In a bundle, this is the module that the package has for bundlers. It says where the binary went.
    if (found.file !== undefined) return loadBundled(platform, name, found);
    checkVersion(name, installedVersion(name));
    return found;
  } catch (thrown) {
    const cause = /** @type {Refusal} */ (thrown);
    if (cause.code === 'E_BINARY') throw cause;
    checkVersion(name, installedVersion(name), cause);
    throw binaryError(packageFailure(platform, name, cause), cause);
  }
}

/**
 * For a bundle that contains only the package's JavaScript: resolves the package as Node does.
 * @param {string} platform
 * @param {string} name
 * @returns {NativeBinding}
 */
function loadBeside(platform, name) {
  const manifest = requireAtRunTime.resolve(`${name}/package.json`);
  checkVersion(name, requireAtRunTime(manifest).version);
  return requireAtRunTime(path.join(manifest, '..', `orgcache.${platform}.node`));
}

/**
 * @param {string} platform
 * @param {string} name
 * @param {Location} location
 * @returns {NativeBinding}
 */
function loadBundled(platform, name, { file, version: bundled }) {
  if (!isThere(file)) return loadBeside(platform, name);
  checkVersion(name, bundled);
  try {
    return requireAtRunTime(file);
  } catch (cause) {
    // A loader for .node files may have changed it.
    if (installedVersion(name) === undefined) throw cause;
    return loadBeside(platform, name);
  }
}

/**
 * Undefined in a bundle without the package beside it.
 * @param {string} name
 * @returns {string | undefined}
 */
function installedVersion(name) {
  try {
    return requireAtRunTime(`${name}/package.json`).version;
  } catch {
    return undefined;
  }
}

/**
 * The numbers that both sides share change from version to version.
 * @param {string} name
 * @param {string | undefined} found
 * @param {unknown} [cause]
 */
function checkVersion(name, found, cause) {
  if (found === undefined || found === version) return;
  throw binaryError(
    `orgcache ${version} found its native binary in version ${found} (the package ${name}), and both must be of one ` +
      `version: run \`npm install ${name}@${version}\`, and build the bundle again, if there is one.`,
    cause,
  );
}

/**
 * The module of a platform's package for bundlers: it says where the binary went.
 * @typedef {{ file: string, version: string }} Location
 */

/**
 * The package of a platform, or undefined. The names are literals, so that bundlers and tracers can follow them.
 * @param {string} platform
 * @returns {(NativeBinding & { file?: undefined }) | Location | undefined}
 */
function platformPackage(platform) {
  // Bundlers accept an absent package only within a `try` in the same function.
  try {
    switch (platform) {
      case 'darwin-arm64':
        return require('orgcache-darwin-arm64');
      case 'darwin-x64':
        return require('orgcache-darwin-x64');
      case 'linux-arm64-gnu':
        return require('orgcache-linux-arm64-gnu');
      case 'linux-arm64-musl':
        return require('orgcache-linux-arm64-musl');
      case 'linux-x64-gnu':
        return require('orgcache-linux-x64-gnu');
      case 'linux-x64-musl':
        return require('orgcache-linux-x64-musl');
      case 'win32-arm64-msvc':
        return require('orgcache-win32-arm64-msvc');
      default:
        return require('orgcache-win32-x64-msvc');
    }
  } catch (error) {
    if (/** @type {Failure} */ (error).code !== 'MODULE_NOT_FOUND') throw error;
    return undefined;
  }
}

/**
 * @param {string} platform
 * @param {string} name
 * @param {Refusal} cause
 */
function packageFailure(platform, name, cause) {
  const remedy = `or ${FROM_SOURCE}`;
  if (cause.code === 'MODULE_NOT_FOUND') {
    return (
      `orgcache found no native binary for ${platform}: the package ${name} is not installed. ` +
      `Run \`npm install ${name}@${version}\` (npm leaves it out with --omit=optional, or where the ` +
      `lockfile was written without it; a bundle needs it in a node_modules folder above itself, its .node file ` +
      `beside itself, or ORGCACHE_BINARY), ${remedy}.`
    );
  }
  const failed = `orgcache cannot load its native binary for ${platform} from the package ${name}`;
  const reason = reasonOf(cause);
  if (reason) return `${failed}: ${reason}.`;
  return `${failed}: the cause says what the system's loader refused. Install ${name}@${version} again, ${remedy}.`;
}

/** @typedef {Failure & { resource?: string }} Refusal An error of Node or of the system's loader. */

/**
 * The meaning of an error of Node or of the system's loader; undefined if only its own message says it.
 * @param {Refusal} refusal
 */
function reasonOf({ code, message, resource }) {
  if (code === 'ERR_DLOPEN_DISABLED') {
    return process.permission
      ? "Node's permission model allows no native addons here; start Node with --allow-addons too"
      : 'Node was started with --no-addons (look into NODE_OPTIONS as well); start it without';
  }
  if (code === 'ERR_ACCESS_DENIED') {
    return `Node's permission model does not allow reading ${resource}; start Node with --allow-fs-read for it too`;
  }
  const [, glibc] = /version [`']?GLIBC_([\d.]+)'? not found/.exec(message) ?? [];
  if (glibc) {
    return (
      `it needs glibc ${glibc} or newer and this system has ${glibcVersion() ?? 'none'}; ` +
      `run it on a newer system, or ${FROM_SOURCE} on this one`
    );
  }
  return undefined;
}

/**
 * @param {string} message
 * @param {unknown} [cause]
 */
function binaryError(message, cause) {
  /** @type {Failure} */
  const error = new Error(message, cause === undefined ? undefined : { cause });
  error.code = 'E_BINARY';
  return error;
}

module.exports = { PLATFORMS, platformName, currentPlatform, loadNative, binaryError, requireAtRunTime };
