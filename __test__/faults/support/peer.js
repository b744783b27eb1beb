'use strict';

const path = require('node:path');
const { once } = require('node:events');
const { fork } = require('node:child_process');
const { onEnd } = require('../../support/cleanup');

const PROGRAM = path.join(__dirname, '..', '..', 'programs', 'peer.cjs');

/** An object of the package in another process: the same methods, of values that JSON can carry. */
function remote(ask, object) {
  return new Proxy(
    {},
    {
      get:
        (_, method) =>
        (...args) =>
          ask({ object, method, args }),
    },
  );
}

/** Another process with an instance of the package; it ends after the last test of the file. */
async function startPeer(options) {
  const child = fork(PROGRAM, [JSON.stringify(options)], { execArgv: [] });
  const waiting = new Map();
  let nextId = 1;
  child.on('message', ({ id, value, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(value);
    else reject(new Error(`The other process: ${error}`));
  });
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('The other process has ended.'));
  });
  const ask = (call) =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      waiting.set(id, { resolve, reject });
      child.send({ id, ...call });
    });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  onEnd(stop);
  return { cacheAdapter: remote(ask, 'cacheAdapter'), cacheManager: remote(ask, 'cacheManager'), stop };
}

module.exports = { startPeer };
