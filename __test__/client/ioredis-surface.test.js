'use strict';

const { once } = require('node:events');
const { Command } = require('ioredis');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { rejection, within } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });

async function open(options) {
  return openPackage({ url: redis.url, clientKeyPrefix: 'app:', logLevel: 'off', ...options }).getRedis();
}

describe('commands by other ways than their methods', () => {
  test('sendCommand takes a command of ioredis, and any object with a name and arguments', async () => {
    const client = await open();
    const set = new Command('set', ['a', 'A'], { replyEncoding: 'utf8' });
    expect(await client.sendCommand(set)).toBe('OK');
    expect(await set.promise).toBe('OK');
    expect(await client.sendCommand(new Command('get', ['a']))).toEqual(Buffer.from('A'));
    await client.hset('h', { f: 'v' });
    const all = new Command('hgetall', ['h'], { replyEncoding: 'utf8' });
    expect(await client.sendCommand(all)).toEqual({ f: 'v' });
    expect(await client.sendCommand({ name: 'GET', args: ['a'] })).toBe('A');
    expect(await rejection(client.sendCommand(new Command('hget', ['a', 'f'])))).toMatchObject({
      redisCode: 'WRONGTYPE',
    });
  });

  test('pipelines and transactions have sendCommand and send_command', async () => {
    const client = await open();
    const get = new Command('get', ['a'], { replyEncoding: 'utf8' });
    const results = await client
      .pipeline()
      .send_command('set', 'a', 'A')
      .sendCommand(get)
      .sendCommand({ name: 'strlen', args: ['a'] })
      .exec();
    expect(results.map(([, reply]) => String(reply))).toEqual(['OK', 'A', '1']);
    expect(await get.promise).toBe('A');
    expect(
      await client
        .multi()
        .send_command('append', 'a', 'B')
        .sendCommand({ name: 'get', args: ['a'] })
        .exec(),
    ).toEqual([
      [null, 2],
      [null, 'AB'],
    ]);
  });

  test('addBuiltinCommand makes a method of a command that the table does not know, which goes as it is', async () => {
    const client = await open();
    client.addBuiltinCommand('frobnicate');
    const refusal = /unknown command .frobnicate./i;
    expect((await rejection(client.frobnicate('K', 'v'))).message).toMatch(refusal);
    expect((await rejection(client.frobnicateBuffer('K', Buffer.from('v')))).message).toMatch(refusal);
    expect((await client.pipeline().frobnicate('K', 'v').exec())[0][0].message).toMatch(refusal);
    expect((await rejection(client.call('frobnicate', 'K', 'v'))).message).toMatch(refusal);
    expect((await client.pipeline([['frobnicate', 'K', 'v']]).exec())[0][0].message).toMatch(refusal);
    expect((await rejection(client.sentinel('masters'))).message).toMatch(/unknown command/i);
    expect(client.duplicate({ lazyConnect: true }).frobnicate).toBeUndefined();
    expect(client.getBuiltinCommands()).toEqual(expect.arrayContaining(['get', 'sentinel', 'zadd']));
    const { string, buffer } = client.createBuiltinCommand('get');
    await client.set('a', 'A');
    expect([await string.call(client, 'a'), await buffer.call(client, 'a')]).toEqual(['A', Buffer.from('A')]);
  });
});

describe('the state of a client', () => {
  test.each(['ready', 'connect'])('a listener of %s connects the client that all share', async (event) => {
    const client = await open();
    expect(client.status).toBe('wait');
    client.on('error', () => {});
    await new Promise(setImmediate);
    expect(client.status).toBe('wait');
    await within(5000, once(client, event));
    expect(client.status).toBe('ready');
  });

  test('a listener of ready connects no duplicate that was asked to wait', async () => {
    const copy = (await open()).duplicate({ lazyConnect: true });
    copy.on('ready', () => {});
    await new Promise(setImmediate);
    expect(copy.status).toBe('wait');
    copy.disconnect();
  });

  test('a status that is assigned holds until the next change', async () => {
    const copy = (await open()).duplicate({ lazyConnect: true });
    copy.status = 'end';
    expect(copy.status).toBe('end');
    const ready = once(copy, 'ready');
    copy.connect();
    await within(5000, ready);
    expect(copy.status).toBe('ready');
    await copy.quit();
    copy.status = 'end';
    expect(copy.status).toBe('end');
  });

  test('the events of a connection come in the order of ioredis', async () => {
    const copy = (await open()).duplicate();
    const told = [];
    for (const event of ['connecting', 'connect', 'ready', 'close', 'reconnecting', 'end']) {
      copy.on(event, () => told.push(event));
    }
    copy.on('error', () => {});
    const ready = () => within(5000, new Promise((resolve) => copy.once('ready', resolve)));
    await ready();
    const again = ready();
    await redis.command('CLIENT', 'KILL', 'ID', await copy.client('ID'));
    await again;
    copy.disconnect();
    await within(5000, once(copy, 'end'));
    const connected = ['connecting', 'connect', 'ready'];
    expect(told).toEqual([...connected, 'close', 'reconnecting', ...connected, 'close', 'end']);
  });

  test('options have ioredis’s members, and stay the same object', async () => {
    const client = await open();
    expect(client.options).toBe(client.options);
    expect(client.options).toMatchObject({
      maxRetriesPerRequest: null,
      enableOfflineQueue: true,
      readOnly: false,
    });
    const retryStrategy = () => 10;
    const copy = client.duplicate({
      maxRetriesPerRequest: 5,
      retryStrategy,
      enableReadyCheck: false,
      lazyConnect: true,
    });
    expect(copy.options).toMatchObject({ maxRetriesPerRequest: 5, retryStrategy, enableReadyCheck: false });
    expect(copy.duplicate({ lazyConnect: true }).options.retryStrategy).toBe(retryStrategy);
    const cluster = await openPackage({
      clusterHosts: 'a:1',
      username: 'u',
      password: 'secret',
      logLevel: 'off',
    }).getRedis();
    expect(cluster.options.redisOptions).toMatchObject({ maxRetriesPerRequest: null, username: 'u' });
    expect(JSON.stringify(cluster.options)).not.toContain('secret');
  });
});
