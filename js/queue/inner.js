'use strict';

const { OrgCacheError } = require('../errors.js');

/**
 * What other entries of the package ask of a queue beside its methods. The symbol is the same in all copies of this file, since a
 * bundler may make several.
 */
const INNER = Symbol.for('orgcache.queue.inner');

/** @typedef {InstanceType<typeof import('./room.js').Room>} Room */

/**
 * The room of a queue, or of a queue that is bound to an organization.
 * @param {unknown} queue
 * @returns {Room}
 */
function innerOf(queue) {
  const room = /** @type {Record<symbol, Room> | null | undefined} */ (queue)?.[INNER];
  if (room !== undefined) return room;
  throw new OrgCacheError('E_ARGUMENT', 'the queue must be one of createQueue(), or of its org()');
}

module.exports = { INNER, innerOf };
