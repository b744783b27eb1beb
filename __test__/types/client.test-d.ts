import {
  closeRedis,
  getConnectionInfo,
  getKeyPrefix,
  getRedis,
  prefixKey,
  type RedisBuffer,
  type RedisClient,
  RedisManager,
  type RedisReply,
  type RedisResult,
  type RedisStatus,
  type RedisStreamEntries,
  type RedisStreamEntry,
  redisHealthCheck,
  unprefixKey,
} from 'orgcache';

declare module 'orgcache' {
  interface RedisClient {
    addTo(key: string, amount: number): Promise<[key: string, sum: string]>;
  }
  interface RedisPipeline {
    addTo(key: string, amount: number): this;
  }
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only where the type of `value` is exactly `Expected`. */
function exactly<Expected>() {
  return <Actual>(_value: Actual, _same: Same<Actual, Expected>): void => {};
}

export async function commands(client: RedisClient): Promise<void> {
  exactly<string | null>()(await client.get('a'), true);
  exactly<Buffer<ArrayBuffer> | null>()(await client.getBuffer('a'), true);
  exactly<'OK'>()(await client.mset({ a: 1, b: Buffer.alloc(1), c: null }), true);
  exactly<'OK'>()(await client.mset(new Map([['a', 1]])), true);
  exactly<'OK'>()(await client.mset('a', 1, ['b', 2]), true);
  exactly<number>()(await client.hset('h', ['f', 'v']), true);
  exactly<Record<string, string>>()(await client.hgetall('h'), true);
  exactly<string[]>()(await client.zrange('z', 0, -1, 'WITHSCORES'), true);
  exactly<string | null>()(await client.xadd('x', '*', 'f', 'v'), true);
  exactly<RedisStreamEntry<string>[]>()(await client.xrange('x', '-', '+'), true);
  exactly<RedisStreamEntries<string>>()(await client.xread('BLOCK', 0, 'STREAMS', 'x', '$'), true);
  exactly<[key: string, element: string] | null>()(await client.blpop('l', 0), true);
  exactly<[cursor: string, found: string[]]>()(await client.scan(0, 'MATCH', '*'), true);
  exactly<string>()(await client.lolwut(), true);
  exactly<string[]>()(await client.config('GET', 'max*'), true);
  exactly<string[]>()(await client.config('get', 'max*'), true);
  exactly<'OK'>()(await client.config('SET', ['maxmemory', 0]), true);
  exactly<RedisBuffer | null>()(await client.objectBuffer('ENCODING', 'a'), true);
  const word: string = 'ID';
  const any: string | number | readonly (string | number | string[])[] | null = await client.client(word);
  exactly<typeof any>()(any, true);
  client.xinfo('GROUPS', 'x', (_error, groups) => {
    exactly<(string | number | null)[][] | undefined>()(groups, true);
  });
  exactly<'OK'>()(await client.set('a', 1), true);
  exactly<string | null>()(await client.lpop('l'), true);
  exactly<string[] | null>()(await client.lpop('l', 2), true);
  exactly<string | string[] | null>()(await client.lpop(['l', 2]), true);
  exactly<string[]>()(await client.spop('s', 2), true);
  exactly<RedisBuffer[]>()(await client.srandmemberBuffer('s', -2), true);
  exactly<number>()(await client.zadd('z', 1, 'a'), true);
  exactly<string | number | null>()(await client.zadd('z', 'INCR', 1, 'a'), true);
  exactly<number | null>()(await client.zrank('z', 'a'), true);
  exactly<[rank: number, score: string] | null>()(await client.zrank('z', 'a', 'WITHSCORE'), true);
  exactly<number[]>()(await client.hexpire('h', 10, 'FIELDS', 1, 'f'), true);
  exactly<unknown>()(await client.eval('return 1', 1, 'key'), true);
  exactly<RedisReply>()(await client.call('GET', 'a'), true);
  exactly<[key: string, sum: string]>()(await client.addTo('a', 1), true);
  client.get('a', (error, value) => {
    exactly<Error | null>()(error, true);
    exactly<string | null | undefined>()(value, true);
  });
  // @ts-expect-error a key is needed
  await client.get();
  // @ts-expect-error one key only
  await client.get('a', 'b');
  // @ts-expect-error undefined is no key
  await client.get(undefined);
  // @ts-expect-error an object is no value of SET
  await client.set('a', { b: 1 });
  exactly<string | null>()(await client.set('a', 'b', 'EX', 5, 'NX', 'GET'), true);
  exactly<string | null>()(await client.set('a', 'b', 'px', '5'), true);
  await client.set('a', 'b', 'KEEPTTL', () => {});
  await client.set(['a', 'b', 'EX', 5]);
  await client.expire('a', 5, 'GT');
  await client.getex('a', 'PERSIST');
  client
    .pipeline()
    .set('a', 'b', 'EX', 5)
    .sendCommand({ name: 'get', args: ['a'] });
  // @ts-expect-error SET has no such option
  await client.set('a', 'b', 'EXX', 5);
  // @ts-expect-error the option needs a time
  await client.set('a', 'b', 'EX');
  // @ts-expect-error SET has no such option in a pipeline either
  client.pipeline().set('a', 'b', 'EXX', 5);
  // @ts-expect-error EXPIRE has no such option
  await client.expire('a', 5, 'NEVER');
  // @ts-expect-error there is no such command
  await client.nosuchcommand();
}

export async function chains(client: RedisClient): Promise<void> {
  const results = await client
    .pipeline([['set', 'a', 1]])
    .get('a')
    .hset('h', { f: 1 })
    .getBuffer('a', (_error, value) => exactly<Buffer<ArrayBuffer> | null | undefined>()(value, true))
    .addTo('a', 1)
    .multi()
    .incr('a')
    .exec();
  exactly<RedisResult[]>()(results, true);
  exactly<RedisResult[] | null>()(await client.multi().set('a', 1).get('a').exec(), true);
  exactly<'OK'>()(await client.multi({ pipeline: false }), true);
  exactly<RedisResult[] | null>()(await client.exec(), true);
  exactly<'OK'>()(await client.watch('a', ['b']), true);
  // @ts-expect-error a pipeline answers itself, no promise
  await client.pipeline().get('a').then();
  // @ts-expect-error each command is a list
  client.pipeline(['get', 'a']);
}

export async function subscriptions(client: RedisClient, signal: AbortSignal): Promise<void> {
  exactly<number>()(await client.subscribe('a', 'b'), true);
  exactly<number>()(await client.unsubscribe(), true);
  client.on('message', (channel, message) => exactly<string>()(channel + message, true));
  client.once('pmessageBuffer', (pattern, _channel, message) =>
    exactly<string>()(pattern + message.length, true),
  );
  client.on('gap', ({ channels, since, until }) => exactly<number>()(channels.length + until - since, true));
  for await (const { message, dropped } of client.messages('a', { maxBytes: 1000, signal })) {
    exactly<string>()(message.repeat(dropped), true);
  }
  for await (const page of client.scanStream({ match: 'a*', count: 10 })) exactly<string[]>()(page, true);
  client.hscanBufferStream('h').on('data', (page) => exactly<Buffer<ArrayBuffer>[]>()(page, true));
  // @ts-expect-error there is no such event
  client.on('closed', () => {});
  // @ts-expect-error a channel is needed
  await client.subscribe();
}

export async function life(): Promise<void> {
  const client: RedisClient = await getRedis();
  exactly<RedisStatus>()(client.status, true);
  exactly<'OK'>()(await client.quit(), true);
  await using copy = client.duplicate({ db: 1, keyPrefix: 'own:', prefixChannels: true });
  exactly<'OK'>()(await copy.select(1), true);
  copy.defineCommand('addTo', { numberOfKeys: 1, lua: 'return 1' });
  await RedisManager.getInstance()
    .getRedis()
    .then((same) => exactly<RedisClient>()(same, true));
  await closeRedis();
  exactly<string>()(getKeyPrefix() + prefixKey('a') + unprefixKey('a'), true);
  exactly<'healthy' | 'unhealthy'>()((await redisHealthCheck()).status, true);
  exactly<number>()(getConnectionInfo().port, true);
  // @ts-expect-error a script needs its code
  copy.defineCommand('bad', { numberOfKeys: 1 });
  // @ts-expect-error a logger is the instance's
  client.duplicate({ logger: console });
}
