'use strict';

/** The method by which the parts of an instance are told that it was reset. It is not for users. */
const BEGIN_ANEW = Symbol('begin anew');

module.exports = { BEGIN_ANEW };
