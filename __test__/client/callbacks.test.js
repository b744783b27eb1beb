'use strict';

const Redis = require('ioredis');
const { onEnd } = require('../support/cleanup');
const { openPackage } = require('../support/package');
const { runNode } = require('../support/process');
const { withRedis } = require('../support/redis');
const { until } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });

/** A client of the package with a connection of its own, or one of ioredis. */
async function clientOf(which) {
  if (which === 'ioredis') {
    const client = new Redis(redis.url);
    onEnd(() => client.disconnect());
    return client;
  }
  const shared = await openPackage({
    url: redis.url,
    driver: which,
    clientKeyPrefix: '',
    logLevel: 'off',
  }).getRedis();
  return shared.duplicate();
}

/** An outcome in a few words. */
function said(name) {
  return (error, reply) => `${name}: ${error ? error.message.split(/[ :]/)[0] : JSON.stringify(reply)}`;
}

const SCENES = {
  'an aborted multi()': async (client, told) => {
    const note = (name) => (error, reply) => told.push(said(name)(error, reply));
    await client
      .multi()
      .set('a', 1, note('set'))
      .get('a', 'b', note('get'))
      .exec(note('exec'))
      .catch(() => {});
  },
  'a multi() whose watched key has changed': async (client, told) => {
    const note = (name) => (error, reply) => told.push(said(name)(error, reply));
    await client.watch('a');
    await redis.command('SET', 'a', 'changed');
    await client.multi().set('a', 1, note('set')).exec(note('exec'));
  },
  'an inline exec': async (client, told) => {
    const note = (name) => (error, reply) => told.push(said(name)(error, reply));
    await client
      .pipeline()
      .multi(note('multi'))
      .set('a', 1, note('set'))
      // ioredis gives bytes for this one.
      .exec((error) => told.push(`inline exec: ${error}`))
      .get('a', note('get'))
      .exec(note('exec'));
  },
  'callbacks among promises': async (client, told) => {
    const note = (name) => (error, reply) => told.push(said(name)(error, reply));
    const waited = (name, promise) => promise.then((reply) => told.push(`${name}: ${reply}`));
    await Promise.all([
      waited('promise of set', client.set('a', 1, note('set'))),
      waited('promise of get', client.get('a', note('get'))),
      waited('promise of pipeline', client.pipeline().get('a', note('piped')).exec(note('exec'))),
    ]);
  },
  'quit and end': async (client, told) => {
    client.on('end', () => told.push('end'));
    await client.ping();
    client.quit((error, reply) => told.push(said('quit')(error, reply)));
    await until(() => told.includes('end'));
  },
  'quit in a pipeline': async (client, told) => {
    client.on('end', () => told.push('end'));
    await client.ping();
    const results = await client.pipeline().set('a', 1).quit().exec();
    told.push(JSON.stringify(results));
    await until(() => told.includes('end'));
  },
  'quit by its name': async (client, told) => {
    client.on('end', () => told.push('end'));
    told.push(await client.call('quit'));
    await until(() => told.includes('end'));
  },
  'quit as bytes': async (client, told) => {
    client.on('end', () => told.push('end'));
    told.push(JSON.stringify(await client.quitBuffer()));
    await until(() => told.includes('end'));
  },
  'words as bytes': async (client, told) => {
    const replies = [await client.setBuffer('a', 1), await client.typeBuffer('a'), await client.pingBuffer()];
    told.push(replies.map((reply) => `${Buffer.isBuffer(reply)} ${reply}`).join());
  },
  'multi, exec and discard by their names': async (client, told) => {
    const results = await client.pipeline().call('multi').set('a', 1).call('exec').call('exec').exec();
    told.push(JSON.stringify(results.map(([error, reply]) => error?.message ?? reply)));
  },
};

describe.each(['loop', 'thread'])('callbacks are called as by ioredis, %s driver', (driver) => {
  test.each(Object.entries(SCENES))('%s', async (_name, play) => {
    const tales = [];
    for (const which of [driver, 'ioredis']) {
      await redis.command('FLUSHALL');
      const told = [];
      const client = await clientOf(which);
      await play(client, told);
      tales.push(told);
      client.disconnect();
    }
    expect(tales[0]).toEqual(tales[1]);
    expect(tales[0].length).toBeGreaterThan(0);
  });
});

test('an inline discard is reported, and the commands before it do not run', async () => {
  const client = await clientOf('auto');
  const told = [];
  const note = (name) => (error, reply) => told.push(said(name)(error, reply));
  await client
    .pipeline()
    .multi()
    .set('a', 1)
    .discard(note('discard'))
    .get('a', note('get'))
    .exec(note('exec'));
  expect(told).toEqual([
    'discard: "OK"',
    'get: null',
    'exec: [[null,"OK"],[null,"QUEUED"],[null,"OK"],[null,null]]',
  ]);
});

test.each(['thread'])(
  'what a callback throws reaches the process once, and no promise, %s driver',
  async (driver) => {
    const program = `
    const { configure, getRedis, shutdown } = require(${JSON.stringify(require.resolve('../..'))});
    configure({ driver: '${driver}' });
    process.on('uncaughtException', (error) => console.log(error.message));
    process.on('unhandledRejection', () => console.log('rejected'));
    getRedis().then(async (client) => {
      const fail = () => { throw new Error('of the callback'); };
      console.log(await client.set('a', 1, fail));
      console.log(JSON.stringify(await client.pipeline().get('a', fail).exec()));
      setTimeout(() => shutdown(), 20);
    });`;
    const { stdout } = await runNode(['-e', program], { env: { REDIS_URL: redis.url } });
    expect(stdout.trim().split('\n').sort()).toEqual([
      'OK',
      '[[null,"1"]]',
      'of the callback',
      'of the callback',
    ]);
  },
);
