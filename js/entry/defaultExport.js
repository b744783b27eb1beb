'use strict';

/**
 * Lets `require(...)` and the `require(...).default` of transpiled ES modules both answer the object.
 * The properties cannot be enumerated: whoever lists or copies the object's members sees its own alone.
 */
function asDefaultExport(object) {
  return Object.defineProperties(object, {
    default: { value: object, configurable: true, writable: true },
    __esModule: { value: true, configurable: true },
  });
}

module.exports = { asDefaultExport };
