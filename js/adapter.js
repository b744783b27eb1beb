'use strict';

const { makeError } = require('./errors.js');
const { loadNative } = require('./native.js');
const { protocol } = require('./protocol.js');

const { kinds } = protocol;

/** What the JavaScript layer kept in this process and never in Redis; servers reach for them by name. */
const PROCESS_MAPS = [
  'activeConversations',
  'inflightRequests',
  'humanControlSessions',
  'humanControlQueue',
  'pendingDatabaseWrites',
  'conversationMetadata',
  'activeCallSessions',
];

/** The cache by what is cached. See index.d.ts for what each method promises. */
class CacheAdapter {
  #calls;
  #inspection;
  #events;

  fallbackMaps = Object.fromEntries(PROCESS_MAPS.map((name) => [name, new Map()]));
  ttlConfig = Object.freeze({ ...protocol.ttlConfig });

  constructor({ calls, inspection, events, cacheManager }) {
    this.#calls = calls;
    this.#inspection = inspection;
    this.#events = events;
    this.cache = cacheManager;
  }

  get useRedis() {
    return this.#inspection.usesRedis;
  }

  /** Servers of the JavaScript layer turn Redis off and on by assigning this. */
  set useRedis(isOn) {
    this.#inspection.usesRedis = isOn;
  }

  getConversationContext(orgId, phone) {
    return this.#calls.get2(kinds.conversationContexts, orgId, phone);
  }

  setConversationContext(orgId, phone, messages) {
    return this.#calls.set(kinds.conversationContexts, [orgId, phone], messages);
  }

  getConversationSummary(orgId, phone) {
    return this.#calls.get2(kinds.conversationSummaries, orgId, phone);
  }

  setConversationSummary(orgId, phone, summary) {
    return this.#calls.set(kinds.conversationSummaries, [orgId, phone], summary);
  }

  getConversationHistoryCache(orgId, phone) {
    return this.#calls.get2(kinds.historyCache, orgId, phone);
  }

  setConversationHistoryCache(orgId, phone, messages) {
    return this.#calls.set(kinds.historyCache, [orgId, phone], messages);
  }

  getPreComputedContext(orgId, phone) {
    return this.#calls.get2(kinds.preComputedContext, orgId, phone);
  }

  setPreComputedContext(orgId, phone, context) {
    return this.#calls.set(kinds.preComputedContext, [orgId, phone], context);
  }

  getPhoneToLeadMapping(phone) {
    return this.#calls.get1(kinds.phoneToLead, phone);
  }

  setPhoneToLeadMapping(phone, leadId) {
    return this.#calls.mapLead(phone, leadId);
  }

  getLeadToPhoneMapping(leadId) {
    return this.#calls.get1(kinds.leadToPhone, leadId);
  }

  getDynamicLead(leadId) {
    return this.#calls.get1(kinds.dynamicLead, leadId);
  }

  setDynamicLead(leadId, data) {
    return this.#calls.set(kinds.dynamicLead, [leadId], data);
  }

  getOrganizationData(orgId) {
    return this.#calls.get1(kinds.organization, orgId, nameOf);
  }

  setOrganizationData(orgId, name) {
    return this.#calls.setField(kinds.organization, [orgId], 'name', name);
  }

  getAgentConfig(agentId, agentPhone) {
    return this.#calls.get2(kinds.agentConfig, agentId, agentPhone, configuredOf);
  }

  setAgentConfig(agentId, agentPhone, configured = true) {
    return this.#calls.setField(kinds.agentConfig, [agentId, agentPhone], 'configured', configured);
  }

  getSSEResponseCache(leadId, phone) {
    return this.#calls.get2(kinds.sseCache, leadId, phone);
  }

  setSSEResponseCache(leadId, phone, data) {
    return this.#calls.set(kinds.sseCache, [leadId, phone], data);
  }

  get(key) {
    return this.#calls.get1(kinds.kv, key);
  }

  set(key, value, ttlSeconds) {
    return this.#calls.set(kinds.kv, [key], value, ttlSeconds);
  }

  delete(key) {
    return this.#calls.delete(kinds.kv, [key]);
  }

  getInflightRequest(cacheKey) {
    return this.fallbackMaps.inflightRequests.get(cacheKey);
  }

  setInflightRequest(cacheKey, promise) {
    return this.fallbackMaps.inflightRequests.set(cacheKey, promise);
  }

  deleteInflightRequest(cacheKey) {
    return this.fallbackMaps.inflightRequests.delete(cacheKey);
  }

  getHumanControlSession(orgId, phone) {
    return this.fallbackMaps.humanControlSessions.get(this.createOrgKey(orgId, phone));
  }

  setHumanControlSession(orgId, phone, data) {
    return this.fallbackMaps.humanControlSessions.set(this.createOrgKey(orgId, phone), data);
  }

  deleteHumanControlSession(orgId, phone) {
    return this.fallbackMaps.humanControlSessions.delete(this.createOrgKey(orgId, phone));
  }

  createOrgKey(orgId, phone) {
    return loadNative().orgKey(makeError, orgId, phone);
  }

  async clearOrganizationCache(orgId) {
    const cleared = await this.#calls.clearOrganization(orgId);
    for (const map of Object.values(this.fallbackMaps)) clearOrganizationFromMap(map, orgId);
    return cleared;
  }

  async getStats() {
    const sizes = Object.entries(this.fallbackMaps).map(([name, map]) => [name, map.size]);
    const report = this.#inspection.report();
    const cache = this.#inspection.cacheStats(report);
    return {
      redisEnabled: report.usesRedis,
      ttlConfig: this.ttlConfig,
      fallbackMaps: Object.fromEntries(sizes),
      config: cache.config,
      cache,
    };
  }

  async healthCheck() {
    const cache = await this.#inspection.cacheHealth();
    const report = this.#inspection.report();
    return {
      adapter: {
        status: 'healthy',
        redisEnabled: report.usesRedis,
        fallbackMaps: Object.keys(this.fallbackMaps).length,
      },
      redis: cache.redis,
      cache,
    };
  }

  on(event, listener) {
    this.#events.on(event, listener);
    return this;
  }

  once(event, listener) {
    this.#events.once(event, listener);
    return this;
  }

  off(event, listener) {
    this.#events.off(event, listener);
    return this;
  }
}

/** Older servers stored the bare name, the JavaScript layer an object with it. */
function nameOf(data) {
  return (typeof data === 'object' ? data?.name : data) ?? null;
}

function configuredOf(data) {
  return (typeof data === 'object' ? data?.configured : data) ?? null;
}

/** Keys are `organization:phone`, split at the last colon: a prefix would also match `a` in `a:b`. */
function clearOrganizationFromMap(map, orgId) {
  if (orgId === null || orgId === undefined) return;
  const organization = String(orgId);
  for (const key of map.keys()) {
    if (
      typeof key === 'string' &&
      key.lastIndexOf(':') >= 0 &&
      key.slice(0, key.lastIndexOf(':')) === organization
    ) {
      map.delete(key);
    }
  }
}

module.exports = { CacheAdapter, nameOf };
