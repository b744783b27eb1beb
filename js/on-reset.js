'use strict';

/** The method that tells the parts of an instance of its reset. Not for users. */
const ON_RESET = Symbol('on reset');

module.exports = { ON_RESET };
