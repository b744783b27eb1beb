'use strict';

const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { describeAdapter } = require('../support/adapter-contract');

// `auto` is the default. The other two must not differ in any answer.
for (const driver of ['auto', 'thread', 'loop']) {
  describeAdapter(
    `the adapter over Redis with the ${driver} driver`,
    async () => {
      const redis = await startRedis();
      return openPackage({ url: redis.url, driver });
    },
    { redisEnabled: true, connected: true, acknowledges: true },
  );
}
