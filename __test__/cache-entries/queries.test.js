'use strict';

const { openPackage } = require('../support/package');
const { queriesContract } = require('../support/queries-contract');
const { withRedis } = require('../support/redis');

const redis = withRedis();

describe('embedded', () => queriesContract(() => openPackage({ useRedis: false, logLevel: 'off' })));
describe('with Redis', () => queriesContract(() => openPackage({ url: redis.url, logLevel: 'off' })));
