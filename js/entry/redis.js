'use strict';

const { createRedisModule } = require('../redis/module.js');
const { asDefaultExport } = require('./defaultExport.js');

module.exports = asDefaultExport(createRedisModule());
