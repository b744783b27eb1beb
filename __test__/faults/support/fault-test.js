'use strict';

const fs = require('node:fs');
const { setTimeout: delay } = require('node:timers/promises');
const { openPackage } = require('../../support/package');
const { startRedis } = require('../../support/redis');
const { until } = require('../../support/wait');
const { Load } = require('./load');
const { startProxy } = require('./proxy');

/** The long form runs the full table of faults; the short one runs it with smaller numbers. */
const IS_FULL = process.env.ORGCACHE_FAULTS === 'full';
const COMMAND_TIMEOUT_MS = 1000;
/** From the end of a fault until Redis has everything: two waits between attempts to connect, and the replay. */
const RECOVERY_BOUND_MS = 6000;
/** The load runs for so long before a fault and after the recovery. */
const BASELINE_MS = 300;
/** Sockets that were closed a moment ago, and files that the runtime itself opens. */
const SPARE_DESCRIPTORS = 2;
/** Options with which acknowledged writes survive the server. */
const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** `short` or `full`, by the form that runs. */
function sized({ short, full }) {
  return IS_FULL ? full : short;
}

/** Drivers for rows that matter for both. */
const DRIVERS = sized({ short: ['auto'], full: ['loop', 'thread'] });

/** Names of counters in the statistics. */
function stateOf({ redisManager, cacheManager }) {
  const { redis } = cacheManager.getStats();
  return {
    state: redis.state,
    lastError: redis.lastError,
    journalEntries: redis.journal?.entries ?? 0,
    journalBytes: redis.journal?.bytes ?? 0,
    connectionAttempts: redis.connectionAttempts,
    reconnects: redis.reconnects ?? 0,
    journaled: redis.journaled ?? 0,
    replayed: redis.replayed ?? 0,
    isConnected: redisManager.isConnected,
  };
}

function openDescriptors() {
  // Without that folder the other checks must do.
  return fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0;
}

/**
 * A server with persistence, an instance of the package on it, and a load on that instance.
 *
 * `server`: options of `startRedis`; `topology`: instead of one server, `{ options, connections }`, where the package finds
 * servers that run already, and how many connections one instance needs; `isProxied`: the instance reaches the server through a proxy;
 * `user`: as whom the instance logs in, `{ name, password }`; `options`: of the package; `load`: of the load; `open`: how instances are made.
 */
async function prepare({
  server = {},
  topology,
  isProxied = false,
  user,
  options = {},
  load = {},
  open = openPackage,
}) {
  const redis = topology ? null : await startRedis({ ...server, args: [...DURABLE, ...(server.args ?? [])] });
  const proxy = isProxied ? await startProxy(redis) : null;
  const settings = {
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: COMMAND_TIMEOUT_MS,
    logLevel: 'off',
    ...options,
  };
  const reached = topology?.options ?? { url: urlOf({ redis, proxy, user }) };
  const directly = topology?.options ?? { url: redis.url };
  const orgcache = open({ ...reached, ...settings });
  const events = [];
  for (const event of ['ready', 'degraded', 'recovered', 'closed']) {
    orgcache.cacheAdapter.on(event, () => events.push({ event, at: performance.now() }));
  }
  const running = new Load(orgcache, { commandTimeout: settings.commandTimeout, ...load });
  return {
    redis,
    proxy,
    orgcache,
    events,
    load: running,
    openAnother: () => open({ ...directly, ...settings }),
    connections: topology?.connections ?? 1,
    settings,
    state: () => stateOf(orgcache),
  };
}

function urlOf({ redis, proxy, user }) {
  const url = new URL(redis.url);
  if (user) Object.assign(url, { username: user.name, password: user.password });
  if (proxy) url.port = proxy.port;
  return url.href.replace(/\/$/, '');
}

/** Ready, and nothing left to replay. */
function hasRecovered({ state, journalEntries }) {
  return state === 'ready' && journalEntries === 0;
}

/**
 * Runs the load, applies the fault, keeps it up for `faultMs`, heals it, waits until everything is back, and
 * verifies every key through an instance of its own; everything is ended then. Prints one line of figures and answers
 * `{ figures, problems }`; a fault that was survived as promised has no problems.
 *
 * `fault(bench)` and `heal(bench)` cause and end the fault. `during(bench)` checks while it lasts.
 * `recoveryMs` is the bound for the recovery; with `isIdle` the load rests while the fault lasts. The other options are those of `prepare`.
 */
async function underFault({ name, ...options }) {
  const bench = await prepare(options);
  try {
    const result = await observe(bench, options);
    print(name, options.options?.driver ?? 'auto', result.figures);
    return result;
  } finally {
    await end(bench);
  }
}

