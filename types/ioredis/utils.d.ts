// The members of `ioredis/built/utils` that applications use.

/**
 * The message with which commands are rejected when their connection is closed.
 * @example
 * import { CONNECTION_CLOSED_ERROR_MSG } from 'orgcache/ioredis/built/utils';
 * export const wasClosed = (error: Error) => error.message === CONNECTION_CLOSED_ERROR_MSG;
 */
export const CONNECTION_CLOSED_ERROR_MSG: string;

/**
 * The cluster slot of a key.
 * @example
 * import { calculateSlot } from 'orgcache/ioredis/built/utils';
 * console.log(calculateSlot('{user:1}:name') === calculateSlot('user:1'));
 * // => true
 */
export function calculateSlot(key: string | Buffer): number;

/**
 * The slot of all the keys, or -1 if they are in several.
 * @example
 * import { generateMultiSlot } from 'orgcache/ioredis/built/utils';
 * console.log(generateMultiSlot(['{user:1}:name', '{user:2}:name']));
 * // => -1
 */
export function generateMultiSlot(keys: readonly (string | Buffer)[]): number;

/**
 * Converts the Buffers in a reply to texts, at any depth. The default encoding is UTF-8. `any`: a reply has any shape.
 * @example
 * import { convertBufferToString } from 'orgcache/ioredis/built/utils';
 * console.log(convertBufferToString([Buffer.from('a'), 1]));
 * // => [ 'a', 1 ]
 */
export function convertBufferToString(value: any, encoding?: BufferEncoding): any;

/**
 * A list of alternating keys and values.
 * @example
 * import { convertMapToArray } from 'orgcache/ioredis/built/utils';
 * console.log(convertMapToArray(new Map([['a', 1]])));
 * // => [ 'a', 1 ]
 */
export function convertMapToArray<K, V>(map: Map<K, V>): (K | V)[];

/**
 * A list of alternating names and values.
 * @example
 * import { convertObjectToArray } from 'orgcache/ioredis/built/utils';
 * console.log(convertObjectToArray({ a: 1 }));
 * // => [ 'a', 1 ]
 */
export function convertObjectToArray<T>(object: Record<string, T>): (string | T)[];

/**
 * Copies from later objects the members that the first lacks, and answers the first. `any`: ioredis declares it so.
 * @example
 * import { defaults } from 'orgcache/ioredis/built/utils';
 * console.log(defaults({ host: 'a' }, { host: 'b', port: 6379 }));
 * // => { host: 'a', port: 6379 }
 */
export function defaults(target: any, ...sources: any[]): any;

/**
 * Whether the value is an integer, or the text of one. `any`: ioredis declares it so.
 * @example
 * import { isInt } from 'orgcache/ioredis/built/utils';
 * console.log(isInt('6379'), isInt('localhost'));
 * // => true false
 */
export function isInt(value: any): value is string;

/**
 * Does nothing.
 * @example
 * import { noop } from 'orgcache/ioredis/built/utils';
 * Promise.reject(new Error('of no interest')).catch(noop);
 */
export function noop(): void;

/**
 * Gives the error a stack that shows the caller's line: the lines of another stack, without those of a folder.
 * @example
 * import { optimizeErrorStack } from 'orgcache/ioredis/built/utils';
 * const error = optimizeErrorStack(new Error('failed'), new Error('caller').stack ?? '', import.meta.dirname);
 */
export function optimizeErrorStack(error: Error, friendlyStack: string, filterPath: string): Error;

/**
 * An object from a list of alternating names and values. `any`: values are of any type.
 * @example
 * import { packObject } from 'orgcache/ioredis/built/utils';
 * console.log(packObject(['a', '1', 'b', '2']));
 * // => { a: '1', b: '2' }
 */
export function packObject(array: readonly any[]): Record<string, any>;

/**
 * The options in a URL, a path, `host:port` or a port as text. `any`: ioredis declares it so.
 * @example
 * import { parseURL } from 'orgcache/ioredis/built/utils';
 * console.log(parseURL('redis://localhost:6380/1').port);
 * // => 6380
 */
export function parseURL(url: string): Record<string, any>;

/**
 * The options, with the name of a TLS profile replaced by what the profile says.
 * @example
 * import { resolveTLSProfile } from 'orgcache/ioredis/built/utils';
 * const options = resolveTLSProfile({ host: 'localhost', tls: { servername: 'redis.internal' } });
 */
export function resolveTLSProfile<T>(options: T): T;

/**
 * A random element, from the index on; null if there is none.
 * @example
 * import { sample } from 'orgcache/ioredis/built/utils';
 * console.log(sample(['a', 'b'], 1));
 * // => b
 */
export function sample<T>(array: readonly T[], from?: number): T | null;

/**
 * Shuffles the elements in place.
 * @example
 * import { shuffle } from 'orgcache/ioredis/built/utils';
 * console.log(shuffle([1, 2, 3]).length);
 * // => 3
 */
export function shuffle<T>(array: T[]): T[];

/**
 * A callback that runs once: with its outcome, or with an error after this many milliseconds.
 * @example
 * import { timeout } from 'orgcache/ioredis/built/utils';
 * const callback = timeout<string>((error, reply) => console.log(error ?? reply), 100);
 * callback(null, 'in time');
 * // => in time
 */
export function timeout<T>(
  callback: (error: Error | null, result?: T) => void,
  milliseconds: number,
): (error: Error | null, result?: T) => void;

/**
 * The argument as a text; null and undefined are the empty text. `any`: ioredis declares it so.
 * @example
 * import { toArg } from 'orgcache/ioredis/built/utils';
 * console.log([toArg(1), toArg(null)]);
 * // => [ '1', '' ]
 */
export function toArg(value: any): string;

/**
 * The replies of a transaction as pairs of error and result. `any`: each command has another reply.
 * @example
 * import { wrapMultiResult } from 'orgcache/ioredis/built/utils';
 * console.log(wrapMultiResult(['OK', 1]));
 * // => [ [ null, 'OK' ], [ null, 1 ] ]
 */
export function wrapMultiResult(replies: readonly any[] | null): [Error | null, any][] | null;

/**
 * A Map from a list of keys and a list of their values.
 * @example
 * import { zipMap } from 'orgcache/ioredis/built/utils';
 * console.log(zipMap(['a', 'b'], [1, 2]).get('b'));
 * // => 2
 */
export function zipMap<K, V>(keys: readonly K[], values: readonly V[]): Map<K, V>;
