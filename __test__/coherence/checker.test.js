'use strict';

const { check, RULES } = require('./checker/check');

/**
 * Two keys of one organization and two of another. The values of the second key live for 300 ms, and those of the last one
 * answer callers with a factory for longer.
 */
const SUBJECTS = [
  { organization: 'one', lifetimeMs: 60_000 },
  { organization: 'one', lifetimeMs: 300 },
  { organization: 'two', lifetimeMs: 60_000 },
  { organization: 'two', lifetimeMs: 300, graceMs: 10_000 },
];
const MAX_STALENESS_MS = 1000;

/** An operation of process p on the first key, which took the time from `begin` to `end`. */
function operation(kind, [begin, end], more) {
  const { process = 'p' } = more;
  return { kind, subject: 0, process, client: process, begin, end, outcome: 'acknowledged', ...more };
}

const set = (value, time, more) => operation('set', time, { value, ...more });
const remove = (time, more) => operation('delete', time, { ...more });
const clear = (organization, time, more) => operation('clear', time, { organization, ...more });
const read = (value, time, more) => operation('read', time, { value, ...more });
/** A call of a factory, which answers what it made, or what a factory of its thread made meanwhile. */
const compute = (value, time, more) => read(value, time, { isShared: true, mayBeStale: true, ...more });
const factory = (value, time, more) =>
  operation('factory', time, { value, calledAt: time[0], storedBy: time[1], ...more });
const expire = (time, more) => operation('expire', time, { ...more });
/** Takes the lease of no factory away. */
const invalidate = (subjects, time, more) =>
  operation('clear', time, { subjects, leavesLease: true, ...more });
const IN_DOUBT = { outcome: 'inDoubt' };
const NOTHING = 0;

function brokenIn(operations, options) {
  const history = { subjects: SUBJECTS, operations };
  return Object.keys(check(history, { maxStalenessMs: MAX_STALENESS_MS, ...options }).violations);
}

