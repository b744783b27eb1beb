'use strict';

const { EventEmitter } = require('node:events');
const { consumerGroups } = require('../support/consumer-group-harness');
const { CLIENTS } = require('../support/stream-clients');
const { rejection, until } = require('../support/wait');
const { Reader } = require('../../js/streams/reader.js');

/** A client whose reads are never answered; `duplicates` are the connections that it gave. */
function silentClient() {
  const duplicates = [];
  const duplicate = () => {
    const connection = new EventEmitter();
    const answered = { exec: async () => [[null, 7]], call: () => answered };
    duplicates.push(
      Object.assign(connection, {
        watch: async () => 'OK',
        multi: () => answered,
        xreadgroup: () => new Promise((_resolve, reject) => connection.once('close', reject)),
        disconnect: () => connection.emit('close', new Error('Connection is closed.')),
      }),
    );
    return connection;
  };
  return { client: { duplicate, options: {} }, duplicates };
}

describe('the reader of a consumer group', () => {
  afterEach(() => jest.useRealTimers());

  test('replaces a connection that says nothing though its read should have ended', async () => {
    jest.useFakeTimers();
    const { client, duplicates } = silentClient();
    const reader = new Reader({ client, stream: 'orders', blockMs: 1_000, batchSize: 1 }, () => {});
    reader.open();
    const failed = rejection(reader.read());
    await jest.advanceTimersByTimeAsync(5_900);
    expect(duplicates).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(200);
    expect((await failed).message).toBe('Connection is closed.');
    expect(duplicates).toHaveLength(2);
    reader.close();
  });
});

test('a consumer group over a client with a key prefix has stream and dead letters under it', async () => {
  const { open } = CLIENTS.find(({ name }) => name === 'getRedis()');
  const streams = await consumerGroups(open);
  const client = await streams.client({ clientKeyPrefix: 'shop:test:' });
  const group = await streams.started({
    client,
    maxDeliveries: 1,
    minIdleMs: 300,
    handler({ fields }) {
      if (fields.n === '1') throw new Error('no such order');
    },
  });
  await streams.add(2, 'shop:test:orders');
  await until(() => group.stats().handled === 1 && group.stats().deadLettered === 1);
  expect(await streams.redis.keys()).toEqual(['shop:test:orders', 'shop:test:{orders}:dead']);
  await group.stop();
});
