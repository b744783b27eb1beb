'use strict';

const { until } = require('./wait');

const MIGRATE_TIMEOUT_MS = 5000;
const KNOWN_WITHIN_MS = 20_000;
const KEYS_A_MIGRATE = 100;

/** The configuration epoch of a node, as another one knows it. */
async function epochOf(node, asked) {
  const line = (await asked.command('CLUSTER', 'NODES')).split('\n').find((text) => text.startsWith(node.id));
  return Number(line?.split(' ')[6] ?? -1);
}

/**
 * One slot on its way from one primary to another. Between `open` and `finish` the old primary answers ASK for
 * keys that it no longer has, and TRYAGAIN for commands with keys on both sides.
 */
class SlotMove {
  constructor({ slot, from, to, cluster }) {
    Object.assign(this, { slot, from, to, cluster });
  }

  async open() {
    const { slot, from, to } = this;
    // In this order no node is asked for a slot that it does not expect.
    await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from.id);
    await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id);
  }

  /** Moves these keys and leaves the others where they are. */
  async migrate(keys) {
    const { from, to } = this;
    const { password } = to.options;
    const login = password ? ['AUTH', password] : [];
    await from.command('MIGRATE', to.host, to.port, '', 0, MIGRATE_TIMEOUT_MS, ...login, 'KEYS', ...keys);
  }

  async migrateAll() {
    for (;;) {
      const keys = await this.from.command('CLUSTER', 'GETKEYSINSLOT', this.slot, KEYS_A_MIGRATE);
      if (keys.length === 0) return;
      await this.migrate(keys);
    }
  }

  /** Moves the remaining keys and announces the slot's new owner to all nodes. */
  async finish() {
    await this.migrateAll();
    const { slot, from, to, cluster } = this;
    // The new owner first: with the old one first, a crash between the two would leave the slot without an
    // owner.
    for (const node of [to, from]) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
    const others = (await cluster.primaries()).filter((node) => node !== to && node !== from && node.isUp);
    for (const node of others) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
    // A node that does not know the new owner's epoch yet would believe an older message of the old owner again, and for
    // good once another move has raised that one's epoch. The new owner itself can lose the slot so: its claim then needs
    // a newer epoch.
    const isKnown = async () => {
      if (!to.isUp) return true;
      if ((await cluster.ownerSeenBy(to, slot)) !== to) {
        await to.command('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
        await to.command('CLUSTER', 'BUMPEPOCH');
        return false;
      }
      const epoch = await epochOf(to, to);
      for (const node of [from, ...others].filter(({ isUp }) => isUp)) {
        if ((await epochOf(to, node)) < epoch) return false;
        if ((await cluster.ownerSeenBy(node, slot)) !== to) {
          await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', to.id);
          return false;
        }
      }
      return true;
    };
    await until(isKnown, {
      timeoutMs: KNOWN_WITHIN_MS,
      everyMs: 5,
      what: `all nodes to know who has slot ${slot}`,
    });
  }
}

module.exports = { SlotMove };
