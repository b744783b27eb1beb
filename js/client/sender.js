'use strict';

const { OrgCacheError, ofCommand, replyError } = require('../errors.js');
const { head, protocol } = require('../protocol.js');
const { TEXTS, changeOf, commandNamed, isBlocking, newestOf } = require('./commands.js');
const { lastSelected, selectedBy } = require('./selected.js');
const { QueuedTransaction } = require('./queued-transaction.js');
const { transactionOf } = require('./transaction-call.js');

/** @import { Failure } from '../errors.js' */
/** @import { Command } from './commands.js' */
/** @import { Connections } from './connections.js' */
/** @import { DedicatedConnection } from './dedicated-connection.js' */
/** @import { DedicatedPool } from './dedicated-pool.js' */
/** @import { QueuedCommand } from './queued-transaction.js' */
/** @import { Ask, Lent, Reject, Resolve, Say, SenderOptions, Transact } from './sender-types.js' */
/** @import { Argument } from './encode-arguments.js' */

const { verbs, commandFlags } = protocol;
const SELECT = commandNamed('select');
const XREVRANGE = commandNamed('xrevrange');
/** Commands that ask how many replicas have the writes of their own connection. */
const ASKING_REPLICAS = ['wait', 'waitaof'];
/** A channel without subscribers. A publish to it is a write that reaches replicas and leaves no data. */
const MARK_CHANNEL = 'orgcache:wait';

/** Sends the commands of one client: on the shared connection, or on a dedicated one if necessary. */
class Sender {
  #connections;
  #channelNames;
  #handlers;
  #onSelect;
  #detail;
  #isReady;
  #isEnded = false;
  /** @type {QueuedTransaction | undefined} */
  #queued;
  /** @type {Promise<Lent> | undefined} */
  #watched;
  /**
   * Functions that end each call which has a dedicated connection or waits for one.
   * @type {Set<() => void>}
   */
  #alone = new Set();

  /**
   * `isPrefixed`: keys get the configured prefix. `channelNames` has the prefix of channels. `handlers` has a
   * function for each command that the client itself carries out, from its arguments to a promise. `onSelect` is
   * called with each selected database. `isReady`: while it answers false, commands are refused. `stringNumbers`:
   * numbers become texts.
   * @param {Connections} connections
   * @param {SenderOptions} options
   */
  constructor(connections, { isPrefixed, channelNames, handlers, onSelect, isReady, stringNumbers }) {
    this.#connections = connections;
    this.#channelNames = channelNames;
    this.#handlers = handlers;
    this.#onSelect = onSelect;
    this.#isReady = isReady;
    this.#detail =
      (isPrefixed ? commandFlags.prefixed : 0) | (stringNumbers ? commandFlags.stringNumbers : 0);
  }

