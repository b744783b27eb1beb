'use strict';

const { createHash } = require('node:crypto');
const { Command } = require('./command.js');

/**
 * @import { Client, LinkStream, Pipeline } from './classes.js'
 * @import { CommandOptions } from './command.js'
 * @import { Callback } from '../../types/ioredis/calls.js'
 * @import { Argument } from './encode-arguments.js'
 *
 * @typedef {{ lua: string, numberOfKeys?: number | undefined, readOnly?: boolean | undefined }} ScriptDefinition
 */

/** A Lua script with a name. Each connection gets the code once, and then its digest. */
class Script {
  #numberOfKeys;
  #keyPrefix;
  #isReadOnly;
  #knownOn = new WeakSet();

  /**
   * @param {ScriptDefinition} definition
   * @param {Argument} [keyPrefix]
   */
  constructor({ lua, numberOfKeys, readOnly = false }, keyPrefix) {
    this.lua = lua;
    this.sha = createHash('sha1').update(lua).digest('hex');
    this.#numberOfKeys = typeof numberOfKeys === 'number' ? numberOfKeys : undefined;
    this.#keyPrefix = keyPrefix;
    this.#isReadOnly = readOnly;
  }

  /**
   * Sends a call through `container`, a client or a pipeline, and answers the result of that.
   * @param {Client | Pipeline} container
   * @param {unknown[]} given
   * @param {CommandOptions} options
   * @param {Callback} [callback]
   */
  execute(container, given, options, callback) {
    const args = this.#numberOfKeys === undefined ? given : [this.#numberOfKeys, ...given];
    const all = { ...options, keyPrefix: this.#keyPrefix, readOnly: this.#isReadOnly };
    const client = container.isPipeline ? container.redis : container;
    return container.sendCommand(new ScriptCommand(this, client, args, all, callback));
  }

  /** @param {LinkStream} stream */
  isKnownOn(stream) {
    return this.#knownOn.has(stream);
  }

  /** @param {LinkStream} stream */
  learnt(stream) {
    this.#knownOn.add(stream);
  }

  /** @param {LinkStream} [stream] */
  forgotten(stream) {
    if (stream) this.#knownOn.delete(stream);
  }
}

class ScriptCommand extends Command {
  #script;
  /** @type {Client} */
  #client;
  /** @type {LinkStream | undefined} */
  #stream;
  #isSecondTry = false;

  /**
   * @param {Script} script
   * @param {Client} client
   * @param {unknown[]} args
   * @param {CommandOptions} options
   * @param {Callback} [callback]
   */
  constructor(script, client, args, options, callback) {
    super('evalsha', [script.sha, ...args], options, callback);
    this.#script = script;
    this.#client = client;
  }

  /** @param {LinkStream} stream */
  beforeSend(stream) {
    const script = this.#script;
    this.#stream = stream;
    const isKnown = script.isKnownOn(stream);
    if (!isKnown) script.learnt(stream);
    this.name = isKnown ? 'evalsha' : 'eval';
    this.args[0] = isKnown ? script.sha : script.lua;
  }

  /**
   * If the server has lost the script, sends the code.
   * @param {Error} error
   */
  refuse(error) {
    if (!error.message.startsWith('NOSCRIPT')) {
      super.refuse(error);
      return;
    }
    this.#script.forgotten(this.#stream);
    if (this.#isSecondTry) super.refuse(error);
    else this.#tryAgain();
  }

  #tryAgain() {
    const again = new ScriptCommand(this.#script, this.#client, this.args.slice(1), {
      replyEncoding: this.replyEncoding,
      readOnly: this.isReadOnly,
    });
    again.#isSecondTry = true;
    again.onSettled = (error, value) => {
      if (error === null) this.answer(value, false);
      else super.refuse(error);
    };
    this.#client.sendCommand(again);
  }
}

module.exports = { Script };
