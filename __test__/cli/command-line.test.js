'use strict';

const path = require('node:path');
const { startCluster } = require('../support/cluster');
const { openPackage, PACKAGE_ROOT } = require('../support/package');
const { runNode } = require('../support/process');
const { withRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');

const CLI = path.join(PACKAGE_ROOT, 'js', 'cli', 'orgcache.js');
const PHONE = '15550100001';
/** Large enough to be stored compressed. */
const MESSAGES = Array.from({ length: 100 }, (_, turn) => ({ role: 'user', content: `message ${turn}` }));

/** Runs `orgcache` with the environment of one server, e.g. `run('keys', '--json')`. */
function commandLine(env) {
  const run = (...words) => runNode([CLI, ...words], { env, mayFail: true });
  const json = async (...words) => JSON.parse((await run(...words, '--json')).stdout);
  return { run, json };
}

describe('orgcache on a server that several organizations share', () => {
  const server = withRedis({ password: 'command-line-canary', flushBeforeEach: true });
  let cache;
  let cli;

  beforeAll(() => {
    cache = openPackage({ url: server.url }).cacheAdapter;
    cli = commandLine({ REDIS_URL: server.url });
  });

  beforeEach(async () => {
    await cache.setConversationContext('org-1', PHONE, MESSAGES);
    await cache.setConversationSummary('org-1', PHONE, 'Asks for prices');
    await cache.setConversationContext('org-2', PHONE, []);
    await cache.setConversationContext('a:b', PHONE, []);
    await cache.set('greeting', { text: 'Hello' });
    await server.command('SET', 'somebody-elses', '1');
  });

  test('lists the keys of one organization and no other, with their remaining lifetimes', async () => {
    const { code, stdout, stderr } = await cli.run('keys', '--org', 'org-1');
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n').sort();
    expect(lines).toEqual([
      expect.stringMatching(/^jack:dev:conversationContexts:org-1:15550100001 {3}7(200|199) s$/),
      expect.stringMatching(/^jack:dev:conversationSummaries:org-1:15550100001 {2}7(200|199) s$/),
    ]);
    expect(stderr).toBe('2 keys under the prefix jack:dev:\n');
  });

  test('lists an organization whose name is encoded in its keys', async () => {
    const { keys } = await cli.json('keys', '--org', 'a:b');
    expect(keys).toMatchObject([
      {
        key: `jack:dev:conversationContexts:a%3Ab:${PHONE}`,
        type: 'conversationContexts',
        organization: 'a:b',
      },
    ]);
  });

  test('lists every value, or those of a type, and nothing but values of its prefix', async () => {
    const all = await cli.json('keys');
    expect(all).toMatchObject({ prefix: 'jack:dev:', isComplete: true });
    expect(all.keys.map(({ key }) => key).sort()).toEqual([
      `jack:dev:conversationContexts:a%3Ab:${PHONE}`,
      `jack:dev:conversationContexts:org-1:${PHONE}`,
      `jack:dev:conversationContexts:org-2:${PHONE}`,
      `jack:dev:conversationSummaries:org-1:${PHONE}`,
      'jack:dev:kv:greeting',
    ]);
    const contexts = await cli.json('keys', '--type', 'conversationContexts');
    expect(contexts.keys.map(({ organization }) => organization).sort()).toEqual(['a:b', 'org-1', 'org-2']);
    const summaries = await cli.json('keys', '--org', 'org-1', '--type', 'conversationSummaries');
    expect(summaries.keys).toHaveLength(1);
  });

  test('never asks for KEYS, and lists a limited number', async () => {
    await server.command('CONFIG', 'RESETSTAT');
    const { keys, isComplete } = await cli.json('keys', '--limit', '2');
    expect([keys.length, isComplete]).toEqual([2, false]);
    expect((await cli.run('keys', '--limit', '2')).stderr).toBe(
      '2 keys under the prefix jack:dev:; there are more: --limit\n',
    );
    expect((await cli.json('keys', '--org', 'org-1', '--limit', '2')).isComplete).toBe(true);
    const commands = await server.command('INFO', 'commandstats');
    expect(commands).toMatch(/cmdstat_scan:/);
    expect(commands).not.toMatch(/cmdstat_keys:/);
  });

  test('lists more keys than one page of an index or of a scan holds', async () => {
    const phones = Array.from({ length: 2500 }, (_, number) => String(15_550_200_000 + number));
    await Promise.all(phones.map((phone) => cache.setConversationContext('org-3', phone, [])));
    const indexed = await cli.json('keys', '--org', 'org-3', '--limit', '10000');
    expect(new Set(indexed.keys.map(({ key }) => key)).size).toBe(2500);
    const scanned = await cli.json('keys', '--limit', '10000');
    expect(new Set(scanned.keys.map(({ key }) => key)).size).toBe(2505);
    expect(scanned.keys).toHaveLength(2505);
    const { organizations } = await cli.json('stats', '--limit', '1');
    expect(organizations).toMatchObject([{ organization: 'org-3', keys: 2500, isEstimate: true }]);
    expect(organizations[0].bytes).toBeGreaterThan(2500 * 50);
  }, 60_000);

  test('leaves out keys that an index lists and Redis no longer has', async () => {
    await server.command('DEL', `jack:dev:conversationSummaries:org-1:${PHONE}`);
    expect((await cli.json('keys', '--org', 'org-1')).keys).toHaveLength(1);
  });

  test('prints a value decoded, compressed or not', async () => {
    const key = `jack:dev:conversationContexts:org-1:${PHONE}`;
    expect((await server.commandBuffer('GET', key))[0]).toBe(0);
    expect(JSON.parse((await cli.run('get', key)).stdout)).toEqual(MESSAGES);
    const summary = await cli.json('get', `jack:dev:conversationSummaries:org-1:${PHONE}`);
    expect(summary).toMatchObject({ redisType: 'string', value: 'Asks for prices' });
    expect(summary.ttlSeconds).toBeGreaterThan(7190);
    expect((await cli.run('get', 'jack:dev:kv:greeting')).stdout).toBe('{\n  "text": "Hello"\n}\n');
  });

  test('reads compressed values of every kind', async () => {
    const { cacheManager } = openPackage({ url: server.url });
    const organization = 'o/1';
    await cache.setConversationHistoryCache(organization, PHONE, MESSAGES);
    await cache.setPreComputedContext(null, PHONE, MESSAGES);
    await cache.setDynamicLead('lead:1', MESSAGES);
    await cache.setSSEResponseCache('lead:1', PHONE, MESSAGES);
    await cache.setOrganizationData(organization, 'name '.repeat(1000));
    await cache.set('large key', MESSAGES);
    await cacheManager.set('report', MESSAGES, 60, organization);
    await cacheManager.hset('reports', 'first', MESSAGES, 60, organization);
    const { keys } = await cli.json('keys');
    const large = keys.map(({ key }) => key).filter((key) => !/Summaries|org-[12]|a%3Ab|greeting/.test(key));
    expect(large).toHaveLength(8);
    for (const key of large) {
      const { value } = await cli.json('get', key);
      if (key.includes(':organization:')) expect(value).toEqual({ name: 'name '.repeat(1000) });
      else expect([key, value]).toEqual([key, key.includes(':reports:') ? { first: MESSAGES } : MESSAGES]);
    }
  });

  test('prints values of older layers and of other programs', async () => {
    await server.command('SET', 'jack:dev:old', 'compressed:{"a":1}');
    await server.command('HSET', 'jack:dev:conversationContexts:global', 'org-1:1555', '[1]');
    await server.command('RPUSH', 'queue', 'first', 'second');
    expect((await cli.json('get', 'jack:dev:old')).value).toEqual({ a: 1 });
    expect((await cli.json('get', 'jack:dev:conversationContexts:global')).value).toEqual({
      'org-1:1555': [1],
    });
    expect(await cli.json('get', 'queue')).toMatchObject({ redisType: 'list', value: ['first', 'second'] });
    await server.command('SET', 'plain', 'no {json');
    expect((await cli.run('get', 'plain')).stdout).toBe('no {json\n');
    expect((await cli.json('get', 'jack:dev:!index:org-1')).value).toHaveLength(4);
  });

  test('says that a key is missing, or that its value cannot be read, with exit code 1', async () => {
    const missing = await cli.run('get', 'jack:dev:kv:missing');
    expect([missing.code, missing.stdout]).toEqual([1, '']);
    expect(missing.stderr).toMatch(/^orgcache: there is no such key/);
    await server.command('SET', 'jack:dev:kv:broken', '\u0000\u0001broken');
    await server.command('SET', 'broken', '\u0000\u0001broken');
    for (const key of ['jack:dev:kv:broken', 'broken']) {
      const { code, stderr } = await cli.run('get', key);
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^orgcache: the value is compressed and cannot be read/),
      ]);
    }
  });

  test('deletes the keys that are named', async () => {
    const { code, stdout } = await cli.run('del', 'jack:dev:kv:greeting', 'jack:dev:kv:missing');
    expect([code, stdout]).toEqual([0, 'deleted 1 of 2\n']);
    expect(await server.command('EXISTS', 'jack:dev:kv:greeting')).toBe(0);
    expect(await server.command('DBSIZE')).toBeGreaterThan(5);
  });

  test('does not delete the key by which those of an organization are found', async () => {
    const { code, stderr } = await cli.run('del', 'jack:dev:kv:greeting', 'jack:dev:!index:org-1');
    expect([code, stderr]).toEqual([1, expect.stringContaining('is an internal index or mark')]);
    expect(await server.command('EXISTS', 'jack:dev:!index:org-1', 'jack:dev:kv:greeting')).toBe(2);
  });

  test('counts the keys of each organization, the largest first', async () => {
    const { organizations, isComplete, total } = await cli.json('stats');
    expect(organizations).toEqual([
      {
        organization: 'org-1',
        keys: 2,
        bytes: expect.any(Number),
        isEstimate: false,
        types: { conversationContexts: 1, conversationSummaries: 1 },
      },
      expect.objectContaining({ keys: 1, types: { conversationContexts: 1 } }),
      expect.objectContaining({ keys: 1, types: { conversationContexts: 1 } }),
    ]);
    expect(organizations[0].bytes).toBeGreaterThan(300);
    expect(organizations.map(({ organization }) => organization).sort()).toEqual(['a:b', 'org-1', 'org-2']);
    expect(isComplete).toBe(true);
    const { stdout, stderr } = await cli.run('stats', '--limit', '1');
    expect(total).toEqual({
      keys: 5,
      types: { conversationContexts: 3, conversationSummaries: 1, kv: 1 },
    });
    const [titles, row, sum, ...rest] = stdout.split('\n');
    expect(titles).toBe('organization  keys  memory  types');
    expect(row).toMatch(/^org-1 +2 +[\d.]+ (Ki)?B {2}conversationContexts 1, conversationSummaries 1$/);
    expect(sum).toMatch(/^total +5 +(\w+ \d(, )?){3}$/);
    expect(rest).toEqual(['']);
    expect(stderr).toBe('3 organizations under the prefix jack:dev:, 1 shown: --limit\n');
  });

  test('counts the users and sessions of each namespace', async () => {
    expect((await cli.json('stats')).sessions).toEqual({ prefix: 'orgcache:development:', namespaces: [] });
    const orgcache = openPackage({ url: server.url, prefix: 'orgcache:development:' });
    const secret = 'a secret of this test, long enough for it';
    const [all, admins] = ['default', 'admin'].map((namespace) =>
      orgcache.createSessions({ secret, namespace }),
    );
    for (let n = 0; n < 120; n += 1) await all.create({ userId: `u-${n}`, organizationId: 'org-1' });
    await all.create({ userId: 'u-1', organizationId: 'org-1' });
    await all.create();
    await admins.create({ userId: 'u-1' });
    await server.command('SET', 'orgcache:development:!session:default', '1');
    const { sessions } = await cli.json('stats');
    expect(sessions.namespaces).toEqual([
      { namespace: 'admin', users: 1, sessions: 1, bytes: expect.any(Number), isEstimate: false },
      { namespace: 'default', users: 121, sessions: 122, bytes: expect.any(Number), isEstimate: true },
    ]);
    const [{ bytes: one }, { bytes: many }] = sessions.namespaces;
    expect(one).toBeGreaterThan(100);
    expect(many).toBeGreaterThan(one * 100);
    const { stdout, stderr } = await cli.run('stats');
    expect(stdout).toMatch(
      /\nnamespace +users +sessions +memory\nadmin +1 +1 +\d+ B\ndefault +121 +122 +~[\d.]+ KiB\n$/,
    );
    expect(stderr).toContain('sessions under the prefix orgcache:development:');
    await all.destroyEverything();
    await admins.destroyEverything();
  });

  test('counts the identifiers and blocks of rate limits', async () => {
    expect((await cli.json('stats')).limits).toEqual({
      prefix: 'orgcache:development:',
      instances: 0,
      policies: [],
    });
    const limiter = openPackage({ url: server.url, prefix: 'orgcache:development:' }).createLimiter({
      secret: 'a secret that all instances share',
      decisionMs: 2000,
      policies: {
        api: { limit: 9, windowSeconds: 3600 },
        login: { limit: 1, windowSeconds: 3600, blockSeconds: 60 },
        uploads: { limit: 9, algorithm: 'concurrency' },
      },
    });
    const user = (id, organizationId) => ({ kind: 'user', id, organizationId });
    for (const id of ['a', 'b', 'c']) await limiter.consume({ policy: 'api', ...user(id) });
    await limiter.consume({ policy: 'api', ...user('a', 'org:1') });
    for (const _again of [1, 2]) await limiter.consume({ policy: 'login', ...user('a') });
    await limiter.block(user('d', 'org:1'), 60);
    // A lease that is garbage would be released.
    const held = [];
    for (const [id, cost] of [['a'], ['a'], ['b', 3]]) {
      held.push(await limiter.acquire({ policy: 'uploads', ...user(id, 'org:1'), cost }));
    }
    await server.command('SET', 'orgcache:development:!limit:default', '1');
    const { limits } = await cli.json('stats');
    expect(limits).toEqual({
      prefix: 'orgcache:development:',
      instances: 1,
      policies: [
        { namespace: 'default', policy: null, identifiers: 0, blocked: 1, leases: 0 },
        { namespace: 'default', policy: 'api', identifiers: 4, blocked: 0, leases: 0 },
        { namespace: 'default', policy: 'login', identifiers: 1, blocked: 1, leases: 0 },
        { namespace: 'default', policy: 'uploads', identifiers: 2, blocked: 0, leases: 5 },
      ],
    });
    const { stdout, stderr } = await cli.run('stats');
    expect(stdout.trimEnd().split('\n').slice(-5)).toEqual([
      'namespace  policy   identifiers  blocked  leases',
      'default    (all)                       1',
      'default    api                4        0       0',
      'default    login              1        1       0',
      'default    uploads            2        0       5',
    ]);
    expect(stderr).toMatch(/\n1 instances share the limits under the prefix orgcache:development:\n$/);
    for (const { lease } of held) await lease.release();
  });

  test('counts a key that only looks like an index for no organization', async () => {
    await server.command('ZADD', 'jack:dev:!index:%', '1', 'jack:dev:kv:greeting');
    expect((await cli.json('stats')).organizations).toHaveLength(3);
  });

  test('erases one organization in every room, and looks at all keys', async () => {
    const users = openPackage({ url: server.url }).createCache({ name: 'users' });
    await users.org('org-1').set('7', 1, { tags: ['staff'] });
    await users.org('org-2').set('7', 2);
    const { code, stdout, stderr } = await cli.run('erase', '--org', 'org-1', '--verify', 'scan');
    expect([code, stderr]).toEqual([0, 'under the prefix jack:dev:\n']);
    expect(stdout).toMatch(/^values +2 +\d+ bytes$/m);
    expect(stdout).toMatch(/^caches +1 +\d+ bytes$/m);
    expect(stdout).toMatch(/^erased \d+ entries, \d+ bytes; the second look \(scan\) found 0$/m);
    expect((await server.keys()).filter((key) => key.includes('org-1'))).toEqual([]);
    expect(await users.org('org-2').get('7')).toBe(2);
    expect(await cli.json('erase', '--org', 'org-1')).toMatchObject({
      entries: 0,
      remaining: 0,
      verified: 'index',
    });
  });

  test('clears one organization and no other', async () => {
    const { code, stdout, stderr } = await cli.run('clear', '--org', 'org-1');
    expect([code, stdout, stderr]).toEqual([0, 'cleared 2 values\n', 'under the prefix jack:dev:\n']);
    const { keys } = await cli.json('keys');
    expect(keys.map(({ organization }) => organization).sort()).toEqual(['a:b', null, 'org-2']);
  });

  test('lists the types where it is asked for one that it does not know', async () => {
    const { stderr } = await cli.run('keys', '--type', 'conversationContext');
    expect(stderr).toContain(
      'conversationContext is no type of this package; there are: agentConfig, conversationContexts,',
    );
    await openPackage({ url: server.url }).cacheManager.set('own', 1, 60, 'org-1');
    expect((await cli.run('keys', '--type', 'own')).stderr).toBe('1 keys under the prefix jack:dev:\n');
  });

  test('takes the server and the prefix as options, which win over the environment', async () => {
    const other = commandLine({ REDIS_URL: 'redis://127.0.0.1:1', CACHE_KEY_PREFIX: 'other:' });
    const target = ['--url', server.url, '--prefix', 'jack:dev:'];
    expect((await other.json('keys', '--org', 'org-1', ...target)).keys).toHaveLength(2);
    expect((await other.json('stats', ...target)).total.keys).toBe(5);
    expect((await other.run('get', 'jack:dev:kv:greeting', ...target)).stdout).toContain('Hello');
    expect((await other.run('keys', '--url', server.url)).stderr).toBe('0 keys under the prefix other:\n');
    expect((await other.run('keys', '--url', server.url, '--prefix', '')).stderr).toContain('prefix (none)');
    expect((await other.json('doctor', '--url', server.url)).healthy).toBe(true);
    expect((await other.run('del', 'jack:dev:kv:greeting', ...target)).stdout).toBe('deleted 1 of 1\n');
    expect((await other.run('clear', '--org', 'org-1', ...target)).stdout).toBe('cleared 2 values\n');
  });

  test('writes no colour into a pipe', async () => {
    for (const words of [['stats'], ['doctor'], ['keys']]) {
      expect((await cli.run(...words)).stdout).not.toContain('\u001b');
    }
  });
});

