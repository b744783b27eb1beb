'use strict';

const { unique } = require('./entries-contract');
const { until } = require('./wait');

/**
 * The promises of `cacheResponse`. `serve(orgcache, options, handlers)` answers a server with these handlers by their
 * paths: `{ get(path, { method, headers }), close() }`, whose `get` answers `{ status, headers, body }`.
 * A handler is `(request) => { status, headers, body, chunks }`, or a promise of it.
 */
function responsesContract(open, serve) {
  let orgcache;
  let servers;

  beforeAll(async () => {
    orgcache = await open();
  });
  beforeEach(() => {
    servers = [];
  });
  afterEach(() => Promise.all(servers.map((server) => server.close())));

  async function served(handler, options = {}) {
    const cache = orgcache.createCache({ name: unique('responses') });
    const calls = [];
    const server = await serve(orgcache.cacheResponse({ cache, ...options }), async (request) => {
      calls.push(request);
      return handler(request, calls.length);
    });
    servers.push(server);
    return { ...server, calls, cache };
  }

  const counting = (_request, number) => ({
    headers: { 'Content-Type': 'text/plain' },
    body: `answer ${number}`,
  });

  test('a response answers later requests, with its age and an entity tag', async () => {
    const { get, calls } = await served(counting);
    const first = await get('/a');
    expect(first).toMatchObject({ status: 200, body: 'answer 1' });
    expect(first.headers['cache-status']).toMatch(/^orgcache; fwd=uri-miss; fwd-status=200; ttl=60; stored$/);
    const second = await get('/a');
    expect(second).toMatchObject({ status: 200, body: 'answer 1' });
    expect(second.headers['cache-status']).toMatch(/^orgcache; hit; ttl=(60|59)$/);
    expect(second.headers.age).toMatch(/^[01]$/);
    expect(second.headers['content-type']).toMatch(/^text\/plain/);
    expect(second.headers['content-length']).toBe('8');
    expect(second.headers.etag).toBe(first.headers.etag);
    expect((await get('/a?page=2')).body).toBe('answer 2');
    expect(calls).toHaveLength(2);
  });

  test('a client that has the response gets 304, and HEAD gets no body', async () => {
    const { get, calls } = await served(counting);
    const { etag } = (await get('/a')).headers;
    const known = await get('/a', { headers: { 'If-None-Match': etag } });
    expect(known).toMatchObject({ status: 304, body: '' });
    expect(known.headers.etag).toBe(etag);
    const head = await get('/a', { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head.headers['content-length']).toBe('8');
    expect(calls).toHaveLength(1);
  });

  test('requests at the same time share one handler', async () => {
    let release;
    const held = new Promise((resolve) => {
      release = resolve;
    });
    const { get, calls } = await served(async (request, number) => {
      await held;
      return counting(request, number);
    });
    const all = Array.from({ length: 10 }, () => get('/a'));
    await until(() => calls.length > 0);
    release();
    for (const { body } of await Promise.all(all)) expect(body).toBe('answer 1');
    expect(calls).toHaveLength(1);
  });

  test('requests at the same time run their own handlers for a response that is not stored', async () => {
    const { get, calls } = await served((_request, number) => ({
      headers: { 'Cache-Control': 'private' },
      body: `answer ${number}`,
    }));
    const bodies = (await Promise.all(Array.from({ length: 5 }, () => get('/a')))).map(({ body }) => body);
    expect(new Set(bodies).size).toBe(5);
    expect(calls).toHaveLength(5);
  });

  test.each([
    ['that is private', { headers: { 'Cache-Control': 'private' } }, 'private'],
    ['that must not be stored', { headers: { 'Cache-Control': 'no-store' } }, 'no-store'],
    ['that sets a cookie', { headers: { 'Set-Cookie': 'id=1' } }, 'set-cookie'],
    ['that varies by an unknown header', { headers: { Vary: 'Cookie' } }, 'vary'],
    ['with an error', { status: 500 }, 'status'],
  ])('a response %s is not stored', async (_what, made, detail) => {
    const { get, calls } = await served((_request, number) => ({ body: `answer ${number}`, ...made }));
    expect((await get('/a')).headers['cache-status']).toContain(`detail=${detail}`);
    expect((await get('/a')).body).toBe('answer 2');
    expect(calls).toHaveLength(2);
  });

  test('a request with another method goes to the handler', async () => {
    const { get, calls } = await served(counting);
    await get('/a');
    const posted = await get('/a', { method: 'POST' });
    expect(posted.body).toBe('answer 2');
    expect(posted.headers['cache-status']).toContain('fwd=method');
    expect((await get('/a')).body).toBe('answer 1');
    expect(calls).toHaveLength(2);
  });

  test('a request says what it wants', async () => {
    const { get } = await served(counting);
    const only = { headers: { 'Cache-Control': 'only-if-cached' } };
    expect((await get('/a', only)).status).toBe(504);
    await get('/a');
    expect((await get('/a', only)).body).toBe('answer 1');
    expect((await get('/a', { headers: { 'Cache-Control': 'no-store' } })).body).toBe('answer 2');
    expect((await get('/a')).body).toBe('answer 1');
    expect((await get('/a', { headers: { 'Cache-Control': 'no-cache' } })).body).toBe('answer 3');
    expect((await get('/a')).body).toBe('answer 3');
  });

  test('an organization sees its own responses alone, and must be named', async () => {
    const { get, cache } = await served(counting, {
      org: ({ headers }) => headers['x-org'],
      tags: ['responses'],
    });
    const of = (org) => get('/a', { headers: { 'X-Org': org } });
    expect((await of('a')).body).toBe('answer 1');
    expect((await of('b')).body).toBe('answer 2');
    expect((await of('a')).body).toBe('answer 1');
    expect((await get('/a')).status).toBe(500);
    await cache.org('a').invalidateTags(['responses']);
    expect((await of('a')).body).toBe('answer 3');
    expect((await of('b')).body).toBe('answer 2');
  });

  test('responses differ by the headers that are named', async () => {
    const { get } = await served(({ headers }) => ({ body: headers['accept-language'] }), {
      vary: ['Accept-Language'],
    });
    const as = (language) => get('/a', { headers: { 'Accept-Language': language } });
    expect((await as('de')).headers.vary).toMatch(/Accept-Language/i);
    expect((await as('en')).body).toBe('en');
    expect((await as('de')).body).toBe('de');
    expect((await as('de')).headers.vary).toMatch(/Accept-Language/i);
  });

  test('a response lives as long as its headers and ttlSeconds allow', async () => {
    const { get } = await served(counting, { ttlSeconds: 0.2 });
    await get('/a');
    await until(async () => (await get('/a')).body === 'answer 2');
    const own = await served(
      (_request, number) => ({ headers: { 'Cache-Control': 'max-age=1' }, body: `answer ${number}` }),
      { ttlSeconds: 100 },
    );
    expect((await own.get('/a')).headers['cache-status']).toContain('ttl=1;');
    await until(async () => (await own.get('/a')).body === 'answer 2');
  });

  test('bytes come back as they were', async () => {
    const body = Buffer.from([0, 255, 128, 10, 13]);
    const { get, calls } = await served(() => ({
      headers: { 'Content-Type': 'application/octet-stream' },
      body,
    }));
    for (const _ of [1, 2]) {
      expect(Buffer.from((await get('/a', { encoding: 'latin1' })).body, 'latin1')).toEqual(body);
    }
    expect(calls).toHaveLength(1);
  });

  test('a key that is given tells responses apart', async () => {
    const { get, calls } = await served(counting, { key: ({ url }) => url.split('?')[0] });
    await get('/a?utm=1');
    expect((await get('/a?utm=2')).body).toBe('answer 1');
    expect(calls).toHaveLength(1);
  });

  test('options that are not allowed are refused', () => {
    const cache = orgcache.createCache({ name: unique('responses') });
    for (const options of [
      undefined,
      {},
      { cache: cache.org('a') },
      { cache, org: 'a' },
      { cache, key: 5 },
      { cache, vary: 'Accept' },
      { cache, ttlSeconds: 0 },
    ]) {
      expect(() => orgcache.cacheResponse(options)).toThrow(expect.objectContaining({ code: 'E_CONFIG' }));
    }
    expect(() => orgcache.cacheResponse({ cache, ttl: 5 })).toThrow(
      expect.objectContaining({ code: 'E_ARGUMENT' }),
    );
  });
}

/** Asks a server of this machine. */
async function ask(port, path, { method = 'GET', headers = {}, encoding = 'utf8' } = {}) {
  const http = require('node:http');
  return new Promise((resolve, reject) => {
    const request = http.request(
      { port, host: '127.0.0.1', path, method, headers, agent: false },
      (response) => {
        let body = '';
        response.setEncoding(encoding);
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
      },
    );
    request.on('error', reject);
    request.end();
  });
}

module.exports = { ask, responsesContract };
