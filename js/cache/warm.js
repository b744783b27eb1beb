'use strict';

const { passOn } = require('../context.js');
const { OrgCacheError } = require('../errors.js');
const { signalOf } = require('../options.js');
const { protocol } = require('../protocol.js');
const { delay, now } = require('../time.js');
const { Skipped } = require('./factory.js');

/** @import { AbortSignalLike } from '../../types/calls.js' */
/** @import { CacheCallOptions, OrganizationCache, WarmOptions, WarmSource } from '../../types/cache-entries.js' */

const { warmConcurrency: CONCURRENCY, warmMaxConcurrency: MOST } = protocol.limits;
const MS_A_SECOND = 1000;
const OPTIONS = [
  ...protocol.cache.entries.callOptions,
  'concurrency',
  'factory',
  'onProgress',
  'ratePerSecond',
  'signal',
  'skipFresh',
];

/**
 * Loads values ahead.
 * @param {OrganizationCache<any>} cache
 * @param {WarmSource<any>} source
 * @param {WarmOptions<any>} options
 * @param {(options: CacheCallOptions) => unknown} check Throws for options of calls that are not allowed.
 */
async function warm(cache, source, options, check) {
  const { factory, concurrency, ratePerSecond, skipFresh, onProgress, signal, ...others } = checked(options);
  check(others);
  const report = { loaded: 0, skipped: 0, failed: 0, aborted: false };
  const loader = new Loader(cache, { factory, skipFresh, calls: { ...others, ...(signal && { signal }) } });
  const pace = new Pace(ratePerSecond, signal);
  const items = iteratorOf(source);
  const work = async () => {
    while (!report.aborted) {
      await pace.next();
      if (signal?.aborted) report.aborted = true;
      const { done, value } = report.aborted ? ENDED : await items.next();
      if (done) return;
      const outcome = await loader.load(value);
      // What an abort has interrupted has not failed.
      if (outcome === 'failed' && signal?.aborted) continue;
      report[outcome]++;
      tell(onProgress, { ...report });
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, work));
  } finally {
    await items.return?.();
  }
  return report;
}

const ENDED = Object.freeze({ done: true, value: undefined });

/** Loads one key at a time. */
class Loader {
  #cache;
  #factory;
  #skipFresh;
  #calls;

  /**
   * @param {OrganizationCache<any>} cache
   * @param {{ factory: WarmOptions<any>['factory'], skipFresh: boolean, calls: CacheCallOptions }} how
   */
  constructor(cache, { factory, skipFresh, calls }) {
    this.#cache = cache;
    this.#factory = factory;
    this.#skipFresh = skipFresh;
    this.#calls = calls;
  }

  /**
   * @param {string | readonly [string, any]} item
   * @returns {Promise<'loaded' | 'skipped' | 'failed'>}
   */
  async load(item) {
    try {
      return Array.isArray(item) ? await this.#write(item[0], item[1]) : await this.#compute(String(item));
    } catch {
      return 'failed';
    }
  }

  /**
   * @param {string} key
   * @param {any} value
   */
  async #write(key, value) {
    if (this.#skipFresh && (await this.#cache.has(key, this.#calls))) return 'skipped';
    return (await this.#cache.set(key, value, this.#calls)) ? 'loaded' : 'failed';
  }

  /** @param {string} key */
  async #compute(key) {
    const factory = this.#factory;
    if (factory === undefined) throw new OrgCacheError('E_ARGUMENT', 'a key without a value needs a factory');
    let isKept = false;
    const run = async (/** @type {any} */ context) => {
      const answer = await factory(key, context);
      isKept = answer !== undefined && !(answer instanceof Skipped);
      return answer;
    };
    if (this.#skipFresh) await this.#cache.getOrSet(key, run, this.#calls);
    else await this.#cache.refresh(key, run, this.#calls);
    return isKept ? 'loaded' : 'skipped';
  }
}

/** Spreads the beginnings of loads over time. */
class Pace {
  #everyMs;
  #signal;
  #next = now();

  /**
   * @param {number | undefined} ratePerSecond
   * @param {AbortSignalLike | undefined} signal
   */
  constructor(ratePerSecond, signal) {
    this.#everyMs = ratePerSecond === undefined ? 0 : MS_A_SECOND / ratePerSecond;
    this.#signal = signal;
  }

  async next() {
    if (this.#everyMs === 0) return;
    const at = Math.max(this.#next, now());
    this.#next = at + this.#everyMs;
    const waitMs = at - now();
    if (waitMs > 0 && !this.#signal?.aborted) await delay(waitMs);
  }
}

/**
 * @param {WarmOptions<any>} options
 */
function checked(options = {}) {
  const signal = signalOf(options, OPTIONS);
  const { concurrency = CONCURRENCY, ratePerSecond, factory, onProgress, skipFresh = true } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > MOST) {
    throw refused(`concurrency must be an integer from 1 to ${MOST}`);
  }
  const isRate = typeof ratePerSecond === 'number' && ratePerSecond > 0;
  if (ratePerSecond !== undefined && !isRate) throw refused('ratePerSecond must be a number above 0');
  if (typeof skipFresh !== 'boolean') throw refused('skipFresh must be true or false');
  if (factory !== undefined && typeof factory !== 'function') throw refused('factory must be a function');
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw refused('onProgress must be a function');
  }
  return { ...options, concurrency, skipFresh, signal };
}

/** @param {string} sentence */
function refused(sentence) {
  return new OrgCacheError('E_CONFIG', `the option ${sentence}`);
}

/**
 * @param {any} source
 * @returns {AsyncIterator<any> | Iterator<any>}
 */
function iteratorOf(source) {
  const make = source?.[Symbol.asyncIterator] ?? source?.[Symbol.iterator];
  if (typeof make === 'function' && typeof source !== 'string') return make.call(source);
  throw new OrgCacheError(
    'E_ARGUMENT',
    'the source must be a list or an iterable of keys or of [key, value]',
  );
}

/**
 * @template Report
 * @param {((report: Report) => void) | undefined} listener
 * @param {Report} report
 */
function tell(listener, report) {
  try {
    listener?.(report);
  } catch (error) {
    passOn(error);
  }
}

module.exports = { warm };
