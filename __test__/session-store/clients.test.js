'use strict';

const { describeSessionStores, keptInRedis } = require('../support/session-store-contract');
const { onEnd } = require('../support/cleanup');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const IoRedis = require('ioredis');
const OwnRedis = require('../../js/ioredis/index.js');

const redis = withRedis({ flushBeforeEach: true });
const opened = [];

function ioredisOf(Redis, options) {
  const client = new Redis(redis.port, '127.0.0.1', options);
  onEnd(() => client.disconnect());
  return client;
}

const CLIENTS = [
  [
    'the client of the package',
    '',
    () => openPackage({ url: redis.url, logLevel: 'off' }).redisManager.getClient(),
  ],
  [
    'the client of the package with the thread driver',
    '',
    () => openPackage({ url: redis.url, driver: 'thread', logLevel: 'off' }).redisManager.getClient(),
  ],
  [
    'the client of the package with a prefix',
    'app:',
    () =>
      openPackage({ url: redis.url, logLevel: 'off' }).createClient({ url: redis.url, keyPrefix: 'app:' }),
  ],
  ['orgcache/ioredis', '', () => ioredisOf(OwnRedis)],
  ['ioredis', '', () => ioredisOf(IoRedis)],
  ['ioredis with a prefix', 'app:', () => ioredisOf(IoRedis, { keyPrefix: 'app:' })],
];

describe.each(CLIENTS)('over %s', (_name, prefix, make) => {
  let client;

  beforeAll(() => {
    client = make();
    opened.push(client);
  });

  describeSessionStores({ kept: keptInRedis(redis, prefix), options: () => ({ client }) });
});
