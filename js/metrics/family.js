'use strict';

/** @import { Family, Sample } from './registry.js' */
/** @import { Latencies } from '../../types/reports.js' */

/** @typedef {Sample[] | number | boolean} Values */

/**
 * A number that only grows.
 * @param {string} name Without `_total`.
 * @param {string} help
 * @param {Values} values
 * @returns {Family}
 */
const counter = (name, help, values) => ({ name, type: 'counter', help, samples: samplesOf(values) });

/**
 * @param {string} name
 * @param {string} help
 * @param {Values} values
 * @returns {Family}
 */
const gauge = (name, help, values) => ({ name, type: 'gauge', help, samples: samplesOf(values) });

/**
 * Facts that are labels.
 * @param {string} name Without `_info`.
 * @param {string} help
 * @param {Record<string, string>} labels
 * @returns {Family}
 */
const info = (name, help, labels) => ({ name, type: 'info', help, samples: [{ labels, value: 1 }] });

/**
 * @param {string} name
 * @param {string} help
 * @param {Sample[]} samples Made by `quantilesOf`.
 * @returns {Family}
 */
const summary = (name, help, samples) => ({ name, type: 'summary', help, samples });

/**
 * The samples of a summary in seconds. A quantile of no times is not a number.
 * @param {Latencies} latencies
 * @param {Record<string, string>} labels
 * @returns {Sample[]}
 */
function quantilesOf({ count, meanUs, p50Us, p90Us, p99Us }, labels) {
  const quantiles = Object.entries({ 0.5: p50Us, 0.9: p90Us, 0.99: p99Us });
  return [
    ...quantiles.map(([quantile, us]) => ({
      labels: { ...labels, quantile },
      value: count === 0 ? Number.NaN : seconds(us),
    })),
    { labels, suffix: '_sum', value: seconds(meanUs * count) },
    { labels, suffix: '_count', value: count },
  ];
}

/**
 * One sample for each name of an object, as the value of a label.
 * @param {string} label
 * @param {Record<string, number>} values
 * @returns {Sample[]}
 */
const each = (label, values) =>
  Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));

/**
 * One sample for each possible word: 1 for the one that counts, 0 for the others.
 * @param {string} label
 * @param {readonly string[]} words
 * @param {string} counting
 * @param {Record<string, string>} [labels]
 * @returns {Sample[]}
 */
const oneOf = (label, words, counting, labels) =>
  words.map((word) => ({ labels: { ...labels, [label]: word }, value: Number(word === counting) }));

/** @param {number} us */
const seconds = (us) => us / 1e6;

/** @param {Values} values */
const samplesOf = (values) => (Array.isArray(values) ? values : [{ value: Number(values) }]);

module.exports = { counter, each, gauge, info, oneOf, quantilesOf, summary };
