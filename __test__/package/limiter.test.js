'use strict';

const express = require('express');
const { SECRET } = require('../support/limiter-contract');
const { onEnd } = require('../support/cleanup');
const { openPackage } = require('../support/package');
const { tool } = require('../support/packed');
const { until } = require('../support/wait');

const Fastify = require(tool('fastify'));
const { parseList } = require(tool('structured-headers', 'cjs', 'index.cjs'));

const POLICIES = {
  api: { limit: 2, windowSeconds: 3600 },
  login: { limit: 1, windowSeconds: 300, algorithm: 'log' },
};

function open(policies = POLICIES, options = {}) {
  const warnings = [];
  const logger = { warn: (line) => warnings.push(line) };
  const { createLimiter } = openPackage({ useRedis: false, logger, logLevel: 'warn', ...options });
  return { warnings, limiter: createLimiter({ secret: SECRET, policies }) };
}

async function serve(setUp, options) {
  const app = Fastify(options);
  onEnd(() => app.close());
  await setUp(app);
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  return async ({ path = '/', method = 'GET', headers = {}, payload } = {}) => {
    const body = payload && JSON.stringify(payload);
    const json = body && { 'content-type': 'application/json' };
    const response = await fetch(address + path, { method, headers: { ...headers, ...json }, body });
    const text = await response.text();
    return {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
      json: () => JSON.parse(text),
    };
  };
}

describe('the plugin of fastify', () => {
  test('sets headers, and answers a refused request before its body is read', async () => {
    const { limiter } = open();
    const handled = [];
    const ask = await serve((app) => {
      app.register(limiter.fastify, { policies: 'api' });
      app.post('/', async (request) => handled.push(request.body));
    });
    const post = () => ask({ method: 'POST', payload: { a: 1 } });
    const first = await post();
    expect(first.statusCode).toBe(200);
    expect(first.headers).toMatchObject({
      'ratelimit-policy': '"api";q=2;w=3600',
      ratelimit: expect.stringMatching(/^"api";r=1;t=\d+$/),
    });
    await post();
    const refused = await post();
    expect(refused.statusCode).toBe(429);
    expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(refused.json()).toMatchObject({ status: 429, 'violated-policies': ['api'] });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(handled).toHaveLength(2);
  });

  test('holds a lease until the response closes', async () => {
    const { limiter } = open({ uploads: { limit: 1, algorithm: 'concurrency' } });
    const held = [];
    const ask = await serve((app) => {
      app.register(limiter.fastify, { policies: 'uploads' });
      app.get('/', () => new Promise((resolve) => held.push(resolve)));
    });
    const first = ask();
    await until(() => held.length === 1);
    const refused = await ask();
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '1']);
    expect(refused.headers['ratelimit-policy']).toBe('"uploads";q=1;qu="concurrent-requests"');
    held[0]({ ok: true });
    expect((await first).statusCode).toBe(200);
    const check = { policy: 'uploads', kind: 'ip', id: '127.0.0.1' };
    await until(async () => (await limiter.peek(check)).remaining === 1);
  });

  test('counts the requests of the scope that registers it, with that scope’s options', async () => {
    const { limiter } = open();
    const ask = await serve((app) => {
      app.get('/free', async () => 'free');
      app.register(async (scope) => {
        scope.register(limiter.fastify, { policies: 'login', prefix: '/ignored' });
        scope.get('/login', async () => 'in');
      });
    });
    const statuses = async (path) => {
      const codes = [];
      for (let i = 0; i < 3; i += 1) codes.push((await ask({ path })).statusCode);
      return codes;
    };
    expect(await statuses('/login')).toEqual([200, 429, 429]);
    expect(await statuses('/free')).toEqual([200, 200, 200]);
  });

  test('takes identify, bypass, handler and headers', async () => {
    const { limiter } = open();
    const ask = await serve((app) => {
      app.register(limiter.fastify, {
        policies: ['login'],
        identify: ({ headers }) => [{ kind: 'key', id: headers['x-key'] }],
        bypass: ({ headers }) => (headers['x-key'] === 'ours' ? 'own' : false),
        handler: (_request, reply, { violated }) => reply.code(420).send({ violated }),
        headers: 'legacy',
      });
      app.get('/', async () => 'ok');
    });
    const get = (key) => ask({ headers: { 'x-key': key } });
    expect((await get('a')).headers).toMatchObject({
      'x-ratelimit-limit': '1',
      'x-ratelimit-remaining': '0',
    });
    const refused = await get('a');
    expect([refused.statusCode, refused.json()]).toEqual([420, { violated: ['login'] }]);
    for (let i = 0; i < 3; i += 1) expect((await get('ours')).statusCode).toBe(200);
    expect(limiter.stats().bypassed).toEqual({ own: 3 });
    const missing = await ask();
    expect([missing.statusCode, missing.json().code]).toEqual([500, 'E_KEY']);
  });

  test('an option that is not allowed keeps the server from starting', async () => {
    const { limiter } = open();
    const app = Fastify();
    onEnd(() => app.close());
    app.register(limiter.fastify, { policies: 'apis' });
    await expect(app.ready()).rejects.toMatchObject({ code: 'E_POLICY' });
  });

  test('warns once if every proxy is trusted, or none and there is one', async () => {
    const warningsOf = async (trustProxy, headers) => {
      const { limiter, warnings } = open();
      const setUp = (app) => {
        app.register(limiter.fastify, { policies: 'api' });
        app.get('/', async () => 'ok');
      };
      const ask = await serve(setUp, trustProxy === undefined ? {} : { trustProxy });
      for (let i = 0; i < 3; i += 1) await ask({ headers });
      return warnings;
    };
    const forwarded = { 'x-forwarded-for': '198.51.100.7' };
    expect(await warningsOf(true, {})).toEqual([expect.stringContaining('every proxy is trusted')]);
    expect(await warningsOf(undefined, forwarded)).toEqual([expect.stringContaining('X-Forwarded-For')]);
    for (const setting of ['127.0.0.1', ['10.0.0.0/8']])
      expect(await warningsOf(setting, forwarded)).toEqual([]);
    expect(await warningsOf(undefined, {})).toEqual([]);
  });
});

