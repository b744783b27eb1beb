'use strict';

const { Readable } = require('node:stream');
const { define } = require('./commands.js');

/** The commands that go through a collection by a cursor. All but SCAN are about one key. */
const SCANS = ['scan', 'sscan', 'hscan', 'zscan'];

/** What a scan finds, page by page: each chunk is the list that one call of the server answered, which may be empty. */
class ScanStream extends Readable {
  #client;
  #method;
  #key;
  #options;
  #cursor = '0';
  #isDone = false;

  constructor(client, method, key, { match, type, count, noValues, ...streamOptions } = {}) {
    super({ ...streamOptions, objectMode: true });
    this.#client = client;
    this.#method = method;
    this.#key = key;
    this.#options = [];
    if (match) this.#options.push('MATCH', match);
    if (type) this.#options.push('TYPE', type);
    if (count) this.#options.push('COUNT', count);
    if (noValues) this.#options.push('NOVALUES');
  }

  _read() {
    if (this.#isDone) {
      this.push(null);
      return;
    }
    this.#client[this.#method](...this.#key, this.#cursor, ...this.#options).then(
      ([cursor, found]) => {
        this.#cursor = String(cursor);
        if (this.#cursor === '0') this.#isDone = true;
        if (!this.destroyed) this.push(found);
      },
      (error) => this.destroy(error),
    );
  }

  /** Ends the stream with the page that is under way. */
  close() {
    this.#isDone = true;
  }
}

/** Gives a client `scanStream`, `hscanStream` and so on, and those of Buffers. */
function defineScans(prototype) {
  for (const scan of SCANS) {
    for (const method of [scan, `${scan}Buffer`]) {
      define(prototype, `${method}Stream`, function (...given) {
        const key = scan === 'scan' ? [] : [given.shift()];
        return new ScanStream(this, method, key, given[0]);
      });
    }
  }
}

module.exports = { defineScans };
