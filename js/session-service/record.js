'use strict';

const { isDeepStrictEqual } = require('node:util');
const { OrgCacheError } = require('../errors.js');

/** @import { Session, SessionInfo } from '../../index.js' */
/** @import { SessionRecord } from '../entry/session-service.js' */

/** What a session itself has. Every other field of a record is data of the session. */
const OWN_FIELDS = ['sessionId', 'userId', 'createdAt', 'lastAccessed', 'expiresAt', 'isActive'];
/**
 * Fields that a session is created with, by their names in the session.
 * @type {Record<string, 'ip' | 'userAgent'>}
 */
const DEVICE = { userAgent: 'userAgent', ipAddress: 'ip' };

/**
 * The data of a session of this service: the fields of its record that the session itself does not have.
 * @typedef {Record<string, any> & { metadata: Record<string, any> }} Data
 */

/** @typedef {{ data: Data, expiresAt: number }} Base */

/**
 * What a record was made of, by the record and by its metadata, which a copy of the record shares.
 * @type {WeakMap<object, Base>}
 */
const bases = new WeakMap();

/**
 * @param {Session<Data> | (SessionInfo<Data> & { id?: undefined, renewedId?: undefined, userId: string })} session
 * @returns {SessionRecord}
 */
function recordOf(session) {
  const { data = { metadata: {} } } = session;
  const { userAgent, ip } = session;
  const record = /** @type {SessionRecord} */ ({
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(ip === undefined ? {} : { ipAddress: ip }),
    createdAt: session.createdAt.getTime(),
    ...data,
    metadata: { ...data.metadata },
    sessionId: session.renewedId ?? session.id ?? session.ref,
    userId: session.userId ?? '',
    lastAccessed: session.seenAt.getTime(),
    expiresAt: session.endsAt.getTime(),
    isActive: true,
  });
  const base = { data, expiresAt: record.expiresAt };
  bases.set(record, base);
  bases.set(record.metadata, base);
  return record;
}

/**
 * The record that a caller gives. Throws `E_ARGUMENT` for what is none.
 * @param {unknown} given
 * @returns {SessionRecord}
 */
function checkedRecord(given) {
  const record = /** @type {SessionRecord} */ (given);
  if (typeof record === 'object' && record !== null && typeof record.sessionId === 'string') {
    checkFields(record.metadata ?? {}, 'the metadata of a session');
    return record;
  }
  throw new OrgCacheError('E_ARGUMENT', 'updateSession() takes a session with its sessionId');
}

/**
 * @param {unknown} fields
 * @param {string} what
 */
function checkFields(fields, what) {
  if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) return;
  throw new OrgCacheError('E_ARGUMENT', `${what} must be an object`);
}

/**
 * When the caller wants the session to end; undefined where it has not changed that.
 * @param {SessionRecord} record
 * @param {Session<Data>} session
 */
function newEndOf(record, session) {
  const { expiresAt } = record;
  const before = baseOf(record)?.expiresAt ?? session.endsAt.getTime();
  return expiresAt === undefined || expiresAt === before ? undefined : expiresAt;
}

/**
 * The data of a session with what a caller has changed of its record. What others have changed since the record was read
 * stays, unless the caller changed it too.
 * @param {SessionRecord} record
 * @param {Session<Data>} session
 * @returns {(current: Data) => Data}
 */
function changesOf(record, session) {
  const { metadata = {}, ...rest } = dataOf(record, session);
  const base = baseOf(record)?.data;
  return (current) => {
    if (base === undefined) return { ...rest, metadata };
    const { metadata: before = {}, ...others } = base;
    const { metadata: now = {}, ...all } = current;
    return { ...merged(all, others, rest), metadata: merged(now, before, metadata) };
  };
}

/** @param {SessionRecord} record */
function baseOf(record) {
  return bases.get(record) ?? (record.metadata === undefined ? undefined : bases.get(record.metadata));
}

/**
 * The fields of a record that are data of its session.
 * @param {SessionRecord} record
 * @param {Session<Data>} session
 * @returns {Record<string, any>}
 */
function dataOf(record, session) {
  const { data } = session;
  /** @param {[string, unknown]} field */
  const isData = ([name, value]) => {
    if (name === 'createdAt') return data.createdAt !== undefined;
    const device = own(DEVICE, name);
    if (device !== undefined && !(name in data)) return value !== session[device];
    return !OWN_FIELDS.includes(name);
  };
  return Object.fromEntries(Object.entries(record).filter(isData));
}

/**
 * What is there now, with what has changed from `before` to `wanted`.
 * @param {Record<string, any>} now
 * @param {Record<string, any>} before
 * @param {Record<string, any>} wanted
 */
function merged(now, before, wanted) {
  const result = new Map(Object.entries(now));
  for (const name of new Set([...Object.keys(before), ...Object.keys(wanted)])) {
    if (isDeepStrictEqual(own(before, name), own(wanted, name))) continue;
    if (Object.hasOwn(wanted, name)) result.set(name, wanted[name]);
    else result.delete(name);
  }
  return Object.fromEntries(result);
}

/**
 * @template Value
 * @param {Record<string, Value>} fields
 * @param {string} name
 */
function own(fields, name) {
  return Object.hasOwn(fields, name) ? /** @type {Value} */ (fields[name]) : undefined;
}

module.exports = { changesOf, checkFields, checkedRecord, newEndOf, recordOf };
