'use strict';

const { createHash } = require('node:crypto');
const { directivesOf, secondsOf } = require('../../js/http-cache/directives.js');
const {
  ageOf,
  cacheStatusOf,
  etagOf,
  isNotModified,
  madeAtMs,
  notModifiedHeaders,
  planOf,
  storabilityOf,
  storedHeaders,
  variantOf,
} = require('../../js/http-cache/index.js');

const NOW_MS = Date.parse('Fri, 27 Nov 2026 12:00:00 GMT');

describe('Cache-Control', () => {
  test.each([
    ['', {}],
    [undefined, {}],
    ['no-store', { 'no-store': true }],
    ['No-Store , MAX-AGE = 5', { 'no-store': true, 'max-age': '5' }],
    ['max-age="5", private="a, no-store"', { 'max-age': '5', private: 'a, no-store' }],
    ['a="x\\"y", b', { a: 'x"y', b: true }],
    ['max-age=1, max-age=2', { 'max-age': '1' }],
    [['public', 'max-age=3'], { public: true, 'max-age': '3' }],
    [',, ,public,', { public: true }],
  ])('%j is read', (header, directives) => {
    expect(Object.fromEntries(directivesOf(header))).toEqual(directives);
  });

  test.each([
    ['max-age=5', 5],
    ['max-age=0', 0],
    ['max-age=-1', 0],
    ['max-age=1.5', 0],
    ['max-age=five', 0],
    ['max-age', 0],
    ['max-age=99999999999999999999', 2 ** 31],
    ['public', undefined],
  ])('%s means so many seconds: %p', (header, seconds) => {
    expect(secondsOf(directivesOf(header), 'max-age')).toBe(seconds);
  });
});

describe('a request', () => {
  test.each([
    ['GET', {}, { mode: 'use', onlyIfCached: false }],
    ['HEAD', {}, { mode: 'use', onlyIfCached: false }],
    ['POST', {}, { mode: 'bypass', reason: 'method', onlyIfCached: false }],
    ['get', {}, { mode: 'bypass', reason: 'method', onlyIfCached: false }],
    ['GET', { 'cache-control': 'no-store' }, { mode: 'bypass', reason: 'request', onlyIfCached: false }],
    ['GET', { range: 'bytes=0-1' }, { mode: 'bypass', reason: 'request', onlyIfCached: false }],
    ['GET', { 'cache-control': 'no-cache' }, { mode: 'refresh', onlyIfCached: false }],
    ['GET', { 'cache-control': 'max-age=0' }, { mode: 'refresh', onlyIfCached: false }],
    ['GET', { 'cache-control': 'max-age=5' }, { mode: 'use', onlyIfCached: false }],
    ['GET', { pragma: 'no-cache' }, { mode: 'refresh', onlyIfCached: false }],
    ['GET', { pragma: 'no-cache', 'cache-control': 'max-age=5' }, { mode: 'use', onlyIfCached: false }],
    ['GET', { 'cache-control': 'only-if-cached' }, { mode: 'use', onlyIfCached: true }],
  ])('%s with %j', (method, headers, plan) => {
    expect(planOf({ method, headers })).toEqual(plan);
  });

  test('has a variant by the headers that vary', () => {
    const headers = { accept: 'text/html, */*', 'accept-language': 'de' };
    const variant = variantOf(headers, ['Accept', 'accept-language']);
    expect(
      variantOf({ ...headers, accept: ' text/html ,*/* ', host: 'x' }, [
        'accept-language',
        'accept',
        'Accept',
      ]),
    ).toBe(variant);
    const others = [
      variantOf(headers, []),
      variantOf(headers, ['accept']),
      variantOf({ ...headers, accept: 'text/plain' }, ['accept', 'accept-language']),
      variantOf({ accept: headers.accept }, ['accept', 'accept-language']),
      variantOf({ ...headers, 'accept-language': '' }, ['accept', 'accept-language']),
      variantOf({ accept: 'de', 'accept-language': headers.accept }, ['accept', 'accept-language']),
    ];
    expect(new Set([variant, ...others]).size).toBe(1 + others.length);
    expect(variantOf(headers, [])).toBe('');
    expect(variantOf({ a: ['x', 'y'] }, ['a'])).toBe(variantOf({ a: 'x,y' }, ['a']));
  });
});

