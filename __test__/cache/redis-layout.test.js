'use strict';

const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { ADAPTER_METHODS, MESSAGES } = require('../support/adapter-methods');

const PREFIX = 'jack:dev:';
// The longest time between the set and the question for the remaining lifetime.
const SLACK_MS = 5000;

const redis = withRedis({ flushBeforeEach: true });
let adapter;

beforeAll(() => {
  adapter = openPackage({ url: redis.url }).cacheAdapter;
});

async function expectTtl(key, ttlSeconds) {
  const left = await redis.command('PTTL', key);
  expect(left).toBeLessThanOrEqual(ttlSeconds * 1000);
  expect(left).toBeGreaterThan(ttlSeconds * 1000 - SLACK_MS);
}

/** The value keys. The package's own keys for organizations begin with `!` after the prefix. */
async function valueKeys() {
  return (await redis.keys(`${PREFIX}*`)).filter((key) => !key.startsWith(`${PREFIX}!`));
}

test.each(ADAPTER_METHODS)('$noun lies under $key as JSON for $ttlSeconds s', async (method) => {
  await adapter[method.set](...method.id, method.value);
  const key = PREFIX + method.key;
  expect(await valueKeys()).toContain(key);
  const text = await redis.command('GET', key);
  expect(() => JSON.parse(text)).not.toThrow();
  expect(text).toContain(JSON.stringify(method.value));
  await expectTtl(key, method.ttlSeconds);
});

test('setting the lead of a phone writes both directions with the same TTL', async () => {
  await adapter.setPhoneToLeadMapping('+1 (234) 567-890', 'lead/9');
  const there = `${PREFIX}phoneToLead:+1234567890`;
  const back = `${PREFIX}leadToPhone:lead%2F9`;
  expect(await valueKeys()).toEqual([back, there]);
  await expectTtl(there, 300);
  await expectTtl(back, 300);
});

test.each([
  ['no organization', null, 'global'],
  ['an organization', 'org-1', 'org-1'],
  ['an organization named like the global scope', 'global', '%67lobal'],
  ['an organization with a colon', 'a:b', 'a%3Ab'],
  ['an organization with a percent sign', '%67lobal', '%2567lobal'],
  ['an organization with a glob', '*', '%2A'],
  ['an organization with a hash tag', '{x}', '%7Bx%7D'],
  ['an organization in Cyrillic', 'Ёж', '%D0%81%D0%B6'],
  ['the empty organization, which is none,', '', 'global'],
  ['every byte that stands for itself', 'aZ09-_.~+@', 'aZ09-_.~+@'],
])('%s has a scope of its own', async (_name, organization, scope) => {
  await adapter.setConversationContext(organization, '+1 555', MESSAGES);
  expect(await valueKeys()).toEqual([`${PREFIX}conversationContexts:${scope}:1555`]);
});

test('a phone without digits is kept as it is, escaped', async () => {
  await adapter.setConversationContext('org-1', 'Ada L.', MESSAGES);
  expect(await valueKeys()).toEqual([`${PREFIX}conversationContexts:org-1:Ada%20L.`]);
});

test('a given TTL is the TTL of the value', async () => {
  await adapter.set('timed', 1, 42);
  await expectTtl(`${PREFIX}kv:timed`, 42);
});

test('an overwritten value has the TTL of the last set', async () => {
  await adapter.set('timed', 1, 5000);
  await adapter.set('timed', 2, 42);
  await expectTtl(`${PREFIX}kv:timed`, 42);
});

test('the default TTL and the key prefix are the configured ones', async () => {
  const other = openPackage({ url: redis.url, keyPrefix: 'shop:', defaultTtl: 90 }).cacheAdapter;
  await other.set('a', 1);
  await expectTtl('shop:kv:a', 90);
  expect((await other.getStats()).config).toMatchObject({ keyPrefix: 'shop:', defaultTTL: 90 });
});

test('a value under the compression threshold is plain JSON', async () => {
  const text = 'y'.repeat(1000);
  await adapter.set('plain', text);
  expect(await redis.command('GET', `${PREFIX}kv:plain`)).toBe(JSON.stringify(text));
});

test.each(['lz4', 'zstd'])(
  'a long value compressed with %s lies behind a NUL and is smaller',
  async (compression) => {
    const other = openPackage({ url: redis.url, compression }).cacheAdapter;
    const value = { text: 'the same words again and again '.repeat(300) };
    await other.set('long', value);
    const stored = await redis.commandBuffer('GET', `${PREFIX}kv:long`);
    expect(stored[0]).toBe(0);
    expect(stored.length).toBeLessThan(JSON.stringify(value).length / 4);
    // Whoever reads it need not be configured alike.
    expect(await adapter.get('long')).toEqual(value);
  },
);

test('a long value is plain JSON where compression is off', async () => {
  const other = openPackage({ url: redis.url, compression: 'none' }).cacheAdapter;
  const value = 'z'.repeat(5000);
  await other.set('long', value);
  expect(await redis.command('GET', `${PREFIX}kv:long`)).toBe(JSON.stringify(value));
});

test('delete removes the key from Redis', async () => {
  await adapter.set('gone', 1);
  expect(await adapter.delete('gone')).toBe(true);
  expect(await redis.command('EXISTS', `${PREFIX}kv:gone`)).toBe(0);
});

test('writes and deletes of another process are seen', async () => {
  await redis.command('SET', `${PREFIX}kv:shared`, '{"by":"other"}');
  expect(await adapter.get('shared')).toEqual({ by: 'other' });
  await redis.command('DEL', `${PREFIX}kv:shared`);
  expect(await adapter.get('shared')).toBeNull();
});
