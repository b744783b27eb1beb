'use strict';

const { limitHeaders, retryAfterSeconds } = require('../../js/limiter/headers.js');
const { problemOf } = require('../../js/limiter/problem.js');

const POLICIES = {
  api: { limit: 100, windowSeconds: 60, mode: 'enforce' },
  day: { limit: 10_000, windowSeconds: 86_400, mode: 'enforce' },
  watched: { limit: 1, windowSeconds: 5, mode: 'shadow' },
  month: { limit: 500, algorithm: 'calendar', period: 'month', mode: 'enforce' },
  hour: { limit: 50, algorithm: 'calendar', period: 'hour', mode: 'enforce' },
  uploads: { limit: 20, algorithm: 'concurrency', leaseSeconds: 30, mode: 'enforce' },
};
const state = (policy, remaining, resetMs, retryAfterMs = 0) => ({
  policy,
  limit: POLICIES[policy].limit,
  remaining,
  resetMs,
  retryAfterMs,
});
const decisionOf = (...states) => ({ ...states[0], states });
const headersOf = (style, ...states) =>
  Object.fromEntries(limitHeaders(style, decisionOf(...states), POLICIES));

describe('the headers of draft 11', () => {
  test('list all policies, with whole seconds rounded up', () => {
    expect(headersOf('draft-11', state('api', 42, 17_001), state('day', 9321, 40_211_000))).toEqual({
      'RateLimit-Policy': '"api";q=100;w=60, "day";q=10000;w=86400',
      RateLimit: '"api";r=42;t=18, "day";r=9321;t=40211',
    });
  });

  test('tell of a refusal the time after which the call passes', () => {
    expect(headersOf('draft-11', state('api', 0, 110_000, 12_345))).toMatchObject({
      RateLimit: '"api";r=0;t=13',
    });
  });

  test('have one item a policy, that of the identifier with the least', () => {
    const headers = headersOf(
      'draft-11',
      state('api', 42, 5000),
      state('api', 7, 9000),
      state('api', 30, 1000),
    );
    expect(headers.RateLimit).toBe('"api";r=7;t=9');
  });

  test('do not show policies that are only watched, nor a call that was not counted', () => {
    expect(headersOf('draft-11', state('watched', 0, 5000, 5000))).toEqual({});
    expect(headersOf('draft-11', state('api', 1, 1000), state('watched', 0, 5000, 5000)).RateLimit).toBe(
      '"api";r=1;t=1',
    );
    expect(limitHeaders('draft-11', { ...state('api', 1, 1), states: [] }, POLICIES)).toEqual([]);
  });

  test('have the longest month as the window of a month, and no window for calls under way', () => {
    expect(
      headersOf('draft-11', state('month', 4, 5000), state('hour', 1, 1), state('uploads', 7, 30_000)),
    ).toEqual({
      'RateLimit-Policy':
        '"month";q=500;w=2678400, "hour";q=50;w=3600, "uploads";q=20;qu="concurrent-requests"',
      RateLimit: '"month";r=4;t=5, "hour";r=1;t=1, "uploads";r=7',
    });
    expect(headersOf('draft-11', state('uploads', 0, 30_000, 250)).RateLimit).toBe('"uploads";r=0;t=1');
    expect(headersOf('draft-7', state('uploads', 0, 30_000, 250))).toEqual({
      'RateLimit-Policy': '20',
      RateLimit: 'limit=20, remaining=0, reset=1',
    });
  });

  test('stay within the integers of RFC 9651', () => {
    const policies = { api: { limit: Number.MAX_SAFE_INTEGER, windowSeconds: 1, mode: 'enforce' } };
    const huge = { policy: 'api', limit: Number.MAX_SAFE_INTEGER, remaining: Number.MAX_SAFE_INTEGER };
    const decision = { states: [{ ...huge, resetMs: 1, retryAfterMs: 0 }] };
    expect(Object.fromEntries(limitHeaders('draft-11', decision, policies))).toEqual({
      'RateLimit-Policy': '"api";q=999999999999999;w=1',
      RateLimit: '"api";r=999999999999999;t=1',
    });
  });
});

test('the headers of draft 7 show the strictest policy', () => {
  expect(headersOf('draft-7', state('day', 5, 1000), state('api', 0, 60_000, 30_000))).toEqual({
    'RateLimit-Policy': '100;w=60',
    RateLimit: 'limit=100, remaining=0, reset=30',
  });
});

test('the legacy headers have the reset as a time', () => {
  const before = Math.ceil(Date.now() / 1000);
  const headers = headersOf('legacy', state('api', 3, 4001));
  const after = Math.ceil(Date.now() / 1000);
  expect(headers).toMatchObject({ 'X-RateLimit-Limit': '100', 'X-RateLimit-Remaining': '3' });
  const reset = Number(headers['X-RateLimit-Reset']);
  expect(reset).toBeGreaterThanOrEqual(before + 5);
  expect(reset).toBeLessThanOrEqual(after + 5);
});

test('false means no headers', () => {
  expect(headersOf(false, state('api', 3, 4000))).toEqual({});
});

test('Retry-After is never earlier than the call passes, and absent where it never does', () => {
  expect(retryAfterSeconds(state('api', 0, 60_000, 1))).toBe(1);
  expect(retryAfterSeconds(state('api', 0, 60_000, 1000))).toBe(1);
  expect(retryAfterSeconds(state('api', 0, 60_000, 1001))).toBe(2);
  expect(retryAfterSeconds(state('api', 0, 60_000, null))).toBeUndefined();
});

test('the body is a problem of the draft', () => {
  const exceeded = problemOf({ reason: 'limit', violated: ['api', 'day'] });
  expect(exceeded.status).toBe(429);
  expect(JSON.parse(exceeded.body)).toEqual({
    type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
    title: 'Request cannot be satisfied as assigned quota has been exceeded',
    status: 429,
    'violated-policies': ['api', 'day'],
  });
  for (const reason of ['down', 'reserve']) {
    const down = problemOf({ reason, violated: ['api'] });
    expect(down.status).toBe(503);
    expect(JSON.parse(down.body)).toEqual({
      type: 'https://iana.org/assignments/http-problem-types#temporary-reduced-capacity',
      title: 'Request cannot be satisfied due to temporary server capacity constraints',
      status: 503,
    });
  }
});