describe('the headers of draft 11, as a parser of RFC 9651 reads them,', () => {
  const names = ['a', 'api.v1_x-2', 'x'.repeat(64)];
  const policies = Object.fromEntries(
    names.map((name, i) => [name, { limit: 10 ** (i + 1), windowSeconds: i + 1, algorithm: 'fixed' }]),
  );

  test.each([
    ['express', expressHeaders],
    ['fastify', fastifyHeaders],
  ])('are lists of strings with integers over %s', async (_name, headersOf) => {
    const { limiter } = open(policies);
    const headers = await headersOf(limiter);
    const quotas = parseList(headers.get('ratelimit-policy'));
    const rests = parseList(headers.get('ratelimit'));
    for (const list of [quotas, rests]) expect(list.map(([name]) => name).sort()).toEqual([...names].sort());
    for (const [name, parameters] of quotas) {
      expect(Object.fromEntries(parameters)).toEqual({
        q: policies[name].limit,
        w: policies[name].windowSeconds,
      });
    }
    for (const [name, parameters] of rests) {
      expect([...parameters.keys()]).toEqual(['r', 't']);
      expect(parameters.get('r')).toBe(policies[name].limit - 1);
      expect(Number.isInteger(parameters.get('t'))).toBe(true);
      expect(parameters.get('t')).toBeLessThanOrEqual(policies[name].windowSeconds);
    }
  });

  async function expressHeaders(limiter) {
    const app = express();
    app.use(limiter.express({ policies: names }));
    app.get('/', (_request, response) => response.end());
    const server = await new Promise((resolve) => {
      const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
    });
    onEnd(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
    return (await fetch(`http://127.0.0.1:${server.address().port}/`)).headers;
  }

  async function fastifyHeaders(limiter) {
    const ask = await serve((app) => {
      app.register(limiter.fastify, { policies: names });
      app.get('/', async () => 'ok');
    });
    return new Headers((await ask()).headers);
  }
});
