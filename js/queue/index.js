'use strict';

const { JobEraser } = require('./erasing.js');
const { Hub } = require('./hub.js');
const { createQueue } = require('./queue.js');
const { checkText } = require('./given.js');
const { DelayedError, RateLimitError, UnrecoverableError } = require('./outcome-errors.js');
const { Worker } = require('./worker.js');

/** @import { OrgCache } from '../../index.js' */

/** @typedef {Pick<OrgCache, 'createQueue' | 'createWorker' | 'DelayedError' | 'RateLimitError' | 'UnrecoverableError'>} Names */

/**
 * Answers the names of an instance that concern queues.
 * @param {import('../surface.js').Foundation} foundation
 * @returns {Names}
 */
function queuesOf({ bridge, client, context, environment, endings, erasers }) {
  const hub = new Hub(bridge, context);
  const requiresOrganization = () => bridge.requiresOrganization;
  const parts = {
    hub,
    requiresOrganization,
    /** @type {Set<string>} */
    names: new Set(),
    variable: (/** @type {string} */ name) => environment.look(name),
  };
  endings.add(hub);
  erasers.add(new JobEraser({ bridge, client }, parts));
  /** @type {unknown} */
  const names = {
    createQueue: (/** @type {unknown} */ name, /** @type {unknown} */ options) =>
      createQueue(name, options, parts),
    createWorker: (
      /** @type {unknown} */ name,
      /** @type {unknown} */ handlers,
      /** @type {unknown} */ options,
    ) => new Worker(checkText(name, 'the name of a queue'), handlers, options, parts),
    DelayedError,
    RateLimitError,
    UnrecoverableError,
  };
  // The types infer data and results, which JavaScript does not know.
  return /** @type {Names} */ (names);
}

module.exports = { queuesOf };
