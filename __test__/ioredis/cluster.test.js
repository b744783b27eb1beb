'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');
const Theirs = require('ioredis');
const utils = require('../../js/entry/ioredis/built/utils.js');
const { onEnd } = require('../support/cleanup');
const { startCluster } = require('../support/cluster');
const { DRIVERS, Ours, useDriver } = require('../support/ioredis-clients');
const { closedPort } = require('../support/silent-server');
const { rejection, until, within } = require('../support/wait');

const TIMEOUT_MS = 60_000;
const KEYS = Array.from({ length: 60 }, (_, i) => `key:${i}`);

let cluster;

beforeAll(async () => {
  cluster = await startCluster({ primaries: 3, replicas: 1 });
}, TIMEOUT_MS);

const nodes = () => cluster.nodes.map(({ host, port }) => ({ host, port }));

function open(options, Class = Ours.Cluster) {
  const client = new Class(nodes(), options);
  client.on('error', () => {});
  onEnd(() => client.disconnect());
  return client;
}

describe.each(DRIVERS)('Cluster with the driver %s', (driver) => {
  beforeAll(() => useDriver(driver));
  beforeEach(() => cluster.flush());

  test('finds every key by its slot, and answers as ioredis does', async () => {
    const [ours, theirs] = [open(), open({}, Theirs.Cluster)];
    await Promise.all(KEYS.map((key) => ours.set(key, key)));
    expect(await Promise.all(KEYS.map((key) => theirs.get(key)))).toEqual(KEYS);
    expect(await Promise.all(KEYS.map((key) => ours.get(key)))).toEqual(KEYS);
    const calls = [
      (client) => client.mset('a', 1, 'b', 2),
      (client) => client.mset('{t}a', 1, '{t}b', 2),
      (client) => client.multi().set('{t}c', 1).incr('{t}c').exec(),
      (client) => client.multi().set('x', 1).set('y', 1).exec(),
      (client) => client.pipeline().set('{t}d', 1).get('{t}d').lpush('{t}d', 1).exec(),
      (client) => client.pipeline().mget('a', 'b').exec(),
      (client) => client.lpush('{t}a', 1),
      (client) => client.eval('return {KEYS[1], ARGV[1]}', 1, '{t}a', 'v'),
    ];
    const shown = (work) =>
      work.then(JSON.stringify, ({ name, message }) => JSON.stringify({ name, message }));
    for (const call of calls) expect(await shown(call(ours))).toBe(await shown(call(theirs)));
  });

  test('knows its nodes by role, tells of them, and names the connections of a duplicate', async () => {
    const found = [];
    const client = new Ours.Cluster(nodes().slice(0, 1), { lazyConnect: true });
    onEnd(() => client.disconnect());
    client.on('+node', (node) => found.push(node.options.port));
    await client.connect();
    expect(client.status).toBe('ready');
    await until(() => client.nodes().length === 6, { what: 'all nodes' });
    expect(client.nodes('master')).toHaveLength(3);
    expect(client.nodes('slave')).toHaveLength(3);
    expect(new Set(found)).toEqual(new Set(cluster.nodes.map(({ port }) => port)));
    expect(() => client.nodes('primary')).toThrow('Invalid role');
    const copy = client.duplicate(undefined, { redisOptions: { connectionName: `copy-${driver}` } });
    onEnd(() => copy.disconnect());
    await Promise.all(KEYS.map((key) => copy.get(key)));
    const lists = await Promise.all(
      (await cluster.primaries()).map((node) => node.command('CLIENT', 'LIST')),
    );
    for (const list of lists) expect(list).toContain(`name=copy-${driver}`);
  });

  test('reads from replicas where that is asked for, also by a function', async () => {
    const client = open({ scaleReads: 'slave' });
    await client.set('read', 'value');
    const owner = await cluster.ownerOf('read');
    const before = /cmdstat_get:calls=(\d+)/;
    const count = async () => Number(before.exec(await owner.command('INFO', 'commandstats'))?.[1] ?? 0);
    const counted = await count();
    await until(async () => (await client.get('read')) === 'value', { what: 'the replica' });
    expect(await count()).toBe(counted);
    const chosen = [];
    const choosing = open({
      scaleReads: (all, command) => {
        chosen.push([all.length, command.name]);
        return all[0];
      },
    });
    await choosing.get('read');
    await choosing.set('read', 1);
    expect(chosen).toEqual([[2, 'get']]);
  });

  test('reads where `sample` of the utilities says, which tests of applications replace', async () => {
    const client = open({ scaleReads: 'slave' });
    const everywhere = open({ scaleReads: 'all' });
    const some = open({ scaleReads: (all) => all });
    for (const each of [client, everywhere, some]) await each.set('read', 'value');
    const asked = [];
    const replaced = jest.spyOn(utils, 'sample').mockImplementation((list, from) => {
      asked.push([list.length, from]);
      return list[0];
    });
    try {
      for (const each of [client, everywhere, some]) await each.get('read');
    } finally {
      replaced.mockRestore();
    }
    expect(asked).toEqual([
      [2, 1],
      [2, undefined],
      [2, undefined],
    ]);
  });

  test('gets messages of channels and of shard channels', async () => {
    const client = open({ shardedSubscribers: true });
    const heard = [];
    client.on('message', (...message) => heard.push(message));
    client.on('pmessage', (...message) => heard.push(message));
    client.on('smessage', (...message) => heard.push(message));
    expect(await client.subscribe('news')).toBe(1);
    await client.psubscribe('n*');
    await client.ssubscribe('shard');
    const sender = open();
    await sender.publish('news', 'one');
    await sender.spublish('shard', 'two');
    await until(() => heard.length === 3, { what: 'the messages' });
    expect(heard).toEqual(
      expect.arrayContaining([
        ['news', 'one'],
        ['n*', 'news', 'one'],
        ['shard', 'two'],
      ]),
    );
    expect(await client.get('none')).toBeNull();
  });

  test('follows a slot that moves, with commands and pipelines', async () => {
    const client = open();
    await client.set('{moving}a', '1');
    const from = await cluster.ownerOf('{moving}a');
    const to = (await cluster.primaries()).find((node) => node !== from);
    const slot = await cluster.slotOf('{moving}a');
    await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id);
    await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id);
    try {
      // The key that is not there is asked for at the other node.
      expect(await client.set('{moving}b', '2')).toBe('OK');
      expect(await client.pipeline().get('{moving}b').exec()).toEqual([[null, '2']]);
      await from.command('MIGRATE', to.host, to.port, '{moving}a', 0, 5000);
    } finally {
      for (const node of [to, from]) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
    }
    expect(await client.pipeline().get('{moving}a').get('{moving}b').exec()).toEqual([
      [null, '1'],
      [null, '2'],
    ]);
    expect(await client.multi().get('{moving}a').exec()).toEqual([[null, '1']]);
    await cluster.settled();
  });

  test('rejects waiting commands when no start-up node answers, and ends on request', async () => {
    const client = new Ours.Cluster([{ host: '127.0.0.1', port: await closedPort() }], {
      clusterRetryStrategy: () => null,
    });
    client.on('error', () => {});
    expect((await rejection(client.get('a'))).message).toBe('None of startup nodes is available');
    await until(() => client.status === 'end', { what: 'the end' });
    const other = open();
    await other.set('a', 1);
    const { value } = await within(5000, other.quit());
    expect(value).toBe('OK');
    await until(() => other.status === 'end', { what: 'the end' });
    expect((await rejection(other.get('a'))).message).toBe('Connection is closed.');
  });

  test('rejects waiting commands when it is disconnected while it resolves its start-up nodes', async () => {
    const lookUp = [];
    const client = new Ours.Cluster([{ host: 'name', port: 1 }], {
      dnsLookup: (_name, callback) => lookUp.push(callback),
    });
    client.on('error', () => {});
    const [waiting, ended] = [
      rejection(client.get('a')),
      new Promise((resolve) => client.once('end', resolve)),
    ];
    await until(() => lookUp.length > 0, { what: 'the look-up' });
    client.disconnect();
    lookUp[0](null, '127.0.0.1', 4);
    await within(5000, ended, 'the end');
    expect((await within(5000, waiting)).value.message).toBe('None of startup nodes is available');
  });

  test('ends once, however late its nodes end, and rejects commands that they redirect then', async () => {
    const client = open();
    await Promise.all(KEYS.map((key) => client.get(key)));
    const told = [];
    for (const event of ['close', 'end']) client.on(event, () => told.push(event));
    const late = client.nodes();
    client.disconnect();
    await Promise.all(late.map((node) => until(() => node.status === 'end', { what: 'the end of a node' })));
    await until(() => client.status === 'end', { what: 'the end' });
    expect(told).toEqual(['close', 'end']);
    expect((await rejection(client.get('a'))).message).toBe('Connection is closed.');
  });

  test('calls back in the context of the call, and tells events in its own', async () => {
    const request = new AsyncLocalStorage();
    const client = open();
    const seen = [];
    client.on('ready', () => seen.push(['ready', request.getStore()]));
    await request.run('first', () => client.set('a', 1));
    await new Promise((resolve) => {
      request.run('second', () =>
        client.get('a', () => {
          seen.push(['get', request.getStore()]);
          resolve();
        }),
      );
    });
    expect(seen).toEqual([
      ['ready', undefined],
      ['get', 'second'],
    ]);
  });
});