describe('orgcache on a cluster', () => {
  test('lists, reads, counts and deletes on every node', async () => {
    const cluster = await startCluster({ primaries: 3, replicas: 0, password: 'p@ss:canary' });
    const clusterHosts = String(cluster.hosts);
    const { cacheAdapter } = openPackage({ clusterHosts, password: 'p@ss:canary' });
    const organizations = Array.from({ length: 12 }, (_, number) => `org-${number}`);
    await Promise.all(organizations.map((org) => cacheAdapter.setConversationContext(org, PHONE, MESSAGES)));
    const cli = commandLine({
      REDIS_CLUSTER_HOSTS: clusterHosts,
      // Its login is that of every node.
      REDIS_URL: `redis://:${encodeURIComponent('p@ss:canary')}@127.0.0.1`,
    });

    const { keys } = await cli.json('keys');
    expect(keys.map(({ organization }) => organization).sort()).toEqual([...organizations].sort());
    const counted = await cli.json('stats');
    expect(counted.organizations.map(({ organization }) => organization).sort()).toEqual(
      [...organizations].sort(),
    );
    const [{ key }] = (await cli.json('keys', '--org', 'org-7')).keys;
    expect((await cli.json('get', key)).value).toEqual(MESSAGES);
    const { stdout } = await cli.run('del', ...keys.map((found) => found.key));
    expect(stdout).toBe('deleted 12 of 12\n');
    expect((await cli.json('keys')).keys).toEqual([]);
  }, 60_000);
});

