'use strict';

const { once } = require('node:events');
const { openPackage } = require('../support/package');
const { runNode } = require('../support/process');
const { startRedis, withRedis } = require('../support/redis');
const { rejection, until, within } = require('../support/wait');

describe.each(['loop', 'thread'])('a subscription with the %s driver', (driver) => {
  const redis = withRedis();

  const opened = [];
  // The subscribers of one test must not be counted by the next.
  afterEach(() => Promise.all(opened.splice(0).map((orgcache) => orgcache.shutdown())));

  async function open(options) {
    const orgcache = openPackage({
      url: redis.url,
      driver,
      clientKeyPrefix: 'app:',
      logLevel: 'off',
      ...options,
    });
    opened.push(orgcache);
    return { orgcache, client: await orgcache.getRedis() };
  }

  /** The arguments of each `event` from now on. */
  function heard(client, event) {
    const events = [];
    client.on(event, (...given) => events.push(given));
    return events;
  }

  async function subscriber() {
    const [, id] = /id=(\d+) [^\n]* flags=P /.exec(await redis.command('CLIENT', 'LIST'));
    return id;
  }

  test('answers the number of subscriptions, and gets messages in order', async () => {
    const { client } = await open();
    const messages = heard(client, 'message');
    expect(await client.subscribe('news', 'weather')).toBe(2);
    expect(await client.subscribe(['sports'])).toBe(3);
    for (let index = 0; index < 100; index += 1)
      await redis.command('PUBLISH', index % 2 ? 'news' : 'sports', index);
    await until(() => messages.length === 100);
    expect(messages).toEqual(
      messages.map((_message, index) => [index % 2 ? 'news' : 'sports', String(index)]),
    );
    expect(await client.unsubscribe('news')).toBe(2);
    expect(await client.unsubscribe()).toBe(0);
    expect(await redis.command('PUBLISH', 'weather', 'rain')).toBe(0);
  });

  test('goes on while the same client runs commands', async () => {
    const { client } = await open();
    const messages = heard(client, 'message');
    await client.subscribe('own');
    expect(client.mode).toBe('subscriber');
    expect(await client.set('a', 1)).toBe('OK');
    expect(await client.publish('own', 'hello')).toBe(1);
    expect(await client.blpop('none', 0.01)).toBeNull();
    await until(() => messages.length === 1);
    expect(messages).toEqual([['own', 'hello']]);
    await client.unsubscribe('own');
    expect(client.mode).toBe('normal');
  });

  test('to a pattern tells the pattern and the channel', async () => {
    const { client } = await open();
    const messages = heard(client, 'pmessage');
    const buffers = heard(client, 'pmessageBuffer');
    expect(await client.psubscribe('user:*')).toBe(1);
    await redis.command('PUBLISH', 'user:1', 'in');
    await until(() => buffers.length === 1);
    expect(messages).toEqual([['user:*', 'user:1', 'in']]);
    expect(buffers).toEqual([['user:*', Buffer.from('user:1'), Buffer.from('in')]]);
    expect(await client.punsubscribe()).toBe(0);
  });

  test('to a shard channel gets its messages', async () => {
    const { client } = await open();
    const messages = heard(client, 'smessage');
    expect(await client.ssubscribe('orders')).toBe(1);
    await client.spublish('orders', 'new');
    await until(() => messages.length === 1);
    expect(messages).toEqual([['orders', 'new']]);
    expect(await client.sunsubscribe('orders')).toBe(0);
  });

  test('gives unchanged bytes to listeners for Buffers', async () => {
    const { client } = await open();
    const buffers = heard(client, 'messageBuffer');
    const channel = Buffer.from([99, 255]);
    await client.subscribe(channel);
    const payload = Buffer.from([0, 255, 13, 10]);
    await redis.command('PUBLISH', channel, payload);
    await until(() => buffers.length === 1);
    expect(buffers).toEqual([[channel, payload]]);
  });

  test('survives the loss of its connection and reports the gap', async () => {
    const { client } = await open();
    const messages = heard(client, 'message');
    await client.subscribe('news');
    await client.psubscribe('user:*');
    const gap = once(client, 'gap');
    const before = Date.now();
    await redis.command('CLIENT', 'KILL', 'ID', await subscriber());
    const { value } = await within(5000, gap, 'the event gap');
    expect(value).toEqual([
      { channels: ['news', 'user:*'], since: expect.any(Number), until: expect.any(Number) },
    ]);
    expect(value[0].since).toBeLessThanOrEqual(before);
    expect(value[0].until).toBeGreaterThanOrEqual(before);
    expect(await redis.command('PUBLISH', 'news', 'after')).toBe(1);
    await until(() => messages.length === 1);
    expect(messages).toEqual([['news', 'after']]);
  });

  test('can be made while the server is away, and is there when it is back', async () => {
    const own = await startRedis();
    const client = await openPackage({ url: own.url, driver, logLevel: 'off', maxRetries: 100 }).getRedis();
    const messages = heard(client, 'message');
    await client.subscribe('first');
    await own.kill();
    const second = client.subscribe('second');
    await own.restart();
    expect(await within(10_000, second)).toMatchObject({ value: expect.any(Number) });
    await until(async () => (await own.command('PUBLISH', 'first', 'a')) === 1);
    await until(async () => (await own.command('PUBLISH', 'second', 'b')) === 1);
    await until(() => messages.some(([channel]) => channel === 'second'));
  });

  test('gets the prefix only where the option says so, and only once', async () => {
    const { client } = await open({ prefixChannels: true });
    const messages = heard(client, 'message');
    const pmessages = heard(client, 'pmessage');
    await client.subscribe('news', 'app:ready');
    await client.psubscribe('user:*');
    expect(await redis.command('PUBLISH', 'news', 'other')).toBe(0);
    expect(await client.publish('news', 'a')).toBe(1);
    expect(await client.publish('app:ready', 'b')).toBe(1);
    expect((await client.pipeline().publish('user:1', 'c').exec())[0]).toEqual([null, 1]);
    await until(() => messages.length === 2 && pmessages.length === 1);
    expect(messages).toEqual([
      ['news', 'a'],
      ['ready', 'b'],
    ]);
    expect(pmessages).toEqual([['user:*', 'user:1', 'c']]);
  });

  test('needs a channel, and a client that is open', async () => {
    const { client } = await open();
    expect(await rejection(client.subscribe())).toMatchObject({ code: 'E_KEY' });
    expect(await rejection(client.subscribe('a', undefined))).toMatchObject({ code: 'E_KEY' });
    expect(await client.unsubscribe()).toBe(0);
    expect(await client.unsubscribe('never')).toBe(0);
    client.disconnect();
    expect(await rejection(client.subscribe('a'))).toMatchObject({ code: 'E_CLOSED' });
  });

  test('that the server refuses is not made again', async () => {
    const own = await startRedis({ users: ['user limited on >secret +@all ~* resetchannels &allowed'] });
    const client = await openPackage({
      host: own.host,
      port: own.port,
      username: 'limited',
      password: 'secret',
      driver,
      logLevel: 'off',
    }).getRedis();
    expect(await rejection(client.subscribe('forbidden'))).toMatchObject({ redisCode: 'NOPERM' });
    expect(client.mode).toBe('normal');
    expect(await client.subscribe('allowed')).toBe(1);
  });

  test('calls back', async () => {
    const { client } = await open();
    const given = await new Promise((resolve) => client.subscribe('a', 'b', (...answer) => resolve(answer)));
    expect(given).toEqual([null, 2]);
  });

  test('whose listener throws keeps hearing', async () => {
    const program = `
      const orgcache = require(${JSON.stringify(require.resolve('../..'))});
      process.on('uncaughtException', (error) => console.log('uncaught', error.message));
      orgcache.getRedis().then(async (client) => {
        let count = 0;
        client.on('message', (_channel, message) => {
          if (++count === 1) throw new Error('in the listener');
          console.log('heard', message);
          orgcache.shutdown();
        });
        await client.subscribe('a');
        await client.publish('a', 1);
        await client.publish('a', 2);
      });`;
    const { stdout } = await runNode(['-e', program], {
      env: { REDIS_URL: redis.url, CACHE_DRIVER: driver },
    });
    // Both messages may come at once. Exceptions of a listener come after them.
    expect(stdout.trim().split('\n').sort()).toEqual(['heard 2', 'uncaught in the listener']);
  });

  test('keeps the process alive until it ends', async () => {
    const program = `
      const orgcache = require(${JSON.stringify(require.resolve('../..'))});
      orgcache.getRedis().then(async (client) => {
        client.on('message', async (_channel, message) => {
          console.log('heard', message);
          await client.unsubscribe();
          console.log('done');
        });
        await client.subscribe('alive');
      });`;
    const running = runNode(['-e', program], { env: { REDIS_URL: redis.url, CACHE_DRIVER: driver } });
    await until(async () => (await redis.command('PUBLISH', 'alive', 'news')) === 1);
    expect((await running).stdout).toBe('heard news\ndone\n');
  });
});

