'use strict';

/**
 * How native code makes arrays and objects: by functions of this realm. Its own would be of the realm in which the
 * addon was loaded first, and `instanceof Array` would be false under jest or in a `vm` context.
 */

/** @typedef {Record<string, unknown>} Fields */

/** @param {unknown[]} elements */
function makeArray(...elements) {
  return elements;
}

/**
 * An object of names and values in turn.
 * @param {unknown[]} pairs
 */
function makeObject(...pairs) {
  return addPairs({}, pairs);
}

/**
 * Adds to an array or an object, which was made by parts because it is large.
 * @param {unknown[] | Fields} target
 * @param {unknown[]} values
 */
function extend(target, ...values) {
  if (!Array.isArray(target)) return addPairs(target, values);
  for (const value of values) target.push(value);
  return target;
}

/**
 * @param {Fields} object
 * @param {unknown[]} pairs
 */
function addPairs(object, pairs) {
  for (let i = 0; i < pairs.length; i += 2) {
    putField(object, /** @type {string} */ (pairs[i]), pairs[i + 1]);
  }
  return object;
}

/**
 * Defines a field of any name, which is data.
 * @param {Fields} object
 * @param {string} name
 * @param {unknown} value
 */
function putField(object, name, value) {
  // Assignment would change the prototype of `__proto__`, and fail where a name stands in a frozen prototype.
  if (name in object) {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[name] = value;
  }
}

module.exports = { makeArray, makeObject, extend, putField };
