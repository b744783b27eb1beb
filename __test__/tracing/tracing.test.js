'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');
const { tracingChannel } = require('node:diagnostics_channel');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { rejection } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });
const commands = tracingChannel('orgcache:command');

/** Collects event and context of each message that a subscriber hears while `work` runs. */
async function heard(work) {
  const events = [];
  const note = (name) => (context) => events.push([name, { ...context }]);
  const subscriber = Object.fromEntries(
    ['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((name) => [name, note(name)]),
  );
  commands.subscribe(subscriber);
  try {
    await work();
  } finally {
    commands.unsubscribe(subscriber);
  }
  return events;
}

const open = () => openPackage({ url: redis.url, db: 3, logLevel: 'off' });

test('a command is told of in the form of ioredis:command, its values hidden', async () => {
  const client = await open().getRedis();
  await client.ping();
  const events = await heard(async () => {
    await client.set('key', 'secret-value');
    await client.get('key');
  });
  const server = { database: 3, serverAddress: '127.0.0.1', serverPort: redis.port };
  expect(events.map(([name]) => name)).toEqual(
    ['set', 'get'].flatMap(() => ['start', 'end', 'asyncStart', 'asyncEnd']),
  );
  expect(events[0]).toEqual(['start', { command: 'set', args: ['key', '?'], ...server }]);
  expect(events[7]).toEqual([
    'asyncEnd',
    { command: 'get', args: ['key'], result: 'secret-value', ...server },
  ]);
});

test('commands of pipelines are told of one by one, and calls of the cache by their verbs', async () => {
  const orgcache = open();
  const client = await orgcache.getRedis();
  await client.ping();
  const events = await heard(async () => {
    await client.pipeline().set('a', 1).incr('a').exec();
    await orgcache.cacheManager.set('settings', 1, 60, 'acme');
    await orgcache.cacheManager.get('settings', 'acme');
    await orgcache.createCache({ name: 'users' }).org('acme').set('7', 1);
  });
  const started = events.filter(([name]) => name === 'start').map(([, { command, args }]) => [command, args]);
  expect(started).toEqual([
    ['set', ['a', '?']],
    ['incr', ['a']],
    ['cache.set', []],
    ['cache.get', []],
    ['cache.entrySet', []],
  ]);
});

test('a failure is told of, and rejects as it did', async () => {
  const client = await open().getRedis();
  await client.set('key', 'text');
  const events = await heard(async () => {
    expect(await rejection(client.lpush('key', 1))).toMatchObject({
      code: 'E_REPLY',
      redisCode: 'WRONGTYPE',
    });
  });
  const [, { error }] = events.find(([name]) => name === 'error');
  expect(error).toMatchObject({ redisCode: 'WRONGTYPE', command: 'lpush' });
});

test('a store that a subscriber binds is seen where the call is made', async () => {
  const client = await open().getRedis();
  const storage = new AsyncLocalStorage();
  commands.start.bindStore(storage, ({ command }) => command);
  const subscriber = { asyncEnd: () => {} };
  commands.subscribe(subscriber);
  let seen;
  const note = () => {
    seen = storage.getStore();
  };
  commands.end.subscribe(note);
  try {
    await client.get('key');
  } finally {
    commands.start.unbindStore(storage);
    commands.unsubscribe(subscriber);
    commands.end.unsubscribe(note);
  }
  expect(seen).toBe('get');
});

test('without a subscriber nothing is told, and calls are made as before', async () => {
  const client = await open().getRedis();
  expect(await heard(async () => {})).toEqual([]);
  await client.set('key', 'value');
  expect(await client.get('key')).toBe('value');
});
