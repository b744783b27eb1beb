'use strict';

const { createRedisModule } = require('../redis/module.js');
const { asDefaultExport } = require('./defaultExport.js');

// @ts-expect-error TypeScript takes the assignment below for an export beside this one.
module.exports = asDefaultExport(createRedisModule());
// For tools that read this file without running it, such as type checkers.
module.exports.default = module.exports;