async function observe(bench, { fault, heal, during, faultMs = 1500, recoveryMs, isIdle }) {
  const { load, proxy } = bench;
  load.start();
  await until(() => hasRecovered(bench.state()), { what: 'the first connection' });
  await delay(BASELINE_MS);
  const descriptors = openDescriptors();
  await proxy?.forgetCounts();
  if (isIdle) await load.pause();
  const before = bench.state();

  const faultAt = performance.now();
  await fault(bench);
  await during?.(bench);
  await delay(Math.max(0, faultAt + faultMs - performance.now()));
  await heal(bench);
  if (isIdle) load.start();
  const problems = [];
  const recoveredMs = await recovery(bench, { recoveryMs, problems });
  await delay(BASELINE_MS);
  const figures = await load.stop();
  // Effects of the load's last calls may still be in flight.
  await recovery(bench, { recoveryMs, problems });
  await load.verify(bench.openAnother());

  const detected = bench.events.find(({ event, at }) => event === 'degraded' && at >= faultAt);
  const after = bench.state();
  Object.assign(figures, {
    detectedMs: detected && detected.at - faultAt,
    recoveredMs,
    reconnects: after.reconnects - before.reconnects,
    connections: after.connectionAttempts - before.connectionAttempts,
    proxy: proxy && (await proxy.counts()),
    state: after,
  });
  problems.push(...problemsOf(figures));
  await handlesAreBack(descriptors + bench.connections, problems);
  return { figures, problems };
}

/** Also after an exception: a running load would keep the test process alive. */
async function end({ load, orgcache, proxy, redis }) {
  const stopped = load.pause();
  await proxy?.stop();
  await redis?.stop();
  await stopped;
  await orgcache.shutdown();
}

async function recovery(bench, { recoveryMs = RECOVERY_BOUND_MS, problems }) {
  const healedAt = performance.now();
  try {
    await until(() => hasRecovered(bench.state()), { timeoutMs: recoveryMs, what: 'the recovery' });
  } catch {
    problems.push(`It had not recovered after ${recoveryMs} ms: ${JSON.stringify(bench.state())}.`);
  }
  return performance.now() - healedAt;
}

/** Forbidden leftovers of a fault, as sentences. */
function problemsOf(figures) {
  const problems = [];
  const told = (examples) => JSON.stringify(examples);
  if (figures.late > 0)
    problems.push(`${figures.late} calls settled late, e.g. ${told(figures.lateExamples)}.`);
  if (figures.wrong > 0)
    problems.push(`${figures.wrong} calls were answered wrongly, e.g. ${told(figures.wrongExamples)}.`);
  if (figures.lost > 0)
    problems.push(`${figures.lost} keys lost their value, e.g. ${told(figures.lostExamples)}.`);
  if (figures.underWay > 0) problems.push(`${figures.underWay} calls never settled.`);
  if (figures.verified === 0 || figures.acknowledged === 0) problems.push('The load did nothing.');
  return problems;
}

async function handlesAreBack(before, problems) {
  // The instance that verified has connections of its own.
  const allowed = before + SPARE_DESCRIPTORS;
  try {
    await until(() => openDescriptors() <= allowed, { what: 'the descriptors' });
  } catch {
    problems.push(`${openDescriptors()} descriptors are open, ${before} are accounted for.`);
  }
}

function print(name, driver, figures) {
  const ms = (value) => (value === undefined ? 'never' : `${Math.round(value)} ms`);
  const { longestMs, detectedMs, recoveredMs, acknowledged, lost, late, wrong, rejected } = figures;
  const parts = [
    `longest call ${ms(longestMs)}`,
    `detected ${ms(detectedMs)}`,
    `recovered ${ms(recoveredMs)}`,
    `${acknowledged} of ${acknowledged + figures.notAcknowledged} writes acknowledged, ${figures.refused} refused`,
    `lost ${lost}, late ${late}, wrong ${wrong}`,
    `reconnects ${figures.reconnects}, attempts ${figures.connections}`,
  ];
  if (figures.proxy) parts.push(`most connections a second ${figures.proxy.busiestSecond}`);
  const codes = Object.entries(rejected).map(([code, count]) => `${code} ${count}`);
  if (codes.length > 0) parts.push(`raw commands rejected: ${codes.join(', ')}`);
  // Console.log would add its place in this file to each line.
  process.stdout.write(`fault: ${name} (${driver}): ${parts.join('; ')}\n`);
}

module.exports = { underFault, prepare, sized, DRIVERS, IS_FULL, hasRecovered, problemsOf, openDescriptors };
