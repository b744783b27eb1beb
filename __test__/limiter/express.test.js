'use strict';

const express = require('express');
const { SECRET } = require('../support/limiter-contract');
const { onEnd } = require('../support/cleanup');
const { openPackage } = require('../support/package');
const { until } = require('../support/wait');

const POLICIES = {
  api: { limit: 2, windowSeconds: 3600 },
  login: { limit: 1, windowSeconds: 300, algorithm: 'log' },
  watched: { limit: 1, windowSeconds: 60, mode: 'shadow' },
};

function open(options = {}) {
  const warnings = [];
  const logger = { warn: (line) => warnings.push(line) };
  const { createLimiter } = openPackage({ useRedis: false, logger, ...options });
  return { warnings, limiter: createLimiter({ secret: SECRET, policies: POLICIES }) };
}

/** An application whose user is the value of a header, and that shows the code of an error. */
async function serve(setUp) {
  const app = express();
  app.use((request, _response, next) => {
    const id = request.get('x-user');
    if (id !== undefined) request.user = { id };
    next();
  });
  setUp(app);
  app.get('/{*path}', (_request, response) => response.json({ ok: true }));
  app.use((error, _request, response, _next) => response.status(500).json({ code: error.code }));
  const server = await new Promise((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
  onEnd(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  return async (headers = {}) => {
    const response = await fetch(`http://127.0.0.1:${server.address().port}/path`, { headers });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: JSON.parse(await response.text()),
    };
  };
}

test('a request under the limit passes with headers, one over it gets a problem and Retry-After', async () => {
  const { limiter } = open();
  const get = await serve((app) => app.use(limiter.express({ policies: 'api' })));
  const first = await get();
  expect(first).toMatchObject({ status: 200, body: { ok: true } });
  expect(first.headers).toMatchObject({
    'ratelimit-policy': '"api";q=2;w=3600',
    ratelimit: expect.stringMatching(/^"api";r=1;t=\d+$/),
  });
  expect(first.headers['retry-after']).toBeUndefined();
  await get();
  const refused = await get();
  expect(refused.status).toBe(429);
  expect(refused.headers['content-type']).toBe('application/problem+json');
  expect(refused.body).toMatchObject({ status: 429, 'violated-policies': ['api'] });
  const [, t] = /^"api";r=0;t=(\d+)$/.exec(refused.headers.ratelimit);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(Number(t));
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
});

test('the user and the address are counted, both', async () => {
  const { limiter } = open();
  const get = await serve((app) => app.use(limiter.express({ policies: 'api' })));
  expect((await get({ 'x-user': 'a' })).status).toBe(200);
  expect((await get({ 'x-user': 'b' })).status).toBe(200);
  // Two users have used up what the address has.
  expect((await get({ 'x-user': 'c' })).status).toBe(429);
  expect((await limiter.peek({ policy: 'api', kind: 'user', id: 'c' })).remaining).toBe(2);
  expect((await limiter.peek({ policy: 'api', kind: 'ip', id: '127.0.0.1' })).remaining).toBe(0);
});

test('a request with neither user nor address is an error, and shares no limit', async () => {
  const { limiter } = open();
  const middleware = limiter.express({ policies: 'api' });
  const errors = [];
  for (let i = 0; i < 5; i += 1) {
    await middleware({ headers: {} }, { headersSent: false }, (error) => errors.push(error));
  }
  expect(errors.map((error) => error?.code)).toEqual(Array(5).fill('E_KEY'));
});

test('identify names whom to count, and may name the policy of each', async () => {
  const { limiter } = open();
  const identify = async ({ headers }) => [
    { kind: 'key', id: headers['x-key'], organizationId: 'org-1' },
    { kind: 'key', id: headers['x-key'], policy: 'login' },
  ];
  const get = await serve((app) => app.use(limiter.express({ policies: ['api'], identify })));
  expect((await get({ 'x-key': 'k' })).headers['ratelimit-policy']).toBe(
    '"api";q=2;w=3600, "login";q=1;w=300',
  );
  const refused = await get({ 'x-key': 'k' });
  expect(refused.status).toBe(429);
  expect(refused.body['violated-policies']).toEqual(['login']);
  expect((await get({ 'x-key': 'other' })).status).toBe(200);
  const wrong = await serve((app) => app.use(limiter.express({ policies: 'api', identify: () => 'user' })));
  expect(await wrong()).toMatchObject({ status: 500, body: { code: 'E_KEY' } });
});

test('only bypass bypasses: no header does', async () => {
  const { limiter } = open();
  const bypass = ({ user }) => (user?.id === 'admin' ? 'admin' : false);
  const get = await serve((app) => app.use(limiter.express({ policies: 'login', bypass })));
  for (let i = 0; i < 3; i += 1) {
    const { status, headers } = await get({ 'x-user': 'admin' });
    expect([status, headers.ratelimit]).toEqual([200, undefined]);
  }
  expect((await get()).status).toBe(200);
  const tricks = { 'x-ratelimit-bypass': '1', 'x-forwarded-for': '198.51.100.1', cookie: 'bypass=1' };
  expect((await get(tricks)).status).toBe(429);
  expect(limiter.stats().bypassed).toEqual({ admin: 3 });
});

test('handler answers in place of the package, with headers set', async () => {
  const { limiter } = open();
  const handler = (request, response, decision) =>
    response.status(420).json({ path: request.path, violated: decision.violated });
  const get = await serve((app) => app.use(limiter.express({ policies: 'login', handler })));
  await get();
  const refused = await get();
  expect(refused).toMatchObject({ status: 420, body: { path: '/path', violated: ['login'] } });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  const broken = await serve((app) =>
    app.use(
      limiter.express({
        policies: 'login',
        handler: async () => {
          throw Object.assign(new Error('of the application'), { code: 'OWN' });
        },
      }),
    ),
  );
  expect(await broken()).toMatchObject({ status: 500, body: { code: 'OWN' } });
});

test.each([
  ['draft-7', { 'ratelimit-policy': '2;w=3600', ratelimit: /^limit=2, remaining=1, reset=\d+$/ }],
  ['legacy', { 'x-ratelimit-limit': '2', 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': /^\d{10}$/ }],
])('the headers of %s are set on request', async (headers, expected) => {
  const { limiter } = open();
  const get = await serve((app) => app.use(limiter.express({ policies: 'api', headers })));
  const response = await get();
  for (const [name, value] of Object.entries(expected)) {
    expect(response.headers[name]).toEqual(typeof value === 'string' ? value : expect.stringMatching(value));
  }
});

test('headers false sets none', async () => {
  const { limiter } = open();
  const get = await serve((app) => app.use(limiter.express({ policies: 'api', headers: false })));
  expect(Object.keys((await get()).headers).filter((name) => /ratelimit/.test(name))).toEqual([]);
});

test('two middlewares of one request list the policies of both, and none that is only watched', async () => {
  const { limiter } = open();
  const get = await serve((app) => {
    app.use(limiter.express({ policies: 'api' }));
    app.use(limiter.express({ policies: ['login', 'watched'] }));
  });
  const { headers } = await get();
  expect(headers['ratelimit-policy']).toBe('"api";q=2;w=3600, "login";q=1;w=300');
  expect(headers.ratelimit).toMatch(/^"api";r=1;t=\d+, "login";r=0;t=\d+$/);
});

test('an error of a later handler is not taken for one of the limiter', async () => {
  const { limiter } = open();
  const get = await serve((app) => {
    app.use(limiter.express({ policies: 'api' }));
    app.use(() => {
      throw Object.assign(new Error('of the application'), { code: 'OWN' });
    });
  });
  expect(await get()).toMatchObject({ status: 500, body: { code: 'OWN' } });
});

describe('the setting of proxies', () => {
  const ask = async (setting, headers) => {
    const { limiter, warnings } = open({ logLevel: 'warn' });
    const get = await serve((app) => {
      if (setting !== undefined) app.set('trust proxy', setting);
      app.use(limiter.express({ policies: 'watched' }));
    });
    for (let i = 0; i < 3; i += 1) await get(headers);
    return warnings;
  };
  const forwarded = { 'x-forwarded-for': '198.51.100.7' };

  test('warns once if every proxy is trusted, or none and there is one', async () => {
    expect(await ask(true, {})).toEqual([expect.stringContaining('every proxy is trusted')]);
    expect(await ask(undefined, forwarded)).toEqual([expect.stringContaining('X-Forwarded-For')]);
    for (const setting of [1, 'loopback']) expect(await ask(setting, forwarded)).toEqual([]);
    expect(await ask(undefined, {})).toEqual([]);
  });

  test('decides which address counts', async () => {
    const { limiter } = open();
    const get = await serve((app) => {
      app.set('trust proxy', 'loopback');
      app.use(limiter.express({ policies: 'login' }));
    });
    expect((await get(forwarded)).status).toBe(200);
    expect((await get(forwarded)).status).toBe(429);
    expect((await get({ 'x-forwarded-for': '198.51.100.8' })).status).toBe(200);
  });
});

test('a policy that is closed answers 503 while Redis is away', async () => {
  const { closedPort } = require('../support/silent-server');
  const { createLimiter } = openPackage({ url: `redis://127.0.0.1:${await closedPort()}`, logLevel: 'off' });
  const limiter = createLimiter({
    secret: SECRET,
    policies: { api: { limit: 9, windowSeconds: 60, onRedisDown: 'closed' } },
  });
  const get = await serve((app) => app.use(limiter.express({ policies: 'api' })));
  const refused = await get();
  expect(refused.status).toBe(503);
  expect(refused.headers['content-type']).toBe('application/problem+json');
  expect(refused.body.type).toMatch(/#temporary-reduced-capacity$/);
});

describe('calls under way', () => {
  const UPLOADS = { uploads: { limit: 1, algorithm: 'concurrency' }, api: { limit: 9, windowSeconds: 3600 } };

  /** Serves `/` until `end` is called. Answers how to ask, and how many requests have been held. */
  async function serveSlowly(policies, given) {
    const { createLimiter } = openPackage({ useRedis: false, logLevel: 'off' });
    const limiter = createLimiter({ secret: SECRET, policies });
    const app = express();
    const held = [];
    app.use(limiter.express(given));
    app.get('/', (_request, response) => held.push(response));
    app.get('/throws', () => {
      throw new Error('of the application');
    });
    app.use((_error, _request, response, _next) => response.status(500).end());
    const server = await new Promise((resolve) => {
      const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
    });
    onEnd(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
    const url = `http://127.0.0.1:${server.address().port}`;
    return { limiter, held, ask: (path = '/', options = {}) => fetch(url + path, options) };
  }

  const peek = { policy: 'uploads', kind: 'ip', id: '127.0.0.1' };

  test('a request beyond them gets 429 with a Retry-After of a second, until one has ended', async () => {
    const { limiter, held, ask } = await serveSlowly(UPLOADS, { policies: ['uploads', 'api'] });
    const first = ask();
    await until(() => held.length === 1);
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'ratelimit-policy': '"uploads";q=1;qu="concurrent-requests", "api";q=9;w=3600',
      ratelimit: expect.stringMatching(/^"uploads";r=0;t=1, "api";r=8;t=\d+$/),
      'retry-after': '1',
    });
    expect((await refused.json())['violated-policies']).toEqual(['uploads']);
    held[0].end('done');
    expect(await (await first).text()).toBe('done');
    await until(async () => (await limiter.peek(peek)).remaining === 1);
    const second = ask();
    await until(() => held.length === 2);
    held[1].end();
    expect((await second).headers.get('ratelimit')).toMatch(/^"uploads";r=0, "api";r=7;t=\d+$/);
  });

  test('a request that is aborted, or whose handler throws, has ended', async () => {
    const { limiter, held, ask } = await serveSlowly(UPLOADS, { policies: 'uploads' });
    const controller = new AbortController();
    const aborted = ask('/', { signal: controller.signal }).catch((error) => error.name);
    await until(() => held.length === 1);
    expect((await limiter.peek(peek)).remaining).toBe(0);
    controller.abort();
    expect(await aborted).toBe('AbortError');
    await until(async () => (await limiter.peek(peek)).remaining === 1);
    expect((await ask('/throws')).status).toBe(500);
    await until(async () => (await limiter.peek(peek)).remaining === 1);
  });

  test('a request for which nothing but the kept share is left gets 503, and a critical one passes', async () => {
    const policies = { uploads: { limit: 2, algorithm: 'concurrency', reserve: 0.5 } };
    const identify = ({ ip, headers }) => [{ kind: 'ip', id: ip, critical: headers['x-critical'] === '1' }];
    const { held, ask } = await serveSlowly(policies, { policies: 'uploads', identify });
    const first = ask();
    await until(() => held.length === 1);
    const refused = await ask();
    expect(refused.status).toBe(503);
    expect((await refused.json()).type).toMatch(/#temporary-reduced-capacity$/);
    const critical = ask('/', { headers: { 'x-critical': '1' } });
    await until(() => held.length === 2);
    for (const response of held) response.end();
    expect([(await first).status, (await critical).status]).toEqual([200, 200]);
  });

  test('a response that closes while the decision is made holds nothing', async () => {
    const { limiter } = await serveSlowly(UPLOADS, { policies: 'uploads' });
    const middleware = limiter.express({ policies: 'uploads' });
    const response = { headersSent: true, destroyed: true, setHeader() {} };
    await middleware({ ip: '127.0.0.1', headers: {} }, response, () => {});
    await until(async () => (await limiter.peek(peek)).remaining === 1);
  });
});
