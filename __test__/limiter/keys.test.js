'use strict';

const { channel } = require('node:diagnostics_channel');
const { LONG, SECRET } = require('../support/limiter-contract');
const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { rejection, until } = require('../support/wait');

/** Found nowhere but where a caller gave them. */
const CANARIES = ['canary-user-7731', '203.0.113.77', 'canary@mail.example', '2001:db8:77:31::1'];
const IDENTITIES = [
  { kind: 'user', id: CANARIES[0] },
  { kind: 'ip', id: CANARIES[1] },
  { kind: 'email', id: CANARIES[2] },
  { kind: 'ip', id: CANARIES[3] },
];
const POLICIES = {
  api: { limit: 2, windowSeconds: LONG },
  login: { limit: 1, windowSeconds: LONG, algorithm: 'log', blockSeconds: 60 },
  mail: { limit: 1, windowSeconds: LONG, algorithm: 'gcra' },
  hour: { limit: 1, windowSeconds: LONG, algorithm: 'fixed' },
};

let server;

beforeAll(async () => {
  server = await startRedis();
});

beforeEach(() => server.command('FLUSHALL'));

function open(options) {
  const lines = [];
  const write = (level) => (line) => lines.push(`${level} ${line}`);
  const logger = Object.fromEntries(['error', 'warn', 'info', 'debug', 'trace'].map((l) => [l, write(l)]));
  return { lines, instance: openPackage({ url: server.url, logger, logLevel: 'trace', ...options }) };
}

async function useAll(limiter) {
  const said = [];
  for (const identity of IDENTITIES) {
    for (const policy of Object.keys(POLICIES)) {
      for (const organizationId of [undefined, 'org-1']) {
        const check = { policy, ...identity, organizationId };
        for (let i = 0; i < 3; i += 1) said.push(await limiter.consume(check));
        said.push(await limiter.peek(check));
        await limiter.refund(check);
        await limiter.reset(check);
        await limiter.consume(check);
      }
    }
    await limiter.block(identity, 60, 'for a test');
    said.push(await limiter.consume({ policy: 'api', ...identity }));
    said.push(await rejection(limiter.consume({ policy: identity.id, ...identity })));
    said.push(await rejection(limiter.consume({ policy: 'api', ...identity, cost: -1 })));
    said.push(await rejection(limiter.consume({ policy: 'api', kind: 'ip', id: `${identity.id}!` })));
    said.push(await rejection(limiter.consume({ policy: 'api', ...identity, [identity.id]: 1 })));
  }
  return said.map((value) => (value instanceof Error ? `${value.stack} ${JSON.stringify(value)}` : value));
}

test('no identifier is in keys, values, logs, events, errors, decisions or on the channel', async () => {
  const { lines, instance } = open();
  const limiter = instance.createLimiter({ secret: SECRET, decisionMs: 2000, policies: POLICIES });
  const events = [];
  for (const event of ['limited', 'blocked']) limiter.on(event, (detail) => events.push(detail));
  const messages = [];
  const take = (message) => messages.push(message);
  const limits = channel('orgcache:limit');
  limits.subscribe(take);
  const said = await useAll(limiter);
  limits.unsubscribe(take);
  expect(events.length).toBeGreaterThan(10);
  expect(messages.length).toBeGreaterThan(50);
  const stored = [];
  for (const key of await server.keys()) {
    const type = await server.command('TYPE', key);
    const value = type === 'string' ? await server.command('GET', key) : await server.command('DUMP', key);
    stored.push(`${key} ${value}`);
  }
  expect(stored.length).toBeGreaterThan(20);
  const everything = JSON.stringify({ lines, events, messages, said, stored, stats: limiter.stats() });
  for (const canary of CANARIES) expect(everything).not.toContain(canary);
  expect(everything).not.toContain('org-1"');
});

test('keys name namespace, policy and scope, have a hash tag, and expire', async () => {
  const { instance } = open({ logLevel: 'off' });
  const limiter = instance.createLimiter({
    secret: SECRET,
    decisionMs: 2000,
    namespace: 'shop',
    policies: { api: POLICIES.api },
  });
  const check = { policy: 'api', kind: 'user', id: 'u-1' };
  await limiter.consume([check, { ...check, organizationId: 'org-1' }]);
  const keys = (await server.keys('*!limit:shop:api:*')).map((key) => key.split('!limit:')[1]);
  const hash = '[\\w-]{22}';
  expect(keys).toEqual(
    expect.arrayContaining([
      expect.stringMatching(new RegExp(`^shop:api:[^:{]+:\\{${hash}\\}$`)),
      expect.stringMatching(new RegExp(`^shop:api:\\{org-1\\}:${hash}$`)),
    ]),
  );
  for (const key of await server.keys()) {
    expect([key, await server.command('TTL', key)]).toEqual([key, expect.any(Number)]);
    expect(await server.command('TTL', key)).toBeGreaterThan(0);
  }
});

test('the same secret gives the same keys, and another secret others', async () => {
  const secrets = [SECRET, SECRET, 'another secret that nobody shares, 32'];
  const remaining = [];
  for (const secret of secrets) {
    const { instance } = open({ logLevel: 'off' });
    const limiter = instance.createLimiter({ secret, decisionMs: 2000, policies: { api: POLICIES.api } });
    remaining.push((await limiter.consume({ policy: 'api', kind: 'user', id: 'u-1' })).remaining);
  }
  expect(remaining).toEqual([1, 0, 1]);
});

test('a limiter without a secret warns once an instance', async () => {
  const { lines, instance } = open({ logLevel: 'warn' });
  for (const namespace of ['a', 'b']) {
    const limiter = instance.createLimiter({ namespace, policies: { api: POLICIES.api }, decisionMs: 2000 });
    await limiter.consume({ policy: 'api', kind: 'user', id: 'u-1' });
  }
  const { instance: quiet, lines: none } = open({ logLevel: 'off' });
  await quiet
    .createLimiter({ policies: { api: POLICIES.api } })
    .consume({ policy: 'api', kind: 'user', id: 'u' });
  expect(lines.filter((line) => line.includes('secret'))).toHaveLength(1);
  expect(none).toEqual([]);
});

test('a server that may evict limits is named in one warning, and one that may not in none', async () => {
  const use = async (instance) => {
    for (const namespace of ['a', 'b']) {
      const limiter = instance.createLimiter({
        secret: SECRET,
        namespace,
        policies: POLICIES,
        decisionMs: 2000,
      });
      await limiter.consume({ policy: 'api', kind: 'user', id: 'u-1' });
    }
    await instance.redisManager.getClient().ping();
  };
  const { lines: before, instance: first } = open({ logLevel: 'warn' });
  await use(first);
  await server.command('CONFIG', 'SET', 'maxmemory', '100mb');
  await server.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
  const { lines, instance } = open({ logLevel: 'warn' });
  await use(instance);
  await until(() => lines.length > 0);
  await server.command('CONFIG', 'SET', 'maxmemory', '0');
  expect(lines).toEqual([expect.stringContaining('maxmemory-policy is allkeys-lru')]);
  expect(before).toEqual([]);
});
