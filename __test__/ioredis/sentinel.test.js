'use strict';

const { once } = require('node:events');
const net = require('node:net');
const { Redis, SentinelConnector, SentinelIterator } = require('../../js/ioredis/index.js');
const { chooseReplica } = require('../../js/ioredis/sentinel/replicas.js');
const { closedPort } = require('../support/silent-server');
const { onEnd } = require('../support/cleanup');
const { startRedis } = require('../support/redis');
const { startSentinels } = require('../support/sentinel');
const { until } = require('../support/wait');

const PASSWORD = 'of-the-sentinels';

let group;
let addresses;

beforeAll(async () => {
  group = await startSentinels({ replicas: 2, sentinels: 3, sentinelPassword: PASSWORD });
  addresses = group.sentinels.map(({ host, port }) => ({ host, port }));
}, 60_000);

function connect(options) {
  const redis = new Redis({
    sentinels: addresses,
    name: group.name,
    sentinelPassword: PASSWORD,
    ...options,
  });
  redis.on('error', () => {});
  onEnd(() => redis.disconnect());
  return redis;
}

const portOf = async (redis) => Number(/tcp_port:(\d+)/.exec(await redis.info('server'))[1]);

describe.each(['loop', 'thread'])('sentinels with the %s driver', (driver) => {
  const before = process.env.CACHE_DRIVER;

  beforeEach(() => {
    process.env.CACHE_DRIVER = driver;
  });

  afterAll(() => {
    if (before === undefined) delete process.env.CACHE_DRIVER;
    else process.env.CACHE_DRIVER = before;
  });

  test('name the primary, though the first of them are away', async () => {
    const away = { host: '127.0.0.1', port: await closedPort() };
    const redis = connect({ sentinels: [away, ...addresses] });
    const told = [];
    redis.on('sentinelError', (error) => told.push(error.message));
    expect(await portOf(redis)).toBe((await group.primary()).port);
    expect(told).toEqual([
      `failed to connect to sentinel 127.0.0.1:${away.port} because Connection is closed.`,
    ]);
  });

  test('name replicas, preferred ones first', async () => {
    const replicas = await group.replicas();
    const preferred = replicas.map(({ port }, i) => ({ ip: '127.0.0.1', port: String(port), prio: 2 - i }));
    const redis = connect({ role: 'slave', preferredSlaves: preferred });
    expect(await portOf(redis)).toBe(replicas[1].port);
    await expect(redis.set('a', '1')).rejects.toThrow(/^READONLY/);
  });

  test('are left when all of them are unreachable and no retry is wanted', async () => {
    const sentinels = [{ host: '127.0.0.1', port: await closedPort() }];
    const redis = connect({ sentinels, sentinelRetryStrategy: null, lazyConnect: true });
    await expect(redis.connect()).rejects.toThrow(
      'All sentinels are unreachable and retry is disabled. Last error: Connection is closed.',
    );
    await until(() => redis.status === 'end');
  });

  test('are asked again after the pause that the strategy gives, and no more once the client has ended', async () => {
    const sentinels = [{ host: '127.0.0.1', port: await closedPort() }];
    const attempts = [];
    const errors = [];
    const redis = connect({
      sentinels,
      sentinelRetryStrategy: (times) => {
        attempts.push(times);
        return 1;
      },
    });
    redis.on('error', (error) => errors.push(error.message));
    await until(() => attempts.length >= 3);
    expect(attempts.slice(0, 3)).toEqual([1, 2, 3]);
    expect(errors[0]).toMatch(
      /^All sentinels are unreachable\. Retrying from scratch after 1ms\. Last error: /,
    );
    redis.disconnect();
    await until(() => redis.status === 'end');
    const count = attempts.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(attempts).toHaveLength(count);
  });

  test('are translated by natMap, as are the servers that they name', async () => {
    const { port } = await group.primary();
    const other = await startRedis();
    const redis = connect({ natMap: { [`127.0.0.1:${port}`]: { host: '127.0.0.1', port: other.port } } });
    expect(await portOf(redis)).toBe(other.port);
    redis.disconnect();
    await other.stop();
  });

  test('say that another server is the primary, and nothing that is sent meanwhile is lost', async () => {
    const redis = connect({ failoverDetector: true });
    await Promise.all([once(redis, 'ready'), once(redis, 'failoverSubscribed')]);
    await redis.set('counter', 0);
    const closed = once(redis, 'close');
    const { primary } = await group.failover();
    await closed;
    expect(await redis.incr('after')).toBeGreaterThan(0);
    expect(await portOf(redis)).toBe(primary.port);
    await group.settled();
  }, 60_000);
});

test('a list of sentinels or a name that is missing is refused', () => {
  expect(() => new SentinelConnector({ sentinels: [], name: 'x' })).toThrow(
    'Requires at least one sentinel to connect to.',
  );
  expect(() => new SentinelConnector({ sentinels: [{ port: 1 }] })).toThrow('Requires the name of master.');
});

test('the sentinel that answered last is asked first, and one that is known is not added', () => {
  const iterator = new SentinelIterator([{ port: 1 }, { port: 2 }, { port: 3 }]);
  iterator.next();
  iterator.next();
  iterator.reset(true);
  expect([1, 2, 3, 4].map(() => iterator.next().value?.port)).toEqual([2, 3, 1, undefined]);
  expect(iterator.add({ host: '127.0.0.1', port: 3 })).toBe(false);
  expect(iterator.add({ host: '127.0.0.1', port: 26379 })).toBe(true);
  expect(iterator.add({})).toBe(false);
  expect(String(iterator)).toMatch(/^\[.*\] @3$/);
});

test('replicas that are down are not chosen, and a function may choose', () => {
  const listed = [
    { ip: 'a', port: '1', flags: 'slave,s_down' },
    { ip: 'b', port: '2', flags: 'slave' },
    { ip: 'c', port: '3', flags: 'slave,disconnected' },
    { ip: 'd', port: '4', flags: 'slave' },
  ];
  expect(chooseReplica(listed, { ip: 'd', port: '4' })).toEqual({ host: 'd', port: 4 });
  expect(
    chooseReplica(listed, [
      { ip: 'a', port: '1' },
      { ip: 'b', port: '2', prio: 9 },
    ]),
  ).toEqual({
    host: 'b',
    port: 2,
  });
  expect(chooseReplica(listed, (usable) => usable.at(-1))).toEqual({ host: 'd', port: 4 });
  expect(['b', 'd']).toContain(chooseReplica(listed, () => null).host);
  expect(chooseReplica([listed[0]], null)).toBeNull();
});

test('a connector of the application gives the stream', async () => {
  const server = group.servers[0];
  class Tunnel {
    connect() {
      this.stream = net.connect(server.port, server.host);
      return Promise.resolve(this.stream);
    }
    disconnect() {
      this.stream.end();
    }
    check() {
      return true;
    }
  }
  const redis = new Redis({ Connector: Tunnel });
  onEnd(() => redis.disconnect());
  expect(await redis.ping()).toBe('PONG');
  expect(await portOf(redis)).toBe(server.port);
  const ended = once(redis, 'end');
  redis.disconnect();
  await ended;
});
