'use strict';

const { once } = require('node:events');
const { openPackage } = require('../support/package');
const { runNode } = require('../support/process');
const { startRedis, withRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');
const { rejection, until, within } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });

function open(options) {
  return openPackage({ url: redis.url, clientKeyPrefix: 'app:', logLevel: 'off', ...options });
}

async function received() {
  return Number(/total_connections_received:(\d+)/.exec(await redis.command('INFO', 'stats'))[1]);
}

/** The names of the events from now on. */
function told(client) {
  const events = [];
  for (const event of ['connect', 'ready', 'error', 'close', 'reconnecting', 'end']) {
    client.on(event, () => events.push(event));
  }
  return events;
}

describe('getRedis', () => {
  test('gives one client that connects with its first command, also to callers at once', async () => {
    const orgcache = open();
    const before = await received();
    const [first, second] = await Promise.all([orgcache.getRedis(), orgcache.getRedis()]);
    expect(first).toBe(second);
    expect(first).toBe(await orgcache.RedisManager.getInstance().getRedis());
    expect(first.status).toBe('wait');
    expect(await received()).toBe(before);
    await Promise.all([first.set('a', 1), second.get('a')]);
    expect(first.status).toBe('ready');
    expect(await received()).toBe(before + 1);
  });

  test('puts the prefix in front of every key, once', async () => {
    const orgcache = open();
    const client = await orgcache.getRedis();
    await client.set('user:1', 'a');
    await client.set(orgcache.prefixKey('user:2'), 'b');
    expect(await redis.keys()).toEqual(['app:user:1', 'app:user:2']);
    expect(await client.keys('*')).toEqual(expect.arrayContaining(['app:user:1', 'app:user:2']));
    expect(await orgcache.redisManager.getClient().get('app:user:1')).toBe('a');
  });

  test('takes numbers for keys, and refuses anything else, when it adds the prefix or removes it', () => {
    const orgcache = open();
    expect([orgcache.prefixKey(5), orgcache.unprefixKey('app:5'), orgcache.unprefixKey(5)]).toEqual([
      'app:5',
      '5',
      '5',
    ]);
    for (const convert of [orgcache.prefixKey, orgcache.unprefixKey]) {
      for (const key of [undefined, null, {}, Buffer.from('a')]) {
        expect(() => convert(key)).toThrow(expect.objectContaining({ code: 'E_KEY' }));
      }
    }
  });

  test.each([
    [{}, 'whatsapp:development:'],
    [{ NODE_ENV: 'production' }, 'whatsapp:production:'],
    [{ NODE_ENV: 'test' }, 'whatsapp:test:'],
    [{ REDIS_KEY_PREFIX: 'own:' }, 'own:'],
  ])('takes its prefix from the environment %j', async (env, prefix) => {
    const program = `
      const { getKeyPrefix, prefixKey, unprefixKey, getRedis } = require(${JSON.stringify(require.resolve('../..'))});
      getRedis().then(async (client) => {
        await client.set('user:123', 'John');
        console.log(JSON.stringify([getKeyPrefix(), prefixKey('a'), prefixKey(prefixKey('a')), unprefixKey(prefixKey('a')), unprefixKey('a')]));
      });`;
    const { stdout } = await runNode(['-e', program], { env: { ...env, REDIS_URL: redis.url } });
    expect(JSON.parse(stdout)).toEqual([prefix, `${prefix}a`, `${prefix}a`, 'a', 'a']);
    expect(await redis.keys()).toEqual([`${prefix}user:123`]);
  });

  test('gives another client after closeRedis, and the cache stays', async () => {
    const orgcache = open();
    const first = await orgcache.getRedis();
    const writing = first.set('a', 1);
    await orgcache.closeRedis();
    expect(await writing).toBe('OK');
    expect(first.status).toBe('end');
    expect(await rejection(first.get('a'))).toMatchObject({ code: 'E_CLOSED' });
    expect(await orgcache.cacheAdapter.set('key', 1)).toBe(true);
    const second = await orgcache.getRedis();
    expect(second).not.toBe(first);
    expect(await second.get('a')).toBe('1');
    await orgcache.closeRedis();
    await orgcache.closeRedis();
  });

  test('gives another client where somebody has closed the one that all shared', async () => {
    const orgcache = open();
    const first = await orgcache.getRedis();
    await first.quit();
    const second = await orgcache.getRedis();
    expect(second).not.toBe(first);
    expect(await second.ping()).toBe('PONG');
  });

  test('refuses after the shutdown, and a bad configuration', async () => {
    const orgcache = open();
    await orgcache.shutdown();
    expect(await rejection(orgcache.getRedis())).toMatchObject({ code: 'E_CLOSED' });
    expect(await rejection(open({ url: undefined, port: 70_000 }).getRedis())).toMatchObject({
      code: 'E_CONFIG',
    });
  });
});

