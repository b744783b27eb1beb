'use strict';

const { limiterContract } = require('../support/limiter-contract');
const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');

describe.each(['loop', 'thread'])('a limiter over Redis with the %s driver', (driver) => {
  limiterContract(async () => openPackage({ url: (await startRedis()).url, driver }), { isShared: true });
});
