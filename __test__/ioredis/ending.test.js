'use strict';

const { DRIVERS, Ours, open, useDriver } = require('../support/ioredis-clients');
const { closedPort } = require('../support/silent-server');
const { rejection, until, within } = require('../support/wait');

test.each(DRIVERS)(
  'a client that waits before it connects again ends at once when it is disconnected (%s driver)',
  async (driver) => {
    useDriver(driver);
    const client = open(Ours, {
      port: await closedPort(),
      retryStrategy: () => 60_000,
      maxRetriesPerRequest: null,
    });
    const waiting = rejection(client.get('a'));
    await until(() => client.status === 'reconnecting', { what: 'the pause' });
    const ended = new Promise((resolve) => client.once('end', resolve));
    client.disconnect();
    await within(5000, ended, 'the end');
    expect((await within(5000, waiting)).value.message).toBe('Connection is closed.');
    expect(client.status).toBe('end');
  },
);
