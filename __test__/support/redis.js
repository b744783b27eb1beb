'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');
const { spawn } = require('node:child_process');
const { findRedisServer, HOW_TO_GET_REDIS } = require('../../scripts/redis-server.cjs');
const { certificates } = require('./certificates');
const { onEnd } = require('./cleanup');
const { RespClient } = require('./resp-client');
const { closedPort } = require('./silent-server');
const { until } = require('./wait');
const { watchOver } = require('./reaper');

const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 5_000;
const LOG_TAIL_CHARACTERS = 2_000;
// Another process may take a free port between the question and the start.
const PORT_ATTEMPTS = 5;

let program;

/** Looked for once a test file. */
function redisServer() {
  program ??= findRedisServer();
  if (!program) throw new Error(HOW_TO_GET_REDIS);
  return program;
}

function tlsOptions({ tls }) {
  const { cert, key } = certificates();
  return { asksForCertificate: false, certificate: { cert, key }, ...(tls === true ? {} : tls) };
}

function writeConfiguration(server) {
  const { folder, port, options } = server;
  const lines = [`bind ${HOST}`, `dir ${folder}`, 'daemonize no'];
  if (!options.isSentinel) lines.push('save ""', 'appendonly no', `databases ${options.databases ?? 16}`);
  if (options.tls) {
    const { asksForCertificate, certificate } = tlsOptions(options);
    for (const [name, pem] of Object.entries({ ca: certificates().ca, ...certificate })) {
      fs.writeFileSync(path.join(folder, `${name}.pem`), pem, { mode: 0o600 });
    }
    lines.push('port 0', `tls-port ${port}`, `tls-auth-clients ${asksForCertificate ? 'yes' : 'no'}`);
    lines.push(`tls-ca-cert-file ${folder}/ca.pem`);
    lines.push(`tls-cert-file ${folder}/cert.pem`, `tls-key-file ${folder}/key.pem`);
  } else {
    lines.push(`port ${port}`);
  }
  if (server.unixPath) lines.push(`unixsocket ${server.unixPath}`, 'unixsocketperm 700');
  if (options.password) lines.push(`requirepass ${JSON.stringify(options.password)}`);
  for (const user of options.users ?? []) lines.push(`user ${user.replace(/^user /, '')}`);
  lines.push(...(options.configuration ?? []));
  const file = path.join(folder, 'redis.conf');
  fs.writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return file;
}

class RedisServer {
  constructor(options, port) {
    // First, because it may fail, and no folder should stay then.
    const { ca, cert, key, otherCa } = options.tls ? certificates() : {};
    this.options = options;
    this.host = HOST;
    this.port = port;
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-redis-'));
    this.unixPath = options.unixSocket ? path.join(this.folder, 'redis.sock') : null;
    this.tls = options.tls ? { ca, cert, key, otherCa, servername: 'localhost' } : null;
    const credentials = options.password ? `:${encodeURIComponent(options.password)}@` : '';
    this.url = `${options.tls ? 'rediss' : 'redis'}://${credentials}${HOST}:${port}`;
    this.client = new RespClient({
      host: HOST,
      port,
      password: options.password,
      // The server is the test's own, whatever its certificate says.
      tls: this.tls && { ca, cert, key, servername: 'localhost', rejectUnauthorized: options.tls === true },
    });
    this.output = '';
    this.child = null;
    this.isPaused = false;
  }

  get pid() {
    return this.child?.pid;
  }

  /** One command over the harness's own connection; replies as text. */
  command(...args) {
    return this.client.command(...args);
  }

  /** As `command`, with strings as Buffers. */
  commandBuffer(...args) {
    return this.client.commandBuffer(...args);
  }

  /** Every key of the selected database that matches, sorted. */
  async keys(pattern = '*') {
    return (await this.command('KEYS', pattern)).sort();
  }

  /** The end of the server's log. */
  log() {
    return this.output.slice(-LOG_TAIL_CHARACTERS);
  }

