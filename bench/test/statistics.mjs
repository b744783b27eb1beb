import assert from 'node:assert/strict';
import { test } from 'node:test';

import { median, medianSample, percentile, ratioOf, spread } from '../statistics.mjs';

test('a median does not depend on order and leaves its argument alone', () => {
  const values = [9, 1, 5];
  assert.equal(median(values), 5);
  assert.deepEqual(values, [9, 1, 5]);
});

test('a median of an even number of values lies between the middle two', () => {
  assert.equal(median([10, 2, 4, 100]), 7);
});

test('values are ordered as numbers and not as text', () => {
  assert.equal(median([100, 9, 20]), 20);
});

test('a percentile is one of the values, by nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, index) => index + 1);
  assert.equal(percentile(values, 0.5), 50);
  assert.equal(percentile(values, 0.99), 99);
  assert.equal(percentile(values, 1), 100);
  assert.equal(percentile([7], 0.01), 7);
});

test('nothing cannot be summarized', () => {
  assert.throws(() => median([]), RangeError);
  assert.throws(() => percentile([], 0.5), RangeError);
});

test('a spread holds the median between its quartiles', () => {
  assert.deepEqual(spread([8, 1, 2, 3, 4, 5, 6, 7]), { value: 4.5, low: 2, high: 6 });
});

test('a ratio is taken within each round before the median', () => {
  const samples = (...values) => values.map((callsPerSecond) => ({ callsPerSecond }));
  // The machine slowed down after the first round, and in the last one only the subject met a burst:
  // the quotient of the medians would be 0.8, and quotients with the first baseline 2, 0.2 and 0.4.
  const subject = samples(200, 20, 40);
  const baseline = samples(100, 10, 50);
  assert.equal(ratioOf(subject, baseline, 'callsPerSecond').value, 2);
});

test('a ratio over different numbers of rounds is refused', () => {
  assert.throws(() => ratioOf([{ x: 1 }], [{ x: 1 }, { x: 2 }], 'x'), RangeError);
});

test('a median sample takes the median of each metric by itself', () => {
  const rounds = [
    { fast: 1, slow: 30 },
    { fast: 2, slow: 10 },
    { fast: 3, slow: 20 },
  ];
  assert.deepEqual(medianSample(rounds), { fast: 2, slow: 20 });
});
