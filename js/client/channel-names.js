'use strict';

const { OrgCacheError } = require('../errors.js');
const { encodeArgument } = require('./encode-arguments.js');

/** @import { Argument } from './encode-arguments.js' */

/** Names of channels on the server: those that the caller uses, or with a prefix. */
class ChannelNames {
  #prefix;
  #patternPrefix;

  /** @param {string} prefix An empty prefix changes nothing. */
  constructor(prefix) {
    this.#prefix = Buffer.from(prefix);
    this.#patternPrefix = Buffer.from(prefix.replace(/[*?[\]\\]/g, '\\$&'));
  }

  /**
   * The name on the server. A name that already has the prefix stays as it is.
   * @param {unknown} given
   */
  outgoing(given, isPattern = false) {
    if (given === undefined || given === null || given === '') {
      throw new OrgCacheError('E_KEY', 'a channel is missing; give its name as a string or a Buffer');
    }
    const name = encodeArgument(given, 'the channel', 0);
    const prefix = isPattern ? this.#patternPrefix : this.#prefix;
    if (prefix.length === 0) return name;
    const bytes = Buffer.from(name);
    return startsWith(bytes, prefix) ? bytes : Buffer.concat([prefix, bytes]);
  }

  /**
   * The name without the prefix, as the subscriber gave it, in bytes.
   * @param {Argument} name
   */
  incoming(name, isPattern = false) {
    const prefix = isPattern ? this.#patternPrefix : this.#prefix;
    const bytes = Buffer.isBuffer(name) ? name : Buffer.from(name);
    return startsWith(bytes, prefix) ? bytes.subarray(prefix.length) : bytes;
  }
}

/**
 * @param {Buffer} bytes
 * @param {Buffer} prefix
 */
function startsWith(bytes, prefix) {
  return bytes.length >= prefix.length && bytes.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
}

exports.ChannelNames = ChannelNames;
