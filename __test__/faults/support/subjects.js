'use strict';

/** Longer than any test: nothing may be missing because it expired. */
const TTL_SECONDS = 3600;

/**
 * What the load reads and writes, by kind. `write` answers whether the version was acknowledged, `read` the
 * version that is there or null. Every stored value names its key, so that an answer that belongs to
 * another call shows itself: `read` then throws a `Mismatch`.
 */
class Mismatch extends Error {}

/** Redis answered with a value that belongs to another key, or with no value of the load at all. */
function versionOf(value, name) {
  if (value === null || value === undefined) return null;
  if (value.key !== name) throw new Mismatch(`${name} was answered ${JSON.stringify(value)}`);
  return value.version;
}

const KINDS = {
  context: ({ cacheAdapter }, name, organization = 'org-load') => ({
    name: `context ${organization} ${name}`,
    write: (version) =>
      cacheAdapter.setConversationContext(organization, phoneOf(name), [{ key: name, version }]),
    read: async () =>
      versionOf((await cacheAdapter.getConversationContext(organization, phoneOf(name)))?.[0], name),
  }),
  kv: ({ cacheAdapter }, name) => ({
    name: `kv ${name}`,
    write: (version) => cacheAdapter.set(name, { key: name, version }, TTL_SECONDS),
    read: async () => versionOf(await cacheAdapter.get(name), name),
    remove: () => cacheAdapter.delete(name),
  }),
  lead: ({ cacheAdapter }, name) => ({
    name: `lead ${name}`,
    write: (version) => cacheAdapter.setPhoneToLeadMapping(phoneOf(name), `${name}=${version}`),
    read: async () => {
      const lead = await cacheAdapter.getPhoneToLeadMapping(phoneOf(name));
      if (lead === null) return null;
      const [key, version] = String(lead).split('=');
      return versionOf({ key, version: Number(version) }, name);
    },
  }),
  field: ({ cacheManager }, name) => ({
    name: `field ${name}`,
    write: async (version) =>
      (await cacheManager.hset('load-hash', name, { key: name, version }, TTL_SECONDS)) !== false,
    read: async () => versionOf(await cacheManager.hget('load-hash', name), name),
    remove: () => cacheManager.hdel('load-hash', name),
  }),
  raw: ({ redisManager }, name) => ({
    name: `raw ${name}`,
    isRaw: true,
    write: async (version) =>
      (await redisManager.getClient().set(`raw:${name}`, JSON.stringify({ key: name, version }))) === 'OK',
    read: async () => {
      const text = await redisManager.getClient().get(`raw:${name}`);
      if (text !== null && !/^\{.*\}$/.test(text)) throw new Mismatch(`raw:${name} was answered ${text}`);
      return versionOf(JSON.parse(text), name);
    },
    remove: () => redisManager.getClient().del(`raw:${name}`),
  }),
};

/** A phone number with unique digits: keys contain only the digits. */
function phoneOf(name) {
  const [worker, index] = name.match(/\d+/g).map(Number);
  return `+1555${String(worker).padStart(3, '0')}${String(index).padStart(5, '0')}`;
}

module.exports = { KINDS, Mismatch };
