'use strict';

module.exports = require('../ioredis/index.js');
// For those who read this file and do not run it, as checkers of types do.
module.exports.default = module.exports;
