'use strict';

const { protocol } = require('../protocol.js');
const { clearTimeout, setTimeout } = require('../time.js');
const { entryOf } = require('./replies.js');
const { pause } = require('./pause.js');

/** @import { GroupClient, GroupOptions } from './options.js' */
/** @import { EntryReply } from './replies.js' */

/**
 * The duplicate that reads.
 * @typedef {GroupClient & {
 *   disconnect(): unknown,
 *   on(event: string, listener: (error: unknown) => void): unknown,
 * }} ReadingClient
 */

/** @typedef {[stream: string, entries: EntryReply[]][] | null} ReadReply */

/**
 * `groupSilenceMs` is the time in addition to BLOCK after which the connection of a silent read is replaced. A blocked
 * read has `groupUnblockMs` to end before its connection is closed.
 */
const { groupSilenceMs, groupUnblockMs, groupUnblockEveryMs } = protocol.limits;

/** Without retries a lost connection ends its read. A new read learns the new connection's id. */
const IOREDIS_OPTIONS = {
  autoResendUnfulfilledCommands: true,
  commandTimeout: undefined,
  enableOfflineQueue: true,
  lazyConnect: false,
  maxRetriesPerRequest: 0,
};
/** Connections for blocking commands. */
const OWN_OPTIONS = { minPoolSize: 1, poolSize: 1, lazyConnect: true };

/**
 * Reads new entries for one consumer, on a separate connection, so that nothing waits behind a blocked read and the
 * read can be ended.
 */
class Reader {
  #client;
  /** @type {ReadingClient | undefined} */
  #connection;
  /**
   * The connection's id at the server; undefined if unknown.
   * @type {number | undefined}
   */
  #connectionId;
  #idleKey;
  #words;
  #blockMs;
  /** @type {Promise<ReadReply> | undefined} */
  #reading;
  #onError;

  /**
   * `onError` is called with the reason why the connection could not be made.
   * @param {GroupOptions} options
   * @param {(error: unknown) => void} onError
   */
  constructor({ client, stream, group, consumer, blockMs, batchSize }, onError) {
    this.#client = client;
    this.#idleKey = `${stream}:${consumer}`;
    this.#blockMs = blockMs;
    this.#onError = onError;
    const limits = ['COUNT', batchSize, 'BLOCK', blockMs];
    this.#words = ['GROUP', group, consumer, ...limits, 'STREAMS', stream, '>'];
  }

  open() {
    const connection = duplicateOf(this.#client);
    connection.on('error', this.#onError);
    connection.on('close', () => {
      if (this.#connection === connection) this.#connectionId = undefined;
    });
    this.#connection = connection;
    this.#connectionId = undefined;
  }

  /** Reads entries that were delivered to no consumer before. Answers none if none came in time. */
  async read() {
    const connection = /** @type {ReadingClient} */ (this.#connection);
    // A cluster's client has a connection for each node and does not say which it uses.
    if (this.#client.isCluster !== true) this.#connectionId ??= await idOf(connection, this.#idleKey);
    /** @type {Promise<ReadReply>} */
    const reading = connection.xreadgroup(...this.#words);
    this.#reading = reading;
    const watchdog = setTimeout(() => this.#replace(), this.#blockMs + groupSilenceMs);
    try {
      const reply = await reading;
      if (reply === null) return [];
      return reply[0][1].map((entry) => entryOf(entry, 1));
    } catch (error) {
      this.#connectionId = undefined;
      throw error;
    } finally {
      clearTimeout(watchdog);
      this.#reading = undefined;
    }
  }

  /** The read in flight fails. */
  #replace() {
    this.close();
    this.open();
  }

  /**
   * Ends a blocked read by a command to the server: entries sent to a connection that is being closed would be
   * delivered to no consumer.
   */
  async endRead() {
    if (this.#reading === undefined) return;
    const ended = new AbortController();
    const end = () => ended.abort();
    this.#reading.then(end, end);
    await Promise.race([this.#unblock(ended.signal), pause(groupUnblockMs, ended.signal)]);
    end();
  }

  close() {
    // Only once: a second disconnect of ioredis keeps the process alive for two seconds.
    this.#connection?.disconnect();
    this.#connection = undefined;
  }

  /**
   * More than once, because the read may not have arrived yet.
   * @param {AbortSignal} signal
   */
  async #unblock(signal) {
    while (!signal.aborted && this.#connectionId !== undefined) {
      try {
        await this.#client.call('CLIENT', 'UNBLOCK', this.#connectionId);
      } catch {
        return;
      }
      await pause(groupUnblockEveryMs, signal);
    }
  }
}

/**
 * The id of the connection that blocks, or undefined. A client may have several connections. The one that watches a
 * key runs the next transaction, and is the only one that blocks later. The key is one that is never written.
 * @param {ReadingClient} connection
 * @param {string} idleKey
 * @returns {Promise<number | undefined>}
 */
async function idOf(connection, idleKey) {
  try {
    await connection.watch(idleKey);
    const [[, id]] = await connection.multi().call('CLIENT', 'ID').exec();
    return id;
  } catch {
    // Without the id a stop takes longer. The read reports what is wrong with the connection.
    return undefined;
  }
}

/**
 * @param {GroupClient} client
 * @returns {ReadingClient}
 */
function duplicateOf(client) {
  if (client.isCluster === true) return client.duplicate();
  const { options = {} } = client;
  const isIoredis = 'maxRetriesPerRequest' in options && !('minPoolSize' in options);
  return client.duplicate(isIoredis ? IOREDIS_OPTIONS : OWN_OPTIONS);
}

module.exports = { Reader };