describe('the messages of a channel', () => {
  const redis = withRedis();
  let orgcache;
  let client;

  beforeEach(async () => {
    orgcache = openPackage({ url: redis.url, logLevel: 'off' });
    client = await orgcache.getRedis();
  });

  afterEach(() => orgcache.shutdown());

  test('come one by one to a loop, and leaving it ends the subscription', async () => {
    const publishing = until(async () => (await redis.command('PUBLISH', 'news', 'a')) === 1);
    for await (const { channel, message, dropped } of client.messages('news')) {
      expect({ channel, message, dropped }).toEqual({ channel: 'news', message: 'a', dropped: 0 });
      break;
    }
    await publishing;
    await until(async () => (await redis.command('PUBLISH', 'news', 'b')) === 0);
    expect(client.mode).toBe('normal');
  });

  test('that wait for a slow reader are bounded in bytes: the oldest go, and are counted', async () => {
    const slow = [];
    client.on('slow', (event) => slow.push(event));
    const messages = client.messages('news', { maxBytes: 10_000 });
    await messages.ready();
    const text = 'x'.repeat(1000);
    for (let index = 0; index < 100; index += 1) await redis.command('PUBLISH', 'news', `${text}${index}`);
    const seen = once(client, 'message');
    await client.subscribe('news');
    await redis.command('PUBLISH', 'news', 'last');
    await seen;
    const { value } = await messages.next();
    expect(value.dropped).toBeGreaterThan(85);
    expect(Number(value.message.slice(1000))).toBe(value.dropped);
    expect(slow).toEqual([{ channel: 'news', maxBytes: 10_000 }]);
    await messages.return();
    expect(client.mode).toBe('subscriber');
    expect(await redis.command('PUBLISH', 'news', 'still heard')).toBe(1);
  });

  test('end with the signal’s reason', async () => {
    const aborter = new AbortController();
    const messages = client.messages('news', { signal: aborter.signal });
    const waiting = rejection(messages.next());
    await messages.ready();
    const reason = new Error('enough');
    aborter.abort(reason);
    expect(await waiting).toBe(reason);
    await until(async () => (await redis.command('PUBLISH', 'news', 'b')) === 0);
  });

  test('need a bound that is one', () => {
    expect(() => client.messages('news', { maxBytes: 0 })).toThrow(
      expect.objectContaining({ code: 'E_CONFIG' }),
    );
    expect(() => client.messages('news', { signal: 1 })).toThrow(
      expect.objectContaining({ code: 'E_CONFIG' }),
    );
  });
});

describe('a subscriber that never reads', () => {
  test('costs no memory and gets everything afterwards', async () => {
    const redis = await startRedis();
    const client = await openPackage({ url: redis.url, logLevel: 'off' }).getRedis();
    await client.subscribe('flood');
    const payload = 'x'.repeat(10_000);
    global.gc?.();
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 50; round += 1) {
      await Promise.all(Array.from({ length: 100 }, () => client.publish('flood', payload)));
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
    let last;
    client.on('message', (_channel, message) => {
      last = message;
    });
    await client.publish('flood', 'last');
    await until(() => last === 'last');
  });
});
