'use strict';

const http = require('node:http');
const express = require('express');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { ask, responsesContract } = require('../support/responses-contract');

const redis = withRedis();

async function listening(app) {
  const server = http.createServer(app);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return {
    get: (path, options) => ask(port, path, options),
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

function onExpress(middleware, handler) {
  const app = express();
  app.use(middleware);
  app.use(async (request, response) => {
    const { status = 200, headers = {}, body = '' } = await handler(request);
    response.status(status).set(headers).send(body);
  });
  // Without this Express prints the error.
  app.use((_error, _request, response, _next) => response.status(500).end());
  return listening(app);
}

/** Node's own way, in pieces. */
function onNode(middleware, handler) {
  return listening((request, response) => {
    middleware(request, response, async (error) => {
      if (error) return response.writeHead(500).end();
      const { status = 200, headers = {}, body = '' } = await handler(request);
      response.writeHead(status, 'Reason', { ...headers, 'X-Made-By': 'node' });
      const bytes = Buffer.from(body);
      response.write(bytes.subarray(0, 2));
      return response.end(bytes.subarray(2));
    });
  });
}

describe('express, embedded', () =>
  responsesContract(() => openPackage({ useRedis: false, logLevel: 'off' }), onExpress));
describe('express, with Redis', () =>
  responsesContract(() => openPackage({ url: redis.url, logLevel: 'off' }), onExpress));

test('a response in pieces is stored whole, and one that is cut off is not', async () => {
  const orgcache = openPackage({ useRedis: false, logLevel: 'off' });
  const cache = orgcache.createCache({ name: 'pieces' });
  let calls = 0;
  const { get, close } = await onNode(orgcache.cacheResponse({ cache }), async () => {
    calls += 1;
    return { headers: { 'Content-Type': 'text/plain', ETag: '"own"' }, body: `answer ${calls}` };
  });
  for (const _ of [1, 2]) {
    const { body, headers } = await get('/a');
    expect([body, headers.etag, headers['x-made-by']]).toEqual(['answer 1', '"own"', 'node']);
  }
  await close();
  const cut = await listening((request, response) => {
    orgcache.cacheResponse({ cache })(request, response, () => {
      calls += 1;
      response.write('half');
      setImmediate(() => response.destroy());
    });
  });
  const before = calls;
  await expect(cut.get('/b')).rejects.toThrow();
  await expect(cut.get('/b')).rejects.toThrow();
  expect(calls).toBe(before + 2);
  await cut.close();
});

test('a cache that is closed leaves requests to the handler', async () => {
  const orgcache = openPackage({ useRedis: false, logLevel: 'off' });
  const { get, close } = await onExpress(
    orgcache.cacheResponse({ cache: orgcache.createCache({ name: 'closed' }) }),
    async () => ({ body: 'answer' }),
  );
  await orgcache.shutdown();
  const { status, headers } = await get('/a');
  expect([status, headers['cache-status']]).toEqual([200, 'orgcache; fwd=bypass; fwd-status=200']);
  await close();
});
