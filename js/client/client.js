'use strict';

const { EventEmitter } = require('node:events');
const { OrgCacheError } = require('../errors.js');
const { nextTick } = require('../time.js');
const { ChannelNames } = require('./channel-names.js');
const { defineScriptOf, fillPrototype, methodsOf } = require('./client-methods.js');
const {
  COMMANDS,
  TEXTS,
  attempt,
  commandNamed,
  defineCommand,
  takeCallback,
  withCallback,
} = require('./commands.js');
const { defineChained, defineScript } = require('./chain.js');
const { commandOf } = require('./command-object.js');
const { partsOfDuplicate } = require('./duplicate.js');
const { isCluster, optionsOf } = require('./endpoint.js');
const { Lifecycle } = require('./lifecycle.js');
const { Messages } = require('./messages.js');
const { Monitor } = require('./monitor.js');
const { nodesOf } = require('./nodes.js');
const { Pipeline } = require('./pipeline.js');
const { Script } = require('./script.js');
const { Sender } = require('./sender.js');
const { SUBSCRIBING, Subscriptions, UNSUBSCRIBING } = require('./subscriptions.js');
const { Transaction, withResults } = require('./transaction.js');
const { encodeBorrowedArguments, encodeArgument, encodeArguments } = require('./encode-arguments.js');

/** @import { DuplicateOptions, MessagesOptions, RedisNode, RedisStatus } from '../../index.js' */
/** @import { RedisCommandList, RedisCommandObject } from '../../index.js' */
/** @import { Failure } from '../errors.js' */
/** @import { RedisCallback } from '../../types/client/values.js' */
/** @import { ClientBase, ClientParts, MultiOptions } from './client-types.js' */
/** @import { Command } from './commands.js' */
/** @import { ShownOptions } from './endpoint.js' */
/** @import { KnownNode } from './nodes.js' */
/** @import { ScriptDefinition } from './script.js' */
/** @import { Handler } from './sender-types.js' */
/** @import { Kind } from './subscriptions.js' */

const PING = commandNamed('ping');
const WATCH = commandNamed('watch');

/**
 * A client with the methods of ioredis. All clients of an instance share one connection. Commands that block, watch
 * keys or subscribe get another, so that a subscriber goes on taking commands and no call waits for a blocked one.
 */
class RedisClient extends /** @type {ClientBase} */ (/** @type {unknown} */ (EventEmitter)) {
  #connections;
  #isOwner;
  #keyPrefix;
  #prefixesChannels;
  #sender;
  #subscriptions;
  #lifecycle;
  #channelNames;
  /** @type {Map<string, ScriptDefinition>} */
  #scripts = new Map();
  /** @type {{ config?: unknown, options: ShownOptions }} */
  #shown = { options: {} };
  #given;
  #retryStrategy;
  /** @type {Monitor | undefined} */
  #monitor;
  /** @type {Map<string, KnownNode>} */
  #nodes = new Map();
  #Pipeline = Pipeline;
  #Transaction = Transaction;

