'use strict';

const { randomInt } = require('node:crypto');
const { whenAborted } = require('../abort.js');
const { protocol } = require('../protocol.js');
const { clearInterval, setImmediate, setInterval } = require('../time.js');
const { eventOf } = require('./message.js');
const { Reader } = require('./reader.js');

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { AbortSignalLike } from '../../index.js' */

/** @typedef {InstanceType<typeof import('./message.js').Told>} Told */
/** @typedef {import('./channel.js').Reset} Reset */

const HEAD = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store, no-transform',
  'X-Accel-Buffering': 'no',
};
/** A browser does not connect again after it. */
const NO_CONTENT = 204;
const HEARTBEAT = Buffer.from(':\n\n');
const RESET = 'reset';
const { sseRetryMs: RETRY_MS } = protocol.limits;

/**
 * Responses that have events to write. Those of a turn of the event loop are written together, and what many write alike is joined
 * once.
 * @type {Set<Stream>}
 */
const unwritten = new Set();
/** @type {{ parts: readonly Buffer[], bytes: Buffer }} */
let joined = { parts: [], bytes: Buffer.alloc(0) };

function writeAll() {
  for (const stream of unwritten) stream.write();
  unwritten.clear();
  joined = { parts: [], bytes: Buffer.alloc(0) };
}

/** @param {readonly Buffer[]} parts */
function join(parts) {
  if (parts.length === 1) return parts[0];
  const { length } = parts;
  if (joined.parts.length !== length || !parts.every((part, index) => part === joined.parts[index])) {
    joined = { parts: [...parts], bytes: Buffer.concat(parts) };
  }
  return joined.bytes;
}

/** One response that streams events. It writes no faster than the client reads. */
class Stream {
  #response;
  #most;
  #onSlow;
  /** @type {Buffer[]} */
  #waiting = [];
  #bytes = 0;
  #isBlocked = false;
  isEnded = false;
  /** @type {NodeJS.Timeout | undefined} */
  #heartbeats;
  /** @type {((nothing: void) => void)[]} */
  #whenDrained = [];
  #onDrain = () => this.#drain();
  #onEnd;
  #onClose = () => this.#close();

