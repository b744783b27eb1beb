'use strict';

const express = require('express');
const { onEnd } = require('../support/cleanup');
const { withRedis } = require('../support/redis');
const { SECRET, openService } = require('../support/session-service');
const { closedPort } = require('../support/silent-server');

const redis = withRedis({ flushBeforeEach: true });

/** A server whose only page says whose session the request has. Answers a function that asks it with a cookie. */
async function serve(service, options) {
  const app = express();
  app.use(service.createMiddleware(options));
  app.get('/', (request, response) => {
    const session = request[options?.property ?? 'session'];
    response.json({ userId: session?.userId ?? null });
  });
  app.use((error, _request, response, _next) =>
    response.status(error.status ?? 500).json({ code: error.code }),
  );
  const server = await new Promise((resolve) => {
    const made = app.listen(0, '127.0.0.1', () => resolve(made));
  });
  onEnd(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  return async (cookie) => {
    const headers = cookie === undefined ? {} : { cookie };
    const response = await fetch(`http://127.0.0.1:${server.address().port}/`, { headers });
    return {
      status: response.status,
      body: await response.json(),
      cookie: response.headers.get('set-cookie'),
      cacheControl: response.headers.get('cache-control'),
    };
  };
}

test('the middleware finds the session of a cookie, and ends the cookie of one that has ended', async () => {
  const { service } = openService({ url: redis.url });
  const ask = await serve(service);
  const { sessionId } = await service.createSession('u-1');
  const known = await ask(`a=b; sessionId=planted; sessionId=${sessionId}`);
  expect(known).toEqual({ status: 200, body: { userId: 'u-1' }, cookie: null, cacheControl: null });
  expect(await ask()).toMatchObject({ status: 200, body: { userId: null }, cookie: null });
  await service.deleteSession(sessionId);
  for (const value of [sessionId, 'nonsense']) {
    expect(await ask(`sessionId=${value}`)).toEqual({
      status: 200,
      body: { userId: null },
      cookie: 'sessionId=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax',
      cacheControl: 'no-store',
    });
  }
});

test('where a session is required there is 401 without one', async () => {
  const { service } = openService({ url: redis.url });
  const ask = await serve(service, { required: true, property: 'login', cookieName: 'sid' });
  const { sessionId } = await service.createSession('u-1');
  expect(await ask(`sid=${sessionId}`)).toMatchObject({ status: 200, body: { userId: 'u-1' } });
  const refused = await ask(`sessionId=${sessionId}`);
  expect(refused).toMatchObject({
    status: 401,
    body: { error: 'Unauthorized', message: 'No active session' },
    cookie: null,
  });
});

test('a session of the service before gets the cookie of its new id', async () => {
  const { service } = openService({ url: redis.url }, { secret: SECRET, legacyDb: 0 });
  const id = 'c'.repeat(64);
  await redis.command('SETEX', `session:${id}`, 60, JSON.stringify({ userId: 'u-1', metadata: {} }));
  const ask = await serve(service);
  const { body, cookie } = await ask(`sessionId=${id}`);
  expect(body).toEqual({ userId: 'u-1' });
  const [pair, ...attributes] = cookie.split('; ');
  expect(attributes).toEqual(['Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax']);
  expect(await ask(pair)).toMatchObject({ body: { userId: 'u-1' }, cookie: null });
});

test('an outage is 503 and no logout', async () => {
  const { service } = openService({ host: '127.0.0.1', port: await closedPort(), commandTimeout: 300 });
  const { sessionId } = await openService({ url: redis.url }).service.createSession('u-1');
  const ask = await serve(service);
  expect(await ask(`sessionId=${sessionId}`)).toMatchObject({ status: 503, cookie: null });
  expect(await ask()).toMatchObject({ status: 200, body: { userId: null } });
});

test('a cookie is as it was asked for', async () => {
  const { service } = openService({ useRedis: false });
  const record = await service.createSession('u-1', { secure: false, httpOnly: false, sameSite: 'strict' });
  expect(service.cookie(record)).toBe(`sessionId=${record.sessionId}; Path=/; SameSite=Strict`);
  expect(service.cookie(await service.getSession(record.sessionId), 'sid')).toBe(
    `sid=${record.sessionId}; Path=/; Secure; HttpOnly; SameSite=Lax`,
  );
  expect(service.cookie(null)).toBe('sessionId=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax');
  for (const call of [
    () => service.cookie(record, 'a;b'),
    () => service.cookie({}),
    () => service.createMiddleware({ name: 'x' }),
    () => service.createMiddleware('x'),
    () => service.createMiddleware({ required: 1 }),
    () => service.createMiddleware({ property: '' }),
    () => service.createMiddleware({ cookieName: '' }),
  ]) {
    expect(call).toThrow();
  }
});
