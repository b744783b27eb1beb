// Looks for memory that native code loses, and for memory that it uses when it must not: the Rust tests run
// under AddressSanitizer; then a program that uses everything runs under valgrind, once a driver, and no block
// that was lost may have been asked for by the addon. docs/leaks.md says what it found.

import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import cleanup from '../__test__/support/cleanup.js';
import redis from '../__test__/support/redis.js';
import { isProgram, output, ROOT, SetupError, say, succeeds } from './run.mjs';
import { setup } from './setup.mjs';

const PROGRAM = path.join(ROOT, '__test__', 'programs', 'leaks.cjs');
const SUPPRESSIONS = path.join(ROOT, 'scripts', 'leaks.supp');

/** Two of each kind of worker: what is lost once a worker is counted twice, which tells it from what is lost once. */
const USE = { calls: 40, terminated: 2, ended: 2 };

/** Ten times what a slow machine needs. */
const TIMEOUT_MS = 10 * 60 * 1000;

const RUNS = [
  { name: 'the loop driver', env: { CACHE_DRIVER: 'loop' }, hasServer: true },
  { name: 'the thread driver', env: { CACHE_DRIVER: 'thread' }, hasServer: true },
  { name: 'the memory store', env: { USE_REDIS: 'false' }, hasServer: false },
];

const VALGRIND = [
  '--leak-check=full',
  '--show-leak-kinds=definite,indirect,possible',
  // Rust's stacks are deep, and the call that matters stands at their end.
  '--num-callers=60',
  // Node unloads the addon before valgrind looks for names.
  '--keep-debuginfo=yes',
  '--xml=yes',
  `--suppressions=${SUPPRESSIONS}`,
];

/** The only target that this is known to work for. */
const ASAN_TARGET = 'x86_64-unknown-linux-gnu';

/** Whether the Rust tests pass under the sanitizer, which also looks for leaks at the end of each program. */
function passUnderAsan(redisServer) {
  const where = ['--target', ASAN_TARGET, '--target-dir', 'target/asan'];
  const tests = ['--no-default-features', '--features', 'cache', '--lib', '--test', 'cache_over_redis'];
  const env = {
    ...process.env,
    // The sanitizer is a flag of nightly compilers; this lets a stable one take it.
    RUSTC_BOOTSTRAP: '1',
    RUSTFLAGS: '-Zsanitizer=address',
    ASAN_OPTIONS: 'detect_leaks=1',
    ORGCACHE_TEST_REDIS_SERVER: redisServer,
  };
  return succeeds('cargo', ['test', ...where, ...tests], { cwd: ROOT, env });
}

/** The addon with symbols; the release build has none, and its leaks would have no names. */
function buildWithSymbols(folder) {
  const built = succeeds('cargo', ['build', '--lib', '--profile', 'profiling'], { cwd: ROOT });
  if (!built) throw new SetupError("The addon did not build: the message above is cargo's.");
  const metadata = JSON.parse(
    output('cargo', ['metadata', '--no-deps', '--format-version=1'], { cwd: ROOT, maxBuffer: 2 ** 26 }),
  );
  const addon = path.join(folder, 'orgcache.node');
  copyFileSync(path.join(metadata.target_directory, 'profiling', 'liborgcache.so'), addon);
  return addon;
}

async function look(run, addon, folder) {
  const report = path.join(folder, `${run.name}.xml`);
  const server = run.hasServer ? await redis.startRedis() : null;
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, CACHE_LOG: 'off', ...run.env };
  // A program that is twenty times slower must not time out of what it is here to do.
  Object.assign(env, { ORGCACHE_BINARY: addon, REDIS_COMMAND_TIMEOUT: '60000' });
  if (server) env.REDIS_URL = server.url;
  const use = JSON.stringify({ ...USE, hasServer: run.hasServer });
  const child = spawn('valgrind', [...VALGRIND, `--xml-file=${report}`, process.execPath, PROGRAM, use], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  readline.createInterface({ input: child.stdout }).on('line', (line) => answer(line, child, server));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`The program ended with code ${code} with ${run.name}.`);
  return leaksIn(readFileSync(report, 'utf8'), addon);
}

async function answer(line, child, server) {
  if (line === '@ask down') await server.kill();
  else if (line === '@ask up') await server.restart();
  else return console.log(line);
  child.stdin.write('done\n');
}

/** The leaks of a report in valgrind's XML that have a frame of the addon, largest first. */
export function leaksIn(xml, addon) {
  const errors = xml.match(/<error>.*?<\/error>/gs) ?? [];
  if (!/<\/valgrindoutput>/.test(xml)) throw new Error("valgrind's report is cut short.");
  return errors
    .map((error) => ({
      kind: field(error, 'kind'),
      what: field(error, 'text') || field(error, 'what'),
      bytes: Number(field(error, 'leakedbytes')),
      frames: (error.match(/<frame>.*?<\/frame>/gs) ?? []).map((frame) => ({
        object: field(frame, 'obj'),
        function: field(frame, 'fn'),
        place: `${field(frame, 'file')}:${field(frame, 'line')}`,
      })),
    }))
    .filter(({ frames }) => frames.some(({ object }) => object === addon))
    .sort((one, other) => other.bytes - one.bytes);
}

function field(xml, name) {
  return new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(xml)?.[1] ?? '';
}

function describe({ what, kind, frames }) {
  const lines = frames.map((frame) => `      ${frame.function || '?'} (${frame.place})`);
  return [`  ${kind}: ${what}`, ...lines].join('\n');
}

async function main() {
  if (!output('valgrind', ['--version'])) {
    throw new SetupError(
      'valgrind was not found, and leaks are looked for with it: install it (Debian and Ubuntu: apt-get install ' +
        'valgrind libc6-dbg; it does not run on Windows or current macOS).',
    );
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupError(
      'leaks are looked for on Linux x64 with glibc: start it there, or in a container of that.',
    );
  }
  const { redisServer } = await setup({ addon: false, redis: true });
  const passed = passUnderAsan(redisServer);
  console.log(`${passed ? 'ok    ' : 'FAILED'} the Rust tests under AddressSanitizer`);
  if (!passed) process.exitCode = 1;
  // The report names the addon by its real path.
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'orgcache-leaks-')));
  try {
    const addon = buildWithSymbols(folder);
    for (const run of RUNS) {
      const started = performance.now();
      const leaks = await look(run, addon, folder);
      const seconds = ((performance.now() - started) / 1000).toFixed(0);
      console.log(
        `${leaks.length === 0 ? 'ok    ' : 'FAILED'} ${run.name}: ${leaks.length} leaks (${seconds} s)`,
      );
      for (const leak of leaks) console.log(describe(leak));
      if (leaks.length > 0) process.exitCode = 1;
    }
  } finally {
    await cleanup.endAll();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (isProgram(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    say(error instanceof SetupError ? error.message : error.stack);
    process.exitCode = 1;
  }
}
