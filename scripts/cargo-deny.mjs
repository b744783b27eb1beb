// Checks the crates of Cargo.lock by deny.toml with cargo-deny, a step of `npm run lint`: licences, duplicates, sources.
// Advisories are not checked: their database is in no package registry, and the GitHub workflow has them.
// cargo-deny itself comes from crates.io, in the version below, and is built into .cache/ the first time.

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { exitWithSentence, output, ROOT, SetupError, say, succeeds } from './run.mjs';

const VERSION = '0.20.2';
const FOLDER = path.join(ROOT, '.cache', 'cargo-deny');
const PROGRAM = path.join(FOLDER, 'bin', process.platform === 'win32' ? 'cargo-deny.exe' : 'cargo-deny');
const CHECKS = ['licenses', 'bans', 'sources'];

function ensureInstalled() {
  if (output(PROGRAM, ['--version']) === `cargo-deny ${VERSION}`) return;
  say(`installing cargo-deny ${VERSION} (cargo install; minutes the first time)`);
  // It runs for a second: a build without optimization is done in a third of the time.
  const install = ['install', `cargo-deny@${VERSION}`, '--locked', '--debug', '--force', '--root', FOLDER];
  const target = ['--target-dir', path.join(FOLDER, 'target')];
  if (!succeeds('cargo', [...install, ...target], { cwd: ROOT })) {
    throw new SetupError(`cargo-deny ${VERSION} could not be installed: cargo's message is above.`);
  }
}

try {
  ensureInstalled();
  const { status } = spawnSync(PROGRAM, ['--all-features', '--locked', 'check', ...CHECKS], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
} catch (error) {
  exitWithSentence(error);
}
