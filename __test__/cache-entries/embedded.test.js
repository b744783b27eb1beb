'use strict';

const { openPackage } = require('../support/package');
const { entriesContract } = require('../support/entries-contract');

entriesContract(() => openPackage({ useRedis: false, logLevel: 'off' }));
