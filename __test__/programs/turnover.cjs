'use strict';

// Prints by how many bytes the heap has grown after young collections alone, once entries have come and gone in a map that became
// old before. To be run with --expose-gc. Argument: `TurnoverMap` or `Map`.

const { TurnoverMap } = require('../../js/turnover.js');

const COUNT = 100_000;
const AT_A_TIME = 64;
const BYTES = 400;

const map = process.argv[2] === 'Map' ? new Map() : new TurnoverMap();
map.set('first', {});
// The table of the map is in the old part of the heap from here on.
gc();
gc();

const young = () => gc({ type: 'minor' });
const before = process.memoryUsage().heapUsed;
for (let index = 0; index < COUNT; index += 1) {
  map.set(index, new Array(BYTES / 8).fill(index));
  map.delete(index - AT_A_TIME);
  if (index % 1_000 === 0) young();
}
for (let left = COUNT - AT_A_TIME; left < COUNT; left += 1) map.delete(left);
young();
const report = { grownBytes: process.memoryUsage().heapUsed - before, size: map.size };
process.stdout.write(`@report ${JSON.stringify(report)}\n`);
