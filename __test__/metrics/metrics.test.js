'use strict';

const { expositionOf } = require('../../js/metrics/exposition.js');
const { Registry } = require('../../js/metrics/registry.js');
const { parseExposition } = require('../support/exposition');
const { untilNear } = require('../support/near');
const { openPackage } = require('../support/package');
const { startRedis, withRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');
const { rejection, until, within } = require('../support/wait');

const FORMATS = ['prometheus', 'openmetrics'];
const MEMORY_LIMIT = 64 * 1024 * 1024;
const redis = withRedis({ flushBeforeEach: true, configuration: [`maxmemory ${MEMORY_LIMIT}`] });

const open = (options = { url: redis.url }) => openPackage({ logLevel: 'off', ...options });

/** The families of an instance, and the value of a series: `value('orgcache_reads_total', { result: 'hit' })`. */
async function read(orgcache, format = 'prometheus') {
  const text = await orgcache.metrics({ format });
  const families = parseExposition(text, format);
  const samples = [...families.values()].flatMap((family) => family.samples);
  const value = (name, labels = {}) => {
    const found = samples.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, text]) => sample.labels[label] === text),
    );
    if (found.length !== 1) throw new Error(`${found.length} series ${name} ${JSON.stringify(labels)}`);
    return found[0].value;
  };
  return { text, families, samples, value };
}

describe('organizations', () => {
  /** Calls of two organizations on every path of a read. */
  async function work(orgcache) {
    const { cacheManager, createCache } = orgcache;
    await cacheManager.set('settings', { currency: 'EUR' }, 600, 'organization-1');
    for (let i = 0; i < 3; i++) await cacheManager.get('settings', 'organization-1');
    await cacheManager.get('nothing', 'organization-1');
    await cacheManager.hset('hash', 'field', 1, 60, 'organization-1');
    await cacheManager.hget('hash', 'field', 'organization-1');
    await cacheManager.get('settings');
    const entries = createCache({ name: 'users', ttlSeconds: 60, graceSeconds: 60, jitter: 0 }).org(
      'organization-2',
    );
    await entries.set('7', 'value');
    await entries.get('7');
    await entries.expire('7');
    await entries.get('7');
    await entries.get('nothing');
  }

  test.each([
    ['with Redis', () => open()],
    ['with Redis on the I/O thread', () => open({ url: redis.url, driver: 'thread' })],
    ['without Redis', () => open({ useRedis: false })],
  ])('are counted each for itself: %s', async (_name, start) => {
    const orgcache = start();
    await work(orgcache);
    const text = await orgcache.metrics({ organizations: 2 });
    const samples = [...parseExposition(text, 'prometheus').values()].flatMap((family) => family.samples);
    const of = (organization) =>
      Object.fromEntries(
        samples
          .filter(
            ({ name, labels }) => name.includes('_organization_') && labels.organization === organization,
          )
          .map(({ name, labels, value }) => [
            labels.result ?? name.replace(/^orgcache_organization_/, ''),
            value,
          ]),
      );
    const first = of('organization-1');
    expect(first).toMatchObject({ hit: 4, miss: 1, stale: 0, calls_total: 7 });
    // A value is 18 bytes: written once and read three times; the field of the hash is one.
    expect(first.bytes_total).toBe(4 * 18 + 2);
    expect(first.p99_seconds).toBeGreaterThan(0);
    expect(of('organization-2')).toMatchObject({ hit: 1, stale: 1, miss: 1, calls_total: 5 });
    expect(of('')).toMatchObject({ hit: 0, miss: 0, calls_total: 0 });
  });

  test('are named only on request, and only so many', async () => {
    const orgcache = open();
    await work(orgcache);
    for (const format of FORMATS) {
      expect(await orgcache.metrics({ format })).not.toMatch(/organization/);
      expect(await orgcache.metrics({ format, organizations: 0 })).not.toMatch(/organization/);
    }
    const text = await orgcache.metrics({ organizations: 1 });
    expect(text).toMatch(/organization="organization-1"/);
    expect(text).not.toMatch(/organization-2/);
    expect(text).toMatch(/^orgcache_organization_calls_total\{organization=""\} 5$/m);
    expect(await orgcache.metrics({ organizations: 1, format: 'openmetrics' })).toMatch(/organization-1/);
  });

  test.each([-1, 1.5, 10_001, '5', null])('%p is no number of organizations', async (organizations) => {
    expect(await rejection(open().metrics({ organizations }))).toMatchObject({ code: 'E_CONFIG' });
  });

  test('a copy that answers counts as a hit', async () => {
    const orgcache = open();
    await orgcache.cacheManager.set('settings', 1, 600, 'organization-1');
    await untilNear(orgcache, () => orgcache.cacheManager.get('settings', 'organization-1'));
    const hits = async () =>
      Number(
        /reads_total\{organization="organization-1",result="hit"\} (\d+)/.exec(
          await orgcache.metrics({ organizations: 1 }),
        )[1],
      );
    const before = await hits();
    await orgcache.cacheManager.get('settings', 'organization-1');
    expect(await hits()).toBe(before + 1);
  });

  test('an erased organization is not named any more', async () => {
    const orgcache = open();
    await work(orgcache);
    await orgcache.eraseOrganization('organization-1');
    const text = await orgcache.metrics({ organizations: 9 });
    expect(text).not.toMatch(/organization-1/);
    expect(text).toMatch(/organization-2/);
  });
});