describe('status and events of the connection', () => {
  test('is healthy while the server answers, unhealthy with the reason where it does not', async () => {
    expect(await open().redisHealthCheck()).toEqual({
      status: 'healthy',
      message: expect.stringMatching(/^Redis answered within \d+ ms$/),
    });
    const away = open({ url: `redis://:topsecret@127.0.0.1:${await closedPort()}`, connectTimeout: 500 });
    const { status, message } = await away.redisHealthCheck();
    expect({ status, code: message.split(':')[0] }).toEqual({ status: 'unhealthy', code: 'E_CONNECT' });
    expect(message).not.toContain('topsecret');
  });

  test('reports the server’s refusal once', async () => {
    const server = await startRedis({ password: 'topsecret' });
    const { message } = await open({ url: `redis://:wrong@127.0.0.1:${server.port}` }).redisHealthCheck();
    expect(message.match(/WRONGPASS/g)).toHaveLength(1);
  });

  test.each([
    [
      { url: 'redis://user:secret@example.test:7000/3' },
      { host: 'example.test', port: 7000, isCluster: false },
    ],
    [{ url: 'rediss://example.test' }, { host: 'example.test', port: 6379, isCluster: false }],
    [{ url: 'redis://[::1]:7000' }, { host: '::1', port: 7000, isCluster: false }],
    [{ url: 'unix:///run/redis.sock' }, { host: '/run/redis.sock', port: 0, isCluster: false }],
    [{ url: 'unix:///run/my%20redis.sock' }, { host: '/run/my redis.sock', port: 0, isCluster: false }],
    [
      { url: undefined, host: 'h', port: 1 },
      { host: 'h', port: 1, isCluster: false },
    ],
    [
      { url: undefined, clusterHosts: 'a:1,b:2' },
      { host: 'a', port: 1, isCluster: true },
    ],
    [
      { url: undefined, sentinelHosts: ['s:26379'] },
      { host: 's', port: 26379, isCluster: false },
    ],
    [
      { url: undefined, sentinelHosts: ['s', 't:1'] },
      { host: 's', port: 26379, isCluster: false },
    ],
    [
      { url: undefined, clusterHosts: [{ host: '::1' }] },
      { host: '::1', port: 6379, isCluster: true },
    ],
  ])('names the server of %j without connecting', (options, expected) => {
    expect(open(options).getConnectionInfo()).toEqual({ ...expected, keyPrefix: 'app:' });
  });

  test('shows options without secrets', async () => {
    const client = await open({
      url: 'redis://user:topsecret@h:1',
      sentinelPassword: 'alsosecret',
    }).getRedis();
    expect(client.options).toMatchObject({ keyPrefix: 'app:', commandTimeout: 5000 });
    expect(JSON.stringify(client.options)).not.toMatch(/topsecret|alsosecret/);
    expect(require('node:util').inspect(client, { depth: 10 })).not.toMatch(/topsecret|alsosecret/);
  });
});

