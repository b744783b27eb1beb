'use strict';

const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { until } = require('../support/wait');

const HASHES = 40;
const ROUNDS = 3;
/** Written values survive the server. */
const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always'];

test.each(['loop', 'thread'])(
  'hashes that are deleted in an outage are gone after it, with the %s driver',
  async (driver) => {
    const redis = await startRedis({ args: DURABLE });
    const instance = openPackage({ url: redis.url, logLevel: 'off', driver });
    const { cacheManager } = instance;
    const state = () => cacheManager.getStats().redis;
    const keys = Array.from({ length: HASHES }, (_, index) => `hash-${index}`);
    for (let round = 0; round < ROUNDS; round++) {
      for (const key of keys) expect(await cacheManager.hset(key, 'field', { round }, 60)).not.toBe(false);
      await redis.kill();
      await until(() => state().state === 'degraded', { what: 'the outage' });
      for (const key of keys) await cacheManager.delete(key);
      await redis.launch();
      await until(() => state().state === 'ready' && state().journal.entries === 0, {
        what: 'the replay',
        timeoutMs: 10_000,
      });
      const left = await Promise.all(keys.map((key) => cacheManager.hget(key, 'field')));
      expect(left.filter((value) => value !== null)).toEqual([]);
    }
    await instance.shutdown();
    await redis.stop();
  },
  60_000,
);
