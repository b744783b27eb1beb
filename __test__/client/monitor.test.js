'use strict';

const { once } = require('node:events');
const Redis = require('ioredis');
const { onEnd } = require('../support/cleanup');
const { openPackage } = require('../support/package');
const { runNode } = require('../support/process');
const { withRedis } = require('../support/redis');
const { rejection, until, within } = require('../support/wait');

const redis = withRedis({ users: ['user reader on >secret ~* &* +@all -monitor'] });

async function open(options) {
  return openPackage({ url: redis.url, clientKeyPrefix: 'app:', logLevel: 'off', ...options }).getRedis();
}

/** The monitored commands with this text, until one has the text `last`. */
async function heard(monitor, mark, act) {
  const told = [];
  monitor.on('monitor', (time, words, source, database) => {
    if (words.join(' ').includes(mark)) told.push({ time, words, source, database });
  });
  await act();
  await until(() => told.some(({ words }) => words.includes(`${mark}last`)));
  return told.map(({ words, database, source }) => [words, database, source === 'lua']);
}

describe.each(['loop', 'thread'])('monitor(), %s driver', (driver) => {
  test('tells the commands of the server as that of ioredis does', async () => {
    const client = await open({ driver });
    const monitor = await client.monitor();
    const theirs = new Redis(redis.url);
    onEnd(() => theirs.disconnect());
    const other = await theirs.monitor();
    onEnd(() => other.disconnect());
    expect([monitor.mode, monitor.status, client.mode]).toEqual(['monitor', 'monitoring', 'normal']);
    const act = async () => {
      await client.set('a', 'm-1 "quoted" and \n new');
      await client.eval("return redis.call('get', KEYS[1])", 1, 'm-2');
      await theirs.select(1);
      await theirs.get('m-last');
    };
    const [mine, known] = await Promise.all([heard(monitor, 'm-', act), heard(other, 'm-', async () => {})]);
    expect(mine).toEqual(known);
    expect(mine.length).toBe(4);
    const [time] = await (async () => {
      const next = once(monitor, 'monitor');
      await client.get('x');
      return next;
    })();
    expect(Number(time)).toBeGreaterThan(1_600_000_000);
    monitor.disconnect();
    theirs.disconnect();
    other.disconnect();
    await until(async () => !/ flags=O /.test(await redis.command('CLIENT', 'LIST')));
  });

  test('goes on when its connection was lost, and ends with disconnect', async () => {
    const client = await open({ driver });
    const monitor = await client.monitor((error, given) =>
      expect([error, given.mode]).toEqual([null, 'monitor']),
    );
    const id = () =>
      redis.command('CLIENT', 'LIST').then((list) => /id=(\d+) [^\n]* flags=O /.exec(list)?.[1]);
    const first = await until(id);
    await redis.command('CLIENT', 'KILL', 'ID', first);
    await until(async () => ![undefined, first].includes(await id()));
    const next = once(monitor, 'monitor');
    await client.get('again');
    await within(2000, next);
    const end = once(monitor, 'end');
    monitor.disconnect();
    await within(2000, end);
    await until(async () => (await id()) === undefined);
  });

  test('rejects where the server refuses it', async () => {
    const client = await open({ driver, url: redis.url.replace('redis://', 'redis://reader:secret@') });
    expect(await rejection(client.monitor())).toMatchObject({ code: 'E_REPLY', redisCode: 'NOPERM' });
  });
});

test('a monitor keeps its process alive until it is disconnected', async () => {
  const program = `
    const { getRedis } = require(${JSON.stringify(require.resolve('../..'))});
    getRedis().then(async (client) => {
      const monitor = await client.monitor();
      setTimeout(() => { console.log('alive'); monitor.disconnect(); }, 100).unref();
    });`;
  const { stdout } = await runNode(['-e', program], { env: { REDIS_URL: redis.url } });
  expect(stdout).toBe('alive\n');
});
