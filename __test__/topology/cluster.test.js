'use strict';

const { describeAdapter } = require('../support/adapter-contract');
const { MESSAGES, PHONE } = require('../support/adapter-methods');
const { startCluster } = require('../support/cluster');
const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');
const { rejection, until } = require('../support/wait');

const QUIET = { logLevel: 'off', connectTimeout: 2000, commandTimeout: 2000 };

let cluster;

beforeAll(async () => {
  cluster = await startCluster();
});

const phones = (count) =>
  Array.from({ length: count }, (_, index) => `+1555${String(index).padStart(7, '0')}`);
const hostsOf = (...nodes) => nodes.map(({ host, port }) => `${host}:${port}`);

/** How many primaries have at least one key that matches. */
async function spreadOf(pattern) {
  const found = await Promise.all((await cluster.primaries()).map((node) => node.keys(pattern)));
  return found.filter((keys) => keys.length > 0).length;
}

describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
  const open = (options) => openPackage({ ...QUIET, clusterHosts: cluster.hosts, driver, ...options });

  describeAdapter('the adapter over a cluster', () => openPackage({ clusterHosts: cluster.hosts, driver }), {
    redisEnabled: true,
    connected: true,
    acknowledges: true,
  });

  describe('across slots', () => {
    beforeEach(() => cluster.flush());

    test('organizations are spread over the nodes, and clearing one removes all of its values and no other’s', async () => {
      const { cacheAdapter } = open();
      const organizations = Array.from({ length: 20 }, (_, index) => `org-${index}`);
      const all = phones(30);
      const sets = organizations.flatMap((org) =>
        all.map((phone) => cacheAdapter.setConversationContext(org, phone, [{ org, phone }])),
      );
      expect(new Set(await Promise.all(sets))).toEqual(new Set([true]));
      expect(await spreadOf('*conversationContexts*')).toBe(3);
      const [kept, ...cleared] = organizations;
      for (const org of cleared) expect(await cacheAdapter.clearOrganizationCache(org)).toBeTruthy();
      const left = await cluster.keys('*conversationContexts:*');
      expect(left).toEqual(all.map((phone) => `jack:dev:conversationContexts:{${kept}}:${phone.slice(1)}`));
      expect(await cacheAdapter.getConversationContext(cleared[0], all[0])).toBeNull();
      expect(await cacheAdapter.getConversationContext(kept, all[29])).toEqual([
        { org: kept, phone: all[29] },
      ]);
    });

    test('a phone and its lead are mapped both ways, whichever nodes they lie on', async () => {
      const { cacheAdapter } = open();
      const pairs = phones(40).map((phone, index) => [phone, `lead-${index}`]);
      await Promise.all(pairs.map(([phone, lead]) => cacheAdapter.setPhoneToLeadMapping(phone, lead)));
      let apart = 0;
      for (const [phone, lead] of pairs) {
        const there = await cluster.ownerOf(`jack:dev:phoneToLead:${phone}`);
        const back = await cluster.ownerOf(`jack:dev:leadToPhone:${lead}`);
        expect(await there.command('GET', `jack:dev:phoneToLead:${phone}`)).toBe(`"${lead}"`);
        expect(await back.command('GET', `jack:dev:leadToPhone:${lead}`)).toBe(`"${phone}"`);
        expect(await cacheAdapter.getPhoneToLeadMapping(phone)).toBe(lead);
        expect(await cacheAdapter.getLeadToPhoneMapping(lead)).toBe(phone);
        if (there !== back) apart += 1;
      }
      expect(apart).toBeGreaterThan(10);
    });

    test('Maps of a server are moved to all nodes, and emptied', async () => {
      const { redisMigrationManager, cacheAdapter } = open();
      const maps = {
        conversationContexts: new Map(
          phones(500).map((phone, index) => [`org-${index % 20}:${phone.slice(1)}`, MESSAGES]),
        ),
        conversationSummaries: new Map(phones(50).map((phone) => [`org-1:${phone.slice(1)}`, { phone }])),
        phoneToLeadMapping: new Map(phones(50).map((phone, index) => [phone, `lead-${index}`])),
        organizationCache: new Map([['org-1', { name: 'Northwind' }]]),
      };
      await redisMigrationManager.migrateExistingMaps(maps);
      expect(Object.values(maps).map(({ size }) => size)).toEqual([0, 0, 0, 0]);
      expect(redisMigrationManager.migrationStats).toMatchObject({
        conversationContexts: 500,
        conversationSummaries: 50,
        leadMappings: 50,
        organizationData: 1,
        errors: 0,
      });
      expect(await spreadOf('*conversationContexts:*')).toBe(3);
      expect(await cluster.keys('*conversationContexts:*')).toHaveLength(500);
      expect(await cacheAdapter.getPhoneToLeadMapping(phones(50)[49])).toBe('lead-49');
      expect(await cacheAdapter.getOrganizationData('org-1')).toBe('Northwind');
    });

    test('a hash of the cache manager is cleared with its organization', async () => {
      const { cacheManager } = open();
      for (const hash of ['a', 'b', 'c', 'd']) {
        expect(await cacheManager.hset(hash, 'field', { hash }, 600, 'org-1')).not.toBe(false);
      }
      expect(await cacheManager.hgetall('b', 'org-1')).toEqual({ field: { hash: 'b' } });
      await cacheManager.clearOrganizationCache('org-1');
      for (const hash of ['a', 'b', 'c', 'd'])
        expect(await cacheManager.hget(hash, 'field', 'org-1')).toBeNull();
    });
  });

  describe('a raw client', () => {
    let client;

    beforeEach(async () => {
      await cluster.flush();
      client = open().redisManager.getClient();
    });

    test('reaches keys of every slot range, and a thousand calls at once have their own answers', async () => {
      const names = Array.from({ length: 1000 }, (_, index) => `raw:${index}`);
      await Promise.all(names.map((name, index) => client.set(name, index)));
      expect(await spreadOf('raw:*')).toBe(3);
      expect(await cluster.countKeys()).toBe(1000);
      expect(await Promise.all(names.map((name) => client.get(name)))).toEqual(
        names.map((_, index) => `${index}`),
      );
    });

    test('sends commands on one key in the order in which they were called', async () => {
      const calls = Array.from({ length: 300 }, (_, index) =>
        client.call('RPUSH', `list-${index % 3}`, index),
      );
      await Promise.all(calls);
      for (const rest of [0, 1, 2]) {
        const elements = Array.from({ length: 100 }, (_, index) => String(3 * index + rest));
        expect(await client.call('LRANGE', `list-${rest}`, 0, -1)).toEqual(elements);
      }
    });

    test('rejects a command whose keys lie in several slots, and takes one whose keys share a tag', async () => {
      for (const call of [
        () => client.mget('a', 'b'),
        () => client.del('a', 'b'),
        () => client.call('MSET', 'a', 1, 'b', 2),
      ]) {
        expect(await rejection(call())).toMatchObject({
          code: 'E_REPLY',
          redisCode: 'CROSSSLOT',
          retryable: false,
        });
      }
      await client.call('MSET', '{tag}:a', 1, '{tag}:b', 2);
      expect(await client.mget('{tag}:a', '{tag}:b', '{tag}:c')).toEqual(['1', '2', null]);
      expect(await client.del('{tag}:a', '{tag}:b')).toBe(2);
    });

    test('one failing command does not affect the others', async () => {
      await client.set('text', 'no list');
      const [push, crossing, get] = await Promise.allSettled([
        client.call('RPUSH', 'text', 1),
        client.mget('a', 'b'),
        client.get('text'),
      ]);
      expect(push.reason).toMatchObject({ code: 'E_REPLY', redisCode: 'WRONGTYPE' });
      expect(crossing.reason).toMatchObject({ code: 'E_REPLY', redisCode: 'CROSSSLOT' });
      expect(get.value).toBe('no list');
    });

    test('sends commands without a key to some node', async () => {
      expect(await client.ping()).toBe('PONG');
      expect(await client.info('cluster')).toMatch(/cluster_enabled:1/);
    });

    test('sends a script to the node that has its keys, and reads keys that are not text', async () => {
      const keys = phones(20);
      const script = 'redis.call("SET", KEYS[1], ARGV[1]) return redis.call("GET", KEYS[1])';
      const answers = await Promise.all(keys.map((key) => client.call('EVAL', script, 1, key, `of ${key}`)));
      expect(answers).toEqual(keys.map((key) => `of ${key}`));
      const binary = Buffer.from([0xff, 0x00, 0x7b, 0xfe, 0x7d, 0x01]);
      await client.set(binary, 'binary');
      expect(await client.get(binary)).toBe('binary');
    });
  });
});

