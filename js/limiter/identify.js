'use strict';

const { OrgCacheError } = require('../errors.js');

/** @import { Identity } from '../../types/limiter.js' */

/**
 * A request of express or fastify.
 * @typedef {object} Request
 * @property {{ id?: unknown } | null} [user] Whom the application's login has found.
 * @property {unknown} [ip] The client's address, after the framework's setting of trusted proxies.
 * @property {Record<string, unknown>} headers
 */

/**
 * The user and the address, an identity each: a user is limited at all addresses, and an address for all users.
 * A request without both is refused, because all such requests would share one limit.
 * @param {Request} request
 * @returns {Identity[]}
 */
function userAndAddress({ user, ip }) {
  const identities = [];
  const id = user?.id;
  if (isGiven(id)) identities.push({ kind: 'user', id: /** @type {string} */ (id) });
  if (isGiven(ip)) identities.push({ kind: 'ip', id: /** @type {string} */ (ip) });
  if (identities.length > 0) return identities;
  throw new OrgCacheError(
    'E_KEY',
    'the request has neither a user nor an address: register the limiter after the login, or give identify',
  );
}

/** @param {unknown} id */
function isGiven(id) {
  return id !== undefined && id !== null && id !== '';
}

module.exports = { userAndAddress };
