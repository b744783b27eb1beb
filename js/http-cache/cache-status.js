'use strict';

/**
 * What became of a request in this cache, in the words of RFC 9211. `hit`: the answer was stored. Else `fwd` says why
 * the handler was asked.
 * @typedef {object} Outcome
 * @property {boolean} [hit]
 * @property {'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'miss' | 'request' | 'stale' | 'partial'} [fwd]
 * @property {number} [fwdStatus] The status that the handler gave.
 * @property {number} [ttlSeconds] What is left of the lifetime; below 0 if the answer is stale.
 * @property {boolean} [stored]
 * @property {boolean} [collapsed] Another request's handler gave the answer.
 * @property {string} [detail] A word that says more, such as why the answer was not stored.
 */

const NAME = 'orgcache';
/** Words that stand in the header as they are. Others are put in quotes. */
const TOKEN = /^[A-Za-z*][!#$%&'*+.^_`|~:/\w-]*$/;

/**
 * The header `Cache-Status`, behind what other caches have said. It never has the key: keys have ids in them.
 * @param {Outcome} outcome
 * @param {string | readonly string[]} [before]
 */
function cacheStatusOf({ hit = false, fwd, fwdStatus, ttlSeconds, stored, collapsed, detail }, before) {
  const parameters = [
    hit && 'hit',
    !hit && fwd !== undefined && `fwd=${fwd}`,
    !hit && fwdStatus !== undefined && `fwd-status=${fwdStatus}`,
    ttlSeconds !== undefined && `ttl=${Math.floor(ttlSeconds)}`,
    !hit && stored === true && 'stored',
    !hit && collapsed === true && 'collapsed',
    detail !== undefined && `detail=${TOKEN.test(detail) ? detail : quoted(detail)}`,
  ];
  const own = [NAME, ...parameters.filter(Boolean)].join('; ');
  const others = [before ?? []].flat().filter((each) => each !== '');
  return [...others, own].join(', ');
}

/**
 * A text of a structured field (RFC 9651), which has printable characters of ASCII only.
 * @param {string} text
 */
function quoted(text) {
  return `"${text.replace(/[^ -~]/g, '?').replace(/["\\]/g, '\\$&')}"`;
}

module.exports = { cacheStatusOf };
