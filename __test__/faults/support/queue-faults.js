'use strict';

const { setTimeout: delay } = require('node:timers/promises');

const AWAY_MS = 3000;
const STUCK_MS = 2500;
const FULL_MS = 2000;
const ROOM_BYTES = 20_000;
/** Writes in the meantime are lost with the old primary. */
const LOST_MS = 700;
const JUMP_SECONDS = 5;

/** Kills the server and starts it again; `loses` where it may have forgotten what it acknowledged. */
async function crash(chaos) {
  const { stage, random } = chaos;
  await stage.server.kill();
  chaos.note('the server was killed', { loses: stage.loses });
  await delay(random.below(AWAY_MS));
  await stage.server.launch();
}

/** A replica whose link is cut takes over: what was acknowledged since then is gone. */
async function failover(chaos) {
  const primary = await chaos.stage.primary();
  const [replica] = await chaos.stage.replicasOf(primary);
  // It reads nothing while it stands still, and its link has ended when it goes on.
  replica.pause();
  await primary.command('CLIENT', 'KILL', 'TYPE', 'replica');
  await primary.command('CONFIG', 'SET', 'repl-timeout', '3600');
  await delay(LOST_MS);
  // A run that begins before the old primary is gone may be unknown to the new one.
  await chaos.stage.takeOver(primary, replica, () => chaos.note('the primary was killed', { loses: true }));
}

/** The faults by their names; each resolves when it is healed. */
const FAULTS = {
  'a worker is killed': (chaos) => chaos.killWorker(chaos.random.pick(chaos.workers)),
  async 'a worker stands still'(chaos) {
    const worker = chaos.random.pick(chaos.workers);
    chaos.note('a worker was stopped', { pid: worker.pid });
    worker.stop();
    await delay(2 * chaos.leaseMs);
    worker.wake();
    chaos.note('a worker goes on', { pid: worker.pid });
  },
  'the server is killed': crash,
  async 'the server stands still'({ stage, random }) {
    stage.server.pause();
    await delay(random.below(STUCK_MS));
    stage.server.resume();
  },
  async 'the memory is full'({ stage }) {
    const used = Number(/^used_memory:(\d+)/m.exec(await stage.server.command('INFO', 'memory'))[1]);
    await stage.server.command('CONFIG', 'SET', 'maxmemory', String(used + ROOM_BYTES));
    await delay(FULL_MS);
    await stage.server.command('CONFIG', 'SET', 'maxmemory', '0');
  },
  async 'connections are cut after the send'({ stage, random }) {
    await stage.proxy.delay({ replyDelayMs: 300 });
    await delay(random.below(250));
    await stage.proxy.reset();
    await stage.proxy.heal();
  },
  async 'nothing is passed on'({ stage, random }) {
    await stage.proxy.blackHole();
    await delay(random.below(STUCK_MS));
    await stage.proxy.heal();
  },
  async 'all connections are killed'({ stage }) {
    await stage.server.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  },
  async 'scripts are forgotten'({ stage }) {
    await stage.server.command('SCRIPT', 'FLUSH');
  },
  async 'the server is read-only'({ stage, random }) {
    await stage.server.command('REPLICAOF', '127.0.0.1', 1);
    await delay(random.below(STUCK_MS));
    await stage.server.command('REPLICAOF', 'NO', 'ONE');
  },
  async "the server's clock jumps and goes back"(chaos) {
    chaos.note('the clock jumped');
    chaos.stage.jump(JUMP_SECONDS);
    await delay(1500);
    chaos.stage.jump(0);
    chaos.note('the clock went back');
    // Leases of now end by the clock of before.
    await delay(1000);
  },
  'a replica with a cut link takes over': failover,
  async 'the slot moves'({ stage, queue, random }) {
    const slot = await stage.cluster.slotOf(`queue:{${queue}}:meta`);
    const owner = await stage.cluster.ownerOfSlot(slot);
    const others = (await stage.cluster.primaries()).filter((node) => node !== owner);
    const move = await stage.cluster.beginMove(slot, random.pick(others));
    await delay(random.below(500));
    await move.finish();
  },
};

module.exports = { FAULTS };
