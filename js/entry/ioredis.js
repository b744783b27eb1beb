'use strict';

module.exports = require('../ioredis/index.js');
