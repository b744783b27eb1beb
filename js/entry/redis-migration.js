'use strict';

const { redisMigrationManager } = require('../../index.js');
const { asDefaultExport } = require('./defaultExport.js');

module.exports = asDefaultExport(redisMigrationManager);