/** The histories of each rule. In a bad one exactly that rule is broken. */
const HISTORIES = {
  a: {
    good: {
      'a read that began before the acknowledgement answers older': [
        set(1, [0, 1]),
        set(2, [2, 5]),
        read(1, [4, 6], { client: 'p2' }),
      ],
      'a read answers a write that overlaps the acknowledged one': [
        set(1, [0, 4]),
        set(2, [2, 5]),
        read(1, [6, 7]),
      ],
      'another process reads older within the bound': [
        set(1, [0, 1]),
        set(2, [2, 5]),
        read(1, [6, 7], { process: 'q' }),
      ],
      'a read behind a write that was not acknowledged answers older': [
        set(1, [0, 1]),
        set(2, [2, 5], IN_DOUBT),
        read(1, [6, 7]),
      ],
      'another client of the process shares the answer of a call of its thread': [
        set(1, [0, 1]),
        set(2, [2, 5]),
        compute(1, [6, 7], { client: 'p2' }),
      ],
      'nothing is there after an expiry': [set(1, [0, 1]), expire([2, 3]), read(NOTHING, [4, 5])],
      'a value that was expired answers in its grace': [
        set(1, [0, 1], { subject: 3 }),
        expire([2, 3], { subject: 3 }),
        compute(1, [4, 5], { subject: 3 }),
      ],
      'another client of the process reads older before the acknowledgement': [
        set(1, [0, 1]),
        set(2, [2, 9]),
        read(1, [3, 4], { client: 'p2' }),
      ],
      'a read while Redis is away answers what memory has': [
        set(1, [0, 1]),
        set(2, [2, 5]),
        read(1, [6, 7], { isInOutage: true }),
      ],
      'nothing is there before anybody writes, and after a delete': [
        read(NOTHING, [0, 1]),
        set(1, [2, 3]),
        remove([4, 5]),
        read(NOTHING, [6, 7]),
      ],
      'nothing is there because another process deleted meanwhile': [
        set(1, [0, 5]),
        remove([3, 4], { process: 'q' }),
        read(NOTHING, [6, 7]),
      ],
      'nothing is there because a delete of unknown outcome may run late': [
        remove([0, 1], IN_DOUBT),
        set(1, [2, 3]),
        read(NOTHING, [6, 7]),
      ],
      'nothing is there once the lifetime has ended': [
        set(1, [0, 1], { subject: 1 }),
        read(NOTHING, [400, 401], { subject: 1 }),
      ],
    },
    bad: {
      'a read after the acknowledged write of its process answers older': [
        set(1, [0, 1]),
        set(2, [2, 5]),
        read(1, [6, 7], { client: 'p2' }),
      ],
      'a read after the delete of its process answers the old value': [
        set(1, [0, 1]),
        remove([2, 5]),
        read(1, [6, 7], { client: 'p2' }),
      ],
      'a read behind the unawaited write of its client answers older': [
        set(1, [0, 1]),
        set(2, [2, 9]),
        read(1, [3, 4]),
      ],
      'a call of the same client shares an older answer': [
        set(1, [0, 1]),
        set(2, [2, 5]),
        compute(1, [6, 7]),
      ],
      'a read after the expiry of its process answers the old value': [
        set(1, [0, 1]),
        expire([2, 5]),
        read(1, [6, 7], { client: 'p2' }),
      ],
      'a read after the acknowledged write of its process answers nothing': [
        remove([0, 1]),
        set(2, [2, 5]),
        read(NOTHING, [6, 7], { client: 'p2' }),
      ],
      'nothing is there, and the first value has expired, but not the second': [
        set(1, [0, 1], { subject: 1 }),
        set(2, [200, 201], { subject: 1 }),
        read(NOTHING, [400, 401], { subject: 1 }),
      ],
    },
  },
  b: {
    good: {
      'an answer was overwritten just within the bound': [
        set(1, [0, 1]),
        set(2, [2, 5], { process: 'q' }),
        read(1, [1004, 1005]),
      ],
      'what was written later was never seen and may not have been done': [
        set(1, [0, 1]),
        set(2, [2, 5], { process: 'q', ...IN_DOUBT }),
        read(1, [1006, 1007]),
      ],
      'the answer is of unknown outcome and may have been done late': [
        set(1, [0, 1], IN_DOUBT),
        set(2, [2, 5], { process: 'q' }),
        read(1, [1006, 1007]),
      ],
    },
    bad: {
      'an answer was overwritten before the bound': [
        set(1, [0, 1]),
        set(2, [2, 5], { process: 'q' }),
        read(1, [1006, 1007]),
      ],
      'an answer was deleted before the bound': [
        set(1, [0, 1]),
        remove([2, 5], { process: 'q' }),
        read(1, [1006, 1007]),
      ],
      'what was written later was in doubt, but somebody has read it': [
        set(1, [0, 1]),
        set(2, [2, 5], { process: 'q', ...IN_DOUBT }),
        read(2, [8, 9], { process: 'q' }),
        read(1, [1010, 1011]),
      ],
      'the answer was in doubt, but settled before what was written later': [
        set(1, [0, 1], { ...IN_DOUBT, settledAt: 1.5 }),
        set(2, [2, 5], { process: 'q' }),
        read(1, [1006, 1007]),
      ],
      'a read answers nothing though a value is there for long': [
        remove([0, 1]),
        set(2, [2, 5], { process: 'q' }),
        read(NOTHING, [1006, 1007]),
      ],
    },
  },
  c: {
    good: {
      'two reads that overlap answer in any order': [
        set(1, [0, 1]),
        set(2, [2, 5], { process: 'q' }),
        read(2, [6, 8]),
        read(1, [7, 9]),
      ],
      'reads of two processes answer in any order': [
        set(1, [0, 1]),
        set(2, [2, 5], { process: 'q' }),
        read(2, [6, 7]),
        read(1, [8, 9], { process: 'r' }),
      ],
      'two writes overlap, so nobody knows which is older': [
        set(1, [0, 4], { process: 'q' }),
        set(2, [2, 5], { process: 'r' }),
        read(2, [6, 7]),
        read(1, [8, 9]),
      ],
      'a value that was expired is nothing to one read, and answers the next one in its grace': [
        set(1, [0, 1], { subject: 3 }),
        expire([2, 3], { subject: 3 }),
        read(NOTHING, [4, 5], { subject: 3 }),
        compute(1, [6, 7], { subject: 3 }),
      ],
      'nothing was there before the value': [
        remove([0, 3], { process: 'q' }),
        set(1, [2, 4], { process: 'r' }),
        read(NOTHING, [5, 6]),
        read(1, [7, 8]),
      ],
    },
    bad: {
      'a read answers older than one that ended before it': [
        set(1, [0, 1], { process: 'q' }),
        set(2, [2, 5], { process: 'q' }),
        read(2, [6, 7]),
        read(1, [8, 9], { client: 'p2' }),
      ],
      'a read answers a value that another read has found deleted': [
        set(1, [0, 1], { process: 'q' }),
        remove([2, 5], { process: 'q' }),
        read(NOTHING, [6, 7]),
        read(1, [8, 9]),
      ],
      'a read answers nothing though another has found a later value': [
        remove([0, 1], { process: 'q' }),
        set(1, [2, 5], { process: 'q' }),
        read(1, [6, 7]),
        read(NOTHING, [8, 9]),
      ],
    },
  },
  d: {
    good: {
      'a value is answered until its lifetime has ended': [
        set(1, [0, 1], { subject: 1 }),
        read(1, [300, 301], { subject: 1 }),
      ],
      'a value is answered before its write is acknowledged': [set(1, [0, 9]), read(1, [1, 2])],
      'a value of a factory is answered until its lifetime has ended': [
        factory(1, [0, 1], { subject: 1, storedBy: 50 }),
        read(1, [370, 371], { subject: 1, process: 'q' }),
      ],
      'a value in its grace answers who has a factory': [
        set(1, [0, 1], { subject: 3 }),
        compute(1, [5000, 5001], { subject: 3 }),
      ],
    },
    bad: {
      'nobody wrote the value': [set(1, [0, 1]), read(7, [2, 3])],
      'the value is none of the load': [set(1, [0, 1]), read(-1, [2, 3])],
      'the value is answered before it is written': [read(1, [0, 1]), set(1, [2, 3])],
      'the value belongs to another organization': [set(1, [0, 1], { subject: 2 }), read(1, [2, 3])],
      'the value is past its lifetime': [set(1, [0, 1], { subject: 1 }), read(1, [330, 331], { subject: 1 })],
      'the value of a factory is past its lifetime': [
        factory(1, [0, 1], { subject: 1, storedBy: 50 }),
        read(1, [380, 381], { subject: 1, process: 'q' }),
      ],
      'the value is in its grace, and a read without a factory gets it': [
        set(1, [0, 1], { subject: 3 }),
        read(1, [5000, 5001], { subject: 3 }),
      ],
      'the value is past its grace': [
        set(1, [0, 1], { subject: 3 }),
        compute(1, [10_400, 10_401], { subject: 3 }),
      ],
      'the factory that would make the value has not ended': [
        factory(1, [0, 9]),
        read(1, [1, 2], { process: 'q' }),
      ],
      'the value is long past its lifetime, and Redis is away': [
        set(1, [0, 1], { subject: 1 }),
        read(1, [1400, 1401], { subject: 1, isInOutage: true }),
      ],
    },
  },
  e: {
    good: {
      'another organization was cleared': [set(1, [0, 1]), clear('two', [2, 5]), read(1, [6, 7])],
      'a value was written while its organization was cleared': [
        clear('one', [0, 5]),
        set(1, [1, 2]),
        read(1, [6, 7]),
      ],
      'another process has cleared within the bound': [
        set(1, [0, 1]),
        clear('one', [2, 5], { process: 'q' }),
        read(1, [1004, 1005]),
      ],
      'nothing is left after a clearing': [set(1, [0, 1]), clear('one', [2, 5]), read(NOTHING, [6, 7])],
      'a tag of another key was invalidated': [set(1, [0, 1]), invalidate([1], [2, 5]), read(1, [6, 7])],
      'nobody knows whether it was cleared': [
        set(1, [0, 1]),
        clear('one', [2, 5], IN_DOUBT),
        read(1, [2000, 2001]),
      ],
    },
    bad: {
      'its own process has cleared the value': [set(1, [0, 1]), clear('one', [2, 5]), read(1, [6, 7])],
      'another process has cleared the value before the bound': [
        set(1, [0, 1]),
        clear('one', [2, 5], { process: 'q' }),
        read(1, [1006, 1007]),
      ],
      'a tag of the value was invalidated': [set(1, [0, 1]), invalidate([0], [2, 5]), read(1, [6, 7])],
      'the server was emptied before the bound': [
        set(1, [0, 1]),
        clear(null, [2, 5], { process: 'q' }),
        read(1, [1006, 1007]),
      ],
    },
  },
  f: {
    good: {
      'one factory runs after the other': [factory(1, [0, 10]), factory(2, [10, 20], { process: 'q' })],
      'factories of two keys run at once': [
        factory(1, [0, 10]),
        factory(2, [5, 20], { subject: 2, process: 'q' }),
      ],
      'a set has taken the lease away': [
        factory(1, [0, 10]),
        set(3, [2, 4], { process: 'r' }),
        factory(2, [5, 20], { process: 'q' }),
      ],
      'a clearing that nobody knows the outcome of may have taken it away': [
        factory(1, [0, 10]),
        clear('one', [2, 4], { process: 'r', ...IN_DOUBT }),
        factory(2, [5, 20], { process: 'q' }),
      ],
      'the first one was asked for so long ago that its lease may have ended': [
        factory(1, [0, 4000]),
        factory(2, [2990, 5000], { process: 'q' }),
      ],
      'the second one was asked for so long ago that its lease may have been the first': [
        factory(1, [3100, 3200]),
        factory(2, [3150, 3300], { process: 'q', calledAt: 0 }),
      ],
      'the second one ran without a lease in an outage': [
        factory(1, [0, 10]),
        factory(2, [5, 20], { process: 'q', isInOutage: true }),
      ],
    },
    bad: {
      'two processes run a factory of one key at once': [
        factory(1, [0, 10]),
        factory(2, [5, 20], { process: 'q' }),
      ],
      'the first one failed in the end': [factory(NOTHING, [0, 10]), factory(2, [5, 20], { process: 'q' })],
      'the first one never ended, because its thread did': [
        factory(1, [0, Infinity], { storedBy: Infinity }),
        factory(2, [5, 20], { process: 'q' }),
      ],
      'a tag was invalidated meanwhile, which leaves the lease': [
        factory(1, [0, 10]),
        invalidate([0], [2, 4]),
        factory(2, [5, 20], { process: 'q' }),
      ],
      'the set came before both were asked for': [
        set(3, [0, 1]),
        factory(1, [2, 10], { calledAt: 1.5 }),
        factory(2, [5, 20], { process: 'q' }),
      ],
    },
  },
  g: {
    good: {
      'the factory began after the set': [set(1, [0, 1]), factory(2, [2, 5]), read(2, [6, 7])],
      'the set overlaps the begin of the factory': [set(1, [0, 3]), factory(2, [2, 5]), read(2, [6, 7])],
      'the callers of the factory get its value though another process has changed the entry': [
        factory(2, [0, 9]),
        set(1, [2, 3], { process: 'q' }),
        compute(2, [0, 10]),
        compute(2, [5, 10]),
      ],
      'a call that came while the value of the factory was being stored gets it': [
        factory(2, [0, 9], { storedBy: 12 }),
        set(1, [2, 3], { process: 'q' }),
        compute(2, [10, 12]),
      ],
      'another process has set within the bound': [
        factory(2, [0, 9]),
        set(1, [2, 3], { process: 'q' }),
        read(2, [1000, 1001]),
      ],
      'the value of an abandoned factory goes to nobody': [
        factory(2, [0, 9]),
        set(1, [2, 3]),
        read(1, [10, 11]),
      ],
      'a tag of another key was invalidated': [
        factory(2, [0, 9]),
        invalidate([1], [2, 3]),
        read(2, [10, 11]),
      ],
      'a read has found that the value had ended, and it answers in its grace': [
        factory(2, [0, 9], { subject: 3 }),
        read(NOTHING, [400, 401], { subject: 3, process: 'q' }),
        compute(2, [402, 403], { subject: 3, process: 'q' }),
      ],
    },
    bad: {
      'its own process has set since the factory began': [
        factory(2, [0, 9]),
        set(1, [2, 3]),
        read(2, [10, 11], { client: 'p2' }),
      ],
      'its own process has deleted': [
        factory(2, [0, 9]),
        remove([2, 3]),
        read(2, [10, 11], { client: 'p2' }),
      ],
      'its own process has cleared': [
        factory(2, [0, 9]),
        clear('one', [2, 3]),
        read(2, [10, 11], { client: 'p2' }),
      ],
      'its own process has invalidated a tag': [
        factory(2, [0, 9]),
        invalidate([0], [2, 3]),
        read(2, [10, 11], { client: 'p2' }),
      ],
      'another process has invalidated a tag before the bound': [
        factory(2, [0, 9]),
        invalidate([0], [2, 3], { process: 'q' }),
        read(2, [1004, 1005]),
      ],
      'a call that came behind a set of its client gets the value of a factory that began before': [
        factory(2, [0, 9]),
        set(1, [2, 3]),
        compute(2, [4, 10]),
      ],
      'a read of the process had seen the set': [
        factory(2, [0, 9]),
        set(1, [2, 3], { process: 'q' }),
        read(1, [10, 11]),
        read(2, [12, 13]),
      ],
    },
  },
};

