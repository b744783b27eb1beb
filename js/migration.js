'use strict';

const { abortable, whenAborted } = require('./abort.js');
const { nameOf } = require('./adapter.js');
const { BEGIN_ANEW } = require('./begin-anew.js');
const { types } = require('node:util');
const { OrgCacheError, makeError } = require('./errors.js');
const { loadNative } = require('./native.js');
const { refuseUnknown, signalOf } = require('./options.js');
const { ownBytes } = require('./passing-bytes.js');
const { nextTurn, now } = require('./time.js');
const { UnderWay } = require('./under-way.js');

/** Entries that cross at once; one pipeline. */
const BATCH_ENTRIES = 256;
/** Time that writing a batch as JSON may take before the event loop gets its turn. */
const BATCH_MS = 5;

/** The cache for servers that still have Maps. See index.d.ts for what each method promises. */
class RedisMigrationManager {
  #adapter;
  #acknowledging;
  #copying;
  #inspection;
  #notices;
  /** What is being set is newer than what the Map still has: moving that would undo the set. */
  #sets = new UnderWay();

  migrationStats = {
    conversationContexts: 0,
    conversationSummaries: 0,
    leadMappings: 0,
    organizationData: 0,
    agentConfigs: 0,
    errors: 0,
  };

  /**
   * `acknowledging` is the adapter whose sets are true only where Redis itself has the value; those of `copying` are
   * answered from memory, too, while Redis is away.
   */
  constructor({ cacheAdapter, acknowledging, copying, inspection, redisManager, notices }) {
    this.#adapter = cacheAdapter;
    this.#acknowledging = acknowledging;
    this.#copying = copying;
    this.#inspection = inspection;
    this.#notices = notices;
    this.redisManager = redisManager;
  }

  [BEGIN_ANEW]() {
    for (const name of Object.keys(this.migrationStats)) this.migrationStats[name] = 0;
  }

