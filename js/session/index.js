'use strict';

const { warnOfEviction } = require('../eviction.js');
const { Sessions } = require('./sessions.js');

/** @import { createSessions } from '../../index.js' */

const SILENT = ['off', 'error'];

/**
 * Answers the `createSessions` of an instance.
 * @param {import('../surface.js').Foundation} foundation
 * @returns {typeof createSessions}
 */
function sessionsOf({ bridge, context, events, client, hub }) {
  let isUsed = false;
  /** @type {Set<string>} */
  const warned = new Set();
  const warn = (/** @type {string} */ message) => {
    if (warned.has(message) || SILENT.includes(bridge.config().logLevel)) return;
    warned.add(message);
    events.log('warn', message);
  };
  const onFirstUse = () => {
    if (isUsed || bridge.isEmbedded) return;
    isUsed = true;
    context.run(warnOfEviction, client(), warn, SENTENCE);
  };
  const create = (/** @type {any} */ options) =>
    new Sessions(options, { bridge, context, hub, warn, onFirstUse });
  // The types know the shape of data, which JavaScript does not have.
  return /** @type {typeof createSessions} */ (/** @type {unknown} */ (create));
}

/** @param {string} policy */
const SENTENCE = (policy) =>
  `the server's maxmemory-policy is ${policy}: when its memory is full it ends sessions at random; sessions that must ` +
  'last need a server with noeviction';

module.exports = { sessionsOf };