describe('reads from replicas', () => {
  /** How many GETs the nodes have answered since their statistics were reset. */
  async function getsOf(nodes) {
    const stats = await Promise.all(nodes.map((node) => node.command('INFO', 'commandstats')));
    return stats.reduce((sum, text) => sum + Number(/cmdstat_get:calls=(\d+)/.exec(text)?.[1] ?? 0), 0);
  }

  test.each(['loop', 'thread'])('go to no primary with the %s driver', async (driver) => {
    await cluster.flush();
    const options = { ...QUIET, clusterHosts: cluster.hosts, driver, scaleReads: 'replica' };
    const client = openPackage(options).redisManager.getClient();
    const names = Array.from({ length: 60 }, (_, index) => `read:${index}`);
    await Promise.all(names.map((name) => client.set(name, `of ${name}`)));
    const primaries = await cluster.primaries();
    for (const primary of primaries) await primary.command('WAIT', 1, 2000);
    for (const node of cluster.nodes) await node.command('CONFIG', 'RESETSTAT');
    const read = () => Promise.all(names.map((name) => client.get(name)));
    expect(await read()).toEqual(names.map((name) => `of ${name}`));
    // Until a replica is connected its primary answers.
    const replicas = cluster.nodes.filter((node) => !primaries.includes(node));
    const isReadFromReplicasAlone = async () => {
      for (const node of cluster.nodes) await node.command('CONFIG', 'RESETSTAT');
      await read();
      return (await getsOf(replicas)) === names.length && (await getsOf(primaries)) === 0;
    };
    await until(isReadFromReplicasAlone, { what: 'reads from replicas alone' });
    expect(await client.set('read:0', 'again')).toBe('OK');
  });

  test('are answered by the clients of nodes("slave"), of which writes are the others\'', async () => {
    await cluster.flush();
    const client = await openPackage({
      ...QUIET,
      clusterHosts: cluster.hosts,
      clientKeyPrefix: 'p:',
    }).getRedis();
    await client.set('read', 'value');
    const primary = await cluster.ownerOf('p:read');
    const [replica] = await cluster.replicasOf(primary);
    await primary.command('WAIT', 1, 2000);
    const portsOf = (role) => client.nodes(role).map(({ options }) => options.port);
    const primaries = (await cluster.primaries()).map(({ port }) => port);
    const replicas = cluster.nodes.map(({ port }) => port).filter((port) => !primaries.includes(port));
    expect(portsOf('master').sort()).toEqual(primaries.sort());
    expect(portsOf('slave').sort()).toEqual(replicas.sort());
    expect(portsOf('all').sort()).toEqual([...primaries, ...replicas].sort());
    const reader = client.nodes('slave').find(({ options }) => options.port === replica.port);
    expect(client.nodes('slave')).toContain(reader);
    expect(reader.options.readOnly).toBe(true);
    expect(await reader.get('read')).toBe('value');
    expect(await rejection(reader.set('read', 'other'))).toMatchObject({ redisCode: 'MOVED' });
    const writer = client.nodes('master').find(({ options }) => options.port === replica.port);
    expect(writer).toBeUndefined();
  });

  test.each(['loop', 'thread'])(
    'go to the primary while a replica has lost it, with the %s driver',
    async (driver) => {
      await cluster.flush();
      const options = { ...QUIET, clusterHosts: cluster.hosts, driver, scaleReads: 'replica' };
      const client = openPackage(options).redisManager.getClient();
      await client.set('read', 'value');
      const primary = await cluster.ownerOf('read');
      const [replica] = await cluster.replicasOf(primary);
      await primary.command('WAIT', 1, 2000);
      await primary.command('CONFIG', 'RESETSTAT');
      await replica.command('CONFIG', 'RESETSTAT');
      const isReadFromReplica = async () => (await client.get('read')) && (await getsOf([replica])) > 0;
      await until(isReadFromReplica, { what: 'a read from the replica' });
      try {
        await replica.command('CONFIG', 'SET', 'replica-serve-stale-data', 'no');
        await replica.command('CONFIG', 'SET', 'masterauth', 'wrong');
        await primary.command('CLIENT', 'KILL', 'TYPE', 'replica');
        const isLost = async () =>
          /master_link_status:down/.test(await replica.command('INFO', 'replication'));
        await until(isLost, { what: 'the replica to lose its primary' });
        expect(await Promise.all(Array.from({ length: 20 }, () => client.get('read')))).toEqual(
          Array(20).fill('value'),
        );
      } finally {
        await replica.command('CONFIG', 'SET', 'masterauth', '');
        await replica.command('CONFIG', 'SET', 'replica-serve-stale-data', 'yes');
        await cluster.settled();
      }
    },
  );
});

