'use strict';

const { version } = require('../package.json');
const { binaryError, loadNative } = require('./native.js');

/** @import { Protocol } from './native-types.js' */

/**
 * The numbers and tables that native code and JavaScript share. Native code has the only copy.
 * @type {Readonly<Protocol>}
 */
const protocol = Object.freeze(JSON.parse(loadNative().protocol()));

// The numbers change from version to version. With another version's numbers, calls would do something else.
if (protocol.version !== version) {
  throw binaryError(
    `orgcache ${version} found a native binary of version ${protocol.version}, and both must be of one version: ` +
      'install both again, run `npm run build` where it was built from source, or let ORGCACHE_BINARY name another file.',
  );
}

const { failed: FAILED, entries: ENTRIES } = protocol.marks;

/**
 * The head of a call. `rest` is the number of arguments if nothing else says it, and a command's number.
 * @param {number} verb
 * @param {number} detail
 * @param {number} rest
 */
function head(verb, detail, rest) {
  return verb | (detail << 8) | (rest << 16);
}

/**
 * Whether an outcome has a value in addition to its mark.
 * @param {number} mark
 */
function hasValue(mark) {
  return mark <= FAILED || mark === ENTRIES;
}

module.exports = { hasValue, protocol, head };
