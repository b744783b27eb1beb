'use strict';

const { once } = require('node:events');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');
const { rejection, until, within } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });

async function open(options) {
  return openPackage({ url: redis.url, clientKeyPrefix: '', logLevel: 'off', ...options }).getRedis();
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

const RECONNECTED = ['close', 'reconnecting', 'connect', 'ready'];

describe('disconnect(true)', () => {
  test('reconnects a duplicate, which goes on with its commands and subscriptions', async () => {
    const client = await open();
    const copy = client.duplicate();
    await copy.subscribe('news');
    const id = await copy.client('ID');
    await until(() => copy.status === 'ready');
    const events = told(copy);
    const underWay = copy.set('a', 1);
    copy.disconnect(true);
    expect(await underWay).toBe('OK');
    await until(() => events.length === RECONNECTED.length);
    expect(events).toEqual(RECONNECTED);
    expect(copy.status).toBe('ready');
    expect(await copy.get('a')).toBe('1');
    expect(await copy.client('ID')).not.toBe(id);
    const heard = once(copy, 'message');
    await copy.publish('news', 'hello');
    expect(await within(1000, heard)).toMatchObject({ value: ['news', 'hello'] });
    const list = async () => (await redis.command('CLIENT', 'LIST')).split('\n');
    await until(async () => !(await list()).some((line) => line.startsWith(`id=${id} `)));
    copy.disconnect();
    expect(await rejection(copy.get('a'))).toMatchObject({ code: 'E_CLOSED' });
  });

  test('tells the same of the client that all share, and fails no call of others', async () => {
    const client = await open();
    await client.connect();
    const events = told(client);
    const others = Promise.all([client.set('a', 1), client.incr('a')]);
    client.disconnect(true);
    expect(await others).toEqual(['OK', 2]);
    await until(() => events.length === RECONNECTED.length);
    expect(events).toEqual(RECONNECTED);
    expect(await client.get('a')).toBe('2');
  });

  test('changes nothing of a client that is being connected, or that was disconnected for good', async () => {
    const away = await open({
      url: `redis://127.0.0.1:${await closedPort()}`,
      connectTimeout: 200,
      maxRetries: 0,
    });
    await rejection(away.get('a'));
    away.disconnect(true);
    expect(away.status).toBe('reconnecting');
    const client = await open();
    await client.get('a');
    client.disconnect();
    client.disconnect(true);
    expect(client.status).toBe('end');
  });
});

describe('a duplicate', () => {
  test('connects at once, so that waiting for ready before the first command ends', async () => {
    const copy = (await open()).duplicate();
    expect(copy.status).toBe('connecting');
    await within(2000, once(copy, 'ready'), 'the event ready');
    expect(await copy.ping()).toBe('PONG');
    copy.disconnect();
  });

  test.each([
    [{}, { lazyConnect: true }],
    [{ lazyConnect: true }, {}],
  ])('waits for its first command with the options %j and its own %j', async (options, own) => {
    const client = await open(options);
    await client.ping();
    const before = await received();
    const copy = client.duplicate(own);
    expect(copy.status).toBe('wait');
    expect(await received()).toBe(before);
    expect(await copy.ping()).toBe('PONG');
    copy.disconnect();
  });
});
