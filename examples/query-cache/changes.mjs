// Orders change while callers ask for reports: no report may be older than the last change that has ended.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { invalidateTables } from 'orgcache';
import { withCallers } from './load.mjs';
import { randomNumbers } from './random.mjs';
import { revisionOf } from './reports.mjs';

const SEED = 56;
const UPDATE = 'UPDATE orders SET total_cents = total_cents + 1, revision = $2 WHERE id = $1';

/** The changes, and what was answered meanwhile. */
class Changes {
  /** How many answers were compared with a change before them, and how many of them were older. */
  compared = 0;
  old = 0;
  /** The revision of each report whose change has ended. */
  #ended = new Map();
  #revision = 0;

  constructor({ pool, cache, reports }) {
    this.pool = pool;
    this.cache = cache;
    this.reports = reports;
    this.next = randomNumbers(SEED);
  }

  anyReport() {
    return this.reports[Math.floor(this.next() * this.reports.length)];
  }

  /** Sets the next revision, with whatever a change must go through. */
  async change({ orderId, name }, through) {
    this.#revision += 1;
    const revision = this.#revision;
    await through(() => this.pool.query(UPDATE, [orderId, revision]));
    this.#ended.set(name, revision);
  }

  /** Whether the cache answers what was changed last before it was asked. */
  async isCurrent(report) {
    const least = this.#ended.get(report.name);
    const rows = await this.cache.ask(report);
    return least === undefined ? undefined : revisionOf(rows) >= least;
  }

  async compare(report) {
    const isCurrent = await this.isCurrent(report);
    if (isCurrent === undefined) return;
    this.compared += 1;
    if (!isCurrent) this.old += 1;
  }
}

/** Changes orders by `mutate`, one after the other, while all callers read. */
async function changeUnderLoad(changes, { callers, count }) {
  const { cache } = changes;
  let isChanging = true;
  const read = async () => {
    while (isChanging) {
      await changes.compare(changes.anyReport());
      // The embedded store answers at once: without a turn of the event loop the changes would wait for ever.
      await nextTurn();
    }
  };
  const readers = Array.from({ length: callers }, read);
  try {
    for (let done = 0; done < count; done += 1) {
      const report = changes.anyReport();
      await changes.change(report, (update) => cache.mutate(report.organization, update));
      await changes.compare(report);
    }
  } finally {
    isChanging = false;
    await Promise.all(readers);
  }
}

/** How many reports differ between the cache and the database. */
async function countDifferent({ cache, reports }, { callers, askDirectly }) {
  let different = 0;
  await withCallers(callers, reports, async (report) => {
    const [cached, stored] = [await cache.ask(report), await askDirectly(report)];
    if (!isDeepStrictEqual(cached, stored)) different += 1;
  });
  return different;
}

/** A change past `mutate` is not noticed before the tables are invalidated: so the comparison can see old rows. */
async function changePastCache(changes) {
  const report = changes.anyReport();
  await changes.cache.ask(report);
  await changes.change(report, (update) => update());
  const seenBefore = await changes.isCurrent(report);
  await invalidateTables(['orders'], { org: report.organization });
  const seenAfter = await changes.isCurrent(report);
  return { seenBefore, seenAfter };
}

export async function exerciseChanges({ pool, cache, reports, askDirectly, options }) {
  const { callers, changes: count } = options;
  const changes = new Changes({ pool, cache, reports });
  await changeUnderLoad(changes, { callers, count });
  const different = await countDifferent({ cache, reports }, { callers, askDirectly });
  const { compared, old } = changes;
  return { count, compared, old, different, pastCache: await changePastCache(changes) };
}
