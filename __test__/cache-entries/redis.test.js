'use strict';

const { entriesContract } = require('../support/entries-contract');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');

const redis = withRedis();

describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
  entriesContract(() => openPackage({ url: redis.url, driver, logLevel: 'off' }));
});
