'use strict';

module.exports = require('../../../ioredis/utils.js');
