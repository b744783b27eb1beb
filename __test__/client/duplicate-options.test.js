'use strict';

const { once } = require('node:events');
const { openPackage, PACKAGE_ROOT } = require('../support/package');
const { runNode } = require('../support/process');
const { withRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');
const { rejection, until, within } = require('../support/wait');

const redis = withRedis({
  unixSocket: true,
  users: ['user guest on >secret ~* &* +@all'],
  flushBeforeEach: true,
});

async function open(options) {
  return openPackage({ url: redis.url, clientKeyPrefix: 'app:', logLevel: 'off', ...options }).getRedis();
}

describe('a duplicate takes options of ioredis', () => {
  test.each([
    [{ keyPrefix: Buffer.from('p:') }, 'p:a'],
    [{ keyPrefix: 'a[b]*?\\:' }, 'a[b]*?\\:a'],
    [{ keyPrefix: 'é:' }, 'é:a'],
    [{ keyPrefix: null }, 'a'],
    [{ redisOptions: { keyPrefix: 'r:' } }, 'r:a'],
  ])('%j', async (options, key) => {
    const copy = (await open()).duplicate(options);
    await copy.set('a', 1);
    expect(await copy.keys('*')).toEqual([key]);
    expect(await copy.scan(0, 'MATCH', 'a')).toEqual(['0', [key]]);
    expect(await copy.get('a')).toBe('1');
    copy.disconnect();
  });

  test('a path, with the user, the password and the database beside it', async () => {
    const copy = (await open()).duplicate({
      path: redis.unixPath,
      username: 'guest',
      password: 'secret',
      db: 2,
    });
    expect(await copy.acl('WHOAMI')).toBe('guest');
    expect(copy.options).toMatchObject({ path: redis.unixPath, db: 2 });
    copy.disconnect();
  });

  test('the user and the password of the configuration count beside a path that names nobody', async () => {
    const url = `unix://${redis.unixPath}`;
    const client = await open({ url, username: 'guest', password: 'secret' });
    expect(await client.acl('WHOAMI')).toBe('guest');
    const named = await open({ url: `${url}?user=guest&pass=secret`, username: 'x', password: 'y' });
    expect(await named.acl('WHOAMI')).toBe('guest');
  });

  test.each([0, 70_000, 'x'])('a port, which %j is not', async (port) => {
    const client = await open();
    const error = await rejection((async () => client.duplicate({ port }))());
    expect(error).toMatchObject({ code: 'E_CONFIG', message: expect.stringContaining('option port is') });
  });

  test('a certificate that cannot be used, which the attempt to connect tells', async () => {
    const client = await open();
    const copy = client.duplicate({ tls: { ca: 'no certificate' }, lazyConnect: true });
    expect(copy.status).toBe('wait');
    copy.on('error', () => {});
    expect(await rejection(copy.get('a'))).toMatchObject({ message: expect.stringContaining('tls.ca') });
  });

  test('scripts, which are methods then', async () => {
    const copy = (await open()).duplicate({
      scripts: { both: { lua: 'return KEYS[1] .. ARGV[1]', numberOfKeys: 1 } },
    });
    expect(await copy.both('k', 'v')).toBe('app:kv');
    expect((await copy.pipeline().both('k', 'v').exec())[0][1]).toBe('app:kv');
    copy.disconnect();
  });

  test('stringNumbers, in pipelines and transactions too', async () => {
    const copy = (await open()).duplicate({ stringNumbers: true });
    expect(copy.options.stringNumbers).toBe(true);
    expect(await copy.incr('n')).toBe('1');
    expect(await copy.incrBuffer('n')).toBe('2');
    expect(await copy.pipeline().incr('n').get('n').exec()).toEqual([
      [null, '3'],
      [null, '3'],
    ]);
    expect(await copy.multi().incr('n').rpush('l', 'a', 'b').exec()).toEqual([
      [null, '4'],
      [null, '2'],
    ]);
    expect(await copy.duplicate().incr('n')).toBe('5');
    expect(await (await open()).incr('n')).toBe(6);
    copy.disconnect();
  });

  test('enableOfflineQueue false: commands before the client is ready are refused', async () => {
    const copy = (await open()).duplicate({ enableOfflineQueue: false, lazyConnect: true });
    const message = "Stream isn't writeable and enableOfflineQueue options is false";
    const refused = { name: 'OrgCacheError', code: 'E_CONNECT', message };
    expect(await rejection(copy.set('a', 1))).toMatchObject(refused);
    expect(await rejection(copy.multi().set('a', 1).exec())).toMatchObject(refused);
    // The refused commands have it connect.
    await until(() => copy.status === 'ready');
    expect(await copy.set('a', 1)).toBe('OK');
    const closed = new Promise((resolve) => copy.once('close', resolve));
    copy.on('error', () => {});
    await redis.command('CLIENT', 'KILL', 'ID', await copy.client('ID'));
    await closed;
    if (copy.status !== 'ready') expect(await rejection(copy.get('a'))).toMatchObject(refused);
    await until(() => copy.status === 'ready');
    expect(await copy.get('a')).toBe('1');
    await copy.connect();
    copy.disconnect();
  });

  test('names ignored options, once and at debug', async () => {
    const lines = [];
    const log = (level) => (line) => lines.push(`${level} ${line}`);
    const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
    const client = await open({ logLevel: 'debug', logger });
    for (let round = 0; round < 2; round += 1) {
      client
        .duplicate({ lazyConnect: true, natMap: {}, retryDelayOnFailover: 100, Connector: undefined })
        .disconnect();
    }
    const told = lines.filter((line) => /is ignored/.test(line));
    expect(told).toHaveLength(2);
    expect(told[0]).toMatch(/^debug .*natMap/);
    expect(() => client.duplicate({ conectTimeout: 1 })).toThrow(/did you mean connectTimeout/);
  });

  test.each([
    ['null', null, 1],
    ['a function that answers null at once', () => null, 1],
    ['a function that answers null later', (times) => (times < 3 ? 10 : null), 3],
  ])('retryStrategy, %s: the client ends when there is no server', async (_name, given, asked) => {
    let times = 0;
    const retryStrategy =
      typeof given === 'function'
        ? (count) => {
            times = count;
            return given(count);
          }
        : given;
    const client = await open();
    const copy = client.duplicate({
      host: '127.0.0.1',
      port: await closedPort(),
      retryStrategy,
      retryDelay: 1,
    });
    const told = [];
    for (const event of ['error', 'ready', 'close', 'end']) copy.on(event, () => told.push(event));
    const waiting = rejection(copy.get('a'));
    await until(() => told.includes('end'));
    expect(told).toEqual(['error', 'close', 'end']);
    expect(copy.status).toBe('end');
    if (typeof given === 'function') expect(times).toBe(asked);
    expect((await within(1000, waiting)).value).toMatchObject({ name: 'OrgCacheError' });
    expect(await rejection(copy.get('a'))).toMatchObject({ message: 'Connection is closed.' });
  });

  test.each(['loop', 'thread'])(
    "retryStrategy's number is the pause before each attempt, with the %s driver",
    async (driver) => {
      const asked = [];
      const told = [];
      const client = await open({ driver });
      const copy = client.duplicate({
        ...{ host: '127.0.0.1', port: await closedPort(), retryDelay: 1 },
        retryStrategy: () => {
          asked.push(performance.now());
          return 200;
        },
      });
      copy.on('error', () => {});
      copy.on('reconnecting', (delay) => told.push(delay));
      await until(() => asked.length === 4);
      const pauses = asked.slice(1).map((time, index) => time - asked[index]);
      expect(Math.min(...pauses)).toBeGreaterThan(190);
      expect(told.slice(0, 3)).toEqual([200, 200, 200]);
      copy.disconnect();
    },
  );

  test.each(['loop', 'thread'])(
    'a lost connection is made again after the pause, with the %s driver',
    async (driver) => {
      const client = await open({ driver });
      const copy = client.duplicate({ retryStrategy: () => 400 });
      copy.on('error', () => {});
      await within(5000, once(copy, 'ready'));
      const events = [];
      for (const event of ['close', 'reconnecting', 'connecting', 'connect', 'ready'])
        copy.on(event, () => events.push(event));
      const closed = new Promise((resolve) => copy.once('close', () => resolve(performance.now())));
      await redis.command('CLIENT', 'KILL', 'ID', await copy.client('ID'));
      const { value: before } = await within(5000, closed);
      await until(() => events.includes('ready'));
      expect(performance.now() - before).toBeGreaterThan(390);
      expect(events).toEqual(['close', 'reconnecting', 'connecting', 'connect', 'ready']);
      copy.disconnect();
    },
  );

  test('a retryStrategy that throws ends the client, and its exception reaches the process', async () => {
    const program = `
      const orgcache = require(${JSON.stringify(PACKAGE_ROOT)});
      process.once('uncaughtException', ({ message }) => console.log(message));
      orgcache.configure({ url: '${redis.url}', logLevel: 'off' });
      orgcache.getRedis().then((client) => {
        const copy = client.duplicate({
          ...{ host: '127.0.0.1', port: ${await closedPort()} },
          retryStrategy() {
            throw new Error('of the application');
          },
        });
        copy.on('error', () => {});
        copy.on('end', () => console.log('end'));
      });
    `;
    const { stdout } = await runNode(['-e', program]);
    expect(stdout.split('\n').filter(Boolean).sort()).toEqual(['end', 'of the application']);
  });

  test('retryStrategy is asked when a connection is lost, and a number has it made again', async () => {
    const asked = [];
    const client = await open();
    const copy = client.duplicate({ retryStrategy: (times) => asked.push(times) });
    copy.on('error', () => {});
    await within(5000, once(copy, 'ready'));
    const again = new Promise((resolve) => copy.once('ready', resolve));
    await redis.command('CLIENT', 'KILL', 'ID', await copy.client('ID'));
    await within(5000, again);
    expect(asked).toEqual([1]);
    const last = copy.duplicate({ retryStrategy: null });
    await within(5000, once(last, 'ready'));
    const end = new Promise((resolve) => last.once('end', resolve));
    await redis.command('CLIENT', 'KILL', 'ID', await last.client('ID'));
    await within(5000, end);
    copy.disconnect();
  });
});