describe('a client', () => {
  test('takes only a function for a callback', async () => {
    const program = `
      const { getRedis, shutdown } = require(${JSON.stringify(require.resolve('../..'))});
      getRedis().then(async (client) => {
        await client.connect(null);
        await client.pipeline().set('a', 1).exec(null);
        await client.multi().get('a').exec(true);
        await client.quit(null);
        setImmediate(() => console.log('done'));
      });`;
    const { stdout } = await runNode(['-e', program], { env: { REDIS_URL: redis.url } });
    expect(stdout).toBe('done\n');
  });

  test('tells of its connection in the events and the status of ioredis', async () => {
    const own = await startRedis();
    const client = await openPackage({ url: own.url, logLevel: 'off' }).getRedis();
    const events = told(client);
    expect(client.status).toBe('wait');
    await client.connect();
    await until(() => events.includes('ready'));
    expect(client.status).toBe('ready');
    await own.kill();
    await until(() => client.status === 'reconnecting');
    await own.restart();
    await until(() => client.status === 'ready');
    expect(await client.quit()).toBe('OK');
    expect(client.status).toBe('end');
    await until(() => events.includes('end'));
    expect(events.filter((event) => event !== 'error')).toEqual([
      ...['connect', 'ready', 'close', 'reconnecting', 'connect', 'ready', 'close', 'end'],
    ]);
    expect(events).toContain('error');
  });

  test('tells that it is ready where the connection stood before', async () => {
    const orgcache = open();
    await orgcache.cacheAdapter.set('key', 1);
    const client = await orgcache.getRedis();
    expect(client.status).toBe('ready');
    await within(1000, once(client, 'ready'), 'the event ready');
  });

  test('needs no listener for its errors', async () => {
    const client = await open({
      url: `redis://127.0.0.1:${await closedPort()}`,
      connectTimeout: 500,
    }).getRedis();
    expect(await rejection(client.connect())).toMatchObject({ code: 'E_CONNECT' });
    expect(client.status).toBe('reconnecting');
  });

  test('that was disconnected refuses commands until it is connected again', async () => {
    const client = await open().getRedis();
    await client.set('a', 1);
    client.disconnect();
    client.disconnect();
    for (const call of [
      () => client.get('a'),
      () => client.multi().get('a').exec(),
      () => client.watch('a'),
      () => client.multi({ pipeline: false }),
      () => client.quit(),
      () => client.messages('c').next(),
    ]) {
      expect(await rejection(call())).toMatchObject({ code: 'E_CLOSED', message: 'Connection is closed.' });
    }
    expect(await client.pipeline().get('a').exec()).toEqual([
      [expect.objectContaining({ code: 'E_CLOSED' })],
    ]);
    await client.connect();
    expect(await client.get('a')).toBe('1');
  });

  test('leaves the manager’s health check alone when it is closed', async () => {
    const { redisManager } = open();
    await redisManager.getClient().quit();
    expect(await redisManager.healthCheck()).toMatchObject({ status: 'healthy' });
  });

  test('calls back as the last argument says', async () => {
    const client = await open().getRedis();
    const answers = (work) => new Promise((resolve) => work((...given) => resolve(given)));
    expect(await answers((callback) => client.set('a', 1, callback))).toEqual([null, 'OK']);
    expect(await answers((callback) => client.hget('a', 'f', callback))).toEqual([
      expect.objectContaining({ redisCode: 'WRONGTYPE' }),
    ]);
    expect(await answers((callback) => client.call('GET', 'a', callback))).toEqual([null, '1']);
    expect(await answers((callback) => client.connect(callback))).toEqual([null, undefined]);
    expect(await answers((callback) => client.quit(callback))).toEqual([null, 'OK']);
  });
});

