'use strict';

const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { queueContract } = require('../support/queue-contract');

describe.each(['loop', 'thread'])('queues over Redis with the %s driver', (driver) => {
  let redis;
  const open = () => openPackage({ url: redis.url, driver, logLevel: 'off' });

  beforeAll(async () => {
    redis = await startRedis();
  });

  queueContract(open, open);
});
