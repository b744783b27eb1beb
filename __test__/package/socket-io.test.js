'use strict';

const http = require('node:http');
const { once } = require('node:events');
const { openPackage } = require('../support/package');
const { tool } = require('../support/packed');
const { withRedis } = require('../support/redis');
const { until } = require('../support/wait');

const { Server } = require(tool('socket.io'));
const { io: connect } = require(tool('socket.io-client'));
const { createAdapter, createShardedAdapter } = require(tool('@socket.io/redis-adapter'));
const { createAdapter: createStreamsAdapter } = require(tool('@socket.io/redis-streams-adapter'));

/** Functions that make an adapter of a client as `getRedis()` answers it. */
const ADAPTERS = {
  'pub/sub': (client) => createAdapter(client, client.duplicate()),
  sharded: (client) => createShardedAdapter(client, client.duplicate()),
  streams: (client) => createStreamsAdapter(client),
};

const redis = withRedis();
const closing = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

let servers = 0;

/** Once the last server has ended. */
async function nothingIsSubscribed() {
  servers -= 1;
  if (servers > 0) return;
  await until(async () => {
    const all = await Promise.all(['CHANNELS', 'SHARDCHANNELS'].map((kind) => redis.command('PUBSUB', kind)));
    return all.flat().length === 0;
  });
}

/** A server of socket.io on an instance of its own, as each process has one. */
async function serve(name) {
  const orgcache = openPackage({ url: redis.url, clientKeyPrefix: 'io:', logLevel: 'off' });
  const client = await orgcache.getRedis();
  const server = http.createServer();
  const io = new Server(server, {
    adapter: ADAPTERS[name](client),
    ...(name === 'streams' ? { connectionStateRecovery: {} } : {}),
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers += 1;
  closing.push(async () => {
    await io.close();
    // Adapters do not wait for the end of their subscriptions.
    await Promise.all([client.ping(), nothingIsSubscribed()]);
    await orgcache.shutdown({ timeoutMs: 250 });
  });
  return { io, url: `http://127.0.0.1:${server.address().port}` };
}

async function join(url, options) {
  const socket = connect(url, { transports: ['websocket'], reconnection: false, forceNew: true, ...options });
  closing.push(() => socket.disconnect());
  await once(socket, 'connect');
  return socket;
}

describe.each(Object.keys(ADAPTERS))('the %s adapter of socket.io over getRedis()', (name) => {
  test('reaches sockets, rooms and servers of other processes', async () => {
    const [one, two] = [await serve(name), await serve(name)];
    for (const { io } of [one, two]) io.on('connection', (socket) => socket.join(socket.handshake.auth.room));
    const [first, second, third] = [
      await join(one.url, { auth: { room: 'org-1' } }),
      await join(two.url, { auth: { room: 'org-1' } }),
      await join(two.url, { auth: { room: 'org-2' } }),
    ];
    const heard = [first, second, third].map((socket) => {
      const words = [];
      socket.on('word', (word) => words.push(word));
      return words;
    });
    await until(async () => (await one.io.fetchSockets()).length === 3);
    one.io.emit('word', 'all');
    one.io.to('org-1').emit('word', { of: 'org-1' });
    // Messages of two servers have no order among them.
    await until(() => heard.map(({ length }) => length).join() === '2,2,1');
    two.io.to('org-2').emit('word', Buffer.from('bytes'));
    await until(() => heard.map(({ length }) => length).join() === '2,2,2');
    expect(heard).toEqual([
      ['all', { of: 'org-1' }],
      ['all', { of: 'org-1' }],
      ['all', Buffer.from('bytes')],
    ]);
    const told = new Promise((resolve) => two.io.on('between', resolve));
    one.io.serverSideEmit('between', 7);
    expect(await told).toBe(7);
    await one.io.in('org-2').disconnectSockets();
    await until(() => !third.connected);
    expect(second.connected).toBe(true);
  });
});

test('the streams adapter gives a socket what it has missed, at another server', async () => {
  const [one, two] = [await serve('streams'), await serve('streams')];
  const socket = connect(one.url, { transports: ['websocket'], reconnection: false, forceNew: true });
  closing.push(() => socket.disconnect());
  await once(socket, 'connect');
  const words = [];
  socket.on('word', (word) => words.push(word));
  two.io.emit('word', 1);
  await until(() => words.length === 1);
  socket.io.engine.close();
  await until(() => !socket.connected);
  two.io.emit('word', 2);
  socket.io.uri = two.url;
  socket.connect();
  await until(() => words.length === 2);
  expect([words, socket.recovered]).toEqual([[1, 2], true]);
});
