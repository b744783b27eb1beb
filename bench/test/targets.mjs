import assert from 'node:assert/strict';
import { test } from 'node:test';

import { judge, TARGETS } from '../targets.mjs';

const rounds = (...values) => values.map((value) => ({ callsPerSecond: value, loopMicrosPerCall: value }));

const rawGet = (samples, { bytes = 100, callers = 64 } = {}) => ({
  raw: { cells: [{ cell: { operation: 'raw-get', bytes, callers }, samples }] },
});

const named = (results, name) => {
  const found = judge(results).filter((target) => target.name.startsWith(name));
  assert.equal(found.length, 1, `one target is named '${name}'`);
  return found[0];
};

test('a run that measured nothing judges nothing', () => {
  assert.deepEqual([...new Set(judge({}).map(({ verdict }) => verdict))], ['not measured']);
});

test('a run without the baseline or without the package judges nothing', () => {
  for (const id of ['orgcache', 'ioredis-auto-pipelining']) {
    const results = rawGet({ [id]: rounds(1, 1) });
    assert.equal(named(results, 'raw get 100 B, 64').verdict, 'not measured');
  }
});

test('more is better for a rate: the bound itself is met, below it is missed, the aim is told', () => {
  const verdict = (quotient) =>
    named(
      rawGet({ orgcache: rounds(quotient * 100), 'ioredis-auto-pipelining': rounds(100) }),
      'raw get 100 B, 64',
    ).verdict;
  assert.equal(verdict(1.79), 'missed');
  assert.equal(verdict(1.8), 'met');
  assert.equal(verdict(2.1), 'aim');
});

test('less is better for time a call', () => {
  const verdict = (quotient) =>
    named(
      rawGet({ orgcache: rounds(quotient * 10), 'ioredis-auto-pipelining': rounds(10) }, { callers: 512 }),
      'event-loop time a raw get',
    ).verdict;
  assert.equal(verdict(0.31), 'missed');
  assert.equal(verdict(0.3), 'met');
  assert.equal(verdict(0.2), 'aim');
});

test('a target reads its own cell', () => {
  const samples = { orgcache: rounds(300), 'ioredis-auto-pipelining': rounds(100) };
  const results = rawGet(samples, { bytes: 4_096, callers: 512 });
  assert.equal(named(results, 'raw get 4 kB, 512').measured.value, 3);
  assert.equal(named(results, 'raw get 4 kB, 64').verdict, 'not measured');
});

test('a driver of the package stands for it where the package itself was not measured', () => {
  const results = rawGet({ 'orgcache-loop': rounds(250), 'ioredis-auto-pipelining': rounds(100) });
  assert.equal(named(results, 'raw get 100 B, 64').measured.value, 2.5);
});

test('absolute targets are read from their scenarios', () => {
  const cell = { operation: 'adapter-get', messages: 2, callers: 1 };
  const results = {
    embedded: { cells: [{ cell, samples: { orgcache: rounds(600_000) } }] },
    clear: { samples: { orgcache: [{ elapsedMs: 120, slowestCommandMs: 1 }] } },
    memory: { endMiB: 110, peakMiB: 140, baselineMiB: 50, growthOfSecondHalf: 1.2 },
  };
  assert.equal(named(results, 'adapter get from the embedded').verdict, 'met');
  assert.equal(named(results, 'clear an organization').verdict, 'missed');
  assert.equal(named(results, 'resident memory after').verdict, 'aim');
  assert.equal(named(results, 'growth of resident memory').verdict, 'missed');
});

test('commands in a cluster are judged by the one that gains least, and only where all were measured', () => {
  const cellOf = (command, quotient) => ({
    cell: { operation: `client-${command}`, bytes: 100, callers: 64 },
    samples: { orgcache: rounds(quotient), 'ioredis-auto-pipelining': rounds(1) },
  });
  const cells = [cellOf('get', 4), cellOf('set', 3), cellOf('hset', 2.6), cellOf('xadd', 5)];
  const judged = (some) => named({ 'cluster-client': { cells: some } }, 'client in a cluster, 64');
  assert.equal(judged(cells).measured.value, 2.6);
  assert.equal(judged(cells).verdict, 'met');
  assert.equal(judged(cells.slice(1)).verdict, 'not measured');
});

test('a shorter way of a message is a higher figure', () => {
  const samplesOf = (micros) => [{ p50Micros: micros, p99Micros: 2 * micros }];
  const judged = (micros) =>
    named(
      {
        client: { cells: [], publish: { samples: { orgcache: samplesOf(micros), ioredis: samplesOf(50) } } },
      },
      'publish to receive, p50',
    );
  assert.equal(judged(25).measured.value, 2);
  assert.equal(judged(50).verdict, 'aim');
  assert.equal(judged(60).verdict, 'missed');
});

