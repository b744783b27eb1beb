'use strict';

const { Cluster } = require('../../js/entry/ioredis.js');
const { startFakeServer } = require('../support/fake-server');
const { onEnd } = require('../support/cleanup');
const { rejection, until } = require('../support/wait');

const LAST_SLOT = 16_383;
const READY = '$23\r\ncluster_state:ok\nloading:0\r\n';

const slotsAt = (port) => `*1\r\n*3\r\n:0\r\n:${LAST_SLOT}\r\n*2\r\n$9\r\n127.0.0.1\r\n:${port}\r\n`;

test('a node that ends before it has answered ASKING fails the command alone, and no promise without a handler', async () => {
  const unhandled = [];
  const note = (error) => unhandled.push(error.message);
  process.on('unhandledRejection', note);
  onEnd(() => process.off('unhandledRejection', note));
  // Half of the slot is there: that node accepts ASKING and answers nothing.
  const other = await startFakeServer(([name]) => (name === 'cluster' ? slotsAt(owner.port) : null));
  const owner = await startFakeServer(([name]) => {
    if (name === 'cluster') return slotsAt(owner.port);
    if (name === 'info') return READY;
    return name === 'get' ? `-ASK 12182 127.0.0.1:${other.port}\r\n` : '+OK\r\n';
  });
  const cluster = new Cluster([{ host: '127.0.0.1', port: owner.port }], { enableReadyCheck: false });
  cluster.on('error', () => {});
  onEnd(() => cluster.disconnect());
  const asked = rejection(cluster.get('foo'));
  await until(() => other.requests.some(([name]) => name === 'asking'), { what: 'ASKING' });
  cluster.disconnect();
  expect((await asked).message).toBe('Connection is closed.');
  await new Promise(setImmediate);
  expect(unhandled).toEqual([]);
});
