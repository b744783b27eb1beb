import type { Redis } from 'ioredis';
import {
  type AbortSignalLike,
  type CacheHealth,
  type CacheStats,
  type ConnectionState,
  type ConsumerGroupStats,
  cacheAdapter,
  cacheManager,
  configure,
  createConsumerGroup,
  type ErrorCode,
  installSignalHandlers,
  type Logger,
  type Message,
  type MigrationProgress,
  type MigrationStats,
  OrgCacheError,
  type RedisClient,
  type RedisReply,
  redisManager,
  redisMigrationManager,
  type ShutdownResult,
  shutdown,
  version,
} from 'orgcache';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only where the type of `value` is exactly `Expected`. */
function exactly<Expected>() {
  return <Actual>(_value: Actual, _same: Same<Actual, Expected>): void => {};
}

interface Lead {
  id: string;
  budget: number | null;
}

interface Turn {
  speaker: 'customer' | 'agent';
  text: string;
}

export async function adapter(): Promise<void> {
  exactly<Message[] | null>()(await cacheAdapter.getConversationContext('org-1', '+123'), true);
  exactly<Turn[] | null>()(await cacheAdapter.getConversationContext<Turn>('org-1', '+123'), true);
  exactly<Message[] | null>()(await cacheAdapter.getConversationContext(null, '+123'), true);
  // Servers that come from JavaScript name no type and use what they stored.
  const summary: string = (await cacheAdapter.getConversationSummary('org-1', '+123')).summary;
  exactly<string>()(summary, true);
  exactly<string | null>()(await cacheAdapter.getConversationSummary<string>('org-1', '+123'), true);
  exactly<Lead | null>()(await cacheAdapter.getDynamicLead<Lead>('lead-1'), true);
  exactly<string | null>()(await cacheAdapter.getPhoneToLeadMapping('+123'), true);
  exactly<string | null>()(await cacheAdapter.getOrganizationData('org-1'), true);
  exactly<boolean | null>()(await cacheAdapter.getAgentConfig('agent-1', '+123'), true);
  exactly<Lead | null>()(await cacheAdapter.get<Lead>('key'), true);
  exactly<boolean>()(await cacheAdapter.set<Lead>('key', { id: 'a', budget: null }, 60), true);
  exactly<boolean>()(await cacheAdapter.delete('key'), true);
  exactly<CacheStats>()(await cacheAdapter.getStats(), true);
  exactly<CacheHealth>()(await cacheAdapter.healthCheck(), true);
  exactly<string>()(cacheAdapter.createOrgKey('org-1', '+123'), true);
  exactly<number>()(cacheAdapter.ttlConfig.conversationContext, true);
  exactly<number>()((await cacheAdapter.getStats()).cache.redis.hits, true);
  exactly<number>()((await cacheAdapter.getStats()).cache.redis.corruptValues, true);

  const frozen: readonly Turn[] = [{ speaker: 'agent', text: 'hello' }];
  await cacheAdapter.setConversationContext('org-1', '+123', frozen);
  await cacheAdapter.set('key', 1);
  await cacheAdapter.set('key', 1, null);
  cacheAdapter.setInflightRequest('key', Promise.resolve(1));

  // @ts-expect-error a phone is text
  await cacheAdapter.getConversationContext('org-1', 123);
  // @ts-expect-error a phone is needed
  await cacheAdapter.getConversationContext('org-1');
  // @ts-expect-error messages are a list
  await cacheAdapter.setConversationContext('org-1', '+123', 'text');
  // @ts-expect-error the messages are not of the type that is named
  await cacheAdapter.setConversationContext<Turn>('org-1', '+123', [{ role: 'user' }]);
  // @ts-expect-error a TTL is a number
  await cacheAdapter.set('key', 1, '60');
  // @ts-expect-error a request in flight is a promise
  cacheAdapter.setInflightRequest('key', 1);
  // @ts-expect-error the TTLs cannot be changed
  cacheAdapter.ttlConfig.conversationContext = 1;
  // @ts-expect-error there is no such method
  await cacheAdapter.flushAll();
}

export async function signals(signal: AbortSignal): Promise<void> {
  await cacheAdapter.getConversationContext<Turn>('org-1', '+123', { signal });
  await cacheAdapter.setAgentConfig('agent-1', '+123', true, { signal });
  await cacheAdapter.set('key', 1, { signal, ttlSeconds: 60 });
  await cacheAdapter.healthCheck({ signal });
  await cacheManager.set('key', 1, null, 'org-1', { signal });
  await cacheManager.hgetall('hash', null, { signal });
  await redisMigrationManager.getConversationSummary('org-1', '+123', null, { signal });
  await shutdown({ timeoutMs: 1000, signal });
  // @ts-expect-error options are an object
  await cacheAdapter.get('key', 60);
  // @ts-expect-error a signal is an AbortSignal
  await cacheAdapter.get('key', { signal: new AbortController() });
  // @ts-expect-error the lifetime of this kind is not the caller's
  await cacheAdapter.setDynamicLead('lead-1', {}, { ttlSeconds: 1 });
}

