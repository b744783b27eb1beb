'use strict';

const orgcache = require('../../index.js');
const { limitStoreClass } = require('../limit-store/fastify-store.js');

exports.LimitStore = limitStoreClass(orgcache);
