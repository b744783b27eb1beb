'use strict';

const zlib = require('node:zlib');
const { lz4Bomb, lz4Stored, zstdBomb, zstdStored } = require('../support/frames');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { until } = require('../support/wait');
const { MESSAGES, PHONE } = require('../support/adapter-methods');

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const CONTEXTS = 'jack:dev:conversationContexts:global';
const SUMMARIES = 'jack:dev:conversationSummaries:global';

const redis = withRedis({ flushBeforeEach: true });
let adapter;

beforeAll(() => {
  adapter = openPackage({ url: redis.url, logLevel: 'off' }).cacheAdapter;
});

const redisStats = async () => (await adapter.getStats()).cache.redis;

describe.each([
  ['copy', true],
  ['off', false],
])('with CACHE_LEGACY=%s', (legacy, isRead) => {
  const FIELD = 'org-9:1234567890';
  const old = JSON.stringify(MESSAGES);
  let own;

  beforeAll(() => {
    own = openPackage({ url: redis.url, logLevel: 'off', legacy }).cacheAdapter;
  });

  test(`a value ${isRead ? 'is read and' : 'is not read, and'} stays in its old place`, async () => {
    await redis.command('HSET', CONTEXTS, FIELD, old);
    expect(await own.getConversationContext('org-9', PHONE)).toEqual(isRead ? MESSAGES : null);
    const key = CONTEXTS.replace('global', FIELD);
    if (isRead) await until(async () => (await redis.command('EXISTS', key)) === 1, { what: 'the copy' });
    expect(await redis.command('HGET', CONTEXTS, FIELD)).toBe(old);
    expect(await own.getConversationContext('org-9', PHONE)).toEqual(isRead ? MESSAGES : null);
  });

  test(`a set ${isRead ? 'takes it away, also when it came back' : 'leaves it'}`, async () => {
    const there = async () => (await redis.command('HEXISTS', CONTEXTS, FIELD)) === 1;
    for (let round = 0; round < 2; round++) {
      await redis.command('HSET', CONTEXTS, FIELD, old);
      expect(await own.setConversationContext('org-9', PHONE, [{ content: 'new' }])).toBe(true);
      if (isRead) await until(async () => !(await there()), { what: 'the old value to go' });
    }
    expect(await there()).toBe(!isRead);
  });

  test(`a clearing ${isRead ? 'takes it away' : 'leaves it'}`, async () => {
    await redis.command('HSET', CONTEXTS, FIELD, old);
    await own.clearOrganizationCache('org-9');
    expect(await redis.command('HEXISTS', CONTEXTS, FIELD)).toBe(isRead ? 0 : 1);
  });
});

describe('values of the JavaScript layer in Redis', () => {
  test.each([
    ['a conversation context', CONTEXTS, 'getConversationContext', MESSAGES],
    ['a conversation summary', SUMMARIES, 'getConversationSummary', { summary: 'short' }],
  ])('%s in the hash is read and moved to its own key with a TTL', async (_name, hash, get, value) => {
    await redis.command('HSET', hash, 'org-9:1234567890', JSON.stringify(value), 'org-8:1', '[]');
    expect(await adapter[get]('org-9', PHONE)).toEqual(value);
    const key = hash.replace('global', 'org-9:1234567890');
    await until(async () => (await redis.command('EXISTS', key)) === 1, { what: 'the moved value' });
    const left = await redis.command('PTTL', key);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(7_200_000);
    const gone = async () => (await redis.command('HEXISTS', hash, 'org-9:1234567890')) === 0;
    await until(gone, { what: 'the old field to be removed' });
    expect(await redis.command('HGET', hash, 'org-8:1')).toBe('[]');
    expect(await adapter[get]('org-9', PHONE)).toEqual(value);
  });

  test('a compressed value in the hash is read', async () => {
    await redis.command('HSET', CONTEXTS, 'org-9:1234567890', `compressed:${JSON.stringify(MESSAGES)}`);
    expect(await adapter.getConversationContext('org-9', PHONE)).toEqual(MESSAGES);
  });

  test('a moved value is cleared with its organization', async () => {
    await redis.command('HSET', CONTEXTS, 'org-9:1234567890', JSON.stringify(MESSAGES));
    expect(await adapter.getConversationContext('org-9', PHONE)).toEqual(MESSAGES);
    await adapter.clearOrganizationCache('org-9');
    expect(await adapter.getConversationContext('org-9', PHONE)).toBeNull();
  });

  test('a newer value under its own key wins over the hash', async () => {
    await adapter.setConversationContext('org-9', PHONE, [{ content: 'new' }]);
    await redis.command('HSET', CONTEXTS, 'org-9:1234567890', '[{"content":"old"}]');
    expect(await adapter.getConversationContext('org-9', PHONE)).toEqual([{ content: 'new' }]);
  });

  test('the field of one organization is not read for another', async () => {
    await redis.command('HSET', CONTEXTS, 'org-9:1234567890', JSON.stringify(MESSAGES));
    expect(await adapter.getConversationContext('org-90', PHONE)).toBeNull();
    expect(await adapter.getConversationContext(null, PHONE)).toBeNull();
  });

  test('plain JSON and `compressed:` JSON under the current key are read', async () => {
    await redis.command('SET', 'jack:dev:kv:plain', ' {"a": [1, 2]} ');
    await redis.command('SET', 'jack:dev:kv:marked', 'compressed:{"a":[1,2]}');
    expect(await adapter.get('plain')).toEqual({ a: [1, 2] });
    expect(await adapter.get('marked')).toEqual({ a: [1, 2] });
  });
});

