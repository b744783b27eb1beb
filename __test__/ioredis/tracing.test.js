'use strict';

const { tracingChannel } = require('node:diagnostics_channel');
const { Redis } = require('../../js/ioredis/index.js');
const { sanitizeArgs } = require('../../js/ioredis/tracing.js');
const { closedPort } = require('../support/silent-server');
const { onEnd } = require('../support/cleanup');
const { withRedis } = require('../support/redis');

const server = withRedis();

/** Everything that the channel tells while `work` runs, as `[event, context]`. */
async function traced(name, work) {
  const told = [];
  const channel = tracingChannel(`ioredis:${name}`);
  const events = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'];
  const subscriber = Object.fromEntries(
    events.map((event) => [event, (context) => told.push([event, context])]),
  );
  channel.subscribe(subscriber);
  try {
    await work();
  } finally {
    channel.unsubscribe(subscriber);
  }
  return told;
}

function connect(options) {
  const redis = new Redis({ host: server.host, port: server.port, lazyConnect: true, ...options });
  redis.on('error', () => {});
  onEnd(() => redis.disconnect());
  return redis;
}

const ofCommand = (told, command) => told.filter(([, context]) => context.command === command);
const names = (told) => told.map(([event]) => event);

test('a command is traced once, with its server and without its value, and so is its failure', async () => {
  const redis = connect({ db: 2 });
  const told = await traced('command', async () => {
    await redis.set('key', 'secret');
    await expect(redis.lpush('key', 'secret')).rejects.toThrow(/^WRONGTYPE/);
  });
  const set = ofCommand(told, 'set');
  expect(names(set)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
  expect(set[0][1]).toMatchObject({
    command: 'set',
    args: ['key', '?'],
    database: 2,
    serverAddress: server.host,
    serverPort: server.port,
  });
  const [, failure] = ofCommand(told, 'lpush').find(([event]) => event === 'error');
  expect(failure).toMatchObject({
    args: ['key', '?'],
    error: { message: expect.stringMatching(/^WRONGTYPE/) },
  });
});

test('the commands of a pipeline are traced one by one, those of a transaction also as one', async () => {
  const redis = connect();
  const unhandled = [];
  const note = (reason) => unhandled.push(reason);
  process.on('unhandledRejection', note);
  let batches;
  const told = await traced('command', async () => {
    await redis.connect();
    const results = await redis.pipeline().set('t', 'x').hset('t', 'f', 'v').exec();
    expect(results[1][0].message).toMatch(/^WRONGTYPE/);
    batches = await traced('batch', () => redis.multi().incr('n').get('n').exec());
  });
  process.off('unhandledRejection', note);
  expect(names(ofCommand(told, 'hset'))).toContain('error');
  expect(names(ofCommand(told, 'incr'))[0]).toBe('start');
  expect(names(batches)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
  expect(batches[0][1]).toMatchObject({
    batchMode: 'MULTI',
    batchSize: 2,
    database: 0,
    serverPort: server.port,
  });
  expect(unhandled).toEqual([]);
});

test('connecting is traced, and its failure', async () => {
  const redis = connect();
  const told = await traced('connect', () => redis.connect());
  expect(names(told)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
  expect(told[0][1]).toMatchObject({
    serverAddress: server.host,
    serverPort: server.port,
    connectionEpoch: 0,
  });
  const port = await closedPort();
  const nowhere = connect({ port, retryStrategy: null });
  const failed = await traced('connect', () => nowhere.connect().catch(() => {}));
  expect(names(failed)).toContain('error');
});

test('a command that is sent again is not traced again', async () => {
  const redis = connect({ retryStrategy: () => 1 });
  const told = await traced('command', async () => {
    await redis.connect();
    const written = redis.set('again', 'x');
    redis.stream.destroy();
    expect(await written).toBe('OK');
  });
  expect(ofCommand(told, 'set').filter(([event]) => event === 'start')).toHaveLength(1);
});

test('values and secrets are never shown', () => {
  expect(sanitizeArgs('SET', ['k', 'v', 'EX', 1])).toEqual(['k', '?', '?', '?']);
  expect(sanitizeArgs('hmset', ['h', 'f', 'v'])).toEqual(['h', 'f', '?']);
  expect(sanitizeArgs('get', [Buffer.from('k')])).toEqual(['k']);
  expect(sanitizeArgs('auth', ['user', 'secret'])).toEqual(['?', '?']);
  expect(sanitizeArgs('hello', ['3', 'AUTH', 'u', 'secret'])).toEqual(['?', '?', '?', '?']);
  expect(sanitizeArgs('acl', ['SETUSER', 'u', '>secret'])).toEqual(['SETUSER', 'u', '?']);
  expect(sanitizeArgs('config', ['SET', 'requirepass', 'secret'])).toEqual(['SET', 'requirepass', '?']);
  expect(sanitizeArgs('of-an-application', ['x'])).toEqual(['?']);
  expect(sanitizeArgs('ping', [])).toEqual([]);
});
