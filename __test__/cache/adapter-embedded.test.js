'use strict';

const { openPackage } = require('../support/package');
const { describeAdapter } = require('../support/adapter-contract');

describeAdapter('the adapter with USE_REDIS=false', async () => openPackage({ useRedis: false }), {
  redisEnabled: false,
  connected: false,
  acknowledges: true,
});