describe('orgcache where it cannot work', () => {
  test.each([
    [{ USE_REDIS: 'false' }, /^orgcache: USE_REDIS is false/],
    [{ REDIS_PORT: 'http' }, /^orgcache: REDIS_PORT/],
  ])('says why with %j', async (env, expected) => {
    const { code, stdout, stderr } = await commandLine(env).run('keys');
    expect([code, stdout, stderr]).toEqual([1, '', expect.stringMatching(expected)]);
  });

  test('says that Redis is away, and shows no password', async () => {
    const port = await closedPort();
    const cli = commandLine({ REDIS_URL: `redis://:command-line-canary@127.0.0.1:${port}` });
    for (const words of [['keys'], ['keys', '--org', 'a'], ['get', 'a'], ['del', 'a'], ['stats']]) {
      const { code, stdout, stderr } = await cli.run(...words);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(new RegExp(`^orgcache: .*127\\.0\\.0\\.1:${port}`));
      expect(stderr).not.toContain('canary');
    }
  });

  test.each([
    [['keys', '--limit', 'many'], /--limit needs an integer from 1/],
    [['keys', '--limit', '0'], /--limit needs an integer from 1/],
    [['keys', '--org'], /--org needs a value/],
    [['get'], /orgcache get needs KEY/],
    [['get', 'a', 'b'], /orgcache get takes KEY, and 2 were given/],
    [['del'], /orgcache del needs KEY\.\.\./],
    [['clear'], /orgcache clear needs --org/],
    [['erase'], /orgcache erase needs --org/],
    [['erase', '--org', 'a', '--verify', 'all'], /--verify needs index or scan/],
    [['erase', '--org', 'a', '--timeout', '0'], /--timeout needs an integer from 1/],
    [['stats', '--org', 'a'], /there is no option --org of orgcache stats/],
  ])('refuses %j with code 2', async (words, expected) => {
    const { code, stdout, stderr } = await commandLine({}).run(...words);
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(expected)]);
  });
});
