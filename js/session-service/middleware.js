'use strict';

const { OrgCacheError } = require('../errors.js');
const { refuseUnknown } = require('../options.js');
const { unavailable } = require('../session/guard.js');
const { checkedName, setCookie, valuesIn } = require('./cookie.js');

/** @import { SessionRecord } from '../entry/session-service.js' */

const OPTIONS = ['cookieName', 'property', 'required'];
/** Ids of this package, and those of the service before. */
const ID = /^(?:[\w-]{62}|[0-9a-f]{64})$/;
const REFUSAL = { error: 'Unauthorized', message: 'No active session' };

/**
 * Middleware for express, and for frameworks with its signature. Ids come from the cookie alone.
 * @param {unknown} given
 * @param {(id: string) => Promise<SessionRecord | null>} find Rejects while Redis is away.
 */
function middlewareOf(given, find) {
  const { property, required, name } = checked(given);
  /**
   * @param {any} request
   * @param {any} response
   * @param {(error?: any) => void} next
   */
  return async function sessions(request, response, next) {
    let record;
    try {
      const values = valuesIn(request.headers.cookie, name);
      // Another cookie of the same name may come first.
      const id = values.find((value) => ID.test(value));
      record = id === undefined ? null : await find(id);
      request[property] = record;
      const current = record?.sessionId ?? null;
      if (values.length > 0 && current !== (id ?? '') && !response.headersSent) {
        response.appendHeader('Set-Cookie', setCookie(name, current));
        response.setHeader('Cache-Control', 'no-store');
      }
    } catch (error) {
      // An outage is no logout.
      return next(unavailable(error));
    }
    if (record === null && required) return response.status(401).json(REFUSAL);
    next();
  };
}

/** @param {unknown} given */
function checked(given = {}) {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OrgCacheError(
      'E_CONFIG',
      'the options of the middleware must be an object, e.g. { required: true }',
    );
  }
  refuseUnknown(Object.keys(given), OPTIONS, 'the option');
  const {
    property = 'session',
    required = false,
    cookieName,
  } = /** @type {Record<string, unknown>} */ (given);
  if (typeof property !== 'string' || property === '') {
    throw new OrgCacheError('E_CONFIG', 'the option property must be the name of a property');
  }
  if (typeof required !== 'boolean') {
    throw new OrgCacheError('E_CONFIG', 'the option required must be true or false');
  }
  return { property, required, name: checkedName(cookieName) };
}

module.exports = { middlewareOf };
