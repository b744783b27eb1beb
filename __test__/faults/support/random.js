'use strict';

/** Numbers from 0 to under 1 that a seed decides: mulberry32. */
function randomOf(seed) {
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    /** A whole number from 0 to under `end`. */
    below: (end) => Math.floor(random() * end),
    chance: (probability) => random() < probability,
    pick: (list) => list[Math.floor(random() * list.length)],
  };
}

module.exports = { randomOf };
