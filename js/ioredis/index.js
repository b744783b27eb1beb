'use strict';

const { Cluster } = require('./cluster/cluster.js');
const { Command } = require('./command.js');
const { AbstractConnector } = require('./connector.js');
const errors = require('./errors.js');
const { Pipeline } = require('./pipeline.js');
const { Redis } = require('./redis.js');
const { ScanStream } = require('./scan-stream.js');
const { SentinelConnector } = require('./sentinel/connector.js');
const { SentinelIterator } = require('./sentinel/iterator.js');

/**
 * A callback for the console.
 * @param {Error | null} [error]
 * @param {unknown} [reply]
 */
function print(error, reply) {
  console.log(error ? `Error: ${error}` : `Reply: ${reply}`);
}

const { createClient } = Redis;
const { MaxRetriesPerRequestError, ReplyError } = errors;

/** The class itself with everything else as its members, as in `require('ioredis')`. */
module.exports = Object.assign(Redis, {
  AbstractConnector,
  Cluster,
  Command,
  MaxRetriesPerRequestError,
  Pipeline,
  Redis,
  ReplyError,
  ScanStream,
  SentinelConnector,
  SentinelIterator,
  createClient,
  default: Redis,
  print,
});
