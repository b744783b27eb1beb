'use strict';

const express = require('express');
const { RateLimitService } = require('../../js/rate-limit-service/service.js');
const { onEnd } = require('../support/cleanup');
const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');
const { rejection, until } = require('../support/wait');

let server;
let counter = 0;
const someone = () => `someone-${++counter}`;

beforeAll(async () => {
  server = await startRedis();
});

const STORES = [
  ['Redis', () => ({ url: server.url })],
  ['the embedded store', () => ({ useRedis: false })],
];

function openService(options) {
  return new RateLimitService(openPackage({ logLevel: 'off', ...options }));
}

/** The request and response of express as middleware sees them, with what it did. */
function exchange(request) {
  const done = { headers: {}, next: 0 };
  const response = {
    set(name, value) {
      Object.assign(done.headers, typeof name === 'string' ? { [name]: value } : name);
      return response;
    },
    status(code) {
      done.status = code;
      return response;
    },
    json(body) {
      done.body = body;
      return response;
    },
  };
  const next = (error) => {
    done.next += 1;
    done.error = error;
  };
  return { request: { headers: {}, ...request }, response, next, done };
}

describe.each(STORES)('the rate limit service over %s', (_name, options) => {
  let service;

  beforeEach(() => {
    service = openService(options());
  });

  test('counts calls of a type and refuses those over its limit', async () => {
    const id = someone();
    const before = Date.now();
    const first = await service.checkRateLimit(id, 'LOGIN_ATTEMPTS');
    expect(first).toEqual({ allowed: true, limit: 5, remaining: 4, resetTime: expect.any(Number) });
    expect(first.resetTime).toBeGreaterThan(before);
    expect(first.resetTime).toBeLessThanOrEqual(Date.now() + 300_000);
    for (let i = 0; i < 4; i += 1) expect((await service.checkLoginRateLimit(id)).allowed).toBe(true);
    const refused = await service.checkLoginRateLimit(id);
    expect(refused).toMatchObject({ allowed: false, limit: 5, remaining: 0 });
    expect(Number.isInteger(refused.retryAfter)).toBe(true);
    expect(refused.retryAfter).toBeGreaterThan(290);
    expect(refused.retryAfter).toBeLessThanOrEqual(300);
  });

  test.each([
    ['checkApiRateLimit', 100],
    ['checkLoginRateLimit', 5],
    ['checkRegistrationRateLimit', 3],
    ['checkPasswordResetRateLimit', 3],
  ])('%s has the limit of its type', async (method, limit) => {
    const id = someone();
    const results = await Promise.all(Array.from({ length: limit + 2 }, () => service[method](id)));
    expect(results.filter(({ allowed }) => allowed)).toHaveLength(limit);
    expect(results[0].limit).toBe(limit);
  });

  test('takes a configuration with the call, and any type with it', async () => {
    const id = someone();
    const config = { window: 10, max: 1 };
    expect(await service.checkRateLimit(id, 'custom', config)).toMatchObject({ allowed: true, limit: 1 });
    expect(await service.checkRateLimit(id, 'custom', config)).toMatchObject({ allowed: false });
    expect(await service.checkRateLimit(id, 'a:b {c} ä', config)).toMatchObject({ allowed: true });
    expect(await service.checkRateLimit(id, 'API_REQUESTS', config)).toMatchObject({ limit: 1 });
  });

  test('tells what was counted, and forgets it', async () => {
    const id = someone();
    expect(await service.getRateLimitStatus(id, 'REGISTRATION')).toMatchObject({
      current: 0,
      limit: 3,
      remaining: 3,
    });
    for (let i = 0; i < 5; i += 1) await service.checkRegistrationRateLimit(id);
    expect(await service.getRateLimitStatus(id, 'REGISTRATION')).toEqual({
      current: 3,
      limit: 3,
      remaining: 0,
      resetTime: expect.any(Number),
    });
    expect(await service.resetRateLimit(id, 'REGISTRATION')).toBe(true);
    expect((await service.checkRegistrationRateLimit(id)).allowed).toBe(true);
    expect(await service.getRateLimitStatus(id, 'unknown')).toBeNull();
    expect(await service.resetRateLimit(id, 'unknown')).toBe(false);
  });

  test('lists its types, and changes one for this process', async () => {
    expect(service.getRateLimitTypes()).toEqual([
      'API_REQUESTS',
      'LOGIN_ATTEMPTS',
      'REGISTRATION',
      'PASSWORD_RESET',
    ]);
    expect(service.getRateLimitConfig('API_REQUESTS')).toEqual({ window: 60, max: 100 });
    expect(service.getRateLimitConfig('unknown')).toBeNull();
    const middleware = service.createMiddleware('API_REQUESTS');
    service.updateRateLimitConfig('API_REQUESTS', { max: 7 });
    expect(service.getRateLimitConfig('API_REQUESTS')).toEqual({ window: 60, max: 7 });
    expect((await service.checkApiRateLimit(someone())).limit).toBe(7);
    const { request, response, next, done } = exchange({ user: { id: someone() } });
    await middleware(request, response, next);
    expect(done.headers['X-RateLimit-Limit']).toBe('7');
    // Another service of the process keeps its own.
    expect(openService(options()).getRateLimitConfig('API_REQUESTS')).toEqual({ window: 60, max: 100 });
  });

  test('the middleware sets three headers, and answers 429 with Retry-After', async () => {
    const middleware = service.createMiddleware('custom', { window: 60, max: 1 });
    const request = { user: { id: someone() } };
    const passed = exchange(request);
    await middleware(passed.request, passed.response, passed.next);
    expect(passed.done).toMatchObject({ next: 1, error: undefined });
    expect(passed.done.status).toBeUndefined();
    expect(passed.done.headers).toEqual({
      'X-RateLimit-Limit': '1',
      'X-RateLimit-Remaining': '0',
      'X-RateLimit-Reset': expect.stringMatching(/^\d{10}$/),
    });
    const refused = exchange(request);
    await middleware(refused.request, refused.response, refused.next);
    const { status, body, headers, next } = refused.done;
    expect({ status, next }).toEqual({ status: 429, next: 0 });
    expect(body).toEqual({
      error: 'Too Many Requests',
      message: 'Rate limit exceeded',
      retryAfter: expect.any(Number),
    });
    expect(headers['Retry-After']).toBe(String(body.retryAfter));
    expect(body.retryAfter).toBeGreaterThan(0);
  });
});

