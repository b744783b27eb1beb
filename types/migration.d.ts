import type { Message, OrganizationId } from './cache.js';
import type { AbortSignalLike, CallOptions } from './calls.js';
import type { CacheHealth, CacheStats } from './health.js';
import type { RedisManager } from './manager.js';
import type { Stored } from './stored.js';

/**
 * The part of a Map that `redisMigrationManager` uses.
 * @example
 * import { type LegacyMap, redisMigrationManager } from 'orgcache';
 * const names: LegacyMap<string> = new Map([['org-1', 'Example Ltd']]);
 * await redisMigrationManager.getOrganizationData('org-1', names);
 */
export interface LegacyMap<Value = Stored> {
  readonly size: number;
  /** The value of a key. */
  get(key: string): Value | undefined;
  /** `unknown`: a Map answers itself, another store something else, and the answer is not used. */
  set(key: string, value: Value): unknown;
  /** Whether there is a value. */
  has(key: string): boolean;
  /** Answers whether there was a value. */
  delete(key: string): boolean;
  /** The entries. */
  [Symbol.iterator](): IterableIterator<[string, Value]>;
}

/**
 * The Maps that `migrateExistingMaps` moves. Keys of Maps of conversations have the form that `createOrgKey` makes.
 * Entries with other keys stay in the Map. A Map under another name rejects the call with `E_ARGUMENT`.
 * @example
 * import { type LegacyMaps, redisMigrationManager } from 'orgcache';
 * const maps: LegacyMaps = { phoneToLeadMapping: new Map([['+49301234', 'lead-1']]) };
 * await redisMigrationManager.migrateExistingMaps(maps);
 */
export interface LegacyMaps {
  /** Lists of messages by `createOrgKey`. */
  conversationContexts?: LegacyMap<Stored>;
  /** Summaries by `createOrgKey`. */
  conversationSummaries?: LegacyMap<Stored>;
  /** Ids of leads by phone number. */
  phoneToLeadMapping?: LegacyMap<Stored>;
  /** Names by organization. Values are names, or objects with a `name`. */
  organizationCache?: LegacyMap<Stored>;
  /** By `agent:phone`. Values are booleans, or objects with `configured`. */
  agentConfigCache?: LegacyMap<Stored>;
}

/**
 * The progress of a migration, in entries.
 * @example
 * import { type MigrationProgress, redisMigrationManager } from 'orgcache';
 * const onProgress = ({ done, total }: MigrationProgress) => console.log(`${done} of ${total}`);
 * await redisMigrationManager.migrateExistingMaps({}, { onProgress });
 */
export interface MigrationProgress {
  /** Entries that were processed: migrated, skipped and failed. */
  done: number;
  /** Entries of all Maps when the migration began. Entries that are added later wait for another migration. */
  total: number;
  /** Entries that Redis has acknowledged and that have left their Map. */
  migrated: number;
  /** Entries whose key names no owner, that hold nothing, or that are just being set. */
  skipped: number;
  /** Entries that Redis did not acknowledge, or that are not JSON. */
  failed: number;
  /** Whether the signal stopped the migration before its end. */
  aborted: boolean;
}

/**
 * Options of `migrateExistingMaps`.
 * @example
 * import { type MigrationOptions, redisMigrationManager } from 'orgcache';
 * const options: MigrationOptions = { signal: AbortSignal.timeout(60_000) };
 * await redisMigrationManager.migrateExistingMaps({}, options);
 */
export interface MigrationOptions {
  /** Called after each batch. */
  onProgress?: (progress: MigrationProgress) => void;
  /** Stops the migration at once: it resolves, with `aborted`. Entries that were not moved stay in their Map. */
  signal?: AbortSignalLike | null;
}

/**
 * Number of entries moved out of Maps since the start, by kind.
 * @example
 * import { type MigrationStats, redisMigrationManager } from 'orgcache';
 * const moved: Readonly<MigrationStats> = redisMigrationManager.migrationStats;
 * console.log(moved.conversationContexts);
 */
