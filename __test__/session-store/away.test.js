'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const IoRedis = require('ioredis');
const { RedisStore, SessionStore } = require('../../js/session-store/stores.js');
const { serve, signedCookie } = require('../support/session-store-contract');
const { onEnd } = require('../support/cleanup');
const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { closedPort, startSilentServer } = require('../support/silent-server');
const { rejection, within } = require('../support/wait');

/** A store, and how long its calls may take. */
const CASES = [
  [
    'a port that nobody listens on, with the client of the package',
    async () => {
      const options = { host: '127.0.0.1', port: await closedPort(), commandTimeout: 300, logLevel: 'off' };
      return new SessionStore(openPackage(options));
    },
  ],
  [
    'a silent server, with the client of the package',
    async () => {
      const { port } = await startSilentServer();
      return new SessionStore(openPackage({ host: '127.0.0.1', port, commandTimeout: 300, logLevel: 'off' }));
    },
  ],
  [
    'a silent server, with ioredis',
    async () => {
      const { port } = await startSilentServer();
      return new RedisStore(undefined, { client: ioredis({ port }), timeoutMs: 300 });
    },
  ],
  [
    'a socket that is not there, with ioredis',
    async () => {
      const missing = path.join(os.tmpdir(), `orgcache-no-socket-${process.pid}`);
      const client = ioredis({ path: missing, maxRetriesPerRequest: 0, retryStrategy: () => 10 });
      return new RedisStore(undefined, { client, timeoutMs: 300 });
    },
  ],
];

function ioredis(options) {
  const client = new IoRedis({ host: '127.0.0.1', ...options });
  client.on('error', () => {});
  onEnd(() => client.disconnect());
  return client;
}

test.each(CASES)(
  '%s: every call fails in time, and no request goes on without its session',
  async (_name, open) => {
    const store = await open();
    const events = [];
    for (const event of ['disconnect', 'connect', 'error']) store.on(event, () => events.push(event));
    const held = { n: 1, cookie: {} };
    const calls = [
      () => store.get('1'),
      () => store.set('1', held),
      () => store.touch('1', held),
      () => store.destroy('1'),
      () => store.length(),
      () => store.all(),
      () => store.clear(),
    ];
    for (const call of calls) {
      const { value } = await within(2000, rejection(call()));
      expect(value.code).not.toBe('ENOENT');
      expect(value).toBeInstanceOf(Error);
    }
    let handled = 0;
    const ask = await serve({ store }, (_request, response) => {
      handled += 1;
      response.json({});
    });
    const cookie = signedCookie('an-id');
    expect(await ask('/', cookie)).toMatchObject({ status: 500 });
    expect(handled).toBe(0);
    expect(events).toEqual([]);
  },
);

test('a file that is not there is no session that is not there', async () => {
  const server = await startRedis();
  const missing = path.join(os.tmpdir(), `orgcache-no-key-${process.pid}`);
  const parse = (text) => JSON.parse(text.replace(fs.readFileSync(missing, 'utf8'), ''));
  const instance = openPackage({ url: server.url, logLevel: 'off' });
  const store = new SessionStore(instance, { serializer: { stringify: JSON.stringify, parse } });
  await store.set('an-id', { cookie: {} });
  const error = await new Promise((resolve) => store.get('an-id', resolve));
  expect(error).toMatchObject({ code: 'E_CONNECT', cause: { code: 'ENOENT' } });
  const ask = await serve({ store }, (_request, response) => response.json({}));
  const cookie = signedCookie('an-id');
  expect(await ask('/', cookie)).toMatchObject({ status: 500, body: { code: 'E_CONNECT' } });
});

test('a store goes on when its server is back', async () => {
  const server = await startRedis();
  const store = new SessionStore(openPackage({ url: server.url, commandTimeout: 500, logLevel: 'off' }));
  await store.set('1', { n: 1, cookie: {} });
  server.pause();
  expect(await rejection(store.get('1'))).toMatchObject({ code: 'E_TIMEOUT' });
  server.resume();
  const deadline = performance.now() + 10_000;
  let found;
  while (found === undefined && performance.now() < deadline)
    found = await store.get('1').catch(() => undefined);
  expect(found).toMatchObject({ n: 1 });
});
