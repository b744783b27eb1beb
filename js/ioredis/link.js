'use strict';

/**
 * One connection to one server, without any policy. It dials once, moves bytes, and matches replies to requests. It
 * sends nothing of its own (no HELLO, no AUTH, no PING), has no deadline except `connectTimeout`, no bound, and
 * never reconnects.
 *
 *     const link = new Link(
 *       { host, port, path, family, tls, stream, connectTimeout, keepAlive, noDelay, makeReplyError, context },
 *       { onConnect(), onClose(error), onPush(message) },
 *     );
 *
 * Options have the names and units of Node's sockets: `family` 0, 4 or 6; `connectTimeout` in ms, 0 or none for the
 * system's limit; `keepAlive` in ms, 0 for the system's default, undefined or false for none; `noDelay` true.
 * `tls`, true or an object, is passed to Node's `tls.connect`, which then makes the connection: all its options,
 * certificates and errors apply. Any other duplex stream may be given as `stream`, connected or not. With either,
 * the bytes go through JavaScript; native code still encodes requests and parses replies.
 * `makeReplyError(message)` makes the error for an error reply, from the server's unchanged text. Handlers are
 * called in `context` (`../context.js`), by default in that of the Link's construction. Their exceptions reach
 * `uncaughtException`.
 *
 * `link.send(name, args, flags, resolve, reject)`
 *   sends a command. `args` are strings, Buffers and numbers in a flat list, and are copied. `flags` are those of
 *   `protocol.commandFlags`, or-ed: `buffers` (texts as Buffers), `flat` (HGETALL's reply as a list),
 *   `stringNumbers` (numbers as texts). Requests go out in order, in one write per tick. Before the connection is
 *   made they wait, without bound. `resolve(reply)` or `reject(error, wasSent)` is called once, in the order of the
 *   requests. They must not throw. They may send, end and destroy.
 *
 * `onConnect()` is called when the connection is made, before anything is sent.
 *
 * `onPush(message)` is called with messages that answer no request, in order with the replies, as arrays of Buffers
 *   and numbers: messages (`message`, `pmessage`, `smessage`), confirmations, lines of MONITOR (a Buffer), pushes of
 *   RESP3, and a reply without a waiting request (an Error for an error reply). A subscription sends one confirmation
 *   per channel, e.g. `[<subscribe>, <channel>, 1]`: each goes to `onPush`, and after the last one the request resolves
 *   with that one too. UNSUBSCRIBE without names resolves when no subscription of its kind is left. Without a
 *   subscription no reply is taken for a message, whatever the arguments.
 *
 * `onClose(error)` is called once, and last. `error` is undefined if the server closed the stream in order, or after
 *   `end()` or `destroy()`. Before it, every request without a reply is rejected, in order, with the same `error`, or
 *   with `Error('Connection is closed.')` if there is none. `wasSent` says whether any byte of the request may have
 *   reached the server. Errors look like Node's: `connect ECONNREFUSED 127.0.0.1:6379` with code, errno, syscall,
 *   address, port; `getaddrinfo ENOTFOUND host` with hostname; `connect ETIMEDOUT` after `connectTimeout`;
 *   `read ECONNRESET`.
 *
 * `link.end()` works like a socket's `end()`: it writes what was sent, then ends the stream. The server sends its
 *   remaining replies and closes. `link.destroy()` closes at once; rejections and `onClose` come in the next tick.
 *   A command that is sent after either, or after `onClose`, is rejected in the next tick.
 *
 * An open Link keeps the process alive: `link.unref()`, `link.ref()`. `link.localAddress`, `localPort`,
 * `remoteAddress`, `remotePort` are known once it is connected. `link.traffic()` gives
 * `{ bytesRead, bytesWritten, idleMs }`, or null once it is closed.
 */

const { Bridge } = require('../bridge.js');
const { Context } = require('../context.js');
const { OrgCacheError } = require('../errors.js');
const { loadNative } = require('../native.js');
const { head, protocol } = require('../protocol.js');
const { clearTimeout, nextTick, setTimeout } = require('../time.js');
const { Feed, dialTls } = require('./feed.js');
const { errorOf } = require('./socket-error.js');

