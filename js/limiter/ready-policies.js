'use strict';

const { protocol } = require('../protocol.js');

/** @import { readyPolicies as Ready } from '../../types/limiter.js' */

/**
 * Policies that most servers need.
 * @type {typeof Ready}
 */
const readyPolicies = protocol.limiter.readyPolicies;
for (const policy of Object.values(readyPolicies)) Object.freeze(policy);
Object.freeze(readyPolicies);

module.exports = { readyPolicies };
