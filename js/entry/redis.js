'use strict';

const { createRedisModule } = require('../redis/module.js');
const { asDefaultExport } = require('./defaultExport.js');

// @ts-expect-error TypeScript takes the assignment below for an export beside this one.
module.exports = asDefaultExport(createRedisModule());
// For those who read this file and do not run it, as checkers of types do.
module.exports.default = module.exports;