  /** Another sender of the same settings, with a queue and watches of its own. */
  apart() {
    this.refuseIfEnded();
    return new Sender(this.#connections, {
      isPrefixed: (this.#detail & commandFlags.prefixed) !== 0,
      stringNumbers: (this.#detail & commandFlags.stringNumbers) !== 0,
      isReady: this.#isReady,
      channelNames: this.#channelNames,
      handlers: this.#handlers,
      onSelect: this.#onSelect,
    });
  }

  get connections() {
    return this.#connections;
  }

  /** Later commands go on these connections. */
  set connections(connections) {
    this.#connections = connections;
  }

  get isEnded() {
    return this.#isEnded;
  }

  refuseIfEnded() {
    if (this.#isEnded) throw ended();
  }

  /** As with ioredis, a refused command makes the client connect. */
  #refuseIfAway() {
    if (/** @type {() => boolean} */ (this.#isReady)()) return;
    this.#connections.bridge.open();
    throw new OrgCacheError('E_CONNECT', "Stream isn't writeable and enableOfflineQueue options is false");
  }

  /** Resolves when commands can be sent. */
  reach() {
    const { bridge } = this.#connections;
    bridge.open();
    return new Promise((resolve, reject) => {
      bridge.command(head(verbs.command, 0, 0), 'ping', [], resolve, reject);
    });
  }

  /** Whether commands are queued for EXEC. */
  get isQueueing() {
    return this.#queued !== undefined;
  }

  /**
   * Whether the arguments of a command may be needed after `send` has returned.
   * @param {Command} command
   */
  keepsArguments(command) {
    return this.#queued !== undefined || (command.isSpecial && !command.publishes);
  }

  /**
   * Why a command cannot go on this client's connection; undefined if it can.
   * @param {Command} command
   * @param {Argument[]} args
   */
  changeRefused(command, args) {
    if (!command.mayChange) return undefined;
    const isCarried = this.#handlers[command.method] !== undefined;
    if (isCarried || (this.#connections.isOwn && command.method === 'select')) return undefined;
    return changeOf(command, args);
  }

  /**
   * Sends a command. Its outcome goes to one of two functions. Never throws.
   * @type {Say}
   */
  send(command, args, flags, resolve, reject) {
    try {
      if (this.#isEnded) throw ended();
      if (this.#isReady !== undefined) this.#refuseIfAway();
      if (this.#queued !== undefined) return this.#queued.add({ command, args, flags }, resolve, reject);
      let detail = this.#detail | command.detail | flags;
      if (command.isSpecial) {
        if (this.#divert(command, args, flags, resolve, reject)) return;
        if (command.publishes) {
          // For Redis a shard channel is a key. For its users it is a channel like any other.
          detail &= ~commandFlags.prefixed;
          this.#nameChannel(args);
        }
      }
      const { bridge } = this.#connections;
      if (!bridge.isOpen) bridge.open();
      bridge.command(head(verbs.command, detail, command.number), command.name, args, resolve, reject);
    } catch (error) {
      reject(ofCommand(error, command.name));
    }
  }

  /**
   * Sends a special command. Answers whether it did.
   * @type {(...said: Parameters<Say>) => boolean}
   */
  #divert(command, args, flags, resolve, reject) {
    const handle = this.#handlers[command.method];
    if (handle !== undefined) {
      const isBuffer = (flags & commandFlags.buffers) !== 0;
      /** @type {Resolve} */
      const succeed = (reply) => resolve(isBuffer && typeof reply === 'string' ? Buffer.from(reply) : reply);
      handle(args).then(succeed, reject);
      return true;
    }
    if (command.method === 'select') return this.#select(args, command.detail | flags, resolve, reject);
    if (!isBlocking(command, args)) return false;
    this.#sendBlocking(command, args, flags, resolve, reject);
    return true;
  }

  /**
   * SELECT of a client with its own connection. It is sent in order with the other commands.
   * @param {Argument[]} args
   * @param {number} detail
   * @param {Resolve} resolve
   * @param {Reject} reject
   */
  #select(args, detail, resolve, reject) {
    const connections = this.#connections;
    const database = selectedBy(args);
    if (!connections.isOwn || database === undefined) return false;
    const isOther = database !== connections.database;
    const undo = connections.select(database);
    /** @type {Resolve} */
    const succeed = (reply) => {
      if (isOther) this.#onSelect(database);
      resolve(reply);
    };
    /** @type {Reject} */
    const fail = (error) => {
      undo();
      reject(error);
    };
    connections.bridge.open();
    connections.bridge.command(head(verbs.command, detail, 0), 'select', args, succeed, fail);
    return true;
  }

  /** @param {Argument[]} args */
  #nameChannel(args) {
    if (args.length > 0) args[0] = this.#channelNames.outgoing(args[0]);
  }

  /**
   * Sends a command and returns a promise of its reply.
   * @type {Ask}
   */
  ask(command, args, flags) {
    return new Promise((resolve, reject) => this.send(command, args, flags, resolve, reject));
  }

  /**
   * Runs commands as one transaction, on the watching connection if there is one. One of two functions gets the
   * outcome: null if a watched key has changed, else the replies, errors included.
   * @type {Transact}
   */
  transact(commands, resolve, reject) {
    /** @type {Reject} */
    const fail = (error) => reject(ofCommand(error, 'exec'));
    try {
      this.refuseIfEnded();
      if (this.#isReady !== undefined) this.#refuseIfAway();
      for (const { command, args } of commands) if (command.publishes) this.#nameChannel(args);
      const { detail, values, repliesOf } = transactionOf(commands, this.#detail);
      /** @type {(sent: QueuedCommand) => boolean} */
      const isBlockingOne = ({ command, args }) => isBlocking(command, args);
      if (this.#watched !== undefined || commands.some(isBlockingOne)) {
        const done = this.#transactAlone(commands, detail, values);
        done.then((replies) => resolve(repliesOf(replies)), fail);
        return;
      }
      if (commands.length === 0) return resolve([]);
      /** @type {(replies: unknown) => void} */
      const succeed = (replies) => {
        this.#noteSelected(lastSelected(commands, /** @type {unknown[] | null} */ (replies)));
        resolve(repliesOf(/** @type {unknown[] | null} */ (replies)));
      };
      const { bridge } = this.#connections;
      bridge.open();
      bridge.callTo(head(verbs.transaction, detail, 0), values, succeed, fail);
    } catch (error) {
      fail(error);
    }
  }

  /**
   * Runs commands as a transaction and returns a promise of their replies.
   * @param {QueuedCommand[]} commands
   * @returns {Promise<unknown[] | null>}
   */
  transaction(commands) {
    return new Promise((resolve, reject) => this.transact(commands, resolve, reject));
  }

  /** @param {number | undefined} database */
  #noteSelected(database) {
    if (database === undefined) return;
    const isOther = database !== this.#connections.database;
    this.#connections.select(database);
    if (isOther) this.#onSelect(database);
  }

  /**
   * @param {QueuedCommand[]} commands
   * @param {number} detail
   * @param {(number | Argument)[]} values
   */
  async #transactAlone(commands, detail, values) {
    const watched = this.#watched;
    this.#watched = undefined;
    /** @type {Lent} */
    const lent = await (watched ?? this.#connections.lend().then((connection) => ({ connection })));
    const replies = await this.#runAlone(lent, detail, values);
    const database = lastSelected(commands, replies);
    if (database !== undefined) {
      lent.connection.database = database;
      await this.ask(SELECT, [String(database)], TEXTS);
    }
    return replies;
  }

  /**
   * @param {Lent} lent
   * @param {number} detail
   * @param {(number | Argument)[]} values
   */
  async #runAlone({ connection, losses }, detail, values) {
    const { pool } = this.#connections;
    // A new connection watches nothing, so it is unknown whether the keys have changed.
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

  /**
   * Watches keys until the next transaction of this client, on a connection that is lent until then.
   * @param {Argument[]} args
   */
  async watch(args) {
    this.refuseIfEnded();
    this.#watched ??= this.#connections
      .lend()
      .then((connection) => ({ connection, losses: connection.losses }));
    const watched = this.#watched;
    try {
      const { connection } = await watched;
      return await connection.ask(this.#detail, 'watch', args);
    } catch (error) {
      await this.unwatch(watched);
      throw error;
    }
  }

  /**
   * Gives the watching connection back. With `only`, does so only if the client still watches on that one.
   * @param {Promise<Lent>} [only]
   */
  async unwatch(only = this.#watched) {
    if (only === undefined || only !== this.#watched) return 'OK';
    this.#watched = undefined;
    const { pool } = this.#connections;
    const { connection } = await only;
    try {
      await connection.ask(0, 'unwatch', []);
      pool.release(connection);
    } catch {
      // Closing the connection ends its watches.
      pool.discard(connection);
    }
    return 'OK';
  }

  /** Queues commands from now on, as MULTI does. */
  startQueueing() {
    this.refuseIfEnded();
    if (this.#queued !== undefined) throw replyError('ERR MULTI calls can not be nested');
    this.#queued = new QueuedTransaction();
    return 'OK';
  }

  /** Runs the queued commands. */
  async runQueued() {
    const queued = this.#takeQueued('EXEC');
    if (queued.refusal === undefined) return this.transaction(queued.commands);
    await this.unwatch();
    throw queued.refusal;
  }

  /** Drops the queued commands and the watches. */
  async dropQueued() {
    this.#takeQueued('DISCARD');
    return this.unwatch();
  }

  /** @param {string} by */
  #takeQueued(by) {
    const queued = this.#queued;
    if (queued === undefined) throw replyError(`ERR ${by} without MULTI`);
    this.#queued = undefined;
    return queued;
  }

  /**
   * `XREAD ... $` reads entries that are added after the call, but the dedicated connection may read later. So `$`
   * is replaced with the id of the last entry, read in order with the client's other commands.
   * @type {Say}
   */
  #sendBlocking(command, args, flags, resolve, reject) {
    const newest = command.method === 'xread' ? newestOf(args) : [];
    if (newest.length === 0) return this.#sendAlone(command, args, flags, resolve, reject);
    this.#withLastIds(args, newest).then((known) => {
      if (this.#isEnded) reject(ended());
      else this.#sendAlone(command, known, flags, resolve, reject);
    }, reject);
  }

  /**
   * The arguments with the last entry's id for each `$`. `newest` has the positions of streams and their `$`.
   * @param {Argument[]} args
   * @param {ReturnType<typeof newestOf>} newest
   */
  async #withLastIds(args, newest) {
    const known = [...args];
    // A transaction goes to the primary. A replica may not have the last entry yet.
    const asked = newest.map(({ stream }) => ({
      command: XREVRANGE,
      args: [args[stream], '+', '-', 'COUNT', '1'],
      flags: TEXTS,
    }));
    const replies = /** @type {unknown[]} */ (await this.apart().transaction(asked));
    newest.forEach(({ id }, index) => {
      const reply = replies[index];
      // If the server refuses this, it will refuse the read itself.
      if (Array.isArray(reply)) known[id] = reply.length > 0 ? reply[0][0] : '0-0';
    });
    return known;
  }

  /** @type {Say} */
  #sendAlone(command, args, flags, resolve, reject) {
    const { pool } = this.#connections;
    const detail = this.#detail | command.detail | flags;
    /** @type {DedicatedConnection | undefined} */
    let lent;
    const finish = () => this.#alone.delete(end);
    const end = () => {
      finish();
      if (lent !== undefined) pool.discard(lent);
      reject(ended());
    };
    this.#alone.add(end);
    /** @type {Resolve} */
    const succeed = (value) => {
      if (!finish()) return;
      pool.release(/** @type {DedicatedConnection} */ (lent));
      resolve(value);
    };
    /** @type {Reject} */
    const fail = (error) => {
      if (!finish()) return;
      if (lent !== undefined) giveBack(pool, lent, error);
      reject(error);
    };
    this.#connections
      .lend()
      .then((connection) => {
        if (!this.#alone.has(end)) return pool.release(connection);
        lent = connection;
        // The connection has not written anything yet. A write on it now comes after all writes before.
        if (ASKING_REPLICAS.includes(command.method)) {
          connection.ask(0, 'publish', [MARK_CHANNEL, '']).catch(() => {});
        }
        connection.command(detail, command.name, args, succeed, fail);
      })
      .catch(fail);
  }

  /** Every later command fails, and so do those that wait for a dedicated connection. */
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

/**
 * Gives a connection back. After an error of the server the connection is unchanged. After any other error a
 * command may still block on it.
 * @param {DedicatedPool} pool
 * @param {DedicatedConnection} connection
 * @param {unknown} error
 */
function giveBack(pool, connection, error) {
  if (/** @type {Failure} */ (error).code === 'E_REPLY') pool.release(connection);
  else pool.discard(connection);
}

/** The error if the connection was lost meanwhile and the transaction ran on the next one. */
function ranUnguarded() {
  return new OrgCacheError(
    'E_UNKNOWN_OUTCOME',
    'the connection that watched the keys was lost; the transaction may have run although they have changed',
  );
}

/** ioredis's message, by which libraries tell a requested end from a failure. */
function ended() {
  return new OrgCacheError('E_CLOSED', 'Connection is closed.');
}

module.exports = { Sender };
