'use strict';

const { indexPattern } = require('./layout.js');
const { inBatches, listed, scan } = require('./scan.js');
const { withStore } = require('./store.js');

const BATCH = 100;
/** Keys of an organization whose memory is asked for; the others are taken to be like them. */
const SAMPLE = 100;

/** Counts what each organization holds, the largest first. */
function stats({ limit = 100, json = false, say, note }) {
  return withStore(async (store) => {
    const organizations = [];
    for await (const batch of inBatches(scan(store, indexPattern(store)), BATCH)) {
      const counts = await Promise.all(batch.map((index) => store.client.call('ZCARD', index)));
      organizations.push(...batch.map((index, position) => ({ index, keys: Number(counts[position]) })));
    }
    organizations.sort((a, b) => b.keys - a.keys);
    const rows = [];
    for (const { index, keys } of organizations.slice(0, limit))
      rows.push(await describe(store, index, keys));
    const isComplete = organizations.length <= limit;
    if (json) {
      await say(JSON.stringify({ prefix: store.prefix, isComplete, organizations: rows }, null, 2));
      return true;
    }
    for (const row of rows) await say(lineOf(row));
    await note(`${organizations.length} organizations${isComplete ? '' : `, ${limit} shown: --limit`}`);
    return true;
  });
}

async function describe(store, index, keys) {
  const { orgId: organization } = store.cacheManager.decodeKey(index);
  const types = {};
  const sizes = [];
  for await (const batch of inBatches(first(listed(store, index), SAMPLE), BATCH)) {
    const found = await Promise.all(batch.map((key) => store.client.call('MEMORY', 'USAGE', key)));
    for (const [position, key] of batch.entries()) {
      // An index may list a key that has ended.
      if (found[position] === null) continue;
      sizes.push(Number(found[position]));
      const type = store.cacheManager.decodeKey(key)?.type ?? 'other';
      types[type] = (types[type] ?? 0) + 1;
    }
  }
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const isSampled = keys > SAMPLE;
  const bytes = isSampled && sizes.length > 0 ? Math.round((total / SAMPLE) * keys) : total;
  return { organization, keys: isSampled ? keys : sizes.length, bytes, isEstimate: isSampled, types };
}

async function* first(items, count) {
  let left = count;
  for await (const item of items) {
    if (left-- === 0) return;
    yield item;
  }
}

function lineOf({ organization, keys, bytes, isEstimate, types }) {
  const kinds = Object.entries(types).map(([type, count]) => `${type} ${count}`);
  const about = isEstimate ? 'about ' : '';
  const sample = isEstimate ? `; of ${SAMPLE}: ` : '; ';
  return `${organization ?? '(global)'}\t${about}${keys} keys\t${about}${bytes} bytes${sample}${kinds.join(', ')}`;
}

module.exports = { stats };
