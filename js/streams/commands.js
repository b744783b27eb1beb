'use strict';

const { protocol } = require('../protocol.js');
const { now } = require('../time.js');
const { entryOf, isBefore, isGroupMissing, objectOf, refusalOf } = require('./replies.js');
const DEAD_LETTER = require('./scripts/dead-letter.lua.js');
const FORGET_CONSUMER = require('./scripts/forget-consumer.lua.js');

/** @import { GroupOptions } from './options.js' */
/** @import { EntryReply, Held } from './replies.js' */

/**
 * The result of a claim: the cursor of the next claim, or null at the end; the claimed entries; the number of
 * entries that were no longer in the stream, which settles them.
 * @typedef {{ cursor: string | null, entries: Held[], deleted: number }} Claimed
 */

/**
 * An entry. A deleted one is null, or has null in place of its fields.
 * @typedef {[next: string, found: (EntryReply | [id: string, gone: null] | null)[], gone?: string[]]} ClaimReply
 */
/** @typedef {[id: string, consumer: string, idleMs: number, deliveries: number][]} PendingReply */
/** @typedef {(id: string) => boolean} IsInFlight */

/**
 * The number of pending entries that XAUTOCLAIM looks at for each requested entry, and the length of the reason that a
 * dead letter keeps.
 */
const { groupLookedAtPerClaim, groupReasonCharacters } = protocol.limits;
const FIRST_ID = '0-0';

/** The commands of one consumer of a group, except reading. Rejects like the client. */
class GroupCommands {
  #client;
  #stream;
  #group;
  #consumer;
  #deadLetterStream;
  #minIdleMs;
  /** The last id that the group is known to have delivered. */
  #position = FIRST_ID;

  /** @param {GroupOptions} options */
  constructor({ client, stream, group, consumer, deadLetterStream, minIdleMs }) {
    this.#client = client;
    this.#stream = stream;
    this.#group = group;
    this.#consumer = consumer;
    this.#deadLetterStream = deadLetterStream;
    this.#minIdleMs = minIdleMs;
  }

  /**
   * Creates the stream and the group if they are missing.
   * @param {string} from
   */
  async create(from) {
    try {
      await this.#client.xgroup('CREATE', this.#stream, this.#group, from, 'MKSTREAM');
    } catch (error) {
      if (refusalOf(error) !== 'BUSYGROUP') throw error;
    }
    await this.lookUpPosition();
  }

