'use strict';

// Workers that have nothing to do: who is told of a new job, and who asks for it.

const { commandsSent } = require('../support/commands-sent');
const { openPackage } = require('../support/package');
const { gate, someName } = require('../support/queue-contract');
const { withRedis } = require('../support/redis');
const { until } = require('../support/wait');

const redis = withRedis();
const WORKERS = 10;
const JOBS = 20;
/** Nobody asks in time without being told. */
const SELDOM = { pollMs: 60_000, concurrency: 1 };

/** The queue, and so many idle workers with connections of their own. */
async function idle(handler, count = WORKERS) {
  const name = someName();
  const instances = Array.from({ length: count }, () => openPackage({ url: redis.url, logLevel: 'off' }));
  const queue = instances[0].createQueue(name);
  const workers = instances.map((instance) => instance.createWorker(name, handler, SELDOM));
  const [key] = await until(() => redis.command('KEYS', `*{${name}}:idle`).then((keys) => keys[0] && keys));
  await until(async () => (await redis.command('SCARD', key)) === count);
  return { queue, workers, key };
}

const scripts = async () => (await commandsSent(redis)).evalsha;

test('a job that is added is asked for by few of many idle workers', async () => {
  const { queue } = await idle(() => 7);
  const before = await scripts();
  for (let job = 0; job < JOBS; job += 1) expect(await queue.wait((await queue.add('job', job)).id)).toBe(7);
  // The add, the wait, two workers that ask, what becomes of the job, and a part of what workers do once a second.
  expect(((await scripts()) - before) / JOBS).toBeLessThan(WORKERS);
});

test('jobs that are added together reach all idle workers', async () => {
  const blocked = gate();
  let running = 0;
  const { queue } = await idle(async () => {
    running += 1;
    await blocked.promise;
  });
  await queue.addMany(Array.from({ length: WORKERS }, (_, data) => ({ type: 'job', data })));
  await until(() => running === WORKERS, { timeoutMs: 5000 });
  blocked.open();
});

test('a worker that was closed keeps no news from another', async () => {
  const { queue, workers, key } = await idle(() => 7, 2);
  await workers[1].close();
  // Also one whose process is gone.
  await redis.command('SADD', key, 'gone');
  const isForgotten = async () => {
    expect(await queue.wait((await queue.add('job', 1)).id, { timeoutMs: 5000 })).toBe(7);
    return (await redis.command('SISMEMBER', key, 'gone')) === 0;
  };
  // Others may be told first, while the connection of the closed one still listens.
  await until(isForgotten);
});
