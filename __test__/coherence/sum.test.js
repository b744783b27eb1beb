'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { check, RULES } = require('./checker/check');
const { RULES: SENTENCES } = require('./support/explain');
const { FAULTS, SHORT } = require('./support/faults');
const { PLANTED } = require('./support/planted');
const { roomOf } = require('./support/rooms');
const { SITES } = require('./support/sites');
const { subjectsOf } = require('./support/subjects');
const { Sum } = require('./support/sum');

const SUBJECTS = subjectsOf(1);

/** A round in which the foreign process wrote 1 and then 2, and a read of the first process answered `value`. */
function roundOf(value, { readsNear = 1, rejected = {}, ...more } = {}) {
  const foreign = { subject: 0, process: 'foreign', client: 5, outcome: 'acknowledged' };
  const operations = [
    { ...foreign, kind: 'set', value: 1, begin: 0, end: 1 },
    { ...foreign, kind: 'set', value: 2, begin: 2, end: 3 },
    { ...foreign, kind: 'read', process: 'first', client: 1, value, begin: 5000, end: 5001 },
  ];
  const history = { subjects: SUBJECTS, operations };
  const about = {
    fault: 'none',
    round: 1,
    subjects: SUBJECTS,
    hasForeign: true,
    isOfEntries: false,
    ...more,
  };
  return { ...about, history, verdict: check(history), reads: 1, readsNear, rejected };
}

/** A round of factories, in which a process reads what one of its own or of another process has made. */
function roundOfFactories(maker, { second = false } = {}) {
  const factory = { kind: 'factory', subject: 0, process: maker, client: 1, value: 1, begin: 0, end: 1 };
  const read = { kind: 'read', subject: 0, process: 'first', client: 2, value: 1, begin: 2, end: 3 };
  const another = { ...factory, process: 'second', client: 3, value: 2, begin: 0.5, end: 4 };
  const history = { subjects: SUBJECTS, operations: [factory, read, ...(second ? [another] : [])] };
  const about = { fault: 'none', round: 1, subjects: SUBJECTS, hasForeign: true, isOfEntries: true };
  return { ...about, history, verdict: check(history), reads: 1, readsNear: 0, rejected: {} };
}

function sumOf(...rounds) {
  const sum = new Sum();
  for (const round of rounds) sum.add(round);
  return sum;
}

test('rounds without a violation have no problem', () => {
  const sum = sumOf(roundOf(2), roundOf(2));
  expect(sum.problems()).toEqual([]);
  expect(sum.line()).toBe('6 operations in 2 histories, 100.0 % of 2 reads answered near, violations 0');
});

test('a violation is counted, and told with its key, times and writes', () => {
  const sum = sumOf(roundOf(2), roundOf(1));
  expect(sum.line()).toMatch(/violations 1$/);
  expect(sum.problems()).toEqual([
    'rule b was broken 1 times',
    expect.stringMatching(
      /^none: b: .* Client 1 of process first read coherence:profile-1:org-a \(organization org-a\) from 5000\.000 to 5001\.000 ms; the answer is from set by client 5 of process foreign, 0\.000 to 1\.000 ms; it is older: set by client 5 of process foreign, 2\.000 to 3\.000 ms\.$/,
    ),
  ]);
});

test.each([
  [
    'calls that were rejected',
    roundOf(2, { rejected: { E_INTERNAL: 3 } }),
    /3 calls .* rejected: E_INTERNAL/,
  ],
  ['rounds in which no copy answered', roundOf(2, { readsNear: 0 }), /no read was answered near/],
  ['rounds in which nobody saw a foreign write', roundOf(0), /no read answered what the foreign/],
])('%s are a problem', (_what, round, sentence) => {
  expect(sumOf(round).problems().join('\n')).toMatch(sentence);
});

test('a round of factories needs an answer that another process has made', () => {
  expect(sumOf(roundOfFactories('second')).problems()).toEqual([]);
  expect(sumOf(roundOfFactories('first')).problems().join('\n')).toMatch(
    /no read .* factory of another process/,
  );
});

test('two factories under one lease are told with their key and times', () => {
  expect(sumOf(roundOfFactories('second', { second: true })).problems()).toEqual([
    'rule f was broken 1 times',
    expect.stringMatching(
      /^none: f: .* The key is coherence:profile-1:org-a; the second one ran at client 3 of process second, 0\.500 to 4\.000 ms; an earlier factory still had the lease: client 1 of process second, 0\.000 to 1\.000 ms\.$/,
    ),
  ]);
});

test('each rule has a sentence', () => {
  expect(Object.keys(SENTENCES)).toEqual(Object.keys(RULES));
});

test('the planted faults are those of native code', () => {
  const source = fs.readFileSync(path.join(__dirname, '..', '..', 'src', 'planted.rs'), 'utf8');
  const names = [...source.matchAll(/\("([a-z-]+)", Fault::/g)].map(([, name]) => name);
  expect(names).toEqual(Object.keys(PLANTED));
});

test.each([
  ['adapter', 4],
  ['entries', 3],
  ['entries without copies', 3],
])('keys of two rounds differ in the room %s, and three organizations have them', (room, organizations) => {
  const { subjectsOf: subjectsIn } = roomOf(room);
  const keysOf = (round) => subjectsIn(round).map(({ redisKey }) => redisKey);
  expect(new Set([...keysOf(1), ...keysOf(2)]).size).toBe(16);
  expect(new Set(subjectsIn(1).map(({ organization }) => organization)).size).toBe(organizations);
});

test('the short form has faults that there are', () => {
  expect(Object.keys(FAULTS)).toEqual(expect.arrayContaining(SHORT));
});

test('each fault names servers and a room that there are', () => {
  for (const { servers = 'single', room, run } of Object.values(FAULTS)) {
    expect([typeof SITES[servers], typeof roomOf(room), typeof run]).toEqual([
      'function',
      'object',
      'function',
    ]);
  }
});
