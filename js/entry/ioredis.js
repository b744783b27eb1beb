'use strict';

const { asDefaultExport } = require('./defaultExport.js');

const Redis = asDefaultExport(require('../ioredis/index.js'));

// @ts-expect-error TypeScript takes the assignment below for an export beside this one.
module.exports = Redis;
// For those who read this file and do not run it, as checkers of types do.
module.exports.default = Redis.default;
