'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { startCluster } = require('../../support/cluster');
const { buildPreload } = require('../../support/preload');
const { startRedis } = require('../../support/redis');
const { startSentinels } = require('../../support/sentinel');
const { startProxy } = require('./proxy');

const MIB = 1_048_576;
const OF_WORKERS = ['a worker is killed', 'a worker stands still'];

const usedOf = async (server) =>
  Number(/^used_memory:(\d+)/m.exec(await server.command('INFO', 'memory'))[1]) / MIB;

/** One server behind a proxy, with the given `appendfsync`, whose clock can jump. */
async function single(appendfsync) {
  const { folder, library } = buildPreload('clock-jump.c');
  const file = path.join(folder, 'now');
  const server = await startRedis({
    args: ['--appendonly', 'yes', '--appendfsync', appendfsync],
    env: { LD_PRELOAD: library, CLOCK_JUMP_FILE: file },
  });
  const proxy = await startProxy(server);
  return {
    server,
    proxy,
    options: { url: proxy.url },
    loses: appendfsync !== 'always',
    usedMiB: () => usedOf(server),
    jump(seconds) {
      if (seconds > 0) fs.writeFileSync(file, String(seconds));
      else fs.rmSync(file, { force: true });
    },
    faults: [
      ...OF_WORKERS,
      'the server is killed',
      'the server stands still',
      'the memory is full',
      'connections are cut after the send',
      'nothing is passed on',
      'all connections are killed',
      'scripts are forgotten',
      'the server is read-only',
      "the server's clock jumps and goes back",
    ],
  };
}

/** A primary and a replica that sentinels watch. */
async function sentinels() {
  const group = await startSentinels({ replicas: 1 });
  return {
    options: { sentinelHosts: group.hosts },
    primary: () => group.primary(),
    replicasOf: () => group.replicas(),
    async takeOver(primary, replica, whenKilled) {
      const ear = group.listen();
      await primary.kill();
      whenKilled();
      replica.resume();
      await ear.decided();
      await primary.launch();
      await group.settled({ timeoutMs: 60_000 });
    },
    usedMiB: async () => usedOf(await group.primary()),
    faults: [...OF_WORKERS, 'a replica with a cut link takes over'],
  };
}

/** Three primaries, each with a replica. */
async function cluster() {
  const made = await startCluster();
  let slot;
  const primary = async () => made.ownerOfSlot(slot);
  return {
    cluster: made,
    options: { clusterHosts: made.hosts.join(',') },
    async prepare(queue) {
      slot = await made.slotOf(`queue:{${queue}}:meta`);
    },
    primary,
    replicasOf: (node) => made.replicasOf(node),
    async takeOver(old, replica, whenKilled) {
      await old.kill();
      whenKilled();
      replica.resume();
      await replica.command('CLUSTER', 'FAILOVER', 'TAKEOVER');
      await made.hasTakenOver(replica);
      await old.launch();
      await made.settled({ timeoutMs: 60_000 });
    },
    usedMiB: async () => usedOf(await primary()),
    faults: [...OF_WORKERS, 'a replica with a cut link takes over', 'the slot moves'],
  };
}

const STAGES = {
  'AOF always': () => single('always'),
  'AOF everysec': () => single('everysec'),
  sentinels,
  cluster,
};

module.exports = { STAGES };
