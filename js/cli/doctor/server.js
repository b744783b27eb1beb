'use strict';

const { fail, inTime, ok, warn } = require('./findings.js');
const { milliseconds } = require('./network.js');
const { sentenceOf } = require('../../errors.js');
const { epochMs, now } = require('../../time.js');

/**
 * @import { RedisClient } from '../../../index.js'
 * @import { Address, Target } from '../configuration.js'
 * @import { Failure } from './findings.js'
 * @typedef {Record<string, string>} Info the fields of INFO
 */

/** The oldest version that the package is tested with. */
const OLDEST_VERSION = [6, 2];
const PINGS = 50;
/** A cache with a higher latency deserves attention. */
const SLOW_MS = 10;
/** Lifetimes and index entries depend on the clocks of both sides. */
const CLOCK_TOLERANCE_MS = 1000;

/**
 * Checks the login. If it fails, no other question can be asked.
 * @param {RedisClient} client
 * @param {Target} target
 */
async function checkLogin(client, { hasPassword, hosts, topology }) {
  try {
    await inTime(client.ping());
  } catch (error) {
    return fail('auth', `the login failed: ${sentenceOf(error)}`, loginFix(codeOf(error), topology));
  }
  const user = await inTime(client.call('ACL', 'WHOAMI')).catch(() => undefined);
  const who = user === undefined ? 'this user' : `user ${user}`;
  if (hasPassword || hosts.every(isLocal)) return ok('auth', `logged in as ${who}`);
  const fix = 'give the users of the server passwords, and set REDIS_PASSWORD';
  return warn(
    'auth',
    `logged in as ${who} without a password, so anyone who reaches the server can log in`,
    fix,
  );
}

/**
 * The code of the server's error, else of this package's error.
 * @param {unknown} error
 */
function codeOf(error) {
  const { redisCode, code } = /** @type {Failure} */ (error);
  return redisCode ?? code;
}

