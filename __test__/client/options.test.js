'use strict';

const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');

async function optionsOf(options) {
  const client = await openPackage({ clientKeyPrefix: 'app:', logLevel: 'off', ...options }).getRedis();
  return client.options;
}

describe('the options that a client shows', () => {
  test.each([
    [
      { url: 'redis://user:secret@example.test:7000/3' },
      { host: 'example.test', port: 7000, username: 'user', db: 3, tls: false },
    ],
    [{ url: 'rediss://[::1]' }, { host: '::1', port: 6379, username: null, db: 0, tls: true }],
    [
      { host: 'h', port: 1, db: 2, username: 'u', password: 'secret' },
      { host: 'h', port: 1, username: 'u', db: 2, family: 4 },
    ],
    [
      { url: 'unix:///run/my%20redis.sock?db=2&password=secret' },
      { path: '/run/my redis.sock', host: null, port: null, db: 2 },
    ],
    [{ clusterHosts: 'a:1,b:2' }, { host: 'a', port: 1 }],
    [
      { sentinelHosts: 's:26379,[::1]:2', sentinelName: 'p', sentinelPassword: 'secret' },
      {
        sentinels: [
          { host: 's', port: 26379 },
          { host: '::1', port: 2 },
        ],
        name: 'p',
      },
    ],
  ])('are those in force with %j, without a password', async (given, expected) => {
    const options = await optionsOf(given);
    expect(options).toMatchObject({ ...expected, keyPrefix: 'app:' });
    expect(JSON.stringify(options)).not.toContain('secret');
    expect(Object.keys(options)).not.toContain('password');
  });

  test('are a duplicate’s own, and name the database that it selected', async () => {
    const redis = await startRedis();
    const client = await openPackage({ url: redis.url, logLevel: 'off' }).getRedis();
    const copy = client.duplicate({ keyPrefix: 'own:', db: 3 });
    expect(copy.options).toMatchObject({ host: redis.host, port: redis.port, db: 3, keyPrefix: 'own:' });
    await copy.select(5);
    expect(copy.options.db).toBe(5);
    expect(client.options.db).toBe(0);
    copy.disconnect();
  });
});
