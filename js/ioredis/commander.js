'use strict';

const { protocol } = require('../protocol.js');
const { executeWithAutoPipelining, shouldUseAutoPipelining } = require('./auto-pipelining.js');
const { Command } = require('./command.js');
const { Script } = require('./script.js');

/**
 * @import { EventEmitter } from 'node:events'
 * @import { Client, Pipeline } from './classes.js'
 * @import { RedisCommander } from '../../types/ioredis/commands.js'
 * @import { ClientOptions } from './options.js'
 * @import { Callback } from '../../types/ioredis/calls.js'
 * @import { Call } from './pipeline.js'
 * @import { ScriptDefinition } from './script.js'
 *
 * @typedef {InstanceType<typeof Command>} Command
 * @typedef {InstanceType<typeof Script>} Script
 *
 * @typedef {Record<string, (...args: any[]) => any>} Methods Methods by name, as prototypes get them at run time.
 * @typedef {Partial<Pick<ClientOptions, 'autoPipeliningIgnoredCommands' | 'enableAutoPipelining' | 'keyPrefix'
 *   | 'showFriendlyErrorStack'>>} CommanderOptions
 *
 * @typedef {{ pipeline(commands?: Call[]): Pipeline, multi(...given: unknown[]): Pipeline | Promise<unknown> }} Batches
 */

/**
 * Methods that the prototype of a client gets at run time.
 * @typedef {RedisCommander & Batches & Omit<Commander, 'options' | 'sendCommand'>} ClientMethods
 * @typedef {new () => EventEmitter & ClientMethods} ClientBase
 * @typedef {new () => EventEmitter & Omit<ClientMethods, 'quit'>} ClusterBase
 */

/** `monitor` is a method of the client itself. */
const BUILTIN = [...new Set([...Object.keys(protocol.commands), 'sentinel'])].filter(
  (name) => name !== 'monitor',
);

/** Methods that clients and pipelines share. Subclasses have `sendCommand` and `options`. */
class Commander {
  /** @type {CommanderOptions} */
  options = {};
  /** @type {Record<string, Script>} */
  scriptsSet = {};
  /** @type {Set<string>} */
  addedBuiltinSet = new Set();

  getBuiltinCommands() {
    return BUILTIN.slice();
  }

  /**
   * Makes a method for a command, and one for its replies as Buffers. It does not attach them.
   * @param {string} name
   */
  createBuiltinCommand(name) {
    return { string: methodOf(null, name, 'utf8'), buffer: methodOf(null, name, null) };
  }

  /** @param {string} name */
  addBuiltinCommand(name) {
    this.addedBuiltinSet.add(name);
    addMethods(this, name, (method, encoding) => methodOf(method, name, encoding));
  }

  /**
   * @param {string} name
   * @param {ScriptDefinition} definition
   */
  defineCommand(name, definition) {
    const script = new Script(definition, this.options.keyPrefix);
    this.scriptsSet[name] = script;
    addMethods(this, name, (method, encoding) => scriptMethod(method, name, script, encoding));
  }

  /**
   * @param {Command} _command
   * @returns {unknown}
   */
  sendCommand(_command) {
    throw new Error('"sendCommand" is not implemented');
  }
}

/**
 * @param {object} object
 * @param {string} name
 * @param {(method: string, encoding: BufferEncoding | null) => (...args: any[]) => unknown} make
 */
function addMethods(object, name, make) {
  const methods = /** @type {Methods} */ (object);
  methods[name] = make(name, 'utf8');
  methods[`${name}Buffer`] = make(`${name}Buffer`, null);
}

/**
 * `commandName` is undefined if the first argument names the command.
 * @param {string | null} functionName
 * @param {string | undefined} commandName
 * @param {BufferEncoding | null} replyEncoding
 */
function methodOf(functionName, commandName, replyEncoding) {
  /**
   * @this {Client | Pipeline}
   * @param {any[]} args
   * @returns {unknown}
   */
  return function (...args) {
    const name = commandName === undefined ? args.shift() : commandName;
    const callback = takeCallback(args);
    const { options } = this;
    if (options.enableAutoPipelining && shouldUseAutoPipelining(this, functionName, name)) {
      return executeWithAutoPipelining(this, /** @type {string} */ (functionName), name, args, callback);
    }
    const how = {
      errorStack: options.showFriendlyErrorStack ? new Error() : undefined,
      keyPrefix: options.keyPrefix,
      replyEncoding,
    };
    return this.sendCommand(new Command(name, args, how, callback));
  };
}

/**
 * @param {string} functionName
 * @param {string} name
 * @param {Script} script
 * @param {BufferEncoding | null} replyEncoding
 */
function scriptMethod(functionName, name, script, replyEncoding) {
  /**
   * @this {Client | Pipeline}
   * @param {any[]} args
   * @returns {unknown}
   */
  return function (...args) {
    const callback = takeCallback(args);
    const { options } = this;
    if (options.enableAutoPipelining && shouldUseAutoPipelining(this, functionName, name)) {
      return executeWithAutoPipelining(this, functionName, name, args, callback);
    }
    const errorStack = options.showFriendlyErrorStack ? new Error() : undefined;
    return script.execute(this, args, { errorStack, replyEncoding }, callback);
  };
}

/**
 * @param {any[]} args
 * @returns {Callback | undefined}
 */
function takeCallback(args) {
  return typeof args[args.length - 1] === 'function' ? args.pop() : undefined;
}

for (const name of BUILTIN) {
  addMethods(Commander.prototype, name, (method, encoding) => methodOf(method, name, encoding));
}
addMethods(Commander.prototype, 'call', (method, encoding) => methodOf(method, undefined, encoding));
const methods = /** @type {Methods} */ (/** @type {unknown} */ (Commander.prototype));
methods.send_command = methods.call;

module.exports = { BUILTIN, Commander };
