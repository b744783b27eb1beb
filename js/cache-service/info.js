'use strict';

/**
 * The values of INFO by their names.
 * @param {string} info
 * @returns {Record<string, string>}
 */
function valuesOf(info) {
  const lines = [...info.matchAll(/^(\w+):(.*?)\r?$/gm)];
  return Object.fromEntries(lines.map(([, name, value]) => [name, value]));
}

/**
 * Bytes of the server's data; 0 if the server did not say.
 * @param {Record<string, string>} values
 */
function memoryOf(values) {
  return Number(values.used_memory ?? 0);
}

module.exports = { memoryOf, valuesOf };
