'use strict';

const { counter, summary } = require('../metrics/family.js');

/** @import { Family, Sample } from '../metrics/registry.js' */

/** How a wish for a lease ended, as metrics name it. */
const LEASES = /** @type {const} */ (['granted', 'changed', 'held', 'resting']);
const FACTORIES = /** @type {const} */ (['kept', 'unkept', 'failed']);
const MS_A_SECOND = 1000;
/** Times of which quantiles are shown: the last ones. */
const RECENT = 256;
const QUANTILES = [0.5, 0.9, 0.99];

/** Times of factories that ended in one way. */
class Times {
  count = 0;
  #sumMs = 0;
  #recentMs = new Float64Array(RECENT);

  /** @param {number} ms */
  add(ms) {
    this.#recentMs[this.count % RECENT] = ms;
    this.count++;
    this.#sumMs += ms;
  }

  /**
   * @param {Record<string, string>} labels
   * @returns {Sample[]}
   */
  samples(labels) {
    const sorted = this.#recentMs.slice(0, this.count).sort();
    return [
      ...QUANTILES.map((quantile) => ({
        labels: { ...labels, quantile: String(quantile) },
        value: (sorted[Math.ceil(quantile * sorted.length) - 1] ?? Number.NaN) / MS_A_SECOND,
      })),
      { labels, suffix: '_sum', value: this.#sumMs / MS_A_SECOND },
      { labels, suffix: '_count', value: this.count },
    ];
  }
}

/** What the caches of one name have answered in this thread. */
class Tally {
  near = 0;
  redis = 0;
  negative = 0;
  stale = 0;
  misses = 0;
  timedOut = 0;
  background = 0;
  factories = { kept: new Times(), unkept: new Times(), failed: new Times() };
  leases = { granted: 0, changed: 0, held: 0, resting: 0 };

  /**
   * @param {{ isNegative: boolean, isStale: boolean }} found
   * @param {boolean} isNear Whether it came from the memory of this process.
   */
  countHit({ isNegative, isStale }, isNear) {
    if (isStale) this.stale++;
    else if (isNegative) this.negative++;
    else if (isNear) this.near++;
    else this.redis++;
  }

  /**
   * @param {keyof Tally['factories']} outcome
   * @param {number} ms
   */
  countFactory(outcome, ms) {
    this.factories[outcome].add(ms);
  }

  report() {
    const { near, redis, negative, stale, misses, timedOut, background, factories } = this;
    return {
      hits: { near, redis, negative },
      stale,
      misses,
      factories: {
        kept: factories.kept.count,
        unkept: factories.unkept.count,
        failed: factories.failed.count,
        timedOut,
        background,
      },
    };
  }
}

/** The tallies of an instance by the names of their caches. */
class Tallies {
  /** @type {Map<string, Tally>} */
  #byName = new Map();

  /**
   * @param {string} name
   * @returns {Tally}
   */
  of(name) {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const made = new Tally();
    this.#byName.set(name, made);
    return made;
  }

  /**
   * What metrics show.
   * @returns {Family[]}
   */
  families = () => {
    const shown = [...this.#byName];
    const all = (/** @type {(tally: Tally) => Record<string, number>} */ read, /** @type {string} */ label) =>
      shown.flatMap(([cache, tally]) =>
        Object.entries(read(tally)).map(([name, value]) => ({ labels: { cache, [label]: name }, value })),
      );
    return [
      counter(
        'orgcache_requests',
        'Answers of caches with factories.',
        all(
          ({ near, redis, stale, negative, misses }) => ({ near, redis, stale, negative, miss: misses }),
          'result',
        ),
      ),
      summary(
        'orgcache_factory_duration_seconds',
        'Times of factories.',
        shown.flatMap(([cache, { factories }]) =>
          FACTORIES.flatMap((outcome) => factories[outcome].samples({ cache, outcome })),
        ),
      ),
      counter(
        'orgcache_factory_timeouts',
        'Calls that did not wait for their factory any longer.',
        shown.map(([cache, { timedOut }]) => ({ labels: { cache }, value: timedOut })),
      ),
      counter(
        'orgcache_lease',
        'Wishes to compute a value by how they ended.',
        LEASES.map((outcome) => ({
          labels: { outcome },
          value: shown.reduce((sum, [, { leases }]) => sum + leases[outcome], 0),
        })),
      ),
    ];
  };
}

module.exports = { Tallies };
