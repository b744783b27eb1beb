'use strict';

const { protocol } = require('./protocol.js');

const { besideRoles, roles } = protocol;
/** Calls that cross at once at most, and outcomes that come back at once. */
const PAGE = 4096;
/** Calls that cross at once on one client's own connection: clients come and go, and V8 collects a page late. */
const CLIENT_PAGE = 256;
/** The same where a caller has the connection alone: there may be many of them, and few calls on each. */
const DEDICATED_PAGE = 64;

/**
 * How many calls cross at once on a connection of this role.
 * @param {number} role
 * @param {boolean} isLink
 */
function pageOf(role, isLink) {
  const kind = role % besideRoles.decidesPauses;
  if (kind >= roles.dedicated) return DEDICATED_PAGE;
  return isLink || kind === roles.own ? CLIENT_PAGE : PAGE;
}

module.exports = { pageOf };
