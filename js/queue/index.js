'use strict';

const { JobEraser } = require('./erasing.js');
const { Hub } = require('./hub.js');
const { queueSource } = require('./numbers.js');
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
function queuesOf({ bridge, client, context, environment, endings, erasers, metrics }) {
  const hub = new Hub(bridge, context);
  const requiresOrganization = () => bridge.requiresOrganization;
  const parts = {
    hub,
    requiresOrganization,
    /** @type {Set<string>} */
    names: new Set(),
    redis: client,
    variable: (/** @type {string} */ name) => environment.look(name),
  };
  endings.add(hub);
  erasers.add(new JobEraser({ bridge, client }, parts));
  /** @type {Map<string, any>} */
  const asked = new Map();
  const ask = async (/** @type {string} */ name) => {
    if (bridge.isClosed) return undefined;
    const queue = asked.get(name) ?? createQueue(name, {}, parts);
    asked.set(name, queue);
    return queue.stats().catch(() => undefined);
  };
  metrics.add(queueSource(() => parts.names, ask));
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
