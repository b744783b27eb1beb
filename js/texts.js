'use strict';

const { OrgCacheError } = require('./errors.js');

/**
 * Bytes as text. Throws `E_VALUE_TOO_LARGE` where they are more than a string can hold.
 * @param {Buffer} bytes
 */
function textOf(bytes) {
  try {
    return bytes.toString();
  } catch (cause) {
    throw new OrgCacheError(
      'E_VALUE_TOO_LARGE',
      `a text of ${bytes.length} bytes is longer than a string of JavaScript can be; ask for Buffers, e.g. by getBuffer()`,
      { cause },
    );
  }
}

module.exports = { textOf };