const CASES = Object.entries(HISTORIES).flatMap(([rule, { good, bad }]) => [
  ...Object.entries(good).map(([what, operations]) => ({ rule, what, operations, broken: [] })),
  ...Object.entries(bad).map(([what, operations]) => ({ rule, what, operations, broken: [rule] })),
]);

test('each rule has histories that keep it and histories that break it', () => {
  expect(Object.keys(HISTORIES)).toEqual(Object.keys(RULES));
});

test.each(CASES.filter(({ broken }) => broken.length === 0))('rule $rule: $what', ({ operations }) => {
  expect(brokenIn(operations)).toEqual([]);
});

describe.each(CASES.filter(({ broken }) => broken.length > 0))(
  'rule $rule: $what',
  ({ rule, operations }) => {
    test('that rule alone is broken', () => {
      expect(brokenIn(operations)).toEqual([rule]);
    });

    test('without the rule nothing is found', () => {
      const others = Object.keys(RULES).filter((other) => other !== rule);
      expect(brokenIn(operations, { rules: others })).toEqual([]);
    });

    test('the order in which operations were recorded does not matter', () => {
      expect(brokenIn([...operations].reverse())).toEqual([rule]);
    });
  },
);

test('where calls are sent again a read may overtake a write of its own client, but none that was acknowledged', () => {
  const overtaken = [set(1, [0, 1]), set(2, [2, 9]), read(1, [4, 5])];
  expect(brokenIn(overtaken)).toEqual(['a']);
  expect(brokenIn(overtaken, { keepsOrder: false })).toEqual([]);
  const made = [factory(1, [0, 1]), expire([2, 9]), read(1, [4, 5])];
  expect(brokenIn(made)).toEqual(['g']);
  expect(brokenIn(made, { keepsOrder: false })).toEqual([]);
  expect(brokenIn([...overtaken, read(1, [10, 11])], { keepsOrder: false })).toEqual(['a']);
});

