'use strict';

const { setTimeout: delay } = require('node:timers/promises');
const { randomOf } = require('../../faults/support/random');
const { EntryLoad } = require('./entry-load');
const { ForeignClient } = require('./foreign-client');
const { Load } = require('./load');
const { Log, clockOf } = require('./log');
const { plant } = require('./plants');
const { roomOf } = require('./rooms');
const { numbersOf } = require('./values');

/** The foreign process never loads the package. */
function openPackage(options, now) {
  const { PackageClient } = require('./package-client');
  return new PackageClient(options, now);
}

/** A foreign writer cannot write entries, because it does not know their form. */
class NoLoad {
  rejected = {};
  reads = 0;
  start() {}
  tune() {}
  async stop() {}
}

/**
 * One thread of the load with its client: `commands` is what its process asks of it, by name.
 *
 * `thread` is its number, `origin` of its clock. `server` makes its client a foreign one, else `options` are the package's. `planted`
 * names a fault of `plants.js`.
 */
function threadOf({ thread, origin, server, options, planted }) {
  const now = clockOf(BigInt(origin));
  const opened = server ? new ForeignClient(server) : openPackage(options, now);
  const client = planted ? plant(planted, opened) : opened;
  const nextNumber = numbersOf(thread);
  let load;
  return {
    start({ memory, round, seed, load: how }) {
      const isForeign = Boolean(server);
      const { room, ...options } = how;
      const { subjectsOf, isOfEntries } = roomOf(room);
      const parts = {
        thread,
        client: isOfEntries && !isForeign ? client.entries : client,
        log: new Log(memory, now),
        subjects: subjectsOf(round),
        random: randomOf(seed + thread),
        nextNumber,
        options: { ...options, isForeign },
      };
      if (isOfEntries && isForeign) load = new NoLoad();
      else load = isOfEntries ? new EntryLoad(parts) : new Load(parts);
      load.start();
    },
    tune: (how) => load.tune(how),
    settle: () => client.settled(),
    async stop() {
      await load.stop();
      return {
        outages: client.outages,
        rejected: load.rejected,
        reads: load.reads,
        near: await client.near(),
      };
    },
    /** Nothing of this thread's JavaScript runs for so long. */
    block(ms) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
    },
    async close() {
      await client.close();
      // The package's own timers may still run: nobody waits for them.
      await delay(0);
    },
  };
}

module.exports = { threadOf };
