'use strict';

const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');
const { MESSAGES, PHONE } = require('../support/adapter-methods');

const ORG_KEY = 'org-123:1234567890';

const redis = withRedis({ flushBeforeEach: true });
const modes = {};

beforeAll(async () => {
  modes.redis = openPackage({ url: redis.url });
  modes.memory = openPackage({ useRedis: false });
  const port = await closedPort();
  const away = { host: '127.0.0.1', port, commandTimeout: 500, connectTimeout: 500, logLevel: 'off' };
  modes.away = openPackage(away);
});

describe.each(['redis', 'memory'])('the migration manager, %s store', (mode) => {
  let manager;
  let adapter;
  let serial = 0;
  const fresh = (word) => `${word}-${mode}-${++serial}`;

  beforeAll(() => {
    ({ redisMigrationManager: manager, cacheAdapter: adapter } = modes[mode]);
  });

  test('answers an empty list for a conversation that is nowhere', async () => {
    expect(await manager.getConversationContext(fresh('org'), PHONE)).toEqual([]);
    expect(await manager.getConversationContext(fresh('org'), PHONE, new Map())).toEqual([]);
  });

  test('answers null for a summary, a lead and an organization that are nowhere', async () => {
    expect(await manager.getConversationSummary(fresh('org'), PHONE, new Map())).toBeNull();
    expect(await manager.getPhoneToLeadMapping(`+${1_000_000 + serial}`, new Map())).toBeNull();
    expect(await manager.getOrganizationData(fresh('org'), new Map())).toBeNull();
  });

  test('answers from the cache first', async () => {
    const org = fresh('org');
    const map = new Map([[`${org}:1234567890`, [{ content: 'from the Map' }]]]);
    await adapter.setConversationContext(org, PHONE, MESSAGES);
    expect(await manager.getConversationContext(org, PHONE, map)).toEqual(MESSAGES);
  });

  test.each([
    ['the organization key', (org) => `${org}:1234567890`],
    ['the phone alone', () => PHONE],
  ])('takes the Map’s value under %s, moves it into the cache and then deletes it', async (_name, keyOf) => {
    const org = fresh('org');
    const map = new Map([[keyOf(org), MESSAGES]]);
    expect(await manager.getConversationContext(org, PHONE, map)).toEqual(MESSAGES);
    expect(map.size).toBe(0);
    expect(await adapter.getConversationContext(org, PHONE)).toEqual(MESSAGES);
    expect(await manager.getConversationContext(org, PHONE, map)).toEqual(MESSAGES);
  });

  test('prefers the entry of the organization to the bare phone', async () => {
    const org = fresh('org');
    const map = new Map([
      [PHONE, [{ content: 'bare' }]],
      [`${org}:1234567890`, MESSAGES],
    ]);
    expect(await manager.getConversationContext(org, PHONE, map)).toEqual(MESSAGES);
    expect(map.has(`${org}:1234567890`)).toBe(false);
  });

  test('never takes the entry of another organization', async () => {
    const map = new Map([['org-other:1234567890', MESSAGES]]);
    expect(await manager.getConversationContext(fresh('org'), PHONE, map)).toEqual([]);
    expect(map.size).toBe(1);
  });

  test('moves summaries likewise', async () => {
    const org = fresh('org');
    const map = new Map([[`${org}:1234567890`, { summary: 'short' }]]);
    expect(await manager.getConversationSummary(org, PHONE, map)).toEqual({ summary: 'short' });
    expect(map.size).toBe(0);
    expect(await adapter.getConversationSummary(org, PHONE)).toEqual({ summary: 'short' });
  });

  test('moves leads of phones likewise, with the way back', async () => {
    const [phone, lead] = [`+4930${1_000_000 + ++serial}`, fresh('lead')];
    const map = new Map([[phone, lead]]);
    expect(await manager.getPhoneToLeadMapping(phone, map)).toBe(lead);
    expect(map.size).toBe(0);
    expect(await adapter.getLeadToPhoneMapping(lead)).toBe(phone);
  });

  test.each([
    ['a name', 'Northwind Motors'],
    ['an object with a name', { name: 'Northwind Motors', cachedAt: 1 }],
  ])('reads an organization from a Map that holds %s', async (_name, entry) => {
    const org = fresh('org');
    const map = new Map([[org, entry]]);
    expect(await manager.getOrganizationData(org, map)).toBe('Northwind Motors');
    expect(map.size).toBe(0);
    expect(await adapter.getOrganizationData(org)).toBe('Northwind Motors');
  });

  test('an organization without a name stays in its Map', async () => {
    const org = fresh('org');
    const map = new Map([[org, { cachedAt: 1 }]]);
    expect(await manager.getOrganizationData(org, map)).toBeNull();
    expect(map.get(org)).toEqual({ cachedAt: 1 });
  });

  test('a set goes to the cache and the old Map entry goes away', async () => {
    const org = fresh('org');
    const map = new Map([[`${org}:1234567890`, [{ content: 'old' }]]]);
    expect(await manager.setConversationContext(org, PHONE, MESSAGES, map)).toBe(true);
    expect(map.size).toBe(0);
    expect(await adapter.getConversationContext(org, PHONE)).toEqual(MESSAGES);
  });

  test('every set answers true without a Map', async () => {
    const org = fresh('org');
    expect(await manager.setConversationContext(org, PHONE, MESSAGES)).toBe(true);
    expect(await manager.setConversationSummary(org, PHONE, 'short')).toBe(true);
    expect(await manager.setPhoneToLeadMapping(PHONE, fresh('lead'))).toBe(true);
    expect(await manager.setOrganizationData(org, 'Northwind')).toBe(true);
    expect(await manager.getConversationSummary(org, PHONE)).toBe('short');
    expect(await manager.getOrganizationData(org)).toBe('Northwind');
  });

  test('answers migration and cache statistics', async () => {
    const stats = await manager.getStats();
    expect(stats).toEqual({ migration: expect.any(Object), cache: expect.any(Object) });
    expect(stats.migration).toMatchObject({
      conversationContexts: expect.any(Number),
      conversationSummaries: expect.any(Number),
      leadMappings: expect.any(Number),
      organizationData: expect.any(Number),
      agentConfigs: expect.any(Number),
      errors: expect.any(Number),
    });
    expect(stats.cache).toMatchObject({ redisEnabled: mode === 'redis' });
    expect(await manager.healthCheck()).toMatchObject({
      adapter: { status: 'healthy' },
      redis: { status: expect.any(String) },
    });
  });

  test('counts moved entries', async () => {
    const org = fresh('org');
    const before = { ...manager.migrationStats };
    const map = new Map([[`${org}:1234567890`, MESSAGES]]);
    await manager.getConversationContext(org, PHONE, map);
    await manager.getConversationContext(org, PHONE, map);
    expect(manager.migrationStats.conversationContexts - before.conversationContexts).toBe(1);
    expect(manager.migrationStats.errors).toBe(before.errors);
  });
});

