'use strict';

// Reads `{pid, folder}` and `{pid, done}` lines; when its input ends, the test process is gone and
// what is still on the list is ended.
const fs = require('node:fs');
const readline = require('node:readline');

const watched = new Map();

readline
  .createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { pid, folder, done } = JSON.parse(line);
    if (done) watched.delete(pid);
    else watched.set(pid, folder);
  })
  .on('close', () => {
    for (const [pid, folder] of watched) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
      fs.rmSync(folder, { recursive: true, force: true });
    }
  });
