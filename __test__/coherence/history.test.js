'use strict';

const { historyOf } = require('./support/history');
const { Log, memoryOf, rowsOf, clockOf } = require('./support/log');
const { numberIn, numbersOf, writtenValue } = require('./support/values');

const COMMAND_TIMEOUT_MS = 1000;
const SUBJECTS = [{ organization: 'org-a', lifetimeMs: 1000 }];

/** A log whose clock is set by hand. */
function logOf(capacity = 10) {
  const memory = memoryOf(capacity);
  const clock = { ms: 0 };
  const log = new Log(memory, () => clock.ms);
  const at = (ms, act) => {
    clock.ms = ms;
    return act(log);
  };
  const recorded = (more = {}) => ({ process: 'p', client: 1, rows: rowsOf(memory), outages: [], ...more });
  return { log, at, recorded };
}

function operationsOf(...logs) {
  return historyOf({ subjects: SUBJECTS, logs, commandTimeoutMs: COMMAND_TIMEOUT_MS }).operations;
}

/** An operation of the kind from `begin` to `end` with that outcome. */
function made({ at }, kind, [begin, end], outcome, value, { target = 0, call } = {}) {
  const isRead = kind === 'read' || kind === 'getOrSet';
  const number = at(begin, (log) => log.begin(kind, target, isRead ? 0 : value, call));
  at(end, (log) => log.end(number, outcome, isRead ? value : undefined));
  return number;
}

test('the clock is one clock in two processes', async () => {
  const { spawn } = require('node:child_process');
  const source = 'process.stdin.on("data", () => process.stdout.write(String(process.hrtime.bigint())))';
  const child = spawn(process.execPath, ['-e', source], { stdio: ['pipe', 'pipe', 'inherit'] });
  const now = clockOf(0n);
  for (let question = 0; question < 100; question += 1) {
    const before = now();
    child.stdin.write('?');
    const [answer] = await new Promise((resolve) => child.stdout.once('data', (...data) => resolve(data)));
    const there = Number(BigInt(String(answer))) / 1e6;
    expect(there).toBeGreaterThan(before);
    expect(there).toBeLessThan(now());
  }
  child.kill();
});

test('operations are recorded with their times, target, value and outcome', () => {
  const thread = logOf();
  made(thread, 'set', [1, 2], 'acknowledged', 7);
  made(thread, 'read', [3, 4], 'acknowledged', 7);
  made(thread, 'clear', [5, 6], 'acknowledged');
  const who = { process: 'p', client: 1, outcome: 'acknowledged' };
  expect(operationsOf(thread.recorded())).toEqual([
    { ...who, kind: 'set', subject: 0, value: 7, begin: 1, end: 2 },
    { ...who, kind: 'read', subject: 0, value: 7, begin: 3, end: 4 },
    { ...who, kind: 'clear', organization: 'org-a', value: 0, begin: 5, end: 6 },
  ]);
});

test('a write that was under way when its thread ended may take effect at any time, and a read has no answer', () => {
  const thread = logOf();
  thread.at(1, (log) => log.begin('set', 0, 7));
  thread.at(2, (log) => log.begin('read', 0));
  expect(operationsOf(thread.recorded())).toMatchObject([
    { kind: 'set', value: 7, end: Infinity, outcome: 'inDoubt', settledAt: Infinity },
  ]);
});

test('a log that is full says so, and its rows are those that fit', () => {
  const thread = logOf(2);
  made(thread, 'set', [1, 2], 'acknowledged', 7);
  expect(thread.log.isFull).toBe(false);
  made(thread, 'set', [3, 4], 'acknowledged', 8);
  expect(thread.log.isFull).toBe(true);
  expect(operationsOf(thread.recorded())).toHaveLength(2);
});