/**
 * @import { ErrorCode } from '../../index.js'
 * @import { CommandError } from './errors.js'
 * @import { Addresses, NodeStream } from './feed.js'
 * @import { TlsOption } from './options.js'
 * @import { SocketFailure } from './socket-error.js'
 * @import { Argument } from './encode-arguments.js'
 *
 * @typedef {InstanceType<typeof Bridge>} Bridge
 * @typedef {InstanceType<typeof Context>} Context
 * @typedef {InstanceType<typeof Feed>} Feed
 *
 * @typedef {object} LinkOptions
 * @property {string} [host]
 * @property {number} [port]
 * @property {string} [path]
 * @property {number} [family]
 * @property {TlsOption} [tls]
 * @property {NodeStream} [stream]
 * @property {number} [connectTimeout]
 * @property {number | boolean} [keepAlive]
 * @property {boolean} [noDelay]
 * @property {(message: string) => Error} [makeReplyError]
 * @property {Context} [context]
 *
 * @typedef {object} LinkHandlers
 * @property {() => void} [onConnect]
 * @property {(error?: Error) => void} [onClose]
 * @property {(message: unknown) => void} [onPush]
 *
 * @typedef {object} BridgedLink The interface of a Link for the bridge.
 * @property {string | undefined} target
 * @property {(code: ErrorCode, message: string) => Error} makeError
 * @property {(event: number, value: unknown) => void} handleEvent
 * @property {(() => void) | undefined} submitted
 * @property {Error | undefined} lost
 */

const { linkEvents, verbs } = protocol;
const { link: native } = loadNative();
const COMMAND = head(verbs.command, 0, 0);
/** Time for native code to report the end of a destroyed connection. */
const PATIENCE_MS = 250;
const CLOSED_MESSAGE = 'Connection is closed.';

class Link {
  /** @type {Bridge} */
  #bridge;
  /**
   * The Link's number in native code.
   * @type {number}
   */
  #number;
  /** @type {BridgedLink} */
  #link;
  /**
   * Moves the bytes if they go over a stream of Node.
   * @type {Feed | undefined}
   */
  #feed;
  /** @type {LinkHandlers} */
  #handlers;
  /** @type {Context} */
  #context;
  /** No more commands can be sent. */
  #isEnding = false;
  #isDestroyed = false;
  #isClosed = false;
  /**
   * Timer until the end is reported.
   * @type {NodeJS.Timeout | undefined}
   */
  #patience;
  /**
   * The error of the connection's end, if it was not closed in order.
   * @type {Error | undefined}
   */
  #failure;
  /** @type {Partial<Addresses>} */
  #addresses = {};

