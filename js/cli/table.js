'use strict';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
const STEP = 1024;
const GAP = '  ';
const CODES = { bold: [1, 22], dim: [2, 22], green: [32, 39], yellow: [33, 39], red: [31, 39] };

/**
 * Lines of cells, in columns as wide as their widest cell. The columns in `right` are right-aligned numbers.
 * @param {string[][]} rows
 * @param {number[]} [right]
 */
function aligned(rows, right = []) {
  /** @type {number[]} */
  const widths = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  const padded = (/** @type {string} */ cell, /** @type {number} */ column) =>
    right.includes(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]);
  return rows.map((row) => row.map(padded).join(GAP).trimEnd());
}

/**
 * A number of bytes for people: `1.4 MiB`.
 * @param {number} bytes
 */
function sizeOf(bytes) {
  let [value, unit] = [bytes, 0];
  while (value >= STEP && unit < UNITS.length - 1) {
    value /= STEP;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/**
 * The text in a colour, if the stream is a terminal that shows colours.
 * @param {keyof typeof CODES} name
 * @param {string} text
 */
function coloured(name, text, stream = process.stdout) {
  if (!stream.isTTY || !stream.hasColors?.() || process.env.NO_COLOR) return text;
  const [on, off] = CODES[name];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

module.exports = { aligned, coloured, sizeOf };
