'use strict';

const { warnOfEviction } = require('../eviction.js');
const { topic } = require('./given.js');
const { Tally } = require('./tally.js');
const { Topics } = require('./topics.js');

/** @import { createTopics } from '../../index.js' */

const SILENT = ['off', 'error'];

/**
 * Answers the `createTopics` of an instance.
 * @param {import('../surface.js').Foundation} foundation
 * @returns {typeof createTopics}
 */
function topicsOf({ bridge, client, context, events, hub, metrics }) {
  let isUsed = false;
  const warn = (/** @type {string} */ message) => {
    if (!SILENT.includes(bridge.config().logLevel)) events.log('warn', message);
  };
  const onFirstKept = () => {
    if (isUsed || bridge.isEmbedded) return;
    isUsed = true;
    context.run(warnOfEviction, client(), warn, SENTENCE);
  };
  const tally = new Tally();
  metrics.add(tally.families);
  const create = (/** @type {any} */ options) => new Topics(options, { bridge, hub, tally, onFirstKept });
  // The types know the shape of messages, which JavaScript does not have.
  return /** @type {typeof createTopics} */ (/** @type {unknown} */ (create));
}

/** @param {string} policy */
const SENTENCE = (policy) =>
  `the server's maxmemory-policy is ${policy}: when its memory is full, messages that topics keep go before their time; ` +
  'readers are told so, and a server with noeviction keeps them';

module.exports = { topic, topicsOf };