  /**
   * @param {LinkOptions} options
   * @param {LinkHandlers} handlers
   */
  constructor(options, handlers) {
    this.#handlers = handlers;
    const { makeReplyError = replyError, context = new Context() } = options;
    const { stream = options.tls ? context.run(dialTls, options) : undefined } = options;
    this.#context = context;
    this.#link = {
      target: stream === undefined ? JSON.stringify(targetOf(options)) : undefined,
      makeError: (code, message) =>
        code === 'E_REPLY' ? makeReplyError(message) : new OrgCacheError(code, message),
      handleEvent: (event, value) => this.#handleEvent(event, value),
      submitted: undefined,
      lost: undefined,
    };
    this.#bridge = new Bridge({}, () => {}, { link: this.#link, context });
    this.#number = this.#bridge.open();
    if (stream === undefined) return;
    this.#feed = context.run(() => new Feed(stream, this.#number, options));
    this.#link.submitted = () => /** @type {Feed} */ (this.#feed).pull();
  }

  get isClosed() {
    return this.#isClosed;
  }

  get localAddress() {
    return this.#addresses.local?.address;
  }

  get localPort() {
    return this.#addresses.local?.port;
  }

  get remoteAddress() {
    return this.#addresses.remote?.address;
  }

  get remotePort() {
    return this.#addresses.remote?.port;
  }

  /** The stream of Node that carries the bytes, if there is one. */
  get stream() {
    return this.#feed?.stream;
  }

  /**
   * @param {string} name
   * @param {(Argument | number)[]} args
   * @param {number} flags
   * @param {(reply: unknown) => void} resolve
   * @param {(error: CommandError, wasSent?: boolean) => void} reject
   */
  send(name, args, flags, resolve, reject) {
    if (this.#isEnding) {
      nextTick(reject, new Error(CLOSED_MESSAGE), false);
      return;
    }
    this.#bridge.command(COMMAND | (flags << 8), name, args, resolve, reject);
  }

  end() {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#bridge.submitNow();
    if (this.#feed === undefined) native.end(this.#number);
    else this.#feed.end();
  }

  destroy() {
    if (this.#isDestroyed || this.#isClosed) return;
    this.#isDestroyed = true;
    this.#isEnding = true;
    nextTick(() => {
      if (this.#isClosed) return;
      this.#bridge.submitNow();
      if (this.#feed !== undefined) this.#feed.stream.destroy();
      else this.#destroyNative();
    });
  }

  /** At the second call, native code does not wait for the I/O thread, which may be blocked. */
  #destroyNative() {
    native.destroy(this.#number);
    if (!this.#isClosed) this.#patience = setTimeout(() => native.destroy(this.#number), PATIENCE_MS);
  }

  ref() {
    return this.#hold(true);
  }

  unref() {
    return this.#hold(false);
  }

  /** @param {boolean} keepsAlive */
  #hold(keepsAlive) {
    if (this.#isClosed) return this;
    if (this.#feed === undefined) native.hold(this.#number, keepsAlive);
    else this.#feed.stream[keepsAlive ? 'ref' : 'unref']?.();
    return this;
  }

  /** @returns {{ bytesRead: number, bytesWritten: number, idleMs: number } | null} */
  traffic() {
    return this.#isClosed ? null : JSON.parse(native.traffic(this.#number));
  }

  /**
   * @param {number} event
   * @param {unknown} value
   */
  #handleEvent(event, value) {
    switch (event) {
      case linkEvents.connected:
        this.#addresses = this.#feed?.addresses ?? JSON.parse(/** @type {string} */ (value));
        // A call of `destroy()` meanwhile comes first.
        if (!this.#isDestroyed) this.#call(this.#handlers.onConnect);
        break;
      case linkEvents.breaking:
        this.#break(JSON.parse(/** @type {string} */ (value)));
        break;
      case linkEvents.closed:
        this.#isClosed = true;
        clearTimeout(this.#patience);
        this.#feed?.close();
        this.#bridge.closeLink();
        this.#call(this.#handlers.onClose, this.#failure);
        break;
      default:
        this.#call(this.#handlers.onPush, value);
    }
  }

  /** @param {SocketFailure | null} described */
  #break(described) {
    if (!this.#isEnding) this.#failure = described === null ? this.#feed?.failure : errorOf(described);
    this.#isEnding = true;
    this.#link.lost = this.#failure ?? new Error(CLOSED_MESSAGE);
  }

  /**
   * @template T
   * @param {((value: T) => void) | undefined} handler
   * @param {T} [value]
   */
  #call(handler, value) {
    this.#context.call(() => handler?.call(this.#handlers, /** @type {T} */ (value)));
  }
}

/**
 * The target as native code reads it.
 * @param {LinkOptions} options
 */
function targetOf({ host = 'localhost', port = 6379, path, family = 0, connectTimeout, keepAlive, noDelay }) {
  const keepAliveMs = typeof keepAlive === 'number' ? keepAlive : keepAlive === true ? 0 : undefined;
  return {
    ...(path ? { path: String(path) } : { host: String(host), port: Number(port), family: Number(family) }),
    connectTimeoutMs:
      /** @type {number} */ (connectTimeout) > 0
        ? Math.ceil(/** @type {number} */ (connectTimeout))
        : undefined,
    keepAliveMs:
      /** @type {number} */ (keepAliveMs) >= 0 ? Math.ceil(/** @type {number} */ (keepAliveMs)) : undefined,
    noDelay: noDelay !== false,
  };
}

/** @param {string} message */
function replyError(message) {
  const error = new Error(message);
  error.name = 'ReplyError';
  return error;
}

module.exports = { Link };
