'use strict';

const { Readable } = require('node:stream');
const { scansOfNodes } = require('./cluster-scan.js');
const { define } = require('./commands.js');
const { encodeArgument } = require('./encode-arguments.js');

/** @import { ReadableOptions } from 'node:stream' */
/** @import { RedisClient, RedisTransaction, ScanOptions } from '../../index.js' */
/** @import { Scan, ScanMethod } from './cluster-scan.js' */
/** @import { Argument } from './encode-arguments.js' */

/** Commands that iterate over a collection with a cursor. All except SCAN take a key. */
const SCANS = ['scan', 'sscan', 'hscan', 'zscan'];
const START = '0';

/** The results of a scan, page by page. Each chunk is the list of one reply of the server, and may be empty. */
class ScanStream extends Readable {
  #findScans;
  /** @type {Scan[] | undefined} */
  #scans;
  #cursor = START;
  #isDone = false;

  /**
   * `findScans` answers functions from a cursor to `[cursor, found]`. Each is run from its start to its end.
   * @param {() => Promise<Scan[]>} findScans
   * @param {ReadableOptions} streamOptions
   */
  constructor(findScans, streamOptions) {
    super({ ...streamOptions, objectMode: true });
    this.#findScans = findScans;
  }

  _read() {
    this.#next().then(
      (page) => {
        if (!this.destroyed) this.push(page);
      },
      (error) => this.destroy(error),
    );
  }

  async #next() {
    this.#scans ??= await this.#findScans();
    if (this.#isDone || this.#scans.length === 0) return null;
    const [cursor, found] = await this.#scans[0](this.#cursor);
    this.#cursor = String(cursor);
    if (this.#cursor === START) this.#scans.shift();
    return found;
  }

  /** Ends the stream after the page in flight. */
  close() {
    this.#isDone = true;
  }
}

/**
 * The arguments for the options. Every page sends them, so the stream keeps its own copy.
 * @param {ScanOptions} asked
 * @param {string} scan
 * @returns {Argument[]}
 */
function scanOptions({ match, type, count, noValues }, scan) {
  /** @type {Argument[]} */
  const options = [];
  /** @type {(name: string, value: unknown) => void} */
  const add = (name, value) => options.push(name, encodeArgument(value, scan, options.length + 1));
  if (match) add('MATCH', match);
  if (type) add('TYPE', type);
  if (count) add('COUNT', count);
  if (noValues) options.push('NOVALUES');
  return options;
}

/**
 * Adds `scanStream`, `hscanStream` and so on to clients, and their forms for Buffers. See `scansOfNodes`.
 * @param {object} prototype
 * @param {(client: RedisClient) => RedisTransaction} transactionApart
 */
function defineScans(prototype, transactionApart) {
  for (const scan of SCANS) {
    for (const method of [scan, `${scan}Buffer`]) {
      define(prototype, `${method}Stream`, function (...given) {
        const key = scan === 'scan' ? [] : [encodeArgument(given.shift(), scan, 0)];
        const { match, type, count, noValues, ...streamOptions } =
          /** @type {ScanOptions & ReadableOptions} */ (given[0] ?? {});
        const options = scanOptions({ match, type, count, noValues }, scan);
        /** @type {() => Promise<Scan[]>} */
        const ofAll = async () => [(cursor) => this[method](...key, cursor, ...options)];
        const ofNodes = () =>
          scansOfNodes(this, /** @type {ScanMethod} */ (method), options, transactionApart);
        const isSpread = scan === 'scan' && this.isCluster;
        return new ScanStream(isSpread ? ofNodes : ofAll, streamOptions);
      });
    }
  }
}

module.exports = { defineScans };
