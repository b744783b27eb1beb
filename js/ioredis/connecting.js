'use strict';

const { protocol } = require('../protocol.js');
const { asCallback, noop } = require('./callback.js');
const { ParserError, connectionClosed } = require('./errors.js');
const { becomeReady } = require('./ready.js');
const { closed } = require('./closing.js');
const { LinkStream } = require('./stream.js');
const { nextTick } = require('../time.js');

/**
 * @import { Duplex } from 'node:stream'
 * @import { Redis, SubscriptionSet } from './classes.js'
 * @import { LinkOptions } from './link.js'
 * @import { ClientOptions } from './options.js'
 *
 * @typedef {InstanceType<typeof LinkStream>} LinkStream
 *
 * @typedef {object} Condition The state of a connection.
 * @property {number | undefined} select The database.
 * @property {string | [username: string, password: string | null | undefined] | null} [auth]
 * @property {SubscriptionSet | false} subscriber
 *
 * @typedef {Redis & { condition: Condition, stream: LinkStream }} Connected A client that has a connection.
 */

/** Errors with which servers that need no password refuse AUTH. Connecting goes on. */
const NEEDLESS_PASSWORD = [
  ['no password is set', '[WARN] Redis server does not require a password, but a password was supplied.'],
  [
    'without any password configured for the default user',
    "[WARN] This Redis server's `default` user does not require a password, but a password was supplied",
  ],
  [
    "wrong number of arguments for 'auth' command",
    "[ERROR] The server returned \"wrong number of arguments for 'auth' command\". You are probably passing both username and password to Redis version 5 or below. You should only pass the 'password' option for Redis version 5 and under.",
  ],
];

/**
 * Connects. The promise resolves when the client is ready, and rejects if the connection closes before.
 * @param {Redis} redis
 * @returns {Promise<void>}
 */
function connect(redis) {
  return new Promise((resolve, reject) => {
    if (['connecting', 'connect', 'ready'].includes(redis.status)) {
      reject(new Error('Redis is already connecting/connected'));
      return;
    }
    redis.connectionEpoch += 1;
    redis.setStatus('connecting');
    const { options } = redis;
    redis.condition = {
      select: options.db,
      auth: options.username ? [options.username, options.password] : options.password,
      subscriber: false,
    };
    asCallback(
      redis.connector.connect((type, error) => redis.silentEmit(type, error)),
      (error, stream) => {
        if (error) noServer(redis, error, reject);
        else dialled(redis, stream, resolve, reject);
      },
    );
  });
}

/**
 * @param {Redis} redis
 * @param {Error} error
 * @param {(error: Error) => void} reject
 */
function noServer(redis, error, reject) {
  redis.flushQueue(error);
  redis.silentEmit('error', error);
  // The client was closed before there was a connection. The next connection starts afresh.
  redis.manuallyClosing = false;
  reject(error);
  redis.setStatus('end');
}

/**
 * @param {Redis} redis
 * @param {LinkStream | Duplex | undefined} given
 * @param {() => void} resolve
 * @param {(error: Error) => void} reject
 */
function dialled(redis, given, resolve, reject) {
  // A connector of the application may answer a socket.
  const stream = given instanceof LinkStream ? given : new LinkStream(over(given, redis.options));
  redis.stream = stream;
  if (stream.destroyed) {
    const { firstError } = redis.connector;
    if (firstError) nextTick(() => redis.silentEmit('error', firstError));
    nextTick(() => closed(redis));
  } else {
    const standing = /** @type {Connected} */ (redis);
    if (stream.connecting) stream.once('connect', () => connected(standing));
    else nextTick(() => connected(standing));
    stream.on('error', (error) => failedWith(redis, error));
    stream.once('close', () => closed(redis));
  }
  const onReady = () => {
    redis.removeListener('close', onClose);
    resolve();
  };
  const onClose = () => {
    redis.removeListener('ready', onReady);
    reject(connectionClosed());
  };
  redis.once('ready', onReady);
  redis.once('close', onClose);
}

/**
 * The options of a connection over a stream.
 * @param {Duplex | undefined} stream
 * @param {ClientOptions} options
 */
function over(stream, options) {
  return /** @type {LinkOptions} */ ({ ...options, stream });
}

/**
 * @param {Redis} redis
 * @param {Error} error
 */
function failedWith(redis, error) {
  // Commands that got a bad reply would get it again if they were sent again.
  if (error instanceof ParserError) redis._flushedWith = error;
  redis.silentEmit('error', error);
}

/**
 * Makes the handshake. Its commands go before all others. Callers that wait for the client continue when it is
 * ready.
 * @param {Connected} redis
 */
function connected(redis) {
  redis.setStatus('connect');
  redis._lost = [];
  redis.stream.onPush = (message) => redis._subscriber.take(message);
  const { connectionEpoch } = redis;
  // A handshake that fails because the connection is lost says nothing about the server.
  const isCurrent = () =>
    connectionEpoch === redis.connectionEpoch && ['connect', 'ready'].includes(redis.status);
  shakeHands(redis, () => authenticate(redis, isCurrent));
  Promise.all(shakeHands(redis, () => introduce(redis))).then(() => {
    if (!isCurrent()) return;
    if (!redis.options.enableReadyCheck) becomeReady(redis);
    else shakeHands(redis, () => checkReady(redis, isCurrent));
  });
}

/**
 * Commands that are sent during the handshake belong to this connection, and are not sent again on another.
 * @template T
 * @param {Redis} redis
 * @param {() => T} work
 */
function shakeHands(redis, work) {
  redis._isShakingHands = true;
  try {
    return work();
  } finally {
    redis._isShakingHands = false;
  }
}

/**
 * @param {Connected} redis
 * @param {() => boolean} isCurrent
 */
function authenticate(redis, isCurrent) {
  redis._isRefused = false;
  const { auth, select } = redis.condition;
  if (auth) {
    redis.auth(/** @type {string | [string, string]} */ (auth), (error) => {
      if (!error || !isCurrent()) return;
      const known = NEEDLESS_PASSWORD.find(([words]) => error.message.includes(words));
      if (known !== undefined) {
        console.warn(known[1]);
        return;
      }
      redis._isRefused = true;
      redis.recoverFromFatalError(error, error);
    });
  }
  // A cluster refuses SELECT, and another connection would not help.
  if (select) {
    redis.select(select).catch((error) => {
      if (isCurrent()) redis.silentEmit('error', error);
    });
  }
}

/** @param {Redis} redis */
function introduce(redis) {
  const { clientInfoTag, connectionName, disableClientInfo } = redis.options;
  /** @type {Promise<unknown>[]} */
  const said = [];
  if (connectionName) said.push(redis.client('setname', connectionName).catch(noop));
  if (!disableClientInfo) {
    const name = clientInfoTag ? `ioredis(${clientInfoTag})` : 'ioredis';
    said.push(redis.client('SETINFO', 'LIB-VER', protocol.version).catch(noop));
    said.push(redis.client('SETINFO', 'LIB-NAME', name).catch(noop));
  }
  return said;
}

/**
 * @param {Connected} redis
 * @param {() => boolean} isCurrent
 */
function checkReady(redis, isCurrent) {
  redis._readyCheck((error, info) => {
    if (!isCurrent()) return;
    if (error) {
      if (redis._isRefused) return;
      redis.recoverFromFatalError(new Error(`Ready check failed: ${error.message}`), error);
    } else if (redis.connector.check(info)) becomeReady(redis);
    else redis.disconnect(true);
  });
}

module.exports = { connect };