test('caches with factories are counted by name, and no label has a key or an organization', async () => {
  const orgcache = open();
  const cache = orgcache.createCache({ name: 'users', graceSeconds: 60, negativeSeconds: 60 });
  const mine = cache.org('organization-7');
  await mine.getOrSet('secret-key', () => 1);
  await orgcache
    .createCache({ name: 'users' })
    .org('organization-8')
    .getOrSet('secret-key', () => 1);
  await mine.getOrSet('secret-key', () => 1);
  await mine.getOrSet('nothing', () => undefined);
  await mine.get('nothing');
  await mine.expire('secret-key');
  await mine.getOrSet('secret-key', () => Promise.reject(new Error('broken')));
  await rejection(mine.getOrSet('slow', () => new Promise(() => {}), { hardTimeoutMs: 5 }));
  const { text, value } = await read(orgcache);
  const results = ['near', 'redis', 'stale', 'negative', 'miss'];
  const counts = results.map((result) => value('orgcache_requests_total', { cache: 'users', result }));
  expect(counts).toEqual([0, 1, 1, 1, 5]);
  expect(value('orgcache_factory_duration_seconds_count', { cache: 'users', outcome: 'kept' })).toBe(3);
  expect(value('orgcache_factory_duration_seconds_count', { cache: 'users', outcome: 'failed' })).toBe(1);
  expect(value('orgcache_factory_duration_seconds_sum', { cache: 'users', outcome: 'kept' })).toBeGreaterThan(
    0,
  );
  expect(value('orgcache_factory_timeouts_total', { cache: 'users' })).toBe(1);
  expect(value('orgcache_lease_total', { outcome: 'granted' })).toBe(5);
  expect(text).not.toMatch(/secret|organization-/);
});

