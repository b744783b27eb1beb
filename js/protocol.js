'use strict';

const { loadNative } = require('./native.js');

/** The numbers and tables that native code and JavaScript share; native code has the only copy. */
const protocol = Object.freeze(JSON.parse(loadNative().protocol()));

const { marks } = protocol;

/** The word in front of a call's arguments. */
function head(verb, detail, count) {
  return verb | (detail << 8) | (count << 16);
}

/** Whether a value comes with an outcome, or its mark says it all. */
function hasValue(mark) {
  return mark <= marks.failed || mark === marks.entries;
}

module.exports = { hasValue, protocol, head };
