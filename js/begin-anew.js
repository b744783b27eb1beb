'use strict';

/** The method that tells the parts of an instance of its reset. Not for users. */
const BEGIN_ANEW = Symbol('begin anew');

module.exports = { BEGIN_ANEW };
