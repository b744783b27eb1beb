'use strict';

const { createRequire } = require('node:module');
const { cacheStatusOf } = require('../../js/http-cache/index.js');
const { tool } = require('../support/packed');

const environment = createRequire(tool('main.js'));
const { parseList } = environment('structured-headers');

test('Cache-Status is a list of structured fields that an independent parser reads', () => {
  const outcomes = [
    { hit: true, ttlSeconds: 12 },
    { fwd: 'uri-miss', fwdStatus: 200, stored: true, ttlSeconds: 60 },
    { fwd: 'bypass', detail: 'a "quoted" text with \\ and ä' },
    { fwd: 'miss', collapsed: true, detail: 'set-cookie' },
  ];
  const header = outcomes.reduce((before, outcome) => cacheStatusOf(outcome, before), '');
  const read = parseList(header).map(([name, parameters]) => [
    String(name),
    Object.fromEntries(
      [...parameters].map(([key, value]) => [key, typeof value === 'object' ? String(value) : value]),
    ),
  ]);
  expect(read).toEqual([
    ['orgcache', { hit: true, ttl: 12 }],
    ['orgcache', { fwd: 'uri-miss', 'fwd-status': 200, ttl: 60, stored: true }],
    ['orgcache', { fwd: 'bypass', detail: 'a "quoted" text with \\ and ?' }],
    ['orgcache', { fwd: 'miss', collapsed: true, detail: 'set-cookie' }],
  ]);
});
