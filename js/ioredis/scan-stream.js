'use strict';

const { Readable } = require('node:stream');

const SCANS = ['scan', 'sscan', 'hscan', 'zscan'];
const START = '0';

/** A scan, page by page: each chunk is the list that one call of the server answered. */
class ScanStream extends Readable {
  #options;
  #cursor = START;
  #isDrained = false;

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
    redis[command](argumentsOf(this.#options, this.#cursor), (error, reply) => {
      if (error) {
        this.emit('error', error);
        return;
      }
      this.#cursor = String(reply[0]);
      if (this.#cursor === START) this.#isDrained = true;
      this.push(reply[1]);
    });
  }

  /** Ends the stream after the page that is under way. */
  close() {
    this.#isDrained = true;
  }
}

function argumentsOf({ key, match, type, count, noValues }, cursor) {
  const args = key ? [key, cursor] : [cursor];
  if (match) args.push('MATCH', match);
  if (type) args.push('TYPE', type);
  if (count) args.push('COUNT', String(count));
  if (noValues) args.push('NOVALUES');
  return args;
}

/** Gives clients `scanStream`, `hscanBufferStream` and so on. */
function addScanStreams(prototype) {
  for (const scan of SCANS) {
    for (const command of [scan, `${scan}Buffer`]) {
      prototype[`${command}Stream`] = function (...given) {
        const key = scan === 'scan' ? undefined : given.shift();
        return new ScanStream({ objectMode: true, key, redis: this, command, ...given[0] });
      };
    }
  }
}

module.exports = { ScanStream, addScanStreams };
