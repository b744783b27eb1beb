'use strict';

const { OrgCacheError } = require('./errors.js');

/**
 * Decodes bytes to a text. Throws `E_VALUE_TOO_LARGE` if they are longer than a string can be.
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