test('with the loop driver, replies of several nodes that have arrived go to their callers together', async () => {
  const { redisManager } = openPackage({ ...QUIET, clusterHosts: cluster.hosts, driver: 'loop' });
  const client = await redisManager.getClient();
  // Their slots are those of three nodes.
  const keys = ['a', 'b', 'c'];
  await Promise.all(keys.map((key) => client.get(key)));
  const order = [];
  const replies = keys.map(async (key) => {
    await client.get(key);
    order.push('reply');
    if (order.length === 1) process.nextTick(() => order.push('next tick'));
  });
  await new Promise((resolve) => process.nextTick(resolve));
  // Nothing is read meanwhile, and servers answer a GET in a moment.
  const until = performance.now() + 100;
  while (performance.now() < until);
  await Promise.all(replies);
  await new Promise(setImmediate);
  expect(order).toEqual(['reply', 'reply', 'reply', 'next tick']);
});

describe('a slot on its way', () => {
  let client;

  beforeAll(() => {
    client = openPackage({ ...QUIET, clusterHosts: cluster.hosts }).redisManager.getClient();
  });

  /** A slot of which one key has been moved and one has not. */
  async function halfMoved(tag) {
    const [stayed, moved] = [`{${tag}}:stayed`, `{${tag}}:moved`];
    for (const key of [stayed, moved]) await client.set(key, key);
    const from = await cluster.ownerOf(stayed);
    const to = (await cluster.primaries()).find((node) => node !== from);
    const move = await cluster.beginMove(await cluster.slotOf(stayed), to);
    await move.migrate([moved]);
    return { stayed, moved, move };
  }

  test('is read and written on both sides', async () => {
    const { stayed, moved, move } = await halfMoved('asked');
    expect(await client.get(stayed)).toBe(stayed);
    expect(await client.get(moved)).toBe(moved);
    expect(await client.set(moved, 'again')).toBe('OK');
    expect(await client.get('{asked}:never')).toBeNull();
    expect(await client.set('{asked}:new', 'new')).toBe('OK');
    await move.finish();
    await cluster.settled();
    expect(await client.mget(moved, '{asked}:new', stayed)).toEqual(['again', 'new', stayed]);
  });

  test('answers a command with keys on both sides as soon as they are together', async () => {
    const { stayed, moved, move } = await halfMoved('together');
    const both = client.mget(stayed, moved);
    both.catch(() => {});
    expect(await client.get(stayed)).toBe(stayed);
    await move.finish();
    expect(await both).toEqual([stayed, moved]);
    await cluster.settled();
  });

  test('rejects a command with keys on both sides in time where they stay apart', async () => {
    const { stayed, moved, move } = await halfMoved('apart');
    const startedAt = performance.now();
    const error = await rejection(client.mget(stayed, moved));
    expect(performance.now() - startedAt).toBeLessThan(QUIET.commandTimeout + 250);
    expect(['E_TIMEOUT', 'E_REPLY']).toContain(error.code);
    await move.finish();
    await cluster.settled();
  });

  test('is found on its new node after it has moved, by a client that knew the old one', async () => {
    const key = 'moved-for-good';
    await client.set(key, 'v');
    const from = await cluster.ownerOf(key);
    const to = (await cluster.primaries()).find((node) => node !== from);
    const slot = await cluster.slotOf(key);
    await cluster.moveSlots({ first: slot, last: slot, to });
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.get(key)));
    expect(new Set(answers)).toEqual(new Set(['v']));
    await cluster.settled();
  });
});

