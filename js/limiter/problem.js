'use strict';

/** @import { Decision } from '../../types/limiter.js' */

/** Media type and problem types of RFC 9457 and draft-ietf-httpapi-ratelimit-headers-11. */
const PROBLEM_JSON = 'application/problem+json';
const TYPES = 'https://iana.org/assignments/http-problem-types';
const TOO_MANY_REQUESTS = 429;
const SERVICE_UNAVAILABLE = 503;

/**
 * The status and the JSON text of a response to a refused request. It is not the client's fault that a limiter is closed
 * because Redis is away, or that what is left is kept for critical calls.
 * @param {Decision} decision
 */
function problemOf({ reason, violated }) {
  const isServers = reason === 'down' || reason === 'reserve';
  const status = isServers ? SERVICE_UNAVAILABLE : TOO_MANY_REQUESTS;
  const problem = isServers
    ? {
        type: `${TYPES}#temporary-reduced-capacity`,
        title: 'Request cannot be satisfied due to temporary server capacity constraints',
        status,
      }
    : {
        type: `${TYPES}#quota-exceeded`,
        title: 'Request cannot be satisfied as assigned quota has been exceeded',
        status,
        'violated-policies': violated,
      };
  return { status, body: JSON.stringify(problem) };
}

module.exports = { PROBLEM_JSON, problemOf };
