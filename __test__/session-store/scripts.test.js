'use strict';

const DESTROY = require('../../js/session-store/scripts/destroy-session.lua.js');
const READ = require('../../js/session-store/scripts/read-session.lua.js');
const WRITE = require('../../js/session-store/scripts/write-session.lua.js');
const { sha1Of } = require('../../js/session-store/scripts.js');
const { withRedis } = require('../support/redis');

const redis = withRedis({ flushBeforeEach: true });

const ttl = (key) => redis.command('PTTL', key);
const text = () => redis.command('GET', 'a');

describe('the script write-session.lua.js', () => {
  const write = (value, lifetime, expected) =>
    redis.command('EVAL', WRITE, 2, 'a', '{a}:gone', value, lifetime, expected);

  test('writes a new session with its lifetime, and over one that is there', async () => {
    expect(await write('1', 5000, 'new')).toBe(1);
    expect(await text()).toBe('1');
    expect(await ttl('a')).toBeGreaterThan(4000);
    expect(await write('2', 90_000, 'new')).toBe(1);
    expect(await text()).toBe('2');
    expect(await ttl('a')).toBeGreaterThan(80_000);
  });

  test('writes nothing where a tombstone is', async () => {
    await redis.command('SET', '{a}:gone', '', 'PX', 60_000);
    for (const expected of ['new', 'keep']) expect(await write('1', 5000, expected)).toBe(0);
    expect(await text()).toBe(null);
  });

  test('with keep, writes a session that is not there, and else only prolongs it', async () => {
    expect(await write('1', 5000, 'keep')).toBe(1);
    expect(await write('2', 90_000, 'keep')).toBe(2);
    expect(await text()).toBe('1');
    expect(await ttl('a')).toBeGreaterThan(80_000);
  });

  test('writes over the text that was loaded, and over no other', async () => {
    await write('1', 5000, 'new');
    expect(await write('2', 5000, sha1Of('1'))).toBe(1);
    expect(await write('3', 5000, sha1Of('1'))).toBe('2');
    expect(await text()).toBe('2');
  });

  test('does not bring back a session that is gone', async () => {
    expect(await write('2', 5000, sha1Of('1'))).toBe(0);
    expect(await write('2', 5000, 'any')).toBe(0);
    expect(await redis.keys()).toEqual([]);
  });

  test('with any, writes over whatever is there', async () => {
    await write('1', 5000, 'new');
    expect(await write('3', 5000, 'any')).toBe(1);
    expect(await text()).toBe('3');
  });

  test('with the lifetime 0 a session has no end', async () => {
    expect(await write('1', 0, 'new')).toBe(1);
    expect(await write('1', 0, 'keep')).toBe(2);
    expect(await ttl('a')).toBe(-1);
  });

  test('leaves a key of another type', async () => {
    await redis.command('HSET', 'a', 'field', '1');
    await expect(write('1', 5000, sha1Of('1'))).rejects.toThrow(/WRONGTYPE/);
    expect(await redis.command('TYPE', 'a')).toBe('hash');
  });
});

test('the script destroy-session.lua.js removes a session and leaves a tombstone that ends', async () => {
  const destroy = () => redis.command('EVAL', DESTROY, 2, 'a', '{a}:gone', 60_000);
  await redis.command('SET', 'a', '1');
  expect(await destroy()).toBe(1);
  expect(await destroy()).toBe(0);
  expect(await redis.keys()).toEqual(['{a}:gone']);
  expect(await ttl('{a}:gone')).toBeGreaterThan(50_000);
});

test('the script read-session.lua.js answers a session and what is left of it', async () => {
  const read = () => redis.command('EVAL', READ, 1, 'a');
  expect(await read()).toEqual([null, -2]);
  await redis.command('SET', 'a', '1', 'PX', 60_000);
  const [found, left] = await read();
  expect(found).toBe('1');
  expect(left).toBeGreaterThan(50_000);
  await redis.command('PERSIST', 'a');
  expect(await read()).toEqual(['1', -1]);
});
