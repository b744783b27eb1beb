'use strict';

const { abortable } = require('./abort.js');
const { ON_RESET } = require('./on-reset.js');
const { organizationMissing } = require('./cache-calls.js');
const { OrgCacheError, makeError } = require('./errors.js');
const { loadNative } = require('./native.js');
const { ownBytes } = require('./argument-arena.js');
const { protocol } = require('./protocol.js');

/** @import { EventEmitter } from 'node:events' */
/** @import { CacheAdapter as Adapter, CallOptions, OrganizationId, SetOptions } from '../index.js' */
/** @import { ShutdownOptions, ShutdownResult } from '../index.js' */

/** @typedef {InstanceType<typeof import('./cache-calls.js').CacheCalls>} CacheCalls */
/** @typedef {InstanceType<typeof import('./inspection.js').Inspection>} Inspection */
/** @typedef {InstanceType<typeof import('./managers.js').CacheManager>} CacheManager */
/** @typedef {(options?: ShutdownOptions) => Promise<ShutdownResult>} Shutdown */
/** @typedef {(...details: any[]) => void} Listener */

const { kinds } = protocol;
const native = loadNative();

/** Keys of a Map that native code looks at in one call, and its mark for those of the organization. */
const KEYS_AT_ONCE = 512;
const OWN = '1';

/** Maps that the JavaScript layer kept in this process and never in Redis. Servers access them by name. */
const PROCESS_MAPS = [
  'activeConversations',
  'inflightRequests',
  'humanControlSessions',
  'humanControlQueue',
  'pendingDatabaseWrites',
  'conversationMetadata',
  'activeCallSessions',
];

/**
 * The cache by kind of value. types/cache.d.ts says what each method promises.
 * @implements {Adapter}
 */
class CacheAdapter {
  #calls;
  #inspection;
  #events;
  #shutdown;

  /** @type {Record<string, Map<any, any>>} */
  fallbackMaps = Object.fromEntries(PROCESS_MAPS.map((name) => [name, new Map()]));
  ttlConfig = Object.freeze({ ...protocol.ttlConfig });

  /**
   * @param {{
   *   calls: CacheCalls,
   *   inspection: Inspection,
   *   events: EventEmitter,
   *   cacheManager: CacheManager,
   *   shutdown: Shutdown,
   * }} parts
   */
  constructor({ calls, inspection, events, cacheManager, shutdown }) {
    this.#calls = calls;
    this.#inspection = inspection;
    this.#events = events;
    this.#shutdown = shutdown;
    this.cache = cacheManager;
  }

  [ON_RESET]() {
    for (const map of Object.values(this.fallbackMaps)) map.clear();
  }

  get useRedis() {
    return this.#inspection.usesRedis;
  }

  /** Servers of the JavaScript layer turn Redis off and on with this property. */
  set useRedis(isOn) {
    this.#inspection.usesRedis = isOn;
  }

  /**
   * @param {OrganizationId} orgId
   * @param {string} phone
   * @param {CallOptions} [options]
   */
  getConversationContext(orgId, phone, options) {
    return this.#calls.get2(kinds.conversationContexts, orgId, phone, options);
  }

  /**
   * @param {OrganizationId} orgId
   * @param {string} phone
   * @param {readonly unknown[]} messages
   * @param {CallOptions} [options]
   */
  setConversationContext(orgId, phone, messages, options) {
    return this.#calls.set(kinds.conversationContexts, [orgId, phone], messages, options);
  }

  /**
   * @param {OrganizationId} orgId
   * @param {string} phone
   * @param {CallOptions} [options]
   */
  getConversationSummary(orgId, phone, options) {
    return this.#calls.get2(kinds.conversationSummaries, orgId, phone, options);
  }

  /**
   * @param {OrganizationId} orgId
   * @param {string} phone
   * @param {unknown} summary
   * @param {CallOptions} [options]
   */
  setConversationSummary(orgId, phone, summary, options) {
    return this.#calls.set(kinds.conversationSummaries, [orgId, phone], summary, options);
  }

  /**
   * @param {OrganizationId} orgId
   * @param {string} phone
   * @param {CallOptions} [options]
   */
  getConversationHistoryCache(orgId, phone, options) {
    return this.#calls.get2(kinds.historyCache, orgId, phone, options);
  }

  /**
   * @param {OrganizationId} orgId
   * @param {string} phone
   * @param {readonly unknown[]} messages
   * @param {CallOptions} [options]
   */
  setConversationHistoryCache(orgId, phone, messages, options) {
    return this.#calls.set(kinds.historyCache, [orgId, phone], messages, options);
  }

  /**
   * @param {OrganizationId} orgId
   * @param {string} phone
   * @param {CallOptions} [options]
   */
  getPreComputedContext(orgId, phone, options) {
    return this.#calls.get2(kinds.preComputedContext, orgId, phone, options);
  }

