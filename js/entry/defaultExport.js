'use strict';

/**
 * Makes `require(...)` and the `require(...).default` of transpiled ES modules both answer the object.
 * The properties are not enumerable: code that lists or copies the object's members sees only its own.
 * @template {object} Exported
 * @param {Exported} object
 * @returns {Exported & { default: Exported }}
 */
function asDefaultExport(object) {
  const marked = Object.defineProperties(object, {
    default: { value: object, configurable: true, writable: true },
    __esModule: { value: true, configurable: true },
  });
  return /** @type {Exported & { default: Exported }} */ (marked);
}

module.exports = { asDefaultExport };