describe('a response', () => {
  const storability = ({ method = 'GET', request = {}, status = 200, headers = {}, ...options } = {}) =>
    storabilityOf({
      request: { method, headers: request },
      response: { status, headers },
      ...{ ttlSeconds: 60, vary: [], isKeyed: true, nowMs: NOW_MS },
      ...options,
    });

  test.each([
    [{}, 60],
    [{ headers: { 'cache-control': 'max-age=10' } }, 10],
    [{ headers: { 'cache-control': 'max-age=100' } }, 60],
    [{ headers: { 'cache-control': 'max-age=10, s-maxage=20' } }, 20],
    [{ headers: { 'cache-control': 'public' } }, 60],
    [{ headers: { 'cache-control': 'max-age=30', age: '10' } }, 20],
    [{ headers: { expires: new Date(NOW_MS + 30_000).toUTCString() } }, 30],
    [
      {
        headers: {
          expires: new Date(NOW_MS + 30_000).toUTCString(),
          date: new Date(NOW_MS + 10_000).toUTCString(),
        },
      },
      20,
    ],
    [{ headers: { expires: '0', 'cache-control': 'max-age=10' } }, 10],
    [{ headers: { vary: 'Accept, accept-language' }, vary: ['accept', 'Accept-Language', 'x'] }, 60],
    [{ status: 204 }, 60],
    [{ status: 301 }, 60],
    [{ request: { authorization: 'Bearer x' } }, 60],
    [{ request: { authorization: 'Bearer x' }, isKeyed: false, headers: { 'cache-control': 'public' } }, 60],
    [
      { request: { authorization: 'Bearer x' }, isKeyed: false, headers: { 'cache-control': 's-maxage=5' } },
      5,
    ],
  ])('%j is stored for %p seconds', (given, ttlSeconds) => {
    expect(storability(given)).toEqual({ ttlSeconds });
  });

  test.each([
    [{ method: 'HEAD' }, 'method'],
    [{ status: 500 }, 'status'],
    [{ status: 404 }, 'status'],
    [{ status: 206 }, 'status'],
    [{ status: 304 }, 'status'],
    [{ headers: { 'cache-control': 'no-store, max-age=60' } }, 'no-store'],
    [{ headers: { 'cache-control': 'PRIVATE' } }, 'private'],
    [{ headers: { 'cache-control': 'private="x"' } }, 'private'],
    [{ headers: { 'cache-control': ['public', 'no-cache'] } }, 'no-cache'],
    [{ headers: { 'set-cookie': ['a=b'] } }, 'set-cookie'],
    [{ headers: { vary: '*' }, vary: ['accept'] }, 'vary'],
    [{ headers: { vary: 'accept, origin' }, vary: ['accept'] }, 'vary'],
    [{ headers: { 'cache-control': 'max-age=0' } }, 'expired'],
    [{ headers: { 'cache-control': 'max-age=none' } }, 'expired'],
    [{ headers: { 'cache-control': 'max-age=10', age: '10' } }, 'expired'],
    [{ headers: { expires: '0' } }, 'expired'],
    [{ headers: { expires: new Date(NOW_MS).toUTCString() } }, 'expired'],
    [{ request: { authorization: 'Bearer x' }, isKeyed: false }, 'authorization'],
  ])('%j is not stored: %s', (given, reason) => {
    expect(storability(given)).toEqual({ reason });
  });
});

describe('headers', () => {
  test('of one connection or one answer are not stored', () => {
    const kept = { 'content-type': 'text/plain', etag: '"a"', vary: 'accept', link: ['<a>', '<b>'] };
    const left = {
      connection: 'keep-alive, X-Own',
      'x-own': '1',
      'keep-alive': 'timeout=5',
      'transfer-encoding': 'chunked',
      upgrade: 'h2c',
      age: '5',
      'cache-status': 'other; hit',
      'content-length': '5',
      trailer: 'x',
      none: undefined,
    };
    expect(storedHeaders({ ...kept, ...left })).toEqual(kept);
  });

  test('of 304 are those that RFC 9110 names', () => {
    const kept = {
      'cache-control': 'a',
      'content-location': 'b',
      date: 'c',
      etag: 'd',
      expires: 'e',
      vary: 'f',
    };
    expect(notModifiedHeaders({ ...kept, 'content-type': 'x', 'last-modified': 'y', 'x-own': 'z' })).toEqual(
      kept,
    );
  });

  test('Age counts from when the response was made', () => {
    expect(ageOf(madeAtMs({}, NOW_MS), NOW_MS)).toBe(0);
    expect(ageOf(madeAtMs({}, NOW_MS), NOW_MS + 1999)).toBe(1);
    expect(ageOf(madeAtMs({ age: '30' }, NOW_MS), NOW_MS + 1000)).toBe(31);
    expect(ageOf(madeAtMs({ age: 'old' }, NOW_MS), NOW_MS)).toBe(0);
    // A clock that was set back.
    expect(ageOf(NOW_MS, NOW_MS - 5000)).toBe(0);
  });
});

