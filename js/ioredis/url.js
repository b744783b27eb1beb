'use strict';

/**
 * The options in a URL, a path, `host:port` or a port as text.
 * @param {string} text
 * @returns {Record<string, string | number>}
 */
function parseURL(text) {
  if (isInt(text)) return { port: text };
  if (text.startsWith('/') && !text.startsWith('//')) return ofPath(text);
  const hasScheme = /^rediss?:\/\//i.test(text);
  const isRelative = text.startsWith('//');
  const url = new URL(hasScheme ? text : isRelative ? `redis:${text}` : `redis://${text}`);
  /** @type {Record<string, string | number>} */
  const options = {};
  if (url.username || url.password) {
    options.username = decodeURIComponent(url.username);
    options.password = decodeURIComponent(url.password);
  }
  if (url.pathname.length > 1) {
    if (hasScheme || isRelative) options.db = url.pathname.slice(1);
    else options.path = url.pathname;
  }
  if (url.hostname) options.host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.port) options.port = url.port;
  return { ...ofQuery(url.searchParams), ...options };
}

/** @param {string} text */
function ofPath(text) {
  const [path, query] = splitOnce(text, '?');
  return { ...ofQuery(new URLSearchParams(query)), path };
}

/**
 * @param {string} text
 * @param {string} separator
 * @returns {[string, string]}
 */
function splitOnce(text, separator) {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** @param {URLSearchParams} parameters */
function ofQuery(parameters) {
  /** @type {Record<string, string | number>} */
  const options = {};
  for (const [name, value] of parameters) {
    const number = Number.parseInt(value, 10);
    options[name] = name === 'family' && !Number.isNaN(number) ? number : value;
  }
  return options;
}

/**
 * @param {unknown} value
 * @returns {boolean}
 */
function isInt(value) {
  const number = Number.parseFloat(/** @type {string} */ (value));
  return !Number.isNaN(Number(value)) && (number | 0) === number;
}

module.exports = { isInt, parseURL };
