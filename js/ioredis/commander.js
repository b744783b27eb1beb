'use strict';

const { protocol } = require('../protocol.js');
const { executeWithAutoPipelining, shouldUseAutoPipelining } = require('./auto-pipelining.js');
const { Command } = require('./command.js');
const { Script } = require('./script.js');

/** `monitor` is one of the client's own. */
const BUILTIN = [...new Set([...Object.keys(protocol.commands), 'sentinel'])].filter(
  (name) => name !== 'monitor',
);

/** The methods that clients and pipelines share. Who extends it has `sendCommand` and `options`. */
class Commander {
  options = {};
  scriptsSet = {};
  addedBuiltinSet = new Set();

  getBuiltinCommands() {
    return BUILTIN.slice();
  }

  /** A method for a command, and one for its replies as Buffers, which are nobody's yet. */
  createBuiltinCommand(name) {
    return { string: methodOf(null, name, 'utf8'), buffer: methodOf(null, name, null) };
  }

  addBuiltinCommand(name) {
    this.addedBuiltinSet.add(name);
    addMethods(this, name, (method, encoding) => methodOf(method, name, encoding));
  }

  defineCommand(name, definition) {
    const script = new Script(definition, this.options.keyPrefix);
    this.scriptsSet[name] = script;
    addMethods(this, name, (method, encoding) => scriptMethod(method, name, script, encoding));
  }

  sendCommand() {
    throw new Error('"sendCommand" is not implemented');
  }
}

function addMethods(object, name, make) {
  object[name] = make(name, 'utf8');
  object[`${name}Buffer`] = make(`${name}Buffer`, null);
}

/** `commandName` is undefined where the first argument names the command. */
function methodOf(functionName, commandName, replyEncoding) {
  return function (...args) {
    const name = commandName === undefined ? args.shift() : commandName;
    const callback = takeCallback(args);
    const { options } = this;
    if (options.enableAutoPipelining && shouldUseAutoPipelining(this, functionName, name)) {
      return executeWithAutoPipelining(this, functionName, name, args, callback);
    }
    const how = {
      errorStack: options.showFriendlyErrorStack ? new Error() : undefined,
      keyPrefix: options.keyPrefix,
      replyEncoding,
    };
    return this.sendCommand(new Command(name, args, how, callback));
  };
}

function scriptMethod(functionName, name, script, replyEncoding) {
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

function takeCallback(args) {
  return typeof args[args.length - 1] === 'function' ? args.pop() : undefined;
}

for (const name of BUILTIN) {
  addMethods(Commander.prototype, name, (method, encoding) => methodOf(method, name, encoding));
}
addMethods(Commander.prototype, 'call', (method, encoding) => methodOf(method, undefined, encoding));
Commander.prototype.send_command = Commander.prototype.call;

module.exports = { BUILTIN, Commander };