test('the connection to a node that lost its slots is closed though nothing else is asked', async () => {
  const { cacheAdapter, redisManager } = openPackage({ ...QUIET, clusterHosts: cluster.hosts });
  const [client, key] = [redisManager.getClient(), 'of-a-node-that-steps-down'];
  const nodes = async () => (await cacheAdapter.getStats()).cache.redis.nodes.map((node) => node.address);
  await client.set(key, 'v');
  const [replica] = await cluster.replicasOf(await cluster.ownerOf(key));
  await cluster.failover(replica);
  // Answered MOVED, it asks at an address that no map of the slots has told it.
  expect(await client.get(key)).toBe('v');
  expect(await nodes()).toContain(`${replica.host}:${replica.port}`);
  await until(async () => (await nodes()).length === 3, { timeoutMs: 8000, what: 'three nodes' });
  await cluster.settled();
});

describe('the nodes are found', () => {
  async function expectFound(options) {
    const { cacheAdapter } = openPackage({ ...QUIET, ...options });
    for (const org of phones(20)) {
      expect(await cacheAdapter.setConversationContext(org, PHONE, MESSAGES)).toBe(true);
      expect(await cacheAdapter.getConversationContext(org, PHONE)).toEqual(MESSAGES);
    }
    expect(await spreadOf('*conversationContexts*')).toBe(3);
  }

  beforeEach(() => cluster.flush());

  test('by a list separated by commas', async () => {
    await expectFound({ clusterHosts: cluster.hosts.join(',') });
  });

  test('by one that is a replica', async () => {
    const [primary] = await cluster.primaries();
    await expectFound({ clusterHosts: hostsOf(...(await cluster.replicasOf(primary))) });
  });

  test('though the first that is named is not there', async () => {
    await expectFound({ clusterHosts: [`127.0.0.1:${await closedPort()}`, ...hostsOf(cluster.nodes[0])] });
  });

  test('or else the refusal says why, and the adapter serves from memory', async () => {
    const port = await closedPort();
    const { cacheAdapter, redisManager } = openPackage({ ...QUIET, clusterHosts: [`127.0.0.1:${port}`] });
    const error = await rejection(redisManager.getClient().get('a'));
    expect(error.code).toBe('E_CONNECT');
    expect(error.message).toMatch(new RegExp(`${port}.*refused`, 'i'));
    expect((await cacheAdapter.healthCheck()).redis.error).toMatch(/refused/i);
    expect(await cacheAdapter.setConversationContext('org-1', PHONE, MESSAGES)).toBe(true);
    expect(await cacheAdapter.getConversationContext('org-1', PHONE)).toEqual(MESSAGES);
  });

  test('or else a server that is no cluster is refused with a sentence', async () => {
    const alone = await startRedis();
    const { redisManager } = openPackage({ ...QUIET, clusterHosts: hostsOf(alone) });
    expect((await rejection(redisManager.getClient().get('a'))).message).toMatch(/cluster/i);
  });
});

