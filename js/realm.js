'use strict';

/**
 * Native code makes arrays and objects with these functions of this realm. Its own would belong to the realm that
 * loaded the addon first, and `instanceof Array` would be false under jest or in a `vm` context.
 */

/** @typedef {Record<string, unknown>} Fields */

/** @param {unknown[]} elements */
function makeArray(...elements) {
  return elements;
}

/**
 * An object from alternating names and values.
 * @param {unknown[]} pairs
 */
function makeObject(...pairs) {
  return addPairs({}, pairs);
}

/**
 * Adds to an array or an object that is made in parts because it is large.
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
 * Defines a field, which may have any name.
 * @param {Fields} object
 * @param {string} name
 * @param {unknown} value
 */
function putField(object, name, value) {
  // Assignment would change the prototype for `__proto__`, and fail for a name in a frozen prototype.
  if (name in object) {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[name] = value;
  }
}

module.exports = { makeArray, makeObject, extend, putField };
