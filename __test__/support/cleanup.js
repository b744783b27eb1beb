'use strict';

// One stack for the whole test file: what was started last is ended first, so that a cache is
// shut down before the server that it talks to.
const pending = [];

function onEnd(end) {
  pending.push(end);
}

async function endAll() {
  const failures = [];
  while (pending.length > 0) {
    try {
      await pending.pop()();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

if (typeof afterAll === 'function') afterAll(endAll, 30_000);

module.exports = { onEnd, endAll };
