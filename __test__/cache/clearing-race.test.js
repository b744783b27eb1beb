'use strict';

const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');

const ROUNDS = 40;
const PHONES = Array.from({ length: 50 }, (_, i) => `+1555000${i}`);

describe('clearing an organization while another process writes to it', () => {
  test('leaves no value that a later clearing does not find', async () => {
    const redis = await startRedis();
    const writer = openPackage({ url: redis.url });
    const clearer = openPackage({ url: redis.url });
    let isDone = false;
    const writing = (async () => {
      for (let round = 0; !isDone; round++) {
        await Promise.all(
          PHONES.map((phone) => writer.cacheAdapter.setConversationContext('busy', phone, [{ round }])),
        );
      }
    })();
    for (let round = 0; round < ROUNDS; round++) await clearer.cacheAdapter.clearOrganizationCache('busy');
    isDone = true;
    await writing;
    await clearer.cacheAdapter.clearOrganizationCache('busy');
    const left = (await redis.keys()).filter((key) => key.includes('busy') && !key.includes('!cleared'));
    expect(left).toEqual([]);
  });
});
