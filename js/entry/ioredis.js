'use strict';

const { asDefaultExport } = require('./defaultExport.js');

const Redis = asDefaultExport(require('../ioredis/index.js'));

// @ts-expect-error TypeScript takes the assignment below for an export beside this one.
module.exports = Redis;
// For tools that read this file without running it, such as type checkers.
module.exports.default = Redis.default;
