'use strict';

const { EventEmitter } = require('node:events');
const { OrgCacheError } = require('../errors.js');
const { ChannelNames } = require('./channel-names.js');
const {
  TEXTS,
  BUFFERS,
  commandNamed,
  define,
  defineCommands,
  takeCallback,
  withCallback,
} = require('./commands.js');
const { defineScript } = require('./chain.js');
const { meaningful } = require('./duplicate-options.js');
const { isCluster, optionsOf } = require('./endpoint.js');
const { Lifecycle } = require('./lifecycle.js');
const { Messages } = require('./messages.js');
const { Pipeline } = require('./pipeline.js');
const { defineScans } = require('./scan-stream.js');
const { Script } = require('./script.js');
const { Sender } = require('./sender.js');
const { Subscriptions } = require('./subscriptions.js');
const { Transaction, withResults } = require('./transaction.js');
const { passingWordsOf, wordOf, wordsOf } = require('./words.js');

const PING = commandNamed('ping');
const WATCH = commandNamed('watch');
const SUBSCRIBING = ['subscribe', 'psubscribe', 'ssubscribe'];
const UNSUBSCRIBING = ['unsubscribe', 'punsubscribe', 'sunsubscribe'];

/**
 * A client with the methods of ioredis. All clients of an instance share one connection; what blocks, watches keys
 * or subscribes gets another, so that a subscriber goes on taking commands and nobody waits for a blocked one.
 */
class RedisClient extends EventEmitter {
  #connections;
  #isOwner;
  #keyPrefix;
  #prefixesChannels;
  #sender;
  #subscriptions;
  #lifecycle;
  #channelNames;
  #scripts = new Map();
  #shown = {};
  // Classes of this client's own, so that its scripts are methods of its pipelines and of no other's.
  #Pipeline = class extends Pipeline {};
  #Transaction = class extends Transaction {};

