'use strict';

const { performance } = require('node:perf_hooks');
const { setImmediate: nextTurn } = require('node:timers/promises');
const { nameOf } = require('./adapter.js');
const { makeError } = require('./errors.js');
const { loadNative } = require('./native.js');

/** Entries that cross at once; one pipeline. */
const BATCH_ENTRIES = 256;
/** Time a batch may take to put together before the event loop gets its turn. */
const BATCH_MS = 5;

/** The cache for servers that still have Maps. See index.d.ts for what each method promises. */
class RedisMigrationManager {
  #adapter;
  #notices;

  migrationStats = {
    conversationContexts: 0,
    conversationSummaries: 0,
    leadMappings: 0,
    organizationData: 0,
    agentConfigs: 0,
    errors: 0,
  };

  constructor({ cacheAdapter, redisManager, notices }) {
    this.#adapter = cacheAdapter;
    this.#notices = notices;
    this.redisManager = redisManager;
  }

  async getConversationContext(orgId, phone, legacyMap = null) {
    const cached = await this.#adapter.getConversationContext(orgId, phone);
    if (cached !== null && cached.length > 0) return cached;
    const set = (messages) => this.#adapter.setConversationContext(orgId, phone, messages);
    const found = await this.#moveFrom(legacyMap, this.#names(orgId, phone), set, 'conversationContexts');
    return found ?? cached ?? [];
  }

  setConversationContext(orgId, phone, messages, legacyMap = null) {
    const set = () => this.#adapter.setConversationContext(orgId, phone, messages);
    return this.#setBeside(legacyMap, () => this.#names(orgId, phone), messages, set);
  }

  async getConversationSummary(orgId, phone, legacyMap = null) {
    const cached = await this.#adapter.getConversationSummary(orgId, phone);
    if (cached !== null) return cached;
    const set = (summary) => this.#adapter.setConversationSummary(orgId, phone, summary);
    return this.#moveFrom(legacyMap, this.#names(orgId, phone), set, 'conversationSummaries');
  }

  setConversationSummary(orgId, phone, summary, legacyMap = null) {
    const set = () => this.#adapter.setConversationSummary(orgId, phone, summary);
    return this.#setBeside(legacyMap, () => this.#names(orgId, phone), summary, set);
  }

  async getPhoneToLeadMapping(phone, legacyMap = null) {
    const cached = await this.#adapter.getPhoneToLeadMapping(phone);
    if (cached !== null) return cached;
    const set = (lead) => this.#adapter.setPhoneToLeadMapping(phone, lead);
    return this.#moveFrom(legacyMap, [phone], set, 'leadMappings');
  }

  setPhoneToLeadMapping(phone, leadId, legacyMap = null) {
    const set = () => this.#adapter.setPhoneToLeadMapping(phone, leadId);
    return this.#setBeside(legacyMap, () => [phone], leadId, set);
  }

  async getOrganizationData(orgId, legacyMap = null) {
    const cached = await this.#adapter.getOrganizationData(orgId);
    if (cached !== null) return cached;
    const set = (data) => this.#adapter.setOrganizationData(orgId, nameOf(data));
    return nameOf(await this.#moveFrom(legacyMap, [orgId], set, 'organizationData'));
  }

  setOrganizationData(orgId, name, legacyMap = null) {
    const set = () => this.#adapter.setOrganizationData(orgId, name);
    return this.#setBeside(legacyMap, () => [orgId], name, set);
  }

  /** The names under which a Map may hold a conversation, the one it belongs under first. */
  #names(orgId, phone) {
    return [this.createOrgKey(orgId, phone), phone];
  }

