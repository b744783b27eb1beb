'use strict';

const { EventEmitter } = require('node:events');
const { OrgCacheError } = require('../errors.js');

/** Takes the place of express-session's class where that package is not installed. */
class Missing extends EventEmitter {
  constructor() {
    super();
    throw new OrgCacheError(
      'E_CONFIG',
      'the stores of orgcache/express-session and orgcache/connect-redis need the package express-session; install it',
    );
  }

  createSession() {}
}

/**
 * The class that stores of express-session extend.
 * @returns {typeof import('express-session').Store}
 */
function baseStore() {
  try {
    return require('express-session').Store;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'MODULE_NOT_FOUND') throw error;
    return Missing;
  }
}

module.exports = { baseStore };
