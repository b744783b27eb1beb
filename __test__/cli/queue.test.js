'use strict';

const path = require('node:path');
const { startCluster } = require('../support/cluster');
const { openPackage, PACKAGE_ROOT } = require('../support/package');
const { runNode } = require('../support/process');
const { withRedis } = require('../support/redis');
const { until } = require('../support/wait');

const CLI = path.join(PACKAGE_ROOT, 'js', 'cli', 'orgcache.js');

/** Runs `orgcache queue` with the environment of one server. */
function commandLine(env) {
  const run = (...words) => runNode([CLI, 'queue', ...words], { env, mayFail: true });
  const json = async (...words) => JSON.parse((await run(...words, '--json')).stdout);
  return { run, json };
}

describe('orgcache queue', () => {
  const server = withRedis({ flushBeforeEach: true });
  let orgcache;
  let cli;

  beforeEach(() => {
    orgcache = openPackage({ url: server.url, prefix: 'app:', logLevel: 'off' });
    cli = commandLine({ REDIS_URL: server.url, ORGCACHE_PREFIX: 'app:' });
  });

  afterEach(() => orgcache.shutdown());

  /** A queue with a dead job of each of two organizations, and one that waits. */
  async function filled(name = 'mails/in') {
    const queue = orgcache.createQueue(name, { attempts: 1 });
    const worker = orgcache.createWorker(name, { fail: () => Promise.reject(new Error('no such address')) });
    const dead = await queue.addMany(
      ['org-1', 'org-2'].map((orgId) => ({ type: 'fail', data: { orgId }, orgId })),
    );
    await until(async () => (await queue.counts()).dead === 2);
    await worker.close();
    const ready = await queue.add('welcome', { to: 'ada' }, { orgId: 'org-1' });
    await queue.add('later', 1, { delayMs: 60_000 });
    return { queue, dead: dead.map(({ id }) => id), ready: ready.id };
  }

  test('lists queues', async () => {
    await filled();
    const other = orgcache.createQueue('other');
    await other.add('job', 1);
    await other.pause();
    const { code, stdout, stderr } = await cli.run('ls');
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toEqual([
      'queue     ready  delayed  active  completed  dead  workers',
      expect.stringMatching(/^mails\/in {6}1 {8}1 {7}0 {10}0 {5}2 {8}[01]$/),
      expect.stringMatching(/^other {9}1 {8}0 {7}0 {10}0 {5}0 {8}0 {2}paused$/),
    ]);
    expect(stderr).toBe('2 queues under the prefix app:\n');
    const told = await cli.json('ls', '--queue', 'mails/in');
    expect(told).toMatchObject({
      prefix: 'app:',
      queues: [{ name: 'mails/in', isPaused: false, ready: 1, dead: 2 }],
    });
  });

  test('shows a job of any queue', async () => {
    const { ready, dead } = await filled();
    const { code, stdout } = await cli.run('show', ready);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      id: ready,
      state: 'ready',
      data: { to: 'ada' },
      orgId: 'org-1',
    });
    expect(await cli.json('show', dead[0])).toMatchObject({
      ...{ queue: 'mails/in', job: { state: 'dead', error: { message: 'no such address' } } },
    });
    const unknown = await cli.run('show', 'nobody');
    expect(unknown).toMatchObject({ code: 1, stdout: '', stderr: 'orgcache: there is no such job\n' });
  });

  test('lists dead jobs and lets them run again', async () => {
    const { queue, dead } = await filled();
    const all = await cli.json('dead', '--queue', 'mails/in');
    expect(all.jobs.map(({ id }) => id).sort()).toEqual([...dead].sort());
    expect(all.isComplete).toBe(true);
    expect((await cli.json('dead', '--queue', 'mails/in', '--org', 'org-2')).jobs).toMatchObject([
      { id: dead[1] },
    ]);
    expect((await cli.json('dead', '--queue', 'mails/in', '--type', 'other')).jobs).toEqual([]);
    const shown = await cli.run('dead', '--queue', 'mails/in', '--limit', '1');
    expect(shown.stdout).toContain('no such address');
    expect(shown.stderr).toBe('1 dead jobs of mails/in, and there are more (--limit)\n');
    expect(await cli.json('redrive', '--queue', 'mails/in', dead[0])).toEqual({
      queue: 'mails/in',
      ready: 1,
    });
    expect(await cli.run('redrive', '--queue', 'mails/in', 'nobody')).toMatchObject({ code: 1 });
    const rest = await cli.run('redrive', '--queue', 'mails/in');
    expect(rest).toMatchObject({ code: 0, stdout: '1 jobs are ready again\n' });
    expect(await queue.counts()).toMatchObject({ ready: 3, dead: 0 });
  });

  test('pauses, resumes and drains', async () => {
    const { queue } = await filled();
    expect((await cli.run('pause', '--queue', 'mails/in')).stdout).toBe('mails/in is paused\n');
    expect(await queue.isPaused()).toBe(true);
    expect((await cli.run('resume', '--queue', 'mails/in')).stdout).toBe('mails/in goes on\n');
    expect(await queue.isPaused()).toBe(false);
    const paused = await cli.json('pause', '--queue', 'mails/in', '--org', 'org-1');
    expect(paused).toEqual({ queue: 'mails/in', organization: 'org-1', isPaused: true });
    expect(await queue.isPaused({ orgId: 'org-1' })).toBe(true);
    expect(await cli.json('drain', '--queue', 'mails/in', '--org', 'org-2')).toEqual({
      queue: 'mails/in',
      removed: 0,
    });
    expect(await cli.json('drain', '--queue', 'mails/in', '--delayed')).toEqual({
      queue: 'mails/in',
      removed: 2,
    });
    expect(await queue.counts()).toMatchObject({ ready: 0, delayed: 0, dead: 2 });
  });

  test('looks into the database of the queues', async () => {
    const queue = openPackage({ url: server.url, prefix: 'app:', logLevel: 'off' }).createQueue('mails');
    await queue.add('job', 1);
    const inTwo = commandLine({ REDIS_URL: server.url, ORGCACHE_PREFIX: 'app:', REDIS_QUEUE_DB: '2' });
    expect((await inTwo.json('ls')).queues).toEqual([]);
    await server.command('SWAPDB', '0', '2');
    expect((await inTwo.json('ls')).queues).toMatchObject([{ name: 'mails', ready: 1 }]);
  });

  test.each([
    [[], 'orgcache queue needs ls | show ID | dead | redrive [ID...] | pause | resume | drain'],
    [
      ['kill'],
      'there is no action "kill" of orgcache queue; there are ls, show, dead, redrive, pause, resume, drain',
    ],
    [['show'], 'orgcache queue show needs the id of a job'],
    [['dead'], 'orgcache queue dead needs --queue'],
    [['pause', 'x', '--queue', 'q'], 'orgcache queue pause takes no ids'],
  ])('refuses a command line that is wrong: %j', async (words, sentence) => {
    expect(await cli.run(...words)).toMatchObject({ code: 2, stdout: '', stderr: `orgcache: ${sentence}\n` });
  });

  test('makes no queue that is not there', async () => {
    const told = await cli.run('pause', '--queue', 'typo');
    expect(told).toMatchObject({ code: 1, stderr: 'orgcache: there is no such queue; there are none\n' });
    expect(await server.keys()).toEqual([]);
  });
});

test('orgcache queue works in a cluster', async () => {
  const cluster = await startCluster({ replicas: 0 });
  const hosts = cluster.hosts.join(',');
  const orgcache = openPackage({ clusterHosts: hosts, prefix: 'app:', logLevel: 'off' });
  const names = ['one', 'two', 'three', 'four'];
  const added = [];
  for (const name of names) added.push(await orgcache.createQueue(name).add('job', name));
  const cli = commandLine({ REDIS_CLUSTER_HOSTS: hosts, ORGCACHE_PREFIX: 'app:' });
  expect((await cli.json('ls')).queues.map(({ name, ready }) => [name, ready])).toEqual(
    [...names].sort().map((name) => [name, 1]),
  );
  expect(await cli.json('show', added[2].id)).toMatchObject({ queue: 'three', job: { data: 'three' } });
  expect(await cli.json('drain', '--queue', 'two')).toEqual({ queue: 'two', removed: 1 });
}, 60_000);