describe('while Redis is away', () => {
  const outages = [{ from: 1000, to: 3000 }];

  test.each([
    ['before', [100, 101], false],
    ['just before the event', [900, 901], true],
    ['until the event', [500, 1001], true],
    ['in between', [2000, 2001], true],
    ['just after the event', [3050, 3051], true],
    ['afterwards', [3200, 3201], false],
  ])('a read %s promises order or not', (_when, time, isInOutage) => {
    const thread = logOf();
    made(thread, 'read', time, 'acknowledged', 7);
    const [read] = operationsOf(thread.recorded({ outages }));
    expect(read.isInOutage ?? false).toBe(isInOutage);
  });

  test('an acknowledged write is in doubt until the client is up to date', () => {
    const thread = logOf();
    made(thread, 'set', [2000, 2001], 'acknowledged', 7);
    const [set] = operationsOf(thread.recorded({ outages }));
    expect(set).toMatchObject({ outcome: 'inDoubt', settledAt: 3100 });
  });

  test('a write that went on when its client was up to date may have been done at its end', () => {
    const thread = logOf();
    made(thread, 'set', [3050, 3200], 'acknowledged', 7);
    const [set] = operationsOf(thread.recorded({ outages }));
    expect(set).toMatchObject({ outcome: 'inDoubt', settledAt: 3200 });
  });

  test('a write is in doubt for good where the client never came back', () => {
    const thread = logOf();
    made(thread, 'set', [2000, 2001], 'acknowledged', 7);
    const [set] = operationsOf(thread.recorded({ outages: [{ from: 1000, to: Infinity }] }));
    expect(set).toMatchObject({ outcome: 'inDoubt', settledAt: Infinity });
  });
});

test('a call that took its whole timeout may have been answered by memory', () => {
  const thread = logOf();
  made(thread, 'read', [0, 950], 'acknowledged', 7);
  made(thread, 'set', [0, 950], 'acknowledged', 8);
  expect(operationsOf(thread.recorded())).toMatchObject([{ isInOutage: true }, { outcome: 'inDoubt' }]);
});

