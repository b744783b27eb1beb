import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseOptions } from '../options.mjs';
import { parseCoreList } from '../placement.mjs';
import { renderReport } from '../report.mjs';
import { orderOfRound } from '../rounds.mjs';
import { summarizeMemory } from '../scenarios/memory.mjs';
import { renderTable } from '../table.mjs';
import { judge } from '../targets.mjs';

test('a table puts words left and figures right', () => {
  const table = renderTable(
    ['name', 'calls/s'],
    [
      ['a', '1,000'],
      ['long name', '5'],
    ],
  );
  assert.deepEqual(table.split('\n'), [
    'name       calls/s',
    '---------  -------',
    'a            1,000',
    'long name        5',
  ]);
});

test('the order of a round begins with another contender each time and leaves nobody out', () => {
  const hosts = ['a', 'b', 'c'];
  const orders = [0, 1, 2, 3].map((round) => orderOfRound(hosts, round).join(''));
  assert.deepEqual(orders, ['abc', 'bca', 'cab', 'abc']);
});

test('cores are read as taskset lists them', () => {
  assert.deepEqual(parseCoreList(' 0-2,5\n'), [0, 1, 2, 5]);
  assert.deepEqual(parseCoreList('3'), [3]);
});

test('memory that grows in the second half is not flat', () => {
  const growing = summarizeMemory({ baselineMiB: 50, residentMiB: [60, 100, 120, 140], setsPerSecond: 1 });
  assert.equal(growing.flat, false);
  assert.equal(growing.growthOfSecondHalf, 1.4);
  const flat = summarizeMemory({ baselineMiB: 50, residentMiB: [60, 110, 112, 111], setsPerSecond: 1 });
  assert.equal(flat.flat, true);
  assert.deepEqual([flat.endMiB, flat.peakMiB], [111, 112]);
});

test('the command line has defaults and says what it does not take', () => {
  const options = parseOptions([]);
  assert.deepEqual(options.callers, [1, 16, 64, 512]);
  assert.deepEqual(options.scenarios, [
    'raw',
    'adapter',
    'embedded',
    'clear',
    'memory',
    'outage',
    'client',
    'cluster-client',
    'limiter',
    'sessions',
    'stores',
    'topics',
    'near',
    'queue',
    'failover',
  ]);
  assert.deepEqual(parseOptions(['--parts', 'calls,tags']).parts, ['calls', 'tags']);
  assert.throws(
    () => parseOptions(['--parts', 'call']),
    /no part of near or queue named 'call'.*calls.*shares/,
  );
  assert.deepEqual(
    options.contenders.map(({ id }) => id),
    ['orgcache', 'ioredis', 'ioredis-auto-pipelining', 'node-redis', 'valkey-glide'],
  );
  assert.ok(options.effort.rounds * options.effort.roundSeconds >= 0.5);
  assert.equal(parseOptions(['--quick', '--rounds', '7']).effort.rounds, 7);
  assert.deepEqual(parseOptions(['--only', 'raw, clear']).scenarios, ['raw', 'clear']);
  assert.throws(() => parseOptions(['--only', 'rwa']), /no scenario named 'rwa'.*raw/);
  assert.throws(() => parseOptions(['--contenders', 'redis']), /no contender named 'redis'.*node-redis/);
  assert.throws(() => parseOptions(['--rounds', '0']), /--rounds takes whole numbers above 0/);
  assert.throws(() => parseOptions(['--callers', '1,x']), /--callers takes whole numbers above 0/);
});

const environment = {
  node: 'v20',
  platform: 'linux',
  processor: 'cpu',
  cores: 2,
  redis: '7',
  loadBefore: 0,
  oneCallerSeparated: true,
  contenders: { orgcache: '0.1.0' },
  effort: { rounds: 3, roundSeconds: 1 },
  quick: false,
};

test('a report names the contenders, their ratio to the package, and the targets', () => {
  const sample = (callsPerSecond) => ({
    callsPerSecond,
    p50Micros: 1,
    p99Micros: 2,
    loopMicrosPerCall: 3,
    processMicrosPerCall: 4,
    residentMiB: 50,
  });
  const results = {
    raw: {
      cells: [
        {
          cell: { operation: 'raw-get', bytes: 100, callers: 64 },
          samples: {
            orgcache: [sample(500_000), sample(100_000), sample(600_000)],
            'ioredis-auto-pipelining': [sample(250_000), sample(50_000), sample(200_000)],
          },
        },
      ],
    },
  };
  const text = renderReport({ environment, harnessMicrosPerCall: 0.05, results, targets: judge(results) });
  assert.match(text, /Raw get, 100 B/);
  assert.match(text, /ioredis, auto-pipelining +200,000 +2x/);
  assert.match(text, /raw get 100 B, 64 callers.* 2x \(2\.\.3\) +>= 1\.8x +2\.1x +met/);
});

