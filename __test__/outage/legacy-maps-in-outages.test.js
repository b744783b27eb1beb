'use strict';

const { MESSAGES } = require('../support/adapter-methods');
const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { until, within } = require('../support/wait');

const COMMAND_TIMEOUT_MS = 1000;
const RECOVERY_MS = 15_000;
const SETTLED_MS = 5000;

/** Organizations of which one name begins another, and customers of two of them. */
const PAIRS = [
  ['org-1', '+4930111'],
  ['org-1', '+4930222'],
  ['org-10', '+4930111'],
  ['a:b', '+4930333'],
  ['org-2', 'anonymous'],
];

const older = (orgId, phone) => [{ role: 'user', content: `older of ${orgId} ${phone}` }];
const newer = (orgId, phone) => [...MESSAGES, { role: 'user', content: `newer of ${orgId} ${phone}` }];

describe.each(['loop', 'thread'])('a legacy Map, with the %s driver', (driver) => {
  let redis;
  let manager;
  let redisManager;
  let cacheManager;
  let map;

  beforeEach(async () => {
    redis = await startRedis();
    const orgcache = openPackage({
      url: redis.url,
      driver,
      logLevel: 'off',
      commandTimeout: COMMAND_TIMEOUT_MS,
      connectTimeout: COMMAND_TIMEOUT_MS,
    });
    ({ redisMigrationManager: manager, redisManager, cacheManager } = orgcache);
    map = new Map();
    await orgcache.cacheAdapter.get('connected');
  });

  afterEach(() => redis.stop());

  const nameOf = ([orgId, phone]) => manager.createOrgKey(orgId, phone);
  const keyOf = ([orgId, phone]) =>
    cacheManager.generateKey('conversationContexts', orgId, nameOf([null, phone]));
  const get = (pair) => manager.getConversationContext(...pair, map);
  const set = (pair, messages) => manager.setConversationContext(...pair, messages, map);
  const all = (work) =>
    within(SETTLED_MS, Promise.all(PAIRS.map(work)), 'the calls').then(({ value }) => value);
  const fill = () => {
    for (const pair of PAIRS) map.set(nameOf(pair), older(...pair));
  };

  const isAway = () => until(() => !redisManager.isConnected, { what: 'the outage to be noticed' });
  const isBack = () =>
    until(() => redisManager.getMetrics().state === 'ready', {
      timeoutMs: RECOVERY_MS,
      what: 'the recovery',
    });

  async function inRedis(pair) {
    const stored = await redis.command('GET', keyOf(pair));
    return stored === null ? null : JSON.parse(stored);
  }

  /** The value of each pair is in its Map, or in Redis if that can be asked, and a get answers it. */
  async function expectKept(expected, { isRedisThere = true } = {}) {
    for (const pair of PAIRS) {
      const places = [map.get(nameOf(pair)), isRedisThere ? await inRedis(pair) : null];
      expect(places).toContainEqual(expected(...pair));
    }
    expect(await all(get)).toEqual(PAIRS.map((pair) => expected(...pair)));
  }

  /** Afterwards each value moves into Redis, at the latest with the next get, and leaves the Map. */
  async function expectMoved(expected) {
    await isBack();
    await expectKept(expected);
    for (const pair of PAIRS) expect(await inRedis(pair)).toEqual(expected(...pair));
    expect(map.size).toBe(0);
  }

  /** Each way in which Redis goes away while `call` is in flight, and comes back. */
  const ACCIDENTS = [
    [
      'is killed before',
      async (call) => {
        await redis.kill();
        await isAway();
        return call();
      },
      () => redis.launch(),
    ],
    [
      'is killed during',
      async (call) => {
        // Stopped, so that the call has surely been sent and is surely not answered.
        redis.pause();
        const calls = call();
        await new Promise((resolve) => setImmediate(resolve));
        await redis.kill();
        return calls;
      },
      () => redis.launch(),
    ],
    [
      'is killed in the tick of',
      async (call) => {
        const calls = call();
        await redis.kill();
        return calls;
      },
      () => redis.launch(),
    ],
    [
      'is killed after',
      async (call) => {
        const answers = await call();
        await redis.kill();
        await isAway();
        return answers;
      },
      () => redis.launch(),
    ],
    [
      'stands still during',
      async (call) => {
        redis.pause();
        return call();
      },
      () => redis.resume(),
    ],
  ];

  test.each(ACCIDENTS)(
    'keeps what it has where Redis %s a get',
    async (when, goesAway, comesBack) => {
      fill();
      expect(await goesAway(() => all(get))).toEqual(PAIRS.map((pair) => older(...pair)));
      // Values that Redis had acknowledged have left the Map, and are lost with this Redis, which has no
      // persistence.
      if (when !== 'is killed after') await expectKept(older, { isRedisThere: false });
      else expect(map.size).toBe(0);
      await comesBack();
      if (when !== 'is killed after' && when !== 'is killed in the tick of') await expectMoved(older);
    },
    40_000,
  );

  test.each(ACCIDENTS)(
    'has what was not acknowledged where Redis %s a set',
    async (_when, goesAway, comesBack) => {
      fill();
      const answers = await goesAway(() => all((pair) => set(pair, newer(...pair))));
      PAIRS.forEach((pair, index) => {
        if (answers[index]) expect(map.has(nameOf(pair))).toBe(false);
        else expect(map.get(nameOf(pair))).toEqual(newer(...pair));
      });
      if (!answers.includes(true)) await expectKept(newer, { isRedisThere: false });
      await comesBack();
      if (!answers.includes(true)) await expectMoved(newer);
    },
    40_000,
  );

  test.each([
    ['is killed', () => redis.kill(), () => redis.launch()],
    ['stands still', () => redis.pause(), () => redis.resume()],
  ])(
    'keeps what a get was about to move when Redis %s',
    async (_name, goesAway, comesBack) => {
      fill();
      let gone;
      // Asked after Redis has answered that it has nothing, and before the move.
      map.get = (name) => {
        gone ??= goesAway() ?? Promise.resolve();
        return Map.prototype.get.call(map, name);
      };
      expect(await all(get)).toEqual(PAIRS.map((pair) => older(...pair)));
      await gone;
      await isAway();
      expect(map.size).toBe(PAIRS.length);
      await expectKept(older, { isRedisThere: false });
      await comesBack();
      await expectMoved(older);
    },
    40_000,
  );

  test('does not undo, by the move of an earlier get or a migration, a set that was made meanwhile', async () => {
    fill();
    const calls = all((pair) => Promise.all([get(pair), set(pair, newer(...pair)), get(pair)]));
    const migration = manager.migrateExistingMaps({ conversationContexts: map });
    for (const [, isStored] of await calls) expect(isStored).toBe(true);
    await migration;
    await expectMoved(newer);
  });

  test('is asked, and not an older value that Redis has, when Redis is back', async () => {
    for (const pair of PAIRS) expect(await set(pair, older(...pair))).toBe(true);
    redis.pause();
    const answers = await all((pair) => set(pair, newer(...pair)));
    expect(answers).toEqual(PAIRS.map(() => false));
    await isAway();
    await expectKept(newer, { isRedisThere: false });
    redis.resume();
    await expectMoved(newer);
  }, 40_000);

  test('does not take the place of a newer value in Redis by a get in an outage', async () => {
    for (const pair of PAIRS) {
      await redis.command('SET', keyOf(pair), JSON.stringify(newer(...pair)), 'EX', '600');
    }
    fill();
    redis.pause();
    expect(await all(get)).toEqual(PAIRS.map((pair) => older(...pair)));
    await isAway();
    expect(await all(get)).toEqual(PAIRS.map((pair) => older(...pair)));
    redis.resume();
    await isBack();
    for (const pair of PAIRS) expect(await inRedis(pair)).toEqual(newer(...pair));
    expect(await all(get)).toEqual(PAIRS.map((pair) => newer(...pair)));
  }, 40_000);

  test('keeps the last value that was set through several outages', async () => {
    const ofRound = (round) => (orgId, phone) => [{ content: `${round} of ${orgId} ${phone}` }];
    for (let round = 1; round <= 3; round += 1) {
      redis.pause();
      await all((pair) => set(pair, ofRound(round)(...pair)));
      await isAway();
      await expectKept(ofRound(round), { isRedisThere: false });
      redis.resume();
      if (round !== 2) await isBack();
    }
    await expectMoved(ofRound(3));
  }, 60_000);

  test('is not emptied into this process while the caller has turned Redis off', async () => {
    const orgcache = openPackage({ url: redis.url, driver });
    const { redisMigrationManager, cacheAdapter } = orgcache;
    await cacheAdapter.get('connected');
    cacheAdapter.useRedis = false;
    const [[orgId, phone], other] = PAIRS;
    map.set(nameOf([orgId, phone]), older(orgId, phone));
    expect(await redisMigrationManager.getConversationContext(orgId, phone, map)).toEqual(
      older(orgId, phone),
    );
    expect(await redisMigrationManager.setConversationContext(...other, newer(...other), map)).toBe(false);
    expect(map.get(nameOf(other))).toEqual(newer(...other));
    const { failed } = await redisMigrationManager.migrateExistingMaps({ conversationContexts: map });
    expect(failed).toBe(2);
    cacheAdapter.useRedis = true;
    expect(await redisMigrationManager.getConversationContext(orgId, phone, map)).toEqual(
      older(orgId, phone),
    );
    expect(await redisMigrationManager.getConversationContext(...other, map)).toEqual(newer(...other));
    expect(map.size).toBe(0);
  });
});
