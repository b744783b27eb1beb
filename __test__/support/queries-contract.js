'use strict';

const { never, slowFactory, unique } = require('./entries-contract');
const { rejection, until } = require('./wait');

const SQL = 'SELECT id, total FROM orders WHERE id = $1';

/** The promises of cached queries. `open()` answers an instance of the package. */
function queriesContract(open) {
  let orgcache;

  beforeAll(async () => {
    orgcache = await open();
  });

  const reports = (options = {}) => orgcache.createCache({ name: unique('reports'), ...options });
  const tables = ['orders'];

  test('a query is fetched once, and answers what its driver answered', async () => {
    const cache = reports().org('a');
    const row = { id: 7, at: new Date(5), big: 5n, bytes: Buffer.from('b'), none: undefined };
    const first = await cache.cacheQuery(SQL, [7], async () => ({ rows: [row] }), { tables });
    expect(first.rows[0]).toBe(row);
    const { rows } = await cache.cacheQuery(SQL, [7], never, { tables });
    expect(Object.keys(rows[0])).toEqual(Object.keys(row));
    expect([rows[0].id, rows[0].at.getTime(), rows[0].big, rows[0].none]).toEqual([7, 5, 5n, undefined]);
    expect(Buffer.from(rows[0].bytes).toString()).toBe('b');
    expect(await cache.cacheQuery(SQL, [8], async () => 'other', { tables })).toBe('other');
    for await (const key of cache.keys()) throw new Error(`A query is no key of the application: ${key}`);
  });

  test('parameters are told apart by their types', async () => {
    const cache = reports().global();
    const lists = [
      [1],
      ['1'],
      [1n],
      [true],
      ['true'],
      [null],
      ['null'],
      [undefined],
      [],
      [1, 2],
      [[1, 2]],
      ['1', '2'],
      [new Date(1)],
      [Buffer.from('1')],
      [{ a: 1 }],
      [{ a: '1' }],
      [-0],
      [0],
      [Number.NaN],
    ];
    const answers = () => Promise.all(lists.map((params, index) => ask(params, async () => index)));
    const ask = (params, fetch) => cache.cacheQuery(SQL, params, fetch, { tables });
    const numbers = lists.map((_, index) => index);
    expect(await answers()).toEqual(numbers);
    expect(await Promise.all(lists.map((params) => ask(params, never)))).toEqual(numbers);
  });

  test('invalidateTables forgets the queries of an organization, or of all', async () => {
    const cache = reports();
    const scopes = [cache.org('a'), cache.org('b'), cache.global(), reports().org('a')];
    const ask = (scope, answer) => scope.cacheQuery(SQL, [1], async () => answer, { tables });
    const all = (answer) => Promise.all(scopes.map((scope) => ask(scope, answer)));
    const other = (scope) => scope.cacheQuery(SQL, [1], async () => 'kept', { tables: ['users'] });
    expect(await all(1)).toEqual([1, 1, 1, 1]);
    expect(await all(2)).toEqual([1, 1, 1, 1]);
    await other(scopes[1].namespace('n'));
    await orgcache.invalidateTables(['orders', 'items'], { org: 'a' });
    expect(await all(2)).toEqual([2, 1, 1, 2]);
    await orgcache.invalidateTables(['orders']);
    expect(await all(3)).toEqual([3, 3, 3, 3]);
    expect(await scopes[1].namespace('n').cacheQuery(SQL, [1], never, { tables: ['users'] })).toBe('kept');
  });

  test('an answer from before an invalidation is not kept', async () => {
    const cache = reports().org('a');
    const forms = [{ org: 'a' }, undefined];
    for (const options of forms) {
      const old = slowFactory();
      const before = cache.cacheQuery(SQL, [1], old.factory, { tables });
      const { resolve } = await old.call();
      await orgcache.invalidateTables(tables, options);
      resolve('old');
      expect(await before).toBe('old');
      expect(await cache.cacheQuery(SQL, [1], async () => 'new', { tables })).toBe('new');
      await orgcache.invalidateTables(tables, options);
    }
  });

  test('mutate forgets the queries that read its tables', async () => {
    const cache = reports();
    const [a, b, shared] = [cache.org('a'), cache.org('b'), cache.global()];
    const ask = (scope, answer) => scope.cacheQuery(SQL, [1], async () => answer, { tables });
    for (const scope of [a, b, shared]) await ask(scope, 1);
    expect(await a.mutate({ tables }, async () => 'done')).toBe('done');
    expect(await Promise.all([a, b, shared].map((scope) => ask(scope, 2)))).toEqual([2, 1, 1]);
    const during = async () => {
      expect(await Promise.all([a, b, shared].map((scope) => ask(scope, 'old')))).toEqual([
        'old',
        'old',
        'old',
      ]);
    };
    await shared.mutate({ tables }, during);
    expect(await Promise.all([a, b, shared].map((scope) => ask(scope, 3)))).toEqual([3, 3, 3]);
    await a.mutate({ tables }, () => ask(a, 'old'));
    expect(await ask(a, 4)).toBe(4);
  });

  test.each([
    'SELECT 1',
    '  select * from t -- a comment; DELETE FROM t',
    '(SELECT 1) UNION (SELECT 2)',
    'VALUES (1)',
    'TABLE t',
    'WITH a AS (SELECT 1) SELECT * FROM a',
    "SELECT 'DELETE FROM t; FOR UPDATE'",
    'SELECT "update" FROM t',
    'SELECT t.update, $1::text FROM t;',
    'SELECT $tag$ FOR UPDATE $tag$',
    '/* insert into t */ SELECT 1',
    "SELECT 'it''s' WHERE a = E'\\\\'",
  ])('%s may be cached', async (sql) => {
    const cache = reports().global();
    expect(await cache.cacheQuery(sql, [], async () => 1, { tables })).toBe(1);
  });

  test.each([
    'INSERT INTO t VALUES (1)',
    'UPDATE t SET a = 1',
    'DELETE FROM t',
    'SELECT 1; DELETE FROM t',
    'SELECT * FROM t FOR UPDATE',
    'SELECT * FROM t for no key update',
    'SELECT * FROM t FOR SHARE',
    'SELECT * FROM t LOCK IN SHARE MODE',
    'WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone',
    'WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a',
    'SELECT * INTO other FROM t',
    'EXPLAIN ANALYZE DELETE FROM t',
    'CALL f()',
    'BEGIN',
    '/*! DELETE FROM t */ SELECT 1',
    "SELECT 'open",
    '',
    '-- nothing',
  ])('%s is refused with E_QUERY', async (sql) => {
    const cache = reports().global();
    const error = await rejection(cache.cacheQuery(sql, [], never, { tables }));
    expect(error).toMatchObject({ name: 'OrgCacheError', code: 'E_QUERY' });
    if (sql.length > 10) expect(error.message).not.toContain(sql);
  });

  test('a query needs a text, a list of parameters and its tables', async () => {
    const cache = reports().global();
    const refused = [
      [5, [], { tables }],
      [SQL, undefined, { tables }],
      [SQL, { a: 1 }, { tables }],
      [SQL, [], undefined],
      [SQL, [], { tables: [] }],
      [SQL, [], { tables: 'orders' }],
      [SQL, [], { tables: [5] }],
    ];
    for (const [sql, params, options] of refused) {
      expect(await rejection(cache.cacheQuery(sql, params, never, options))).toMatchObject({
        code: 'E_QUERY',
      });
    }
    expect(await rejection(cache.cacheQuery(SQL, [], never, { tables, tags: 'orders' }))).toMatchObject({
      code: 'E_TAG',
    });
    expect(await rejection(cache.cacheQuery(SQL, [], 'rows', { tables }))).toMatchObject({
      code: 'E_ARGUMENT',
    });
    for (const given of [undefined, [], 'orders', [null]]) {
      expect(await rejection(orgcache.invalidateTables(given))).toMatchObject({ code: 'E_QUERY' });
    }
    expect(await rejection(orgcache.invalidateTables(tables, { org: '' }))).toMatchObject({ code: 'E_KEY' });
    expect(await rejection(orgcache.invalidateTables(tables, { org: undefined }))).toMatchObject({
      code: 'E_KEY',
    });
    expect(await rejection(orgcache.invalidateTables(tables, { organization: 'a' }))).toMatchObject({
      code: 'E_ARGUMENT',
    });
  });

  describe('withQueryCache', () => {
    /** A pool that answers its number of queries, as pg does. */
    function countingPool() {
      const asked = [];
      return {
        asked,
        totalCount: 3,
        on() {
          return this;
        },
        async connect() {
          return { query: async () => 'a client of its own', release() {} };
        },
        query(...given) {
          asked.push(given);
          const callback = given.find((one) => typeof one === 'function');
          const result = {
            command: 'SELECT',
            rowCount: 1,
            rows: [{ n: asked.length }],
            _parsers: [() => {}],
          };
          return callback === undefined ? Promise.resolve(result) : callback(null, result);
        },
      };
    }

    const wrapped = (pool, more = {}) =>
      orgcache.withQueryCache(pool, {
        cache: reports().org('a'),
        tables: (sql) => (sql.includes('orders') ? tables : null),
        ...more,
      });

    test('answers from the cache what reads known tables', async () => {
      const pool = countingPool();
      const cached = wrapped(pool);
      const first = await cached.query(SQL, [1]);
      expect(first).toEqual({ command: 'SELECT', rowCount: 1, rows: [{ n: 1 }] });
      const hit = await cached.query(SQL, [1]);
      expect([hit.command, hit.rowCount, hit.rows[0].n]).toEqual(['SELECT', 1, 1]);
      expect((await cached.query({ text: SQL, values: [1] })).rows[0].n).toBe(1);
      expect((await cached.query(SQL, [2])).rows[0].n).toBe(2);
      expect(pool.asked).toHaveLength(2);
      await orgcache.invalidateTables(tables, { org: 'a' });
      expect((await cached.query(SQL, [1])).rows[0].n).toBe(3);
    });

    test('passes everything else on', async () => {
      const pool = countingPool();
      const cached = wrapped(pool);
      const passed = [
        ['SELECT now()'],
        [{ text: SQL, values: [1], rowMode: 'array' }],
        [{ text: SQL, name: 'prepared', values: [1] }],
        [{ submit() {} }],
      ];
      for (const given of [...passed, ...passed]) await cached.query(...given);
      expect(pool.asked).toEqual([...passed, ...passed]);
      const answered = await new Promise((resolve) => {
        cached.query(SQL, [1], (_error, result) => resolve(result));
      });
      expect(answered.rows[0].n).toBe(9);
      expect(cached.totalCount).toBe(3);
      expect(cached.on('error', () => {})).toBe(pool);
      const client = await cached.connect();
      expect(await client.query(SQL, [1])).toBe('a client of its own');
    });

    test('passes on what does more than read', async () => {
      const pool = countingPool();
      const cached = wrapped(pool);
      const changes = ['DELETE FROM orders', 'SELECT * FROM orders FOR UPDATE'];
      for (const sql of [...changes, ...changes]) await cached.query(sql);
      expect(pool.asked.map(([sql]) => sql)).toEqual([...changes, ...changes]);
    });

    test('obeys the options of calls', async () => {
      const pool = countingPool();
      const cached = wrapped(pool, { ttlSeconds: 0.05 });
      await cached.query(SQL, [1]);
      await until(async () => (await cached.query(SQL, [1])).rows[0].n > 1);
    });

    test('needs a pool, entries and a function', () => {
      const cache = reports().org('a');
      for (const [pool, options] of [
        [{}, { cache, tables: () => null }],
        [countingPool(), undefined],
        [countingPool(), { cache: reports(), tables: () => null }],
        [countingPool(), { cache, tables }],
      ]) {
        expect(() => orgcache.withQueryCache(pool, options)).toThrow(
          expect.objectContaining({ code: expect.stringMatching(/^E_(ARGUMENT|CONFIG)$/) }),
        );
      }
    });
  });
}

module.exports = { queriesContract };