describe.each(FORMATS)('metrics() in the format %s', (format) => {
  test('can be read, and counts what was done', async () => {
    const orgcache = open();
    const { cacheAdapter, redisManager } = orgcache;
    // A key of its own: instances of one process share copies, and a third read may find one.
    const key = `read-twice-${format}`;
    await cacheAdapter.set(key, 1);
    await cacheAdapter.get(key);
    await cacheAdapter.get(key);
    await cacheAdapter.get('b');
    await redis.command('ACL', 'SETUSER', 'default', '-get');
    try {
      await cacheAdapter.get('refused');
    } finally {
      await redis.command('ACL', 'SETUSER', 'default', '+get');
    }
    await redisManager.getClient().ping();
    const { value } = await read(orgcache, format);
    expect(value('orgcache_reads_total', { result: 'hit' })).toBe(2);
    // Memory was asked for the one that Redis refused.
    expect(value('orgcache_reads_total', { result: 'miss' })).toBe(2);
    expect(value('orgcache_calls_total')).toBeGreaterThanOrEqual(6);
    expect(value('orgcache_call_errors_total')).toBe(1);
    expect(value('orgcache_call_duration_seconds_count', { call: 'read' })).toBe(3);
    expect(value('orgcache_call_duration_seconds_count', { call: 'write' })).toBe(1);
    expect(value('orgcache_call_duration_seconds_count', { call: 'command' })).toBe(1);
    const sum = value('orgcache_call_duration_seconds_sum', { call: 'read' });
    expect(sum).toBeGreaterThan(0);
    expect(sum).toBeLessThan(3);
    expect(value('orgcache_call_duration_seconds', { call: 'read', quantile: '0.99' })).toBeLessThanOrEqual(
      value('orgcache_call_duration_max_seconds', { call: 'read' }),
    );
    expect(value('orgcache_connections', { kind: 'shared' })).toBe(1);
    expect(value('orgcache_connection_attempts_total')).toBe(1);
    expect(value('orgcache_sent_bytes_total')).toBeGreaterThan(100);
    expect(value('orgcache_received_bytes_total')).toBeGreaterThan(50);
    expect(value('orgcache_build_info', { version: orgcache.version })).toBe(1);
  });

  test('has the state, and the memory of the server', async () => {
    const orgcache = open();
    const { value } = await read(orgcache, format);
    const node = `127.0.0.1:${redis.port}`;
    expect(value('orgcache_state', { state: 'ready' })).toBe(1);
    expect(value('orgcache_state', { state: 'degraded' })).toBe(0);
    expect(value('orgcache_breaker_state', { state: 'closed' })).toBe(1);
    expect(Math.abs(value('orgcache_state_start_time_seconds') - Date.now() / 1000)).toBeLessThan(60);
    expect(value('orgcache_redis_up', { node })).toBe(1);
    expect(value('orgcache_redis_memory_bytes', { node })).toBeGreaterThan(100_000);
    expect(value('orgcache_redis_memory_max_bytes', { node })).toBe(MEMORY_LIMIT);
    expect(value('orgcache_redis_response_seconds', { node })).toBeLessThan(5);
    expect(value('orgcache_memory_max_bytes')).toBeGreaterThan(0);
    expect(value('orgcache_events_total', { event: 'ready' })).toBe(1);
    expect(value('orgcache_events_total', { event: 'degraded' })).toBe(0);
  });

  test('works on the embedded store, which has no server', async () => {
    const orgcache = open({ useRedis: false });
    await orgcache.cacheAdapter.set('a', 1);
    await orgcache.cacheAdapter.get('a');
    const { value, families } = await read(orgcache, format);
    expect(value('orgcache_memory_entries')).toBe(1);
    expect(value('orgcache_memory_bytes')).toBeGreaterThan(1);
    expect(value('orgcache_reads_total', { result: 'hit' })).toBe(1);
    expect([...families.keys()].filter((name) => name.startsWith('orgcache_redis_'))).toEqual([]);
  });

  test('counts what became of sessions by namespace, of all rooms of a namespace', async () => {
    const orgcache = open();
    const rooms = [1, 2].map(() =>
      orgcache.createSessions({ secret: 'a secret of at least thirty-two bytes', namespace: 'shop' }),
    );
    for (const room of rooms) {
      const { id } = await room.create({ userId: 'canary-user' });
      await room.get(id);
    }
    const { value, text } = await read(orgcache, format);
    const of = (outcome) => value('orgcache_sessions_total', { namespace: 'shop', outcome });
    expect(['created', 'read', 'destroyed'].map(of)).toEqual([2, 2, 0]);
    expect(text).not.toContain('canary');
  });

  test('counts the decisions of rate limits by policy, of all limiters of a namespace', async () => {
    const orgcache = open();
    const limiters = [1, 2].map(() =>
      orgcache.createLimiter({
        policies: { api: { limit: 2, windowSeconds: 60 }, spare: { limit: 1, windowSeconds: 60 } },
        namespace: 'shop',
        // On a busy machine too, Redis decides.
        decisionMs: 10_000,
        secret: 'a secret of at least thirty-two bytes',
      }),
    );
    for (const limiter of limiters) {
      for (let i = 0; i < 3; i += 1)
        await limiter.consume({ policy: 'api', kind: 'user', id: 'canary-user' });
    }
    const { value, text } = await read(orgcache, format);
    const labels = { namespace: 'shop', policy: 'api' };
    expect(value('orgcache_limiter_decisions_total', { ...labels, decision: 'allowed' })).toBe(2);
    expect(value('orgcache_limiter_decisions_total', { ...labels, decision: 'limited' })).toBe(4);
    expect(
      value('orgcache_limiter_decisions_total', { ...labels, policy: 'spare', decision: 'allowed' }),
    ).toBe(0);
    expect(value('orgcache_limiter_near_total', labels)).toBe(1);
    expect(value('orgcache_limiter_denied_total', labels)).toBe(2);
    expect(value('orgcache_limiter_local_total', labels)).toBe(2);
    expect(value('orgcache_limiter_instances', { namespace: 'shop' })).toBeGreaterThanOrEqual(1);
    expect(text).not.toContain('canary');
  });
});

