'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { until } = require('../support/wait');

const redis = withRedis();

describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
  const requests = new AsyncLocalStorage();
  const context = () => requests.getStore() ?? 'none';
  const open = (options) =>
    openPackage({ url: redis.url, driver, clientKeyPrefix: '', logLevel: 'off', ...options });

  test('callbacks and promises go on in the context of their call', async () => {
    const client = await open().getRedis();
    client.defineCommand('one', { lua: 'return 1', numberOfKeys: 0 });
    const seen = {};
    const called = (name) => () => {
      seen[name] = context();
    };
    const pipeline = requests.run('pipeline', () => client.pipeline());
    const transaction = requests.run('transaction', () => client.multi());
    const calls = {
      get: () => client.get('a', called('get')),
      script: () => client.one(called('script')),
      subscribe: () => client.duplicate().subscribe('c', called('subscribe')),
      blocking: () => client.blpop('list', 0.01, called('blocking')),
      'in a pipeline': () => pipeline.get('a', called('in a pipeline')),
      'in a pipeline, script': () => pipeline.one(called('in a pipeline, script')),
      'in a transaction': () => transaction.get('a', called('in a transaction')),
      promise: () => client.get('a').then(called('promise')),
      quit: () => client.duplicate().quit(called('quit')),
    };
    for (const [name, call] of Object.entries(calls)) requests.run(name, call);
    requests.run('exec', () => pipeline.exec(called('exec')));
    requests.run('exec of multi', () => transaction.exec(called('exec of multi')));
    const names = [...Object.keys(calls), 'exec', 'exec of multi'];
    await until(() => Object.keys(seen).length === names.length, { what: `${names}` });
    expect(seen).toEqual(Object.fromEntries(names.map((name) => [name, name])));
  });

  test('events and log lines come in the context of their emitter, whichever request connects first', async () => {
    const seen = {};
    const note = (name) => () => {
      seen[name] = [...new Set([...(seen[name] ?? []), context()])];
    };
    const hear = (emitter, names) => {
      for (const name of names) emitter.on(name, note(name));
    };
    const write = note('log');
    const logger = { error: write, warn: write, info: write, debug: write };
    const orgcache = requests.run('the instance', () => open({ logger, logLevel: 'trace' }));
    hear(orgcache.cacheAdapter, ['ready', 'closed']);
    const client = await requests.run('request', () => orgcache.getRedis());
    hear(client, ['connect', 'end']);
    await requests.run('request', () => orgcache.cacheAdapter.set('a', 1));
    const other = requests.run('the duplicate', () => client.duplicate());
    hear(other, ['message', 'messageBuffer', 'gap', 'slow']);
    await requests.run('request', async () => {
      await other.subscribe('c');
      const messages = other.messages('c', { maxBytes: 1 });
      await messages.ready();
      await client.publish('c', 1);
    });
    await until(() => seen.message && seen.slow, { what: 'the message' });
    await requests.run('request', () => client.call('CLIENT', 'KILL', 'TYPE', 'pubsub'));
    await until(() => seen.gap, { what: 'the gap', timeoutMs: 10_000 });
    await requests.run('request', () => orgcache.shutdown());
    await until(() => seen.closed && seen.end, { what: 'the end' });
    const ofInstance = ['the instance'];
    const ofDuplicate = ['the duplicate'];
    expect(seen).toEqual({
      log: ofInstance,
      ready: ofInstance,
      closed: ofInstance,
      connect: ofInstance,
      end: ofInstance,
      message: ofDuplicate,
      messageBuffer: ofDuplicate,
      gap: ofDuplicate,
      slow: ofDuplicate,
    });
  });

  test('handlers of a consumer group run in its context, and what one enters is not the next one’s', async () => {
    const orgcache = open();
    const client = await orgcache.getRedis();
    const seen = [];
    const group = requests.run('the group', () =>
      orgcache.createConsumerGroup({
        client,
        stream: `stream-${driver}`,
        group: 'g',
        from: '0',
        handler: () => {
          seen.push(context());
          requests.enterWith('entered by a handler');
        },
      }),
    );
    await requests.run('request', () => group.start());
    for (let n = 0; n < 3; n += 1) await client.xadd(`stream-${driver}`, '*', 'n', n);
    await until(() => seen.length === 3, { what: 'three entries' });
    await group.stop();
    expect(seen).toEqual(['the group', 'the group', 'the group']);
  });
});
