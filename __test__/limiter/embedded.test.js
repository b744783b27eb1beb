'use strict';

const { leasesContract } = require('../support/leases-contract');
const { limiterContract } = require('../support/limiter-contract');
const { openPackage } = require('../support/package');

describe('a limiter over the embedded store', () => {
  const open = () => openPackage({ useRedis: false });
  limiterContract(open, { isShared: false });
  leasesContract(open, { isShared: false });
});
