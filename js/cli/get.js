'use strict';

const { partsOf } = require('./layout.js');
const { withStore } = require('./store.js');

/** Before a value that is compressed. */
const COMPRESSED = '\0';
/** What an older layer announced and did not do. */
const LEGACY_MARK = 'compressed:';
/** Members of a collection that are shown. */
const MEMBERS = 100;

/** How the value of a key is read by what the key names, since only native code decompresses. */
const READERS = {
  conversationContexts: ({ cacheAdapter }, org, [phone]) => cacheAdapter.getConversationContext(org, phone),
  conversationSummaries: ({ cacheAdapter }, org, [phone]) => cacheAdapter.getConversationSummary(org, phone),
  historyCache: ({ cacheAdapter }, org, [phone]) => cacheAdapter.getConversationHistoryCache(org, phone),
  preComputedContext: ({ cacheAdapter }, org, [phone]) => cacheAdapter.getPreComputedContext(org, phone),
  organization: ({ cacheAdapter }, org) => cacheAdapter.getOrganizationData(org),
  phoneToLead: ({ cacheAdapter }, _org, [phone]) => cacheAdapter.getPhoneToLeadMapping(phone),
  leadToPhone: ({ cacheAdapter }, _org, [lead]) => cacheAdapter.getLeadToPhoneMapping(lead),
  dynamicLead: ({ cacheAdapter }, _org, [lead]) => cacheAdapter.getDynamicLead(lead),
  agentConfig: ({ cacheAdapter }, _org, [agent, phone]) => cacheAdapter.getAgentConfig(agent, phone),
  sseCache: ({ cacheAdapter }, _org, [lead, phone]) => cacheAdapter.getSSEResponseCache(lead, phone),
  kv: ({ cacheAdapter }, _org, [key]) => cacheAdapter.get(key),
};

/** How what is no string is read. */
const COLLECTIONS = {
  list: (client, key) => client.call('LRANGE', key, 0, MEMBERS - 1),
  set: async (client, key) => (await client.call('SSCAN', key, 0, 'COUNT', MEMBERS))[1],
  zset: (client, key) => client.call('ZRANGE', key, 0, MEMBERS - 1, 'WITHSCORES'),
  stream: (client, key) => client.call('XRANGE', key, '-', '+', 'COUNT', MEMBERS),
};

/** Prints one value, decoded. */
function get({ operands: [key], json = false, say }) {
  return withStore(async (store) => {
    const { client } = store;
    const [redisType, left] = await Promise.all([client.call('TYPE', key), client.call('PTTL', key)]);
    if (redisType === 'none')
      throw new Error('there is no such key; `orgcache keys` lists those that there are');
    const value = await valueOfKey(store, key, redisType);
    if (json) {
      const ttlSeconds = Number(left) < 0 ? null : Math.ceil(Number(left) / 1000);
      await say(JSON.stringify({ key, redisType, ttlSeconds, value }, null, 2));
    } else {
      await say(typeof value === 'string' ? value : JSON.stringify(value, null, 2));
    }
    return true;
  });
}

async function valueOfKey(store, key, redisType) {
  if (redisType === 'string') {
    const text = await store.client.get(key);
    return text?.startsWith(COMPRESSED) ? decompressed(store, key, READERS) : parsed(text);
  }
  if (redisType === 'hash') return hashValue(store, key);
  if (!Object.hasOwn(COLLECTIONS, redisType))
    throw new Error(`values of the type ${redisType} are not shown`);
  return COLLECTIONS[redisType](store.client, key);
}

async function hashValue(store, key) {
  const flat = await store.client.call('HGETALL', key);
  const pairs = Array.isArray(flat) ? pairsOf(flat) : Object.entries(flat);
  if (pairs.some(([, text]) => text.startsWith(COMPRESSED))) return decompressed(store, key, {});
  // A field of any name is data, `__proto__` too.
  return Object.fromEntries(pairs.map(([field, text]) => [field, parsed(text)]));
}

function pairsOf(flat) {
  return flat.flatMap((field, index) => (index % 2 === 0 ? [[field, flat[index + 1]]] : []));
}

/** JSON as its value, and what is none as the text that it is. */
function parsed(text) {
  const json = text?.startsWith(LEGACY_MARK) ? text.slice(LEGACY_MARK.length) : text;
  try {
    return JSON.parse(json);
  } catch {
    return text;
  }
}

async function decompressed(store, key, readers) {
  const parts = partsOf(store, key);
  const value = parts === null ? null : await read(store, parts, readers);
  if (value !== null) return value;
  throw new Error(
    'the value is compressed and cannot be read: it is damaged, or its key is none of this package',
  );
}

function read(store, { type, organization, rest }, readers) {
  if (Object.hasOwn(readers, type)) return readers[type](store, organization, rest);
  if (rest.length > 0) return null;
  return readers === READERS
    ? store.cacheManager.get(type, organization)
    : store.cacheManager.hgetall(type, organization);
}

module.exports = { get };
