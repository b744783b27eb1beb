// Everything between a fresh clone and a running demo, test or bench: the toolchain is checked, npm's
// dependencies installed, the addon built and, with `--redis`, `--postgres` or `--chromium`, such a program found or installed.
// What is there already is left alone: stamps tell in a fraction of a second that nothing is to do.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import native from '../js/native.js';
import { addonPath, buildAddon } from './build.mjs';
import chromium from './chromium.cjs';
import postgres from './postgres.cjs';
import redisServer from './redis-server.cjs';
import { exitWithSentence, isProgram, npmCommand, output, ROOT, SetupError, say, succeeds } from './run.mjs';

const ADDON_STAMP = path.join(ROOT, '.cache', 'addon.stamp');
const ADDON_SOURCES = ['Cargo.toml', 'Cargo.lock', 'build.rs', '.cargo/config.toml', 'src'];
/** The bundlers, compilers, frameworks and runtimes that the package is tried in. */
const ENVIRONMENTS = path.join(ROOT, '__test__', 'environments');
const MINIMUM_NODE = 20;

/**
 * @param {{ addon?: boolean, redis?: boolean, postgres?: boolean, chromium?: boolean, environments?: boolean }} [wanted]
 * @returns {Promise<{ redisServer: string | undefined }>} the path of redis-server where one was wanted.
 * @throws {SetupError} whose message says what is missing and how to get it.
 */
export async function setup({
  addon = true,
  redis = false,
  postgres: wantsPostgres = false,
  chromium: wantsChromium = false,
  environments = false,
} = {}) {
  const started = performance.now();
  checkNode();
  checkCargo();
  const folders = environments ? [ROOT, ENVIRONMENTS] : [ROOT];
  const installed = folders.map(installDependencies).includes(true);
  const built = addon && (await ensureAddon());
  const found = redis ? ensureRedis() : undefined;
  const installedPostgres = wantsPostgres && ensurePostgres();
  const installedChromium = wantsChromium && ensureChromium();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const did = installed || built || found?.installed || installedPostgres || installedChromium;
  say(did ? `done in ${seconds} s` : `nothing to do (${seconds} s)`);
  return { redisServer: found?.path };
}

function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < MINIMUM_NODE) {
    throw new SetupError(
      `Node ${MINIMUM_NODE} or newer is needed and this is ${process.version}: install it from nodejs.org or your package manager.`,
    );
  }
}

function checkCargo() {
  const [, wanted] = /^rust-version = "(\d+\.\d+)"/m.exec(
    readFileSync(path.join(ROOT, 'Cargo.toml'), 'utf8'),
  );
  const printed = output('cargo', ['--version'], { cwd: ROOT });
  if (printed === null) {
    throw new SetupError(
      `cargo is not in PATH or does not run: install Rust ${wanted} or newer with rustup (rustup.rs) and open a new shell.`,
    );
  }
  const [, found] = /^cargo (\d+\.\d+)/.exec(printed) ?? [];
  if (!found || olderThan(found, wanted)) {
    throw new SetupError(
      `Rust ${wanted} or newer is needed and this is ${printed}: run \`rustup update stable\`.`,
    );
  }
}

function olderThan(found, wanted) {
  const [major, minor] = found.split('.').map(Number);
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number);
  return major !== wantedMajor ? major < wantedMajor : minor < wantedMinor;
}

/**
 * `npm ci` in a folder whose node_modules does not stem from its lockfile and this machine.
 *
 * @returns {boolean} whether anything was installed.
 */
export function installDependencies(folder) {
  // npm ci empties node_modules first, so a stamp in there never outlives what it vouches for.
  const stampFile = path.join(folder, 'node_modules', '.setup-stamp');
  const where = path.relative(ROOT, folder) || 'this folder';
  const lock = readFileSync(path.join(folder, 'package-lock.json'));
  const manifest = readFileSync(path.join(folder, 'package.json'));
  const stamp = hash([lock, manifest, `${process.platform} ${process.arch}`]);
  if (readIfThere(stampFile) === stamp) return false;

  say(`installing npm dependencies in ${where} (npm ci)`);
  // No dependency here needs its install script; what does not run cannot fail or surprise.
  const flags = ['--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  const [command, args] = npmCommand(['ci', ...flags]);
  if (!succeeds(command, args, { cwd: folder })) {
    throw new SetupError(
      `npm ci failed in ${where}: npm's message is above; check the network and the registry, then run the command again.`,
    );
  }
  writeFileSync(stampFile, stamp);
  return true;
}

async function ensureAddon() {
  const addon = addonPath(native.currentPlatform());
  if (existsSync(addon) && readIfThere(ADDON_STAMP) === addonStamp(addon)) return false;
  say('building the addon (cargo build --release; minutes the first time)');
  // Taken before the build: a source saved meanwhile is then newer than the stamp says.
  const sources = sourcesHash();
  await buildAddon();
  mkdirSync(path.dirname(ADDON_STAMP), { recursive: true });
  writeFileSync(ADDON_STAMP, addonStamp(addon, sources));
  return true;
}

/** Of the sources and of the file made from them: an addon that was copied in by hand is built anew. */
function addonStamp(addon, sources = sourcesHash()) {
  return hash([sources, readFileSync(addon)]);
}

function sourcesHash() {
  const parts = [];
  for (const file of ADDON_SOURCES.flatMap(filesUnder)) parts.push(file, readFileSync(path.join(ROOT, file)));
  return hash(parts);
}

function filesUnder(name) {
  const full = path.join(ROOT, name);
  if (!existsSync(full)) return [];
  if (path.extname(name)) return [name];
  return readdirSync(full, { recursive: true })
    .map((entry) => path.join(name, entry))
    .filter((file) => statSync(path.join(ROOT, file)).isFile())
    .sort();
}

function ensureRedis() {
  const found = redisServer.findRedisServer();
  const chosen = process.env.ORGCACHE_TEST_REDIS_SERVER;
  if (chosen && !found) {
    throw new SetupError(
      `ORGCACHE_TEST_REDIS_SERVER names ${chosen}, which does not run: correct or unset it.`,
    );
  }
  if (found) return { path: found, installed: false };
  const installed = redisServer.installRedisServer({ say, succeeds });
  if (!installed) throw new SetupError(redisServer.HOW_TO_GET_REDIS);
  say(`redis-server is at ${installed}`);
  return { path: installed, installed: true };
}

/** Where none can be installed, the example that needs one says what to do, and its tests are left out. */
function ensurePostgres() {
  if (process.env.ORGCACHE_TEST_POSTGRES_BIN || postgres.findPostgres()) return false;
  const installed = postgres.installPostgres({ say, succeeds });
  if (installed) say(`PostgreSQL is in ${installed}`);
  return installed !== null;
}

/** Where none can be installed, the tests that open pages fail and say what to do. */
function ensureChromium() {
  if (process.env.ORGCACHE_TEST_CHROMIUM || chromium.findChromium()) return false;
  const installed = chromium.installChromium({ say, succeeds });
  if (installed) say(`Chromium is at ${installed}`);
  return installed !== null;
}

function hash(parts) {
  const sum = createHash('sha256');
  // The length in front keeps two lists apart that read the same when joined.
  for (const part of parts) sum.update(`${part.length}:`).update(part);
  return sum.digest('hex');
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

if (isProgram(import.meta.url)) {
  try {
    await setup({
      redis: process.argv.includes('--redis'),
      postgres: process.argv.includes('--postgres'),
      chromium: process.argv.includes('--chromium'),
    });
  } catch (error) {
    exitWithSentence(error);
  }
}
