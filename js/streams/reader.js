'use strict';

const { entryOf } = require('./replies.js');
const { pause } = require('./pause.js');

/** How much longer than its BLOCK a read may take before its connection is replaced. */
const SILENCE_MS = 5_000;
/** How long the end of a blocked read is waited for before its connection is closed. */
const UNBLOCK_MS = 500;
const UNBLOCK_EVERY_MS = 20;

/**
 * Reads new entries for one consumer, over a connection of its own where the client would otherwise make its
 * other commands wait behind a blocked read.
 */
class Reader {
  #client;
  #connection;
  #isDuplicate = false;
  /** Of the connection at the server; undefined where it is not known. */
  #connectionId;
  #words;
  #blockMs;
  #reading;

  constructor({ client, stream, group, consumer, blockMs, batchSize }) {
    this.#client = client;
    this.#blockMs = blockMs;
    const limits = ['COUNT', batchSize, 'BLOCK', blockMs];
    this.#words = ['GROUP', group, consumer, ...limits, 'STREAMS', stream, '>'];
  }

  /** `onError` is told why the connection could not be made. */
  open(onError) {
    const client = this.#client;
    this.#isDuplicate = typeof client.duplicate === 'function' && client.hasConnectionsForBlocking !== true;
    this.#connection = this.#isDuplicate ? duplicateOf(client) : client;
    if (!this.#isDuplicate) return;
    this.#connection.on('error', onError);
    this.#connection.on('close', () => {
      this.#connectionId = undefined;
    });
  }

  /** Entries that nobody was given before; none where none came in time. */
  async read() {
    if (this.#isDuplicate && !this.#client.isCluster) {
      this.#connectionId ??= await this.#connection.call('CLIENT', 'ID');
    }
    this.#reading = this.#connection.xreadgroup(...this.#words);
    const watchdog = this.#isDuplicate
      ? setTimeout(() => this.#connection.disconnect(true), this.#blockMs + SILENCE_MS)
      : undefined;
    try {
      const reply = await this.#reading;
      if (reply === null) return [];
      return reply[0][1].map((entry) => entryOf(entry, 1));
    } finally {
      clearTimeout(watchdog);
      this.#reading = undefined;
    }
  }

  /**
   * Ends a read that is blocked: the server is asked to, since what it sends to a connection that is being
   * closed would be delivered to nobody.
   */
  async endRead() {
    if (this.#reading === undefined) return;
    const ended = new AbortController();
    const end = () => ended.abort();
    this.#reading.then(end, end);
    await Promise.race([this.#unblock(ended.signal), pause(UNBLOCK_MS, ended.signal)]);
    end();
  }

  close() {
    // Once only: a second disconnect of ioredis keeps the process alive for two seconds.
    if (this.#isDuplicate) this.#connection.disconnect();
    this.#isDuplicate = false;
  }

  /** More than once, since the read may be on its way. */
  async #unblock(signal) {
    while (!signal.aborted && this.#connectionId !== undefined) {
      try {
        await this.#client.call('CLIENT', 'UNBLOCK', this.#connectionId);
      } catch {
        return;
      }
      await pause(UNBLOCK_EVERY_MS, signal);
    }
  }
}

/** With no retries a lost connection ends its read; made anew, the read knows the new connection's id. */
function duplicateOf(client) {
  if (client.isCluster) return client.duplicate();
  return client.duplicate({
    autoResendUnfulfilledCommands: true,
    commandTimeout: undefined,
    enableOfflineQueue: true,
    lazyConnect: false,
    maxRetriesPerRequest: 0,
  });
}

module.exports = { Reader };
