'use strict';

const path = require('node:path');
const { openPackage, PACKAGE_ROOT } = require('../support/package');
const { runNode } = require('../support/process');
const { startRedis } = require('../support/redis');
const { until } = require('../support/wait');

const CLI = path.join(PACKAGE_ROOT, 'js', 'cli', 'orgcache.js');

/** The findings of the doctor about queues. */
async function found(server) {
  const run = await runNode([CLI, 'doctor', '--json'], {
    env: { REDIS_URL: server.url, ORGCACHE_PREFIX: 'app:' },
    mayFail: true,
  });
  const { checks } = JSON.parse(run.stdout);
  return checks.filter(({ name }) => name.startsWith('queue'));
}

const open = (server) => openPackage({ url: server.url, prefix: 'app:', logLevel: 'off' });

test('the doctor says nothing of queues where there are none, and writes nothing', async () => {
  const server = await startRedis();
  expect(await found(server)).toEqual([]);
  expect(await server.keys()).toEqual([]);
});

test('the doctor finds queues that the server does not keep, and those without workers', async () => {
  const server = await startRedis({ configuration: ['maxmemory 100mb', 'maxmemory-policy allkeys-lru'] });
  const orgcache = open(server);
  await orgcache.createQueue('mails/in').add('job', 1);
  const keys = await server.keys();
  expect(await found(server)).toEqual([
    {
      ...{ status: 'warn', name: 'queues', fix: 'set maxmemory-policy noeviction' },
      message: '1 under the prefix app:; allkeys-lru drops jobs when the memory is full',
    },
    {
      ...{ status: 'warn', name: 'queue', fix: 'start one with createWorker()' },
      message: 'mails/in has jobs that wait, and no worker',
    },
  ]);
  expect(await server.keys()).toEqual(keys);
  await server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  const worker = orgcache.createWorker('mails/in', () => 1);
  await until(async () => (await orgcache.createQueue('mails/in').stats()).workers === 1);
  expect((await found(server)).map(({ message }) => message)).toEqual([
    '1 under the prefix app:; without an append-only file a restart of the server loses jobs',
  ]);
  await server.command('CONFIG', 'SET', 'appendonly', 'yes');
  expect(await found(server)).toMatchObject([
    { status: 'ok', message: '1 under the prefix app:; an append-only file keeps their jobs' },
  ]);
  await worker.close();
}, 30_000);

test('the doctor finds leases and counts that do not agree, and a clock that has gone back', async () => {
  const server = await startRedis();
  const orgcache = open(server);
  const queue = orgcache.createQueue('mails');
  await queue.setOrganization('org-1', { concurrency: 2 });
  const start = 'app:queue:{mails}:';
  await server.command('SADD', `${start}busy:org-1`, 'nobody', 'active');
  await server.command('ZADD', `${start}lease`, '1', 'active:1:w:1');
  await server.command('HSET', `${start}meta`, 'sweep', String(Date.now() + 60_000));
  const run = await runNode([CLI, 'doctor', '--json'], {
    env: { REDIS_URL: server.url, ORGCACHE_PREFIX: 'app:' },
    mayFail: true,
  });
  const messages = JSON.parse(run.stdout).checks.map(({ message }) => message);
  expect(messages).toEqual(
    expect.arrayContaining([
      'mails has 1 jobs whose lease has ended, and no worker takes them back',
      'mails counts 1 jobs of organizations as active that no lease bears out',
      'the clock of the server has gone back since mails was swept',
    ]),
  );
});
