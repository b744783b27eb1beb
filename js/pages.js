'use strict';

const { protocol } = require('./protocol.js');

const { besideRoles, roles } = protocol;
/** The maximum of calls that cross at once, and of outcomes that come back at once. */
const PAGE = 4096;
/** The page of one client's own connection: clients may be short-lived, and V8 collects a page late. */
const CLIENT_PAGE = 256;
/** The page of a dedicated connection: there may be many of them, with few calls on each. */
const DEDICATED_PAGE = 64;

/**
 * The maximum of calls that cross at once on a connection of this role.
 * @param {number} role
 * @param {boolean} isLink
 */
function pageOf(role, isLink) {
  const kind = role % besideRoles.decidesPauses;
  if (kind >= roles.dedicated) return DEDICATED_PAGE;
  return isLink || kind === roles.own ? CLIENT_PAGE : PAGE;
}

module.exports = { pageOf };
