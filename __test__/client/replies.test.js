'use strict';

const { bothClients, outcome } = require('../support/both-clients');
const { COMMANDS } = require('../support/client-commands');
const { openPackage } = require('../support/package');
const { startRedis, withRedis } = require('../support/redis');

/** ioredis puts its prefix neither in front of patterns nor of the keys that some subcommands have. */
const PREFIXED_ALIKE = Object.keys(COMMANDS)
  .slice(0, 7)
  .filter((group) => group !== 'of keys');

describe.each([
  ['no key prefix', '', Object.keys(COMMANDS)],
  ['a key prefix', 'app:test:', PREFIXED_ALIKE],
])('with %s, replies are those of ioredis', (_name, keyPrefix, groups) => {
  const redis = withRedis();
  let clients;

  beforeAll(async () => {
    clients = await bothClients(redis, { keyPrefix });
  });

  beforeEach(() => Promise.all([clients.ours.flushdb(), clients.theirs.flushdb()]));

  test.each(groups)('to the commands %s', async (group) => {
    const { ours, theirs } = clients;
    for (const [method, ...words] of COMMANDS[group]) {
      const call = (client) => outcome(client[method](...words));
      const [mine, other] = [await call(ours), await call(theirs)];
      expect({ method, words, ...mine }).toEqual({ method, words, ...other });
    }
  });

  test('to the same commands in one pipeline, with errors among the results', async () => {
    const wouldBlock = ([method, ...words]) =>
      /^(b[lrz]|wait|select|call)/.test(method) || words.includes('BLOCK');
    const commands = groups.flatMap((group) => COMMANDS[group]).filter((command) => !wouldBlock(command));
    const run = async (client) => {
      const pipeline = client.pipeline();
      for (const [method, ...words] of commands) pipeline[method](...words);
      expect(pipeline.length).toBe(commands.length);
      return firstWords(await pipeline.exec());
    };
    expect(await run(clients.ours)).toEqual(await run(clients.theirs));
  });

  test('to the same commands in a transaction', async () => {
    const inTransaction = ['of hashes', 'of sorted sets', 'of places'].flatMap((group) => COMMANDS[group]);
    const commands = inTransaction.filter(([method]) => !/^(b|call)/.test(method));
    const run = async (client) => firstWords(await client.multi(commands).exec());
    expect(await run(clients.ours)).toEqual(await run(clients.theirs));
  });
});

test('whole numbers that JavaScript cannot hold are texts, to the least of them', async () => {
  const redis = await startRedis();
  const client = await openPackage({ url: redis.url, logLevel: 'off' }).getRedis();
  const kept = Number.MAX_SAFE_INTEGER;
  const texts = ['-9223372036854775808', '-9223372036854775807', '9223372036854775807', '-9007199254740992'];
  for (const text of texts) {
    await client.set('n', text);
    expect(await client.incrby('n', 0)).toBe(text);
  }
  await client.set('n', -kept);
  expect(await client.incrby('n', 0)).toBe(-kept);
});

test('MIGRATE of a list of keys has their prefix, and the empty text in the place of a key stays empty', async () => {
  const [from, to] = await Promise.all([startRedis(), startRedis()]);
  const client = await openPackage({ url: from.url, clientKeyPrefix: 'app:', logLevel: 'off' }).getRedis();
  await client.mset('a', 1, 'b', 2, 'c', 3);
  const migrate = (key, ...more) =>
    client.migrate(to.host, to.port, key, 0, 2000, 'COPY', 'REPLACE', ...more);
  expect(await migrate('', 'KEYS', 'a', 'app:b')).toBe('OK');
  expect(await migrate(Buffer.alloc(0), 'KEYS', 'a')).toBe('OK');
  expect(await migrate('c')).toBe('OK');
  expect((await to.keys()).sort()).toEqual(['app:a', 'app:b', 'app:c']);
});

/** Errors as their first words: the two say the rest in their own way. */
function firstWords(results) {
  return results.map(([error, ...reply]) => [
    error && (error.redisCode ?? error.message).split(' ')[0],
    ...reply,
  ]);
}

test.each([
  [{}, (number) => number],
  [{ stringNumbers: true }, (number) => String(number)],
])('numbers of every size have the server’s value, with %j', async (options, shown) => {
  const redis = await startRedis();
  const client = await openPackage({ url: redis.url, logLevel: 'off' }).getRedis();
  const own = client.duplicate(options);
  for (const number of [-1, 0, 1, 9, 256, 999_999_999, 1_000_000_000, 2 ** 31, 2 ** 32, 2 ** 53 - 1]) {
    await own.set('number', number - 1);
    await expect(own.incr('number')).resolves.toBe(shown(number));
  }
  await expect(own.eval('return {-1, 0, 12345}', 0)).resolves.toEqual([-1, 0, 12345].map(shown));
  own.disconnect();
});

test('OK is a text, or bytes on request, from the server or from here', async () => {
  const redis = await startRedis();
  const client = await openPackage({ url: redis.url, logLevel: 'off' }).getRedis();
  await expect(client.set('key', 'OK')).resolves.toBe('OK');
  await expect(client.get('key')).resolves.toBe('OK');
  await expect(client.setBuffer('key', 'OK')).resolves.toEqual(Buffer.from('OK'));
  await expect(client.call('SET', 'key', 'OK')).resolves.toBe('OK');
  await expect(client.pipeline().set('key', 1).get('key').setBuffer('key', 2).exec()).resolves.toEqual([
    [null, 'OK'],
    [null, '1'],
    [null, Buffer.from('OK')],
  ]);
});
