'use strict';

const { certificates } = require('../support/certificates');
const { startExample } = require('../support/example-server');
const { describeLimits, describeMails, describePage, waysTo } = require('../support/example-page-contract');
const { startRedis } = require('../support/redis');

/** As in production: behind TLS, two instances, with the secrets of the environment. */
async function onRedis() {
  const env = {
    REDIS_URL: (await startRedis()).url,
    NODE_ENV: 'production',
    SESSION_SECRET: 'a secret of the test for its sessions',
    LIMIT_SECRET: 'a secret of the test for its limits..',
  };
  const instances = await Promise.all([startExample(env), startExample(env)]);
  const { cert, key } = certificates();
  return waysTo(
    instances.map(({ url }) => url),
    { name: '__Host-id', secure: true },
    { cert, key },
  );
}

describePage('Redis', onRedis);
describeLimits('Redis', onRedis, 'example-server-redis');
describeMails('Redis', onRedis, 'example-server-board-redis');
