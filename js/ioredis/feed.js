'use strict';

const tls = require('node:tls');
const { loadNative } = require('../native.js');
const { clearTimeout, nextTick, setTimeout } = require('../time.js');
const { connectTimedOut } = require('./socket-error.js');

/**
 * @import { Socket } from 'node:net'
 * @import { Duplex } from 'node:stream'
 * @import { ConnectionOptions } from 'node:tls'
 * @import { LinkOptions } from './link.js'
 *
 * @typedef {'connecting' | 'localAddress' | 'localPort' | 'ref' | 'remoteAddress' | 'remotePort' | 'setKeepAlive'
 *   | 'setNoDelay' | 'unref'} OfSockets
 * @typedef {Duplex & Partial<Pick<Socket, OfSockets>>} NodeStream A duplex stream, which may be a socket.
 * @typedef {{ address: string | undefined, port: number | undefined }} Address
 * @typedef {{ local: Address, remote: Address }} Addresses
 */

const { link: native } = loadNative();

/** Moves the bytes of a Link over a duplex stream of Node. The stream may still be connecting. */
class Feed {
  /**
   * The number of the Link.
   * @type {number}
   */
  #link;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #isOpen = false;
  #isClosed = false;
  #isEnding = false;
  #waitsForDrain = false;

  /**
   * The error of the stream.
   * @type {Error | undefined}
   */
  failure = undefined;

  /**
   * @param {NodeStream} stream
   * @param {number} link
   * @param {Pick<LinkOptions, 'connectTimeout' | 'keepAlive' | 'noDelay' | 'tls'>} options
   */
  constructor(stream, link, { tls: isTls, connectTimeout, keepAlive, noDelay }) {
    this.stream = stream;
    this.#link = link;
    stream.on('error', (error) => {
      this.failure ??= error;
    });
    stream.once('close', () => {
      if (!this.#isClosed) native.lost(link);
    });
    // A half-open stream is of no use after the server's end.
    stream.once('end', () => stream.end());
    stream.on('data', (bytes) => this.#receive(bytes));
    const open = () => this.#open(keepAlive, noDelay);
    if (!stream.connecting && !isStillSecuring(stream, isTls)) {
      nextTick(() => {
        this.failure ??= stream.errored ?? undefined;
        if (!stream.destroyed) open();
        else if (!this.#isClosed) native.lost(link);
      });
      return;
    }
    stream.once(isTls ? 'secureConnect' : 'connect', open);
    if (connectTimeout !== undefined && connectTimeout > 0) {
      this.#timer = setTimeout(() => this.#giveUp(), connectTimeout);
    }
  }

  /** @returns {Addresses} */
  get addresses() {
    const { localAddress, localPort, remoteAddress, remotePort } = this.stream;
    return {
      local: { address: localAddress, port: localPort },
      remote: { address: remoteAddress, port: remotePort },
    };
  }

  /**
   * @param {number | boolean | undefined} keepAlive
   * @param {boolean | undefined} noDelay
   */
  #open(keepAlive, noDelay) {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    if (noDelay !== false) this.stream.setNoDelay?.(true);
    if (typeof keepAlive === 'number' || keepAlive === true) {
      this.stream.setKeepAlive?.(true, Number(keepAlive === true ? 0 : keepAlive));
    }
    this.#isOpen = true;
    native.connected(this.#link);
    this.pull();
  }

  #giveUp() {
    this.failure ??= connectTimedOut();
    this.stream.destroy();
  }

  /** @param {Buffer} bytes */
  #receive(bytes) {
    if (this.#isClosed) return;
    if (native.received(this.#link, bytes)) this.stream.destroy();
  }

  /** Writes waiting bytes, unless the stream's buffer is full. */
  pull() {
    if (!this.#isOpen || this.#isClosed || this.#waitsForDrain) return;
    const bytes = native.takeUnsent(this.#link);
    if (bytes !== null && !this.stream.write(bytes)) {
      this.#waitsForDrain = true;
      this.stream.once('drain', () => {
        this.#waitsForDrain = false;
        this.pull();
      });
    } else if (this.#isEnding) this.stream.end();
  }

  /** Writes waiting bytes, then ends the stream. */
  end() {
    this.#isEnding = true;
    this.pull();
  }

  /** Native code has closed the Link. */
  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }
}

/**
 * Whether the TLS handshake is in progress on a connected socket.
 * @param {Duplex} stream
 * @param {unknown} isTls
 */
function isStillSecuring(stream, isTls) {
  if (!isTls || !(stream instanceof tls.TLSSocket)) return false;
  return /** @type {tls.TLSSocket & { secureConnecting: boolean }} */ (stream).secureConnecting;
}

/**
 * A TLS connection of Node. An address in the options of `tls` wins.
 * @param {LinkOptions} options
 */
function dialTls({ host, port, path, family, tls: given }) {
  /** @type {ConnectionOptions & { family?: number }} */
  const where = path ? { path } : { host, port, family };
  for (const name of /** @type {(keyof typeof where)[]} */ (Object.keys(where))) {
    if (where[name] === undefined) delete where[name];
  }
  return tls.connect({ ...where, ...(typeof given === 'object' ? given : {}) });
}

module.exports = { Feed, dialTls };
