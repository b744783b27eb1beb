'use strict';

const { openPackage } = require('../support/package');
const { warmingContract } = require('../support/warming-contract');
const { withRedis } = require('../support/redis');

const redis = withRedis();

describe('embedded', () => warmingContract(() => openPackage({ useRedis: false, logLevel: 'off' })));
describe('with Redis', () => warmingContract(() => openPackage({ url: redis.url, logLevel: 'off' })));
