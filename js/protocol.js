'use strict';

const { loadNative } = require('./native.js');

/** The numbers and tables that native code and JavaScript share; native code has the only copy. */
const protocol = Object.freeze(JSON.parse(loadNative().protocol()));

/** The word in front of a call's arguments. */
function head(verb, detail, count) {
  return verb | (detail << 8) | (count << 16);
}

module.exports = { protocol, head };