describe('a cluster with a password and TLS', () => {
  let guarded;

  beforeAll(async () => {
    guarded = await startCluster({
      replicas: 0,
      tls: true,
      password: 'cluster-canary',
      configuration: ['tls-cluster yes', 'masterauth cluster-canary'],
    });
  });

  const options = (more) => ({
    ...QUIET,
    clusterHosts: guarded.hosts,
    password: 'cluster-canary',
    tls: { ca: guarded.nodes[0].tls.ca },
    ...more,
  });

  test('is spoken to on every node', async () => {
    const { cacheAdapter } = openPackage(options());
    for (const phone of phones(20))
      expect(await cacheAdapter.setConversationContext('org-1', phone, MESSAGES)).toBe(true);
    expect(await guarded.keys('*conversationContexts*')).toHaveLength(20);
  });

  test.each([
    ['a wrong password', () => ({ password: 'wrong-canary' }), /WRONGPASS/],
    ['no password', () => ({ password: undefined }), /NOAUTH/],
    ['an unknown authority', () => ({ tls: { ca: guarded.nodes[0].tls.otherCa } }), /certificate/i],
  ])('refuses %s, and nothing prints it', async (_what, more, reason) => {
    const { cacheAdapter, redisManager } = openPackage(options(more()));
    const error = await rejection(redisManager.getClient().get('a'));
    const health = JSON.stringify(await cacheAdapter.healthCheck());
    expect(`${error.message} ${health}`).toMatch(reason);
    expect(`${error.message} ${error.stack} ${health}`).not.toContain('canary');
  });
});
