'use strict';

const { abortable, whenAborted } = require('./abort.js');
const { nameOf } = require('./adapter.js');
const { ON_RESET } = require('./on-reset.js');
const { makeError } = require('./errors.js');
const { loadNative } = require('./native.js');
const { hasContent, isMissing, plansOf } = require('./migration-plans.js');
const { signalOf } = require('./options.js');
const { ownBytes } = require('./argument-arena.js');
const { protocol } = require('./protocol.js');
const { nextTurn, now } = require('./time.js');
const { InFlight } = require('./in-flight.js');

/** @import { CallOptions, LegacyMap, LegacyMaps, MigrationOptions, MigrationProgress } from '../index.js' */
/** @import { MigrationStats, OrganizationId } from '../index.js' */
/** @import { RedisManager, RedisMigrationManager as Manager } from '../index.js' */
/** @import { Failure } from './errors.js' */
/** @import { Plan } from './migration-plans.js' */

/** @typedef {InstanceType<typeof import('./adapter.js').CacheAdapter>} CacheAdapter */
/** @typedef {InstanceType<typeof import('./inspection.js').Inspection>} Inspection */
/** @typedef {InstanceType<typeof import('./events.js').NativeEvents>} NativeEvents */
/** @typedef {keyof MigrationStats} Statistic */
/** @typedef {LegacyMap<any>} Legacy */

/**
 * The number of entries that cross at once, in one pipeline, and the longest time of encoding them as JSON before the
 * event loop gets its turn.
 */
const { migrationBatchEntries, migrationBatchMs } = protocol.limits;

/**
 * The cache for servers that still have Maps. types/migration.d.ts says what each method promises.
 * @implements {Manager}
 */
class RedisMigrationManager {
  #adapter;
  #acknowledging;
  #copying;
  #inspection;
  #events;
  /** A value that is being set is newer than the value in the Map. Moving the Map's value would undo the set. */
  #sets = new InFlight();

  /** @type {MigrationStats} */
  migrationStats = {
    conversationContexts: 0,
    conversationSummaries: 0,
    leadMappings: 0,
    organizationData: 0,
    agentConfigs: 0,
    errors: 0,
  };

  /**
   * Sets of `acknowledging` answer true only if Redis itself has the value. Memory answers values of `copying` too,
   * while Redis is away.
   * @param {{
   *   cacheAdapter: CacheAdapter,
   *   acknowledging: CacheAdapter,
   *   copying: CacheAdapter,
   *   inspection: Inspection,
   *   redisManager: RedisManager,
   *   events: NativeEvents,
   * }} parts
   */
  constructor({ cacheAdapter, acknowledging, copying, inspection, redisManager, events }) {
    this.#adapter = cacheAdapter;
    this.#acknowledging = acknowledging;
    this.#copying = copying;
    this.#inspection = inspection;
    this.#events = events;
    this.redisManager = redisManager;
  }

  [ON_RESET]() {
    const names = /** @type {Statistic[]} */ (Object.keys(this.migrationStats));
    for (const name of names) this.migrationStats[name] = 0;
  }

