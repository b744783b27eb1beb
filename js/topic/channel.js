'use strict';

const { protocol } = require('../protocol.js');
const { epochMs } = require('../time.js');
const { Told, keptOf } = require('./message.js');
const { START, compare, msOf } = require('./positions.js');
const { Recent } = require('./recent.js');

/** @typedef {InstanceType<typeof import('./reader.js').Reader>} Reader */
/** @typedef {InstanceType<typeof Told>} Message */
/** @typedef {'trimmed' | 'unknown'} Reset */
/** @typedef {{ last: string, nowMs: number, messages: Message[] }} Page */

/**
 * @typedef {object} ChannelParts
 * @property {number | undefined} keptMs How long messages are kept; undefined where they are not.
 * @property {(after: string, limit: number) => Promise<Page>} page Messages behind a place.
 * @property {(after: string, isEnded: () => boolean) => Promise<Page | undefined>} pageAtLast The same, however long the server
 * is away.
 * @property {(channel: InstanceType<typeof Channel>) => Promise<() => void>} subscribe
 * @property {(reset: Reset) => void} onReset
 * @property {() => void} onDamaged Is called for what is no message.
 * @property {() => void} onUnused Nobody reads it any more.
 */

const { topicReaderBytes: MOST_AHEAD_BYTES } = protocol.limits;

/** A channel of a topic: one subscription, however many readers. */
class Channel {
  #parts;
  /**
   * Readers that get each message as it comes. Others read the stream.
   * @type {Set<Reader>}
   */
  #attached = new Set();
  /** @type {Set<Reader>} */
  #readers = new Set();
  #recent = new Recent();
  /** The last message that was told, in a topic that keeps its messages. */
  at = START;
  /** Whether the stream is being read; what comes meanwhile waits. */
  #isReading = false;
  #isMissing = false;
  /** @type {Message[]} */
  #ahead = [];
  #aheadBytes = 0;
  /**
   * What the next message is told with: the stream no longer has what was told last.
   * @type {Reset | undefined}
   */
  #doubt;
  /** @type {Promise<void> | undefined} */
  #started;
  /** @type {(() => void) | undefined} */
  #stop;
  isEnded = false;

  /** @param {ChannelParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  get #keeps() {
    return this.#parts.keptMs !== undefined;
  }

  get readers() {
    return this.#readers.size;
  }

  /** @param {Reader} reader */
  join(reader) {
    this.#readers.add(reader);
  }

