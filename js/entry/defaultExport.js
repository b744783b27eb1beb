'use strict';

/**
 * Lets `require(...)` and the `require(...).default` of transpiled ES modules both answer the object.
 * The properties cannot be enumerated: whoever lists or copies the object's members sees its own alone.
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
