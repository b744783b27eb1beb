'use strict';

const { check } = require('./checker/check');
const { openBench } = require('./support/bench');
const { ORGANIZATIONS } = require('./support/subjects');

// The chain from the processes of the load to the verdict: what really happened is judged well, what is changed afterwards is
// found, and so are faults of a cache in front of the package.

/** Mutations of each kind, if the history has room for so many. */
const MUTATIONS = 10;

/** So many clearings make a history in which some must be noticed. */
const CLEARINGS = 5;
const MOST_ROUNDS = 8;

/** Rounds of that name until one of them is enough. */
async function roundsUntil(bench, isEnough, name = 'none') {
  for (let rounds = 0; rounds < MOST_ROUNDS; rounds += 1) if (isEnough(await bench.round(name))) return;
  throw new Error(`None of ${MOST_ROUNDS} rounds was enough.`);
}

const isOf = (kind) => (operation) => operation.kind === kind && operation.outcome === 'acknowledged';

describe('a history that was recorded', () => {
  let history;
  let verdict;

  beforeAll(async () => {
    const bench = openBench({ seed: 1, isShort: true });
    // A slow machine may do little in one round.
    await roundsUntil(bench, (round) => {
      ({ history, verdict } = round);
      return history.operations.filter(isOf('clear')).length >= CLEARINGS;
    });
    await bench.close();
  }, 60_000);

  test('has reads and writes of all processes, and keeps every rule', () => {
    const writers = new Set(history.operations.filter(isOf('set')).map(({ process }) => process));
    expect([...writers].sort()).toEqual(['first', 'foreign', 'second']);
    const readers = new Set(history.operations.filter(isOf('read')).map(({ client }) => client));
    expect(readers.size).toBe(5);
    expect(history.operations.some(isOf('clear'))).toBe(true);
    expect(verdict.readsOf.foreign).toBeGreaterThan(0);
    expect(verdict.violations).toEqual({});
  });

  /** The checker finds this where a read, which must know `newer`, is answered what `older` wrote. */
  function foundWith(read, older) {
    const operations = history.operations.map((operation) =>
      operation === read ? { ...operation, value: older.value } : operation,
    );
    return Object.keys(check({ ...history, operations }).violations);
  }

  /** Triples of an older and a newer change of one key, and a read that began after both. */
  function* triples({ kind = 'set', mayRead }) {
    const { operations } = history;
    const sets = operations.filter(isOf('set'));
    const reads = operations.filter(isOf('read'));
    let left = MUTATIONS;
    for (const newer of operations.filter(isOf(kind)).reverse()) {
      const older = sets.findLast((set) => set.end < newer.begin && isOnSameKey(set, newer));
      const read = older && reads.find((one) => one.subject === older.subject && mayRead(one, newer));
      if (read && left-- > 0) yield { older, newer, read };
    }
  }

  function isOnSameKey({ subject }, { kind, subject: other, organization }) {
    return kind === 'clear' ? history.subjects[subject].organization === organization : subject === other;
  }

  function expectFound(rule, all) {
    const triplesFound = [...all];
    expect(triplesFound.length).toBeGreaterThan(0);
    for (const { read, older } of triplesFound) expect(foundWith(read, older)).toContain(rule);
  }

  test('rule a finds each read whose answer is changed to one that its process had overwritten', () => {
    const mayRead = (read, { process, end }) => read.process === process && read.begin > end;
    expectFound('a', triples({ mayRead }));
  });

  test('rule b finds each read whose answer is changed to one that was overwritten before the bound', () => {
    expectFound('b', triples({ mayRead: (read, { end }) => read.begin > end + 1000 }));
  });

  test('rule e finds each read whose answer is changed to one that was cleared', () => {
    const mayRead = (read, { process, end }) => read.process === process && read.begin > end;
    expectFound('e', triples({ kind: 'clear', mayRead }));
  });

  test('rule c finds a read whose answer is changed to one older than what its process had read', () => {
    const reads = history.operations.filter((one) => isOf('read')(one) && one.value > 0);
    const byValue = new Map(history.operations.filter(isOf('set')).map((set) => [set.value, set]));
    const foreign = reads.filter(({ value }) => byValue.get(value)?.process === 'foreign');
    let found = 0;
    for (const first of foreign.slice(-MUTATIONS)) {
      const source = byValue.get(first.value);
      const older = [...byValue.values()].find(
        (set) => set.subject === first.subject && set.end < source.begin,
      );
      const isLater = (one) =>
        one.subject === first.subject && one.process === first.process && one.begin > first.end;
      const second = reads.find(isLater);
      if (!older || !second) continue;
      expect(foundWith(second, older)).toContain('c');
      found += 1;
    }
    expect(found).toBeGreaterThan(0);
  });

  test('rule d finds a read whose answer is changed to the value of another organization', () => {
    const [a, b] = ORGANIZATIONS;
    const inOrganization =
      (organization) =>
      ({ subject }) =>
        history.subjects[subject].organization === organization;
    const read = history.operations.filter(isOf('read')).find(inOrganization(a));
    const other = history.operations.filter(isOf('set')).find(inOrganization(b));
    expect(foundWith(read, other)).toEqual(['d']);
  });
});

