'use strict';

const { QueueAdapter } = require('../bull-board/adapter.js');

exports.QueueAdapter = QueueAdapter;
