'use strict';

const { DRIVERS, hasRecovered, prepare, sized, underFault } = require('./support/fault-test');
const { RespClient } = require('../support/resp-client');
const { until } = require('../support/wait');

/** Attempts to connect that a second of an outage may see, jitter included. */
const ATTEMPTS_A_SECOND = 8;
const STOPPED_MS = sized({ short: 3000, full: 10_000 });
const BLOCKED_MS = sized({ short: 2500, full: 8000 });
/** From when on a server answers BUSY while a script runs; its default is longer than the short form. */
const BUSY_AFTER_MS = 1000;
/** The harness gives a server ten seconds to start, and the load adds to the file. */
const LOADING_MS = sized({ short: 2500, full: 5000 });
const LOADED_COMMANDS = 6000;
const HASH_FIELDS = 40;

function expectNoStorm(figures, lastedMs) {
  expect(figures.connections).toBeLessThanOrEqual((ATTEMPTS_A_SECOND * lastedMs) / 1000);
}

/** Writes without waiting for each answer: thousands of commands for the server's file. */
async function fill(redis, count) {
  const written = Array.from({ length: count }, (_, index) => redis.command('SET', `filler:${index}`, index));
  await Promise.all(written);
}

describe.each(DRIVERS)('with the %s driver', (driver) => {
  test('a stopped server is left within the deadline, and late requests on its wake-up undo nothing', async () => {
    const { figures, problems } = await underFault({
      name: `SIGSTOP for ${STOPPED_MS} ms`,
      options: { driver },
      faultMs: STOPPED_MS,
      fault: ({ redis }) => redis.pause(),
      heal: ({ redis }) => redis.resume(),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expect(figures.detectedMs).toBeLessThan(2000);
    expect(figures.state.journaled).toBeGreaterThan(0);
    expectNoStorm(figures, STOPPED_MS);
  }, 60_000);

  test('a server that pauses its clients costs no write and is not stormed', async () => {
    const { figures, problems } = await underFault({
      name: `CLIENT PAUSE for ${STOPPED_MS} ms`,
      options: { driver },
      faultMs: STOPPED_MS,
      fault: ({ redis }) => redis.command('CLIENT', 'PAUSE', STOPPED_MS, 'ALL'),
      heal: ({ redis }) => redis.command('PING'),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expectNoStorm(figures, STOPPED_MS);
  }, 60_000);

  test('a script that blocks the server, silent first and then BUSY, costs no write', async () => {
    const { figures, problems } = await underFault({
      name: `a script of ${BLOCKED_MS} ms`,
      options: { driver },
      server: { args: ['--busy-reply-threshold', String(BUSY_AFTER_MS)] },
      faultMs: BLOCKED_MS,
      fault: (bench) => {
        const { host, port } = bench.redis;
        bench.blocker = new RespClient({ host, port });
        bench.blocked = bench.blocker.command('EVAL', 'while true do end', 0).catch(() => {});
      },
      during: ({ redis }) =>
        until(
          () =>
            redis.command('GET', 'a').then(
              () => false,
              ({ message }) => /^BUSY/.test(message),
            ),
          {
            what: 'BUSY',
          },
        ),
      heal: async ({ redis, blocked, blocker }) => {
        await redis.command('SCRIPT', 'KILL');
        await blocked;
        blocker.close();
      },
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expectNoStorm(figures, BLOCKED_MS);
  }, 60_000);

  test('a server that loads a large file is waited for, and meanwhile memory and journal serve', async () => {
    const delayUs = Math.round((LOADING_MS * 1000) / LOADED_COMMANDS);
    const { figures, problems } = await underFault({
      name: `LOADING for ${LOADING_MS} ms`,
      options: { driver },
      faultMs: 0,
      fault: async (bench) => {
        const { redis } = bench;
        await fill(redis, LOADED_COMMANDS);
        await redis.kill();
        redis.options.args.push('--key-load-delay', String(delayUs));
        bench.launched = redis.launch();
      },
      during: ({ redis }) =>
        until(
          () =>
            redis.command('GET', 'a').then(
              () => false,
              ({ message }) => /^LOADING/.test(message),
            ),
          {
            what: 'LOADING',
          },
        ),
      heal: ({ launched }) => launched,
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expect(figures.state.journaled).toBeGreaterThan(0);
    expectNoStorm(figures, 2 * LOADING_MS);
  }, 60_000);

  test('many fields of one hash that were written during a stop are all there afterwards', async () => {
    const { redis, orgcache, state } = await prepare({ options: { driver } });
    const { cacheManager } = orgcache;
    const names = Array.from({ length: HASH_FIELDS }, (_, index) => `field-${index}`);
    // Every field is different: values are identified by their sums.
    const value = (name, version) => `${name} ${version}`;
    const writeAll = (version) =>
      Promise.all(names.map((name) => cacheManager.hset('hash', name, value(name, version), 600)));
    const readAll = () => Promise.all(names.map((name) => cacheManager.hget('hash', name)));
    const taken = names.map(() => true);

    expect(await writeAll(1)).toEqual(taken);
    redis.pause();
    // These lie in the server's socket, and are carried out when it wakes: later than those that follow.
    expect(await writeAll(2)).toEqual(taken);
    await until(() => state().state === 'degraded', { what: 'the stop to be noticed' });
    expect(await writeAll(3)).toEqual(taken);
    redis.resume();
    await until(() => hasRecovered(state()), { timeoutMs: 10_000, what: 'the recovery' });
    expect(await readAll()).toEqual(names.map((name) => value(name, 3)));
    await orgcache.shutdown();
    await redis.stop();
  }, 30_000);
});
