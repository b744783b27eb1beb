'use strict';

const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { until } = require('../support/wait');
const { MESSAGES, PHONE } = require('../support/adapter-methods');

// Names that break layers which paste them into keys and patterns.
const ORGANIZATIONS = [
  null,
  'a',
  'a:b',
  'a:b:c',
  'b',
  'A',
  '*',
  'a*',
  '?',
  '[a-z]',
  '\\*',
  '{x}',
  'x',
  'global',
  '%67lobal',
  'a%3Ab',
  'a b',
  'a\u0000b',
  'a\nb',
  '!index',
  '__proto__',
  'constructor',
  'jack:dev:',
  '1234567890',
  'Организация',
  'организация',
  '組織',
];

const orgcaches = [];
const redis = withRedis();

beforeAll(() => {
  orgcaches.push(['over Redis', openPackage({ url: redis.url })]);
  orgcaches.push(['in the memory store', openPackage({ useRedis: false })]);
});

describe.each([0, 1])('hostile organizations, store %#', (store) => {
  let adapter;
  let manager;

  beforeEach(async () => {
    if (store === 0) await redis.command('FLUSHALL');
    ({ cacheAdapter: adapter, cacheManager: manager } = orgcaches[store][1]);
    for (const org of ORGANIZATIONS) {
      await adapter.setConversationContext(org, PHONE, [{ org }]);
      await adapter.setConversationSummary(org, PHONE, { org });
      await manager.set('session', { org }, null, org);
    }
  });

  async function expectValues(org, present) {
    const value = present ? { org } : null;
    expect(await adapter.getConversationContext(org, PHONE)).toEqual(present ? [value] : null);
    expect(await adapter.getConversationSummary(org, PHONE)).toEqual(value);
    expect(await manager.get('session', org)).toEqual(value);
  }

  test('each reads its own values only', async () => {
    for (const org of ORGANIZATIONS) await expectValues(org, true);
  });

  test.each(ORGANIZATIONS.filter((org) => org !== null).map((org) => [JSON.stringify(org), org]))(
    'clearing %s touches no other',
    async (_name, cleared) => {
      await adapter.clearOrganizationCache(cleared);
      for (const org of ORGANIZATIONS) await expectValues(org, org !== cleared);
    },
  );
});

describe('clearing an organization takes out of the maps of the process', () => {
  const phones = Array.from({ length: 1500 }, (_, index) => String(15_550_000 + index));
  const named = ORGANIZATIONS.filter((org) => org !== null);

  test.each(named.map((org) => [JSON.stringify(org), org]))(
    'the keys of %s and no other',
    async (_name, cleared) => {
      const { cacheAdapter } = openPackage({ useRedis: false });
      const map = cacheAdapter.fallbackMaps.activeConversations;
      const others = [
        7,
        PHONE,
        null,
        ...named.filter((org) => org !== cleared).map((org) => `${org}:${PHONE}`),
      ];
      for (const key of [`${cleared}:${PHONE}`, ...others, `${cleared}:`]) map.set(key, 1);
      await cacheAdapter.clearOrganizationCache(cleared);
      expect([...map.keys()]).toEqual(others);
    },
  );

  test('thousands of keys at once', async () => {
    const { cacheAdapter } = openPackage({ useRedis: false });
    const map = cacheAdapter.fallbackMaps.activeConversations;
    for (const phone of phones) map.set(`gone:${phone}`, 1).set(`kept:${phone}`, 2);
    await cacheAdapter.clearOrganizationCache('gone');
    expect([...map.keys()]).toEqual(phones.map((phone) => `kept:${phone}`));
  });
});