  /**
   * @param {OrganizationId} givenOrgId
   * @param {string} givenPhone
   * @param {Legacy | null} [legacyMap]
   * @param {CallOptions} [options]
   */
  getConversationContext(givenOrgId, givenPhone, legacyMap = null, options = undefined) {
    const [orgId, phone] = [ownBytes(givenOrgId), ownBytes(givenPhone)];
    return abortable(options, async () => {
      if (isNobody(phone, legacyMap)) return [];
      const cached = await this.#adapter.getConversationContext(orgId, phone);
      if (cached !== null && cached.length > 0) return cached;
      /** @param {unknown[]} messages */
      const set = (messages) => this.#acknowledging.setConversationContext(orgId, phone, messages);
      const names = this.#names(orgId, phone);
      return (await this.#moveFrom(legacyMap, names, set, 'conversationContexts')) ?? cached ?? [];
    });
  }

  /**
   * @param {OrganizationId} orgId
   * @param {string} phone
   * @param {readonly unknown[]} messages
   * @param {Legacy | null} [legacyMap]
   * @param {CallOptions} [options]
   */
  setConversationContext(orgId, phone, messages, legacyMap = null, options = undefined) {
    /** @param {CacheAdapter} adapter */
    const set = (adapter) => adapter.setConversationContext(orgId, phone, messages);
    const names = () => this.#names(orgId, phone);
    return abortable(options, async () =>
      isNobody(phone, legacyMap) ? false : this.#setBeside(legacyMap, names, messages, set),
    );
  }

  /**
   * @param {OrganizationId} givenOrgId
   * @param {string} givenPhone
   * @param {Legacy | null} [legacyMap]
   * @param {CallOptions} [options]
   */
  getConversationSummary(givenOrgId, givenPhone, legacyMap = null, options = undefined) {
    const [orgId, phone] = [ownBytes(givenOrgId), ownBytes(givenPhone)];
    return abortable(options, async () => {
      if (isNobody(phone, legacyMap)) return null;
      const cached = await this.#adapter.getConversationSummary(orgId, phone);
      if (cached !== null) return cached;
      /** @param {unknown} summary */
      const set = (summary) => this.#acknowledging.setConversationSummary(orgId, phone, summary);
      return this.#moveFrom(legacyMap, this.#names(orgId, phone), set, 'conversationSummaries');
    });
  }

  /**
   * @param {OrganizationId} orgId
   * @param {string} phone
   * @param {unknown} summary
   * @param {Legacy | null} [legacyMap]
   * @param {CallOptions} [options]
   */
  setConversationSummary(orgId, phone, summary, legacyMap = null, options = undefined) {
    /** @param {CacheAdapter} adapter */
    const set = (adapter) => adapter.setConversationSummary(orgId, phone, summary);
    const names = () => this.#names(orgId, phone);
    return abortable(options, async () =>
      isNobody(phone, legacyMap) ? false : this.#setBeside(legacyMap, names, summary, set),
    );
  }

  /**
   * @param {string} givenPhone
   * @param {Legacy | null} [legacyMap]
   * @param {CallOptions} [options]
   */
  getPhoneToLeadMapping(givenPhone, legacyMap = null, options = undefined) {
    const phone = ownBytes(givenPhone);
    return abortable(options, async () => {
      if (isMissing(phone)) return null;
      const cached = await this.#adapter.getPhoneToLeadMapping(phone);
      if (cached !== null) return cached;
      /** @param {string} lead */
      const set = (lead) => this.#acknowledging.setPhoneToLeadMapping(phone, lead);
      return this.#moveFrom(legacyMap, [phone], set, 'leadMappings');
    });
  }

  /**
   * @param {string} phone
   * @param {string} leadId
   * @param {Legacy | null} [legacyMap]
   * @param {CallOptions} [options]
   */
  setPhoneToLeadMapping(phone, leadId, legacyMap = null, options = undefined) {
    /** @param {CacheAdapter} adapter */
    const set = (adapter) => adapter.setPhoneToLeadMapping(phone, leadId);
    return abortable(options, async () =>
      isMissing(phone) || isMissing(leadId) ? false : this.#setBeside(legacyMap, () => [phone], leadId, set),
    );
  }

  /**
   * @param {OrganizationId} givenOrgId
   * @param {Legacy | null} [legacyMap]
   * @param {CallOptions} [options]
   */
  getOrganizationData(givenOrgId, legacyMap = null, options = undefined) {
    const orgId = ownBytes(givenOrgId);
    return abortable(options, async () => {
      const cached = await this.#adapter.getOrganizationData(orgId);
      if (cached !== null) return cached;
      /** @param {unknown} data If it has no name, it stays in its Map. */
      const set = async (data) => {
        const name = nameOf(data);
        return name !== null && this.#acknowledging.setOrganizationData(orgId, name);
      };
      const names = [/** @type {string} */ (orgId)];
      return nameOf(await this.#moveFrom(legacyMap, names, set, 'organizationData'));
    });
  }

  /**
   * @param {OrganizationId} orgId
   * @param {string} name
   * @param {Legacy | null} [legacyMap]
   * @param {CallOptions} [options]
   */
  setOrganizationData(orgId, name, legacyMap = null, options = undefined) {
    /** @param {CacheAdapter} adapter */
    const set = (adapter) => adapter.setOrganizationData(orgId, name);
    const names = () => [/** @type {string} */ (orgId)];
    return abortable(options, () => this.#setBeside(legacyMap, names, name, set));
  }

  /**
   * The names under which a Map may hold a conversation, the proper one first.
   * @param {OrganizationId} orgId
   * @param {string} phone
   * @returns {[string, ...string[]]}
   */
  #names(orgId, phone) {
    return [this.createOrgKey(orgId, phone), phone];
  }

  /**
   * Reads a value from the Map. The value leaves the Map once it is stored for good. Null if there is none.
   * @param {Legacy | null} map
   * @param {string[]} names
   * @param {(value: any) => Promise<boolean>} set
   * @param {Statistic} statistic
   * @returns {Promise<any>}
   */
  async #moveFrom(map, names, set, statistic) {
    if (!map) return null;
    const name = names.find((candidate) => hasContent(map.get(candidate)));
    if (name === undefined) return null;
    const value = map.get(name);
    // While Redis is away it may have a newer value, which a set, once replayed, would overwrite.
    if (this.#sets.has(map, names[0]) || !this.#inspection.isStoring()) return value;
    try {
      if ((await set(value)) && map.get(name) === value) {
        map.delete(name);
        this.migrationStats[statistic]++;
      }
    } catch (error) {
      // The caller asked for a value and gets it. The Map keeps a value that cannot be stored.
      if (/** @type {Failure} */ (error).code === 'E_CLOSED') throw error;
      this.migrationStats.errors++;
    }
    return value;
  }

  /**
   * Stores a value. Only then its Map drops the old one. If the value was not stored, the Map takes it.
   * @param {Legacy | null} map
   * @param {() => string[]} makeNames
   * @param {unknown} value
   * @param {(adapter: CacheAdapter) => Promise<boolean>} set
   */
  async #setBeside(map, makeNames, value, set) {
    if (!map) return set(this.#adapter);
    // A value under the bare phone number may belong to another organization.
    const [name] = makeNames();
    const before = map.get(name);
    const isRedisDisabled = this.#inspection.isRedisDisabled;
    return this.#sets.during(map, name, async () => {
      let isStored = false;
      try {
        isStored = (await set(this.#acknowledging)) && !isRedisDisabled;
      } catch (error) {
        this.migrationStats.errors++;
        throw error;
      }
      if (!isStored) map.set(name, value);
      // A value that was put there meanwhile was not stored.
      else if (map.get(name) === before) map.delete(name);
      return isStored;
    });
  }

  /**
   * Moves whole Maps, batch by batch. A moved entry leaves its Map. Other entries stay (Redis is away, no
   * organization in the key, not JSON), so that another call continues where this one stopped.
   * @param {LegacyMaps} [maps]
   * @param {MigrationOptions} [options]
   * @returns {Promise<MigrationProgress>}
   */
  async migrateExistingMaps(maps = {}, options = {}) {
    const signal = signalOf(options, ['onProgress', 'signal']);
    const plans = plansOf(maps, this.#copying, (key) => this.parseOrgKey(key));
    const total = plans.reduce((sum, { map }) => sum + map.size, 0);
    /** @type {MigrationProgress} */
    const progress = {
      done: 0,
      total,
      migrated: 0,
      skipped: 0,
      failed: 0,
      aborted: signal?.aborted ?? false,
    };
    const run = { progress, report: () => options.onProgress?.({ ...progress }) };
    if (signal === undefined || signal.aborted) return this.#migrate(plans, run);
    /** @type {(() => void) | undefined} */
    let forget;
    /** @type {Promise<MigrationProgress>} */
    const aborted = new Promise((resolve) => {
      forget = whenAborted(signal, () => {
        progress.aborted = true;
        resolve({ ...progress });
      });
    });
    return Promise.race([this.#migrate(plans, run), aborted]).finally(forget);
  }

  /**
   * @param {Plan[]} plans
   * @param {{ progress: MigrationProgress, report: () => void }} run
   */
  async #migrate(plans, { progress, report }) {
    for (const plan of plans) {
      // Entries that are added meanwhile come last and wait for another run, so that this one ends.
      let left = plan.map.size;
      const entries = plan.map[Symbol.iterator]();
      while (left > 0 && !progress.aborted) {
        const batch = this.#storeBatch(plan, entries, Math.min(left, migrationBatchEntries), progress);
        left -= batch.length;
        await Promise.all(batch);
        if (batch.length === 0 || progress.aborted) break;
        report();
        await nextTurn();
      }
    }
    return { ...progress };
  }

  /**
   * Stores the next entries, at least one, until the time of a batch is over.
   * @param {Plan} plan
   * @param {IterableIterator<[string, any]>} entries
   * @param {number} most
   * @param {MigrationProgress} progress
   */
  #storeBatch(plan, entries, most, progress) {
    const batch = [];
    const began = now();
    do {
      const { done, value: entry } = entries.next();
      if (done) break;
      batch.push(this.#migrateEntry(plan, entry, progress));
    } while (batch.length < most && now() - began < migrationBatchMs);
    return batch;
  }

  /**
   * @param {Plan} plan
   * @param {[string, any]} entry
   * @param {MigrationProgress} progress
   */
  async #migrateEntry(plan, entry, progress) {
    const outcome = await this.#outcomeOf(plan, entry);
    progress[outcome]++;
    progress.done++;
  }

  /**
   * @param {Plan} plan
   * @param {[string, any]} entry
   * @returns {Promise<'migrated' | 'skipped' | 'failed'>}
   */
  async #outcomeOf({ map, statistic, store }, [key, value]) {
    if (this.#sets.has(map, key)) return 'skipped';
    const isRedisDisabled = this.#inspection.isRedisDisabled;
    try {
      const stored = store(key, value);
      if (stored === undefined) return 'skipped';
      if (!(await stored) || isRedisDisabled) return 'failed';
    } catch (error) {
      if (/** @type {Failure} */ (error).code === 'E_CLOSED') throw error;
      this.migrationStats.errors++;
      return 'failed';
    }
    // A value that was replaced meanwhile is a new one, and waits for a later run.
    if (map.get(key) === value) map.delete(key);
    this.migrationStats[statistic]++;
    return 'migrated';
  }

  /**
   * @param {OrganizationId} orgId
   * @param {string} phone
   */
  createOrgKey(orgId, phone) {
    return this.#adapter.createOrgKey(orgId, phone);
  }

  /**
   * @param {string} key
   * @returns {{ orgId: string | null, phoneNumber: string }}
   */
  parseOrgKey(key) {
    return JSON.parse(loadNative().parseOrgKey(makeError, key));
  }

  /** @param {CallOptions} [options] */
  getStats(options) {
    return abortable(options, async () => ({
      migration: { ...this.migrationStats },
      cache: await this.#adapter.getStats(),
    }));
  }

  /** @param {CallOptions} [options] */
  healthCheck(options) {
    return this.#adapter.healthCheck(options);
  }

  printMigrationStats() {
    const counts = Object.entries(this.migrationStats).map(([name, count]) => `${name} ${count}`);
    this.#events.print('info', `Redis migration: ${counts.join(', ')}`);
  }
}

/**
 * Without a Map, the JavaScript manager answered a missing phone number like a person without a conversation.
 * @param {unknown} phone
 * @param {Legacy | null} legacyMap
 */
function isNobody(phone, legacyMap) {
  return isMissing(phone) && !legacyMap;
}

module.exports = { RedisMigrationManager };
