'use strict';

const { once } = require('node:events');
const express = require('express');
const { openPackage } = require('../support/package');
const { tool } = require('../support/packed');
const { closedPort } = require('../support/silent-server');
const { SECRET } = require('../support/sessions-contract');

const Fastify = require(tool('fastify'));

let orgcache;
const roomOf = (options) => orgcache.createSessions({ secret: SECRET, ...options });

beforeAll(() => {
  orgcache = openPackage({ useRedis: false, logLevel: 'off' });
});

describe.each(['express', 'fastify'])('the middleware of %s', (framework) => {
  const servers = [];

  afterEach(async () => {
    for (const close of servers.splice(0)) await close();
  });

  /** A server that answers the session of each request; the address it listens on. */
  async function serve(sessions, options) {
    const property = options?.property ?? 'session';
    if (framework === 'fastify') {
      const app = Fastify();
      await app.register(sessions.fastify, options ?? {});
      app.get('/', async (request) => ({ session: request[property] }));
      await app.listen({ port: 0, host: '127.0.0.1' });
      servers.push(() => app.close());
      return app.server.address().port;
    }
    const app = express();
    app.use(sessions.express(options));
    app.get('/', (request, response) => response.json({ session: request[property] }));
    app.use((error, _request, response, _next) => response.status(error.status).json({ error: error.code }));
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(() => server.close());
    return server.address().port;
  }

  async function ask(port, cookie) {
    const response = await fetch(`http://127.0.0.1:${port}/?id=${'A'.repeat(62)}`, {
      headers: cookie === undefined ? {} : { cookie },
    });
    const { session } = await response.json();
    const setCookie = response.headers.getSetCookie();
    return { status: response.status, session, setCookie, cache: response.headers.get('cache-control') };
  }

  test('gives each request its session', async () => {
    const sessions = roomOf();
    const session = await sessions.create({ userId: 'u-1', data: { n: 1 } });
    const port = await serve(sessions);
    const answer = await ask(port, `__Host-id=${session.id}`);
    expect(answer).toMatchObject({
      status: 200,
      session: { userId: 'u-1', data: { n: 1 } },
      setCookie: [],
      cache: null,
    });
    expect(await ask(port)).toEqual({ status: 200, session: null, setCookie: [], cache: null });
  });

  test('ends the cookie of a session that has ended, and renews that of one that was rotated', async () => {
    const sessions = roomOf();
    const [one, two] = await Promise.all([sessions.create(), sessions.create()]);
    const port = await serve(sessions, { property: 'login' });
    await sessions.destroy(one.id);
    for (const cookie of [`__Host-id=${one.id}`, '__Host-id=nonsense']) {
      expect(await ask(port, cookie)).toEqual({
        status: 200,
        session: null,
        setCookie: [sessions.cookie(null)],
        cache: 'no-store',
      });
    }
    const rotated = await sessions.rotate(two.id);
    const all = await Promise.all(Array.from({ length: 10 }, () => ask(port, `__Host-id=${two.id}`)));
    for (const { setCookie, cache } of all) {
      expect([setCookie, cache]).toEqual([[sessions.cookie(rotated)], 'no-store']);
    }
  });

  test('answers 503 where Redis is away, and ends no cookie', async () => {
    const away = openPackage({
      url: `redis://127.0.0.1:${await closedPort()}`,
      commandTimeout: 200,
      logLevel: 'off',
    });
    const { id } = await roomOf().create();
    const port = await serve(away.createSessions({ secret: SECRET }));
    expect(await ask(port, `__Host-id=${id}`)).toMatchObject({ status: 503, setCookie: [] });
    expect(await ask(port)).toMatchObject({ status: 200 });
  });
});
