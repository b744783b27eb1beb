'use strict';

const path = require('node:path');
const { once } = require('node:events');
const { fork } = require('node:child_process');
const { onEnd } = require('../../support/cleanup');

const PROGRAM = path.join(__dirname, '..', '..', 'programs', 'proxy.cjs');

/**
 * A TCP proxy in a process of its own, healthy at first. Every method resolves once the proxy has done it.
 */
class FaultyProxy {
  #child;
  #waiting = new Map();
  #nextId = 1;

  constructor(child) {
    this.#child = child;
    this.host = '127.0.0.1';
    child.on('message', ({ id, value, error }) => {
      const { resolve, reject } = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) resolve(value);
      else reject(new Error(`The proxy: ${error}`));
    });
    child.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('The proxy has ended.'));
    });
  }

  get url() {
    return `redis://${this.host}:${this.port}`;
  }

  #ask(command, argument) {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, command, argument });
    });
  }

  async listen() {
    this.port = await this.#ask('listen');
  }

  /** Everything takes longer, each direction by its own time. */
  delay({ requestDelayMs = 0, replyDelayMs = 0, trickleMs = null }) {
    return this.#ask('fault', { requestDelayMs, replyDelayMs, trickleMs });
  }

  /** Replies come one byte at a time, one every `everyMs`. */
  trickle(everyMs) {
    return this.#ask('fault', { trickleMs: everyMs });
  }

  /**
   * Nothing is passed on, for existing connections and new ones, and all stay open. What came in
   * meanwhile is passed on after `heal`, as a network's retransmissions would be.
   */
  blackHole() {
    return this.#ask('fault', { isHole: true });
  }

  /** The next connection that passes its byte number `after` of replies ends: `how` is `fin` or `rst`. */
  cutReplies(after, how) {
    return this.#ask('fault', { cut: { after, how } });
  }

  /** Inverts `length` bytes of the replies of each connection, from position `at`, counted from now. */
  corruptReplies(at, length = 1) {
    return this.#ask('fault', { corrupt: { at, length } });
  }

  /** As `delay`, for connections alone that watch keys for the near cache. */
  delayWatching({ requestDelayMs = 0, replyDelayMs = 0 }) {
    return this.#ask('watchFault', { requestDelayMs, replyDelayMs });
  }

  /** As `blackHole`, for connections alone that watch keys for the near cache. */
  blackHoleWatching() {
    return this.#ask('watchFault', { isHole: true });
  }

  /** Passes `bytes` on instead of the next reply. */
  replaceReply(bytes) {
    return this.#ask('fault', { replace: Buffer.from(bytes).toString('base64') });
  }

  /** New connections are led to another server, and those that are there stay where they are. */
  routeTo({ host, port }) {
    return this.#ask('routeTo', { host, port });
  }

  /** Closes the port and resets every connection. */
  refuse() {
    return this.#ask('refuse');
  }

  /** Resets every connection; new ones are welcome. */
  reset() {
    return this.#ask('reset');
  }

  /** Ends every fault. */
  heal() {
    return this.#ask('heal');
  }

  /** Connections `{accepted, open, busiestSecond}` since the start or `forgetCounts`. */
  counts() {
    return this.#ask('counts');
  }

  forgetCounts() {
    return this.#ask('forgetCounts');
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

/** Starts a proxy in front of `{host, port}` on a free loopback port; it ends after the last test of the file. */
async function startProxy({ host, port }) {
  const child = fork(PROGRAM, [JSON.stringify({ host, port })], { execArgv: [] });
  const proxy = new FaultyProxy(child);
  onEnd(() => proxy.stop());
  await proxy.listen();
  return proxy;
}

module.exports = { startProxy };
