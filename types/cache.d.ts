import type { CallOptions, SetOptions } from './calls.js';
import type { CacheEvents } from './events.js';
import type { CacheHealth, CacheStats } from './health.js';
import type { Stored } from './stored.js';

/**
 * An organization; null, undefined or the empty text is the global scope, which is apart from every organization.
 * @example
 * import { cacheAdapter, type OrganizationId } from 'orgcache';
 * export const forget = (organization: OrganizationId) => cacheAdapter.clearOrganizationCache(organization);
 */
export type OrganizationId = string | null | undefined;

/**
 * A message of a conversation. A get takes any other JSON shape as its type argument.
 * @example
 * import { cacheAdapter, type Message } from 'orgcache';
 * const messages: Message[] = [{ role: 'user', content: 'Hello', sentAt: 1700000000000 }];
 * await cacheAdapter.setConversationContext('org-1', '+49 30 1234', messages);
 */
export interface Message {
  /** The speaker, such as `user` or `assistant`. */
  role: string;
  content: string;
  /** `unknown`: further fields are the application's. */
  [field: string]: unknown;
}

/**
 * How long the adapter keeps values, in seconds by kind of value.
 * @example
 * import { cacheAdapter, type TtlConfig } from 'orgcache';
 * const { conversationContext }: TtlConfig = cacheAdapter.ttlConfig;
 * console.log(conversationContext);
 * // => 7200
 */
export interface TtlConfig {
  readonly conversationContext: number;
  readonly conversationSummary: number;
  readonly conversationHistory: number;
  readonly organizationData: number;
  readonly agentConfig: number;
  readonly sseResponse: number;
  readonly leadData: number;
  readonly preComputedContext: number;
}

/**
 * The cache by kind of value. A getter answers null if there is no value. A setter answers true if the value was
 * stored, false if nothing could store it. No call rejects because Redis is away. Calls reject for the caller's
 * mistakes: `E_KEY` (no phone, id or key, or one too long), `E_SERIALIZE` (not JSON), `E_VALUE_TOO_LARGE`,
 * `E_CONFIG` (options of another shape). They also reject with the reason of a signal that aborts, and with
 * `E_CLOSED` after a shutdown.
 * @example
 * import { type CacheAdapter, cacheAdapter } from 'orgcache';
 * export async function leadOf(phone: string, cache: CacheAdapter = cacheAdapter): Promise<string | null> {
 *   return cache.getPhoneToLeadMapping(phone);
 * }
 */
export interface CacheAdapter extends AsyncDisposable {
  /** The messages of a conversation, kept for 7200 s. */
  getConversationContext<T = Message>(
    orgId: OrganizationId,
    phone: string,
    options?: CallOptions,
  ): Promise<T[] | null>;
  /** Kept for 7200 s. */
  setConversationContext<T = Message>(
    orgId: OrganizationId,
    phone: string,
    messages: readonly T[],
    options?: CallOptions,
  ): Promise<boolean>;

  /** The summary of a conversation, kept for 7200 s. */
  getConversationSummary<T = Stored>(
    orgId: OrganizationId,
    phone: string,
    options?: CallOptions,
  ): Promise<T | null>;
  /** Kept for 7200 s. */
  setConversationSummary<T>(
    orgId: OrganizationId,
    phone: string,
    summary: T,
    options?: CallOptions,
  ): Promise<boolean>;

  /** The history of a conversation, kept for 120 s. */
  getConversationHistoryCache<T = Message>(
    orgId: OrganizationId,
    phone: string,
    options?: CallOptions,
  ): Promise<T[] | null>;
  /** Kept for 120 s. */
  setConversationHistoryCache<T = Message>(
    orgId: OrganizationId,
    phone: string,
    messages: readonly T[],
    options?: CallOptions,
  ): Promise<boolean>;

  /** The context that was computed ahead for a conversation, kept for 120 s. */
  getPreComputedContext<T = Stored>(
    orgId: OrganizationId,
    phone: string,
    options?: CallOptions,
  ): Promise<T | null>;
  /** Kept for 120 s. */
  setPreComputedContext<T>(
    orgId: OrganizationId,
    phone: string,
    context: T,
    options?: CallOptions,
  ): Promise<boolean>;

  /** The lead of a phone number. */
  getPhoneToLeadMapping(phone: string, options?: CallOptions): Promise<string | null>;
  /** Sets both directions in one step; kept for 300 s. */
  setPhoneToLeadMapping(phone: string, leadId: string, options?: CallOptions): Promise<boolean>;
  /** The phone number of a lead. */
  getLeadToPhoneMapping(leadId: string, options?: CallOptions): Promise<string | null>;

