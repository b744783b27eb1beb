'use strict';

const { limiterContract } = require('../support/limiter-contract');
const { openPackage } = require('../support/package');

describe('a limiter over the embedded store', () => {
  limiterContract(() => openPackage({ useRedis: false }), { isShared: false });
});
