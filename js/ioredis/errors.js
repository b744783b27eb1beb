'use strict';

/**
 * @import { Command } from './classes.js'
 * @import { Argument } from './encode-arguments.js'
 *
 * @typedef {Error & { command?: { name: string, args: Argument[] } }} CommandError An error that names its command.
 */

/** The stack of a server's error shows only this code, so two frames are kept, which is cheap. */
const REPLY_FRAMES = 2;

class RedisError extends Error {
  get name() {
    return this.constructor.name;
  }
}

class ParserError extends RedisError {
  /**
   * @param {string} message
   * @param {string} buffer The received bytes, as JSON of a Buffer.
   * @param {number} offset
   */
  constructor(message, buffer, offset) {
    super(message);
    this.buffer = buffer;
    this.offset = offset;
  }
}

/** The server answered with an error. */
class ReplyError extends RedisError {
  /** @param {string} message */
  constructor(message) {
    const frames = Error.stackTraceLimit;
    Error.stackTraceLimit = REPLY_FRAMES;
    super(message);
    Error.stackTraceLimit = frames;
  }
}

/** The command was aborted before its reply. */
class AbortError extends RedisError {}

class InterruptError extends AbortError {}

class MaxRetriesPerRequestError extends AbortError {
  /** @param {number} limit */
  constructor(limit) {
    super(
      `Reached the max retries per request limit (which is ${limit}). Refer to "maxRetriesPerRequest" option for details.`,
    );
  }
}

class ClusterAllFailedError extends RedisError {
  static defaultMessage = 'Failed to refresh slots cache.';

  /**
   * @param {string} message
   * @param {Error | null} lastNodeError
   */
  constructor(message, lastNodeError) {
    super(message);
    this.lastNodeError = lastNodeError;
  }
}

const CONNECTION_CLOSED_ERROR_MSG = 'Connection is closed.';

function connectionClosed() {
  return new Error(CONNECTION_CLOSED_ERROR_MSG);
}

/**
 * A command that may not be sent again, because another command of its pipeline or transaction was answered.
 * @param {Command} command
 */
function aborted(command) {
  return Object.assign(new AbortError('Command aborted due to connection close'), {
    command: { name: command.name, args: command.args },
  });
}

/** @param {string} message */
function makeReplyError(message) {
  return new ReplyError(message);
}

module.exports = {
  AbortError,
  CONNECTION_CLOSED_ERROR_MSG,
  ClusterAllFailedError,
  InterruptError,
  MaxRetriesPerRequestError,
  ParserError,
  RedisError,
  ReplyError,
  aborted,
  connectionClosed,
  makeReplyError,
};
