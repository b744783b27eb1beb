'use strict';

const { OrgCacheError, ofCommand } = require('../errors.js');
const { head, protocol } = require('../protocol.js');
const { isBlocking } = require('./commands.js');
const { QueuedTransaction, replyError, withPreviousErrors } = require('./queued-transaction.js');
const { transactionOf } = require('./transaction-call.js');

const { verbs, commandFlags } = protocol;
/** They ask which replicas have what their own connection wrote. */
const ASKING_REPLICAS = ['wait', 'waitaof'];
/** Nobody listens there: to publish is a write that replicas get and that leaves nothing behind. */
const MARK_CHANNEL = 'orgcache:wait';

/** Sends what one client says: on the connection that all share, or on one of its own where it must. */
class Sender {
  #connections;
  #channelNames;
  #detail;
  #isEnded = false;
  #queued;
  #watched;
  /** What ends each call that has a connection of its own or waits for one. */
  #alone = new Set();

  /** Keys get the prefix that is configured where `isPrefixed`; `channelNames` knows that of channels. */
  constructor(connections, { isPrefixed, channelNames }) {
    this.#connections = connections;
    this.#channelNames = channelNames;
    this.#detail = isPrefixed ? commandFlags.prefixed : 0;
  }

  /** Another that says the same way, and knows nothing of what this one watches and collects. */
  apart() {
    this.refuseIfEnded();
    return new Sender(this.#connections, {
      isPrefixed: this.#detail !== 0,
      channelNames: this.#channelNames,
    });
  }

  get connections() {
    return this.#connections;
  }

  /** Later commands go there. */
  set connections(connections) {
    this.#connections = connections;
  }

  get isEnded() {
    return this.#isEnded;
  }

  refuseIfEnded() {
    if (this.#isEnded) throw ended();
  }

  /** Whether commands are being collected for EXEC. */
  get isQueueing() {
    return this.#queued !== undefined;
  }

  /** Whether the words of a command may be needed after `send` has returned. */
  keepsWords(command) {
    return this.#queued !== undefined || command.blocks;
  }

  /** A command in words; its outcome goes to one of two functions. Never throws. */
  send(command, words, flags, resolve, reject) {
    try {
      if (this.#isEnded) throw ended();
      if (this.#queued !== undefined) return this.#queued.add({ command, words, flags }, resolve, reject);
      if (isBlocking(command, words)) return this.#sendAlone(command, words, flags, resolve, reject);
      const { bridge } = this.#connections;
      if (!bridge.isOpen) bridge.open();
      let detail = this.#detail | command.detail | flags;
      if (command.publishes) {
        // To Redis a shard's channel is a key, to its users it is a channel as any other.
        detail &= ~commandFlags.prefixed;
        this.#nameChannel(words);
      }
      bridge.command(head(verbs.command, detail, 0), command.name, words, resolve, reject);
    } catch (error) {
      reject(ofCommand(error, command.name));
    }
  }

  #nameChannel(words) {
    if (words.length > 0) words[0] = this.#channelNames.outgoing(words[0]);
  }

  /** The same, as a promise. */
  ask(command, words, flags) {
    return new Promise((resolve, reject) => this.send(command, words, flags, resolve, reject));
  }

  /**
   * Runs commands together, on the connection that watches keys if there is one: then the answer is null where such a
   * key has changed since. Otherwise their replies, with errors among them.
   */
  async transaction(commands) {
    this.refuseIfEnded();
    try {
      return await this.#transaction(commands);
    } catch (error) {
      throw ofCommand(withPreviousErrors(error), 'exec');
    }
  }

  async #transaction(commands) {
    const watched = this.#watched;
    this.#watched = undefined;
    for (const { command, words } of commands) if (command.publishes) this.#nameChannel(words);
    const { detail, values, repliesOf } = transactionOf(commands, this.#detail);
    if (watched !== undefined) return repliesOf(await this.#transactionAlone(await watched, detail, values));
    if (commands.length === 0) return [];
    if (commands.some(({ command, words }) => isBlocking(command, words))) {
      const connection = await this.#connections.pool.acquire();
      return repliesOf(await this.#transactionAlone({ connection }, detail, values));
    }
    const { bridge } = this.#connections;
    bridge.open();
    return repliesOf(await bridge.call(head(verbs.transaction, detail, 0), values));
  }

  async #transactionAlone({ connection, losses }, detail, values) {
    const { pool } = this.#connections;
    // A new connection watches nothing, so nobody knows whether the keys have changed.
    const isUnguarded = losses !== undefined && losses !== connection.losses;
    if (isUnguarded || values.length === 0) {
      pool.discard(connection);
      return isUnguarded ? null : [];
    }
    try {
      const replies = await connection.transaction(detail, values);
      if (replies !== null && losses !== undefined && losses !== connection.losses) throw ranUnguarded();
      pool.release(connection);
      return replies;
    } catch (error) {
      giveBack(pool, connection, error);
      throw error;
    }
  }

  /** Watches keys until the next transaction of this client, on a connection that it has until then. */
  async watch(words) {
    this.refuseIfEnded();
    const { pool } = this.#connections;
    this.#watched ??= pool.acquire().then((connection) => ({ connection, losses: connection.losses }));
    const watched = this.#watched;
    try {
      const { connection } = await watched;
      return await connection.ask(this.#detail, 'watch', words);
    } catch (error) {
      await this.unwatch(watched);
      throw error;
    }
  }

  /** Gives the connection back that watches; `only` if it still is the one that the client has. */
  async unwatch(only = this.#watched) {
    if (only === undefined || only !== this.#watched) return 'OK';
    this.#watched = undefined;
    const { pool } = this.#connections;
    const { connection } = await only;
    try {
      await connection.ask(0, 'unwatch', []);
      pool.release(connection);
    } catch {
      // It watches nothing any more when it is gone.
      pool.discard(connection);
    }
    return 'OK';
  }

  /** Collects commands from now on, as MULTI does. */
  startQueueing() {
    this.refuseIfEnded();
    if (this.#queued !== undefined) throw replyError('ERR MULTI calls can not be nested');
    this.#queued = new QueuedTransaction();
    return 'OK';
  }

  /** Runs what was collected. */
  async runQueued() {
    const queued = this.#takeQueued('EXEC');
    if (queued.refusal === undefined) return this.transaction(queued.commands);
    await this.unwatch();
    throw queued.refusal;
  }

  /** Forgets what was collected, and what is watched. */
  async dropQueued() {
    this.#takeQueued('DISCARD');
    return this.unwatch();
  }

  #takeQueued(by) {
    const queued = this.#queued;
    if (queued === undefined) throw replyError(`ERR ${by} without MULTI`);
    this.#queued = undefined;
    return queued;
  }

  #sendAlone(command, words, flags, resolve, reject) {
    const { pool } = this.#connections;
    const detail = this.#detail | command.detail | flags;
    let lent;
    const finish = () => this.#alone.delete(end);
    const end = () => {
      finish();
      if (lent !== undefined) pool.discard(lent);
      reject(ended());
    };
    this.#alone.add(end);
    const succeed = (value) => {
      if (!finish()) return;
      pool.release(lent);
      resolve(value);
    };
    const fail = (error) => {
      if (!finish()) return;
      if (lent !== undefined) giveBack(pool, lent, error);
      reject(error);
    };
    pool
      .acquire()
      .then((connection) => {
        if (!this.#alone.has(end)) return pool.release(connection);
        lent = connection;
        // The connection has written nothing. What it writes now comes behind all that was written before.
        if (ASKING_REPLICAS.includes(command.method)) {
          connection.ask(0, 'publish', [MARK_CHANNEL, '']).catch(() => {});
        }
        connection.command(detail, command.name, words, succeed, fail);
      })
      .catch(fail);
  }

  /** Every later command fails, and so do those that wait on a connection of their own. */
  end() {
    this.#isEnded = true;
    this.#queued = undefined;
    this.unwatch().catch(() => {});
    for (const end of this.#alone) end();
  }

  /** Takes commands again. */
  resume() {
    this.#isEnded = false;
  }
}

/** An error of the server's leaves the connection as it was; any other may leave a command behind that still blocks. */
function giveBack(pool, connection, error) {
  if (error.code === 'E_REPLY') pool.release(connection);
  else pool.discard(connection);
}

/** The connection was lost on the way, and the transaction ran on the next one. */
function ranUnguarded() {
  return new OrgCacheError(
    'E_UNKNOWN_OUTCOME',
    'the connection that watched the keys was lost; the transaction may have run although they have changed',
  );
}

/** In the words of ioredis, by which libraries tell an end that was asked for from a failure. */
function ended() {
  return new OrgCacheError('E_CLOSED', 'Connection is closed.');
}

module.exports = { Sender };
