'use strict';

const { Worker } = require('node:worker_threads');
const { once } = require('node:events');
const path = require('node:path');
const { DRIVERS, Ours, open, useDriver } = require('../support/ioredis-clients');
const { PACKAGE_ROOT } = require('../support/package');
const { withRedis } = require('../support/redis');
const { until } = require('../support/wait');

const redis = withRedis();

afterEach(() => jest.useRealTimers());

describe.each(DRIVERS)('with the %s driver', (driver) => {
  beforeAll(() => useDriver(driver));

  test('clients connect, answer and reconnect under fake timers', async () => {
    jest.useFakeTimers();
    const client = open(Ours, { port: redis.port, retryStrategy: () => 1, commandTimeout: 10_000 });
    expect(await client.set('fake', 1)).toBe('OK');
    client.stream.destroy();
    expect(await client.pipeline().get('fake').exec()).toEqual([[null, '1']]);
    await client.quit();
  });

  test('replies belong to the realm of the test', async () => {
    const client = open(Ours, { port: redis.port });
    await client.hset('realm', 'a', 1);
    await client.rpush('realm:list', 'a');
    expect(await client.hgetall('realm')).toStrictEqual({ a: '1' });
    expect(await client.lrange('realm:list', 0, -1)).toBeInstanceOf(Array);
    expect(await client.multi().hgetall('realm').exec()).toStrictEqual([[null, { a: '1' }]]);
    expect(await client.call('frobnicate').catch((error) => error)).toBeInstanceOf(Error);
  });

  test('clients work in worker threads, and a worker that is terminated under load affects no other', async () => {
    const body = `
      const { parentPort, workerData } = require('node:worker_threads');
      const Redis = require(workerData.entry);
      const client = new Redis(workerData.port);
      client.incr('worker').then((count) => {
        parentPort.postMessage(count > 0);
        const load = () => Promise.all(Array.from({ length: 20 }, () => client.incr('worker'))).then(load);
        load();
      });`;
    const entry = path.join(PACKAGE_ROOT, 'js/entry/ioredis.js');
    for (let i = 0; i < 3; i++) {
      const worker = new Worker(body, { eval: true, workerData: { entry, port: redis.port } });
      expect(await once(worker, 'message')).toEqual([true]);
      expect(await worker.terminate()).toBe(1);
    }
    expect(await open(Ours, redis.port).ping()).toBe('PONG');
  });

  test('clients that come and go leave no connection behind', async () => {
    const options = { port: redis.port, connectionName: 'passing' };
    const watcher = open(Ours, redis.port);
    const passing = async () => (await watcher.client('LIST')).split('name=passing').length - 1;
    for (let i = 0; i < 20; i++) {
      const client = new Ours(options);
      await client.ping();
      if (i === 0) expect(await passing()).toBe(1);
      if (i % 2) await client.quit();
      else client.disconnect();
      await once(client, 'end');
    }
    await until(async () => (await passing()) === 0, { what: 'the last connection to go' });
  });
});
