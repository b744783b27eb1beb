'use strict';

const { sized, underFault, DRIVERS } = require('./support/fault-test');
const { startProxy } = require('./support/proxy');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { until, within } = require('../support/wait');

const COMMAND_TIMEOUT_MS = 1000;
const GRACE_MS = 50;
/** Replies that come and complete no call are as good as silence. */
const SWALLOWED_WITHIN_MS = 2000;
/** More than the handshake's replies and those of `askAll` have. */
const MAX_REPLY_BYTES = 2000;
/** A prime, so that the short form does not always meet the same part of a reply. */
const STEP_BYTES = sized({ short: 23, full: 1 });
const GARBAGE_MEMORY_BYTES = 64 * 1024 * 1024;
const OUTCOMES_OF_A_LOSS = ['E_UNKNOWN_OUTCOME', 'E_CONNECT', 'E_TIMEOUT'];

const redis = withRedis();
let proxy;
beforeAll(async () => {
  proxy = await startProxy(redis);
});
beforeEach(async () => {
  await proxy.heal();
  await redis.command('FLUSHALL');
  for (const name of ['one', 'three']) await redis.command('SET', `jack:dev:kv:${name}`, textOf(name));
  await redis.command('SET', 'raw:four', textOf('raw:four'));
});

function textOf(key) {
  return JSON.stringify({ key });
}

function open(driver) {
  return openPackage({
    url: proxy.url,
    driver,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: COMMAND_TIMEOUT_MS,
    retryDelay: 5,
    logLevel: 'off',
  });
}

const isReady = ({ cacheManager }) => cacheManager.getStats().redis.state === 'ready';

/** Different calls at once, each of which must get its own answer or none, in time. */
async function askAll({ cacheAdapter, redisManager }, version) {
  const calls = [
    cacheAdapter.get('one'),
    cacheAdapter.set('two', { key: 'two', version }),
    cacheAdapter.get('three'),
    cacheAdapter.get('not there'),
    redisManager
      .getClient()
      .get('raw:four')
      .catch(({ code }) => code),
  ];
  const { value } = await within(COMMAND_TIMEOUT_MS + GRACE_MS, Promise.all(calls), 'a call');
  return value;
}

function expectOwnAnswers([one, two, three, missing, raw]) {
  expect([null, 'one']).toContain(one?.key ?? null);
  expect(two).toBe(true);
  expect([null, 'three']).toContain(three?.key ?? null);
  expect(missing).toBeNull();
  expect([textOf('raw:four'), ...OUTCOMES_OF_A_LOSS]).toContain(raw);
}

/** A miss is right while the connection is being lost, another key's value never. */
async function backTo(orgcache, name, what) {
  const isBack = async () => {
    const value = await orgcache.cacheAdapter.get(name);
    return value?.key === name && isReady(orgcache);
  };
  await until(isBack, { what: `the right answer after ${what}` });
}

/** One round; whether the cut happened. */
async function cutAt({ driver, after, how }) {
  await proxy.heal();
  await proxy.forgetCounts();
  await proxy.cutReplies(after, how);
  const orgcache = open(driver);
  expectOwnAnswers(await askAll(orgcache, after));
  await backTo(orgcache, 'one', `a cut at byte ${after}`);
  expect(await redis.command('GET', 'jack:dev:kv:two')).toBe(JSON.stringify({ key: 'two', version: after }));
  await orgcache.shutdown();
  return (await proxy.counts()).accepted > 1;
}

const TOO_LONG = ['$9223372036854775807\r\n', '$99999999999999999999999\r\n', '$4294967296\r\nabc'];
const GARBAGE = {
  'bytes of no protocol': ['\u0000\u00ff\u00fe garbage \r\n\r\n', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  'a length that no server has': [...TOO_LONG, '*2147483647\r\n', '%1000000000\r\n', '~4294967295\r\n'],
  'a length that is no number': ['$-2\r\n', '*-5\r\n', '$1e9\r\n', '$\r\n', '*0x10\r\n'],
  'a depth that no reply has': ['*1\r\n'.repeat(10_000)],
  'another type than the command has': [
    ':42\r\n',
    '*2\r\n+a\r\n+b\r\n',
    '%1\r\n+a\r\n+b\r\n',
    '#t\r\n',
    ',1.5\r\n',
  ],
  'a push that nobody asked for': ['>2\r\n+invalidate\r\n_\r\n'],
};

describe.each(DRIVERS)('with the %s driver', (driver) => {
  test.each(['fin', 'rst'])(
    'a connection that ends (%s) at any byte of its replies mixes no answers up and loses no write',
    async (how) => {
      let rounds = 0;
      for (let after = 0; after < MAX_REPLY_BYTES; after += STEP_BYTES) {
        if (!(await cutAt({ driver, after, how }))) break;
        rounds += 1;
      }
      process.stdout.write(
        `fault: ${how} at ${rounds} bytes of the replies (${driver}): each answered its own\n`,
      );
      expect(rounds * STEP_BYTES).toBeGreaterThan(200);
    },
    120_000,
  );

  test.each(Object.entries(GARBAGE))(
    '%s instead of a reply ends the connection and nothing else',
    async (_, replies) => {
      const before = process.memoryUsage().rss;
      for (const reply of replies) {
        await proxy.forgetCounts();
        const orgcache = open(driver);
        expect(await orgcache.cacheAdapter.get('one')).toEqual({ key: 'one' });
        // Memory asks PTTL after a read, whose reply may be a number. It is answered before this.
        await orgcache.redisManager.getClient().ping();
        await proxy.replaceReply(Buffer.from(reply, 'latin1'));
        const { value } = await within(
          COMMAND_TIMEOUT_MS + GRACE_MS,
          orgcache.cacheAdapter.get('three'),
          `a get that is answered ${JSON.stringify(reply.slice(0, 30))}`,
        );
        expect([null, 'three']).toContain(value?.key ?? null);
        await proxy.heal();
        await backTo(orgcache, 'three', JSON.stringify(reply.slice(0, 30)));
        expect((await proxy.counts()).accepted).toBeGreaterThan(1);
        await orgcache.shutdown();
      }
      expect(process.memoryUsage().rss - before).toBeLessThan(GARBAGE_MEMORY_BYTES);
    },
    60_000,
  );

  test('a damaged byte anywhere in the replies, those of the handshake included, leaves a cache that works', async () => {
    for (let at = 0; at < 600; at += STEP_BYTES) {
      await proxy.corruptReplies(at);
      const orgcache = open(driver);
      await askAll(orgcache, at);
      await proxy.heal();
      await backTo(orgcache, 'one', `a damaged byte ${at}`);
      await orgcache.shutdown();
    }
  }, 120_000);

  test.each([
    ['a text', '$1000000000\r\n'],
    ['an array', '*2147483647\r\n'],
  ])(
    'the beginning of %s that never ends, under load, swallows the replies behind it for a moment only',
    async (_, reply) => {
      const { figures, problems } = await underFault({
        name: `a reply that begins with ${reply.trim()}`,
        isProxied: true,
        options: { driver },
        faultMs: sized({ short: 2000, full: 5000 }),
        fault: ({ proxy: inFront }) => inFront.replaceReply(reply),
        heal: () => {},
      });
      expect(problems).toEqual([]);
      expect(figures.refused).toBe(0);
      expect(figures.detectedMs).toBeLessThan(SWALLOWED_WITHIN_MS);
    },
    60_000,
  );
});