test('an outage is seen: state, events, journal and memory; the scrape does not wait for the server', async () => {
  const server = await startRedis();
  const orgcache = open({ url: server.url });
  const { cacheAdapter } = orgcache;
  await cacheAdapter.set('a', 1);
  await cacheAdapter.get('a');
  await server.kill();
  const isSeen = async () =>
    (await read(orgcache)).value('orgcache_events_total', { event: 'degraded' }) === 1;
  await until(isSeen, { what: 'the outage to be seen' });
  await cacheAdapter.set('b', 1);
  await cacheAdapter.get('a');
  await cacheAdapter.get('none');
  const { value: away } = await within(1000, read(orgcache), 'the metrics');
  expect(away.value('orgcache_redis_up')).toBe(0);
  expect([...away.families.keys()]).not.toContain('orgcache_redis_memory_bytes');
  expect([...away.families.keys()]).not.toContain('orgcache_redis_response_seconds');
  expect(away.value('orgcache_connections_lost_total')).toBe(1);
  expect(away.value('orgcache_state', { state: 'degraded' })).toBe(1);
  expect(away.value('orgcache_journal_entries')).toBe(1);
  expect(away.value('orgcache_journal_bytes')).toBeGreaterThan(0);
  expect(away.value('orgcache_journal_writes_total')).toBe(1);
  expect(away.value('orgcache_fallback_reads_total', { result: 'hit' })).toBe(1);
  expect(away.value('orgcache_fallback_reads_total', { result: 'miss' })).toBe(1);
  await until(async () => (await read(orgcache)).value('orgcache_journal_oldest_seconds') > 0);
  await server.restart();
  const isBack = async () => {
    const { value } = await read(orgcache);
    return value('orgcache_events_total', { event: 'recovered' }) === 1 && value;
  };
  const back = await until(isBack, { timeoutMs: 15_000, what: 'the journal to be replayed' });
  expect(back('orgcache_replayed_writes_total', { outcome: 'replayed' })).toBe(1);
  expect(back('orgcache_journal_entries')).toBe(0);
  expect(back('orgcache_reconnects_total')).toBe(1);
  expect(back('orgcache_redis_up')).toBe(1);
});

