'use strict';

/** @typedef {Map<string, string | true>} Directives The directives of `Cache-Control` by their names. */

/** A directive of RFC 9111: a token, and maybe a value that is a token or a text in quotes. */
const DIRECTIVE = /([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]*)))?/g;
/** More seconds than this count as this many (RFC 9111, section 1.2.2). */
const MOST = 2 ** 31;

/**
 * @param {string | readonly string[] | undefined} header
 * @returns {Directives}
 */
function directivesOf(header) {
  /** @type {Directives} */
  const directives = new Map();
  const text = Array.isArray(header) ? header.join(', ') : String(header ?? '');
  for (const [, name, quoted, token] of text.matchAll(DIRECTIVE)) {
    const known = name.toLowerCase();
    // Of a directive that is given twice the first one counts, or else one could undo the other.
    if (!directives.has(known)) directives.set(known, quoted?.replace(/\\(.)/g, '$1') ?? token ?? true);
  }
  return directives;
}

/**
 * The seconds of a directive; undefined if it is not there. A value that is no number counts as 0: what it was meant
 * to allow is not known.
 * @param {Directives} directives
 * @param {string} name
 */
function secondsOf(directives, name) {
  const value = directives.get(name);
  if (value === undefined) return undefined;
  return typeof value === 'string' && /^\d+$/.test(value) ? Math.min(Number(value), MOST) : 0;
}

module.exports = { directivesOf, secondsOf };
