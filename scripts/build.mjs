// The release build: cargo, then the library beside package.json under the name that js/native.js looks
// for. `--target <triple>` builds for another machine; `--zig` links with cargo-zigbuild, which also takes
// the glibc to build for (x86_64-unknown-linux-gnu.2.28). Other arguments go to cargo.

import { spawn } from 'node:child_process';
import { copyFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import native from '../js/native.js';
import platforms from './platforms.cjs';
import { exitWithSentence, isProgram, ROOT, SetupError } from './run.mjs';

export const addonPath = (platform) => path.join(ROOT, `orgcache.${platform}.node`);

/** Builds the addon and answers the path it was put at. */
export async function buildAddon({ target, zig = false, cargoArgs = [] } = {}) {
  const platform = target ? platforms.platformOfTarget(target) : native.currentPlatform();
  const library = await cargoBuild([
    zig ? 'zigbuild' : 'build',
    '--release',
    '--lib',
    ...(target ? ['--target', target] : []),
    ...cargoArgs,
  ]);
  return put(library, addonPath(platform));
}

/** Builds the addon with these arguments of cargo, and this environment in addition, and puts it at `destination`. */
export async function buildInto(destination, cargoArgs, env = {}) {
  return put(await cargoBuild(['build', ...cargoArgs], env), destination);
}

/** cargo says where the library is: the folder depends on CARGO_TARGET_DIR, the target and the profile. */
function cargoBuild(args, env = {}) {
  const child = spawn('cargo', [...args, '--message-format=json-render-diagnostics'], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    // stdout carries JSON to this script, so cargo's own lines come from stderr.
    stdio: ['ignore', 'pipe', process.stderr],
  });
  let library;
  readline.createInterface({ input: child.stdout }).on('line', (line) => {
    library = libraryIn(line) ?? library;
  });
  return new Promise((resolve, reject) => {
    const fail = () =>
      reject(
        new SetupError(
          "The addon did not build: the message above is cargo's; it needs the Rust of Cargo.toml's " +
            'rust-version and a C compiler (Debian and Ubuntu: apt-get install build-essential).',
        ),
      );
    child.once('error', fail);
    child.once('close', (status) => (status === 0 && library ? resolve(library) : fail()));
  });
}

function libraryIn(line) {
  const message = JSON.parse(line);
  const isAddon = message.reason === 'compiler-artifact' && message.target.name === 'orgcache';
  if (!isAddon || !message.target.kind.includes('cdylib')) return undefined;
  return message.filenames.find((file) => /\.(so|dylib|dll)$/.test(file));
}

/** Renamed into place: a process that has the old file mapped keeps it whole. */
function put(library, destination) {
  const fresh = `${destination}.${process.pid}`;
  try {
    copyFileSync(library, fresh);
    renameSync(fresh, destination);
  } catch (cause) {
    rmSync(fresh, { force: true });
    throw new SetupError(`${destination} cannot be replaced: end the programs that use it and build again.`, {
      cause,
    });
  }
  return destination;
}

function parseArguments(args) {
  const rest = [...args];
  const zigAt = rest.indexOf('--zig');
  if (zigAt >= 0) rest.splice(zigAt, 1);
  const targetAt = rest.indexOf('--target');
  const [, target] = targetAt >= 0 ? rest.splice(targetAt, 2) : [];
  return { target, zig: zigAt >= 0, cargoArgs: rest };
}

if (isProgram(import.meta.url)) {
  try {
    const file = await buildAddon(parseArguments(process.argv.slice(2)));
    console.log(`built ${path.relative(process.cwd(), file)}`);
  } catch (error) {
    exitWithSentence(error);
  }
}
