'use strict';

const path = require('node:path');
const { version } = require('./package.json');

// Tracers follow a path of this form and take the binary along. A bundle of ES modules has no `__dirname`.
const file = typeof __dirname === 'string' ? path.join(__dirname, 'orgcache.linux-arm64-gnu.node') : '';

module.exports = { file, version };
