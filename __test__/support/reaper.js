'use strict';

const path = require('node:path');
const { spawn } = require('node:child_process');
const { onEnd } = require('./cleanup');

let reaper = null;

function start() {
  const child = spawn(process.execPath, [path.join(__dirname, '..', 'programs', 'reaper.cjs')], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // A Ctrl-C in the terminal goes to the whole group; the reaper must outlive it.
    detached: true,
  });
  child.unref();
  child.stdin.unref();
  child.stdin.on('error', () => {});
  onEnd(() => child.stdin.end());
  return child;
}

/**
 * Ends a server and removes its folder even when the test process is killed: jest gives tests a
 * copy of `process` whose exit event never fires, and nothing fires after SIGKILL.
 */
function watchOver(pid, folder) {
  reaper ??= start();
  reaper.stdin.write(`${JSON.stringify({ pid, folder })}\n`);
  return function letGo() {
    reaper.stdin.write(`${JSON.stringify({ pid, done: true })}\n`);
  };
}

module.exports = { watchOver };