export async function visibleState(): Promise<void> {
  const { redis } = await cacheAdapter.healthCheck();
  exactly<ConnectionState>()(redis.state, true);
  exactly<number | null>()(redis.journal.oldestMs, true);
  exactly<boolean>()(redis.journal.reading, true);
  exactly<'closed' | 'open' | 'half-open'>()(redis.breaker.state, true);
  exactly<string | undefined>()(redis.error, true);
  const { redis: metrics, fallback } = await cacheManager.getStats();
  exactly<number>()(metrics.latencies.reads.p99Us + fallback.bytes, true);
  // @ts-expect-error there is no such counter
  metrics.hitz;
  exactly<number>()((await cacheAdapter.getStats()).cache.redis.stateSince, true);
}

export function events(): void {
  cacheAdapter
    .on('degraded', ({ state, lastError }) => exactly<string>()(state + (lastError ?? ''), true))
    .on('replay', ({ left }) => exactly<number>()(left, true));
  cacheAdapter
    .on('ready', () => {})
    .once('degraded', () => {})
    .on('error', (error) => exactly<ErrorCode>()(error.code, true))
    .off('closed', () => {});
  // @ts-expect-error there is no such event
  cacheAdapter.on('reconnecting', () => {});
}

export async function migration(signal: AbortSignal, ownSignal: AbortSignalLike): Promise<void> {
  const contexts = new Map<string, Message[]>();
  exactly<Message[]>()(await redisMigrationManager.getConversationContext('org-1', '+123', contexts), true);
  exactly<Turn[]>()(await redisMigrationManager.getConversationContext<Turn>('org-1', '+123'), true);
  exactly<boolean>()(await redisMigrationManager.setConversationContext('org-1', '+123', [], contexts), true);
  exactly<string | null>()(await redisMigrationManager.getConversationSummary<string>('o', '+1'), true);
  exactly<string | null>()(
    await redisMigrationManager.getOrganizationData('o', new Map([['o', { name: 'O' }]])),
    true,
  );
  exactly<Readonly<MigrationStats>>()(redisMigrationManager.migrationStats, true);
  exactly<{ orgId: string | null; phoneNumber: string }>()(redisMigrationManager.parseOrgKey('a:1'), true);
  exactly<boolean>()(redisMigrationManager.redisManager.isConnected, true);
  exactly<MigrationProgress>()(
    await redisMigrationManager.migrateExistingMaps({ conversationContexts: contexts }),
    true,
  );
  await redisMigrationManager.migrateExistingMaps(
    { conversationContexts: contexts, organizationCache: new Map([['org-1', 'Name']]) },
    { signal, onProgress: ({ done, total }) => exactly<number>()(done / total, true) },
  );
  await redisMigrationManager.migrateExistingMaps({}, { signal: ownSignal });
  const { migration: moved, cache } = await redisMigrationManager.getStats();
  exactly<number>()(moved.errors, true);
  exactly<boolean>()(cache.redisEnabled, true);

  // @ts-expect-error there is no such Map to move
  await redisMigrationManager.migrateExistingMaps({ conversations: contexts });
  // @ts-expect-error a legacy map is a Map, not an object
  await redisMigrationManager.getConversationContext('org-1', '+123', {});
  // @ts-expect-error the statistics are not the caller's to change
  redisMigrationManager.migrationStats.errors = 0;
}

export async function manager(): Promise<void> {
  exactly<Lead | null>()(await cacheManager.get<Lead>('key', 'org-1'), true);
  exactly<boolean>()(await cacheManager.set('key', 1, null, 'org-1'), true);
  exactly<Record<string, Lead>>()(await cacheManager.hgetall<Lead>('hash', 'org-1'), true);
  exactly<boolean>()(await cacheManager.hset('hash', 'field', 1, 60), true);
  exactly<string>()(cacheManager.generateKey('session', 'org-1', 'a'), true);
  // @ts-expect-error a hash has a field
  await cacheManager.hget('hash');
  // @ts-expect-error the third argument is the TTL, not the organization
  await cacheManager.set('key', 1, 'org-1');
}