  getConversationContext(givenOrgId, givenPhone, legacyMap = null, options = undefined) {
    const [orgId, phone] = [ownBytes(givenOrgId), ownBytes(givenPhone)];
    return abortable(options, async () => {
      if (isNobody(phone, legacyMap)) return [];
      const cached = await this.#adapter.getConversationContext(orgId, phone);
      if (cached !== null && cached.length > 0) return cached;
      const set = (messages) => this.#acknowledging.setConversationContext(orgId, phone, messages);
      const names = this.#names(orgId, phone);
      return (await this.#moveFrom(legacyMap, names, set, 'conversationContexts')) ?? cached ?? [];
    });
  }

  setConversationContext(orgId, phone, messages, legacyMap = null, options = undefined) {
    const set = (adapter) => adapter.setConversationContext(orgId, phone, messages);
    const names = () => this.#names(orgId, phone);
    return abortable(options, async () =>
      isNobody(phone, legacyMap) ? false : this.#setBeside(legacyMap, names, messages, set),
    );
  }

  getConversationSummary(givenOrgId, givenPhone, legacyMap = null, options = undefined) {
    const [orgId, phone] = [ownBytes(givenOrgId), ownBytes(givenPhone)];
    return abortable(options, async () => {
      if (isNobody(phone, legacyMap)) return null;
      const cached = await this.#adapter.getConversationSummary(orgId, phone);
      if (cached !== null) return cached;
      const set = (summary) => this.#acknowledging.setConversationSummary(orgId, phone, summary);
      return this.#moveFrom(legacyMap, this.#names(orgId, phone), set, 'conversationSummaries');
    });
  }

  setConversationSummary(orgId, phone, summary, legacyMap = null, options = undefined) {
    const set = (adapter) => adapter.setConversationSummary(orgId, phone, summary);
    const names = () => this.#names(orgId, phone);
    return abortable(options, async () =>
      isNobody(phone, legacyMap) ? false : this.#setBeside(legacyMap, names, summary, set),
    );
  }

  getPhoneToLeadMapping(givenPhone, legacyMap = null, options = undefined) {
    const phone = ownBytes(givenPhone);
    return abortable(options, async () => {
      if (isMissing(phone)) return null;
      const cached = await this.#adapter.getPhoneToLeadMapping(phone);
      if (cached !== null) return cached;
      const set = (lead) => this.#acknowledging.setPhoneToLeadMapping(phone, lead);
      return this.#moveFrom(legacyMap, [phone], set, 'leadMappings');
    });
  }

  setPhoneToLeadMapping(phone, leadId, legacyMap = null, options = undefined) {
    const set = (adapter) => adapter.setPhoneToLeadMapping(phone, leadId);
    return abortable(options, async () =>
      isMissing(phone) || isMissing(leadId) ? false : this.#setBeside(legacyMap, () => [phone], leadId, set),
    );
  }

  getOrganizationData(givenOrgId, legacyMap = null, options = undefined) {
    const orgId = ownBytes(givenOrgId);
    return abortable(options, async () => {
      const cached = await this.#adapter.getOrganizationData(orgId);
      if (cached !== null) return cached;
      const set = (data) => this.#acknowledging.setOrganizationData(orgId, nameOf(data));
      return nameOf(await this.#moveFrom(legacyMap, [orgId], set, 'organizationData'));
    });
  }

  setOrganizationData(orgId, name, legacyMap = null, options = undefined) {
    const set = (adapter) => adapter.setOrganizationData(orgId, name);
    return abortable(options, () => this.#setBeside(legacyMap, () => [orgId], name, set));
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
    // While Redis is away nobody knows whether it has something newer: a set, which would be carried out in
    // the end, could take that away.
    if (this.#sets.has(map, names[0]) || !this.#inspection.isStoring()) return value;
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
    if (!map) return set(this.#adapter);
    // What stands under the bare phone number may be another organization's.
    const [name] = makeNames();
    const before = map.get(name);
    const isSetAside = this.#inspection.isSetAside;
    return this.#sets.during(map, name, async () => {
      let isStored = false;
      try {
        isStored = (await set(this.#acknowledging)) && !isSetAside;
      } catch (error) {
        this.migrationStats.errors++;
        throw error;
      }
      if (!isStored) map.set(name, value);
      // What somebody else has put there meanwhile is not what was stored.
      else if (map.get(name) === before) map.delete(name);
      return isStored;
    });
  }

  /**
   * Moves whole Maps, a batch at a time. What is moved leaves its Map; what is not (Redis is away, no
   * organization in the key, not JSON) stays, so that calling it again goes on where it stopped.
   */
  async migrateExistingMaps(maps = {}, options = {}) {
    const signal = signalOf(options, ['onProgress', 'signal']);
    const plans = this.#plans(maps);
    const total = plans.reduce((sum, { map }) => sum + map.size, 0);
    const progress = {
      done: 0,
      total,
      migrated: 0,
      skipped: 0,
      failed: 0,
      aborted: signal?.aborted ?? false,
    };
    const run = { progress, tell: () => options.onProgress?.({ ...progress }) };
    if (signal === undefined || signal.aborted) return this.#migrate(plans, run);
    let forget;
    const aborted = new Promise((resolve) => {
      forget = whenAborted(signal, () => {
        progress.aborted = true;
        resolve({ ...progress });
      });
    });
    return Promise.race([this.#migrate(plans, run), aborted]).finally(forget);
  }

  async #migrate(plans, { progress, tell }) {
    for (const plan of plans) {
      // What is added meanwhile comes last, and waits for another run: so this one has an end.
      let left = plan.map.size;
      const entries = plan.map[Symbol.iterator]();
      while (left > 0 && !progress.aborted) {
        const batch = this.#storeBatch(plan, entries, Math.min(left, BATCH_ENTRIES), progress);
        left -= batch.length;
        await Promise.all(batch);
        if (batch.length === 0 || progress.aborted) break;
        tell();
        await nextTurn();
      }
    }
    return { ...progress };
  }

  /** Stores the next entries, at least one, until the time of a batch is over. */
  #storeBatch(plan, entries, most, progress) {
    const batch = [];
    const began = now();
    do {
      const { done, value: entry } = entries.next();
      if (done) break;
      batch.push(this.#migrateEntry(plan, entry, progress));
    } while (batch.length < most && now() - began < BATCH_MS);
    return batch;
  }

  async #migrateEntry(plan, entry, progress) {
    const outcome = await this.#outcomeOf(plan, entry);
    progress[outcome]++;
    progress.done++;
  }

  async #outcomeOf({ map, statistic, store }, [key, value]) {
    if (this.#sets.has(map, key)) return 'skipped';
    const isSetAside = this.#inspection.isSetAside;
    try {
      const stored = store(key, value);
      if (stored === undefined) return 'skipped';
      if (!(await stored) || isSetAside) return 'failed';
    } catch (error) {
      if (error.code === 'E_CLOSED') throw error;
      this.migrationStats.errors++;
      return 'failed';
    }
    // A value that was replaced meanwhile is another one, and goes with a later run.
    if (map.get(key) === value) map.delete(key);
    this.migrationStats[statistic]++;
    return 'migrated';
  }

  /** How each Map's entries are stored; `undefined` where an entry does not say to whom it belongs. */
  #plans(maps) {
    const adapter = this.#copying;
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
    refuseWhatIsNoMap(
      maps,
      plans.map(([name]) => name),
    );
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

  getStats(options) {
    return abortable(options, async () => ({
      migration: { ...this.migrationStats },
      cache: await this.#adapter.getStats(),
    }));
  }

  healthCheck(options) {
    return this.#adapter.healthCheck(options);
  }

  printMigrationStats() {
    const counts = Object.entries(this.migrationStats).map(([name, count]) => `${name} ${count}`);
    this.#notices.print('info', `Redis migration: ${counts.join(', ')}`);
  }
}

/** The JavaScript manager answered for nobody as for somebody without a conversation, where it had no Map to ask. */
function isNobody(phone, legacyMap) {
  return isMissing(phone) && !legacyMap;
}

function isMissing(name) {
  return name === null || name === undefined;
}

/** Before anything moves: a Map under a wrong name would stay where it is, and nobody would know. */
function refuseWhatIsNoMap(maps, names) {
  if (typeof maps !== 'object' || maps === null || types.isMap(maps) || Array.isArray(maps)) {
    throw new OrgCacheError('E_ARGUMENT', 'migrateExistingMaps() takes an object of Maps by their names');
  }
  refuseUnknown(Object.keys(maps), names, 'the Map');
  for (const [name, map] of Object.entries(maps)) {
    if (isMissing(map) || isMap(map)) continue;
    throw new OrgCacheError('E_ARGUMENT', `${name} must be a Map; what was given has not the methods of one`);
  }
}

function isMap(value) {
  const methods = ['get', 'set', 'delete', Symbol.iterator];
  return types.isMap(value) || methods.every((name) => typeof value[name] === 'function');
}

/** An empty list or text is as good as nothing, as it was to the JavaScript manager. */
function hasContent(value) {
  return (
    value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
  );
}

module.exports = { RedisMigrationManager };
