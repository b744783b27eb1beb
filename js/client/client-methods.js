'use strict';

const { EventEmitter } = require('node:events');
const { BUFFERS, TEXTS, define, defineCommands, takeCallback, withCallback } = require('./commands.js');
const { defineScans } = require('./scan-stream.js');
const { SUBSCRIBING, UNSUBSCRIBING } = require('./subscriptions.js');

/** @import { RedisClient as TypedClient, RedisTransaction } from '../../index.js' */
/** @import { RedisClient } from './client.js' */
/** @import { Command } from './commands.js' */
/** @import { Script } from './script.js' */
/** @import { CommandSender } from './sender-types.js' */

/**
 * Adds a method for each command to the class of clients. Existing methods stay.
 * @param {typeof RedisClient} Client
 */
function fillPrototype(Client) {
  const { prototype } = Client;
  const own = Object.getOwnPropertyDescriptors(prototype);
  defineCommands(prototype, Client.run);
  Object.defineProperties(prototype, own);
  for (const kind of [...SUBSCRIBING, ...UNSUBSCRIBING]) {
    define(prototype, kind, function (...given) {
      return Client.subscribe(this, kind, given);
    });
  }
  const apart = /** @type {unknown} */ (Client.transactionApart);
  defineScans(prototype, /** @type {(client: TypedClient) => RedisTransaction} */ (apart));
  defineListening(prototype, Client.isAwaited);
}

/**
 * A listener for a connection event waits for a connection, so adding one connects the shared client.
 * @param {object} prototype
 * @param {(client: RedisClient) => void} isAwaited
 */
function defineListening(prototype, isAwaited) {
  for (const method of /** @type {const} */ (['on', 'addListener', 'prependListener'])) {
    define(prototype, method, function (event, listener) {
      EventEmitter.prototype[method].call(
        this,
        /** @type {string} */ (event),
        /** @type {() => void} */ (listener),
      );
      if (event === 'ready' || event === 'connect') isAwaited(this);
      return this;
    });
  }
}

/**
 * The methods of a command. They are called with a client as `this`.
 * @param {Command} command
 * @param {typeof RedisClient.run} run
 */
function methodsOf(command, run) {
  return {
    /**
     * @this {RedisClient}
     * @param {...unknown} given
     */
    string(...given) {
      return run(this, command, given, TEXTS);
    },
    /**
     * @this {RedisClient}
     * @param {...unknown} given
     */
    buffer(...given) {
      return run(this, command, given, BUFFERS);
    },
  };
}

/**
 * Adds the methods of a script to one client.
 * @param {RedisClient} client
 * @param {string} name
 * @param {Script} script
 * @param {CommandSender} sender The client's own sender.
 */
function defineScriptOf(client, name, script, sender) {
  for (const [method, flags] of /** @type {const} */ ([
    [name, TEXTS],
    [`${name}Buffer`, BUFFERS],
  ])) {
    define(client, method, (...given) => {
      const callback = takeCallback(given);
      const promise = new Promise((resolve, reject) => script.run(sender, given, flags, resolve, reject));
      return withCallback(promise, callback);
    });
  }
}

module.exports = { defineScriptOf, fillPrototype, methodsOf };
