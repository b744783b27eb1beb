'use strict';

const { topic } = require('./given.js');
const { Tally } = require('./tally.js');
const { Topics } = require('./topics.js');

/** @import { createTopics } from '../../index.js' */

/**
 * Answers the `createTopics` of an instance.
 * @param {import('../surface.js').Foundation} foundation
 * @returns {typeof createTopics}
 */
function topicsOf({ bridge, hub, metrics }) {
  const tally = new Tally();
  metrics.add(tally.families);
  const create = (/** @type {any} */ options) => new Topics(options, { bridge, hub, tally });
  // The types know the shape of messages, which JavaScript does not have.
  return /** @type {typeof createTopics} */ (/** @type {unknown} */ (create));
}

module.exports = { topic, topicsOf };
