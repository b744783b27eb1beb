'use strict';

const { nextTick, setImmediate } = require('../time.js');

/** Rounds in one turn of the event loop. More of them would keep sockets and timers waiting. */
const ROUNDS = 8;

let rounds = 0;
let isCounting = false;

/**
 * Calls `work` when the promises that are ready have been heard, and in the next turn of the event loop if this one has had
 * its rounds.
 * @param {() => void} work
 */
function soon(work) {
  if (rounds >= ROUNDS) {
    setImmediate(work);
    return;
  }
  rounds += 1;
  if (!isCounting) {
    isCounting = true;
    setImmediate(begin);
  }
  nextTick(work);
}

function begin() {
  rounds = 0;
  isCounting = false;
}

module.exports = { soon };