describe('faults of the service that it replaces are not there:', () => {
  const options = () => ({ url: server.url });

  test('a refused call is not counted, and passes at the time that it was told', async () => {
    const service = openService(options());
    const id = someone();
    const config = { window: 2, max: 1 };
    await service.checkRateLimit(id, 'burst', config);
    let refused;
    for (let i = 0; i < 20; i += 1) refused = await service.checkRateLimit(id, 'burst', config);
    expect(refused.allowed).toBe(false);
    const started = performance.now();
    await until(async () => (await service.checkRateLimit(id, 'burst', config)).allowed, { everyMs: 5 });
    expect(performance.now() - started).toBeLessThan(1000 * refused.retryAfter + 400);
  });

  test('no call more than the limit is admitted, whatever was counted in the window before', async () => {
    const service = openService(options());
    const id = someone();
    const config = { window: 1, max: 10 };
    const admitted = [];
    const ends = performance.now() + 3000;
    while (performance.now() < ends) {
      const sentAt = performance.now();
      const results = await Promise.all(
        Array.from({ length: 20 }, () => service.checkRateLimit(id, 'steady', config)),
      );
      for (const { allowed } of results) if (allowed) admitted.push(sentAt);
    }
    // The first window may be full at once; from then on the weighted count holds.
    expect(admitted.length).toBeLessThanOrEqual(10 * 4);
    expect(admitted.length).toBeGreaterThanOrEqual(20);
  });

  test('the process’s clock decides nothing', async () => {
    const service = openService(options());
    const id = someone();
    const config = { window: 3600, max: 2 };
    await service.checkRateLimit(id, 'clock', config);
    const { now } = Date;
    try {
      Date.now = () => now() + 2 * 3_600_000;
      expect((await service.checkRateLimit(id, 'clock', config)).remaining).toBe(0);
      expect((await service.checkRateLimit(id, 'clock', config)).allowed).toBe(false);
    } finally {
      Date.now = now;
    }
  });

  test('an unknown type is refused, with the nearest one named', async () => {
    const service = openService(options());
    const error = await rejection(service.checkRateLimit(someone(), 'LOGIN_ATTEMPT'));
    expect(error.code).toBe('E_POLICY');
    expect(error.message).toMatch(/^Unknown rate limit type; did you mean LOGIN_ATTEMPTS\? /);
    for (const call of [
      () => service.createMiddleware('LOGIN_ATTEMPT'),
      () => service.updateRateLimitConfig('LOGIN_ATTEMPT', { max: 1 }),
    ]) {
      expect(call).toThrow('Unknown rate limit type');
    }
  });

  test('options of other services are refused and not passed over', async () => {
    const service = openService(options());
    for (const [config, code] of [
      [{ windowMs: 1000, maxRequests: 5 }, 'E_ARGUMENT'],
      [{ window: 0, max: 5 }, 'E_CONFIG'],
      [{ window: 60 }, 'E_CONFIG'],
      [{ window: 60, max: 1.5 }, 'E_CONFIG'],
      [60, 'E_CONFIG'],
    ]) {
      const error = await rejection(service.checkRateLimit(someone(), 'custom', config));
      expect([config, error.code]).toEqual([config, code]);
    }
    for (const id of [undefined, null, '', {}]) {
      expect(await rejection(service.checkApiRateLimit(id))).toMatchObject({ code: 'E_KEY' });
    }
  });

  test('the middleware counts user and address, and no shared anonymous', async () => {
    const service = openService(options());
    const middleware = service.createMiddleware('both', { window: 3600, max: 2 });
    const ip = '198.51.100.9';
    const ask = async (request) => {
      const { request: asked, response, next, done } = exchange(request);
      await middleware(asked, response, next);
      return done;
    };
    expect((await ask({ user: { id: someone() }, ip })).next).toBe(1);
    expect((await ask({ user: { id: someone() }, ip: `::ffff:${ip}` })).next).toBe(1);
    expect((await ask({ user: { id: someone() }, ip })).status).toBe(429);
    expect((await ask({})).error).toMatchObject({ code: 'E_KEY' });
  });

  test('logins stay limited while Redis is away', async () => {
    const service = openService({ url: `redis://127.0.0.1:${await closedPort()}` });
    const id = someone();
    const results = [];
    for (let i = 0; i < 8; i += 1) results.push(await service.checkLoginRateLimit(id));
    expect(results.filter(({ allowed }) => allowed)).toHaveLength(5);
    expect(results.every(({ limit }) => limit === 5)).toBe(true);
    expect(await service.getRateLimitStatus(id, 'LOGIN_ATTEMPTS')).toBeNull();
    expect(await service.resetRateLimit(id, 'LOGIN_ATTEMPTS')).toBe(false);
    expect(await service.healthCheck()).toEqual({
      status: 'unhealthy',
      connected: false,
      types: service.getRateLimitTypes(),
    });
  });

  test('each key has all that a decision needs, and no identifier', async () => {
    await server.command('FLUSHALL');
    const service = openService(options());
    await service.checkApiRateLimit('visible-canary');
    const keys = (await server.keys('*!limit:*')).filter((key) => key.includes('API_REQUESTS'));
    expect(keys).toHaveLength(1);
    expect(keys[0]).toMatch(/\{[^}]+\}/);
    expect((await server.keys()).join()).not.toContain('visible-canary');
  });
});

