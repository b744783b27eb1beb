'use strict';

const { sized, underFault } = require('../faults/support/fault-test');
const { startSentinels } = require('../support/sentinel');
const { until } = require('../support/wait');
const { firstWrite } = require('./support/first-write');

/** From the sentinels' decision until writes come through, as promised. */
const FOLLOWED_WITHIN_MS = 2000;
/** Each instance asks the sentinels in addition to its server. */
const CONNECTIONS = 4;
/** A paused primary is left by sentinels and clients within this time. */
const RECOVERY_MS = 15_000;
/** Sentinels before 7.0 check a server every ten seconds. */
const OLD_FOLLOWS_MS = 15_000;
const PAUSED_MS = sized({ short: 300, full: 450 });
const PAUSE_RECOVERY_MS = 6000;

let group;

beforeAll(async () => {
  group = await startSentinels();
});

beforeEach(async () => {
  await group.settled();
  await (await group.primary()).command('FLUSHALL');
});

describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
  const through = (options) =>
    underFault({
      topology: { options: { sentinelHosts: group.hosts }, connections: CONNECTIONS },
      options: { driver },
      recoveryMs: RECOVERY_MS,
      faultMs: 0,
      ...options,
    });

  /** Waits until the new primary takes writes and says how long after the decision that was. */
  async function followed({ orgcache }, { at, primary }) {
    const followedMs = (await firstWrite(orgcache, { server: primary })) - at;
    process.stdout.write(`fault: writes came through ${Math.round(followedMs)} ms after the decision\n`);
    expect(followedMs).toBeLessThan(FOLLOWED_WITHIN_MS);
  }

  test('a killed primary is replaced, and when it returns nothing is written to it', async () => {
    let old;
    const { figures, problems } = await through({
      name: 'kill -9 of the primary',
      fault: async (bench) => {
        const decision = await group.killPrimary();
        old = decision.old;
        await followed(bench, decision);
      },
      heal: async () => {
        await old.launch();
        await group.settled();
      },
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expect(figures.state.journaled).toBeGreaterThan(0);
  }, 60_000);

  test('a requested failover is followed', async () => {
    const { figures, problems } = await through({
      name: 'SENTINEL FAILOVER',
      fault: async (bench) => {
        const old = await group.primary();
        // Sentinels make one server the primary first, and the other one its replica later.
        bench.load.trust(false);
        const decision = await group.failover();
        await followed(bench, decision);
        await until(async () => (await old.command('ROLE'))[0] === 'slave', {
          timeoutMs: OLD_FOLLOWS_MS,
          what: 'the old primary to follow',
        });
        bench.load.trust(true);
      },
      heal: () => group.settled(),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
  }, 60_000);

  test('a primary that is paused until another one leads costs nothing when it wakes', async () => {
    let paused;
    const { figures, problems } = await through({
      name: 'SIGSTOP of the primary until another leads',
      fault: async (bench) => {
        paused = await group.primary();
        const ear = group.listen();
        paused.pause();
        const decision = await ear.decided();
        await followed(bench, decision);
      },
      heal: async () => {
        paused.resume();
        await group.settled();
      },
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
  }, 60_000);

  test('a primary that is paused for a moment stays', async () => {
    let paused;
    const { figures, problems } = await through({
      name: `SIGSTOP of the primary for ${PAUSED_MS} ms`,
      faultMs: PAUSED_MS,
      recoveryMs: PAUSE_RECOVERY_MS,
      fault: async () => {
        paused = await group.primary();
        paused.pause();
      },
      heal: () => paused.resume(),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expect(await group.primary()).toBe(paused);
  }, 60_000);

  test('sentinels that go away one after the other leave the primary in use', async () => {
    const { figures, problems } = await through({
      name: 'all sentinels away',
      faultMs: 1500,
      fault: async () => {
        for (const sentinel of group.sentinels) sentinel.pause();
      },
      during: async ({ orgcache }) => {
        await until(() => orgcache.redisManager.isConnected, { what: 'the connection' });
        expect(await orgcache.redisManager.getClient().set('meanwhile', 'v')).toBe('OK');
      },
      heal: async () => {
        for (const sentinel of group.sentinels) sentinel.resume();
        await group.settled();
      },
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expect(figures.state.journaled).toBe(0);
  }, 60_000);
});