  async launch() {
    const file = writeConfiguration(this);
    const mode = this.options.isSentinel ? ['--sentinel'] : [];
    const child = spawn(redisServer(), [file, ...mode, ...(this.options.args ?? [])], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.options.env },
    });
    this.child = child;
    this.exited = once(child, 'exit').catch(() => {});
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        this.output += chunk;
      });
    }
    if (child.pid) this.letGo = watchOver(child.pid, this.folder);
    const ready = async () => {
      if (child.exitCode !== null || child.signalCode !== null) return 'ended';
      return (await this.command('PING')) === 'PONG' && 'ready';
    };
    let state;
    try {
      state = await until(ready, { timeoutMs: START_TIMEOUT_MS, what: 'redis-server to answer PING' });
    } catch (error) {
      error.message += ` It logged:\n${this.log()}`;
      throw error;
    }
    if (state === 'ended') throw new Error(`redis-server ended while it started. It logged:\n${this.log()}`);
  }

  /** Whether it runs and is not paused: a paused server does not answer. */
  get isUp() {
    return this.child !== null && !this.isPaused;
  }

  pause() {
    process.kill(this.pid, 'SIGSTOP');
    this.isPaused = true;
  }

  resume() {
    process.kill(this.pid, 'SIGCONT');
    this.isPaused = false;
  }

  /** Ends the server at once, as a crash would; the port stays reserved for `restart`. */
  async kill() {
    await this.#end('SIGKILL');
  }

  /** Starts the server again on the same port, empty; ends it first if it runs. */
  async restart() {
    await this.kill();
    await this.launch();
  }

  async stop() {
    await this.#end('SIGTERM');
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  async #end(signal) {
    this.client.close();
    const child = this.child;
    if (!child) return;
    this.child = null;
    this.isPaused = false;
    if (child.exitCode === null && child.signalCode === null && child.pid) {
      // A paused server must not work on before it is killed.
      if (signal !== 'SIGKILL') child.kill('SIGCONT');
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await this.exited;
      clearTimeout(timer);
    }
    this.letGo?.();
  }
}

/**
 * Starts a real redis-server on a free loopback port, in a folder of its own, without
 * persistence, and ends it after the last test of the file.
 *
 * Options: `password` of the default user, `users` (lines as in an ACL file), `tls` (true: a
 * TLS port only, certificate in `server.tls`; or `{ certificate, asksForCertificate }`: another
 * certificate, and whether clients must show one), `unixSocket` (true: also `server.unixPath`),
 * `databases`, `isSentinel` (true: a sentinel), `configuration` (further lines of it), `args` (of the command line), `env` (further variables), `port` (instead of a free one),
 * `choosePort` (instead of any free one).
 */
async function startRedis({ choosePort = closedPort, ...options } = {}) {
  for (let attempt = 1; ; attempt += 1) {
    const server = new RedisServer(options, options.port ?? (await choosePort()));
    try {
      await server.launch();
      onEnd(() => server.stop());
      return server;
    } catch (error) {
      const lostRace = /Address already in use/.test(server.output);
      await server.stop();
      if (!lostRace || options.port || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

/**
 * The server of a test file, or of a `describe`: starts it before their tests, with `startRedis`, and answers it at once, for use
 * in hooks and tests. Options: those of `startRedis`, and `flushBeforeEach` (true: it holds no keys when a test begins).
 */
function withRedis({ flushBeforeEach = false, ...options } = {}) {
  let server;
  beforeAll(async () => {
    server = await startRedis(options);
  });
  if (flushBeforeEach) beforeEach(() => server.command('FLUSHALL'));
  // Not frozen, an assignment to the answer would be lost without a word.
  return new Proxy(Object.freeze({}), {
    get(_nothing, name) {
      if (!server)
        throw new Error(`The server has no ${String(name)} yet: hooks and tests alone can use it.`);
      const value = server[name];
      return typeof value === 'function' ? value.bind(server) : value;
    },
  });
}

module.exports = { startRedis, withRedis };
