'use strict';

const { channel } = require('node:diagnostics_channel');
const { failing, unique } = require('../support/entries-contract');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');

const redis = withRedis();

test.each([
  ['near', () => ({ useRedis: false })],
  ['redis', () => ({ url: redis.url })],
])('calls are told of by their tier, %s or factory, and factories by their end', async (tier, optionsOf) => {
  const orgcache = openPackage({ logLevel: 'off', ...optionsOf() });
  const name = unique('channel');
  const cache = orgcache.createCache({ name, graceSeconds: 60 }).org('secret-organization');
  const told = { 'orgcache:operation': [], 'orgcache:factory': [] };
  const listeners = Object.entries(told).map(([to, messages]) => {
    const listener = (message) => message.cache === name && messages.push(message);
    channel(to).subscribe(listener);
    return () => channel(to).unsubscribe(listener);
  });
  await cache.get('secret-key');
  await cache.getOrSet('secret-key', () => 1);
  await cache.getOrSet('secret-key', () => 2);
  await cache.refresh('secret-key', ({ notModified }) => notModified());
  await cache.expire('secret-key');
  await cache.getOrSet('secret-key', failing);
  await cache.set('secret-key', 1);
  await cache.getMany(['secret-key']);
  await cache.getOrSet('other', ({ skip }) => skip(1));
  await cache.pull('secret-key');
  for (const end of listeners) end();
  await cache.get('secret-key');
  const shown = told['orgcache:operation'].map(({ operation, tier: from, hit, stale }) =>
    [operation, from, hit && 'hit', stale && 'stale'].filter(Boolean).join(' '),
  );
  expect(shown).toEqual([
    `get ${tier}`,
    'getOrSet factory',
    `getOrSet ${tier} hit`,
    'refresh factory',
    `getOrSet ${tier} hit stale`,
    `getMany ${tier} hit`,
    'getOrSet factory',
    `pull ${tier} hit`,
  ]);
  const ends = told['orgcache:factory'].map(({ outcome, error }) => [outcome, error?.message]);
  expect(ends).toEqual([
    ['kept', undefined],
    ['kept', undefined],
    ['failed', 'the database is away'],
    ['unkept', undefined],
  ]);
  for (const { durationMs } of told['orgcache:factory']) expect(durationMs).toBeGreaterThanOrEqual(0);
  expect(JSON.stringify(told)).not.toMatch(/secret/);
});