describe('clearing an organization in Redis', () => {
  let adapter;
  let manager;

  beforeEach(async () => {
    await redis.command('FLUSHALL');
    ({ cacheAdapter: adapter, cacheManager: manager } = orgcaches[0][1]);
  });

  test('finds every kind of value that belongs to it', async () => {
    await adapter.setConversationContext('org-1', PHONE, MESSAGES);
    await adapter.setConversationSummary('org-1', PHONE, 'text');
    await adapter.setConversationHistoryCache('org-1', PHONE, MESSAGES);
    await adapter.setPreComputedContext('org-1', PHONE, {});
    await adapter.setOrganizationData('org-1', 'One');
    await manager.set('user:5', { name: 'Ada' }, 60, 'org-1');
    await manager.hset('carts', 'c1', { items: 1 }, 60, 'org-1');
    // The package's own keys for organizations begin with `!` after the prefix.
    const values = async () => (await redis.keys()).filter((key) => !key.startsWith('jack:dev:!'));
    expect(await values()).toHaveLength(7);
    await adapter.clearOrganizationCache('org-1');
    await until(async () => (await values()).length === 0, { what: 'the values to be gone' });
  });

  test('through the cache manager does the same', async () => {
    await adapter.setConversationContext('org-1', PHONE, MESSAGES);
    await manager.set('user:5', 1, 60, 'org-1');
    await manager.set('user:5', 2, 60, 'org-2');
    await manager.set('user:5', 3, 60);
    await manager.clearOrganizationCache('org-1');
    expect(await adapter.getConversationContext('org-1', PHONE)).toBeNull();
    expect(await manager.get('user:5', 'org-1')).toBeNull();
    expect(await manager.get('user:5', 'org-2')).toBe(2);
    expect(await manager.get('user:5')).toBe(3);
  });

  test('finds the writes of another process', async () => {
    const other = openPackage({ url: redis.url }).cacheAdapter;
    await other.setConversationContext('org-1', PHONE, MESSAGES);
    await adapter.clearOrganizationCache('org-1');
    expect(await other.getConversationContext('org-1', PHONE)).toBeNull();
  });

  test('uses no command that looks at or stops the whole database', async () => {
    await adapter.setConversationContext('org-1', PHONE, MESSAGES);
    await redis.command('CONFIG', 'RESETSTAT');
    await adapter.clearOrganizationCache('org-1');
    expect(await adapter.getConversationContext('org-1', PHONE)).toBeNull();
    const used = await redis.command('INFO', 'commandstats');
    expect(used).toMatch(/cmdstat_/);
    expect(used).not.toMatch(/cmdstat_(keys|scan|flushdb|flushall|del):/);
  });

  test('takes 5,000 keys and leaves 5,000 others', async () => {
    const phones = Array.from({ length: 5000 }, (_, index) => String(10_000_000 + index));
    await Promise.all(
      phones.flatMap((phone) => [
        adapter.setConversationContext('big', phone, [1]),
        adapter.setConversationContext('kept', phone, [2]),
      ]),
    );
    await adapter.clearOrganizationCache('big');
    const answers = await Promise.all(phones.map((phone) => adapter.getConversationContext('big', phone)));
    expect(answers.every((answer) => answer === null)).toBe(true);
    const kept = await Promise.all(phones.map((phone) => adapter.getConversationContext('kept', phone)));
    expect(kept.every((answer) => answer?.[0] === 2)).toBe(true);
  }, 30_000);
});

describe('the index of an organization in Redis', () => {
  /** The members of all collections, and the keys that would stay forever. */
  async function leftovers() {
    const count = { string: 'STRLEN', zset: 'ZCARD', set: 'SCARD', list: 'LLEN', hash: 'HLEN' };
    let members = 0;
    const immortal = [];
    for (const key of await redis.keys()) {
      const type = await redis.command('TYPE', key);
      if (type === 'none') continue;
      if (type !== 'string') members += await redis.command(count[type], key);
      if ((await redis.command('PTTL', key)) === -1) immortal.push(key);
    }
    return { members, immortal };
  }

  beforeEach(() => redis.command('FLUSHALL'));

  test('never stays in Redis without an expiry', async () => {
    const { cacheAdapter, cacheManager } = orgcaches[0][1];
    await cacheAdapter.setConversationContext('org-1', PHONE, MESSAGES);
    await cacheManager.set('user:5', 1, 60, 'org-1');
    await cacheManager.set('user:6', 1, 60);
    expect((await leftovers()).immortal).toEqual([]);
  });

  test('lives at least as long as the longest value', async () => {
    const { cacheAdapter, cacheManager } = orgcaches[0][1];
    await cacheManager.set('long', 1, 7200, 'org-1');
    await cacheManager.set('short', 1, 1, 'org-1');
    const expired = async () => (await redis.command('EXISTS', 'jack:dev:short:org-1')) === 0;
    await until(expired, { timeoutMs: 4000, what: 'the short value to expire' });
    await cacheAdapter.clearOrganizationCache('org-1');
    expect(await cacheManager.get('long', 'org-1')).toBeNull();
  });

  test('does not grow by keys that have expired', async () => {
    const { cacheManager } = orgcaches[0][1];
    // It extends the lifetime of the organization's index.
    await cacheManager.set('lasting', 1, 7200, 'org-1');
    const brief = Array.from({ length: 300 }, (_, index) =>
      cacheManager.set(`brief-${index}`, index, 1, 'org-1'),
    );
    await Promise.all(brief);
    await until(async () => (await redis.keys('*brief*')).length === 0, {
      timeoutMs: 5000,
      what: '300 values to expire',
    });
    let written = 0;
    const trimmed = async () => {
      // Expired entries would accumulate in an organization that is written to.
      await cacheManager.set(`later-${written++ % 10}`, 1, 60, 'org-1');
      return (await leftovers()).members <= 30;
    };
    await until(trimmed, { timeoutMs: 10_000, what: 'the expired keys to be forgotten' });
  }, 20_000);
});
