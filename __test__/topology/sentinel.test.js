'use strict';

const { describeAdapter } = require('../support/adapter-contract');
const { MESSAGES, PHONE } = require('../support/adapter-methods');
const { openPackage } = require('../support/package');
const { startSentinels } = require('../support/sentinel');
const { closedPort } = require('../support/silent-server');
const { rejection, until } = require('../support/wait');

const QUIET = { logLevel: 'off', connectTimeout: 2000, commandTimeout: 2000 };

let group;

beforeAll(async () => {
  group = await startSentinels();
});

describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
  describeAdapter('the adapter behind sentinels', () => openPackage({ sentinelHosts: group.hosts, driver }), {
    redisEnabled: true,
    connected: true,
    acknowledges: true,
  });
});

describe('the primary is found', () => {
  async function expectFound(options) {
    const { cacheAdapter, redisManager } = openPackage({ ...QUIET, ...options });
    expect(await cacheAdapter.setConversationContext('org-1', PHONE, MESSAGES)).toBe(true);
    expect(await cacheAdapter.getConversationContext('org-1', PHONE)).toEqual(MESSAGES);
    expect((await redisManager.getClient().call('ROLE'))[0]).toBe('master');
  }

  test('by a list of sentinels separated by commas', async () => {
    await expectFound({ sentinelHosts: group.hosts.join(',') });
  });

  test('though the first sentinel that is named is not there', async () => {
    await expectFound({ sentinelHosts: [`127.0.0.1:${await closedPort()}`, group.hosts[1]] });
  });

  test('though the first sentinel that is named says nothing', async () => {
    const [silent, ...others] = group.sentinels;
    silent.pause();
    try {
      await expectFound({ sentinelHosts: [silent, others[0]].map(({ host, port }) => `${host}:${port}`) });
    } finally {
      silent.resume();
    }
  });
});

describe('the refusal says why', () => {
  async function expectRefused(options, reason) {
    const { cacheAdapter, redisManager } = openPackage({ ...QUIET, ...options });
    const error = await rejection(redisManager.getClient().get('a'));
    expect(['E_CONNECT', 'E_REPLY']).toContain(error.code);
    expect(error.message).toMatch(reason);
    expect((await cacheAdapter.healthCheck()).redis.error).toMatch(reason);
  }

  test('where the sentinels know no primary of that name', async () => {
    await expectRefused({ sentinelHosts: group.hosts, sentinelName: 'another' }, /no sentinel.*another/i);
  });

  test('where no sentinel is there', async () => {
    const port = await closedPort();
    await expectRefused({ sentinelHosts: [`127.0.0.1:${port}`] }, new RegExp(`${port}.*refused`, 'i'));
  });
});

describe('two sentinels with a password, and two servers with another', () => {
  const NAME = 'cache-primary';
  let guarded;

  beforeAll(async () => {
    guarded = await startSentinels({
      sentinels: 2,
      replicas: 1,
      name: NAME,
      password: 'servers-canary',
      sentinelPassword: 'sentinels-canary',
    });
  });

  const options = (more) => ({
    ...QUIET,
    sentinelHosts: guarded.hosts,
    sentinelName: NAME,
    sentinelPassword: 'sentinels-canary',
    password: 'servers-canary',
    ...more,
  });

  test('are followed to the other server and get the right passwords', async () => {
    const { cacheAdapter, redisManager } = openPackage(options());
    expect(await cacheAdapter.set('kept', 'v')).toBe(true);
    const { primary } = await guarded.failover();
    const port = async () => (await redisManager.getClient().info('server')).match(/tcp_port:(\d+)/)[1];
    await until(async () => Number(await port()) === primary.port, { what: 'the other primary' });
    expect(await cacheAdapter.get('kept')).toBe('v');
    await guarded.settled();
  });

  test('get the name of an ACL user, who may need no password', async () => {
    const users = { watcher: '>watcher-canary', guest: 'nopass' };
    for (const sentinel of guarded.sentinels) {
      for (const [name, secret] of Object.entries(users)) {
        await sentinel.command('ACL', 'SETUSER', name, 'on', secret, 'allchannels', '-@all', '+sentinel');
      }
    }
    const logins = [
      { sentinelUsername: 'watcher', sentinelPassword: 'watcher-canary' },
      { sentinelUsername: 'guest', sentinelPassword: undefined },
    ];
    for (const login of logins) {
      const { redisManager } = openPackage(options(login));
      expect(await redisManager.getClient().ping()).toBe('PONG');
    }
    const { redisManager } = openPackage(options({ sentinelUsername: 'watcher' }));
    expect((await rejection(redisManager.getClient().ping())).message).toMatch(/WRONGPASS/);
  });

  test.each([
    ['the sentinels', { sentinelPassword: 'wrong-canary' }, /WRONGPASS/],
    ['the sentinels no', { sentinelPassword: undefined }, /NOAUTH/],
    ['the servers', { password: 'wrong-canary' }, /WRONGPASS/],
  ])('distinguish %s password, and nothing prints it', async (_whose, more, reason) => {
    const { cacheAdapter, redisManager } = openPackage(options(more));
    const error = await rejection(redisManager.getClient().get('a'));
    const health = JSON.stringify(await cacheAdapter.healthCheck());
    expect(`${error.message} ${health}`).toMatch(reason);
    expect(`${error.message} ${error.stack} ${health}`).not.toContain('canary');
  });
});
