'use strict';

const { startCluster } = require('../support/cluster');
const { openPackage } = require('../support/package');
const { gate, queueContract, someName } = require('../support/queue-contract');
const { startSentinels } = require('../support/sentinel');
const { rejection, until } = require('../support/wait');

const LEASE = { leaseMs: 1000, pollMs: 100 };

/** Adds jobs one after the other until told to stop; answers the numbers of those that were acknowledged. */
function adding(queue) {
  const added = [];
  let isOver = false;
  const done = (async () => {
    for (let n = 0; !isOver; n += 1) {
      await queue.add('job', n).then(
        () => added.push(n),
        () => {},
      );
    }
  })();
  return {
    added,
    async stop() {
      isOver = true;
      await done;
    },
  };
}

const counted = (seen) => {
  const counts = new Map();
  for (const n of seen) counts.set(n, (counts.get(n) ?? 0) + 1);
  return counts;
};

describe.each(['loop', 'thread'])('queues in a cluster with the %s driver', (driver) => {
  let cluster;
  const open = (options) =>
    openPackage({ clusterHosts: cluster.hosts.join(','), driver, logLevel: 'off', ...options });

  beforeAll(async () => {
    cluster = await startCluster();
  });

  queueContract(
    () => open(),
    () => open(),
  );

  test('several queues work in one call sequence, wherever their slots are', async () => {
    const own = open();
    const names = ['{a}:b {c', '}', '{}', 'é\u{1F600}', ' ', ...Array.from({ length: 12 }, () => someName())];
    const slots = await Promise.all(names.map((name) => cluster.slotOf(`queue:{${name}}:meta`)));
    expect(new Set(await Promise.all(slots.map((slot) => cluster.ownerOfSlot(slot)))).size).toBe(3);
    const queues = names.map((name) => own.createQueue(name));
    const workers = names.map((name) => own.createWorker(name, ({ type, orgId }) => [type, orgId]));
    const added = await Promise.all(
      queues.map((queue) => queue.add(queue.name, 1, { orgId: queue.name, idempotencyKey: queue.name })),
    );
    for (const [at, queue] of queues.entries()) {
      expect(await queue.wait(added[at].id)).toEqual([queue.name, queue.name]);
      expect(await queue.getJob({ idempotencyKey: queue.name, orgId: queue.name })).toMatchObject({
        id: added[at].id,
      });
      expect(await queue.counts()).toMatchObject({ completed: 1 });
      expect(await queue.eraseOrganization(queue.name)).toMatchObject({ removed: 1 });
    }
    await Promise.all(workers.map((worker) => worker.close()));
  });

  test('a prefix with braces is refused, since it would decide the slot', async () => {
    const own = open({ prefix: 'a{b}c:' });
    expect(await rejection(own.createQueue('mails').add('job', 1))).toMatchObject({ code: 'E_CONFIG' });
  });

  test('nothing is lost or runs twice while the slot of a queue moves', async () => {
    const [own, other] = [open(), open()];
    const queue = own.createQueue(someName());
    const seen = [];
    const workers = [own, other].map((instance) =>
      instance.createWorker(queue.name, ({ data }) => seen.push(data), { ...LEASE, leaseMs: 15_000 }),
    );
    const producing = adding(queue);
    const slot = await cluster.slotOf(`queue:{${queue.name}}:meta`);
    for (let round = 0; round < 2; round += 1) {
      const owner = await cluster.ownerOfSlot(slot);
      const next = (await cluster.primaries()).find((node) => node !== owner);
      const from = producing.added.length;
      await until(() => producing.added.length > from + 20, { timeoutMs: 10_000 });
      const move = await cluster.beginMove(slot, next);
      // For a while some of its keys are here and some there.
      const keys = await owner.command('CLUSTER', 'GETKEYSINSLOT', slot, 4);
      if (keys.length > 0) await move.migrate(keys);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await move.finish();
      await until(() => producing.added.length > from + 60, { timeoutMs: 10_000 });
    }
    await producing.stop();
    await until(() => producing.added.every((n) => seen.includes(n)), { timeoutMs: 10_000, everyMs: 50 });
    expect([...counted(seen).values()].filter((count) => count > 1)).toEqual([]);
    for (const worker of workers) expect(await worker.close()).toMatchObject({ abandoned: 0 });
  }, 60_000);

  test('acknowledged jobs are not lost where a replica with a cut link takes over', async () => {
    const own = open();
    const queue = own.createQueue(someName());
    const seen = [];
    const slot = await cluster.slotOf(`queue:{${queue.name}}:meta`);
    const primary = await cluster.ownerOfSlot(slot);
    const [replica] = await cluster.replicasOf(primary);
    const producing = adding(queue);
    await until(() => producing.added.length > 50);
    // It stands still, and its link has ended when it goes on.
    replica.pause();
    await primary.command('CLIENT', 'KILL', 'TYPE', 'replica');
    const from = producing.added.length;
    await until(() => producing.added.length > from + 50);
    await primary.kill();
    replica.resume();
    await replica.command('CLUSTER', 'FAILOVER', 'TAKEOVER');
    await cluster.hasTakenOver(replica);
    const lost = producing.added.length;
    await until(() => producing.added.length > lost + 20, { timeoutMs: 20_000 });
    await producing.stop();
    const worker = own.createWorker(queue.name, ({ data }) => seen.push(data), LEASE);
    await until(() => producing.added.every((n) => seen.includes(n)), { timeoutMs: 10_000, everyMs: 50 });
    expect([...counted(seen).values()].filter((count) => count > 1)).toEqual([]);
    await worker.close();
    await primary.launch();
    await cluster.settled();
  }, 60_000);
});

describe('queues behind sentinels', () => {
  test('acknowledged jobs are not lost where a replica with a cut link takes over, and tokens go on growing', async () => {
    const group = await startSentinels({ replicas: 1 });
    const own = openPackage({ sentinelHosts: group.hosts, logLevel: 'off' });
    const queue = own.createQueue(someName());
    const fences = new Map();
    const smaller = [];
    const door = gate();
    const held = own.createQueue(someName());
    const holder = own.createWorker(held.name, ({ fence }) => door.promise.then(() => fence), LEASE);
    const { id } = await held.add('job', 'held');
    await until(() => holder.stats().active === 1);
    const worker = own.createWorker(
      queue.name,
      ({ data, fence }) => {
        if (fence <= (fences.get(data) ?? 0)) smaller.push(data);
        fences.set(data, fence);
      },
      LEASE,
    );
    const producing = adding(queue);
    await until(() => producing.added.length > 50, { timeoutMs: 10_000 });
    const primary = await group.primary();
    const [replica] = await group.replicas();
    replica.pause();
    await primary.command('CLIENT', 'KILL', 'TYPE', 'replica');
    const from = producing.added.length;
    await until(() => producing.added.length > from + 50, { timeoutMs: 10_000 });
    const ear = group.listen();
    await primary.kill();
    replica.resume();
    await ear.decided();
    const lost = producing.added.length;
    await until(() => producing.added.length > lost + 20, { timeoutMs: 20_000 });
    await producing.stop();
    await until(() => producing.added.every((n) => fences.has(n)), { timeoutMs: 10_000, everyMs: 50 });
    expect(smaller).toEqual([]);
    // A job whose handler ran meanwhile has a lease that the replica knew, or runs again.
    door.open();
    expect(await held.wait(id, { timeoutMs: 15_000 })).toEqual(expect.any(Number));
    await worker.close();
    await holder.close();
    expect(await rejection(held.wait('unknown'))).toMatchObject({ code: 'E_JOB' });
  }, 90_000);
});
