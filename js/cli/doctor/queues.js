'use strict';

const { sentenceOf } = require('../../errors.js');
const { keysOf, namesOfQueues } = require('../queues.js');
const { inTime, ok, warn } = require('./findings.js');

/**
 * @import { OpenStore } from '../store.js'
 * @import { Finding } from './findings.js'
 * @typedef {{ maxmemory?: string, maxmemory_policy?: string, aof_enabled?: string }} Info
 */

/** As many queues are looked at. */
const MOST = 100;
const MOST_LEASES = 10_000;
const MOST_ORGANIZATIONS = 1000;
/** A worker sweeps once a second, by the server's clock. */
const LATE_MS = 5000;

/**
 * Checks whether the server keeps jobs, and whether each queue is well. Says nothing where there is no queue.
 * @param {OpenStore} store
 * @returns {Promise<Finding[]>}
 */
async function checkQueues(store) {
  try {
    const names = await inTime(namesOfQueues(store));
    if (names.length === 0) return [];
    const info = infoOf(String(await inTime(store.client.call('INFO'))));
    const [seconds] = /** @type {string[]} */ (await inTime(store.client.call('TIME')));
    const problems = [];
    for (const name of names.slice(0, MOST)) {
      problems.push(...(await inTime(problemsOf(store, name, Number(seconds) * 1000))));
    }
    const shown = `${names.length} under the prefix ${store.roomPrefix || '(none)'}`;
    return [keptOf(info, shown), ...problems];
  } catch (error) {
    const fix = 'give the user the rights of a reader: docs/queue-events.md lists them';
    return [warn('queues', `they cannot be looked at: ${sentenceOf(error)}`, fix)];
  }
}

/** @param {string} text */
function infoOf(text) {
  const pairs = [...text.matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, name, value]) => [name, value]);
  return /** @type {Info} */ (Object.fromEntries(pairs));
}

/**
 * @param {Info} info
 * @param {string} shown
 */
function keptOf({ maxmemory, maxmemory_policy: policy = 'unknown', aof_enabled: aof }, shown) {
  if (policy.startsWith('allkeys') && Number(maxmemory) > 0) {
    return warn(
      'queues',
      `${shown}; ${policy} drops jobs when the memory is full`,
      'set maxmemory-policy noeviction',
    );
  }
  if (aof === '1') return ok('queues', `${shown}; an append-only file keeps their jobs`);
  const fix = 'set appendonly yes, or accept that';
  return warn('queues', `${shown}; without an append-only file a restart of the server loses jobs`, fix);
}

/**
 * @param {OpenStore} store
 * @param {string} name
 * @param {number} nowMs By the clock of the server.
 */
async function problemsOf(store, name, nowMs) {
  const { client } = store;
  const start = keysOf(store, name);
  const [stats, sweep, leases] = await Promise.all([
    store.createQueue(name).stats(),
    client.call('HGET', `${start}meta`, 'sweep'),
    client.call('ZRANGE', `${start}lease`, 0, MOST_LEASES - 1, 'WITHSCORES'),
  ]);
  const held = /** @type {string[]} */ (leases).flat();
  const ends = held.filter((_word, index) => index % 2 === 1).map(Number);
  const active = new Set(
    held.filter((_word, index) => index % 2 === 0).map((member) => member.split(':')[0]),
  );
  const problems = [];
  const isDue = stats.oldest.delayed !== null && stats.oldest.delayed.getTime() < nowMs - LATE_MS;
  if (stats.workers === 0 && (stats.ready > 0 || isDue)) {
    problems.push(
      warn('queue', `${name} has jobs that wait, and no worker`, 'start one with createWorker()'),
    );
  }
  const late = ends.filter((end) => end < nowMs - LATE_MS).length;
  if (late > 0) {
    const message = `${name} has ${late} jobs whose lease has ended, and no worker takes them back`;
    problems.push(warn('queue', message, 'start a worker of this queue'));
  }
  if (Number(sweep ?? 0) > nowMs + LATE_MS) {
    problems.push(
      warn('clock', `the clock of the server has gone back since ${name} was swept`, 'see NTP there'),
    );
  }
  const stray = await strayOf(store, start, active);
  if (stray > 0) {
    const message = `${name} counts ${stray} jobs of organizations as active that no lease bears out`;
    problems.push(warn('queue', message, 'a worker mends it within minutes; else report it'));
  }
  return problems;
}

/**
 * Jobs that count against the limit of an organization and have no lease.
 * @param {OpenStore} store
 * @param {string} start
 * @param {Set<string>} active
 */
async function strayOf({ client }, start, active) {
  if (active.size === MOST_LEASES) return 0;
  const fields = /** @type {string[]} */ (await client.call('HKEYS', `${start}orgs`));
  const organizations = fields.filter((field) => !field.startsWith(':')).slice(0, MOST_ORGANIZATIONS);
  const busy = await Promise.all(
    organizations.map((name) => client.call('SMEMBERS', `${start}busy:${name}`)),
  );
  const ids = busy.flatMap((reply) => [.../** @type {Iterable<string>} */ (reply)]);
  return ids.filter((id) => !active.has(id)).length;
}

module.exports = { checkQueues };