describe('an entity tag', () => {
  test('differs where a byte differs, and is a hash of the bytes', () => {
    const tag = etagOf('body');
    expect(tag).toMatch(/^"[\w-]{22}"$/);
    expect(etagOf(Buffer.from('body'))).toBe(tag);
    expect(etagOf('bodx')).not.toBe(tag);
    expect(createHash('sha256').update('body').digest('base64url')).toContain(tag.slice(1, -1));
  });

  const stored = { etag: '"a"', 'last-modified': new Date(NOW_MS).toUTCString() };

  test.each([
    [{}, stored, false],
    [{ 'if-none-match': '"a"' }, stored, true],
    [{ 'if-none-match': 'W/"a"' }, stored, true],
    [{ 'if-none-match': '"a"' }, { etag: 'W/"a"' }, true],
    [{ 'if-none-match': '"x", W/"y,z" ,"a"' }, stored, true],
    [{ 'if-none-match': ' * ' }, {}, true],
    [{ 'if-none-match': '"b"' }, stored, false],
    [{ 'if-none-match': 'a' }, stored, false],
    [{ 'if-none-match': '"a"' }, {}, false],
    [{ 'if-none-match': '"y,z"' }, { etag: '"z"' }, false],
    [{ 'if-modified-since': stored['last-modified'] }, stored, true],
    [{ 'if-modified-since': new Date(NOW_MS - 1000).toUTCString() }, stored, false],
    [{ 'if-modified-since': 'soon' }, stored, false],
    [{ 'if-modified-since': stored['last-modified'] }, { etag: '"a"' }, false],
    [{ 'if-none-match': '"b"', 'if-modified-since': stored['last-modified'] }, stored, false],
  ])('of a request with %j and a response with %j: not modified is %p', (request, response, expected) => {
    expect(isNotModified({ headers: request }, { headers: response })).toBe(expected);
  });
});

describe('Cache-Status', () => {
  test.each([
    [{ hit: true, ttlSeconds: 29.7 }, undefined, 'orgcache; hit; ttl=29'],
    [{ hit: true, ttlSeconds: -1.5 }, undefined, 'orgcache; hit; ttl=-2'],
    [{ hit: true, fwd: 'miss', stored: true, collapsed: true, fwdStatus: 200 }, undefined, 'orgcache; hit'],
    [
      { fwd: 'uri-miss', fwdStatus: 200, stored: true, ttlSeconds: 60 },
      undefined,
      'orgcache; fwd=uri-miss; fwd-status=200; ttl=60; stored',
    ],
    [
      { fwd: 'uri-miss', stored: false, detail: 'set-cookie' },
      undefined,
      'orgcache; fwd=uri-miss; detail=set-cookie',
    ],
    [{ fwd: 'miss', collapsed: true }, undefined, 'orgcache; fwd=miss; collapsed'],
    [{ fwd: 'bypass', detail: 'a "b"\\ ä' }, undefined, 'orgcache; fwd=bypass; detail="a \\"b\\"\\\\ ?"'],
    [{ fwd: 'stale' }, 'origin; hit', 'origin; hit, orgcache; fwd=stale'],
    [{ fwd: 'stale' }, ['a; hit', 'b; fwd=miss'], 'a; hit, b; fwd=miss, orgcache; fwd=stale'],
    [{ fwd: 'stale' }, '', 'orgcache; fwd=stale'],
  ])('of %j behind %j', (outcome, before, header) => {
    expect(cacheStatusOf(outcome, before)).toBe(header);
  });
});
