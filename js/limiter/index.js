'use strict';

const { warnOfEviction } = require('../eviction.js');
const { Limiter } = require('./limiter.js');
const { readyPolicies } = require('./ready-policies.js');

/** @import { createLimiter } from '../../index.js' */

const SILENT = ['off', 'error'];

/**
 * Answers the `createLimiter` of an instance. `client` asks the server once whether it may evict what limiters keep.
 * @param {import('../surface.js').Foundation} foundation
 * @returns {typeof createLimiter}
 */
function limitersOf({ bridge, context, events, client, hub }) {
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
    context.run(warnOfEviction, client(), warn, SENTENCE);
  };
  const create = (/** @type {any} */ options) =>
    new Limiter(options, { bridge, context, hub, warn: warnOnce, onFirstUse });
  // The types infer the names of policies, which JavaScript does not have.
  return /** @type {typeof createLimiter} */ (/** @type {unknown} */ (create));
}

/** @param {string} policy */
const SENTENCE = (policy) =>
  `the server's maxmemory-policy is ${policy}: when its memory is full it forgets limits, which then begin anew; ` +
  'limits that must hold need a server with noeviction';

module.exports = { limitersOf, readyPolicies };
