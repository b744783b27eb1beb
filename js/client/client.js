'use strict';

const { EventEmitter } = require('node:events');
const { OrgCacheError } = require('../errors.js');
const { protocol } = require('../protocol.js');
const { nextTick } = require('../time.js');
const { ChannelNames } = require('./channel-names.js');
const {
  TEXTS,
  BUFFERS,
  commandNamed,
  COMMANDS,
  define,
  defineCommand,
  defineCommands,
  takeCallback,
  withCallback,
} = require('./commands.js');
const { defineChained, defineScript } = require('./chain.js');
const { commandOf } = require('./command-object.js');
const { duplicateOptions, hostList } = require('./duplicate-options.js');
const { isCluster, optionsOf } = require('./endpoint.js');
const { Lifecycle } = require('./lifecycle.js');
const { Messages } = require('./messages.js');
const { Monitor } = require('./monitor.js');
const { nodesOf } = require('./nodes.js');
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
  /** Options of ioredis that were chosen for this client. */
  #given;
  #retryStrategy;
  #monitor;
  #nodes = new Map();
  #Pipeline = Pipeline;
  #Transaction = Transaction;

  /** With `isOwner` the connections end with the client. An empty `keyPrefix` leaves keys as they are. */
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
    const giveUp = () => this.#end(0);
    this.#lifecycle = new Lifecycle(this, { context: connections.context, retryStrategy, giveUp });
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

  /** Holds until the next change. Libraries say `end` of a client that they have closed. */
  set status(status) {
    this.#lifecycle.status = status;
  }

  /** `subscriber` while there is a subscription, `monitor` of what `monitor()` gives; commands work all the same. */
  get mode() {
    if (this.#monitor !== undefined) return 'monitor';
    return this.#subscriptions.isActive ? 'subscriber' : 'normal';
  }

  get isCluster() {
    return isCluster(this.#connections.bridge.config().settings);
  }

  /** What is in force, without secrets: the same object while that is the same. */
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
    await this.#sender.reach();
  }

  /**
   * Closes at once: what is under way on connections of its own fails with `E_CLOSED`. With `reconnect` it is connected
   * anew instead; the connection that others use too stays.
   */
  disconnect(reconnect = false) {
    if (this.#sender.isEnded) return;
    if (reconnect) return this.#reconnect();
    this.#end();
  }

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

  /**
   * A client with connections of its own. `options` win over those of this client; `keyPrefix` is that of its keys. For a
   * cluster its nodes may stand in front of them.
   */
  duplicate(nodesOrOptions, options) {
    const isList = Array.isArray(nodesOrOptions);
    const { settings, own, shown, passedOver } = duplicateOptions({
      ...(isList ? undefined : nodesOrOptions),
      ...options,
    });
    if (isList && nodesOrOptions.length > 0 && this.isCluster)
      settings.clusterHosts = hostList(nodesOrOptions);
    const {
      keyPrefix: prefix = this.#keyPrefix,
      prefixChannels = this.#prefixesChannels,
      scripts = {},
      enableOfflineQueue = this.#given?.enableOfflineQueue,
      stringNumbers = this.#given?.stringNumbers,
    } = own;
    const keyPrefix = prefix === null ? '' : String(prefix);
    // Native code puts the prefix in front of keys, so it must know it.
    const { retryStrategy = own.clusterRetryStrategy ?? this.#retryStrategy } = own;
    const asked = { ...settings, clientKeyPrefix: keyPrefix };
    const connections = this.#connections.apart(asked, besideRole(own, retryStrategy));
    const isWaiting = waitsToConnect(connections, settings);
    for (const name of passedOver) tellPassedOver(name, this.#connections);
    const client = new RedisClient({
      connections,
      keyPrefix,
      prefixesChannels: prefixChannels,
      isOwner: true,
      given: { ...this.#given, ...shown },
      retryStrategy,
      ...{ enableOfflineQueue, stringNumbers },
    });
    for (const [name, definition] of [...this.#scripts, ...Object.entries(scripts)]) {
      client.defineCommand(name, definition);
    }
    // Who waits for `ready` sends nothing before. As with ioredis only who asks for it gets a client that waits.
    if (!isWaiting) {
      client.connect().catch((error) => {
        if (error.code === 'E_CONFIG') client.#lifecycle.tellError(error);
      });
    }
    return client;
  }

  /** A client of each primary of a cluster that is known; of one server this client itself. */
  nodes(role = 'all') {
    return nodesOf({ client: this, role, connections: this.#connections, known: this.#nodes });
  }

  /** Resolves to a client that tells every command of the server as the event `monitor`. */
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

  /** Sends a command that is given as an object with `name` and `args`. */
  sendCommand(given) {
    const { command, words, flags, settle } = commandOf(given);
    const promise = RedisClient.run(this, command, words, flags);
    if (settle === undefined) return promise;
    withCallback(promise, settle);
    return given.promise;
  }

  /** Gives this client, its pipelines and its transactions a method for a command that they do not know. */
  addBuiltinCommand(name) {
    const command = commandNamed(name);
    defineCommand(this, command, RedisClient.run);
    for (const prototype of this.#ownPrototypes()) defineChained(prototype, command);
  }

  /** The names of all commands that are methods. */
  getBuiltinCommands() {
    return COMMANDS.map(({ name }) => name);
  }

  /** The methods of a command, to be called with a client as `this`. */
  createBuiltinCommand(name) {
    const command = commandNamed(name);
    return {
      string(...given) {
        return RedisClient.run(this, command, given, TEXTS);
      },
      buffer(...given) {
        return RedisClient.run(this, command, given, BUFFERS);
      },
    };
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
    for (const prototype of this.#ownPrototypes()) defineScript(prototype, name, script);
  }

  /**
   * Prototypes of classes for this client's pipelines and transactions alone, to which its methods are added. Most clients add
   * none, and V8 lets go of a class late.
   */
  #ownPrototypes() {
    if (this.#Pipeline === Pipeline) {
      this.#Pipeline = class extends Pipeline {};
      this.#Transaction = class extends Transaction {};
    }
    return [this.#Pipeline.prototype, this.#Transaction.prototype];
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

  /** Somebody listens for this client's connection. */
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
defineScans(RedisClient.prototype, RedisClient.transactionApart);

/** Who listens for a connection waits for one: the client that all share connects by that, too. */
for (const method of ['on', 'addListener', 'prependListener']) {
  define(RedisClient.prototype, method, function (event, listener) {
    EventEmitter.prototype[method].call(this, event, listener);
    if (event === 'ready' || event === 'connect') RedisClient.isAwaited(this);
    return this;
  });
}

/** Flags that native code is given for a duplicate beside its role. */
function besideRole({ readOnly }, retryStrategy) {
  const { decidesPauses, readOnly: readsOnly } = protocol.besideRoles;
  return (typeof retryStrategy === 'function' ? decidesPauses : 0) | (readOnly ? readsOnly : 0);
}

/** Whether a duplicate was asked not to connect at once. Throws `E_CONFIG`. */
function waitsToConnect({ bridge }, { lazyConnect }) {
  try {
    const { value, source } = bridge.config().settings.lazyConnect;
    return value && source !== 'default';
  } catch (error) {
    // As with ioredis it is the attempt to connect that tells what is wrong with a certificate.
    if (!/\btls\.(ca|cert|key)\b/.test(error.message)) throw error;
    return Boolean(lazyConnect);
  }
}

/** Options that were passed over; each is told once a process. */
const told = new Set();

function tellPassedOver(name, connections) {
  if (told.has(name)) return;
  told.add(name);
  connections.debug(`the option ${name} of ioredis changes nothing for this client and is passed over`);
}

/** A promise of what `work` answers or throws. */
async function attempt(work) {
  return work();
}

module.exports = { RedisClient };
