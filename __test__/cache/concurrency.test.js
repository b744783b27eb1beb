'use strict';

const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');

const MIXED_CALLS = 50_000;

const redis = withRedis();

/** Repeatable numbers, so that a failure can be looked at again. */
function randomNumbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const STORES = [
  ['Redis, thread driver', () => ({ url: redis.url, driver: 'thread' })],
  ['Redis, loop driver', () => ({ url: redis.url, driver: 'loop' })],
  ['the memory store', () => ({ useRedis: false })],
];

describe.each(STORES)('many calls at once with %s', (name, options) => {
  test('100,000 gets and sets issued in one turn all settle with their own value', async () => {
    const { cacheAdapter: adapter } = openPackage(options());
    const count = 50_000;
    const sets = Array.from({ length: count }, (_, index) => adapter.set(`${name}-${index}`, { index }));
    const gets = Array.from({ length: count }, (_, index) => adapter.get(`${name}-${index}`));
    expect((await Promise.all(sets)).every((answer) => answer === true)).toBe(true);
    const wrong = (await Promise.all(gets)).filter((value, index) => value?.index !== index);
    expect(wrong).toEqual([]);
  }, 60_000);

  test('50,000 mixed calls of 100 callers never meet the answer of another call', async () => {
    const { cacheAdapter: adapter, cacheManager: manager, redisManager } = openPackage(options());
    const client = name === 'the memory store' ? null : redisManager.getClient();
    const mismatches = [];
    const check = (what, key, value) => {
      if (value !== null && value.key !== key) mismatches.push({ what, key, got: value.key });
    };
    const filler = ['', 'x'.repeat(300), 'long '.repeat(1000)];

    async function caller(number) {
      const random = randomNumbers(number + 1);
      for (let call = 0; call < MIXED_CALLS / 100; call += 1) {
        const [org, phone] = [`org-${random(5)}`, `49${random(500)}`];
        const key = `${org}:${phone}`;
        const value = { key, text: filler[random(3)] };
        switch (random(8)) {
          case 0:
            await adapter.setConversationContext(org, phone, value);
            break;
          case 1:
            await adapter.setConversationSummary(org, phone, value);
            break;
          case 2:
            check('summary', key, await adapter.getConversationSummary(org, phone));
            break;
          case 3:
            await manager.hset('fields', phone, value, 60, org);
            break;
          case 4:
            check('field', key, await manager.hget('fields', phone, org));
            break;
          case 5:
            if (client) expect(await client.call('ECHO', key)).toBe(key);
            break;
          case 6:
            await adapter.delete(key);
            break;
          default:
            check('context', key, await adapter.getConversationContext(org, phone));
        }
      }
    }

    await Promise.all(Array.from({ length: 100 }, (_, number) => caller(number)));
    expect(mismatches).toEqual([]);
  }, 60_000);
});

test('answers of very different sizes meet their calls', async () => {
  const client = openPackage({ url: redis.url }).redisManager.getClient();
  const sizes = [0, 1, 10, 1000, 16_383, 16_384, 16_385, 65_536, 1_000_000];
  const texts = sizes.map((size, index) => String(index).repeat(size).slice(0, size));
  await Promise.all(texts.map((text, index) => client.set(`size-${index}`, text)));
  const random = randomNumbers(7);
  const picks = Array.from({ length: 500 }, () => random(sizes.length));
  const answers = await Promise.all(picks.map((pick) => client.get(`size-${pick}`)));
  const wrong = answers.filter((answer, index) => answer !== texts[picks[index]]);
  expect(wrong).toHaveLength(0);
}, 30_000);
