'use strict';

const { getSystemErrorName } = require('node:util');
const { ParserError } = require('./errors.js');

/**
 * @typedef {{ bytes: number[], position: number, isType: boolean }} Garbled Bytes in the place of a reply.
 *
 * @typedef {object} SocketFailure Native code's description of a connection that failed.
 * @property {string} message
 * @property {string | null} syscall
 * @property {number | null} errno
 * @property {string | null} code
 * @property {string | null} address
 * @property {number | null} port
 * @property {Garbled | null} [garbled]
 */

/**
 * libuv's numbers for failures of name resolution.
 * @type {Record<string, number>}
 */
const RESOLVER_ERRNO = { ENOTFOUND: -3008, EAI_AGAIN: -3001 };

/**
 * An error in the form of Node's sockets, from native code's description.
 * @param {SocketFailure} failure
 * @returns {Error}
 */
function errorOf({ message, syscall, errno, code, address, port, garbled }) {
  if (garbled) return parserError(message, garbled);
  const name = systemName(errno) ?? code ?? undefined;
  if (syscall === 'connect' && name === 'ETIMEDOUT' && address === null) return connectTimedOut();
  const where = port === null ? address : `${address}:${port}`;
  const error = new Error(message || [syscall, name, where].filter((word) => word !== null).join(' '));
  if (syscall === 'getaddrinfo') {
    const fields = { errno: RESOLVER_ERRNO[name ?? ''], code: name, syscall, hostname: address };
    return Object.assign(error, fields);
  }
  const fields = { errno: errno === null ? null : -errno, code: name, syscall, address, port };
  const known = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return Object.assign(error, Object.fromEntries(known));
}

/**
 * ioredis's error for bytes that are no reply: `buffer` is a text, `offset` is after the invalid byte.
 * @param {string} message
 * @param {Garbled} garbled
 */
function parserError(message, { bytes, position, isType }) {
  const buffer = JSON.stringify(Buffer.from(bytes));
  const sentence = isType
    ? `Protocol error, got ${JSON.stringify(String.fromCharCode(bytes[position]))} as reply type byte`
    : `Protocol error: ${message.slice(message.indexOf(': ') + 2)}`;
  return new ParserError(`${sentence}. Please report this.`, buffer, position + 1);
}

/**
 * The name of a system error number. Windows's numbers have other names, which native code gives.
 * @param {number | null} errno
 */
function systemName(errno) {
  if (errno === null || process.platform === 'win32') return undefined;
  return getSystemErrorName(-errno);
}

/** The error of a connection attempt that took too long. */
function connectTimedOut() {
  const code = 'ETIMEDOUT';
  return Object.assign(new Error(`connect ${code}`), { errorno: code, code, syscall: 'connect' });
}

module.exports = { connectTimedOut, errorOf };