describe('a history of caches with factories that was recorded', () => {
  let history;
  let verdict;

  const isInvalidation = ({ kind, leavesLease }) => kind === 'clear' && leavesLease === true;
  const ofKind = (kind) => history.operations.filter((operation) => operation.kind === kind);

  beforeAll(async () => {
    const bench = openBench({ seed: 1, isShort: true });
    const isEnough = (round) => {
      ({ history, verdict } = round);
      return history.operations.filter(isInvalidation).length >= CLEARINGS;
    };
    await roundsUntil(bench, isEnough, 'entries: none');
    await bench.close();
  }, 60_000);

  test('has calls, factories and changes of both processes, and keeps every rule', () => {
    const processesOf = (kind) => [...new Set(ofKind(kind).map(({ process }) => process))].sort();
    for (const kind of ['read', 'factory', 'set', 'delete', 'expire', 'clear'])
      expect([kind, processesOf(kind)]).toEqual([kind, ['first', 'second']]);
    expect(verdict.readsOfFactories).toBeGreaterThan(0);
    expect(verdict.violations).toEqual({});
  });

  function foundIn(operations) {
    return Object.keys(check({ ...history, operations }, { maxStalenessMs: 0 }).violations);
  }

  const replaced = (one, by) => history.operations.map((operation) => (operation === one ? by : operation));

  test('rule g finds each read whose answer is changed to what a factory made before an invalidation', () => {
    const factories = ofKind('factory').filter(({ value, end }) => value > 0 && end < Infinity);
    const reads = ofKind('read').filter(({ isShared, isInOutage }) => !isShared && !isInOutage);
    let found = 0;
    for (const invalidation of history.operations.filter(isInvalidation)) {
      const [subject] = invalidation.subjects;
      const isBefore = (one) => one.subject === subject && one.begin < invalidation.begin;
      const before = factories.findLast((one) => isBefore(one) && one.end < invalidation.end);
      const after = reads.find((one) => one.subject === subject && one.begin > invalidation.end);
      if (!before || !after) continue;
      expect(foundIn(replaced(after, { ...after, value: before.value }))).toContain('g');
      found += 1;
    }
    expect(found).toBeGreaterThan(0);
  });

  test('rule f finds a factory whose begin is put into the time of another one', () => {
    const factories = ofKind('factory').filter(({ isInOutage, end }) => !isInOutage && end < Infinity);
    const isUndisturbed = ({ subject, calledAt, end }) =>
      !history.operations.some(({ kind, begin, settledAt, subjects, organization, ...change }) => {
        if (['read', 'factory'].includes(kind) || begin > end || (settledAt ?? change.end) < calledAt)
          return false;
        return (
          change.subject === subject ||
          subjects?.includes(subject) ||
          (kind === 'clear' && organization === history.subjects[subject].organization)
        );
      });
    const first = factories.find((one) => one.end - one.begin > 5 && isUndisturbed(one));
    const second = {
      ...first,
      value: 0,
      client: -1,
      process: 'another',
      begin: first.begin + 1,
      calledAt: first.begin,
    };
    expect(foundIn([...history.operations, second])).toContain('f');
  });
});

test.each([
  ['keeps copies', ['a', 'c', 'e']],
  ['mixes answers', ['d']],
])(
  'a cache in front of the package that %s is found',
  async (planted, rules) => {
    const bench = openBench({ seed: 1, isShort: true, planted });
    const found = new Set();
    await roundsUntil(bench, ({ verdict }) => {
      for (const rule of Object.keys(verdict.violations)) found.add(rule);
      return rules.every((rule) => found.has(rule));
    });
    await bench.close();
  },
  60_000,
);