describe('the migration manager while Redis is away', () => {
  test('keeps the entry in the Map and answers from it', async () => {
    const { redisMigrationManager: manager } = modes.away;
    const map = new Map([[ORG_KEY, MESSAGES]]);
    expect(await manager.getConversationContext('org-123', PHONE, map)).toEqual(MESSAGES);
    expect(map.get(ORG_KEY)).toEqual(MESSAGES);
  });

  test('puts a new value into the Map under the organization key and answers false', async () => {
    const { redisMigrationManager: manager } = modes.away;
    const map = new Map([[PHONE, [{ content: 'old' }]]]);
    expect(await manager.setConversationContext('org-5', PHONE, MESSAGES, map)).toBe(false);
    expect(map.get('org-5:1234567890')).toEqual(MESSAGES);
    expect(await manager.getConversationContext('org-5', PHONE, map)).toEqual(MESSAGES);
  });

  test('does so for summaries, leads and organizations', async () => {
    const { redisMigrationManager: manager } = modes.away;
    const [summaries, leads, organizations] = [new Map(), new Map(), new Map()];
    expect(await manager.setConversationSummary('org-5', PHONE, 'short', summaries)).toBe(false);
    expect(await manager.setPhoneToLeadMapping(PHONE, 'lead-5', leads)).toBe(false);
    expect(await manager.setOrganizationData('org-5', 'Northwind', organizations)).toBe(false);
    expect(summaries.size).toBe(1);
    expect(leads.size).toBe(1);
    expect(organizations.size).toBe(1);
    expect(await manager.getConversationSummary('org-5', PHONE, summaries)).toBe('short');
    expect(await manager.getPhoneToLeadMapping(PHONE, leads)).toBe('lead-5');
    expect(await manager.getOrganizationData('org-5', organizations)).toBe('Northwind');
  });

  test('migrateExistingMaps deletes nothing', async () => {
    const { redisMigrationManager: manager } = modes.away;
    const conversationContexts = new Map(
      Array.from({ length: 100 }, (_, index) => [`org-1:${1000 + index}`, MESSAGES]),
    );
    // Whether it rejects or reports is not the point: the entries are.
    await manager.migrateExistingMaps({ conversationContexts }).catch(() => {});
    expect(conversationContexts.size).toBe(100);
  });

  test('a set without a Map answers a boolean and is read back', async () => {
    const { redisMigrationManager: manager } = modes.away;
    expect(typeof (await manager.setConversationContext('org-6', PHONE, MESSAGES))).toBe('boolean');
    expect(await manager.getConversationContext('org-6', PHONE)).toEqual(MESSAGES);
  });
});

describe('organization keys', () => {
  test.each([
    ['org-123', '+1 (234) 567-890', 'org-123:1234567890', '1234567890'],
    ['a:b', '+12', 'a:b:12', '12'],
  ])('of %j and %j are made and taken apart', (orgId, phone, orgKey, digits) => {
    const manager = modes.memory.redisMigrationManager;
    expect(manager.createOrgKey(orgId, phone)).toBe(orgKey);
    expect(manager.parseOrgKey(orgKey)).toEqual({ orgId, phoneNumber: digits });
  });

  test('of the empty organization is the phone alone, and the value under its old form is its own', () => {
    const manager = modes.memory.redisMigrationManager;
    expect(manager.createOrgKey('', '+12')).toBe('12');
    expect(manager.parseOrgKey(':12')).toEqual({ orgId: '', phoneNumber: '12' });
  });

  test('of no organization is the phone alone', () => {
    const manager = modes.memory.redisMigrationManager;
    expect(manager.createOrgKey(null, '+12')).toBe('12');
    expect(manager.parseOrgKey('12')).toEqual({ orgId: null, phoneNumber: '12' });
  });
});

describe('printing the migration statistics', () => {
  test('goes to the logger that was configured, without a phone', async () => {
    const lines = [];
    const write = (...args) => lines.push(args.map(String).join(' '));
    const logger = { error: write, warn: write, info: write, debug: write };
    const { redisMigrationManager: manager } = openPackage({ useRedis: false, logger, logLevel: 'info' });
    await manager.getConversationContext('org-1', '+4930555777', new Map([['org-1:4930555777', MESSAGES]]));
    const printed = jest.spyOn(console, 'log').mockImplementation(write);
    try {
      await manager.printMigrationStats();
    } finally {
      printed.mockRestore();
    }
    expect(lines.join('\n')).toMatch(/\b1\b/);
    expect(lines.join('\n')).not.toContain('4930555777');
  });
});