test('an example names the read, the change that it answered and the newer one', () => {
  const operations = [set(1, [0, 1]), set(2, [2, 5], { process: 'q' }), read(1, [1006, 1007])];
  const { examples } = check({ subjects: SUBJECTS, operations });
  expect(examples).toHaveLength(1);
  expect(examples[0]).toMatchObject({
    rule: 'b',
    read: { value: 1, source: { begin: 0, process: 'p' } },
    than: { value: 2, process: 'q' },
  });
});

test('a history is judged and not changed', () => {
  const operations = Object.freeze([set(1, [0, 1]), read(1, [2, 3])].map(Object.freeze));
  expect(check(Object.freeze({ subjects: SUBJECTS, operations }))).toMatchObject({ reads: 1, writes: 1 });
});

test('a million operations are judged within seconds', () => {
  const operations = [];
  let value = 0;
  for (let index = 0; index < 1_000_000; index += 1) {
    const process = `p${index % 3}`;
    const subject = index % 2 === 0 ? 0 : 2;
    if (index % 100 < 2) operations.push(set(index + 1, [index, index + 0.5], { subject, process }));
    else operations.push(read(value, [index, index + 0.5], { subject, process }));
    if (index % 100 === 0) value = index + 1;
    else if (index % 100 === 1) value = index + 1;
  }
  const started = performance.now();
  expect(check({ subjects: SUBJECTS, operations }).reads).toBe(980_000);
  expect(performance.now() - started).toBeLessThan(20_000);
});
