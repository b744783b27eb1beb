'use strict';

const { TurnoverMap } = require('../../js/turnover');
const { runNode } = require('../support/process');

const MIB = 1_048_576;

test('a map whose entries come and go leaves nothing behind for the collection of the whole heap', async () => {
  const { report: grown } = await runNode(['--expose-gc', '__test__/programs/turnover.cjs', 'TurnoverMap']);
  expect(grown.size).toBe(1);
  // A Map leaves about 10 MiB of 45 MiB that went through it.
  expect(grown.grownBytes).toBeLessThan(3 * MIB);
});

test('it answers as a Map does', () => {
  const [turnover, map] = [new TurnoverMap(), new Map()];
  const both = (work) => expect(work(turnover)).toEqual(work(map));
  for (let round = 0; round < 5_000; round += 1) {
    turnover.set(round % 700, round);
    map.set(round % 700, round);
    const gone = (round * 7) % 900;
    both((each) => each.delete(gone));
    both((each) => [each.size, each.get(round % 13), each.has(gone)]);
  }
  both((each) => [...each]);
  both((each) => [...each.keys()]);
  both((each) => [...each.values()]);
  turnover.clear();
  expect([turnover.size, turnover.get(3)]).toEqual([0, undefined]);
});

test('who goes through it may remove entries meanwhile', () => {
  const map = new TurnoverMap();
  for (let index = 0; index < 3_000; index += 1) map.set(index, index);
  for (const [key] of map) map.delete(key);
  expect(map.size).toBe(0);
});