  /**
   * @param {ServerResponse} response
   * @param {object} parts
   * @param {number} parts.maxBufferedBytes
   * @param {() => void} parts.onSlow The client does not read, so its connection is ended.
   * @param {() => void} parts.onEnd
   */
  constructor(response, { maxBufferedBytes, onSlow, onEnd }) {
    this.#response = response;
    this.#most = maxBufferedBytes;
    this.#onSlow = onSlow;
    this.#onEnd = onEnd;
    response.on('drain', this.#onDrain);
    response.on('close', this.#onClose);
    response.on('error', this.#onClose);
  }

  /**
   * Sends the head, and when a browser connects again.
   * @param {number} heartbeatMs
   * @param {string} position The browser names it when it connects again.
   */
  open(heartbeatMs, position) {
    // Without chunks the response is what follows until its end, so each event is one write.
    this.#response.removeHeader('Transfer-Encoding');
    this.#response.writeHead(200, HEAD);
    this.send(Buffer.from(`retry: ${randomInt(RETRY_MS, 2 * RETRY_MS + 1)}\n${position}\n`));
    this.#heartbeats = setInterval(() => {
      // What waits shows as well that the connection is used.
      if (!this.#isBlocked) this.send(HEARTBEAT);
    }, heartbeatMs).unref();
  }

  /**
   * Writes at the end of this turn of the event loop, or when the client has read what was written before.
   * @param {Buffer} bytes
   */
  send(bytes) {
    if (this.isEnded) return;
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    if (!this.#isBlocked) {
      if (unwritten.size === 0) setImmediate(writeAll);
      unwritten.add(this);
    }
    if (this.#bytes > this.#most) this.write();
    if (!this.#isBlocked || this.#bytes + (this.#response.writableLength ?? 0) <= this.#most) return;
    this.#onSlow();
    this.#response.destroy();
    this.#close();
  }

  /** Writes what waits. */
  write() {
    if (this.isEnded || this.#isBlocked || this.#waiting.length === 0) return;
    const bytes = join(this.#waiting);
    this.#waiting.length = 0;
    this.#bytes = 0;
    this.#isBlocked = !this.#response.write(bytes);
  }

  /** @returns {Promise<void>} Resolves when the client reads again, or the connection has ended. */
  drained() {
    this.write();
    if (!this.#isBlocked || this.isEnded) return Promise.resolve();
    return new Promise((resolve) => this.#whenDrained.push(resolve));
  }

  #drain() {
    this.#isBlocked = false;
    this.write();
    if (!this.#isBlocked) for (const resume of this.#whenDrained.splice(0)) resume();
  }

  /** Leaves the response to others. */
  abandon() {
    this.#close();
  }

  /** Ends the response. */
  end() {
    if (this.isEnded) return;
    this.write();
    this.#close();
    this.#response.end();
  }

  #close() {
    if (this.isEnded) return;
    this.isEnded = true;
    clearInterval(this.#heartbeats);
    this.#waiting.length = 0;
    const response = this.#response;
    response.off('drain', this.#onDrain);
    response.off('close', this.#onClose);
    for (const resume of this.#whenDrained.splice(0)) resume();
    this.#onEnd();
  }
}

/** A topic of a response. */
class SseReader extends Reader {
  #send;
  #stream;

  /**
   * @param {ConstructorParameters<typeof Reader>[0] & { stream: Stream,
   *   send: (message: Told, reset: Reset | undefined) => void }} parts
   */
  constructor({ stream, send, ...parts }) {
    super(parts);
    this.#stream = stream;
    this.#send = send;
  }

  /**
   * @override
   * @param {Told} message
   * @param {Reset | undefined} reset
   */
  take(message, reset) {
    if (this.isEnded || !this.isNew(message)) return;
    this.#send(message, this.takeReset(reset));
  }

  /** Reads the stream until it has everything, as fast as the client reads. */
  async run() {
    this.begin();
    try {
      while (!this.isAttached && !this.isEnded) {
        await this.advance();
        await this.#stream.drained();
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** @override */
  end() {
    if (this.isEnded) return;
    super.end();
    this.#stream.end();
  }
}

/**
 * A topic of a response, as `sse` is given it.
 * @typedef {object} Streamed
 * @property {string} topic
 * @property {boolean} keeps
 * @property {Omit<ConstructorParameters<typeof Reader>[0], 'after'>} parts
 */

/**
 * Streams topics until the client leaves, `until` aborts, or the topics are closed.
 * @param {ServerResponse} response
 * @param {object} given
 * @param {readonly Streamed[]} given.topics
 * @param {ReadonlyMap<string, string>} given.after
 * @param {number} given.heartbeatMs
 * @param {number} given.maxBufferedBytes
 * @param {AbortSignalLike | undefined} given.until
 * @param {(topic: string, reset: Reset | undefined) => void} given.onSent
 * @param {() => void} given.onSlow
 * @returns {Promise<void>}
 */
async function stream(response, { topics, after, heartbeatMs, maxBufferedBytes, until, onSent, onSlow }) {
  const { promise, resolve } = ended();
  if (until?.aborted || response.destroyed) {
    if (!response.destroyed) response.writeHead(NO_CONTENT).end();
    return;
  }
  /** @type {Map<string, SseReader>} */
  const readers = new Map();
  const onEnd = () => {
    for (const reader of readers.values()) reader.end();
    resolve();
  };
  const events = new Stream(response, { maxBufferedBytes, onSlow, onEnd });
  const forget = until === undefined ? () => {} : whenAborted(until, () => events.end());
  const kept = topics.filter(({ keeps }) => keeps).map(({ topic }) => topic);
  const position = () => positionOf(kept, (topic) => /** @type {SseReader} */ (readers.get(topic)).at);
  for (const { topic, keeps, parts } of topics) {
    const send = (/** @type {Told} */ message, /** @type {Reset | undefined} */ reset) => {
      if (reset !== undefined) events.send(Buffer.from(eventOf(RESET, JSON.stringify({ topic, reset }))));
      if (!keeps) events.send(message.event(topic));
      else if (kept.length === 1) events.send(message.eventWithId(topic));
      else events.send(Buffer.concat([Buffer.from(position()), message.event(topic)]));
      onSent(topic, reset);
    };
    readers.set(topic, new SseReader({ ...parts, after: after.get(topic), stream: events, send }));
  }
  try {
    await Promise.all([...readers.values()].map((reader) => reader.start()));
  } catch (error) {
    forget();
    events.abandon();
    throw error;
  }
  if (!events.isEnded) {
    for (const reader of readers.values()) reader.place();
    events.open(heartbeatMs, position());
    for (const reader of readers.values()) reader.run();
  }
  await promise;
  forget();
}

/** A promise, and what resolves it. */
function ended() {
  /** @type {(nothing: void) => void} */
  let resolve = () => {};
  /** @type {Promise<void>} */
  const promise = new Promise((resolved) => {
    resolve = resolved;
  });
  return { promise, resolve };
}

/**
 * The line that names the place of a response. With one topic that keeps its messages it is the id of a message, with
 * several their names and ids.
 * @param {readonly string[]} kept
 * @param {(topic: string) => string} at
 */
function positionOf(kept, at) {
  if (kept.length === 0) return '';
  const places = kept.length === 1 ? at(kept[0]) : kept.map((topic) => `${topic}=${at(topic)}`).join(',');
  return `id: ${places}\n`;
}

module.exports = { stream };