  /**
   * @param {OrganizationId} orgId
   * @param {string} phone
   * @param {unknown} context
   * @param {CallOptions} [options]
   */
  setPreComputedContext(orgId, phone, context, options) {
    return this.#calls.set(kinds.preComputedContext, [orgId, phone], context, options);
  }

  /**
   * @param {string} phone
   * @param {CallOptions} [options]
   */
  getPhoneToLeadMapping(phone, options) {
    return this.#calls.get1(kinds.phoneToLead, phone, options);
  }

  /**
   * @param {string} phone
   * @param {string} leadId
   * @param {CallOptions} [options]
   */
  setPhoneToLeadMapping(phone, leadId, options) {
    return this.#calls.mapLead(phone, leadId, options);
  }

  /**
   * @param {string} leadId
   * @param {CallOptions} [options]
   */
  getLeadToPhoneMapping(leadId, options) {
    return this.#calls.get1(kinds.leadToPhone, leadId, options);
  }

  /**
   * @param {string} leadId
   * @param {CallOptions} [options]
   */
  getDynamicLead(leadId, options) {
    return this.#calls.get1(kinds.dynamicLead, leadId, options);
  }

  /**
   * @param {string} leadId
   * @param {unknown} data
   * @param {CallOptions} [options]
   */
  setDynamicLead(leadId, data, options) {
    return this.#calls.set(kinds.dynamicLead, [leadId], data, options);
  }

  /**
   * The global scope is no organization and has no name.
   * @param {OrganizationId} orgId
   * @param {CallOptions} [options]
   * @returns {Promise<string | null>}
   */
  getOrganizationData(orgId, options) {
    if (isGlobal(orgId)) return this.#calls.ofGlobalScope(null, options);
    return this.#calls.get1(kinds.organization, orgId, options, nameOf);
  }

  /**
   * @param {OrganizationId} orgId
   * @param {string} name
   * @param {CallOptions} [options]
   */
  setOrganizationData(orgId, name, options) {
    if (isGlobal(orgId)) return this.#calls.ofGlobalScope(false, options);
    return this.#calls.setField(kinds.organization, [orgId], ['name', name], options);
  }

  /**
   * @param {string} agentId
   * @param {string} agentPhone
   * @param {CallOptions} [options]
   */
  getAgentConfig(agentId, agentPhone, options) {
    return this.#calls.get2(kinds.agentConfig, agentId, agentPhone, options, configuredOf);
  }

  /**
   * @param {string} agentId
   * @param {string} agentPhone
   * @param {boolean} [configured]
   * @param {CallOptions} [options]
   */
  setAgentConfig(agentId, agentPhone, configured = true, options = undefined) {
    const field = /** @type {const} */ (['configured', configured]);
    return this.#calls.setField(kinds.agentConfig, [agentId, agentPhone], field, options);
  }

  /**
   * @param {string} leadId
   * @param {string} phone
   * @param {CallOptions} [options]
   */
  getSSEResponseCache(leadId, phone, options) {
    return this.#calls.get2(kinds.sseCache, leadId, phone, options);
  }

  /**
   * @param {string} leadId
   * @param {string} phone
   * @param {unknown} data
   * @param {CallOptions} [options]
   */
  setSSEResponseCache(leadId, phone, data, options) {
    return this.#calls.set(kinds.sseCache, [leadId, phone], data, options);
  }

  /**
   * @param {string} key
   * @param {CallOptions} [options]
   */
  get(key, options) {
    return this.#calls.get1(kinds.kv, key, options);
  }

  /**
   * @param {readonly string[]} keys
   * @param {CallOptions} [options]
   */
  getMany(keys, options) {
    if (!Array.isArray(keys)) {
      return Promise.reject(new OrgCacheError('E_KEY', 'getMany() takes an array of keys'));
    }
    return Promise.all(keys.map((key) => this.get(key, options)));
  }

  /**
   * @param {string} key
   * @param {unknown} value
   * @param {number | null | SetOptions} [ttlSecondsOrOptions]
   */
  set(key, value, ttlSecondsOrOptions) {
    const names = [key];
    if (typeof ttlSecondsOrOptions !== 'object' || ttlSecondsOrOptions === null) {
      return this.#calls.set(kinds.kv, names, value, undefined, ttlSecondsOrOptions);
    }
    return this.#calls.set(kinds.kv, names, value, ttlSecondsOrOptions, ttlSecondsOrOptions.ttlSeconds);
  }

  /**
   * @param {string} key
   * @param {CallOptions} [options]
   */
  delete(key, options) {
    return this.#calls.delete(kinds.kv, [key], options);
  }

  /** @param {string} cacheKey */
  getInflightRequest(cacheKey) {
    return this.fallbackMaps.inflightRequests.get(cacheKey);
  }

  /**
   * @param {string} cacheKey
   * @param {Promise<unknown>} promise
   */
  setInflightRequest(cacheKey, promise) {
    return this.fallbackMaps.inflightRequests.set(cacheKey, promise);
  }

  /** @param {string} cacheKey */
  deleteInflightRequest(cacheKey) {
    return this.fallbackMaps.inflightRequests.delete(cacheKey);
  }

