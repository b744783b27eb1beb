'use strict';

const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { rejection, until } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });

function open() {
  return openPackage({ url: redis.url, clientKeyPrefix: 'app:', logLevel: 'off', commandTimeout: 1000 });
}

describe('the client that all share', () => {
  test.each([
    ['select', [1]],
    ['auth', ['secret']],
    ['monitor', []],
    ['reset', []],
    ['readonly', []],
    ['hello', [2]],
    ['client', ['REPLY', 'OFF']],
    ['client', ['TRACKING', 'ON']],
    ['client', ['NO-TOUCH', 'ON']],
    ['script', ['DEBUG', 'YES']],
    ['replconf', ['ACK', 1]],
    ['psync', ['?', -1]],
  ])('refuses %s %j, which would change it under others', async (method, words) => {
    const client = await open().getRedis();
    await client.set('a', 'A');
    const refusal = rejection(client.call(method, ...words));
    const others = Promise.all([client.get('a'), client.eval('return 1', 0), client.get('b')]);
    const error = await refusal;
    expect(error).toMatchObject({ code: 'E_REPLY', redisCode: 'ERR' });
    expect(error.message).toMatch(/needs a connection of its own/);
    expect(await others).toEqual(['A', 1, null]);
  });

  test.each([
    [['SETNAME', 'worker']],
    [['SETINFO', 'LIB-NAME', 'mine']],
    [['NO-EVICT', 'ON']],
    [['GETNAME']],
  ])('lets client %j through, which affects no other caller', async (words) => {
    const client = await open().getRedis();
    const refusal = await client.client(...words).then(
      () => '',
      ({ message }) => message,
    );
    // Servers before 7.2 do not know all of them.
    expect(refusal).toMatch(/^$|unknown subcommand/i);
  });

  test('leaves the connections that are lent to blocked commands as they were', async () => {
    const client = await open().getRedis();
    await client.watch('a');
    expect(await rejection(client.multi().select(3).set('a', 1).exec())).toMatchObject({ code: 'E_REPLY' });
    const popped = client.blpop('l', 0);
    await until(async () => /blocked_clients:1/.test(await redis.command('INFO', 'clients')));
    await client.rpush('l', 'here');
    expect(await popped).toEqual(['app:l', 'here']);
    await redis.command('SELECT', 0);
    expect(await redis.keys()).toEqual([]);
  });
});
