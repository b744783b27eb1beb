'use strict';

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;
const NUMBER = /^(NaN|[+-]Inf|-?\d+(\.\d+)?([eE][+-]?\d+)?)$/;
const TYPES = {
  prometheus: ['counter', 'gauge', 'summary'],
  openmetrics: ['counter', 'gauge', 'info', 'summary'],
};
/** The endings that samples of a type add to the family's name. */
const SUFFIXES = {
  prometheus: { counter: [''], gauge: [''], summary: ['', '_sum', '_count'] },
  openmetrics: { counter: ['_total'], gauge: [''], info: ['_info'], summary: ['', '_sum', '_count'] },
};
const ESCAPES = { prometheus: ['\\', 'n'], openmetrics: ['\\', 'n', '"'] };

/**
 * Reads the text format of Prometheus 0.0.4 or OpenMetrics 1.0, and refuses whatever their specifications do not allow or advise
 * against. Answers the families by name: `{ type, help, unit, samples }`, a sample with `name`, `labels` and `value`.
 */
function parseExposition(text, format) {
  const lines = linesOf(text, format);
  const families = new Map();
  let current;
  lines.forEach((line, index) => {
    const refuse = (why) => {
      throw new Error(`line ${index + 1}, ${why}: ${line}`);
    };
    const comment = /^# (HELP|TYPE|UNIT) (\S+) (.*)$/s.exec(line);
    if (comment) {
      const [, word, name, rest] = comment;
      if (current?.name !== name) {
        if (families.has(name)) refuse('the family is not in one piece');
        current = { name, samples: [] };
        families.set(name, current);
      }
      readComment({ family: current, word, rest, format, refuse });
      return;
    }
    if (line.startsWith('#')) refuse('a comment that is neither HELP, TYPE nor UNIT');
    if (current?.type === undefined) refuse('a sample before the TYPE of its family');
    readSample({ family: current, line, format, refuse });
  });
  for (const family of families.values()) checkFamily(family, format);
  return families;
}

function linesOf(text, format) {
  const end = format === 'openmetrics' ? '\n# EOF\n' : '\n';
  if (!text.endsWith(end)) throw new Error('the text does not end as it must');
  return text.slice(0, -end.length).split('\n');
}

function readComment({ family, word, rest, format, refuse }) {
  const field = word.toLowerCase();
  if (family[field] !== undefined) refuse('given twice');
  if (family.samples.length > 0) refuse('behind the samples');
  if (!NAME.test(family.name)) refuse('no name of a metric');
  if (word === 'TYPE' && !TYPES[format].includes(rest)) refuse('an unknown type');
  if (word === 'UNIT' && (format === 'prometheus' || !family.name.endsWith(`_${rest}`)))
    refuse('no unit of this name');
  family[field] = word === 'HELP' ? unescaped(rest, ESCAPES[format], refuse) : rest;
}

function readSample({ family, line, format, refuse }) {
  const [, name, labelText, value] = /^([^\s{]+)(?:\{(.*)\})? (\S+)$/s.exec(line) ?? refuse('no sample');
  const suffix = name.slice(family.name.length);
  if (!name.startsWith(family.name) || !SUFFIXES[format][family.type].includes(suffix))
    refuse('not of its family');
  if (!NUMBER.test(value)) refuse('no number');
  const labels = labelText === undefined ? {} : labelsOf(labelText, refuse);
  const isQuantile = family.type === 'summary' && suffix === '';
  if (isQuantile !== 'quantile' in labels) refuse('a quantile where none may be, or none where one must be');
  if (isQuantile && !(Number(labels.quantile) >= 0 && Number(labels.quantile) <= 1)) refuse('no quantile');
  const number = numberOf(value);
  const grows = family.type === 'counter' || suffix === '_count' || suffix === '_sum';
  if (grows && !(number >= 0)) refuse('a counter that is below 0 or no number');
  if (suffix === '_count' && !Number.isInteger(number)) refuse('a count that is not whole');
  if (family.type === 'info' && number !== 1) refuse('an info that is not 1');
  family.samples.push({ name, labels, value: number });
}

function numberOf(text) {
  if (text.endsWith('Inf')) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(text);
}

function labelsOf(text, refuse) {
  const labels = {};
  let rest = text;
  while (rest !== '') {
    const [whole, name, value] =
      /^([^=]+)="((?:[^"\\]|\\.)*)"(?:,(?=.)|$)/s.exec(rest) ?? refuse('no labels');
    if (!LABEL_NAME.test(name)) refuse('no name of a label');
    if (name in labels) refuse('a label twice');
    labels[name] = unescaped(value, ['\\', 'n', '"'], refuse);
    rest = rest.slice(whole.length);
  }
  if (Object.keys(labels).length === 0) refuse('empty braces');
  return labels;
}

function unescaped(text, allowed, refuse) {
  return text.replace(/\\(.?)/g, (_, letter) => {
    if (!allowed.includes(letter)) refuse('an unknown escape');
    return letter === 'n' ? '\n' : letter;
  });
}

function checkFamily({ name, type, help, unit, samples }, format) {
  const refuse = (why) => {
    throw new Error(`${name}: ${why}`);
  };
  if (type === undefined || !help) refuse('no TYPE or no HELP');
  if (samples.length === 0) refuse('no samples');
  if (format === 'prometheus' && (type === 'counter') !== name.endsWith('_total'))
    refuse('_total is for counters');
  if (format === 'openmetrics' && /_(total|info|count|sum|bucket|created)$/.test(name))
    refuse('a reserved ending');
  if (format === 'openmetrics' && unit === undefined && /_(seconds|bytes)$/.test(name)) refuse('no UNIT');
  if (/(_ms|_us|_milliseconds|_percent|_kb|_mb)(_total)?$/.test(name)) refuse('no base unit');
  const series = samples.map(
    (sample) => `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`,
  );
  if (new Set(series).size < series.length) refuse('a series twice');
  const labelSets = samples.map(({ labels }) =>
    Object.keys(labels)
      .filter((label) => label !== 'quantile')
      .sort()
      .join(),
  );
  if (new Set(labelSets).size > 1) refuse('samples with different labels');
}

module.exports = { parseExposition };
