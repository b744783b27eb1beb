'use strict';

/** @import { Family, Sample } from './registry.js' */

/** @typedef {'openmetrics' | 'prometheus'} Format */

/** @type {Format[]} */
const FORMATS = ['prometheus', 'openmetrics'];
/** Units that names end with. OpenMetrics repeats them in a line of their own. */
const UNITS = ['bytes', 'seconds'];
/** @type {Partial<Record<Family['type'], '_info' | '_total'>>} */
const SUFFIXES = { counter: '_total', info: '_info' };

/**
 * The text of metrics: the text format of Prometheus 0.0.4, or OpenMetrics 1.0. They differ in what a counter's family
 * is called, in the type `info`, in units and in the last line.
 * @param {readonly Family[]} families
 * @param {Format} format
 */
function expositionOf(families, format) {
  const isOpen = format === 'openmetrics';
  const lines = families
    .filter(({ samples }) => samples.length > 0)
    .flatMap((family) => [
      ...headOf(family, isOpen),
      ...family.samples.map((sample) => lineOf(family, sample)),
    ]);
  if (isOpen) lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

/**
 * @param {Family} family
 * @param {boolean} isOpen
 */
function headOf({ name, type, help }, isOpen) {
  const unit = UNITS.find((each) => name.endsWith(`_${each}`));
  const shown = isOpen ? name : name + (SUFFIXES[type] ?? '');
  return [
    `# HELP ${shown} ${isOpen ? escaped(help) : help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
    `# TYPE ${shown} ${type === 'info' && !isOpen ? 'gauge' : type}`,
    ...(isOpen && unit !== undefined ? [`# UNIT ${shown} ${unit}`] : []),
  ];
}

/**
 * @param {Family} family
 * @param {Sample} sample
 */
function lineOf({ name, type }, { labels = {}, suffix, value }) {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  const shown = name + (suffix ?? SUFFIXES[type] ?? '');
  return `${shown}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numberOf(value)}`;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** @param {number} value */
function numberOf(value) {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

module.exports = { FORMATS, expositionOf };