/** @param {Address} address */
function isLocal({ host, path }) {
  return path !== undefined || host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/**
 * @param {string} code
 * @param {Target['topology']} topology
 */
function loginFix(code, topology) {
  switch (code) {
    case 'ERR':
      if (topology !== 'cluster') return 'see the sentence of the server';
      return 'name nodes of a cluster in REDIS_CLUSTER_HOSTS; for one server set REDIS_URL or REDIS_HOST instead';
    case 'WRONGPASS':
      return 'correct REDIS_USERNAME and REDIS_PASSWORD, or the login in REDIS_URL';
    case 'NOAUTH':
      return 'the server asks for a password: set REDIS_PASSWORD, or put it into REDIS_URL';
    case 'NOPERM':
      return 'grant the user at least +@connection +info +@read +@write +@scripting +@transaction';
    default:
      return 'see the checks above; a port that speaks TLS needs rediss:// or REDIS_TLS=true';
  }
}

/**
 * Checks version, role, memory and persistence with one INFO.
 * @param {RedisClient} client
 * @param {Target} target
 */
async function checkServer(client, { topology }) {
  let info;
  try {
    info = fieldsOf(String(await inTime(client.info())));
  } catch (error) {
    return [warn('server', `INFO is refused: ${codeOf(error)}`, 'grant the user +info to check more')];
  }
  return [
    checkVersion(info),
    checkRole(info, topology),
    checkMemory(info),
    await checkPersistence(info, client),
  ];
}

/**
 * @param {string} info
 * @returns {Info}
 */
function fieldsOf(info) {
  return Object.fromEntries(info.split('\r\n').map((line) => line.split(/:(.*)/s, 2)));
}

/** @param {Info} info */
function checkVersion(info) {
  const name = info.server_name ?? (info.valkey_version === undefined ? 'redis' : 'valkey');
  const version = info.valkey_version ?? info.redis_version;
  const [major, minor] = version.split('.').map(Number);
  const isOld = major < OLDEST_VERSION[0] || (major === OLDEST_VERSION[0] && minor < OLDEST_VERSION[1]);
  if (!isOld) return ok('version', `${name} ${version}`);
  const fix = `update to ${OLDEST_VERSION.join('.')} or newer`;
  return warn('version', `${name} ${version} is older than what this package is tested with`, fix);
}

/**
 * @param {Info} info
 * @param {Target['topology']} topology
 */
function checkRole(info, topology) {
  // Redis uses the first name, Valkey the second.
  const mode = info.redis_mode ?? info.server_mode;
  if (mode === 'sentinel') {
    return fail('role', 'this is a sentinel, which holds no data', 'name it in REDIS_SENTINEL_HOSTS instead');
  }
  if (mode === 'cluster' && topology !== 'cluster') {
    return fail(
      'role',
      'this is a node of a cluster, which holds a part of the keys',
      'set REDIS_CLUSTER_HOSTS',
    );
  }
  if (info.role === 'master') return ok('role', `primary with ${info.connected_slaves} connected replicas`);
  const link = info.master_link_status === 'up' ? 'connected to its primary' : 'cut off from its primary';
  return fail(
    'role',
    `a replica, ${link}, which takes no writes`,
    'connect to the primary, or through sentinels',
  );
}

/** @param {Info} info */
function checkMemory(info) {
  const { maxmemory, maxmemory_policy: policy, used_memory_human: used } = info;
  const isBounded = Number(maxmemory) > 0;
  const shown = `${used} used of ${isBounded ? info.maxmemory_human : 'no limit'}, policy ${policy}`;
  if (!isBounded) {
    const fix = 'set maxmemory, and maxmemory-policy volatile-lru';
    return warn('memory', `${shown}: the server grows until the system ends it`, fix);
  }
  if (policy === 'noeviction') {
    return warn(
      'memory',
      `${shown}: writes fail with OOM when it is full`,
      'set maxmemory-policy volatile-lru',
    );
  }
  return ok('memory', `${shown}: ${evictionOf(policy)}`);
}

/** @param {string} policy */
function evictionOf(policy) {
  return policy.startsWith('allkeys-')
    ? 'any key may go when it is full, those without a lifetime, rate limits, sessions and messages of topics too'
    : 'keys with a lifetime go when it is full, rate limits, sessions and messages of topics among them';
}

/**
 * @param {Info} info
 * @param {RedisClient} client
 */
async function checkPersistence(info, client) {
  const isAppending = info.aof_enabled === '1';
  const rules = await snapshotRules(client);
  const shown = persistenceOf(isAppending, rules);
  if (isAppending && info.aof_last_write_status === 'err') {
    return fail(
      'persistence',
      `${shown}; the last write of the append-only file failed`,
      'see disk and server log',
    );
  }
  if (info.rdb_last_bgsave_status === 'err') {
    const consequence = 'the server may refuse writes (MISCONF)';
    return warn(
      'persistence',
      `${shown}; the last snapshot failed, so ${consequence}`,
      'see disk and server log',
    );
  }
  const isKept = isAppending || Boolean(rules);
  if (isKept && info.maxmemory_policy.startsWith('allkeys-') && Number(info.maxmemory) > 0) {
    const fix = 'use volatile-lru, or a server of its own for queues and streams';
    return warn(
      'persistence',
      `${shown}, but the policy ${info.maxmemory_policy} evicts what is meant to stay`,
      fix,
    );
  }
  return ok('persistence', shown);
}

/**
 * The rules of snapshots. `''` if there are none, undefined if the user may not ask.
 * @param {RedisClient} client
 * @returns {Promise<string | undefined>}
 */
async function snapshotRules(client) {
  const reply = await inTime(client.call('CONFIG', 'GET', 'save')).catch(() => undefined);
  // RESP2 answers with a list, RESP3 with a map.
  const found = /** @type {string[] | { save?: string } | undefined} */ (reply);
  return Array.isArray(found) ? found[1] : found?.save;
}

/**
 * @param {boolean} isAppending
 * @param {string | undefined} rules
 */
function persistenceOf(isAppending, rules) {
  if (isAppending) return 'an append-only file keeps every write, so a restart loses a second or so';
  if (rules === undefined) return 'no append-only file; whether snapshots are made may not be asked (CONFIG)';
  if (rules === '') return 'nothing is written to disk, so a restart begins empty, which a cache survives';
  return `snapshots by the rules "${rules}" and no append-only file, so a restart loses what came since the last`;
}

/** @param {RedisClient} client */
async function checkLatency(client) {
  /** @type {number[]} */
  const times = [];
  try {
    await inTime(
      (async () => {
        for (let i = 0; i < PINGS; i++) {
          const start = now();
          await client.ping();
          times.push(now() - start);
        }
      })(),
    );
  } catch (error) {
    const { code } = /** @type {Failure} */ (error);
    return fail(
      'latency',
      `${times.length} of ${PINGS} PINGs were answered: ${code}`,
      'see load and network',
    );
  }
  times.sort((a, b) => a - b);
  const [p50, p99] = [0.5, 0.99].map((share) => times[Math.ceil(share * times.length) - 1]);
  const shown = `${PINGS} PINGs: p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}`;
  return p50 > SLOW_MS
    ? warn('latency', shown, 'run the server nearer, or see SLOWLOG and LATENCY DOCTOR')
    : ok('latency', shown);
}

/** @param {RedisClient} client */
async function checkClock(client) {
  try {
    const before = epochMs();
    const time = await inTime(client.call('TIME'));
    const [seconds, microseconds] = /** @type {string[]} */ (time);
    const here = (before + epochMs()) / 2;
    const aheadMs = Math.round(Number(seconds) * 1000 + Number(microseconds) / 1000 - here);
    const shown = `the clock of the server is ${Math.abs(aheadMs)} ms ${aheadMs < 0 ? 'behind' : 'ahead'}`;
    return Math.abs(aheadMs) > CLOCK_TOLERANCE_MS
      ? warn('clock', shown, 'synchronize both machines, for example with NTP')
      : ok('clock', shown);
  } catch (error) {
    return warn('clock', `TIME is refused: ${codeOf(error)}`, 'grant the user +time to compare');
  }
}

module.exports = { checkClock, checkLatency, checkLogin, checkServer };