test('every command settles where the server dies under pipelines, transactions and blocked calls', async () => {
  const own = await startRedis();
  const client = await openPackage({
    url: own.url,
    logLevel: 'off',
    connectTimeout: 500,
    maxRetries: 1,
  }).getRedis();
  await client.subscribe('news');
  const blocked = [1, 2, 3].map((index) => rejection(client.blpop(`l${index}`, 0)));
  await until(async () => /blocked_clients:3/.test(await own.command('INFO', 'clients')));
  const work = [];
  // Settled from the beginning: some fail before the server's end has been waited for.
  const begin = (...promises) => work.push(Promise.allSettled(promises));
  for (let round = 0; round < 100; round += 1) {
    begin(client.pipeline().incr('a').get('a').exec(), client.multi().incr('b').get('b').exec());
  }
  await own.kill();
  for (let round = 0; round < 100; round += 1) begin(client.pipeline().incr('a').exec());
  const { value: outcomes } = await within(10_000, Promise.all(work), 'the work');
  const errors = outcomes
    .flat()
    .flatMap(({ value = [], reason }) => (reason ? [reason] : value.map(([error]) => error)))
    .filter(Boolean);
  expect(errors.length).toBeGreaterThanOrEqual(100);
  for (const error of errors) expect(['E_CONNECT', 'E_UNKNOWN_OUTCOME', 'E_TIMEOUT']).toContain(error.code);
  for (const error of await Promise.all(blocked)) expect(error.code).toBe('E_UNKNOWN_OUTCOME');
});

