'use strict';

const { DRIVERS } = require('../support/ioredis-clients');
const { inFreshProcess } = require('../support/process');
const { withRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');

const redis = withRedis();

describe.each(DRIVERS)('in a process of its own, with the %s driver', (driver) => {
  const run = (body, args = {}, options = {}) =>
    inFreshProcess(body, {
      args: { port: redis.port, ...args },
      ...options,
      env: { CACHE_DRIVER: driver, ...options.env },
    });

  test('a client keeps the process alive until quit', async () => {
    const { report } = await run(({ report, args }) => {
      const Redis = require('orgcache/ioredis');
      const client = new Redis(args.port);
      client.get('a').then(() => {
        const idle = setTimeout(() => {}, 200);
        idle.unref();
        let beats = 0;
        // Nothing but the client keeps this going.
        const timer = setInterval(() => {
          beats += 1;
          if (beats < 5) return;
          clearInterval(timer);
          client.quit().then(() => report(beats));
        }, 10);
        timer.unref();
      });
    });
    expect(report).toBe(5);
  });

  test('a client that tries to connect keeps the process alive until disconnect', async () => {
    const { report } = await run(
      ({ report, args }) => {
        const Redis = require('orgcache/ioredis');
        const client = new Redis({ port: args.closed, retryStrategy: () => 20 });
        let attempts = 0;
        client.on('error', () => {
          attempts += 1;
          if (attempts < 3) return;
          client.disconnect();
          report(attempts);
        });
      },
      { closed: await closedPort() },
    );
    expect(report).toBe(3);
  });

  test('neither configure nor the environment has an effect', async () => {
    const { report } = await run(
      async ({ load, report, args }) => {
        const Redis = require('orgcache/ioredis');
        load().configure({ url: 'redis://127.0.0.1:1', clientKeyPrefix: 'other:' });
        const client = new Redis(args.port);
        await client.flushall();
        await client.set('plain', 1);
        report([await client.keys('*'), client.options.host, client.options.keyPrefix]);
        client.disconnect();
      },
      {},
      {
        env: {
          REDIS_URL: 'redis://127.0.0.1:1',
          REDIS_KEY_PREFIX: 'x:',
          CACHE_KEY_PREFIX: 'y:',
          USE_REDIS: 'false',
        },
      },
    );
    expect(report).toEqual([['plain'], 'localhost', '']);
  });

  test('exceptions in callbacks and listeners reach the process once, and no event is lost', async () => {
    const { report } = await run(async ({ report, args }) => {
      const Redis = require('orgcache/ioredis');
      const thrown = [];
      process.on('uncaughtException', (error) => thrown.push(error.message));
      const client = new Redis(args.port);
      const subscriber = client.duplicate();
      const heard = [];
      client.on('ready', () => {
        throw new Error('ready');
      });
      subscriber.on('message', () => {
        throw new Error('message');
      });
      subscriber.on('messageBuffer', (channel) => heard.push(String(channel)));
      await subscriber.subscribe('news');
      client.get('a', () => {
        throw new Error('callback');
      });
      const replies = await Promise.all([client.set('a', 1), client.get('a')]);
      await client.publish('news', 'x');
      await client.publish('news', 'y');
      while (heard.length < 2 || thrown.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
      report({ thrown: thrown.sort(), heard, replies });
      client.disconnect();
      subscriber.disconnect();
    });
    expect(report).toEqual({
      thrown: ['callback', 'message', 'message', 'ready'],
      heard: ['news', 'news'],
      replies: ['OK', '1'],
    });
  });

  test('exceptions of a policy reach the process, and its command and client end as refused', async () => {
    const { report } = await run(
      async ({ report, args }) => {
        const Redis = require('orgcache/ioredis');
        const thrown = [];
        process.on('uncaughtException', (error) => thrown.push(error.message));
        const fails = (message) => () => {
          throw new Error(message);
        };
        const client = new Redis(args.port, { reconnectOnError: fails('reconnectOnError') });
        await client.set('text', 1);
        const refused = await client.lpush('text', 1).catch((error) => error.message.split(' ')[0]);
        const away = new Redis({ port: args.closed, retryStrategy: fails('retryStrategy') });
        away.on('error', () => {});
        const lost = await away.get('a').catch((error) => error.message);
        while (thrown.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
        report({ thrown, refused, lost, status: away.status, alive: await client.get('text') });
        client.disconnect();
      },
      { closed: await closedPort() },
    );
    expect(report).toEqual({
      thrown: ['reconnectOnError', 'retryStrategy'],
      refused: 'WRONGTYPE',
      lost: 'Connection is closed.',
      status: 'end',
      alive: '1',
    });
  });

  test('callbacks continue in the context of their call, listeners in that of the client', async () => {
    const { report } = await run(async ({ report, args }) => {
      const { AsyncLocalStorage } = require('node:async_hooks');
      const Redis = require('orgcache/ioredis');
      const storage = new AsyncLocalStorage();
      const client = storage.run('maker', () => new Redis({ port: args.port, lazyConnect: true }));
      const seen = { events: [] };
      for (const event of ['connecting', 'connect', 'ready', 'select', 'close', 'end']) {
        client.on(event, () => seen.events.push(storage.getStore()));
      }
      const inRequest = (name, work) => storage.run(name, () => new Promise(work));
      const store = () => storage.getStore();
      seen.calls = await Promise.all([
        inRequest('one', (resolve) => client.get('a', () => resolve(store()))),
        inRequest('two', (resolve) =>
          client
            .pipeline()
            .get('a', () => resolve(store()))
            .exec(),
        ),
        inRequest('three', (resolve) =>
          client
            .multi()
            .get('a')
            .exec(() => resolve(store())),
        ),
        inRequest('four', (resolve) => client.select(1).then(() => resolve(store()))),
        inRequest('five', async (resolve) => {
          await client.get('a');
          resolve(store());
        }),
      ]);
      await client.quit();
      await new Promise((resolve) => client.once('end', resolve));
      report(seen);
    });
    expect(report.calls).toEqual(['one', 'two', 'three', 'four', 'five']);
    expect(new Set(report.events)).toEqual(new Set(['maker']));
    expect(report.events.length).toBeGreaterThan(4);
  });

  test('an unknown option is named once, at debug', async () => {
    const body = async ({ args }) => {
      const Redis = require('orgcache/ioredis');
      for (let i = 0; i < 2; i++) new Redis({ port: args.port, lazyConnect: true, colour: 'red' });
    };
    const { stderr } = await run(body, {}, { env: { CACHE_LOG: 'debug' } });
    expect(stderr.match(/colour/g)).toHaveLength(1);
    expect((await run(body)).stderr).toBe('');
  });

  test('an error without a listener goes to stderr and does not end the process', async () => {
    const { stderr, report } = await run(
      async ({ report, args }) => {
        const Redis = require('orgcache/ioredis');
        const client = new Redis({ port: args.closed, retryStrategy: null });
        client.on('end', () => report(client.status));
      },
      { closed: await closedPort() },
    );
    expect(stderr).toMatch(/^\[ioredis\] Unhandled error event: Error: connect ECONNREFUSED/);
    expect(report).toBe('end');
  });
});
