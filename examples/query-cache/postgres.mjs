// A PostgreSQL of the demo's own: its data are in a temporary folder, and it ends with the run.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import postgres from '../../scripts/postgres.cjs';
import { DemoError } from './options.mjs';
import { freePort, hasEnded } from './owned.mjs';

const HOST = '127.0.0.1';
const USER = 'demo';
const DATABASE = 'postgres';
const READY_TIMEOUT_MS = 30_000;
const POLL_MS = 50;
const PASSWORD_BYTES = 18;
// Another process may take a free port between the question and the start.
const PORT_ATTEMPTS = 5;
/** Accounts without rights, under which root starts the server: PostgreSQL refuses to run as root. */
const ACCOUNTS = ['postgres', 'nobody'];

/** @returns {Promise<{connection: object, version: string}>} how pg connects, and the server's version. */
export async function startPostgres(owned) {
  const programs = postgres.findPostgres();
  if (!programs) throw new DemoError(postgres.HOW_TO_GET_POSTGRES);
  const { folder } = owned;
  const data = path.join(folder, 'data');
  const password = randomBytes(PASSWORD_BYTES).toString('base64url');
  const passwordFile = path.join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  const account = accountOfServer();
  if (account) for (const file of [folder, passwordFile]) await chown(file, account.uid, account.gid);

  const options = { ...account, cwd: folder, env: { PATH: process.env.PATH, HOME: folder, LC_ALL: 'C' } };
  const initialize = ['--auth=scram-sha-256', '--encoding=UTF8', '--no-locale', '--no-sync'];
  const made = await owned.run(
    path.join(programs, 'initdb'),
    [`--pgdata=${data}`, `--username=${USER}`, `--pwfile=${passwordFile}`, ...initialize],
    options,
  );
  if (!made.succeeded) throw new DemoError(`initdb failed: ${made.output.trim()}`);

  for (let attempt = 1; ; attempt += 1) {
    const connection = {
      host: HOST,
      port: await freePort(),
      user: USER,
      password,
      database: DATABASE,
      ssl: false,
    };
    const server = owned.start(path.join(programs, 'postgres'), ['-D', data, ...settings(connection.port)], {
      ...options,
      // At once: the data are thrown away.
      stopSignal: 'SIGQUIT',
    });
    if (await isReady(server, connection)) return { connection, version: await prepare(connection) };
    if (attempt === PORT_ATTEMPTS) {
      throw new DemoError(
        `PostgreSQL did not start; Debian's package postgresql has all that it needs: ${server.output.trim()}`,
      );
    }
  }
}

function settings(port) {
  const values = {
    port,
    listen_addresses: HOST,
    unix_socket_directories: '',
    timezone: 'UTC',
    // Nothing here must survive a crash.
    fsync: 'off',
    // It counts the queries.
    shared_preload_libraries: 'pg_stat_statements',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function accountOfServer() {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ACCOUNTS) {
    const [uid, gid] = ['-u', '-g'].map((part) => spawnSync('id', [part, name], { encoding: 'utf8' }));
    if (uid.status === 0 && gid.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new DemoError('PostgreSQL refuses to run as root: start the demo as another user.');
}

/** False if the server ended. */
async function isReady(server, connection) {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline) {
    if (hasEnded(server)) return false;
    const client = new pg.Client(connection);
    client.on('error', () => {});
    const connected = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => {});
    if (connected) return true;
    await sleep(POLL_MS);
  }
  throw new DemoError(`PostgreSQL was not ready after ${READY_TIMEOUT_MS} ms: ${server.output.trim()}`);
}

async function prepare(connection) {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    await client.query('CREATE EXTENSION pg_stat_statements');
    const { rows } = await client.query('SHOW server_version');
    return rows[0].server_version.split(' ')[0];
  } finally {
    await client.end();
  }
}
