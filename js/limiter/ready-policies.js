'use strict';

/** @import { readyPolicies as Ready } from '../../types/limiter.js' */

/**
 * Policies that most servers need. Attempts to log in and the like are few and worth an exact count.
 * @type {typeof Ready}
 */
const readyPolicies = Object.freeze({
  api: Object.freeze({ limit: 100, windowSeconds: 60 }),
  login: Object.freeze({ limit: 5, windowSeconds: 300, algorithm: 'log' }),
  registration: Object.freeze({ limit: 3, windowSeconds: 3600, algorithm: 'log' }),
  passwordReset: Object.freeze({ limit: 3, windowSeconds: 3600, algorithm: 'log' }),
});

module.exports = { readyPolicies };
