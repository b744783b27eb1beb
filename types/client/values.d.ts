/**
 * A key or argument of a command; a Node `Buffer` is a `Uint8Array`.
 * @example
 * import { getRedis, type RedisArgument } from 'orgcache';
 * const values: RedisArgument[] = ['text', 1, new Uint8Array([1, 2])];
 * await (await getRedis()).rpush('list', values);
 */
export type RedisArgument = string | number | Uint8Array;

/**
 * A reply in ioredis's form: bulk strings as text, a missing value as null.
 * @example
 * import { getRedis, type RedisReply } from 'orgcache';
 * const reply: RedisReply = await (await getRedis()).call('COMMAND', 'COUNT');
 */
export type RedisReply = string | number | null | RedisReply[] | { [field: string]: string };

/**
 * Bytes of a reply: Node's `Buffer` if its types are installed, else a `Uint8Array`.
 * @example
 * import { getRedis, type RedisBuffer } from 'orgcache';
 * const bytes: RedisBuffer | null = await (await getRedis()).getBuffer('picture');
 */
export type RedisBuffer = typeof globalThis extends { Buffer: { alloc(size: number): infer B } }
  ? B
  : Uint8Array;

/**
 * A callback as the last argument of a method. It gets the error, or null and the reply.
 * @example
 * import { getRedis, type RedisCallback } from 'orgcache';
 * const callback: RedisCallback<string | null> = (error, reply) => console.log(error, reply);
 * (await getRedis()).get('key', callback).catch(() => {});
 */
export type RedisCallback<Reply> = (error: Error | null, reply?: Reply) => void;

/**
 * An entry of a stream as commands reply it: its id, then alternating fields and values. A deleted entry that is still
 * pending has no fields.
 * @example
 * import { getRedis, type RedisStreamEntry } from 'orgcache';
 * const entries: RedisStreamEntry<string>[] = await (await getRedis()).xrange('orders', '-', '+');
 * for (const [id, fields] of entries) console.log(id, fields);
 */
export type RedisStreamEntry<Text> = [id: Text, fields: Text[]];

/**
 * The reply of XREAD and XREADGROUP: entries by stream, null if there are none.
 * @example
 * import { getRedis, type RedisStreamEntries } from 'orgcache';
 * const found: RedisStreamEntries<string> = await (await getRedis()).xread('STREAMS', 'orders', '0');
 * for (const [key, entries] of found ?? []) console.log(key, entries.length);
 */
export type RedisStreamEntries<Text> = [key: Text, entries: RedisStreamEntry<Text>[]][] | null;

/**
 * The result of one command: `[null, reply]` or `[error]`. The reply is `unknown`: each command has another.
 * @example
 * import { getRedis, type RedisResult } from 'orgcache';
 * const results: RedisResult[] = await (await getRedis()).pipeline().get('a').incr('b').exec();
 * for (const [error, reply] of results) console.log(error ?? reply);
 */
export type RedisResult = [error: null, reply: unknown] | [error: Error];