  /** What the Map has, which leaves the Map once it is stored for good. Null where it has nothing. */
  async #moveFrom(map, names, set, statistic) {
    if (!map) return null;
    const name = names.find((candidate) => hasContent(map.get(candidate)));
    if (name === undefined) return null;
    const value = map.get(name);
    try {
      if ((await set(value)) && map.get(name) === value) {
        map.delete(name);
        this.migrationStats[statistic]++;
      }
    } catch (error) {
      // The caller asked for a value, and has it: the Map keeps what cannot be stored.
      if (error.code === 'E_CLOSED') throw error;
      this.migrationStats.errors++;
    }
    return value;
  }

  /** Stores a value; the Map lets go of its own only then, and takes the value where it was not stored. */
  async #setBeside(map, makeNames, value, set) {
    if (!map) return set();
    const names = makeNames();
    const before = map.get(names[0]);
    let isStored = false;
    try {
      isStored = await set();
    } catch (error) {
      this.migrationStats.errors++;
      throw error;
    }
    if (!isStored) {
      map.set(names[0], value);
      return false;
    }
    // What somebody else has put there meanwhile is not what was stored; and what stands under the bare
    // phone number may be another organization's.
    if (map.get(names[0]) === before) map.delete(names[0]);
    return true;
  }

  /**
   * Moves whole Maps, a batch at a time. What is moved leaves its Map; what is not (Redis is away, no
   * organization in the key, not JSON) stays, so that calling it again goes on where it stopped.
   */
  async migrateExistingMaps(maps = {}, { onProgress, signal } = {}) {
    const plans = this.#plans(maps);
    const total = plans.reduce((sum, { map }) => sum + map.size, 0);
    const progress = { done: 0, total, migrated: 0, skipped: 0, failed: 0, aborted: false };
    const tell = () => onProgress?.({ ...progress });
    for (const plan of plans) {
      for await (const batch of batches(plan.map)) {
        if (signal?.aborted) return { ...progress, aborted: true };
        await this.#migrateBatch(plan, batch, progress);
        tell();
      }
    }
    return { ...progress };
  }

  async #migrateBatch({ map, statistic, store }, batch, progress) {
    const outcomes = batch.map(async ([key, value]) => {
      try {
        const stored = store(key, value);
        if (stored === undefined) return 'skipped';
        if (!(await stored)) return 'failed';
      } catch (error) {
        if (error.code === 'E_CLOSED') throw error;
        this.migrationStats.errors++;
        return 'failed';
      }
      // A value that was replaced meanwhile is another one, and goes with a later batch.
      if (map.get(key) === value) map.delete(key);
      this.migrationStats[statistic]++;
      return 'migrated';
    });
    for (const outcome of await Promise.all(outcomes)) progress[outcome]++;
    progress.done += batch.length;
  }

  /** How each Map's entries are stored; `undefined` where an entry does not say to whom it belongs. */
  #plans(maps) {
    const adapter = this.#adapter;
    const conversation = (set) => (key, value) => {
      const { orgId, phoneNumber } = this.parseOrgKey(key);
      return orgId === null || !hasContent(value) ? undefined : set.call(adapter, orgId, phoneNumber, value);
    };
    const agent = (key, value) => {
      const { orgId: agentId, phoneNumber } = this.parseOrgKey(key);
      const configured = typeof value === 'object' ? value?.configured : value;
      const isKnown = agentId !== null && configured !== undefined && configured !== null;
      return isKnown ? adapter.setAgentConfig(agentId, phoneNumber, configured) : undefined;
    };
    const lead = (phone, id) => (id ? adapter.setPhoneToLeadMapping(phone, id) : undefined);
    const organization = (orgId, data) =>
      nameOf(data) ? adapter.setOrganizationData(orgId, nameOf(data)) : undefined;
    const plans = [
      ['conversationContexts', 'conversationContexts', conversation(adapter.setConversationContext)],
      ['conversationSummaries', 'conversationSummaries', conversation(adapter.setConversationSummary)],
      ['phoneToLeadMapping', 'leadMappings', lead],
      ['organizationCache', 'organizationData', organization],
      ['agentConfigCache', 'agentConfigs', agent],
    ];
    return plans
      .filter(([name]) => maps[name])
      .map(([name, statistic, store]) => ({ map: maps[name], statistic, store }));
  }

  createOrgKey(orgId, phone) {
    return this.#adapter.createOrgKey(orgId, phone);
  }

  parseOrgKey(key) {
    return JSON.parse(loadNative().parseOrgKey(makeError, key));
  }

  async getStats() {
    return { migration: { ...this.migrationStats }, cache: await this.#adapter.getStats() };
  }

  healthCheck() {
    return this.#adapter.healthCheck();
  }

  printMigrationStats() {
    const logger = this.#notices.logger ?? console;
    const counts = Object.entries(this.migrationStats).map(([name, count]) => `${name} ${count}`);
    (logger.info ?? logger.log).call(logger, `Redis migration: ${counts.join(', ')}`);
  }
}

/** An empty list or text is as good as nothing, as it was to the JavaScript manager. */
function hasContent(value) {
  return (
    value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
  );
}

/** The entries of a Map as it is when they are reached; between two batches the event loop has its turn. */
async function* batches(map) {
  let batch = [];
  let began = performance.now();
  for (const entry of [...map]) {
    batch.push(entry);
    if (batch.length < BATCH_ENTRIES && performance.now() - began < BATCH_MS) continue;
    yield batch;
    await nextTurn();
    batch = [];
    began = performance.now();
  }
  if (batch.length > 0) yield batch;
}

module.exports = { RedisMigrationManager };
