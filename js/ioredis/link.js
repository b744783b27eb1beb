'use strict';

/**
 * One connection to one server, without any policy: it dials once, moves bytes, pairs requests with replies. It says
 * nothing of its own to the server (no HELLO, no AUTH, no PING), has no deadline but `connectTimeout`, no bound, and
 * is never made anew.
 *
 *     const link = new Link(
 *       { host, port, path, family, tls, stream, connectTimeout, keepAlive, noDelay, makeReplyError, context },
 *       { onConnect(), onClose(error), onPush(message) },
 *     );
 *
 * Options have the names and units of Node's sockets: `family` 0, 4 or 6; `connectTimeout` in ms, none or 0 for as
 * long as the system tries; `keepAlive` in ms, 0 as the system has it, undefined or false for none; `noDelay` true.
 * `tls`, true or an object, is for Node's `tls.connect`, which then makes the connection: all its options count, its
 * certificates and its errors. Any other duplex stream may be given as `stream`, connected or not. Over both, the bytes
 * go through JavaScript; native code still makes requests and reads replies.
 * `makeReplyError(message)` makes the error of an error reply, with the server's text as it is. Handlers are called in
 * `context` (`../context.js`), by default that in which the Link is made; what they throw reaches `uncaughtException`.
 *
 * `link.send(name, args, flags, resolve, reject)`
 *   sends a command. `args` are strings, Buffers and numbers, flat, and taken by value. `flags` are of
 *   `protocol.commandFlags`, or-ed: `buffers` (texts as Buffers), `flat` (no object of HGETALL's reply),
 *   `stringNumbers` (numbers as texts). Requests go out in order, in one write a tick; before the connection stands
 *   they wait, without bound. `resolve(reply)` or `reject(error, wasSent)` is called once, in the order of the
 *   requests; neither may throw. They may send, end and destroy.
 *
 * `onConnect()` comes when the connection stands, before anything is sent.
 *
 * `onPush(message)` is given what answers no request, in order with the replies, in arrays of Buffers and numbers:
 *   messages (`message`, `pmessage`, `smessage`), confirmations, after MONITOR its lines (a Buffer), pushes of RESP3, and
 *   a reply for which no request waits (an Error where it is one). A subscription sends one confirmation a channel, e.g.
 *   `[<subscribe>, <channel>, 1]`: each goes to `onPush`, and behind the last one the request resolves with that one
 *   too. UNSUBSCRIBE without names ends when nothing of its kind is left. While nothing is subscribed no reply is
 *   taken for a message, whatever its arguments.
 *
 * `onClose(error)` comes once, and last. `error` is undefined where the server closed the stream in order, or an end or
 *   destroy was asked for. Before it every request without a reply is rejected, in order, with the same `error`, or
 *   `Error('Connection is closed.')` where there is none; `wasSent` says whether any byte of it may have reached the
 *   server. Errors look as Node's: `connect ECONNREFUSED 127.0.0.1:6379` with code, errno, syscall, address, port;
 *   `getaddrinfo ENOTFOUND host` with hostname; `connect ETIMEDOUT` after `connectTimeout`; `read ECONNRESET`.
 *
 * `link.end()`: as a socket's `end()`: what was sent is written, then the server is told that nothing more comes; it
 *   answers what it has and closes. `link.destroy()`: at once; rejections and `onClose` come in the next tick.
 *   What is sent after either, or after `onClose`, is rejected in the next tick.
 *
 * An open Link keeps the process alive: `link.unref()`, `link.ref()`. `link.localAddress`, `localPort`, `remoteAddress`,
 * `remotePort` once it stands; `link.traffic()` gives `{ bytesRead, bytesWritten, idleMs }`, null once it is closed.
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
 * @typedef {object} BridgedLink What the bridge needs of a Link.
 * @property {string | undefined} target
 * @property {(code: ErrorCode, message: string) => Error} makeError
 * @property {(slot: number, value: unknown) => void} told
 * @property {(() => void) | undefined} submitted
 * @property {Error | undefined} lost
 */

const { linkSlots, verbs } = protocol;
const { link: native } = loadNative();
const COMMAND = head(verbs.command, 0, 0);
/** Within it native code tells the end of a connection that was destroyed. */
const PATIENCE_MS = 250;
const CLOSED_MESSAGE = 'Connection is closed.';

class Link {
  /** @type {Bridge} */
  #bridge;
  /**
   * The number by which native code knows it.
   * @type {number}
   */
  #number;
  /** @type {BridgedLink} */
  #link;
  /**
   * Moves the bytes where they go over a stream of Node.
   * @type {Feed | undefined}
   */
  #feed;
  /** @type {LinkHandlers} */
  #handlers;
  /** @type {Context} */
  #context;
  /** No more can be sent. */
  #isEnding = false;
  #isDestroyed = false;
  #isClosed = false;
  /**
   * Until the end is told.
   * @type {NodeJS.Timeout | undefined}
   */
  #patience;
  /**
   * Of the connection's end, where that was none in order.
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
      told: (slot, value) => this.#told(slot, value),
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

  /** The stream of Node over which the bytes go, where there is one. */
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

  /** Asked a second time, native code does not wait for its other thread, which may be held up. */
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
   * @param {number} slot
   * @param {unknown} value
   */
  #told(slot, value) {
    switch (slot) {
      case linkSlots.connected:
        this.#addresses = this.#feed?.addresses ?? JSON.parse(/** @type {string} */ (value));
        // What was asked for meanwhile comes first.
        if (!this.#isDestroyed) this.#call(this.#handlers.onConnect);
        break;
      case linkSlots.breaking:
        this.#break(JSON.parse(/** @type {string} */ (value)));
        break;
      case linkSlots.closed:
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
 * As native code reads it.
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
