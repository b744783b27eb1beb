'use strict';

const { OrgCacheError } = require('../errors.js');
const { refuseUnknown } = require('../options.js');
const { protocol } = require('../protocol.js');
const { isPosition } = require('./positions.js');

const { topicHistory: HISTORY, topicMostHistory: MOST_HISTORY } = protocol.limits;
const {
  sseBufferedBytes: BUFFERED,
  sseHeartbeatSeconds: HEARTBEAT,
  topicReaderBytes: READER_BYTES,
} = protocol.limits;
const TOPIC_OPTIONS = ['replay', 'retainSeconds'];
const SSE_OPTIONS = ['heartbeatSeconds', 'maxBufferedBytes', 'organizationId', 'topics', 'until', 'userId'];
const LAST = 'last_event_id';

/**
 * A topic for the options of `createTopics`.
 * @param {unknown} [given]
 */
function topic(given = {}) {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OrgCacheError('E_CONFIG', 'topic() takes an object of options, e.g. { replay: 1000 }');
  }
  refuseUnknown(Object.keys(given), TOPIC_OPTIONS, 'the option');
  return Object.freeze({ ...given });
}

/**
 * Throws `E_KEY` for what names nobody. Native code checks the length.
 * @param {unknown} name
 * @param {string} what
 */
function nameOf(name, what) {
  if (name === undefined || name === null) return undefined;
  if (typeof name === 'string' || Number.isFinite(name)) return String(name);
  throw new OrgCacheError('E_KEY', `${what} is no name; give a string, or leave it out`);
}

/**
 * Organization and user of a call.
 * @param {{ organizationId?: unknown, userId?: unknown }} options
 */
function whoseOf({ organizationId, userId }) {
  return /** @type {const} */ ([nameOf(organizationId, 'the organization'), nameOf(userId, 'the user')]);
}

/**
 * Throws `E_KEY` for what is no id of a message.
 * @param {unknown} after
 * @returns {string | undefined}
 */
function afterOf(after) {
  if (after === undefined || after === null) return undefined;
  if (isPosition(after)) return /** @type {string} */ (after);
  throw new OrgCacheError('E_KEY', 'after is no id of a message; give the id of one, or leave it out');
}

/**
 * @param {string} option
 * @param {unknown} value
 * @param {number} most
 */
function integer(option, value, most) {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
  throw new OrgCacheError('E_ARGUMENT', `${option} is not allowed; give an integer from 1 to ${most}`);
}

const MOST_BYTES = Number.MAX_SAFE_INTEGER;
/** A timer of Node can wait for so long. */
const DAY = 86_400;

/** @param {{ limit?: unknown }} options */
const limitOf = ({ limit = HISTORY }) => integer('limit', limit, MOST_HISTORY);

/** @param {{ maxBytes?: unknown }} options */
const readerBytesOf = ({ maxBytes = READER_BYTES }) => integer('maxBytes', maxBytes, MOST_BYTES);

/**
 * The JSON of a message. Throws `E_SERIALIZE`.
 * @param {unknown} payload
 */
function textOf(payload) {
  let text;
  try {
    text = JSON.stringify(payload);
  } catch (cause) {
    throw new OrgCacheError('E_SERIALIZE', 'a message must be JSON: no BigInt, no cycle', { cause });
  }
  if (text === undefined)
    throw new OrgCacheError('E_SERIALIZE', 'a message is missing; give a value of JSON');
  return text;
}

/**
 * The options of `sse`, checked.
 * @param {any} given
 */
function sseOf(given) {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OrgCacheError('E_CONFIG', 'sse() takes an object of options, e.g. { topics }');
  }
  refuseUnknown(Object.keys(given), SSE_OPTIONS, 'the option');
  const { topics, heartbeatSeconds = HEARTBEAT, maxBufferedBytes = BUFFERED, until } = given;
  if (!Array.isArray(topics) || topics.length === 0) {
    throw new OrgCacheError('E_ARGUMENT', 'topics is not allowed; give a list of names of topics');
  }
  if (until !== undefined && typeof until?.addEventListener !== 'function') {
    throw new OrgCacheError('E_CONFIG', 'the option until must be an AbortSignal');
  }
  return {
    topics: [...new Set(topics)],
    heartbeatMs: integer('heartbeatSeconds', heartbeatSeconds, DAY) * 1000,
    maxBufferedBytes: integer('maxBufferedBytes', maxBufferedBytes, MOST_BYTES),
    until,
  };
}

/**
 * Where a client has stopped reading, by topic. A browser names it in a header, a program may name it in the address: the id
 * of a message, or with several topics `topic=id,topic=id`.
 * @param {{ headers: Record<string, unknown>, url?: string }} request
 * @param {readonly string[]} kept Topics that keep their messages.
 * @returns {Map<string, string>}
 */
function placesOf({ headers, url = '' }, kept) {
  const query = url.includes('?') ? url.slice(url.indexOf('?')) : '';
  const given = headers['last-event-id'] ?? new URLSearchParams(query).get(LAST);
  if (typeof given !== 'string' || given === '' || kept.length === 0) return new Map();
  if (!given.includes('=')) {
    const after = /** @type {string} */ (placeOf(given));
    // Of which topic it is, nobody says.
    return kept.length === 1 ? new Map([[kept[0], after]]) : new Map();
  }
  /** @type {Map<string, string>} */
  const places = new Map();
  for (const part of given.split(',')) {
    const at = part.indexOf('=');
    const after = placeOf(part.slice(at + 1));
    if (kept.includes(part.slice(0, at))) places.set(part.slice(0, at), after);
  }
  return places;
}

/** @param {string} id */
function placeOf(id) {
  if (isPosition(id)) return id;
  throw new OrgCacheError('E_KEY', 'Last-Event-ID is no id that sse() has sent');
}

module.exports = { afterOf, limitOf, nameOf, placesOf, readerBytesOf, sseOf, textOf, topic, whoseOf };
