'use strict';

const net = require('node:net');
const { startRedis } = require('./redis');
const { SlotMove } = require('./slot-move');
const { until } = require('./wait');

const SLOTS = 16_384;
/** A busy machine must not look like a dead server: Redis would fail over and lose writes without a cause. */
const NODE_TIMEOUT_MS = 2000;
const READY_TIMEOUT_MS = 20_000;
const IN_STEP_TIMEOUT_MS = 15_000;
/** The bus listens so far above the port; servers before 7.0 cannot be told another. */
const BUS_OFFSET = 10_000;
/** Below the range that systems take the ports of outgoing connections from, the bus included. */
const PORTS = { first: 11_000, count: 10_000 };
/** A server holds that many slots open at once while a range moves. */
const MOVES_AT_ONCE = 16;

const CONFIGURATION = [
  'cluster-enabled yes',
  'cluster-config-file nodes.conf',
  `cluster-node-timeout ${NODE_TIMEOUT_MS}`,
  // Every replica may take over, however long its primary is gone, and stays with its primary.
  'cluster-replica-validity-factor 0',
  'cluster-migration-barrier 100',
  'repl-diskless-sync yes',
  'repl-diskless-sync-delay 0',
  'repl-ping-replica-period 1',
];

async function choosePort() {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    if ((await isFree(port)) && (await isFree(port + BUS_OFFSET))) return port;
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A cluster of real servers. Nodes are servers of `startRedis` with their `id` in the cluster. */
class Cluster {
  constructor(nodes) {
    this.nodes = nodes;
  }

  /** The value for `clusterHosts`. */
  get hosts() {
    return this.nodes.map(({ host, port }) => `${host}:${port}`);
  }

  /** The nodes that can be asked. */
  get live() {
    return this.nodes.filter((node) => node.isUp);
  }

  async form({ primaries }) {
    const { nodes } = this;
    for (const [index, node] of nodes.entries()) {
      node.id = await node.command('CLUSTER', 'MYID');
      await node.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
    }
    for (const node of nodes) {
      for (const other of nodes)
        if (other !== node) await node.command('CLUSTER', 'MEET', other.host, other.port);
    }
    const leading = nodes.slice(0, primaries);
    const firstSlot = (index) => Math.floor((index * SLOTS) / primaries);
    for (const [index, node] of leading.entries()) {
      const count = firstSlot(index + 1) - firstSlot(index);
      await node.command(
        'CLUSTER',
        'ADDSLOTS',
        ...Array.from({ length: count }, (_, offset) => firstSlot(index) + offset),
      );
    }
    for (const [index, node] of nodes.slice(primaries).entries()) {
      const { id } = leading[index % primaries];
      await until(async () => (await node.command('CLUSTER', 'REPLICATE', id)) === 'OK', {
        timeoutMs: READY_TIMEOUT_MS,
        what: 'a replica to know its primary',
      });
    }
    await this.settled();
  }

  /** Waits until all running nodes agree on the slots, serve, and every replica is in step. */
  settled({ timeoutMs = READY_TIMEOUT_MS } = {}) {
    const settled = async () => {
      const problem = await this.#disagreement();
      if (problem) throw new Error(problem);
      return true;
    };
    return until(settled, { timeoutMs, what: 'the nodes of the cluster to agree', everyMs: 50 });
  }

  /** The first problem as a sentence; null if there is none. */
  async #disagreement() {
    let agreed = null;
    for (const node of this.live) {
      const info = fieldsOf(await node.command('CLUSTER', 'INFO'));
      if (info.cluster_state !== 'ok') return `${node.port} is in state ${info.cluster_state}.`;
      if (Number(info.cluster_known_nodes) !== this.nodes.length) {
        return `${node.port} knows ${info.cluster_known_nodes} nodes.`;
      }
      const replication = fieldsOf(await node.command('INFO', 'replication'));
      if (replication.role === 'slave' && replication.master_link_status !== 'up') {
        return `${node.port} is not in step with its primary.`;
      }
      if (
        replication.role === 'master' &&
        onlineReplicas(replication) < (await this.replicasOf(node)).length
      ) {
        return `${node.port} does not send to all its replicas yet.`;
      }
      const view = JSON.stringify(await this.#ranges(node));
      agreed ??= view;
      if (view !== agreed) return `${node.port} sees ${view}, another ${agreed}.`;
    }
    return null;
  }

  /** `{ first, last, primary, replicas }` of every range of slots, as one node sees it; nodes by their ids. */
  async #ranges(node) {
    const slots = await node.command('CLUSTER', 'SLOTS');
    return slots
      .map(([first, last, primary, ...replicas]) => ({
        first,
        last,
        primary: primary[2],
        replicas: replicas.map(([, , id]) => id).sort(),
      }))
      .sort((left, right) => left.first - right.first);
  }

  /** As `#ranges` of the first node that can be asked. */
  ranges() {
    return this.#ranges(this.live[0]);
  }

  node(id) {
    return this.nodes.find((node) => node.id === id);
  }

  slotOf(key) {
    return this.live[0].command('CLUSTER', 'KEYSLOT', key);
  }

  async ownerOf(key) {
    return this.ownerOfSlot(await this.slotOf(key));
  }

  /**
   * The owner of a slot, undefined where none has it. Right after a move a node may still name the owner of before, so the
   * owner itself must agree, unless it is down.
   */
  async ownerOfSlot(slot) {
    let owner;
    const isAgreed = async () => {
      owner = await this.ownerSeenBy(this.live[0], slot);
      return owner === undefined || !owner.isUp || (await this.ownerSeenBy(owner, slot)) === owner;
    };
    await until(isAgreed, { timeoutMs: READY_TIMEOUT_MS, what: `the owner of slot ${slot} to be agreed on` });
    return owner;
  }

  /** The owner of a slot as one node sees it. */
  async ownerSeenBy(node, slot) {
    const range = (await this.#ranges(node)).find(({ first, last }) => first <= slot && slot <= last);
    return range && this.node(range.primary);
  }

  /** The nodes that have slots, without repetition. */
  async primaries() {
    const ids = new Set((await this.ranges()).map(({ primary }) => primary));
    return [...ids].map((id) => this.node(id));
  }

  /** The replicas of a primary that are up. */
  async replicasOf(primary) {
    const ids = new Set(
      (await this.ranges())
        .filter((range) => range.primary === primary.id)
        .flatMap(({ replicas }) => replicas),
    );
    return [...ids].map((id) => this.node(id)).filter((node) => node.isUp);
  }

  /** Keys of all primaries. */
  async countKeys() {
    const sizes = await Promise.all((await this.primaries()).map((node) => node.command('DBSIZE')));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Every key that matches, of all primaries, sorted. */
  async keys(pattern = '*') {
    const found = await Promise.all((await this.primaries()).map((node) => node.keys(pattern)));
    return found.flat().sort();
  }

  /**
   * Empties all primaries, and waits until their replicas are empty too: before 7.0 a node that has just
   * become a replica keeps its new primary's writes waiting for up to ten seconds.
   */
  async flush() {
    for (const node of await this.primaries()) {
      await node.command('FLUSHALL');
      const { length } = await this.replicasOf(node);
      const inStep = await node.command('WAIT', length, IN_STEP_TIMEOUT_MS);
      if (inStep < length)
        throw new Error(`A replica of ${node.port} has not followed within ${IN_STEP_TIMEOUT_MS} ms.`);
    }
  }

  /** One command at the primary that has the slot of `key`. */
  async commandAt(key, ...command) {
    return (await this.ownerOf(key)).command(...command);
  }

  /**
   * Makes a replica the primary of its slots and waits until all agree. `mode`: `FORCE` where the primary need not
   * take part, `TAKEOVER` where nobody need, null for the orderly change in which no write is lost.
   */
  async failover(replica, { mode = null } = {}) {
    await replica.command('CLUSTER', 'FAILOVER', ...(mode ? [mode] : []));
    await this.hasTakenOver(replica);
    await this.settled();
  }

  /** Waits until a node leads, by its own account; answers when that was seen. */
  async hasTakenOver(node, { timeoutMs = READY_TIMEOUT_MS } = {}) {
    const leads = async () => fieldsOf(await node.command('INFO', 'replication')).role === 'master';
    await until(leads, { timeoutMs, what: 'the replica to take over' });
    return performance.now();
  }

  /** Opens a slot for its move; see `SlotMove`. */
  async beginMove(slot, to) {
    const move = new SlotMove({ slot, from: await this.ownerOfSlot(slot), to, cluster: this });
    await move.open();
    return move;
  }

  /** Moves the slots `first` to `last` with all their keys, as a resharding does while clients go on. */
  async moveSlots({ first, last, to }) {
    const slots = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    while (slots.length > 0) {
      await Promise.all(
        slots.splice(0, MOVES_AT_ONCE).map(async (slot) => (await this.beginMove(slot, to)).finish()),
      );
    }
  }
}

/** The `name:value` lines of INFO and CLUSTER INFO. */
function fieldsOf(text) {
  return Object.fromEntries(
    text
      .split('\r\n')
      .filter((line) => line.includes(':'))
      .map((line) => line.split(/:(.*)/s)),
  );
}

/**
 * How many replicas have told their primary how far they are, by its `INFO replication`. A replica that has just been
 * synchronized takes itself for connected, but gets nothing before it has told that, up to a second later.
 */
function onlineReplicas(replication) {
  const lines = Object.entries(replication).filter(([name]) => /^slave\d+$/.test(name));
  return lines.filter(([, line]) => /state=online,offset=[1-9]/.test(line)).length;
}

/**
 * Starts a Redis Cluster of real servers on free ports, slots assigned and replicas in step, and ends it after
 * the last test of the file.
 *
 * Options: `primaries`, `replicas` (of each primary), `configuration` (further lines for each node), and those of `startRedis`.
 */
async function startCluster({ primaries = 3, replicas = 1, configuration = [], ...options } = {}) {
  const starts = Array.from({ length: primaries * (1 + replicas) }, () =>
    startRedis({ ...options, choosePort, configuration: [...CONFIGURATION, ...configuration] }),
  );
  const cluster = new Cluster(await Promise.all(starts));
  await cluster.form({ primaries });
  return cluster;
}

module.exports = { startCluster, fieldsOf, onlineReplicas, NODE_TIMEOUT_MS };
