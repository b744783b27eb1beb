'use strict';

const { leasesContract } = require('../support/leases-contract');
const { limiterContract } = require('../support/limiter-contract');
const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');

describe.each(['loop', 'thread'])('a limiter over Redis with the %s driver', (driver) => {
  const open = async () => openPackage({ url: (await startRedis()).url, driver });
  limiterContract(open, { isShared: true });
  leasesContract(open, { isShared: true });
});
