'use strict';

const { ADAPTER_METHODS, MESSAGES, PHONE } = require('./adapter-methods');
const { rejection, until } = require('./wait');

const TTL_CONFIG = {
  conversationContext: 7200,
  conversationSummary: 7200,
  conversationHistory: 120,
  organizationData: 120,
  agentConfig: 3600,
  sseResponse: 10,
  leadData: 300,
  preComputedContext: 120,
};

/**
 * What the adapter promises wherever its values lie. `open` answers a configured package; it is
 * called once. `mode` is what differs: `redisEnabled`, `connected` (Redis can be reached), and
 * `acknowledges` (a set answers true, and not only a boolean).
 */
function describeAdapter(title, open, mode) {
  describe(title, () => {
    let orgcache;
    let adapter;
    let serial = 0;
    const fresh = (word) => `${word}-${++serial}`;
    const expectTaken = (answer) => {
      if (mode.acknowledges) expect(answer).toBe(true);
      else expect(typeof answer).toBe('boolean');
    };

    beforeAll(async () => {
      orgcache = await open();
      adapter = orgcache.cacheAdapter;
    });

    describe.each(ADAPTER_METHODS)('$noun', ({ set, get, id, otherId, value }) => {
      test('is null before anything was set', async () => {
        expect(await adapter[get](...otherId)).toBeNull();
      });

      test('comes back as it was set, and only where it was set', async () => {
        expectTaken(await adapter[set](...id, value));
        expect(await adapter[get](...id)).toEqual(value);
        expect(await adapter[get](...otherId)).toBeNull();
      });
    });

    test('a later value replaces the earlier one', async () => {
      const org = fresh('org');
      await adapter.setConversationContext(org, PHONE, MESSAGES);
      await adapter.setConversationContext(org, PHONE, MESSAGES.slice(1));
      expect(await adapter.getConversationContext(org, PHONE)).toEqual(MESSAGES.slice(1));
    });

    test('a phone is recognized however it is written', async () => {
      const org = fresh('org');
      await adapter.setConversationContext(org, '+1 (234) 567-890', MESSAGES);
      expect(await adapter.getConversationContext(org, '1234567890')).toEqual(MESSAGES);
    });

    test('the global scope is apart from every organization', async () => {
      const phone = '+15550001111';
      await adapter.setConversationContext(null, phone, [{ from: 'nobody' }]);
      await adapter.setConversationContext('global', phone, [{ from: 'global' }]);
      expect(await adapter.getConversationContext(null, phone)).toEqual([{ from: 'nobody' }]);
      expect(await adapter.getConversationContext(undefined, phone)).toEqual([{ from: 'nobody' }]);
      expect(await adapter.getConversationContext('global', phone)).toEqual([{ from: 'global' }]);
    });

    test('setting the lead of a phone also sets the phone of the lead', async () => {
      const lead = fresh('lead');
      expectTaken(await adapter.setPhoneToLeadMapping('+15550002222', lead));
      expect(await adapter.getPhoneToLeadMapping('+15550002222')).toBe(lead);
      expect(await adapter.getLeadToPhoneMapping(lead)).toBe('+15550002222');
      expect(await adapter.getLeadToPhoneMapping(fresh('lead'))).toBeNull();
    });

    test('an agent is configured unless said otherwise', async () => {
      const agent = fresh('agent');
      await adapter.setAgentConfig(agent, PHONE);
      expect(await adapter.getAgentConfig(agent, PHONE)).toBe(true);
      await adapter.setAgentConfig(agent, PHONE, false);
      expect(await adapter.getAgentConfig(agent, PHONE)).toBe(false);
    });

    test.each([
      ['an empty list', []],
      ['an empty object', {}],
      ['an empty text', ''],
      ['zero', 0],
      ['false', false],
      ['text that looks compressed', 'compressed:{"a":1}'],
      ['text with a NUL and a lone surrogate', '\u0000\u0001\ud800'],
      ['1,023 letters', 'x'.repeat(1023)],
      ['1,024 letters', 'x'.repeat(1024)],
      [
        '100 kB of repeating rows',
        Array.from({ length: 1000 }, (_, row) => ({ row, text: 'again '.repeat(15) })),
      ],
    ])('%s is a value like any other', async (_name, value) => {
      const key = fresh('value');
      expectTaken(await adapter.set(key, value));
      expect(await adapter.get(key)).toEqual(value);
    });

    test('many values are answered in the order of their keys', async () => {
      const keys = Array.from({ length: 40 }, (_, index) => fresh(`many${index}`));
      for (const key of keys.slice(0, -1)) expectTaken(await adapter.set(key, { key }));
      const found = await adapter.getMany(keys);
      expect(found).toEqual([...keys.slice(0, -1).map((key) => ({ key })), null]);
      expect(await adapter.getMany([])).toEqual([]);
      await expect(adapter.getMany('k')).rejects.toMatchObject({ code: 'E_KEY' });
      await expect(adapter.getMany([keys[0], undefined])).rejects.toMatchObject({ code: 'E_KEY' });
    });

    test('values are what JSON makes of them', async () => {
      const key = fresh('json');
      await adapter.set(key, { when: new Date(0), left: undefined, not: Number.NaN });
      expect(await adapter.get(key)).toEqual({ when: '1970-01-01T00:00:00.000Z', not: null });
    });

    test('what the caller changes after the call is not stored', async () => {
      const key = fresh('mutated');
      const value = { list: [1] };
      const answer = adapter.set(key, value);
      value.list.push(2);
      await answer;
      const first = await adapter.get(key);
      expect(first).toEqual({ list: [1] });
      first.list.push(3);
      expect(await adapter.get(key)).toEqual({ list: [1] });
    });

    test('a set that was not awaited is seen by the get after it', async () => {
      const key = fresh('order');
      adapter.set(key, 'first');
      const second = adapter.set(key, 'second');
      expect(await adapter.get(key)).toBe('second');
      await second;
    });

    test('a deleted value is gone, and only the first delete found it', async () => {
      const key = fresh('deleted');
      await adapter.set(key, 'here');
      if (mode.acknowledges) {
        expect(await adapter.delete(key)).toBe(true);
        expect(await adapter.delete(key)).toBe(false);
      } else {
        expect(typeof (await adapter.delete(key))).toBe('boolean');
      }
      expect(await adapter.get(key)).toBeNull();
    });

    test('a value is gone after its TTL and not before', async () => {
      const key = fresh('short');
      const startedAt = performance.now();
      await adapter.set(key, 'brief', 1);
      expect(await adapter.get(key)).toBe('brief');
      await until(async () => (await adapter.get(key)) === null, { timeoutMs: 4000, what: 'the expiry' });
      expect(performance.now() - startedAt).toBeGreaterThan(950);
    });

    test('clearing an organization takes its values and nobody else’s', async () => {
      const [cleared, kept] = [fresh('org'), fresh('org')];
      for (const org of [cleared, kept, null]) {
        await adapter.setConversationContext(org, '+15550003333', MESSAGES);
        await adapter.setConversationSummary(org, '+15550003333', { org });
      }
      await adapter.setOrganizationData(cleared, 'Gone');
      await adapter.clearOrganizationCache(cleared);
      expect(await adapter.getConversationContext(cleared, '+15550003333')).toBeNull();
      expect(await adapter.getConversationSummary(cleared, '+15550003333')).toBeNull();
      expect(await adapter.getOrganizationData(cleared)).toBeNull();
      for (const org of [kept, null]) {
        expect(await adapter.getConversationContext(org, '+15550003333')).toEqual(MESSAGES);
        expect(await adapter.getConversationSummary(org, '+15550003333')).toEqual({ org });
      }
    });

    test('a cleared organization can be written again', async () => {
      const org = fresh('org');
      await adapter.setConversationContext(org, PHONE, MESSAGES);
      await adapter.clearOrganizationCache(org);
      await adapter.setConversationContext(org, PHONE, MESSAGES);
      expect(await adapter.getConversationContext(org, PHONE)).toEqual(MESSAGES);
    });

    test('a value that is not JSON rejects, and the old value stays', async () => {
      const key = fresh('serialize');
      await adapter.set(key, 'old');
      expect(await rejection(adapter.set(key, undefined))).toMatchObject({ code: 'E_SERIALIZE' });
      expect(await adapter.get(key)).toBe('old');
    });

    test('requests in flight are kept in the process, the promise itself', () => {
      const key = fresh('flight');
      const request = Promise.resolve(1);
      expect(adapter.getInflightRequest(key) ?? null).toBeNull();
      adapter.setInflightRequest(key, request);
      expect(adapter.getInflightRequest(key)).toBe(request);
      adapter.deleteInflightRequest(key);
      expect(adapter.getInflightRequest(key) ?? null).toBeNull();
    });

    test('human control sessions are kept in the process by organization and phone', () => {
      const org = fresh('org');
      const session = { agent: 'Grace', since: new Date() };
      expect(adapter.getHumanControlSession(org, PHONE) ?? null).toBeNull();
      adapter.setHumanControlSession(org, PHONE, session);
      expect(adapter.getHumanControlSession(org, PHONE)).toBe(session);
      expect(adapter.getHumanControlSession(fresh('org'), PHONE) ?? null).toBeNull();
      adapter.deleteHumanControlSession(org, PHONE);
      expect(adapter.getHumanControlSession(org, PHONE) ?? null).toBeNull();
    });

    test('the organization key is the organization and the digits of the phone', () => {
      expect(adapter.createOrgKey('org-1', '+1 (234) 567-890')).toBe('org-1:1234567890');
    });

    test('the TTL table and whether Redis is used can be read', () => {
      expect(adapter.ttlConfig).toMatchObject(TTL_CONFIG);
      expect(adapter.useRedis).toBe(mode.redisEnabled);
      expect(adapter.fallbackMaps).toEqual(expect.any(Object));
    });

    test('the statistics have every documented field', async () => {
      const stats = await adapter.getStats();
      expect(stats).toMatchObject({
        redisEnabled: mode.redisEnabled,
        ttlConfig: TTL_CONFIG,
        fallbackMaps: expect.any(Object),
        config: { keyPrefix: 'jack:dev:', defaultTTL: 7200, compressionThreshold: 1024 },
        cache: {
          redis: {
            hits: expect.any(Number),
            misses: expect.any(Number),
            operations: expect.any(Number),
            errors: expect.any(Number),
            connectionLost: expect.any(Number),
            hitRate: expect.anything(),
            avgResponseTime: expect.anything(),
            isConnected: mode.connected,
            connectionAttempts: expect.any(Number),
          },
          fallback: { size: expect.any(Number), enabled: expect.any(Boolean) },
          config: expect.any(Object),
        },
      });
      for (const size of Object.values(stats.fallbackMaps)) expect(size).toEqual(expect.any(Number));
    });

    if (mode.connected) {
      test('hits and misses are counted', async () => {
        const key = fresh('counted');
        await adapter.set(key, 1);
        const before = (await adapter.getStats()).cache.redis;
        await adapter.get(key);
        await adapter.get(key);
        await adapter.get(fresh('missing'));
        const after = (await adapter.getStats()).cache.redis;
        expect(after.hits - before.hits).toBe(2);
        expect(after.misses - before.misses).toBe(1);
      });
    }

    test('the health has every documented field', async () => {
      const health = await adapter.healthCheck();
      expect(health).toMatchObject({
        adapter: {
          status: expect.any(String),
          redisEnabled: mode.redisEnabled,
          fallbackMaps: expect.anything(),
        },
        redis: { status: expect.any(String) },
        cache: {
          redis: expect.any(Object),
          cache: {
            status: expect.any(String),
            fallbackEnabled: expect.any(Boolean),
            fallbackSize: expect.any(Number),
          },
        },
      });
      if (mode.connected) {
        expect(health.adapter.status).toBe('healthy');
        expect(health.redis).toMatchObject({ status: 'healthy', responseTime: expect.any(Number) });
        expect(health.redis.memory).toBeDefined();
      } else if (mode.redisEnabled) {
        expect(health.redis.status).not.toBe('healthy');
        expect(health.redis.error).toBeTruthy();
      } else {
        expect(health.adapter.status).toBe('healthy');
      }
    });

    test('500 gets and sets at once each have their own answer', async () => {
      const org = fresh('org');
      const phones = Array.from({ length: 500 }, (_, index) => `+1555${String(index).padStart(7, '0')}`);
      await Promise.all(phones.map((phone) => adapter.setConversationContext(org, phone, [{ phone }])));
      const answers = await Promise.all(phones.map((phone) => adapter.getConversationContext(org, phone)));
      expect(answers).toEqual(phones.map((phone) => [{ phone }]));
    });
  });
}

module.exports = { describeAdapter, TTL_CONFIG };
