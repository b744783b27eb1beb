'use strict';

const { clearTimeout, epochMs: now, nextTick, setImmediate, setTimeout } = require('../time.js');

module.exports = { clearTimeout, nextTick, now, setImmediate, setTimeout };
