'use strict';

// Finds the programs of a PostgreSQL server, and installs them where the system lets it. Nothing here starts a server.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const HOW_TO_GET_POSTGRES =
  'No PostgreSQL server was found: install one (Debian and Ubuntu: apt-get install postgresql, macOS: ' +
  'brew install postgresql) or name the folder of its programs in ORGCACHE_TEST_POSTGRES_BIN.';

/** Folders of a version each, which packages keep out of PATH. */
const VERSIONED = [
  { parent: '/usr/lib/postgresql', folder: /^\d+$/ },
  { parent: '/usr', folder: /^pgsql-\d+$/ },
  { parent: '/opt/homebrew/opt', folder: /^postgresql(@\d+)?$/ },
  { parent: '/usr/local/opt', folder: /^postgresql(@\d+)?$/ },
];

/**
 * The folder with `initdb` and a `postgres` that runs, or null: the one that ORGCACHE_TEST_POSTGRES_BIN names, else the
 * first in PATH, else the newest of those that packages make.
 */
function findPostgres({ env = process.env } = {}) {
  const chosen = env.ORGCACHE_TEST_POSTGRES_BIN;
  if (chosen) return runs(chosen) ? chosen : null;
  const folders = (env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return [...folders, ...VERSIONED.flatMap(programFolders)].find(runs) ?? null;
}

function runs(folder) {
  if (!['initdb', 'postgres'].every((program) => fs.existsSync(path.join(folder, program)))) return false;
  return spawnSync(path.join(folder, 'postgres'), ['--version'], { stdio: 'ignore' }).status === 0;
}

function programFolders({ parent, folder }) {
  if (!fs.existsSync(parent)) return [];
  const version = (name) => Number(/\d+$/.exec(name)?.[0] ?? 0);
  const names = fs.readdirSync(parent).filter((name) => folder.test(name));
  return names.sort((a, b) => version(b) - version(a)).map((name) => path.join(parent, name, 'bin'));
}

/**
 * Installs Debian's package where this process may.
 *
 * @param {{ say: (line: string) => void, succeeds: Function }} terminal where progress goes.
 * @returns {string | null} the folder of the programs.
 */
function installPostgres({ say, succeeds }) {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const hasApt = folders.some((folder) => fs.existsSync(path.join(folder, 'apt-get')));
  if (process.getuid?.() !== 0 || !hasApt) return null;
  say("no PostgreSQL server found: trying Debian's postgresql (apt-get install)");
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) => succeeds('apt-get', args, { env });
  if (!apt('update', '-qq')) return null;
  if (!apt('install', '-y', '-qq', '--no-install-recommends', 'postgresql')) return null;
  // The package starts its service where the system lets it; examples and tests start servers of their own.
  succeeds('service', ['postgresql', 'stop']);
  return findPostgres();
}

module.exports = { findPostgres, installPostgres, HOW_TO_GET_POSTGRES };