  /** @param {ClientParts} parts */
  constructor({
    connections,
    keyPrefix = '',
    prefixesChannels = false,
    isOwner = false,
    given,
    retryStrategy,
    enableOfflineQueue = true,
    stringNumbers = false,
  }) {
    super();
    this.#connections = connections;
    this.#isOwner = isOwner;
    this.#given = given;
    this.#retryStrategy = retryStrategy;
    this.#keyPrefix = keyPrefix;
    this.#prefixesChannels = prefixesChannels;
    this.#channelNames = new ChannelNames(prefixesChannels ? keyPrefix : '');
    this.#sender = new Sender(connections, {
      isPrefixed: keyPrefix !== '',
      channelNames: this.#channelNames,
      handlers: this.#handlers(),
      onSelect: (database) => this.#lifecycle.tellSelect(database),
      isReady: enableOfflineQueue ? undefined : () => this.status === 'ready',
      stringNumbers,
    });
    const onEnd = () => this.#end(0);
    this.#lifecycle = new Lifecycle(this, { context: connections.context, retryStrategy, onEnd });
    this.#subscriptions = this.#start();
  }

  /** Commands that the client itself carries out, whether called as methods, by name or in a pipeline. */
  #handlers() {
    /** @type {Record<string, Handler>} */
    const handlers = { quit: () => this.#quit() };
    for (const kind of [...SUBSCRIBING, ...UNSUBSCRIBING]) {
      handlers[kind] = (args) => attempt(() => this.#subscribe(kind, args));
    }
    return handlers;
  }

  /** Follows the client's current connections. Answers new subscriptions on them. */
  #start() {
    this.#lifecycle.follow(this.#connections.bridge);
    return new Subscriptions({
      connections: this.#connections,
      channelNames: this.#channelNames,
      emitter: this,
      onError: (error) => this.#lifecycle.tellError(error),
    });
  }

  /** @returns {RedisStatus} */
  get status() {
    return this.#lifecycle.status;
  }

  /** An assigned value holds until the next change. Libraries assign `end` to a client that they have closed. */
  set status(status) {
    this.#lifecycle.status = status;
  }

  /**
   * `subscriber` while there is a subscription, `monitor` for the client that `monitor()` gives. Commands work in
   * each.
   */
  get mode() {
    if (this.#monitor !== undefined) return 'monitor';
    return this.#subscriptions.isActive ? 'subscriber' : 'normal';
  }

  get isCluster() {
    return isCluster(this.#connections.bridge.config().settings);
  }

  /** The settings in force, without secrets. The object stays the same while the settings do. */
  get options() {
    const config = this.#connections.bridge.config();
    if (this.#shown.config !== config) {
      this.#shown = {
        config,
        options: { ...optionsOf(config.settings, this.#given), keyPrefix: this.#keyPrefix },
      };
    }
    const { options } = this.#shown;
    if (this.#isOwner) options.db = this.#connections.database;
    return options;
  }

  /**
   * Resolves when commands can be sent. Opens a client that was closed.
   * @param {RedisCallback<void>} [callback]
   */
  connect(callback) {
    return withCallback(this.#connect(), callback);
  }

  async #connect() {
    if (this.#sender.isEnded) {
      if (this.#isOwner) this.#connections = this.#connections.with({});
      this.#sender.connections = this.#connections;
      this.#sender.resume();
      this.#subscriptions = this.#start();
    }
    await this.#sender.reach();
  }

  /**
   * Closes at once: calls in flight on the client's own connections fail with `E_CLOSED`. With `reconnect`,
   * connects anew instead; a connection that others share stays.
   */
  disconnect(reconnect = false) {
    if (this.#sender.isEnded) return;
    if (reconnect) return this.#reconnect();
    this.#end();
  }

  /** @param {number} [timeoutMs] */
  #end(timeoutMs) {
    if (this.#sender.isEnded) return;
    this.#sender.end();
    this.#subscriptions.close();
    for (const { node } of this.#nodes.values()) node.disconnect();
    this.#nodes.clear();
    this.#lifecycle.end();
    if (this.#isOwner) this.#connections.close(timeoutMs);
  }

  #reconnect() {
    // In every other state the client is already connecting.
    if (this.status !== 'ready' && this.status !== 'wait') return;
    if (this.#isOwner) this.#connections.renew();
    this.#lifecycle.restart(this.#connections.bridge);
    this.#connect().catch(() => {});
  }

  end() {
    this.disconnect();
  }

  /**
   * Closes after the commands before it have their replies.
   * @param {RedisCallback<string>} [callback]
   */
  quit(callback) {
    return withCallback(this.#quit(), callback);
  }

  async #quit() {
    this.#sender.refuseIfEnded();
    if (this.status === 'ready') await this.#sender.ask(PING, [], TEXTS).catch(() => {});
    this.disconnect();
    return 'OK';
  }

  [Symbol.asyncDispose]() {
    this.disconnect();
    return Promise.resolve();
  }

  /**
   * A client with its own connections. `options` win over those of this client. `keyPrefix` is the prefix of the
   * new client's keys. For a cluster, a list of nodes may precede the options.
   * @param {readonly RedisNode[] | DuplicateOptions} [nodesOrOptions]
   * @param {DuplicateOptions} [options]
   */
  duplicate(nodesOrOptions, options) {
    const original = {
      client: this,
      connections: this.#connections,
      keyPrefix: this.#keyPrefix,
      prefixesChannels: this.#prefixesChannels,
      given: this.#given,
      retryStrategy: this.#retryStrategy,
    };
    const { parts, scripts, isWaiting } = partsOfDuplicate(original, nodesOrOptions, options);
    const client = new RedisClient(parts);
    for (const [name, definition] of [...this.#scripts, ...Object.entries(scripts)]) {
      client.defineCommand(name, definition);
    }
    // Callers wait for `ready` before they send. As with ioredis, only a client with `lazyConnect` waits with
    // connecting.
    if (!isWaiting) {
      client.connect().catch((error) => {
        if (/** @type {Failure} */ (error).code === 'E_CONFIG') client.#lifecycle.tellError(error);
      });
    }
    return client;
  }

  /**
   * A client for each known primary of a cluster. With a single server, this client itself.
   * @param {string} [role]
   */
  nodes(role = 'all') {
    return nodesOf({ client: this, role, connections: this.#connections, known: this.#nodes });
  }

  /**
   * Resolves to a client that emits every command of the server as the event `monitor`.
   * @param {RedisCallback<RedisClient>} [callback]
   */
  monitor(callback) {
    return withCallback(this.#startMonitor(), callback);
  }

  async #startMonitor() {
    this.#sender.refuseIfEnded();
    const client = this.duplicate({ lazyConnect: true });
    client.#monitor = new Monitor({
      connections: client.#connections,
      onCommand: (...command) => client.#connections.context.emit(client, 'monitor', ...command),
      onError: (error) => client.#lifecycle.tellError(error),
    });
    try {
      await client.#monitor.start();
    } catch (error) {
      client.disconnect();
      throw error;
    }
    client.status = 'monitoring';
    return client;
  }

  /**
   * Sends a command object with `name` and `args`.
   * @param {RedisCommandObject} given
   */
  sendCommand(given) {
    const { command, args, flags, settle } = commandOf(given);
    const promise = RedisClient.run(this, command, args, flags);
    if (settle === undefined) return promise;
    withCallback(promise, settle);
    return given.promise;
  }

  /**
   * Adds a method for an unknown command to this client, its pipelines and its transactions.
   * @param {string} name
   */
  addBuiltinCommand(name) {
    const command = commandNamed(name);
    defineCommand(this, command, RedisClient.run);
    for (const prototype of this.#ownPrototypes()) defineChained(prototype, command);
  }

  /** The names of all commands that are methods. */
  getBuiltinCommands() {
    return COMMANDS.map(({ name }) => name);
  }

  /**
   * The methods of a command. They are called with a client as `this`.
   * @param {string} name
   */
  createBuiltinCommand(name) {
    return methodsOf(commandNamed(name), RedisClient.run);
  }

  /** @param {readonly RedisCommandList[]} [commands] */
  pipeline(commands) {
    const pipeline = new this.#Pipeline(this.#sender);
    return Array.isArray(commands) ? pipeline.addBatch(commands) : pipeline;
  }

  /**
   * A transaction to chain. With `{ pipeline: false }`, the client's next commands belong to it, until `exec`.
   * @param {readonly RedisCommandList[] | MultiOptions} [commands]
   * @param {MultiOptions} [options]
   */
  multi(commands, options) {
    const given = Array.isArray(commands) ? options : /** @type {MultiOptions | undefined} */ (commands);
    if (given?.pipeline === false) return attempt(() => this.#sender.startQueueing());
    const transaction = new this.#Transaction(this.#sender);
    return Array.isArray(commands) ? transaction.addBatch(commands) : transaction;
  }

  /**
   * A transaction that does not use the client's watched keys and queued commands.
   * @param {RedisClient} client
   */
  static transactionApart(client) {
    return new Transaction(client.#sender.apart());
  }

  /** @param {RedisCallback<unknown>} [callback] */
  exec(callback) {
    return withCallback(this.#sender.runQueued().then(withResults), callback);
  }

  /** @param {RedisCallback<string>} [callback] */
  discard(callback) {
    return withCallback(this.#sender.dropQueued(), callback);
  }

  /**
   * The next transaction of this client runs only if no other client has changed these keys.
   * @param {...unknown} given
   */
  watch(...given) {
    const callback = takeCallback(given);
    return withCallback(
      attempt(() => this.#sender.watch(encodeArguments(WATCH, given))),
      callback,
    );
  }

  /** @param {RedisCallback<string>} [callback] */
  unwatch(callback) {
    return withCallback(this.#sender.unwatch(), callback);
  }

  /**
   * Adds a method for a Lua script to this client and to its pipelines and transactions.
   * @param {string} name
   * @param {ScriptDefinition} [definition]
   */
  defineCommand(name, definition = {}) {
    const script = new Script(name, definition);
    this.#scripts.set(name, { ...definition });
    defineScriptOf(this, name, script, this.#sender);
    for (const prototype of this.#ownPrototypes()) defineScript(prototype, name, script);
  }

  /**
   * Prototypes of this client's own pipelines and transactions, to which its methods are added. They are made on
   * demand: most clients add no methods, and V8 frees classes late.
   */
  #ownPrototypes() {
    if (this.#Pipeline === Pipeline) {
      this.#Pipeline = class extends Pipeline {};
      this.#Transaction = class extends Transaction {};
    }
    return [this.#Pipeline.prototype, this.#Transaction.prototype];
  }

  /**
   * The messages of a channel, for `for await`. Up to `maxBytes` (1 MiB) may wait for the reader. Beyond that the
   * oldest are dropped: `dropped` of the next message counts them, and the event `slow` reports it once.
   * @param {unknown} channel
   * @param {MessagesOptions} [options]
   */
  messages(channel, options) {
    const name = encodeArgument(channel, 'the channel', 0);
    return new Messages({
      start: async (take) => {
        this.#sender.refuseIfEnded();
        return this.#subscriptions.tap('subscribe', name, take);
      },
      onSlow: (event) => this.#connections.context.emit(this, 'slow', event),
      options,
    });
  }

  /**
   * A listener waits for this client's connection.
   * @param {RedisClient} client
   */
  static isAwaited(client) {
    if (client.#isOwner || client.status !== 'wait') return;
    nextTick(() => {
      try {
        if (client.status === 'wait') client.#connections.bridge.open();
      } catch (error) {
        client.#lifecycle.tellError(error);
      }
    });
  }

  /**
   * @param {RedisClient} client
   * @param {Command} command
   * @param {unknown[]} given
   * @param {number} flags
   */
  static run(client, command, given, flags) {
    const callback = takeCallback(given);
    const promise = new Promise((resolve, reject) => {
      const sender = client.#sender;
      const args = sender.keepsArguments(command)
        ? encodeArguments(command, given)
        : encodeBorrowedArguments(command, given);
      sender.send(command, args, flags, resolve, reject);
    });
    return callback === undefined ? promise : withCallback(promise, callback);
  }

  /**
   * @param {string} kind
   * @param {unknown[]} channels
   */
  #subscribe(kind, channels) {
    this.#sender.refuseIfEnded();
    if (UNSUBSCRIBING.includes(kind)) {
      return this.#subscriptions.unsubscribe(SUBSCRIBING[UNSUBSCRIBING.indexOf(kind)], channels);
    }
    if (channels.length === 0) throw new OrgCacheError('E_KEY', `${kind} needs at least one channel`);
    return this.#subscriptions.subscribe(/** @type {Kind} */ (kind), channels);
  }

  /**
   * @param {RedisClient} client
   * @param {string} kind
   * @param {unknown[]} given
   */
  static subscribe(client, kind, given) {
    const callback = takeCallback(given);
    return withCallback(
      attempt(() => client.#subscribe(kind, given.flat())),
      callback,
    );
  }
}

fillPrototype(RedisClient);

exports.RedisClient = RedisClient;