  /** @param {Reader} reader */
  leave(reader) {
    this.#attached.delete(reader);
    this.#readers.delete(reader);
    if (this.#readers.size === 0) this.#end();
  }

  /** The reader reads the stream itself from now on. */
  detach(/** @type {Reader} */ reader) {
    this.#attached.delete(reader);
  }

  /** Resolves when the server has confirmed the subscription, and the place of the next message is known. */
  start() {
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start() {
    this.#isReading = this.#keeps;
    try {
      const stop = await this.#parts.subscribe(this);
      if (this.isEnded) return stop();
      this.#stop = stop;
      if (!this.#keeps) return;
      const { last } = await this.#parts.page(START, 0);
      this.at = last;
    } catch (error) {
      this.#end();
      throw error;
    }
    this.#isReading = false;
    this.#takeAhead();
  }

  #end() {
    if (this.isEnded) return;
    this.isEnded = true;
    this.#stop?.();
    this.#parts.onUnused();
  }

  /** Ends all readers. */
  close() {
    this.#end();
    for (const reader of [...this.#readers]) reader.end();
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#end();
    for (const reader of [...this.#readers]) reader.fail(error);
  }

  /**
   * A reader gets each message from now on, if it has everything up to this channel's place, or what it lacks is here. Else it
   * must read on first.
   * @param {Reader} reader
   */
  attach(reader) {
    const isBehind = this.#keeps && compare(reader.at, this.at) < 0;
    const missing = isBehind ? this.#recent.after(reader.at) : [];
    if (missing === undefined) return;
    reader.isAttached = true;
    this.#attached.add(reader);
    for (const message of missing) if (reader.isAttached) reader.take(message, undefined);
  }

  /** @param {string} said What the channel said. */
  take(said) {
    if (!this.#keeps) return this.#tell(new Told(null, START, said, epochMs()), undefined);
    const message = keptOf(said);
    if (message === undefined) return this.#parts.onDamaged();
    if (!this.#isReading) return this.#accept(message);
    this.#ahead.push(message);
    this.#aheadBytes += message.bytes;
    if (this.#aheadBytes <= MOST_AHEAD_BYTES) return undefined;
    // The stream has them all.
    this.#ahead.length = 0;
    this.#aheadBytes = 0;
    this.#isMissing = true;
    return undefined;
  }

  /** @param {Message} message */
  #accept(message) {
    const { id, before } = message;
    if (compare(String(id), this.at) <= 0) return;
    if (before === this.at) this.#pass(message, undefined);
    else if (before === START) this.#pass(message, this.#isExpired(msOf(String(id))) ? undefined : 'unknown');
    // A primary that took over has lost what came after `before`, and nothing else.
    else if (compare(before, this.at) < 0) this.#pass(message, undefined);
    else this.#catchUp();
  }

  /**
   * Whether a stream that ends at this channel's place has ended by itself at a time of the server.
   * @param {number} nowMs
   */
  #isExpired(nowMs) {
    return this.at === START || nowMs - msOf(this.at) >= /** @type {number} */ (this.#parts.keptMs);
  }

  /**
   * @param {Message} message
   * @param {Reset | undefined} reset
   */
  #pass(message, reset) {
    this.at = String(message.id);
    const why = reset ?? this.#doubt;
    this.#doubt = undefined;
    this.#recent.add(message, why !== undefined);
    this.#tell(message, why);
  }

  /**
   * @param {Message} message
   * @param {Reset | undefined} reset
   */
  #tell(message, reset) {
    if (reset !== undefined) this.#parts.onReset(reset);
    for (const reader of this.#attached) reader.take(message, reset);
  }

  /**
   * Messages may be missing.
   * @param {number} gapMs Of a time of this length.
   */
  missed(gapMs) {
    if (!this.#keeps) {
      this.#parts.onReset('unknown');
      for (const reader of this.#readers) reader.lost('unknown');
    } else if (this.#isReading) this.#isMissing = true;
    else this.#catchUp(gapMs);
  }

  #catchUp(gapMs = 0) {
    this.#isReading = true;
    this.#readAll(gapMs).catch((error) => this.#fail(error));
  }

  /** @param {number} gapMs */
  async #readAll(gapMs) {
    do {
      this.#isMissing = false;
      if (!(await this.#readBehind(gapMs))) return;
    } while (this.#isMissing);
    this.#isReading = false;
    this.#takeAhead();
  }

  /**
   * Tells what the stream has behind this channel's place. Answers false where the channel has ended meanwhile.
   * @param {number} gapMs
   */
  async #readBehind(gapMs) {
    for (;;) {
      const page = await this.#parts.pageAtLast(this.at, () => this.isEnded);
      if (page === undefined) return false;
      for (const message of page.messages) {
        this.#pass(message, message.before === this.at ? undefined : 'trimmed');
      }
      if (compare(page.last, this.at) < 0) this.#streamIsGone(page, gapMs);
      if (page.messages.length === 0 || compare(page.last, this.at) <= 0) return true;
    }
  }

  /**
   * The stream ends before what was told last. Where it ended by itself, nothing can have come meanwhile.
   * @param {Page} page
   * @param {number} gapMs
   */
  #streamIsGone({ last, nowMs }, gapMs) {
    const isSure = this.#isExpired(nowMs) && gapMs < /** @type {number} */ (this.#parts.keptMs);
    if (!isSure) this.#doubt = 'unknown';
    this.at = last;
  }

  #takeAhead() {
    const ahead = this.#ahead;
    this.#ahead = [];
    this.#aheadBytes = 0;
    if (this.#isMissing) {
      this.#catchUp();
      return;
    }
    for (const message of ahead) {
      // It began to read again: the stream has the rest.
      if (this.#isReading) return;
      this.#accept(message);
    }
  }
}

module.exports = { Channel };
