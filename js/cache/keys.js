'use strict';

const { verbs } = require('./engine.js');

/**
 * The keys that have a value, each once.
 * @param {InstanceType<typeof import('./entries.js').Entries>} entries
 * @returns {AsyncIterableIterator<string>}
 */
async function* keysOf(entries) {
  /** @type {Set<string>} */
  const seen = new Set();
  let cursor = '';
  do {
    const [next, ...keys] = await entries.call(verbs.entryKeys, [cursor]);
    for (const key of keys) {
      const text = String(key);
      if (seen.has(text)) continue;
      seen.add(text);
      yield text;
    }
    cursor = String(next);
  } while (cursor !== '');
}

module.exports = { keysOf };
