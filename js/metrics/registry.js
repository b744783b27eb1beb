'use strict';

/** @import { Report } from '../report-types.js' */

/**
 * A number of a metric. `suffix` is given for the sum and the count of a summary.
 * @typedef {{ value: number, labels?: Record<string, string>, suffix?: '_count' | '_sum' }} Sample
 */

/**
 * A metric with all its samples. The name begins with `orgcache_` and has its unit at the end, but no `_total` and no
 * `_info`, which `exposition.js` adds. No label has a key, an id or a phone number.
 * @typedef {object} Family
 * @property {string} name
 * @property {'counter' | 'gauge' | 'info' | 'summary'} type
 * @property {string} help
 * @property {Sample[]} samples
 */

/**
 * What sources are told, read once for all of them.
 * @typedef {object} Seen
 * @property {Report} report
 * @property {{ connections: number, busy: number, waiting: number, subscribers: number }} dedicated
 */

/** @typedef {(seen: Seen) => Family[] | Promise<Family[]>} Source */

/** The metrics of an instance: each room adds a source, which answers the room's families when they are asked for. */
class Registry {
  #see;
  /** @type {Source[]} */
  #sources = [];

  /** @param {() => Seen} see */
  constructor(see) {
    this.#see = see;
  }

  /** @param {Source} source */
  add(source) {
    this.#sources.push(source);
  }

  /** The families of all sources, in the order in which the sources were added. */
  async families() {
    const seen = this.#see();
    const answers = await Promise.all(this.#sources.map((source) => source(seen)));
    return answers.flat();
  }
}

module.exports = { Registry };
