import {
  type Cache,
  type CacheCallOptions,
  createCache,
  type FactoryContext,
  invalidateTables,
  type NamedCacheStats,
  type OrganizationCache,
  type WarmReport,
} from 'orgcache';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function exactly<Expected>() {
  return <Actual>(_value: Actual, _same: Same<Actual, Expected>): void => {};
}

interface User {
  name: string;
}

declare const database: {
  user(id: string): Promise<User>;
  find(id: string): Promise<User | undefined>;
};

const users = createCache<User>({
  name: 'users',
  ttlSeconds: 300,
  graceSeconds: 60,
  softTimeoutMs: 0,
  hardTimeoutMs: 500,
  lockTimeoutMs: 400,
  jitter: 0.1,
  earlyRefresh: 0.8,
  negativeSeconds: 5,
  retryAfterErrorSeconds: 1,
  tags: ['users'],
  serializer: 'json',
  onRedisDown: 'serve',
  leaseMs: 1000,
  quota: { maxEntries: 1000, onFull: 'reject' },
});

export async function getOrSetHasTheTypeOfItsFactory(id: string): Promise<void> {
  exactly<Cache<User>>()(users, true);
  const mine = users.org('org-1');
  exactly<OrganizationCache<User>>()(mine, true);
  exactly<User>()(await mine.getOrSet(id, () => database.user(id)), true);
  exactly<User>()(await mine.getOrSet(id, async () => database.user(id)), true);
  exactly<User | undefined>()(await mine.getOrSet(id, () => database.find(id)), true);
  exactly<User>()(await mine.getOrSet(id, () => ({ name: 'Ada' })), true);
  exactly<undefined>()(await mine.getOrSet(id, () => undefined), true);
  // A factory that skips some values.
  exactly<User | undefined>()(
    await mine.getOrSet(id, async (context) => {
      const user = await database.find(id);
      return user === undefined ? context.skip(user) : user;
    }),
    true,
  );
  exactly<User>()(await mine.getOrSet(id, async (context) => context.skip(await database.user(id))), true);
  exactly<User>()(await mine.getOrSet(id, (context) => context.skip({ name: 'guest' } as User)), true);
  // A conditional factory.
  exactly<User>()(
    await mine.getOrSet(id, async (context) => {
      exactly<FactoryContext<User>>()(context, true);
      exactly<AbortSignal>()(context.signal, true);
      exactly<User | undefined>()(context.stale?.value, true);
      if (context.stale?.meta === 'etag') return context.notModified();
      context.setOptions({ ttlSeconds: 5, graceSeconds: 0, tags: ['a'], meta: { etag: 'etag' } });
      return database.user(id);
    }),
    true,
  );
  exactly<User>()(
    await mine.refresh(id, async (context) => {
      if (context.stale === undefined) return database.user(id);
      return Math.random() > 0.5 ? context.skip(await database.user(id)) : context.notModified();
    }),
    true,
  );
}

export async function everyMethodHasItsType(options: CacheCallOptions): Promise<void> {
  const mine = users.global().namespace('active');
  exactly<OrganizationCache<User>>()(mine, true);
  exactly<User | undefined>()(await mine.get('7', options), true);
  exactly<(User | undefined)[]>()(await mine.getMany(['7'] as const, options), true);
  exactly<boolean>()(await mine.has('7', options), true);
  exactly<User | undefined>()(mine.peek('7'), true);
  exactly<Map<string, User>>()(
    await mine.getOrSetMany(['7', '8'], async (missing, { signal, setOptions }) => {
      exactly<string[]>()(missing, true);
      setOptions({ ttlSeconds: 1 });
      signal.throwIfAborted();
      return new Map([['7', { name: 'Ada' }]]);
    }),
    true,
  );
  exactly<boolean>()(await mine.set('7', { name: 'Ada' }, { signal: AbortSignal.timeout(5) }), true);
  exactly<boolean[]>()(await mine.setMany(new Map([['7', { name: 'Ada' }]]), options), true);
  exactly<boolean>()(await mine.delete('7'), true);
  exactly<number>()(await mine.deleteMany(['7', '8']), true);
  exactly<User | undefined>()(await mine.pull('7'), true);
  exactly<boolean>()(await mine.expire('7'), true);
  exactly<void>()(await mine.invalidateTags(['users']), true);
  exactly<void>()(await mine.expireTags(['users']), true);
  exactly<number>()(
    await mine.mutate({ keys: ['7'], tags: ['users'], tables: ['users'] }, async () => 1),
    true,
  );
  exactly<number>()((await mine.clear()).entries, true);
  for await (const key of mine.keys()) exactly<string>()(key, true);
  const rows = async () => ({ rows: [{ id: 1 }] });
  exactly<{ rows: { id: number }[] }>()(
    await mine.cacheQuery('SELECT 1', [], rows, { tables: ['users'], ttlSeconds: 5 }),
    true,
  );
  exactly<WarmReport>()(await mine.warm(['7'], { factory: (key) => database.user(key) }), true);
  exactly<WarmReport>()(await mine.warm([['7', { name: 'Ada' }]]), true);
  exactly<NamedCacheStats>()(await users.stats(), true);
  await invalidateTables(['users'], { org: 'org-1' });
}

export async function otherTypesAreRefused(id: string): Promise<void> {
  const mine = users.org(id);
  // @ts-expect-error: a factory of another type.
  await mine.getOrSet(id, () => 5);
  // @ts-expect-error: a value of another type.
  await mine.set(id, 'Ada');
  // @ts-expect-error: an organization that may be missing.
  users.org(undefined);
  // @ts-expect-error: no such option.
  await mine.get(id, { ttl: 5 });
  // @ts-expect-error: a cache needs a name.
  createCache({ ttlSeconds: 5 });
  // @ts-expect-error: a query needs its tables.
  await mine.cacheQuery('SELECT 1', [], async () => 1, {});
}

export async function valuesOfAnyTypeHaveTheirFactorysType(): Promise<void> {
  const mine = createCache({ name: 'any' }).org('org-1');
  exactly<Map<string, Date>>()(await mine.getOrSet('m', () => new Map([['a', new Date()]])), true);
  exactly<number>()(await mine.getOrSet('n', async () => 5), true);
  exactly<unknown>()(await mine.get('m'), true);
}
