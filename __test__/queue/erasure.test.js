'use strict';

const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { rejection, until } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });
const QUEUES = ['mails', 'reports of {all} *:meta'];

const OPTIONS = {
  embedded: () => ({ useRedis: false }),
  'over Redis': () => ({ url: redis.url }),
  'over Redis with the thread driver': () => ({ url: redis.url, driver: 'thread' }),
};

/** Instances of a test. A worker that goes on would take the jobs of the next one. */
const opened = [];

function open(options) {
  opened.push(openPackage({ logLevel: 'off', ...options }));
  return opened.at(-1);
}

afterEach(() => Promise.all(opened.splice(0).map((orgcache) => orgcache.shutdown({ timeoutMs: 0 }))));

describe.each(Object.keys(OPTIONS))('%s', (where) => {
  const start = () => open(OPTIONS[where]());

  test('the jobs of an organization are erased in all queues, and those of others stay', async () => {
    const orgcache = start();
    const other = orgcache.createQueue(QUEUES[0]).org('acme2');
    for (const name of QUEUES) {
      const queue = orgcache.createQueue(name);
      for (const orgId of ['acme', 'acme2', null]) {
        await queue.add('now', { of: orgId }, { orgId });
        await queue.add('later', { of: orgId }, { orgId, delayMs: 60_000 });
      }
    }
    const { rooms, remaining } = await orgcache.eraseOrganization('acme');
    expect([rooms.jobs.entries, remaining]).toEqual([2 * QUEUES.length, 0]);
    for (const name of QUEUES) {
      expect(await orgcache.createQueue(name).counts()).toMatchObject({ ready: 2, delayed: 2 });
    }
    expect(await other.counts()).toMatchObject({ ready: 1 });
    expect((await orgcache.eraseOrganization('acme')).rooms.jobs.entries).toBe(0);
  });

  test('a job that runs is told to end, and remains until it has', async () => {
    const orgcache = start();
    const queue = orgcache.createQueue('mails');
    let end;
    let signal;
    orgcache.createWorker('mails', (_job, context) => {
      ({ signal } = context);
      return new Promise((resolve) => {
        end = resolve;
      });
    });
    await queue.add('now', 1, { orgId: 'acme' });
    await until(() => signal);
    const { rooms, remaining } = await orgcache.eraseOrganization('acme');
    expect(rooms.jobs.entries).toBeGreaterThanOrEqual(1);
    expect(remaining).toBe(1);
    await until(() => signal.aborted);
    end();
    await until(async () => (await queue.counts()).active === 0);
    expect((await orgcache.eraseOrganization('acme')).remaining).toBe(0);
  });

  test('no job of the organization is added meanwhile', async () => {
    const orgcache = start();
    const queue = orgcache.createQueue('mails');
    await queue.add('now', 1, { orgId: 'acme' });
    const erasing = orgcache.eraseOrganization('acme');
    const refused = rejection(queue.add('now', 2, { orgId: 'acme' }));
    const other = queue.add('now', 3, { orgId: 'acme2' });
    expect(await refused).toMatchObject({ code: 'E_ERASING' });
    expect((await other).created).toBe(true);
    await erasing;
    expect((await queue.add('now', 4, { orgId: 'acme' })).created).toBe(true);
  });
});

test('queues that this process never used are found', async () => {
  const [here, there] = ['here', 'there'].map(() => open({ url: redis.url }));
  const stranger = open({ url: redis.url, prefix: 'stranger:' });
  for (const name of QUEUES) await there.createQueue(name).add('now', 1, { orgId: 'acme' });
  await stranger.createQueue('mails').add('now', 1, { orgId: 'acme' });
  const { rooms, remaining } = await here.eraseOrganization('acme', { verify: 'scan' });
  expect([rooms.jobs.entries, remaining]).toEqual([QUEUES.length, 0]);
  expect(await stranger.createQueue('mails').counts()).toMatchObject({ ready: 1 });
});
