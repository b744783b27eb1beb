import type { EventEmitter } from 'node:events';
import DefaultRedis, {
  type Callback,
  type ChainableCommander,
  Command,
  type CommonRedisOptions,
  createClient,
  Pipeline,
  Redis,
  type RedisKey,
  type RedisOptions,
  type RedisValue,
  ReplyError,
  type Result,
} from 'orgcache/ioredis';

declare module 'orgcache/ioredis' {
  interface RedisCommander<Context> {
    addTo(key: string, amount: number, callback?: Callback<string>): Result<string, Context>;
  }
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function exactly<Expected>() {
  return <Actual,>(_value: Actual, _isSame: Same<Actual, Expected>) => {};
}

// As queues annotate their connections.
interface QueueOptions {
  connection: Redis | RedisOptions;
}
class Queue {
  protected readonly client: Redis;
  constructor({ connection }: QueueOptions) {
    this.client = connection instanceof Redis ? connection : new DefaultRedis(connection);
    this.client.on('error', (error) => exactly<Error>()(error, true));
    this.client.once('ready', () => {});
    this.client.defineCommand('addTo', { lua: 'return ARGV[1]', numberOfKeys: 1 });
  }
  async add(key: RedisKey, value: RedisValue, ...rest: (string | number | Buffer)[]): Promise<number> {
    await this.client.hset('meta', { name: 'queue', size: 1 });
    await this.client.set(key, value, 'PX', 100, 'NX');
    return this.client.rpush(key, ...rest);
  }
  async moved(multi: ChainableCommander): Promise<string[]> {
    multi.rpush('list', '1').addTo('key', 1);
    const result = await multi.exec();
    return (result ?? []).map(([error, value]) => (error ? error.message : String(value)));
  }
  duplicate(options: Partial<RedisOptions>): Redis {
    return this.client.duplicate({ ...options, maxRetriesPerRequest: null });
  }
}

const redis = new Redis(6379, 'localhost', { password: 'x' });
const emitter: EventEmitter = redis;
const common: CommonRedisOptions = {
  retryStrategy: (times) => Math.min(times, 10),
  commandTimeout: undefined,
};

createClient(6379, 'localhost', { db: 1 });
Redis.createClient({ host: 'localhost' });
// @ts-expect-error a host is a text
createClient(6379, 1);
new Redis();
new Redis('/tmp/redis.sock', { db: 1 });
new Redis({ sentinels: [{ host: 'a', port: 26379 }], name: 'main', tls: { ca: 'x' } });
// @ts-expect-error a port is a number
new Redis({ port: 'x' });

exactly<Promise<string | null>>()(redis.get('key'), true);
exactly<Promise<Buffer | null>>()(redis.getBuffer('key'), true);
exactly<Promise<'OK'>>()(redis.set('key', 'value'), true);
exactly<Promise<'OK'>>()(redis.set('key', 'value', 'EX', 100), true);
exactly<Promise<'OK' | null>>()(redis.set('key', 'value', 'EX', 100, 'NX'), true);
exactly<Promise<string | null>>()(redis.set('key', 'value', 'GET'), true);
exactly<Promise<number>>()(redis.del('a', 'b'), true);
exactly<Promise<number>>()(redis.del(['a', 'b']), true);
exactly<Promise<(string | null)[]>>()(redis.mget(['a', 'b']), true);
exactly<Promise<Record<string, string>>>()(redis.hgetall('key'), true);
exactly<Promise<string[] | null>>()(redis.lpop('key', 2), true);
exactly<Promise<[cursor: string, elements: string[]]>>()(redis.scan(0, 'MATCH', '*'), true);
exactly<Promise<unknown>>()(redis.call('set', ['foo', 'bar']), true);
exactly<Promise<string>>()(redis.addTo('key', 1), true);
exactly<Promise<[error: Error | null, result: unknown][] | null>>()(redis.pipeline().get('a').exec(), true);
exactly<number>()(redis.pipeline([['set', Buffer.from('a'), 1]]).length, true);
exactly<Promise<'OK'>>()(redis.multi({ pipeline: false }), true);
// @ts-expect-error GET takes one key
redis.get('key', 'other');
// @ts-expect-error no such command
redis.frobnicate();

redis.get('key', (error, value) => {
  exactly<Error | null | undefined>()(error, true);
  exactly<string | null | undefined>()(value, true);
});
redis.del('a', 'b', (_error, count) => exactly<number | undefined>()(count, true));
redis.on('message', (channel, message) => exactly<string>()(channel + message, true));
redis.on('messageBuffer', (channel, message) =>
  exactly<[Buffer, Buffer]>()([channel, message] as [typeof channel, typeof message], true),
);
redis.stream.destroy();
redis.scanStream({ match: '*' }).on('data', (page: string[]) => page.length);
redis.sendCommand(new Command('get', ['key'], { replyEncoding: 'utf8' }));
new Pipeline(redis).set('a', 1).exec();
Command.setReplyTransformer('hgetall', (reply) => reply);

export { common, emitter, Queue, ReplyError };
