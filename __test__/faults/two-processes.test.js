'use strict';

const { setTimeout: delay } = require('node:timers/promises');
const { DRIVERS } = require('./support/fault-test');
const { startProxy } = require('./support/proxy');
const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { until } = require('../support/wait');

const ORGANIZATION = 'org-shared';
const KEYS = 40;
/** Which of two is later, lifetimes tell by the millisecond and within the time of a request. */
const LATER_MS = 20;

/** One instance whose connection to Redis can be cut, and one that stands for another process and goes on. */
async function twoProcesses(driver) {
  const redis = await startRedis();
  const proxy = await startProxy(redis);
  const options = { driver, commandTimeout: 1000, connectTimeout: 1000, logLevel: 'off' };
  const cutOff = openPackage({ ...options, url: redis.url.replace(String(redis.port), String(proxy.port)) });
  const other = openPackage({ ...options, url: redis.url });
  await cutOff.cacheAdapter.get('connect');
  await other.cacheAdapter.get('connect');
  return { redis, proxy, cutOff, other };
}

async function cut({ proxy, cutOff }) {
  await proxy.refuse();
  await until(() => !cutOff.redisManager.isConnected, { what: 'the outage to be noticed' });
}

async function heal({ proxy, cutOff }) {
  const recovered = new Promise((resolve) => cutOff.cacheAdapter.once('recovered', resolve));
  await proxy.heal();
  await recovered;
}

const phone = (index) => `+1555${index}`;
const write = ({ cacheAdapter }, index, text) =>
  cacheAdapter.setConversationContext(ORGANIZATION, phone(index), [{ text }]);
const read = async ({ cacheAdapter }, index) =>
  (await cacheAdapter.getConversationContext(ORGANIZATION, phone(index)))?.[0].text;

describe.each(DRIVERS)('two processes that write the same keys, with the %s driver', (driver) => {
  test('the later write of each key is there after the replay, whoever made it', async () => {
    const bench = await twoProcesses(driver);
    const { cutOff, other } = bench;
    for (let index = 0; index < KEYS; index += 1) await write(other, index, 'before');
    await cut(bench);
    // The other process writes every second key last.
    for (let index = 0; index < KEYS; index += 1) {
      if (index % 2 === 0) expect(await write(cutOff, index, 'cut off')).toBe(true);
      else expect(await write(other, index, 'other')).toBe(true);
    }
    await delay(LATER_MS);
    for (let index = 0; index < KEYS; index += 1) {
      if (index % 2 === 0) expect(await write(other, index, 'other, later')).toBe(true);
      else expect(await write(cutOff, index, 'cut off, later')).toBe(true);
    }
    await heal(bench);
    for (let index = 0; index < KEYS; index += 1) {
      const expected = index % 2 === 0 ? 'other, later' : 'cut off, later';
      expect([await read(other, index), await read(cutOff, index)]).toEqual([expected, expected]);
    }
    const { replayed, superseded } = cutOff.cacheManager.getStats().redis;
    expect([replayed, superseded]).toEqual([KEYS / 2, KEYS / 2]);
  }, 60_000);

  test('a clearing of the one keeps what the other has written since', async () => {
    const bench = await twoProcesses(driver);
    const { cutOff, other } = bench;
    for (let index = 0; index < KEYS; index += 1) await write(other, index, 'before');
    await cut(bench);
    await cutOff.cacheAdapter.clearOrganizationCache(ORGANIZATION);
    await delay(LATER_MS);
    for (let index = 0; index < KEYS; index += 2) await write(other, index, 'since');
    await heal(bench);
    for (let index = 0; index < KEYS; index += 1) {
      expect(await read(other, index)).toBe(index % 2 === 0 ? 'since' : undefined);
    }
  }, 60_000);

  test('a delete of the one keeps what the other has written since', async () => {
    const bench = await twoProcesses(driver);
    const { cutOff, other } = bench;
    await other.cacheAdapter.set('gone', 'before');
    await other.cacheAdapter.set('again', 'before');
    await cut(bench);
    await cutOff.cacheAdapter.delete('gone');
    await cutOff.cacheAdapter.delete('again');
    await delay(LATER_MS);
    await other.cacheAdapter.set('again', 'since');
    await heal(bench);
    expect(await other.cacheAdapter.get('gone')).toBeNull();
    expect(await other.cacheAdapter.get('again')).toBe('since');
  }, 60_000);
});