export interface MigrationStats {
  conversationContexts: number;
  conversationSummaries: number;
  leadMappings: number;
  organizationData: number;
  agentConfigs: number;
  /**
   * Values that cannot be stored because they are not JSON. The `failed` of a migration counts values that Redis
   * did not take.
   */
  errors: number;
}

/**
 * The cache for servers that still have Maps. A getter asks the cache first, then the Map. A value found in the Map
 * is moved into the cache, and leaves the Map when Redis has acknowledged it. While Redis is away, a value that is
 * set together with a Map stays in that Map, and the set answers false. Rejects as `CacheAdapter` does.
 * @example
 * import { type RedisMigrationManager, redisMigrationManager } from 'orgcache';
 * const leads = new Map<string, string>();
 * export async function leadOf(phone: string, manager: RedisMigrationManager = redisMigrationManager) {
 *   return manager.getPhoneToLeadMapping(phone, leads);
 * }
 */
export interface RedisMigrationManager {
  /** An empty list if there is no value. */
  getConversationContext<T = Message>(
    orgId: OrganizationId,
    phone: string,
    legacyMap?: LegacyMap | null,
    options?: CallOptions,
  ): Promise<T[]>;
  /** Kept for 7200 s. */
  setConversationContext<T = Message>(
    orgId: OrganizationId,
    phone: string,
    messages: readonly T[],
    legacyMap?: LegacyMap | null,
    options?: CallOptions,
  ): Promise<boolean>;

  /** The summary of a conversation; null if there is none. */
  getConversationSummary<T = Stored>(
    orgId: OrganizationId,
    phone: string,
    legacyMap?: LegacyMap | null,
    options?: CallOptions,
  ): Promise<T | null>;
  /** Kept for 7200 s. */
  setConversationSummary<T>(
    orgId: OrganizationId,
    phone: string,
    summary: T,
    legacyMap?: LegacyMap | null,
    options?: CallOptions,
  ): Promise<boolean>;

  /** The lead of a phone number; null if there is none. */
  getPhoneToLeadMapping(
    phone: string,
    legacyMap?: LegacyMap | null,
    options?: CallOptions,
  ): Promise<string | null>;
  /** Sets both directions in one step; kept for 300 s. */
  setPhoneToLeadMapping(
    phone: string,
    leadId: string,
    legacyMap?: LegacyMap | null,
    options?: CallOptions,
  ): Promise<boolean>;

  /** The name of the organization; null if there is none. */
  getOrganizationData(
    orgId: OrganizationId,
    legacyMap?: LegacyMap | null,
    options?: CallOptions,
  ): Promise<string | null>;
  /** Kept for 120 s. */
  setOrganizationData(
    orgId: OrganizationId,
    name: string,
    legacyMap?: LegacyMap | null,
    options?: CallOptions,
  ): Promise<boolean>;

  /** Moves whole Maps in batches and lets the event loop run between them. May be stopped, repeated and resumed. */
  migrateExistingMaps(maps: LegacyMaps, options?: MigrationOptions): Promise<MigrationProgress>;

  /** Counters since the start. */
  readonly migrationStats: Readonly<MigrationStats>;
  /** Statistics of the migration and of the adapter. */
  getStats(options?: CallOptions): Promise<{ migration: MigrationStats; cache: CacheStats }>;
  /** Same as `cacheAdapter.healthCheck()`. */
  healthCheck(options?: CallOptions): Promise<CacheHealth>;
  /** Prints the statistics to the logger, or to the console. */
  printMigrationStats(): void;

  /** `org:digits`, the organization and the digits of the phone number. Without an organization, the digits alone. */
  createOrgKey(orgId: OrganizationId, phone: string): string;
  /** Splits at the last colon. */
  parseOrgKey(key: string): { orgId: string | null; phoneNumber: string };

  /** The connection of this instance. */
  readonly redisManager: RedisManager;
}

/**
 * The cache for servers that still have Maps. It connects with its first call.
 * @example
 * import { redisMigrationManager } from 'orgcache';
 * const contexts = new Map([['org-1:49301234', [{ role: 'user', content: 'Hello' }]]]);
 * await redisMigrationManager.migrateExistingMaps({ conversationContexts: contexts });
 */
export const redisMigrationManager: RedisMigrationManager;