describe('of caches with factories', () => {
  const subjects = [
    { organization: 'org-a', lifetimeMs: 1000, graceMs: 500, tags: [1] },
    { organization: 'org-a', lifetimeMs: 1000, tags: [1, 2] },
    { organization: 'org-b', lifetimeMs: 1000, tags: [1] },
  ];
  const historyOfThread = (thread, more) =>
    historyOf({ subjects, logs: [thread.recorded(more)], commandTimeoutMs: COMMAND_TIMEOUT_MS });

  test('a call with a factory is a read, and the factory knows its call', () => {
    const thread = logOf();
    const call = made(thread, 'getOrSet', [1, 9], 'acknowledged', 7);
    made(thread, 'factory', [3, 8], 'acknowledged', 7, { call });
    const { subjects: plain, operations } = historyOfThread(thread);
    expect(plain[0]).toEqual({ organization: 'org-a', lifetimeMs: 1000, graceMs: 500 });
    expect(operations).toMatchObject([
      { kind: 'read', value: 7, begin: 1, end: 9, isShared: true, mayBeStale: true },
      { kind: 'factory', value: 7, begin: 3, end: 8, calledAt: 1, storedBy: 9, isInOutage: false },
    ]);
  });

  test('a factory that failed has made nothing, and one in the background is stored a while after its end', () => {
    const thread = logOf();
    const call = made(thread, 'getOrSet', [1, 2], 'acknowledged', 6);
    made(thread, 'factory', [3, 8], 'refused', 7, { call });
    made(thread, 'factory', [10, 20], 'acknowledged', 8, { call });
    expect(historyOfThread(thread).operations.slice(1)).toMatchObject([
      { value: 0, storedBy: 8 + COMMAND_TIMEOUT_MS },
      { value: 8, storedBy: 20 + COMMAND_TIMEOUT_MS },
    ]);
  });

  test('a read of an outage may answer a value in its grace', () => {
    const thread = logOf();
    made(thread, 'read', [550, 551], 'acknowledged', 7);
    const outages = [{ from: 500, to: 600 }];
    expect(historyOfThread(thread, { outages }).operations).toMatchObject([
      { isInOutage: true, mayBeStale: true },
    ]);
  });

  test('a factory of a call that an outage touched may have no lease', () => {
    const thread = logOf();
    const call = made(thread, 'getOrSet', [1, 900], 'acknowledged', 7);
    made(thread, 'factory', [800, 850], 'acknowledged', 7, { call });
    const outages = [{ from: 500, to: 600 }];
    expect(historyOfThread(thread, { outages }).operations[1]).toMatchObject({ isInOutage: true });
  });

  test('a tag that is invalidated takes away what has it in its organization, and no lease', () => {
    const thread = logOf();
    made(thread, 'invalidate', [1, 2], 'acknowledged', 1, { target: 0 });
    expect(historyOfThread(thread).operations).toMatchObject([
      { kind: 'clear', subjects: [0, 1], leavesLease: true, outcome: 'acknowledged' },
    ]);
  });

  test('a guarded change may take keys away from its begin on, and surely does from the end of its function on', () => {
    const thread = logOf();
    const call = made(thread, 'mutate', [1, 9], 'acknowledged', 2, { target: 0 });
    made(thread, 'changed', [6, 9], 'acknowledged', 2, { target: 0, call });
    expect(historyOfThread(thread).operations).toMatchObject([
      { kind: 'clear', subjects: [0, 1], begin: 1, outcome: 'inDoubt', settledAt: 9 },
      { kind: 'clear', subjects: [0, 1], begin: 6, outcome: 'acknowledged' },
    ]);
  });

  test('the guard of a change that was lost in an outage may stand for a while', () => {
    const thread = logOf();
    made(thread, 'mutate', [550, 560], 'acknowledged', 2, { target: 0 });
    const outages = [{ from: 500, to: 600 }];
    expect(historyOfThread(thread, { outages }).operations).toMatchObject([
      { outcome: 'inDoubt', settledAt: 10_700 },
    ]);
  });

  test('keys that a server may have dropped are gone at some time until then', () => {
    const events = [{ begin: 5, end: 8, isSure: false }];
    const { operations } = historyOf({ subjects, logs: [], events, commandTimeoutMs: COMMAND_TIMEOUT_MS });
    expect(operations).toMatchObject([
      { kind: 'clear', organization: null, begin: 5, outcome: 'inDoubt', settledAt: 8 },
    ]);
  });

  test('nothing is sure while servers may lose what they have acknowledged', () => {
    const thread = logOf();
    made(thread, 'set', [1000, 1001], 'acknowledged', 7);
    const doubts = [{ from: 900, to: 1100 }];
    const logs = [thread.recorded()];
    const { operations } = historyOf({ subjects, logs, doubts, commandTimeoutMs: COMMAND_TIMEOUT_MS });
    expect(operations).toMatchObject([{ outcome: 'inDoubt', settledAt: 1200 }]);
  });
});

test('a lost write of a client that repeats nothing has run by its end or never', () => {
  const thread = logOf();
  made(thread, 'set', [1, 5], 'over', 7);
  expect(operationsOf(thread.recorded())).toMatchObject([{ outcome: 'inDoubt', settledAt: 5 }]);
});

test('numbers of values differ between threads, and an answer that is no value of the load has none', () => {
  const [first, second] = [numbersOf(1), numbersOf(2)];
  const numbers = [first(), first(), second()];
  expect(new Set(numbers).size).toBe(3);
  const value = JSON.parse(JSON.stringify(writtenValue(numbers[0], 100)));
  expect(numberIn(value)).toBe(numbers[0]);
  expect(numberIn(null)).toBe(0);
  for (const damaged of [
    {},
    'text',
    [],
    [numbers[0]],
    [numbers[0], `${value[1].slice(1)}`],
    ['1', value[1]],
  ]) {
    expect(numberIn(damaged)).toBe(-1);
  }
});
