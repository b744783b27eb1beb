'use strict';

const { openPackage } = require('../support/package');
const { queueContract } = require('../support/queue-contract');

describe('queues over the embedded store', () => {
  queueContract(() => openPackage({ useRedis: false, logLevel: 'off' }));
});