  /** With `isOwner` the connections end with the client. An empty `keyPrefix` leaves keys as they are. */
  constructor({ connections, keyPrefix = '', prefixesChannels = false, isOwner = false }) {
    super();
    this.#connections = connections;
    this.#isOwner = isOwner;
    this.#keyPrefix = keyPrefix;
    this.#prefixesChannels = prefixesChannels;
    this.#channelNames = new ChannelNames(prefixesChannels ? keyPrefix : '');
    this.#sender = new Sender(connections, {
      isPrefixed: keyPrefix !== '',
      channelNames: this.#channelNames,
      handlers: this.#handlers(),
      onSelect: (database) => this.#lifecycle.tellSelect(database),
    });
    this.#lifecycle = new Lifecycle(this, connections.context);
    this.#start();
  }

  /** Commands that are carried out here, however they are given: as methods, by name, or in a pipeline. */
  #handlers() {
    const handlers = { quit: () => this.#quit() };
    for (const kind of [...SUBSCRIBING, ...UNSUBSCRIBING]) {
      handlers[kind] = (words) => attempt(() => this.#subscribe(kind, words));
    }
    return handlers;
  }

  #start() {
    this.#lifecycle.follow(this.#connections.bridge);
    this.#subscriptions = new Subscriptions({
      connections: this.#connections,
      channelNames: this.#channelNames,
      emitter: this,
      onError: (error) => this.#lifecycle.tellError(error),
    });
  }

  get status() {
    return this.#lifecycle.status;
  }

  /** `subscriber` while there is a subscription; commands work all the same. */
  get mode() {
    return this.#subscriptions.isActive ? 'subscriber' : 'normal';
  }

  get isCluster() {
    return isCluster(this.#connections.bridge.config().settings);
  }

  /** What is in force, without secrets: the same object while that is the same. */
  get options() {
    const config = this.#connections.bridge.config();
    if (this.#shown.config !== config) {
      this.#shown = { config, options: { ...optionsOf(config.settings), keyPrefix: this.#keyPrefix } };
    }
    const { options } = this.#shown;
    if (this.#isOwner) options.db = this.#connections.database;
    return options;
  }

  /** Resolves when commands can be sent; opens a client that was closed. */
  connect(callback) {
    return withCallback(this.#connect(), callback);
  }

  async #connect() {
    if (this.#sender.isEnded) {
      if (this.#isOwner) this.#connections = this.#connections.with({});
      this.#sender.connections = this.#connections;
      this.#sender.resume();
      this.#start();
    }
    await this.#sender.ask(PING, [], TEXTS);
  }

  /**
   * Closes at once: what is under way on connections of its own fails with `E_CLOSED`. With `reconnect` it is connected
   * anew instead; the connection that others use too stays.
   */
  disconnect(reconnect = false) {
    if (this.#sender.isEnded) return;
    if (reconnect) return this.#reconnect();
    this.#sender.end();
    this.#subscriptions.close();
    this.#lifecycle.end();
    if (this.#isOwner) this.#connections.close();
  }

  #reconnect() {
    // What is not connected is being connected already.
    if (this.status !== 'ready' && this.status !== 'wait') return;
    if (this.#isOwner) this.#connections.renew();
    this.#lifecycle.restart(this.#connections.bridge);
    this.#connect().catch(() => {});
  }

  end() {
    this.disconnect();
  }

  /** Closes when the commands before it have their answers. */
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

  /** A client with connections of its own. `options` win over those of this client; `keyPrefix` is that of its keys. */
  duplicate({ keyPrefix = this.#keyPrefix, prefixChannels = this.#prefixesChannels, ...options } = {}) {
    // Native code puts the prefix in front of keys, so it must know it.
    const connections = this.#connections.apart({ ...meaningful(options), clientKeyPrefix: keyPrefix });
    const { value: isLazy, source } = connections.bridge.config().settings.lazyConnect;
    const client = new RedisClient({
      connections,
      keyPrefix,
      prefixesChannels: prefixChannels,
      isOwner: true,
    });
    for (const [name, definition] of this.#scripts) client.defineCommand(name, definition);
    // Who waits for `ready` sends nothing before. As with ioredis only who asks for it gets a client that waits.
    if (!isLazy || source === 'default') client.connect().catch(() => {});
    return client;
  }

  pipeline(commands) {
    const pipeline = new this.#Pipeline(this.#sender);
    return Array.isArray(commands) ? pipeline.addBatch(commands) : pipeline;
  }

  /** A transaction to chain; with `{ pipeline: false }` the client's own next commands are its, until `exec`. */
  multi(commands, options) {
    const given = Array.isArray(commands) ? options : commands;
    if (given?.pipeline === false) return attempt(() => this.#sender.startQueueing());
    const transaction = new this.#Transaction(this.#sender);
    return Array.isArray(commands) ? transaction.addBatch(commands) : transaction;
  }

  /** A transaction that leaves alone what the client watches and collects. */
  static transactionApart(client) {
    return new Transaction(client.#sender.apart());
  }

  exec(callback) {
    return withCallback(this.#sender.runQueued().then(withResults), callback);
  }

  discard(callback) {
    return withCallback(this.#sender.dropQueued(), callback);
  }

  /** The next transaction of this client runs only if nobody changes these keys before. */
  watch(...given) {
    const callback = takeCallback(given);
    return withCallback(
      attempt(() => this.#sender.watch(wordsOf(WATCH, given))),
      callback,
    );
  }

  unwatch(callback) {
    return withCallback(this.#sender.unwatch(), callback);
  }

  /** Makes a Lua script a method of this client and of its pipelines and transactions. */
  defineCommand(name, definition = {}) {
    const script = new Script(name, definition);
    this.#scripts.set(name, { ...definition });
    for (const [method, flags] of [
      [name, TEXTS],
      [`${name}Buffer`, BUFFERS],
    ]) {
      define(this, method, (...given) => {
        const callback = takeCallback(given);
        const promise = new Promise((resolve, reject) =>
          this.#runScript(script, given, flags, resolve, reject),
        );
        return withCallback(promise, callback);
      });
    }
    defineScript(this.#Pipeline.prototype, name, script);
    defineScript(this.#Transaction.prototype, name, script);
  }

  #runScript(script, given, flags, resolve, reject) {
    const words = script.words(given);
    if (!this.#sender.isQueueing) return script.send(this.#sender, words, flags, resolve, reject);
    const whole = script.asCommand(words);
    this.#sender.send(whole.command, whole.words, flags, resolve, reject);
  }

  /**
   * The messages of a channel, for `for await`; `maxBytes` (1 MiB) may wait for the reader, beyond it the oldest are
   * dropped: `dropped` of the next message counts them, and the event `slow` tells it once.
   */
  messages(channel, options) {
    const name = wordOf(channel, 'the channel', 0);
    return new Messages({
      start: async (take) => {
        this.#sender.refuseIfEnded();
        return this.#subscriptions.tap('subscribe', name, take);
      },
      onSlow: (event) => this.#connections.context.emit(this, 'slow', event),
      options,
    });
  }

  static run(client, command, given, flags) {
    const callback = takeCallback(given);
    const promise = new Promise((resolve, reject) => {
      const sender = client.#sender;
      const words = sender.keepsWords(command) ? wordsOf(command, given) : passingWordsOf(command, given);
      sender.send(command, words, flags, resolve, reject);
    });
    return callback === undefined ? promise : withCallback(promise, callback);
  }

  #subscribe(kind, channels) {
    this.#sender.refuseIfEnded();
    if (!SUBSCRIBING.includes(kind)) {
      return this.#subscriptions.unsubscribe(SUBSCRIBING[UNSUBSCRIBING.indexOf(kind)], channels);
    }
    if (channels.length === 0) throw new OrgCacheError('E_KEY', `${kind} needs a channel at least`);
    return this.#subscriptions.subscribe(kind, channels);
  }

  static subscribe(client, kind, given) {
    const callback = takeCallback(given);
    return withCallback(
      attempt(() => client.#subscribe(kind, given.flat())),
      callback,
    );
  }
}

/** Methods of its own stay as they are. */
const own = Object.getOwnPropertyDescriptors(RedisClient.prototype);
defineCommands(RedisClient.prototype, RedisClient.run);
Object.defineProperties(RedisClient.prototype, own);
for (const kind of [...SUBSCRIBING, ...UNSUBSCRIBING]) {
  define(RedisClient.prototype, kind, function (...given) {
    return RedisClient.subscribe(this, kind, given);
  });
}
define(RedisClient.prototype, 'send_command', RedisClient.prototype.call);
defineScans(RedisClient.prototype, RedisClient.transactionApart);

/** A promise of what `work` answers or throws. */
async function attempt(work) {
  return work();
}

module.exports = { RedisClient };