  /**
   * @param {OrganizationId} orgId
   * @param {string} phone
   */
  getHumanControlSession(orgId, phone) {
    return this.fallbackMaps.humanControlSessions.get(this.createOrgKey(orgId, phone));
  }

  /**
   * @param {OrganizationId} orgId
   * @param {string} phone
   * @param {unknown} data
   */
  setHumanControlSession(orgId, phone, data) {
    return this.fallbackMaps.humanControlSessions.set(this.createOrgKey(orgId, phone), data);
  }

  /**
   * @param {OrganizationId} orgId
   * @param {string} phone
   */
  deleteHumanControlSession(orgId, phone) {
    return this.fallbackMaps.humanControlSessions.delete(this.createOrgKey(orgId, phone));
  }

  /**
   * @param {OrganizationId} orgId
   * @param {string} phone
   */
  createOrgKey(orgId, phone) {
    if (isGlobal(orgId) && this.#calls.requiresOrganization) throw organizationMissing();
    return loadNative().orgKey(makeError, orgId, phone);
  }

  /**
   * @param {OrganizationId} orgId
   * @param {CallOptions} [options]
   */
  clearOrganizationCache(orgId, options) {
    return abortable(options, async () => {
      const organization = ownBytes(orgId);
      const cleared = await this.#calls.clearOrganization(organization);
      forgetInMaps(this.fallbackMaps, organization);
      return cleared;
    });
  }

  /** @param {CallOptions} [options] */
  getStats(options) {
    return abortable(options, async () => {
      await this.#inspection.known();
      const sizes = Object.entries(this.fallbackMaps).map(([name, map]) => [name, map.size]);
      const report = this.#inspection.report();
      const cache = this.#inspection.cacheStats(report);
      return {
        redisEnabled: report.usesRedis,
        ttlConfig: this.ttlConfig,
        fallbackMaps: Object.fromEntries(sizes),
        config: cache.config,
        cache,
        near: report.near,
      };
    });
  }

  /** @param {CallOptions} [options] */
  healthCheck(options) {
    return abortable(options, async () => {
      const cache = await this.#inspection.cacheHealth();
      const { near, usesRedis } = this.#inspection.report();
      return {
        status: cache.status,
        adapter: {
          status: cache.status,
          redisEnabled: usesRedis,
          fallbackMaps: Object.keys(this.fallbackMaps).length,
        },
        redis: cache.redis,
        cache,
        near: { mode: near.mode, reason: near.reason },
      };
    });
  }

  /** @returns {Promise<any>} `await using` ignores the result. */
  [Symbol.asyncDispose]() {
    return this.#shutdown();
  }

  /**
   * @param {string} event
   * @param {Listener} listener
   */
  on(event, listener) {
    this.#events.on(event, listener);
    return this;
  }

  /**
   * @param {string} event
   * @param {Listener} listener
   */
  once(event, listener) {
    this.#events.once(event, listener);
    return this;
  }

  /**
   * @param {string} event
   * @param {Listener} listener
   */
  off(event, listener) {
    this.#events.off(event, listener);
    return this;
  }

  /**
   * An alias of `off`: `once` of `node:events` calls it.
   * @param {string} event
   * @param {Listener} listener
   */
  removeListener(event, listener) {
    return this.off(event, listener);
  }
}

/**
 * An empty id means the global scope, as it did in the JavaScript layer.
 * @param {unknown} orgId
 */
function isGlobal(orgId) {
  return orgId === null || orgId === undefined || orgId === '';
}

/**
 * Older servers stored the bare name. The JavaScript layer stored an object with a `name`.
 * @param {any} data
 * @returns {string | null}
 */
function nameOf(data) {
  return (typeof data === 'object' ? data?.name : data) ?? null;
}

/**
 * @param {any} data
 * @returns {boolean | null}
 */
function configuredOf(data) {
  return (typeof data === 'object' ? data?.configured : data) ?? null;
}

/**
 * Deletes an organization from the Maps of a process. Answers how many entries that were.
 * @param {Record<string, Map<any, any>>} maps
 * @param {unknown} organization
 */
function forgetInMaps(maps, organization) {
  return Object.values(maps).reduce((sum, map) => sum + clearOrganizationFromMap(map, organization), 0);
}

/**
 * Native code says which keys are the organization's: only it knows how they are made.
 * @param {Map<unknown, unknown>} map
 * @param {unknown} orgId
 */
function clearOrganizationFromMap(map, orgId) {
  if (isGlobal(orgId)) return 0;
  const organization = String(orgId);
  const before = map.size;
  const keys = [...map.keys()].filter((key) => typeof key === 'string');
  for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
    const page = keys.slice(from, from + KEYS_AT_ONCE);
    const marks = native.ofOrganization(makeError, organization, ...page);
    for (const [index, key] of page.entries()) if (marks[index] === OWN) map.delete(key);
  }
  return before - map.size;
}

module.exports = { CacheAdapter, forgetInMaps, nameOf };
