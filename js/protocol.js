'use strict';

const { version } = require('../package.json');
const { binaryError, loadNative } = require('./native.js');

/** @import { Protocol } from './native-types.js' */

/**
 * The numbers and tables that native code and JavaScript share; native code has the only copy.
 * @type {Readonly<Protocol>}
 */
const protocol = Object.freeze(JSON.parse(loadNative().protocol()));

// The numbers change from version to version: with those of another one calls would do something else.
if (protocol.version !== version) {
  throw binaryError(
    `orgcache ${version} found a native binary of version ${protocol.version}, and both must be of one version: ` +
      'install both anew, run `npm run build` where it was built from source, or let ORGCACHE_BINARY name another file.',
  );
}

const { failed: FAILED, entries: ENTRIES } = protocol.marks;

/**
 * The word in front of a call's arguments; `rest` is their number where no other word tells it, and a command's number.
 * @param {number} verb
 * @param {number} detail
 * @param {number} rest
 */
function head(verb, detail, rest) {
  return verb | (detail << 8) | (rest << 16);
}

/**
 * Whether a value comes with an outcome, or its mark says it all.
 * @param {number} mark
 */
function hasValue(mark) {
  return mark <= FAILED || mark === ENTRIES;
}

module.exports = { hasValue, protocol, head };
