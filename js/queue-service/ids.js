'use strict';

const { createHash } = require('node:crypto');
const { toJson } = require('../cache-calls.js');

/**
 * The id of a job as callers know it: its type, and behind the last colon its queue and its id there.
 * @param {string} queue
 * @param {string} type
 * @param {string} id
 */
function serviceId(queue, type, id) {
  return `${type}:${Buffer.from(queue).toString('base64url')}.${id}`;
}

/**
 * The queue of a job and its id there; undefined for what is no id of the service.
 * @param {unknown} given
 * @returns {{ queue: string, id: string } | undefined}
 */
function placeOf(given) {
  if (typeof given !== 'string') return undefined;
  const [queue, id] = given.slice(given.lastIndexOf(':') + 1).split('.');
  if (!queue || !id) return undefined;
  return { queue: Buffer.from(queue, 'base64url').toString(), id };
}

/**
 * The same for the same type and data.
 * @param {string} type
 * @param {unknown} data
 */
function contentKey(type, data) {
  return createHash('sha256')
    .update(JSON.stringify([type, toJson(data)]))
    .digest('base64url');
}

module.exports = { contentKey, placeOf, serviceId };
