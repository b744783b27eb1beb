'use strict';

const http = require('node:http');
const { RedisStore: SessionStore } = require('connect-redis');
const express = require('express');
const rateLimit = require('express-rate-limit');
const session = require('express-session');
const { RedisStore: RateLimitStore } = require('rate-limit-redis');
const { onEnd } = require('../support/cleanup');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');

const redis = withRedis({ flushBeforeEach: true });
let client;

beforeAll(async () => {
  client = await openPackage({ url: redis.url, clientKeyPrefix: 'app:' }).getRedis();
});

/** Starts an Express server with this middleware. Answers a function that fetches from it. */
async function serve(...middleware) {
  const app = express();
  for (const handler of middleware) app.use(handler);
  const server = http.createServer(app);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  onEnd(() => new Promise((resolve) => server.close(resolve)));
  return (path, options) => fetch(`http://127.0.0.1:${server.address().port}${path}`, options);
}

test('rate-limit-redis counts through call()', async () => {
  const limiter = rateLimit({
    windowMs: 60_000,
    limit: 3,
    standardHeaders: 'draft-7',
    legacyHeaders: false,
    store: new RateLimitStore({ sendCommand: (...words) => client.call(...words), prefix: 'limit:' }),
  });
  const get = await serve(limiter, (_request, response) => response.send('fine'));
  const statuses = [];
  for (let request = 0; request < 5; request += 1) {
    const response = await get('/', { headers: { connection: 'close' } });
    statuses.push(response.status);
  }
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  const [key] = await redis.keys();
  expect(key).toMatch(/^app:limit:/);
  expect(await redis.command('PTTL', key)).toBeGreaterThan(50_000);
});

test('connect-redis keeps sessions', async () => {
  const store = new SessionStore({ client, prefix: 'session:' });
  const count = (request, response) => {
    request.session.views = (request.session.views ?? 0) + 1;
    response.send(String(request.session.views));
  };
  const get = await serve(session({ store, secret: 'test', resave: false, saveUninitialized: false }), count);
  const first = await get('/', { headers: { connection: 'close' } });
  const cookie = first.headers.get('set-cookie').split(';')[0];
  expect(await first.text()).toBe('1');
  const second = await get('/', { headers: { cookie, connection: 'close' } });
  expect(await second.text()).toBe('2');
  expect(await store.length()).toBe(1);
  const [key] = await redis.keys();
  expect(key).toMatch(/^app:session:/);
  expect(await redis.command('TTL', key)).toBeGreaterThan(80_000);
  await store.clear();
  expect(await redis.keys()).toEqual([]);
});

test('the examples in the guide of the client work', async () => {
  const { getRedis, closeRedis, getKeyPrefix, prefixKey, getConnectionInfo } = openPackage({
    url: redis.url,
  });
  const shared = await getRedis();
  await shared.set('user:123', JSON.stringify({ name: 'John' }));
  expect(JSON.parse(await shared.get('user:123'))).toEqual({ name: 'John' });
  expect(await redis.keys()).toEqual(['whatsapp:test:user:123']);
  expect([getKeyPrefix(), prefixKey('user:123')]).toEqual(['whatsapp:test:', 'whatsapp:test:user:123']);
  const id = await shared.xadd('events', '*', 'event', 'message_sent', 'userId', '123');
  expect(await shared.xrange('events', '-', '+')).toEqual([[id, ['event', 'message_sent', 'userId', '123']]]);
  expect(getConnectionInfo()).toEqual({
    host: '127.0.0.1',
    port: redis.port,
    keyPrefix: 'whatsapp:test:',
    isCluster: false,
  });
  await closeRedis();
});
