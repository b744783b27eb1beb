'use strict';

const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');

describe.each(['loop', 'thread'])('a raw command of very many words, with the %s driver', (driver) => {
  test.each([65_534, 65_535, 65_536, 80_001])(
    '%i keys are read, and the calls beside it are right',
    async (count) => {
      const redis = await startRedis();
      const { cacheAdapter, redisManager } = openPackage({ url: redis.url, driver });
      const client = redisManager.getClient();
      await client.set('secret', 'not for x');
      await client.set('x', 'x');
      const keys = Array.from({ length: count }, (_, i) => `k${i}`);
      const [many, x, isSet] = await Promise.all([
        client.mget([...keys.slice(0, -1), 'secret']),
        client.get('x'),
        cacheAdapter.setConversationContext('org-1', '111', ['value']),
      ]);
      expect(many).toHaveLength(count);
      expect(many.at(-1)).toBe('not for x');
      expect(x).toBe('x');
      expect(isSet).toBe(true);
      expect(await cacheAdapter.getConversationContext('org-1', '111')).toEqual(['value']);
    },
  );
});

describe('the embedded store', () => {
  test('lets a listener of ready use the cache', async () => {
    const { cacheAdapter } = openPackage({ useRedis: false });
    const heard = [];
    const isTold = new Promise((resolve) => {
      cacheAdapter.on('ready', () => {
        heard.push('ready');
        cacheAdapter.set('k', 1).then(resolve);
      });
    });
    await cacheAdapter.get('first');
    await isTold;
    expect(heard).toEqual(['ready']);
    expect(await cacheAdapter.get('k')).toBe(1);
  });

  test('says to a raw command that there is no Redis', async () => {
    const client = openPackage({ useRedis: false }).redisManager.getClient();
    await expect(client.get('k')).rejects.toMatchObject({ code: 'E_CONNECT' });
  });

  test('refuses a name or a setting that has no JSON, and names cut inside a character', async () => {
    const { cacheAdapter } = openPackage({ useRedis: false });
    await expect(cacheAdapter.setOrganizationData('org', undefined)).rejects.toMatchObject({
      code: 'E_SERIALIZE',
    });
    await expect(cacheAdapter.setAgentConfig('a', '1', () => 1)).rejects.toMatchObject({
      code: 'E_SERIALIZE',
    });
    await expect(cacheAdapter.setConversationContext('org\ud83d', '1', [1])).rejects.toMatchObject({
      code: 'E_KEY',
    });
  });

  test('takes a lifetime that is a number as text', async () => {
    const redis = await startRedis();
    const { cacheAdapter } = openPackage({ url: redis.url });
    await cacheAdapter.set('k', 'v', '60');
    expect(await redis.command('PTTL', 'jack:dev:kv:k')).toBeLessThanOrEqual(60_000);
  });
});