test('a server that is stopped does not hold the scrape up', async () => {
  const server = await startRedis();
  const orgcache = open({ url: server.url });
  await orgcache.cacheAdapter.set('a', 1);
  server.pause();
  try {
    const isSeen = () => orgcache.redisManager.getMetrics().state === 'degraded';
    await until(isSeen, { what: 'the outage to be seen' });
    const { value } = await within(1000, read(orgcache), 'the metrics');
    expect(value.value('orgcache_redis_up')).toBe(0);
  } finally {
    server.resume();
  }
});

test('a server that was never there is down, and metrics() waits for the first attempt only', async () => {
  const orgcache = open({ host: '127.0.0.1', port: await closedPort() });
  const { value } = await within(2000, read(orgcache), 'the metrics');
  expect(value.value('orgcache_redis_up')).toBe(0);
  expect(value.value('orgcache_state', { state: 'degraded' })).toBe(1);
  expect(value.value('orgcache_call_duration_seconds', { call: 'read', quantile: '0.5' })).toBeNaN();
});

test('each primary of a cluster is a node', async () => {
  const cluster = await startRedis({ configuration: ['cluster-enabled yes'] });
  await cluster.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  const isUp = async () => /cluster_state:ok/.test(await cluster.command('CLUSTER', 'INFO'));
  await until(isUp, { what: 'the cluster to be up' });
  const orgcache = open({ clusterHosts: `127.0.0.1:${cluster.port}` });
  await orgcache.ready();
  const node = `127.0.0.1:${cluster.port}`;
  const { value } = await read(orgcache);
  expect(value('orgcache_node_state', { node, state: 'ready' })).toBe(1);
  expect(value('orgcache_redis_up', { node })).toBe(1);
  expect(value('orgcache_redis_memory_bytes', { node })).toBeGreaterThan(100_000);
  await orgcache.shutdown();
  expect((await read(orgcache)).value('orgcache_state', { state: 'closed' })).toBe(1);
});

test('after shutdown() the last numbers stay', async () => {
  const orgcache = open();
  await orgcache.cacheAdapter.get('a');
  await orgcache.shutdown();
  const { value } = await read(orgcache);
  expect(value('orgcache_reads_total', { result: 'miss' })).toBe(1);
  expect(value('orgcache_state', { state: 'closed' })).toBe(1);
  expect(value('orgcache_redis_up')).toBe(0);
});

