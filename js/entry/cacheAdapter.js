'use strict';

const { cacheAdapter } = require('../../index.js');
const { asDefaultExport } = require('./defaultExport.js');

module.exports = asDefaultExport(cacheAdapter);
