'use strict';

const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { until } = require('../support/wait');

const KINDS = {
  'a Buffer': (text) => Buffer.from(text),
  'a Uint8Array': (text) => new Uint8Array(Buffer.from(text)),
  'a DataView': (text) => new DataView(new Uint8Array(Buffer.from(text)).buffer),
  'a Uint16Array': (text) => new Uint16Array(new Uint8Array(Buffer.from(text)).buffer),
  'a part of an ArrayBuffer': (text) =>
    new Uint8Array(Uint8Array.from(Buffer.from(`..${text}..`)).buffer, 2, text.length),
  'a view of shared memory': (text) => {
    const view = new Uint8Array(new SharedArrayBuffer(text.length));
    view.set(Buffer.from(text));
    return view;
  },
};

/** Changes that a caller makes to its bytes right after a call. */
function useAgain(view) {
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(0x21);
}

describe.each(['loop', 'thread'])('with the %s driver, a call takes by value', (driver) => {
  const redis = withRedis({ flushBeforeEach: true });
  let orgcache;
  let client;

  beforeAll(async () => {
    orgcache = openPackage({ url: redis.url, driver, clientKeyPrefix: '', poolSize: 1, logLevel: 'off' });
    client = await orgcache.getRedis();
  });

  const get = (key) => redis.command('GET', key);

  test.each(Object.entries(KINDS))('%s as key and value', async (_name, make) => {
    const calls = ['aaaa', 'bbbb', 'cccc'].map((text) => {
      const [key, value] = [make(`k:${text}`), make(`v:${text}`)];
      const call = client.set(key, value);
      useAgain(key);
      useAgain(value);
      return call;
    });
    await Promise.all(calls);
    expect(await client.mget('k:aaaa', 'k:bbbb', 'k:cccc')).toEqual(['v:aaaa', 'v:bbbb', 'v:cccc']);
  });

  test.each([0, 1, 100, 4_096, 65_535, 65_536, 65_537, 300_000])(
    'a Buffer of %d bytes that many calls use in turn',
    async (bytes) => {
      const scratch = Buffer.alloc(bytes);
      const numbers = Array.from({ length: 40 }, (_, number) => number);
      await Promise.all(
        numbers.map((number) => {
          scratch.fill(number);
          return client.set(`n${number}`, scratch);
        }),
      );
      scratch.fill(0xff);
      const stored = await Promise.all(numbers.map((number) => client.getBuffer(`n${number}`)));
      const isRight = (value, number) => value.length === bytes && value.every((byte) => byte === number);
      expect(stored.map(isRight)).toEqual(numbers.map(() => true));
    },
  );

  test('texts, small Buffers and large ones of one tick, each its own', async () => {
    const scratch = Buffer.alloc(40_000);
    const calls = [];
    for (let number = 0; number < 60; number += 1) {
      const view = scratch.subarray(0, [3, 500, 40_000][number % 3]);
      view.fill(number);
      calls.push(client.set(`b${number}`, view), client.set(`t${number}`, String(number)));
    }
    await Promise.all(calls);
    for (let number = 0; number < 60; number += 1) {
      expect(await client.get(`t${number}`)).toBe(String(number));
      const value = await client.getBuffer(`b${number}`);
      expect(value.equals(Buffer.alloc([3, 500, 40_000][number % 3], number))).toBe(true);
    }
  });

  test.each([8, 100_000])('a Buffer of %d bytes that is transferred in the same tick', async (bytes) => {
    const view = new Uint8Array(bytes).fill(0x61);
    const call = client.set('transferred', view);
    structuredClone(view.buffer, { transfer: [view.buffer] });
    await call;
    expect(await get('transferred')).toBe('a'.repeat(bytes));
  });

  test('lists, nested lists, objects and Maps', async () => {
    const value = Buffer.from('1');
    const list = ['f', value];
    const object = { f: value };
    const map = new Map([[Buffer.from('m'), value]]);
    const pairs = [['a', value], ['b']];
    const calls = [
      client.hset('list', list),
      client.hset('object', object),
      client.mset(map),
      client.rpush('pairs', ...pairs),
      client.call('RPUSH', ['other', value]),
    ];
    value[0] = 0x32;
    list[1] = 'x';
    object.f = 'x';
    map.clear();
    pairs[0][1] = 'x';
    await Promise.all(calls);
    expect(await client.hget('list', 'f')).toBe('1');
    expect(await client.hget('object', 'f')).toBe('1');
    expect(await get('m')).toBe('1');
    expect(await client.lrange('pairs', 0, -1)).toEqual(['a', '1', 'b']);
    expect(await client.lrange('other', 0, -1)).toEqual(['1']);
  });

  test('objects that have a text', async () => {
    let text = 'first';
    const call = client.set('told', { toString: () => text });
    text = 'second';
    await call;
    expect(await get('told')).toBe('first');
  });

  test.each([
    ['a pipeline', () => client.pipeline()],
    ['a transaction', () => client.multi()],
    ['a transaction within a pipeline', () => client.pipeline().multi(), (chain) => chain.exec()],
  ])('what %s is given', async (_name, begin, end = (chain) => chain) => {
    const scratch = Buffer.from('0');
    const key = Buffer.from('c0');
    const chain = begin();
    for (const digit of [0x31, 0x32, 0x33]) {
      scratch[0] = digit;
      key[1] = digit;
      chain.set(key, scratch);
    }
    useAgain(key);
    await end(chain).exec();
    expect(await client.mget('c1', 'c2', 'c3')).toEqual(['1', '2', '3']);
  });

  test('commands between multi and exec', async () => {
    const scratch = Buffer.from('1');
    await client.multi({ pipeline: false });
    const first = client.set('q1', scratch);
    scratch[0] = 0x32;
    await client.set('q2', scratch);
    useAgain(scratch);
    await first;
    await client.exec();
    expect(await client.mget('q1', 'q2')).toEqual(['1', '2']);
  });

  test('the keys and values of commands that wait for a connection', async () => {
    // The pool has one connection, and the first of these holds it.
    const first = client.blpop('first', 0);
    const key = Buffer.from('second');
    const second = client.brpop(key, 0);
    useAgain(key);
    const stream = Buffer.from('third');
    const third = client.xread('BLOCK', 0, 'STREAMS', stream, '0');
    useAgain(stream);
    await client.xadd('third', '1-1', 'f', 'v');
    await client.rpush('second', 'two');
    await client.rpush('first', 'one');
    expect(await first).toEqual(['first', 'one']);
    expect(await second).toEqual(['second', 'two']);
    expect(await third).toEqual([['third', [['1-1', ['f', 'v']]]]]);
  });

  test('watched keys, which wait for a connection', async () => {
    const key = Buffer.from('watched');
    const watching = client.watch(key);
    useAgain(key);
    await watching;
    await redis.command('SET', 'watched', 'changed');
    expect(await client.multi().set('after', 1).exec()).toBeNull();
  });

  test('the words of a script that the server does not know yet', async () => {
    await redis.command('SCRIPT', 'FLUSH');
    client.defineCommand('putOnce', {
      lua: "return redis.call('SET', KEYS[1], ARGV[1])",
      numberOfKeys: 1,
    });
    const [key, value] = [Buffer.from('scripted'), Buffer.from('value')];
    const call = client.putOnce(key, value);
    useAgain(key);
    useAgain(value);
    await call;
    expect(await get('scripted')).toBe('value');
  });

  test('the pattern and key of a scan, which is read later', async () => {
    await redis.command('SADD', 'set', 'one', 'other', 'two');
    const [key, match] = [Buffer.from('set'), Buffer.from('o*')];
    const stream = client.sscanStream(key, { match });
    useAgain(key);
    useAgain(match);
    const found = (await stream.toArray()).flat();
    expect(found.sort()).toEqual(['one', 'other']);
  });

  test('channels: of a publication, an iterator, and of subscriptions that are made again', async () => {
    const subscriber = client.duplicate();
    const heard = [];
    const gap = new Promise((resolve) => subscriber.once('gap', resolve));
    subscriber.on('message', (channel, message) => heard.push(`${channel} ${message}`));
    const channel = Buffer.from('news');
    const subscribing = subscriber.subscribe(channel);
    const messages = subscriber.messages(channel);
    useAgain(channel);
    await subscribing;
    const next = messages.next();
    await messages.ready();
    const outgoing = Buffer.from('news');
    const publishing = client.publish(outgoing, 'one');
    useAgain(outgoing);
    expect(await publishing).toBe(1);
    expect((await next).value).toMatchObject({ channel: 'news', message: 'one' });
    await messages.return();
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    expect((await gap).channels).toEqual(['news']);
    await client.publish('news', 'two');
    await until(() => heard.length === 2);
    expect(heard).toEqual(['news one', 'news two']);
    subscriber.disconnect();
  });

  test('names of the adapter, the manager and the migration', async () => {
    const { cacheAdapter, cacheManager, redisMigrationManager } = orgcache;
    const given = (text, run) => {
      const name = Buffer.from(text);
      const promise = run(name);
      useAgain(name);
      return promise;
    };
    await Promise.all([
      given('a1', (name) => cacheAdapter.set(name, 'adapter')),
      given('m1', (name) => cacheManager.set(name, 'manager', null, name)),
      given('h1', (name) => cacheManager.hset(name, name, 'hash', null, 'org')),
      given('o1', (name) => cacheAdapter.setConversationContext(name, '1', ['context'])),
    ]);
    expect(await given('a1', (name) => cacheAdapter.get(name))).toBe('adapter');
    expect(await cacheManager.get('m1', 'm1')).toBe('manager');
    expect(await given('h1', (name) => cacheManager.hget(name, name, 'org'))).toBe('hash');
    expect(await given('o1', (name) => cacheAdapter.getConversationContext(name, '1'))).toEqual(['context']);
    const map = new Map([['o2:7', ['moved']]]);
    expect(await given('o2', (name) => redisMigrationManager.getConversationContext(name, '7', map))).toEqual(
      ['moved'],
    );
    expect(await cacheAdapter.getConversationContext('o2', '7')).toEqual(['moved']);
    cacheAdapter.fallbackMaps.conversationMetadata.set('o1:1', 'kept by the process');
    expect(await given('o1', (name) => cacheAdapter.clearOrganizationCache(name))).toBe(1);
    expect(await cacheAdapter.getConversationContext('o1', '1')).toBeNull();
    expect(cacheAdapter.fallbackMaps.conversationMetadata.size).toBe(0);
  });
});
