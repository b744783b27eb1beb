#!/usr/bin/env node
'use strict';

const { commandLine, help, UsageError } = require('./arguments.js');
const { version } = require('../../package.json');

/** @import { Run } from './arguments.js' */

/**
 * Modules are loaded on demand, so that `--help` works where the addon cannot be loaded.
 * @type {Record<string, () => (run: Run) => Promise<boolean>>}
 */
const RUNNERS = {
  clear: () => require('./clear.js').clear,
  del: () => require('./keys.js').del,
  erase: () => require('./erase.js').erase,
  doctor: () => require('./doctor/index.js').doctor,
  get: () => require('./get.js').get,
  keys: () => require('./keys.js').keys,
  queue: () => require('./queue.js').queue,
  stats: () => require('./stats.js').stats,
};

const DONE = 0;
const FAILED = 1;
const MISUSED = 2;

/** @param {string[]} words */
async function main(words) {
  const { command, options, operands } = commandLine(words);
  if (command === 'help') return say(help(operands[0]));
  if (command === 'version') return say(version);
  return RUNNERS[command]()({ ...options, operands, say, note });
}

/**
 * Settles when the line is written. The process then ends even if calls are still in flight.
 * @param {string} line
 * @param {NodeJS.WritableStream} [stream]
 * @returns {Promise<boolean>}
 */
function say(line, stream = process.stdout) {
  return new Promise((resolve) => stream.write(`${line}\n`, () => resolve(true)));
}

/**
 * Prints to stderr, so that only the answer goes through a pipe.
 * @param {string} line
 */
function note(line) {
  return say(line, process.stderr);
}

/** @param {Error} error */
function codeOf(error) {
  return error instanceof UsageError ? MISUSED : FAILED;
}

// The reader of a pipe may stop reading, as `head` does.
process.stdout.on('error', (/** @type {NodeJS.ErrnoException} */ error) =>
  process.exit(error.code === 'EPIPE' ? DONE : FAILED),
);

main(process.argv.slice(2)).then(
  (succeeded) => process.exit(succeeded ? DONE : FAILED),
  async (error) => {
    await say(`orgcache: ${error.message}`, process.stderr);
    process.exit(codeOf(error));
  },
);