test('a failover is judged round by round, each by the same event', () => {
  const samples = {
    orgcache: [{ longestMs: 900 }, { longestMs: 3_000 }],
    ioredis: [{ longestMs: 1_000 }, { longestMs: 3_000 }],
  };
  const judged = named({ failover: { samples } }, 'failover');
  assert.equal(judged.measured.value, 0.95);
  assert.equal(judged.verdict, 'aim');
  assert.equal(
    named({ failover: { samples: { orgcache: samples.orgcache } } }, 'failover').verdict,
    'not measured',
  );
});

test('calls of the scenario near are judged by its peers', () => {
  const cellOf = (operation, callers, other) => ({
    cell: { operation, messages: 2, callers },
    samples: { orgcache: rounds(300), [other]: rounds(100) },
  });
  const cells = [cellOf('near-hit', 1, 'bentocache-memory'), cellOf('near-never', 64, 'near-off')];
  assert.equal(named({ near: { cells } }, 'adapter get from a near copy, 1 caller, 2').measured.value, 3);
  assert.equal(named({ near: { cells } }, 'adapter get that no copy answers').verdict, 'not measured');
  cells.push({ ...cells[1], cell: { ...cells[1].cell, callers: 1 } });
  assert.equal(named({ near: { cells } }, 'adapter get that no copy answers').measured.value, 3);
});

test('one round with a second factory or a stale read is a miss', () => {
  const judged = (part, round, name) =>
    named({ near: { cells: [], [part]: { samples: { orgcache: [round, round, ...worse[part]] } } } }, name);
  const worse = { stampede: [{ factories: 2, lastAnswerMs: 1 }], invalidation: [{ p99Ms: 1, stale: 1 }] };
  assert.equal(judged('stampede', { factories: 1, lastAnswerMs: 1 }, 'getOrSet, 10,000').verdict, 'missed');
  assert.equal(judged('invalidation', { p99Ms: 1, stale: 0 }, 'stale reads').verdict, 'missed');
});

test('the longest wait for a process that was killed counts', () => {
  const judged = (...waits) => {
    const killings = waits.map((answeredMs) => ({ answeredMs }));
    const near = { cells: [], stampede: { samples: {}, killings } };
    return named({ near }, 'a process that runs the factory is killed').verdict;
  };
  assert.equal(judged(1_900, 3_200), 'met');
  assert.equal(judged(1_900, 3_301), 'missed');
  assert.equal(judged(), 'not measured');
});

test('what copies cost Redis, memory and other organizations is compared within the run', () => {
  const costs = (on) => ({
    samples: {
      orgcache: [{ serverMicrosPerCall: on }],
      'near-off': [{ serverMicrosPerCall: 2 }],
    },
  });
  const memory = (entries) => ({
    entries,
    samples: { orgcache: [{ entryBytes: 300 }], 'lru-cache': [{ entryBytes: 400 }] },
    stalls: { orgcache: [{ longestMs: 12 }], 'lru-cache': [{ longestMs: 40 }] },
  });
  const near = {
    cells: [],
    'server-cost': { 0.01: costs(0.5), 0.5: costs(3) },
    'write-cost': { samples: { held: [{ serverMicrosPerWrite: 3 }], free: [{ serverMicrosPerWrite: 2 }] } },
    pushes: { samples: { held: [{ ioCores: 0.5, delayMs: 1.2 }], free: [{ delayMs: 1.2 }] } },
    memory: memory(1_000_000),
    workers: { samples: { orgcache: [{ grownMiB: 50 }], 'lru-cache': [{ grownMiB: 400 }] } },
    'hit-ratio': { plain: [{ near: 0.53, lru: 0.5 }], scan: [{ near: 0.44, lru: 0.4 }] },
    tags: { samples: { orgcache: [{ manyMs: 1.2, fewMs: 1 }] } },
    tenants: { alone: [{ hitRatio: 1, p99Micros: 10 }], beside: [{ hitRatio: 0.9, p99Micros: 11 }] },
  };
  const judged = judge({ near }).filter(({ measured }) => measured);
  assert.deepEqual(
    judged.map(({ name, verdict }) => `${name.slice(0, 30)}: ${verdict}`),
    [
      '100,000 changes a second that : missed',
      'delay of its event loop meanwh: aim',
      'processor time of Redis a call: aim',
      'processor time of Redis a call: missed',
      'processor time of Redis a writ: met',
      'resident memory of 1,000,000 t: met',
      'longest stall of the event loo: met',
      'resident memory of texts that : aim',
      'hit ratio with room for a tent: aim',
      'hit ratio with a scan through : missed',
      'invalidating a tag of 100,000 : met',
      'hit ratio of a small organizat: missed',
      'p99 of the small organization’: aim',
    ],
  );
  assert.equal(
    named({ near: { ...near, memory: memory(100_000) } }, 'resident memory of 1,000,000 texts').verdict,
    'not measured',
  );
});

test('an aim is never weaker than its bound', () => {
  for (const { name, better, bound, aim } of TARGETS) {
    assert.ok(better === 'higher' ? aim >= bound : aim <= bound, name);
  }
});