export async function raw(): Promise<void> {
  const client: RedisClient = redisManager.getClient();
  exactly<string | null>()(await client.get('a'), true);
  exactly<string | null>()(await client.set('a', Buffer.from('b'), 'EX', 10), true);
  exactly<(string | null)[]>()(await client.mget(['a', 'b']), true);
  exactly<(string | null)[]>()(await client.mget('a', 'b'), true);
  exactly<number>()(await client.del('a', 'b'), true);
  exactly<number>()(await client.hset('h', { a: 1, b: 'two', c: Buffer.alloc(1) }), true);
  exactly<number>()(await client.hset('h', 'a', 1, 'b', 2), true);
  exactly<number>()(await client.hset('h', new Map([['a', 1]])), true);
  exactly<Record<string, string>>()(await client.hgetall('h'), true);
  exactly<RedisReply>()(await client.call('ZADD', 'z', 1, 'a'), true);
  exactly<number>()((await redisManager.getMetrics()).hits, true);
  exactly<boolean>()(redisManager.isReady(), true);
  redisManager.recordOperation('get', 1.5, true);
  await redisManager.shutdown({ timeoutMs: 100 });
  // @ts-expect-error an object is no value
  await client.set('a', { b: 1 });
  // @ts-expect-error neither is undefined
  await client.set('a', undefined);
  // @ts-expect-error a number of seconds is needed
  await client.expire('a');
  // @ts-expect-error at least one key
  await client.mget();
}

export function configuration(logger: Logger): void {
  configure({});
  configure({ useRedis: false });
  configure({ url: 'redis://localhost:6379/0', driver: 'loop', logger });
  configure({ logger: console, logLevel: 'trace', compression: 'zstd' });
  configure({ tls: true, family: 6 });
  configure({ tls: { ca: 'PEM', cert: 'PEM', key: 'PEM', servername: 'cache', insecure: false } });
  configure({ clusterHosts: ['a:1', 'b:2'], sentinelHosts: 'a:1,b:2', sentinelName: 'main' });
  // @ts-expect-error there is no such option
  configure({ hots: 'localhost' });
  // @ts-expect-error a port is a number
  configure({ port: '6379' });
  // @ts-expect-error there is no such driver
  configure({ driver: 'rocket' });
  // @ts-expect-error a logger has four methods
  configure({ logger: { error: () => {} } });
  // @ts-expect-error options are needed
  configure();
}

export async function ending(): Promise<void> {
  exactly<string>()(version, true);
  exactly<ShutdownResult>()(await shutdown(), true);
  exactly<boolean>()((await shutdown({ timeoutMs: 1000 })).flushed, true);
  const uninstall = installSignalHandlers({ signals: ['SIGTERM'], timeoutMs: 1000 });
  exactly<() => void>()(uninstall, true);
  uninstall();
  await using adapterOfAll = cacheAdapter;
  await using managerOfAll = redisManager;
  exactly<boolean>()(adapterOfAll.useRedis && managerOfAll.isConnected, true);
  // @ts-expect-error that is no name of a signal
  installSignalHandlers({ signals: ['TERM'] });
  // @ts-expect-error the timeout is a number
  await shutdown({ timeoutMs: '1000' });
}

export function errors(error: unknown): boolean {
  if (!(error instanceof OrgCacheError)) return false;
  const asError: Error = error;
  exactly<ErrorCode>()(error.code, true);
  exactly<string | undefined>()(error.redisCode, true);
  // @ts-expect-error there is no such code
  if (error.code === 'E_NOTHING') return false;
  // @ts-expect-error a code is not the caller's to change
  error.code = 'E_KEY';
  return error.retryable && asError.message.length > 0;
}

export async function streams(client: Redis): Promise<void> {
  const options = { client, stream: 'orders', group: 'workers' };
  await using group = createConsumerGroup({
    ...options,
    maxDeliveries: 3,
    signal: AbortSignal.timeout(1000),
    async handler({ id, fields, deliveries }, { signal }) {
      exactly<string>()(id, true);
      exactly<Record<string, string>>()(fields, true);
      exactly<number>()(deliveries, true);
      exactly<AbortSignal>()(signal, true);
    },
    onError(error, { during, id }) {
      exactly<unknown>()(error, true);
      exactly<string | undefined>()(id, true);
      // @ts-expect-error there is no such part of the work
      during === 'write';
    },
  });
  exactly<void>()(await group.start(), true);
  exactly<ConsumerGroupStats>()(group.stats(), true);
  exactly<{ left: number }>()(await group.stop({ timeoutMs: 10 }), true);
  // @ts-expect-error a handler is needed
  createConsumerGroup(options);
  // @ts-expect-error there is no such option
  createConsumerGroup({ ...options, handler() {}, retries: 3 });
}
