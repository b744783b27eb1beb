'use strict';

const { createInstance } = require('./js/instance.js');

module.exports = createInstance();
