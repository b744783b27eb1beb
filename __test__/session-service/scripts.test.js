'use strict';

const END = require('../../js/session-service/scripts/end.lua.js');
const END_USER = require('../../js/session-service/scripts/end-user.lua.js');
const MOVE = require('../../js/session-service/scripts/move.lua.js');
const { withRedis } = require('../support/redis');

const redis = withRedis({ flushBeforeEach: true });
const KEYS = ['session:id', 'moved', 'ended', 'user', 'all'];

beforeEach(async () => {
  await redis.command('SET', 'session:id', '{}');
  await redis.command('SADD', 'user', 'id', 'other');
  await redis.command('SADD', 'all', 'id', 'other');
});

describe('the script move.lua.js', () => {
  const move = (sealed, createdAt = 1000) =>
    redis.command('EVAL', MOVE, KEYS.length, ...KEYS, sealed, 60_000, 'id', createdAt);

  test('notes where a session has gone, once', async () => {
    expect(await move('one')).toBe('one');
    expect(await move('two')).toBe('one');
    expect(await redis.command('EXISTS', 'session:id')).toBe(0);
    for (const key of ['user', 'all']) expect(await redis.command('SMEMBERS', key)).toEqual(['other']);
    const life = await redis.command('PTTL', 'moved');
    expect(life > 59_000 && life <= 60_000).toBe(true);
  });

  test('moves nothing that has ended', async () => {
    await redis.command('DEL', 'session:id');
    expect(await move('one')).toBeNull();
    await redis.command('SET', 'session:id', '{}');
    await redis.command('SET', 'ended', '1000');
    expect(await move('one', 1000)).toBeNull();
    expect(await redis.command('EXISTS', 'session:id', 'moved')).toBe(0);
    await redis.command('SET', 'session:id', '{}');
    expect(await move('one', 1001)).toBe('one');
  });
});

describe('the script end.lua.js', () => {
  const end = () => redis.command('EVAL', END, 3, 'session:id', 'moved', 'all', 'id', 60_000);

  test('ends a session that has not moved, for good', async () => {
    expect(await end()).toBeNull();
    expect(await redis.command('EXISTS', 'session:id')).toBe(0);
    expect(await redis.command('GET', 'moved')).toBe('');
    expect(await redis.command('PTTL', 'moved')).toBeGreaterThan(59_000);
    expect(await redis.command('SMEMBERS', 'all')).toEqual(['other']);
  });

  test('tells where one has gone', async () => {
    await redis.command('SET', 'moved', 'sealed');
    expect(await end()).toBe('sealed');
    expect(await redis.command('EXISTS', 'session:id')).toBe(1);
  });
});

test('the script end-user.lua.js ends all sessions of a set, and notes when', async () => {
  const endUser = () => redis.command('EVAL', END_USER, 3, 'user', 'all', 'ended', 60_000);
  await redis.command('SADD', 'all', 'of-another');
  expect(await endUser()).toBe(1);
  expect(await redis.command('EXISTS', 'session:id', 'user')).toBe(0);
  expect(await redis.command('SMEMBERS', 'all')).toEqual(['of-another']);
  expect(Math.abs(Number(await redis.command('GET', 'ended')) - Date.now())).toBeLessThan(5_000);
  expect(await redis.command('PTTL', 'ended')).toBeGreaterThan(59_000);
  expect(await endUser()).toBe(0);
});
