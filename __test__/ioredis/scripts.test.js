'use strict';

const { Ours, Theirs, expectSame, open, openBoth, ready } = require('../support/ioredis-clients');
const { withRedis } = require('../support/redis');
const { until } = require('../support/wait');

const ECHO = { lua: 'return {KEYS[1], ARGV[1]}', numberOfKeys: 1 };

const redis = withRedis();

/** The commands that `work` makes a client send. */
async function sent(client, work) {
  await ready(client);
  const monitor = await client.monitor();
  const seen = [];
  monitor.on('monitor', (_time, [name], source) => {
    if (source !== 'lua') seen.push(name.toLowerCase());
  });
  await work();
  await client.echo('done');
  await until(() => seen.includes('echo'), { what: 'the last command' });
  monitor.disconnect();
  return seen.slice(0, seen.indexOf('echo'));
}

test('a script is sent whole once, then by its digest, and whole again where the server lost it', async () => {
  for (const Redis of [Ours, Theirs]) {
    const client = open(Redis, { port: redis.port, scripts: { both: ECHO } });
    await client.script('FLUSH');
    const commands = await sent(client, async () => {
      expect(await client.both('k', 'a')).toEqual(['k', 'a']);
      expect(await client.bothBuffer('k', 'a')).toEqual([Buffer.from('k'), Buffer.from('a')]);
      await client.script('FLUSH');
      expect(await client.both('k', 'b')).toEqual(['k', 'b']);
      expect(await client.pipeline().both('k', 'c').both('k', 'd').exec()).toEqual([
        [null, ['k', 'c']],
        [null, ['k', 'd']],
      ]);
      await client.script('FLUSH');
      expect(await client.pipeline().both('k', 'e').exec()).toEqual([[null, ['k', 'e']]]);
    });
    expect(commands).toEqual([
      ...['eval', 'evalsha', 'script', 'evalsha', 'eval', 'evalsha', 'evalsha'],
      ...['script', 'evalsha', 'eval'],
    ]);
  }
});

test('a script without a number of keys takes it as its first argument', async () => {
  const both = openBoth(redis);
  for (const client of Object.values(both)) client.defineCommand('loose', { lua: ECHO.lua });
  await expectSame(both, (client) => client.loose(1, 'k', 'a'));
  await expectSame(both, (client) => client.loose('k', 'a'));
  await expectSame(both, (client) => client.multi().loose(1, 'k', 'a').exec());
});

describe('a key prefix', () => {
  const calls = {
    'of texts': { keyPrefix: 'p:' },
    'of glob signs': { keyPrefix: 'p*[?]:' },
    'of a Buffer': { keyPrefix: Buffer.from('p:') },
  };

  test.each(Object.entries(calls))(
    '%s goes in front of the keys that ioredis puts it in front of',
    async (_name, options) => {
      const both = openBoth(redis, { ...options, scripts: { both: ECHO } });
      await expectSame(both, async (client) => {
        await client.mset('a', 1, 'p:a', 2);
        return [
          await client.mget('a', 'p:a'),
          await client.getBuffer(Buffer.from('a')),
          (await client.keysBuffer('*')).sort(Buffer.compare),
          await client.bothBuffer('k', 'v'),
          await client.rpush('list', 3, 1),
          await client.sort('list', 'BY', 'w_*', 'GET', '#', 'STORE', 'sorted'),
          await client.exists('sorted'),
          await client
            .pipeline()
            .get('a')
            .xadd('stream', '*', 'f', 'v')
            .exec()
            .then(([first]) => first),
          await client.xlen('stream'),
          await client.multi().get('p:a').exec(),
          await client.call('GET', 'a'),
          await client.flushdb(),
        ];
      });
    },
  );

  test('with any bytes is taken unchanged', async () => {
    const client = open(Ours, { port: redis.port, db: 7, keyPrefix: Buffer.from([0xff, 0x3a]) });
    await client.mset('a', 1, Buffer.from([0xfe]), 2);
    expect(await client.mget('a', Buffer.from([0xfe]))).toEqual(['1', '2']);
    const found = await client.keysBuffer('*');
    expect(found.sort(Buffer.compare)).toEqual([
      Buffer.from([0xff, 0x3a, 0x61]),
      Buffer.from([0xff, 0x3a, 0xfe]),
    ]);
  });

  test('of a duplicate is its own', async () => {
    const client = open(Ours, { port: redis.port, keyPrefix: 'p:' });
    const other = open(function duplicated() {
      return client.duplicate({ keyPrefix: 'q:' });
    });
    await client.set('a', 1);
    await other.set('a', 2);
    expect([await client.get('a'), await other.get('a')]).toEqual(['1', '2']);
  });
});

