'use strict';

const { OrgCacheError } = require('../errors.js');

/** @typedef {(job: any, context: { readonly signal: AbortSignal }) => unknown} Handler */

/**
 * The property with a function that finds the handler of a type. A room of this package has it in place of handlers where more
 * of them may come while the worker runs. A job of a type that has none is left to other workers. A registered symbol, as a
 * process may have several copies of this file.
 */
const FIND = Symbol.for('orgcache.queue.find');

/**
 * Finds the handler of a type, and names the types that have one; null where one function has all of them.
 * @typedef {{ of: (type: string) => Handler | undefined, types: string[] | null }} Handlers
 */

/**
 * @param {unknown} given One function for every type, or an object with a function for each.
 * @returns {Handlers}
 */
function handlersOf(given) {
  if (typeof given === 'function') return { of: () => /** @type {Handler} */ (given), types: null };
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OrgCacheError(
      'E_CONFIG',
      'createWorker() takes a function, or an object with a function for each type of job',
    );
  }
  const find = /** @type {any} */ (given)[FIND];
  if (typeof find === 'function') return { of: find, types: null };
  /** @type {Map<string, Handler>} */
  const byType = new Map();
  for (const [type, handler] of Object.entries(given)) {
    if (typeof handler !== 'function') {
      throw new OrgCacheError('E_CONFIG', 'each type of job must have a function as its handler');
    }
    byType.set(type, (job, context) => handler.call(given, job, context));
  }
  if (byType.size === 0) {
    throw new OrgCacheError('E_CONFIG', 'a worker needs a handler: createWorker(name, { [type]: function })');
  }
  return { of: (type) => byType.get(type), types: [...byType.keys()] };
}

module.exports = { FIND, handlersOf };