describe('a duplicate', () => {
  test('has a connection and a life of its own', async () => {
    const orgcache = open();
    const client = await orgcache.getRedis();
    await client.set('a', 1);
    const before = await received();
    const copy = client.duplicate();
    expect(await copy.get('a')).toBe('1');
    expect(await received()).toBe(before + 1);
    await copy.quit();
    expect(copy.status).toBe('end');
    expect(await client.get('a')).toBe('1');
    await copy.connect();
    expect(await copy.get('a')).toBe('1');
    copy.disconnect();
  });

  test('takes options of its own', async () => {
    const client = await open().getRedis();
    const copy = client.duplicate({ keyPrefix: 'own:', db: 3 });
    await copy.set('a', 'own');
    await copy.duplicate().set('b', 'of the copy');
    const plain = copy.duplicate({ keyPrefix: '' });
    expect((await plain.keys('*')).sort()).toEqual(['own:a', 'own:b']);
    expect(await client.keys('*')).toEqual([]);
    expect(() => client.duplicate({ port: 'none' })).toThrow(expect.objectContaining({ code: 'E_CONFIG' }));
  });

  test('selects a database for its later commands, and stays there when the connection is lost', async () => {
    const copy = (await open().getRedis()).duplicate();
    await copy.set('a', 0);
    expect(await copy.select(2)).toBe('OK');
    await copy.set('a', 2);
    const lines = (await redis.command('CLIENT', 'LIST')).split('\n');
    const ids = lines.filter((line) => / db=2 /.test(line)).map((line) => /id=(\d+)/.exec(line)[1]);
    for (const id of ids) await redis.command('CLIENT', 'KILL', 'ID', id);
    await until(() => copy.get('a').then((value) => value === '2'));
    expect(await rejection(copy.select(99))).toMatchObject({ name: 'OrgCacheError' });
    expect(await copy.get('a')).toBe('2');
    expect(await copy.select(0)).toBe('OK');
    expect(await copy.get('a')).toBe('0');
  });

  test('keeps its subscriptions when it selects a database, and ends them with itself', async () => {
    const client = await open().getRedis();
    const copy = client.duplicate();
    const heard = [];
    copy.on('message', (channel, message) => heard.push(`${channel}: ${message}`));
    await copy.subscribe('news');
    await copy.select(2);
    expect(copy.mode).toBe('subscriber');
    expect(await copy.subscribe('weather')).toBe(2);
    expect(await client.publish('news', 'hello')).toBe(1);
    expect(await client.publish('weather', 'rain')).toBe(1);
    await until(() => heard.length === 2);
    expect(heard).toEqual(['news: hello', 'weather: rain']);
    await copy.quit();
    await until(async () => (await client.publish('news', 'x')) === 0);
  });

  test('selects another database than the one that the URL names', async () => {
    const client = await open({ url: `${redis.url}/1` }).getRedis();
    await client.set('a', 1);
    const copy = client.duplicate({ db: 3 });
    await copy.set('a', 3);
    expect(await copy.select(1)).toBe('OK');
    expect(await copy.get('a')).toBe('1');
    expect(await copy.select(3)).toBe('OK');
    expect(await Promise.all([copy.get('a'), client.get('a')])).toEqual(['3', '1']);
  });

  test('goes where its own options say, also where a URL says where the others go', async () => {
    const other = await startRedis({ users: ['user guest on >p%40s/s ~* &* +@all'] });
    const client = await open({ url: `${redis.url}/1` }).getRedis();
    const guest = client.duplicate({
      host: other.host,
      port: other.port,
      username: 'guest',
      password: 'p%40s/s',
    });
    await guest.set('a', 'elsewhere');
    expect(await other.command('KEYS', '*')).toEqual([]);
    await other.command('SELECT', 1);
    expect(await other.command('GET', 'app:a')).toBe('elsewhere');
    expect(await client.get('a')).toBeNull();
    expect(await guest.acl('WHOAMI')).toBe('guest');
  });

  test('goes to a host where the others go to a unix socket', async () => {
    const own = await startRedis({ unixSocket: true });
    const client = await open({ url: `unix://${own.unixPath}` }).getRedis();
    const copy = client.duplicate({ host: redis.host, port: redis.port });
    await copy.set('a', 1);
    expect(await redis.keys()).toEqual(['app:a']);
  });

  test('has one connection with the given name, also after its loss', async () => {
    const client = await open().getRedis();
    const copy = client.duplicate({ connectionName: 'bull:worker' });
    const named = async () => {
      const list = await redis.command('CLIENT', 'LIST');
      return list.split('\n').filter((line) => line.includes(' name=bull:worker ')).length;
    };
    await copy.subscribe('news');
    const waiting = rejection(copy.blpop('l', 0));
    expect(await copy.client('GETNAME')).toBe('bull:worker');
    expect(await client.client('GETNAME')).toBe('orgcache');
    await copy.watch('k');
    await until(async () => /blocked_clients:1/.test(await redis.command('INFO', 'clients')));
    expect(await named()).toBe(1);
    await redis.command('CLIENT', 'KILL', 'ID', await copy.client('ID'));
    await until(async () => (await copy.client('GETNAME')) === 'bull:worker' && (await named()) === 1);
    copy.disconnect();
    await waiting;
    const unnamed = client.duplicate({ connectionName: 'two words' });
    expect(await unnamed.client('GETNAME')).toBe('orgcache');
    unnamed.disconnect();
  });

  test('takes the options of ioredis that need nothing of this client', async () => {
    const client = await open().getRedis();
    const copy = client.duplicate({
      connectionName: 'bull:worker',
      maxRetriesPerRequest: null,
      enableReadyCheck: false,
      retryStrategy: () => 100,
    });
    expect(await copy.set('a', 1)).toBe('OK');
    expect(() => client.duplicate({ conectTimeout: 1 })).toThrow(/did you mean connectTimeout/);
  });

  test('blocks and subscribes on connections that end with it', async () => {
    const client = await open().getRedis();
    const copy = client.duplicate();
    await copy.subscribe('news');
    const waiting = rejection(copy.blpop('l', 0));
    await until(async () => /blocked_clients:1/.test(await redis.command('INFO', 'clients')));
    await copy.quit();
    expect(await waiting).toMatchObject({ code: 'E_CLOSED', message: 'Connection is closed.' });
    await until(async () => (await redis.command('PUBLISH', 'news', 'x')) === 0);
  });

  test('lets the process end', async () => {
    const program = `
      const { getRedis } = require(${JSON.stringify(require.resolve('../..'))});
      getRedis().then(async (client) => {
        const copy = client.duplicate();
        await copy.set('a', 1);
        await copy.blpop('none', 0.01);
        await copy.watch('a');
        console.log('done');
      });`;
    const { stdout } = await runNode(['-e', program], { env: { REDIS_URL: redis.url } });
    expect(stdout).toBe('done\n');
  });
});