describe('values of this version stay readable', () => {
  test.each([
    ['LZ4', lz4Stored],
    ['zstd', zstdStored],
  ])('%s behind a NUL', async (_name, frame) => {
    const value = { text: 'written long ago', list: [1, 2, 3] };
    await redis.command('SET', 'jack:dev:kv:old', frame(JSON.stringify(value)));
    expect(await adapter.get('old')).toEqual(value);
  });
});

describe('bytes in Redis that no version wrote', () => {
  const bomb = zlib.deflateSync(Buffer.alloc(32 * 1024 * 1024)).subarray(0, 4096);
  const hugeLength = Buffer.from('ffffffffffffff7f', 'hex');

  test.each([
    ['broken JSON', Buffer.from('{"role":"user","content":')],
    ['text that is not JSON', Buffer.from('hello')],
    ['an empty value', Buffer.alloc(0)],
    ['broken JSON behind `compressed:`', Buffer.from('compressed:{')],
    ['only a NUL', Buffer.from([0])],
    ['a NUL and an unknown version', Buffer.from([0, 0xfe, 1, 2, 3])],
    ['a NUL, a version and nothing more', Buffer.from([0, 1])],
    ['a NUL, a version and a huge length', Buffer.concat([Buffer.from([0, 1]), hugeLength, bomb])],
    ['another NUL, a version and a huge length', Buffer.concat([Buffer.from([0, 2]), hugeLength, bomb])],
    ['a NUL and noise', Buffer.concat([Buffer.from([0]), bomb])],
  ])('%s is a miss, counted', async (_name, stored) => {
    await redis.command('SET', 'jack:dev:kv:broken', stored);
    const before = await redisStats();
    expect(await adapter.get('broken')).toBeNull();
    const after = await redisStats();
    expect(after.corruptValues - before.corruptValues).toBe(1);
    expect(after.misses - before.misses).toBe(1);
    expect(after.hits - before.hits).toBe(0);
  });

  test('every truncation of a compressed value is a miss', async () => {
    const { cacheAdapter: writer } = openPackage({ url: redis.url, compression: 'zstd' });
    await writer.set('whole', { text: 'again and again '.repeat(200) });
    const whole = await redis.commandBuffer('GET', 'jack:dev:kv:whole');
    expect(whole[0]).toBe(0);
    for (let length = 1; length < whole.length; length += 1) {
      await redis.command('SET', 'jack:dev:kv:cut', whole.subarray(0, length));
      expect(await adapter.get('cut')).toBeNull();
    }
  });

  test.each([
    ['zstd, honest', zstdBomb(GIB, 0xffffffff >>> 1)],
    ['zstd, claiming the cap', zstdBomb(GIB, 16 * MIB)],
    ['zstd, claiming little', zstdBomb(GIB, 100)],
    ['LZ4, claiming 4 GiB', lz4Bomb(64 * MIB, 0xffffffff)],
    ['LZ4, claiming the cap', lz4Bomb(64 * MIB, 16 * MIB)],
    ['LZ4, claiming little', lz4Bomb(64 * MIB, 100)],
  ])('a bomb (%s) is a miss and takes no memory', async (_name, bomb) => {
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 5; round += 1) {
      await redis.command('SET', 'jack:dev:kv:bomb', bomb);
      expect(await adapter.get('bomb')).toBeNull();
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * MIB);
  });

  test.each([
    ['a list', ['RPUSH', 'jack:dev:kv:typed', 'a']],
    ['a hash', ['HSET', 'jack:dev:kv:typed', 'a', '1']],
    ['a sorted set', ['ZADD', 'jack:dev:kv:typed', '1', 'a']],
  ])('%s where text should be is a miss, and a set puts it right', async (_name, command) => {
    await redis.command(...command);
    const before = await redisStats();
    expect(await adapter.get('typed')).toBeNull();
    const after = await redisStats();
    const counted = (stats) => stats.corruptValues + stats.errors;
    expect(counted(after)).toBeGreaterThan(counted(before));
    expect(await adapter.set('typed', 'right')).toBe(true);
    expect(await adapter.get('typed')).toBe('right');
  });

  test('text where the old hash should be is a miss', async () => {
    await redis.command('SET', CONTEXTS, 'text');
    expect(await adapter.getConversationContext('org-9', PHONE)).toBeNull();
    expect(await adapter.setConversationContext('org-9', PHONE, MESSAGES)).toBe(true);
    expect(await adapter.getConversationContext('org-9', PHONE)).toEqual(MESSAGES);
  });

  test('a broken field of the old hash is a miss', async () => {
    await redis.command('HSET', CONTEXTS, 'org-9:1234567890', '[{');
    expect(await adapter.getConversationContext('org-9', PHONE)).toBeNull();
  });
});
