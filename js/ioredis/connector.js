'use strict';

const { connectionClosed } = require('./errors.js');
const { LinkStream } = require('./stream.js');
const { clearTimeout, nextTick, setTimeout } = require('../time.js');

/**
 * @import { Duplex } from 'node:stream'
 * @import { ClientOptions, TlsOption } from './options.js'
 *
 * @typedef {InstanceType<typeof LinkStream>} LinkStream
 *
 * @typedef {{ host?: string, port?: number, path?: string, family?: number, tls?: TlsOption }} Target
 * @typedef {Record<string, string>} ServerInfo The fields of INFO.
 * @typedef {(event: string, error: Error) => void} Tell
 * @typedef {AbstractConnector & { connect(tell: Tell): Promise<LinkStream | Duplex> }} Connector
 */

/** Ports are less than this. */
const PORTS = 65536;

/** Finds a server and dials it. `connect` answers a stream, which may not be connected yet. */
class AbstractConnector {
  connecting = false;
  /** @type {LinkStream | undefined} */
  stream = undefined;
  /**
   * The error of a stream that failed before it had a listener.
   * @type {Error | undefined}
   */
  firstError = undefined;
  /** @type {number} */
  #disconnectTimeout;

  /** @param {number} disconnectTimeout */
  constructor(disconnectTimeout) {
    this.#disconnectTimeout = disconnectTimeout;
  }

  /**
   * Whether a server with this INFO is the requested one.
   * @param {ServerInfo} [_info]
   * @returns {boolean}
   */
  check(_info) {
    return true;
  }

  /** Ends the stream. Destroys it if the server does not close it. */
  disconnect() {
    this.connecting = false;
    const { stream } = this;
    if (!stream || stream.destroyed) return;
    const timer = setTimeout(() => stream.destroy(), this.#disconnectTimeout);
    stream.once('close', () => clearTimeout(timer));
    stream.end();
  }

  /**
   * A stream to that server, with the options that hold for every stream.
   * @param {Target} target
   * @param {Pick<ClientOptions, 'connectTimeout' | 'keepAlive' | 'noDelay'>} options
   * @returns {LinkStream}
   */
  dial(target, { connectTimeout, keepAlive, noDelay }) {
    const stream = new LinkStream({ ...target, connectTimeout, keepAlive, noDelay });
    this.stream = stream;
    stream.once('error', (error) => {
      this.firstError = error;
    });
    return stream;
  }
}

/** One server with the address in the options. */
class StandaloneConnector extends AbstractConnector {
  /** @param {ClientOptions} options */
  constructor(options) {
    super(options.disconnectTimeout);
    this.options = options;
  }

  /** @returns {Promise<LinkStream>} */
  connect() {
    this.connecting = true;
    // In a later tick, so that a client which is disconnected right after its construction never dials.
    return new Promise((resolve, reject) => {
      nextTick(() => {
        if (!this.connecting) reject(connectionClosed());
        else resolveOrReject(() => this.dial(targetOf(this.options), this.options), resolve, reject);
      });
    });
  }
}

/**
 * @template T
 * @param {() => T} work
 * @param {(value: T) => void} resolve
 * @param {(error: unknown) => void} reject
 */
function resolveOrReject(work, resolve, reject) {
  try {
    resolve(work());
  } catch (error) {
    reject(error);
  }
}

/**
 * Throws Node's error for a wrong port.
 * @param {unknown} port
 */
function checkPort(port) {
  const number = Number(port);
  if (Number.isInteger(number) && number >= 0 && number < PORTS) return;
  const error = new RangeError(
    `Port should be >= 0 and < ${PORTS}. Received type ${typeof port} (${String(port)}).`,
  );
  throw Object.assign(error, { code: 'ERR_SOCKET_BAD_PORT' });
}

/**
 * @param {ClientOptions} options
 * @returns {Target}
 */
function targetOf({ path, host, port, family, tls }) {
  // An address among the TLS options counts, as with `tls.connect`.
  const given = tls && typeof tls === 'object' ? tls : {};
  /** @type {Target} */
  const target = path
    ? { path: given.path ?? path }
    : {
        // null means no address, as with ioredis.
        host: given.host ?? host ?? undefined,
        port: given.port ?? port ?? undefined,
        family: given.family ?? family ?? undefined,
      };
  if (target.port !== undefined) checkPort(target.port);
  return tls ? { ...target, tls: given } : target;
}

module.exports = { AbstractConnector, StandaloneConnector };
