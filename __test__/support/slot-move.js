'use strict';

const MIGRATE_TIMEOUT_MS = 5000;
const KEYS_A_MIGRATE = 100;

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
  }
}

module.exports = { SlotMove };
