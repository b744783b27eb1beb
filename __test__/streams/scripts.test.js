'use strict';

const DEAD_LETTER = require('../../js/streams/scripts/dead-letter.lua.js');
const FORGET_CONSUMER = require('../../js/streams/scripts/forget-consumer.lua.js');
const { withRedis } = require('../support/redis');

const NOTHING_PENDING = [0, null, null, null];

const redis = withRedis({ flushBeforeEach: true });

beforeEach(() => redis.command('XGROUP', 'CREATE', 'orders', 'workers', '0', 'MKSTREAM'));

/** An entry that the consumer was given and has not acknowledged. */
async function pendingEntry(consumer = 'c1', words = ['a', '1']) {
  const id = await redis.command('XADD', 'orders', '*', ...words);
  await redis.command('XREADGROUP', 'GROUP', 'workers', consumer, 'STREAMS', 'orders', '>');
  return id;
}

const pending = () => redis.command('XPENDING', 'orders', 'workers');

describe('the script dead-letter.lua.js', () => {
  const deadLetter = (id, ...about) =>
    redis.command('EVAL', DEAD_LETTER, 2, 'orders', 'dead', 'workers', id, ...about);
  const letters = () => redis.command('XRANGE', 'dead', '-', '+');

  test('copies a pending entry after the fields about it, and acknowledges it', async () => {
    const id = await pendingEntry();
    const copy = await deadLetter(id, 'dead:reason', 'no');
    expect(await letters()).toEqual([[copy, ['dead:reason', 'no', 'a', '1']]]);
    expect(await pending()).toEqual(NOTHING_PENDING);
    expect(await redis.command('XLEN', 'orders')).toBe(1);
  });

  test('leaves other entries pending', async () => {
    const [first, second] = [await pendingEntry(), await pendingEntry()];
    await deadLetter(first, 'dead:reason', 'no');
    expect(await pending()).toEqual([1, second, second, [['c1', '1']]]);
  });

  test('answers nil for an entry that is settled, and copies nothing', async () => {
    const id = await pendingEntry();
    await redis.command('XACK', 'orders', 'workers', id);
    expect(await deadLetter(id, 'dead:reason', 'no')).toBe(null);
    expect(await deadLetter('1-1', 'dead:reason', 'no')).toBe(null);
    expect(await letters()).toEqual([]);
  });

  test('tells of a pending entry that was deleted from the stream', async () => {
    const id = await pendingEntry();
    await redis.command('XDEL', 'orders', id);
    const copy = await deadLetter(id, 'dead:reason', 'no');
    expect(await letters()).toEqual([[copy, ['dead:reason', 'no']]]);
    expect(await pending()).toEqual(NOTHING_PENDING);
  });

  test('copies 7,000 words, and of more answers 0 and leaves the entry pending', async () => {
    const words = (count) => Array.from({ length: count }, (_, index) => `w${index}`);
    const largest = await pendingEntry('c1', words(7000));
    const tooLarge = await pendingEntry('c1', words(7002));
    const copy = await deadLetter(largest, 'dead:reason', 'no');
    expect(await deadLetter(tooLarge, 'dead:reason', 'no')).toBe(0);
    expect(await letters()).toEqual([[copy, ['dead:reason', 'no', ...words(7000)]]]);
    expect(await pending()).toEqual([1, tooLarge, tooLarge, [['c1', '1']]]);
  });

  test('acknowledges nothing where the dead letters have another type', async () => {
    const id = await pendingEntry();
    await redis.command('SET', 'dead', 'a text');
    await expect(deadLetter(id, 'dead:reason', 'no')).rejects.toThrow('WRONGTYPE');
    expect(await pending()).toEqual([1, id, id, [['c1', '1']]]);
    expect(await redis.command('GET', 'dead')).toBe('a text');
  });

  test('fails where the stream or its group is not there', async () => {
    const id = await pendingEntry();
    await redis.command('XGROUP', 'DESTROY', 'orders', 'workers');
    await expect(deadLetter(id, 'dead:reason', 'no')).rejects.toThrow('NOGROUP');
    await redis.command('DEL', 'orders');
    await expect(deadLetter(id, 'dead:reason', 'no')).rejects.toThrow('NOGROUP');
    expect(await letters()).toEqual([]);
  });
});

describe('the script forget-consumer.lua.js', () => {
  const forget = (consumer) => redis.command('EVAL', FORGET_CONSUMER, 1, 'orders', 'workers', consumer);

  async function consumers() {
    const rows = await redis.command('XINFO', 'CONSUMERS', 'orders', 'workers');
    return rows.map((row) => row[row.indexOf('name') + 1]).sort();
  }

  test('deletes a consumer that has nothing pending, and no other', async () => {
    const id = await pendingEntry('c1');
    await pendingEntry('c2');
    await redis.command('XACK', 'orders', 'workers', id);
    expect(await forget('c1')).toBe(1);
    expect(await consumers()).toEqual(['c2']);
  });

  test('keeps a consumer that has anything pending, with its entries', async () => {
    const id = await pendingEntry('c1');
    expect(await forget('c1')).toBe(0);
    expect(await consumers()).toEqual(['c1']);
    expect(await pending()).toEqual([1, id, id, [['c1', '1']]]);
  });

  test('does nothing for a consumer that is not there', async () => {
    expect(await forget('nobody')).toBe(1);
    expect(await consumers()).toEqual([]);
  });

  test('fails where the group is not there or the stream has another type', async () => {
    await redis.command('XGROUP', 'DESTROY', 'orders', 'workers');
    await expect(forget('c1')).rejects.toThrow('NOGROUP');
    await redis.command('SET', 'orders', 'a text');
    await expect(forget('c1')).rejects.toThrow('WRONGTYPE');
  });
});