  /** The data of a lead. */
  getDynamicLead<T = Stored>(leadId: string, options?: CallOptions): Promise<T | null>;
  /** Kept for 300 s. */
  setDynamicLead<T>(leadId: string, data: T, options?: CallOptions): Promise<boolean>;

  /** The name of the organization. The global scope has no name: a get answers null, and a set answers false. */
  getOrganizationData(orgId: OrganizationId, options?: CallOptions): Promise<string | null>;
  /** Kept for 120 s. */
  setOrganizationData(orgId: OrganizationId, name: string, options?: CallOptions): Promise<boolean>;

  /** Whether the agent is configured. */
  getAgentConfig(agentId: string, agentPhone: string, options?: CallOptions): Promise<boolean | null>;
  /** Kept for 3600 s. `configured` is true by default. */
  setAgentConfig(
    agentId: string,
    agentPhone: string,
    configured?: boolean,
    options?: CallOptions,
  ): Promise<boolean>;

  /** The response to a lead and a phone number. */
  getSSEResponseCache<T = Stored>(leadId: string, phone: string, options?: CallOptions): Promise<T | null>;
  /** Kept for 10 s. */
  setSSEResponseCache<T>(leadId: string, phone: string, data: T, options?: CallOptions): Promise<boolean>;

  /** A value by the caller's own key, of no organization. */
  get<T = Stored>(key: string, options?: CallOptions): Promise<T | null>;
  /**
   * The values of these keys in their order. One request asks for all of them, in a cluster one request to each
   * node that has some.
   */
  getMany<T = Stored>(keys: readonly string[], options?: CallOptions): Promise<(T | null)[]>;
  /** Kept for `ttlSeconds`, by default for `defaultTtl` (7200 s). */
  set<T>(key: string, value: T, ttlSeconds?: number | null | SetOptions): Promise<boolean>;
  /** Answers whether there was a value. */
  delete(key: string, options?: CallOptions): Promise<boolean>;

  /** The promise of a request in flight, kept in this process. */
  getInflightRequest<T = Stored>(cacheKey: string): Promise<T> | null | undefined;
  /** Keeps the promise until `deleteInflightRequest`. */
  setInflightRequest<T>(cacheKey: string, request: Promise<T>): void;
  /** Forgets the promise. */
  deleteInflightRequest(cacheKey: string): void;

  /** The session of a human who has taken over a conversation, kept in this process. */
  getHumanControlSession<T = Stored>(orgId: OrganizationId, phone: string): T | null | undefined;
  /** Keeps the session until it is deleted or its organization is cleared. */
  setHumanControlSession<T>(orgId: OrganizationId, phone: string, data: T): void;
  /** Forgets the session. */
  deleteHumanControlSession(orgId: OrganizationId, phone: string): void;

  /** `org:digits`, the organization and the digits of the phone number. Without an organization, the digits alone. */
  createOrgKey(orgId: OrganizationId, phone: string): string;

  /**
   * Clears every value of that organization and no other's. Answers the number of values, or false if Redis could
   * not be reached: then only this process's memory is cleared.
   */
  clearOrganizationCache(orgId: OrganizationId, options?: CallOptions): Promise<number | false>;

  /** Statistics of this process. Waits up to a second for the first attempt to connect. */
  getStats(options?: CallOptions): Promise<CacheStats>;
  /** Asks the server within the command timeout. */
  healthCheck(options?: CallOptions): Promise<CacheHealth>;

  /** How long values are kept, in seconds by kind. */
  readonly ttlConfig: TtlConfig;
  /** Assigning false keeps the adapter's values in this process until it is true again. */
  useRedis: boolean;
  /** Maps of the application that are kept in this process, by name. */
  readonly fallbackMaps: Readonly<Record<string, Map<Stored, Stored>>>;

  /** Adds a listener. */
  on<E extends keyof CacheEvents>(event: E, listener: (...args: CacheEvents[E]) => void): this;
  /** Adds a listener for the next event only. */
  once<E extends keyof CacheEvents>(event: E, listener: (...args: CacheEvents[E]) => void): this;
  /** Removes a listener. */
  off<E extends keyof CacheEvents>(event: E, listener: (...args: CacheEvents[E]) => void): this;
  /** Alias of `off`. */
  removeListener<E extends keyof CacheEvents>(event: E, listener: (...args: CacheEvents[E]) => void): this;

  /** Shuts down. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * The cache by kind of value. It connects with its first call.
 * @example
 * import { cacheAdapter } from 'orgcache';
 * await cacheAdapter.setConversationContext('org-1', '+49 30 1234', [{ role: 'user', content: 'Hello' }]);
 * const messages = await cacheAdapter.getConversationContext('org-1', '+49 30 1234');
 */
export const cacheAdapter: CacheAdapter;