test('both formats have the same numbers of the same names', async () => {
  const orgcache = open();
  await orgcache.cacheAdapter.get('a');
  const [plain, other] = await Promise.all(FORMATS.map((format) => read(orgcache, format)));
  const seriesOf = ({ samples }) => samples.map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`);
  expect(seriesOf(other)).toEqual(seriesOf(plain));
  expect(seriesOf(plain).length).toBeGreaterThan(60);
});

test('no key, organization, id, phone number or value is in the text', async () => {
  const orgcache = open();
  const { cacheAdapter, cacheManager } = orgcache;
  await cacheAdapter.setConversationContext('canary-org', '+4915200000000', ['canary-value']);
  await cacheAdapter.getConversationContext('canary-org', '+4915200000000');
  await cacheManager.set('canary-key', { canary: 1 }, 60, 'canary-org');
  for (const format of FORMATS)
    expect(await orgcache.metrics({ format })).not.toMatch(/canary|4915200000000/);
});

test('other options are refused', async () => {
  const { metrics } = open({ useRedis: false });
  for (const [given, code] of [
    [{ formats: 'prometheus' }, 'E_ARGUMENT'],
    [{ organisations: 10 }, 'E_ARGUMENT'],
    [{ format: 'json' }, 'E_CONFIG'],
    [{ format: null }, 'E_CONFIG'],
    ['prometheus', 'E_CONFIG'],
    [null, 'E_CONFIG'],
    [[], 'E_CONFIG'],
  ]) {
    expect([given, (await rejection(metrics(given))).code]).toEqual([given, code]);
  }
  expect((await rejection(metrics({ formats: 'x' }))).message).toContain('did you mean format?');
  expect(await metrics()).toBe(await metrics({ format: 'prometheus' }));
});

test('a room adds its numbers to the registry, behind those that are there', async () => {
  const registry = new Registry(() => ({ report: { outstanding: 3 } }));
  registry.add(({ report }) => [
    { name: 'orgcache_a', type: 'gauge', help: 'A.', samples: [{ value: report.outstanding }] },
  ]);
  registry.add(async () => [
    { name: 'orgcache_b', type: 'counter', help: 'B.', samples: [{ value: 1, labels: { kind: 'x' } }] },
    { name: 'orgcache_none', type: 'gauge', help: 'Not shown.', samples: [] },
  ]);
  expect(expositionOf(await registry.families(), 'prometheus')).toBe(
    '# HELP orgcache_a A.\n# TYPE orgcache_a gauge\norgcache_a 3\n' +
      '# HELP orgcache_b_total B.\n# TYPE orgcache_b_total counter\norgcache_b_total{kind="x"} 1\n',
  );
});

test('whatever a label or a help text has is read back as it was', () => {
  const strange = 'a "quoted" \\ back\\nslash\nand a line\u2028 ä {x="y"}, ';
  const infinite = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1e21, 1e-7, 0.1];
  const families = [
    {
      name: 'orgcache_a',
      type: 'gauge',
      help: strange,
      samples: [{ labels: { x: strange, y: '' }, value: 1 }],
    },
    {
      name: 'orgcache_b',
      type: 'gauge',
      help: 'Numbers.',
      samples: infinite.map((value, n) => ({ labels: { n: `${n}` }, value })),
    },
  ];
  for (const format of FORMATS) {
    const parsed = parseExposition(expositionOf(families, format), format);
    expect(parsed.get('orgcache_a').help).toBe(strange);
    expect(parsed.get('orgcache_a').samples[0].labels).toEqual({ x: strange, y: '' });
    expect(parsed.get('orgcache_b').samples.map(({ value }) => value)).toEqual(infinite);
  }
});

describe('the parser of these tests refuses', () => {
  const right = '# HELP a A.\n# TYPE a gauge\na{x="1"} 1\n';

  test.each([
    ['a missing end', right.trimEnd()],
    ['a sample without TYPE', 'a 1\n'],
    ['an unknown type', right.replace('gauge', 'gauges')],
    ['a sample of another family', `${right}b 1\n`],
    ['a family in two pieces', `${right}# HELP b B.\n# TYPE b gauge\nb 1\n${right}`],
    ['a series twice', `${right}a{x="1"} 2\n`],
    ['different labels', `${right}a{y="1"} 2\n`],
    ['a broken escape', right.replace('"1"', '"\\1"')],
    ['an open text', right.replace('"1"', '"1')],
    ['a comma at the end', right.replace('"1"', '"1",')],
    ['a text as value', right.replace(' 1\n', ' one\n')],
    ['a counter without _total', right.replace('gauge', 'counter')],
    ['a gauge with _total', right.replaceAll(/\ba\b/g, 'a_total')],
    ['a negative counter', '# HELP a_total A.\n# TYPE a_total counter\na_total -1\n'],
    ['a summary without quantile', '# HELP a A.\n# TYPE a summary\na 1\n'],
    ['milliseconds', right.replaceAll(/\ba\b/g, 'a_ms')],
    ['no help', right.replace('# HELP a A.\n', '')],
  ])('%s', (_name, text) => {
    expect(() => parseExposition(right, 'prometheus')).not.toThrow();
    expect(() => parseExposition(text, 'prometheus')).toThrow();
  });
});
