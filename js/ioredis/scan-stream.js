'use strict';

const { Readable } = require('node:stream');

/**
 * @import { ReadableOptions } from 'node:stream'
 * @import { Client } from './classes.js'
 * @import { Methods } from './commander.js'
 * @import { ScanStreamOptions } from '../../types/ioredis/classes.js'
 * @import { Argument } from './encode-arguments.js'
 *
 * @typedef {ReadableOptions & ScanStreamOptions & { key?: Argument, command: string, redis: object }} ScanOptions
 */

const SCANS = ['scan', 'sscan', 'hscan', 'zscan'];
const START = '0';

/** A scan, page by page: each chunk is the list of one reply of the server. */
class ScanStream extends Readable {
  /** @type {ScanOptions} */
  #options;
  #cursor = START;
  #isDrained = false;

  /** @param {ScanOptions} options */
  constructor(options) {
    super(options);
    this.#options = options;
  }

  _read() {
    if (this.#isDrained) {
      this.push(null);
      return;
    }
    const { command, redis } = this.#options;
    /** @type {(error: Error | null, reply: [cursor: Argument, page: unknown[]]) => void} */
    const take = (error, reply) => {
      if (error) {
        this.emit('error', error);
        return;
      }
      this.#cursor = String(reply[0]);
      if (this.#cursor === START) this.#isDrained = true;
      this.push(reply[1]);
    };
    /** @type {Methods} */ (redis)[command](argumentsOf(this.#options, this.#cursor), take);
  }

  /** Ends the stream after the page in flight. */
  close() {
    this.#isDrained = true;
  }
}

/**
 * @param {ScanOptions} options
 * @param {string} cursor
 */
function argumentsOf({ key, match, type, count, noValues }, cursor) {
  /** @type {Argument[]} */
  const args = key ? [key, cursor] : [cursor];
  if (match) args.push('MATCH', match);
  if (type) args.push('TYPE', type);
  if (count) args.push('COUNT', String(count));
  if (noValues) args.push('NOVALUES');
  return args;
}

/**
 * Adds `scanStream`, `hscanBufferStream` and so on to clients.
 * @param {object} prototype
 */
function addScanStreams(prototype) {
  const methods = /** @type {Methods} */ (prototype);
  for (const scan of SCANS) {
    for (const command of [scan, `${scan}Buffer`]) {
      /**
       * @this {Client}
       * @param {any[]} given The key, except for SCAN, and options.
       */
      methods[`${command}Stream`] = function (...given) {
        const key = scan === 'scan' ? undefined : given.shift();
        return new ScanStream({ objectMode: true, key, redis: this, command, ...given[0] });
      };
    }
  }
}

module.exports = { ScanStream, addScanStreams };