test('RATE_LIMIT_SECRET is the secret of its keys', async () => {
  const remaining = [];
  const id = someone();
  for (const secret of ['a secret of at least thirty-two bytes', 'another secret of at least 32 bytes']) {
    process.env.RATE_LIMIT_SECRET = secret;
    try {
      remaining.push((await openService({ url: server.url }).checkLoginRateLimit(id)).remaining);
    } finally {
      delete process.env.RATE_LIMIT_SECRET;
    }
  }
  expect(remaining).toEqual([4, 4]);
});

test('healthCheck answers healthy while Redis is there', async () => {
  const service = openService({ url: server.url });
  expect(await service.healthCheck()).toMatchObject({ status: 'healthy', connected: true });
});

test('more configurations than are kept do not add up', async () => {
  const service = openService({ useRedis: false });
  const id = someone();
  for (let max = 1; max <= 450; max += 1) {
    expect((await service.checkRateLimit(id, 'varied', { window: 60, max })).limit).toBe(max);
  }
});

test('the middleware works in express', async () => {
  const service = openService({ useRedis: false });
  const app = express();
  app.use(service.createMiddleware('custom', { window: 60, max: 1 }));
  app.get('/', (_request, response) => response.json({ ok: true }));
  const listening = await new Promise((resolve) => {
    const made = app.listen(0, '127.0.0.1', () => resolve(made));
  });
  onEnd(() => new Promise((resolve) => listening.close(resolve).closeAllConnections()));
  const url = `http://127.0.0.1:${listening.address().port}/`;
  const first = await fetch(url);
  expect([first.status, first.headers.get('x-ratelimit-remaining')]).toEqual([200, '0']);
  const second = await fetch(url);
  expect([second.status, await second.json()]).toEqual([
    429,
    { error: 'Too Many Requests', message: 'Rate limit exceeded', retryAfter: expect.any(Number) },
  ]);
});

test('the entry exports one service by both names', () => {
  const entry = require('../../js/entry/rate-limit-service.js');
  expect(entry.rateLimitService).toBe(entry.default);
  expect(entry.rateLimitService.getRateLimitTypes()).toHaveLength(4);
});
