'use strict';

const { Limiter } = require('./limiter.js');
const { readyPolicies } = require('./ready-policies.js');

/** @import { RedisClient, createLimiter } from '../../index.js' */

const SILENT = ['off', 'error'];

/**
 * Answers the `createLimiter` of an instance. `client` asks the server once whether it may evict what limiters keep.
 * @param {import('../surface.js').Foundation} foundation
 * @returns {typeof createLimiter}
 */
function limitersOf({ bridge, context, events, client }) {
  let isUsed = false;
  const warn = (/** @type {string} */ message) => {
    if (!SILENT.includes(bridge.config().logLevel)) events.log('warn', message);
  };
  /** @type {Set<string>} */
  const warned = new Set();
  const warnOnce = (/** @type {string} */ message) => {
    if (warned.has(message)) return;
    warned.add(message);
    warn(message);
  };
  const onFirstUse = () => {
    if (isUsed || bridge.isEmbedded) return;
    isUsed = true;
    context.run(warnOfEviction, client(), warn);
  };
  const create = (/** @type {any} */ options) =>
    new Limiter(options, { bridge, context, warn: warnOnce, onFirstUse });
  // The types infer the names of policies, which JavaScript does not have.
  return /** @type {typeof createLimiter} */ (/** @type {unknown} */ (create));
}

/**
 * If the server is away or refuses INFO, nothing is said here; `npx orgcache doctor` asks again.
 * @param {RedisClient} client
 * @param {(message: string) => void} warn
 */
async function warnOfEviction(client, warn) {
  let info;
  try {
    info = await client.info('memory');
  } catch {
    return;
  }
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction';
  const isBounded = Number(/^maxmemory:(\d+)/m.exec(info)?.[1] ?? 0) > 0;
  if (!isBounded || policy === 'noeviction') return;
  warn(
    `the server's maxmemory-policy is ${policy}: when its memory is full it forgets limits, which then begin anew; ` +
      'limits that must hold need a server with noeviction',
  );
}

module.exports = { limitersOf, readyPolicies };