test('keys are found where the table of ioredis finds them', () => {
  const { getKeyIndexes, list } = require('@ioredis/commands');
  const { Command } = Ours;
  const args = ['a', '2', 'b', 'c', 'd', 'e'];
  // Their keys are behind a word or a number that these arguments lack, or ioredis does not know them.
  const others = ['migrate', 'sort', 'sort_ro', 'xread', 'xreadgroup', 'georadius', 'georadiusbymember'];
  const containers = ['object', 'memory', 'xinfo', 'xgroup', 'debug'];
  const different = list
    .filter((name) => !others.includes(name) && !containers.includes(name))
    .map((name) => {
      const keys = new Command(name, args, { keyPrefix: '>' }).args;
      const own = keys.flatMap((word, i) => (word.startsWith('>') ? [i] : []));
      const positions = new Set(getKeyIndexes(name, args).filter((i) => i < args.length));
      return { name, own: own.join(), theirs: [...positions].sort().join() };
    })
    .filter(({ own, theirs }) => own !== theirs);
  expect(different).toEqual([]);
});

test('transformers of the application change arguments and replies, and may throw', async () => {
  const { Command } = Ours;
  const client = open(Ours, { port: redis.port });
  Command.setArgumentTransformer('rpush', (args) => [args[0], ...args.slice(1).map((word) => `<${word}>`)]);
  Command.setReplyTransformer('lrange', () => {
    throw new Error('of the transformer');
  });
  await client.rpush('transformed', 'a');
  const results = await client.multi().lrange('transformed', 0, -1).lpop('transformed').exec();
  delete Command._transformer.argument.rpush;
  delete Command._transformer.reply.lrange;
  expect(results[0][0].message).toBe('of the transformer');
  expect(results[1]).toEqual([null, '<a>']);
});

test('a tracer may put its own functions around sendCommand, resolve and reject', async () => {
  const client = open(Ours, { port: redis.port });
  await ready(client);
  const { sendCommand } = client;
  const seen = [];
  client.sendCommand = function (command, ...rest) {
    const { resolve, reject } = command;
    command.resolve = (reply) => {
      seen.push(command.name);
      resolve(reply);
    };
    command.reject = (error) => {
      seen.push(error.name);
      reject(error);
    };
    return sendCommand.call(this, command, ...rest);
  };
  expect(await client.set('traced', 1)).toBe('OK');
  await client.lpush('traced', 1).catch(() => {});
  expect(await client.pipeline().get('traced').exec()).toEqual([[null, '1']]);
  expect(seen).toEqual(['set', 'ReplyError', 'get']);
});

test('auto pipelining gathers calls, and tells how many wait', async () => {
  const client = open(Ours, { port: redis.port, enableAutoPipelining: true });
  await client.set('gathered', 1);
  const calls = [
    client.get('gathered'),
    client.incr('gathered'),
    client.call('get', 'gathered'),
    client.lpush('gathered', 1),
  ];
  expect(client.autoPipelineQueueSize).toBe(4);
  const results = await Promise.allSettled(calls);
  expect(results.map(({ value, reason }) => value ?? reason.name)).toEqual(['1', 2, '2', 'ReplyError']);
  expect(client.autoPipelineQueueSize).toBe(0);
});

test('showFriendlyErrorStack shows where the call was made', async () => {
  const client = open(Ours, { port: redis.port, showFriendlyErrorStack: true });
  const error = await client.call('frobnicate').catch((reason) => reason);
  expect(error.stack.split('\n').slice(0, 2)).toEqual([
    expect.stringMatching(/^ReplyError: ERR unknown command/),
    expect.stringContaining(__filename),
  ]);
});
