/**
 * The JavaScript cache layer that orgcache replaces, as far as the benchmark calls it: an adapter
 * over a cache manager over a Redis manager, over whichever client it is given.
 */
import { CacheManager } from './javascript-cache-manager.js';

const TTL_SECONDS = {
  conversationContext: 7_200,
  conversationSummary: 7_200,
  conversationHistory: 120,
  organizationData: 120,
  agentConfig: 3_600,
  sseResponse: 10,
  leadData: 300,
  preComputedContext: 120,
};

function digitsOf(phone) {
  return String(phone).replace(/\D/g, '');
}

export class JavaScriptCacheAdapter {
  #cacheManager;

  constructor(cacheManager) {
    this.#cacheManager = cacheManager;
    this.ttlConfig = TTL_SECONDS;
  }

  createOrgKey(orgId, phone) {
    return orgId ? `${orgId}:${digitsOf(phone)}` : digitsOf(phone);
  }

  async getConversationContext(orgId, phone) {
    return this.#cacheManager.get(this.#conversationKey(orgId, phone));
  }

  async setConversationContext(orgId, phone, messages) {
    return this.#cacheManager.set(
      this.#conversationKey(orgId, phone),
      messages,
      TTL_SECONDS.conversationContext,
    );
  }

  async deleteConversationContext(orgId, phone) {
    return this.#cacheManager.delete(this.#conversationKey(orgId, phone));
  }

  async clearOrganizationCache(orgId) {
    return this.#cacheManager.clearOrganizationCache(orgId);
  }

  getStats() {
    return { ttlConfig: this.ttlConfig, cache: this.#cacheManager.getStats() };
  }

  #conversationKey(orgId, phone) {
    return this.#cacheManager.generateKey('conversationContexts', orgId, digitsOf(phone));
  }
}

/** @param redisManager null for the layer without Redis, which answers from its Map */
export function createJavaScriptAdapter({ redisManager, keyPrefix }) {
  return {
    adapter: new JavaScriptCacheAdapter(new CacheManager({ redisManager, keyPrefix })),
    close: async () => redisManager?.shutdown(),
  };
}