test('a report tells of commands, pipelines, messages and failovers through the client', () => {
  const sample = {
    callsPerSecond: 100,
    p50Micros: 1,
    p99Micros: 2,
    loopMicrosPerCall: 3,
    processMicrosPerCall: 4,
    residentMiB: 50,
  };
  const both = { orgcache: [sample], ioredis: [sample] };
  const cellOf = (operation) => ({ cell: { operation, bytes: 100, callers: 8 }, samples: both });
  const times = (value) => [{ p50Micros: value, p99Micros: value, longestMs: value, refused: 7 }];
  const results = {
    client: {
      cells: [cellOf('client-xadd'), cellOf('client-pipeline')],
      publish: { messages: 2_000, samples: { orgcache: times(40), ioredis: times(44) } },
    },
    'cluster-client': { cells: [cellOf('client-hset')] },
    failover: { samples: { orgcache: times(1_400), ioredis: times(1_500) } },
  };
  const text = renderReport({ environment, harnessMicrosPerCall: 0.05, results, targets: judge(results) });
  assert.match(text, /Client, xadd, 100 B/);
  assert.match(text, /Client, pipelines of 100 sets and gets of 100 B/);
  assert.match(text, /From publishing to receiving, 2,000 messages[\s\S]*ioredis +44 us +44 us/);
  assert.match(text, /Client in a cluster of three, hset/);
  assert.match(text, /killed[\s\S]*ioredis +1,500 ms +7/);
});

test('a report tells of copies in the process, and leaves out what was not measured', () => {
  const sample = {
    callsPerSecond: 100,
    p50Micros: 1,
    p99Micros: 2,
    loopMicrosPerCall: 3,
    processMicrosPerCall: 4,
    residentMiB: 50,
  };
  const cell = { operation: 'near-hit', messages: 40, callers: 1 };
  const near = {
    cells: [{ cell, samples: { orgcache: [sample], 'bentocache-memory': [sample] } }],
    stampede: {
      samples: { orgcache: [{ factories: 1, lastAnswerMs: 7 }] },
      killings: [{ answeredMs: 2_500 }],
    },
    invalidation: {
      samples: { orgcache: [{ p50Ms: 0.1, p99Ms: 0.7, neverSeen: 0, wentBack: 0, stale: 0, reads: 64 }] },
    },
    'server-cost': {
      0.01: {
        samples: {
          'near-off': [{ serverMicrosPerCall: 1.5, nearShare: 0.8, fillsPerCall: 0.02, vainPerCall: 0 }],
        },
      },
    },
    'write-cost': { samples: { held: [{ serverMicrosPerWrite: 3 }], free: [{ serverMicrosPerWrite: 2 }] } },
    memory: {
      entries: 1_000_000,
      samples: { 'lru-cache': [{ grownMiB: 400, countedMiB: 191, entryBytes: 419 }] },
      stalls: { 'lru-cache': [{ longestMs: 31 }] },
    },
    workers: { texts: 200_000, samples: { 'lru-cache': [{ grownMiB: 512 }] } },
    pushes: {
      samples: {
        held: [{ ioCores: 0.3, delayMs: 1.2, perSecond: 99_000 }],
        free: [{ ioCores: 0, delayMs: 1.1, perSecond: 99_500 }],
      },
    },
    'hit-ratio': {
      plain: [{ near: 0.6, lru: 0.5, entries: 9 }],
      scan: [{ near: 0.55, lru: 0.4, entries: 9 }],
    },
    tags: null,
    tenants: { alone: [{ hitRatio: 1, p99Micros: 3 }], beside: [{ hitRatio: 0.99, p99Micros: 4 }] },
  };
  const results = { near };
  const text = renderReport({ environment, harnessMicrosPerCall: 0.05, results, targets: judge(results) });
  assert.match(text, /near copy answers, 40 messages[\s\S]*BentoCache, memory with serialization +100/);
  assert.match(text, /10,000 callers in 4 processes[\s\S]*orgcache +1 +7 ms/);
  assert.match(text, /is killed[\s\S]*one that waits for it +2,500 ms/);
  assert.match(text, /1 % writes[\s\S]*orgcache, near copies off +1\.5 us +80 % +20 +0/);
  assert.match(text, /Redis a write[\s\S]*in each of 4 processes +3 us\nno copies +2 us/);
  assert.match(text, /1,000,000 texts of 200 B[\s\S]*lru-cache +400 MiB +191 MiB +419 B/);
  assert.match(text, /longest stall[\s\S]*lru-cache +31 ms/);
  assert.match(text, /8 worker threads read[\s\S]*lru-cache +512 MiB/);
  assert.match(text, /copies here +0\.3 cores +1\.2 ms +99,000\nof other keys/);
  assert.match(text, /with a scan through all keys +55 % +40 %/);
  assert.match(text, /beside a large one +99 % +4 us/);
  assert.doesNotMatch(text, /Invalidating a tag/);
  assert.match(text, /invalidating a tag .* not measured/);
});