  /**
   * Creates a deleted group again at its last position. Entries that other consumers had read since may come twice,
   * none is skipped. A new stream is read from its beginning.
   */
  async createAgain() {
    const last = await this.#lastOfStream();
    const isSameStream = last !== null && !isBefore(last, this.#position);
    if (!isSameStream) this.#position = FIRST_ID;
    await this.create(this.#position);
  }

  /** Reads the group's position, which all consumers share. */
  async lookUpPosition() {
    /** @type {unknown[][]} */
    const replies = await this.#client.xinfo('GROUPS', this.#stream);
    const groups = replies.map(objectOf);
    const own = groups.find(({ name }) => name === this.#group);
    if (own !== undefined) this.advance(String(own['last-delivered-id']));
  }

  /** @param {string} id */
  advance(id) {
    if (isBefore(this.#position, id)) this.#position = id;
  }

  /** @returns {Promise<string | null>} */
  async #lastOfStream() {
    try {
      const about = objectOf(await this.#client.xinfo('STREAM', this.#stream));
      return /** @type {string} */ (about['last-generated-id']);
    } catch (error) {
      if (/no such key/.test(/** @type {Error} */ (error).message)) return null;
      throw error;
    }
  }

  /**
   * Claims entries that were not settled for `minIdleMs`, from `cursor` on.
   * @param {string | null} cursor
   * @param {number} count
   * @param {IsInFlight} isInFlight
   * @returns {Promise<Claimed>}
   */
  async claim(cursor, count, isInFlight) {
    /** @type {ClaimReply} */
    const [next, found, gone = []] = await this.#client.xautoclaim(
      this.#stream,
      this.#group,
      this.#consumer,
      this.#minIdleMs,
      cursor ?? FIRST_ID,
      'COUNT',
      count,
    );
    const there = found.filter((entry) => entry !== null && entry[1] !== null && !isInFlight(entry[0]));
    const taken = /** @type {EntryReply[]} */ (there);
    const pending = await Promise.all(taken.map(([id]) => this.#pending(id)));
    const entries = [];
    for (const [index, entry] of taken.entries()) {
      const known = pending[index];
      if (known !== undefined) entries.push(entryOf(entry, known.deliveries));
    }
    let deleted = gone.length;
    // Redis 6.2 answers neither content nor id of a deleted entry, and leaves it pending.
    if (found.some((entry) => entry === null || entry[1] === null)) {
      const claimed = new Set(taken.map(([id]) => id));
      /** @type {IsInFlight} */
      const isKnown = (id) => claimed.has(id) || isInFlight(id);
      const end = next === FIRST_ID ? '+' : next;
      deleted += await this.#settleDeleted(cursor ?? '-', end, count * groupLookedAtPerClaim, isKnown);
    }
    return { cursor: next === FIRST_ID ? null : next, entries, deleted };
  }

  /**
   * @param {string} from
   * @param {string} to
   * @param {number} count
   * @param {IsInFlight} isKnown
   */
  async #settleDeleted(from, to, count, isKnown) {
    /** @type {PendingReply} */
    const own = await this.#client.xpending(this.#stream, this.#group, from, to, count, this.#consumer);
    const suspects = own.map(([id]) => id).filter((id) => !isKnown(id));
    const settled = await Promise.all(
      suspects.map(async (id) => {
        const [entry] = await this.#client.xrange(this.#stream, id, id);
        return entry === undefined ? this.acknowledge(id) : 0;
      }),
    );
    return settled.reduce((sum, count) => sum + count, 0);
  }

  /**
   * The state of an entry of this consumer: `{ deliveries }`; undefined if it belongs to another or is settled.
   * @param {string} id
   */
  async #pending(id) {
    /** @type {PendingReply} */
    const [found] = await this.#client.xpending(this.#stream, this.#group, id, id, 1, this.#consumer);
    return found && { deliveries: Number(found[3]) };
  }

  /**
   * Keeps entries from being claimed while they are handled.
   * @param {Held[]} entries
   */
  async renew(entries) {
    await this.#reclaim(entries, () => []);
  }

  /**
   * Releases entries that were not handled, so that others can claim them at once, as if they had not been
   * delivered.
   * @param {Held[]} entries
   */
  async handBack(entries) {
    await this.#reclaim(entries, ({ deliveries }) => ['IDLE', this.#minIdleMs, 'RETRYCOUNT', deliveries - 1]);
  }

  /**
   * @param {Held[]} entries
   * @param {(entry: Held) => (string | number)[]} options
   */
  async #reclaim(entries, options) {
    await Promise.all(
      entries.map(async (entry) => {
        if ((await this.#pending(entry.id)) === undefined) return;
        const words = [this.#stream, this.#group, this.#consumer, 0, entry.id, ...options(entry), 'JUSTID'];
        await this.#client.xclaim(...words);
        entry.heldSinceMs = now();
      }),
    );
  }

  /**
   * @param {string} id
   * @returns {Promise<number>}
   */
  acknowledge(id) {
    return this.#client.xack(this.#stream, this.#group, id);
  }

  /**
   * Makes the entry a dead letter. Answers false if it was settled meanwhile.
   * @param {Held} held
   * @param {string} reason
   */
  async deadLetter({ id, deliveries, entry }, reason) {
    const about = [
      ['dead:stream', this.#stream],
      ['dead:group', this.#group],
      ['dead:consumer', this.#consumer],
      ['dead:id', id],
      ['dead:deliveries', deliveries],
      ['dead:reason', reason.slice(0, groupReasonCharacters)],
    ].flat();
    const streams = [this.#stream, this.#deadLetterStream];
    const copy = await this.#client.eval(DEAD_LETTER, 2, ...streams, this.#group, id, ...about);
    if (copy !== 0) return copy !== null;
    // In this order a failure between the commands makes a second copy and loses nothing.
    await this.#client.xadd(this.#deadLetterStream, '*', ...about, ...entry.fieldsAndValues);
    await this.acknowledge(id);
    return true;
  }

  /** Removes this consumer from the group if it has no pending entries. */
  async forget() {
    try {
      await this.#client.eval(FORGET_CONSUMER, 1, this.#stream, this.#group, this.#consumer);
    } catch (error) {
      if (!isGroupMissing(error)) throw error;
    }
  }
}

module.exports = { GroupCommands };
