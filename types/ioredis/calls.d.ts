/// <reference types="node" />

/**
 * A callback as the last argument of a command. It gets the error, or null and the reply. `any`: ioredis declares
 * it so.
 * @example
 * import { type Callback, Redis } from 'orgcache/ioredis';
 * const callback: Callback<string | null> = (error, reply) => console.log(error ?? reply);
 * new Redis().get('key', callback);
 */
export type Callback<T = any> = (err?: Error | null, result?: T) => void;

/**
 * A key of a command.
 * @example
 * import { Redis, type RedisKey } from 'orgcache/ioredis';
 * const key: RedisKey = Buffer.from('key');
 * await new Redis().get(key);
 */
export type RedisKey = string | Buffer;
/**
 * An argument of a command.
 * @example
 * import { Redis, type RedisValue } from 'orgcache/ioredis';
 * const values: RedisValue[] = ['text', 1, Buffer.from([1, 2])];
 * await new Redis().rpush('list', ...values);
 */
export type RedisValue = string | Buffer | number;

/** A method answers a promise, or in a pipeline the pipeline itself. */
export interface ResultTypes<Result, _Context> {
  default: Promise<Result>;
  pipeline: ChainableCommander;
}
/**
 * Where a command is called: on a client (`default`) or in a pipeline. `unknown`: only the names of the contexts count.
 * @example
 * import type { ClientContext, RedisKey, Result } from 'orgcache/ioredis';
 * export interface Scripts<Context extends ClientContext> {
 *   double(key: RedisKey): Result<number, Context>;
 * }
 */
export type ClientContext = { type: keyof ResultTypes<unknown, unknown> };
/**
 * What a command's method answers: a promise of the reply, or in a pipeline the pipeline itself.
 * @example
 * import type { Result } from 'orgcache/ioredis';
 * export const reply: Result<string | null, { type: 'default' }> = Promise.resolve('value');
 */
export type Result<T, Context extends ClientContext> = ResultTypes<T, Context>[Context['type']];

/** A list is spread, one level deep. */
type Word = RedisValue | readonly RedisValue[];
type Counted = {
  0: [];
  1: [a: RedisValue];
  2: [a: RedisValue, b: RedisValue];
  3: [a: RedisValue, b: RedisValue, c: RedisValue];
  4: [a: RedisValue, b: RedisValue, c: RedisValue, d: RedisValue];
  5: [a: RedisValue, b: RedisValue, c: RedisValue, d: RedisValue, e: RedisValue];
};
export type Exactly<Count extends keyof Counted> = Counted[Count];
export type AtLeast<Count extends 0 | 1> = [...first: { 0: []; 1: [Word] }[Count], ...more: Word[]];
/** Arguments, with or without a callback behind them. `unknown`: the arguments of any command. */
export type Given<Args extends readonly unknown[], Reply> = Args | [...args: Args, callback: Callback<Reply>];

type Pairs = object | Map<RedisValue, RedisValue>;

/** The commands whose reply depends on their arguments, and methods that are not commands. */
export interface OwnCommands<Context extends ClientContext> {
  /** Any command by its name. `unknown`: the command decides what the reply is. */
  call(command: string, callback?: Callback<unknown>): Result<unknown, Context>;
  call(command: string, args: RedisValue[], callback?: Callback<unknown>): Result<unknown, Context>;
  call(
    ...args: [command: string, ...args: RedisValue[], callback: Callback<unknown>]
  ): Result<unknown, Context>;
  call(...args: [command: string, ...args: RedisValue[]]): Result<unknown, Context>;
  /** As `call`, with Buffers in place of texts. `unknown`: the command decides what the reply is. */
  callBuffer(command: string, callback?: Callback<unknown>): Result<unknown, Context>;
  callBuffer(command: string, args: RedisValue[], callback?: Callback<unknown>): Result<unknown, Context>;
  callBuffer(
    ...args: [command: string, ...args: RedisValue[], callback: Callback<unknown>]
  ): Result<unknown, Context>;
  callBuffer(...args: [command: string, ...args: RedisValue[]]): Result<unknown, Context>;

  set(key: RedisKey, value: RedisValue, callback?: Callback<'OK'>): Result<'OK', Context>;
  set(
    key: RedisKey,
    value: RedisValue,
    token: Lifetime,
    time: number | string,
    callback?: Callback<'OK'>,
  ): Result<'OK', Context>;
  set(key: RedisKey, value: RedisValue, token: Keep, callback?: Callback<'OK'>): Result<'OK', Context>;
  set(
    key: RedisKey,
    value: RedisValue,
    condition: Condition,
    callback?: Callback<'OK' | null>,
  ): Result<'OK' | null, Context>;
  set(
    key: RedisKey,
    value: RedisValue,
    token: Lifetime,
    time: number | string,
    condition: Condition,
    callback?: Callback<'OK' | null>,
  ): Result<'OK' | null, Context>;
  set(
    key: RedisKey,
    value: RedisValue,
    token: Keep,
    condition: Condition,
    callback?: Callback<'OK' | null>,
  ): Result<'OK' | null, Context>;
  set(
    key: RedisKey,
    value: RedisValue,
    condition: Condition,
    token: Lifetime,
    time: number | string,
    callback?: Callback<'OK' | null>,
  ): Result<'OK' | null, Context>;
  set(
    ...args: Given<[key: RedisKey, value: RedisValue, ...options: (SetOption | number)[]], string | null>
  ): Result<string | null, Context>;
  setBuffer(
    ...args: Given<
      [key: RedisKey, value: RedisValue, ...options: (SetOption | number | string)[]],
      Buffer | null
    >
  ): Result<Buffer | null, Context>;

  mset(pairs: Pairs, callback?: Callback<'OK'>): Result<'OK', Context>;
  mset(...args: Given<AtLeast<1>, 'OK'>): Result<'OK', Context>;
  msetBuffer(...args: Given<AtLeast<1> | [pairs: Pairs], 'OK'>): Result<'OK', Context>;
  msetnx(pairs: Pairs, callback?: Callback<number>): Result<number, Context>;
  msetnx(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  msetnxBuffer(...args: Given<AtLeast<1> | [pairs: Pairs], number>): Result<number, Context>;
  hset(key: RedisKey, fields: Pairs, callback?: Callback<number>): Result<number, Context>;
  hset(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  hsetBuffer(...args: Given<AtLeast<1> | [key: RedisKey, fields: Pairs], number>): Result<number, Context>;
  hmset(key: RedisKey, fields: Pairs, callback?: Callback<'OK'>): Result<'OK', Context>;
  hmset(...args: Given<AtLeast<1>, 'OK'>): Result<'OK', Context>;
  hmsetBuffer(...args: Given<AtLeast<1> | [key: RedisKey, fields: Pairs], 'OK'>): Result<'OK', Context>;

  lpop(key: RedisKey, callback?: Callback<string | null>): Result<string | null, Context>;
  lpop(
    key: RedisKey,
    count: number | string,
    callback?: Callback<string[] | null>,
  ): Result<string[] | null, Context>;
  lpopBuffer(key: RedisKey, callback?: Callback<Buffer | null>): Result<Buffer | null, Context>;
  lpopBuffer(
    key: RedisKey,
    count: number | string,
    callback?: Callback<Buffer[] | null>,
  ): Result<Buffer[] | null, Context>;
  rpop(key: RedisKey, callback?: Callback<string | null>): Result<string | null, Context>;
  rpop(
    key: RedisKey,
    count: number | string,
    callback?: Callback<string[] | null>,
  ): Result<string[] | null, Context>;
  rpopBuffer(key: RedisKey, callback?: Callback<Buffer | null>): Result<Buffer | null, Context>;
  rpopBuffer(
    key: RedisKey,
    count: number | string,
    callback?: Callback<Buffer[] | null>,
  ): Result<Buffer[] | null, Context>;
  spop(key: RedisKey, callback?: Callback<string | null>): Result<string | null, Context>;
  spop(key: RedisKey, count: number | string, callback?: Callback<string[]>): Result<string[], Context>;
  spopBuffer(key: RedisKey, callback?: Callback<Buffer | null>): Result<Buffer | null, Context>;
  spopBuffer(key: RedisKey, count: number | string, callback?: Callback<Buffer[]>): Result<Buffer[], Context>;
  srandmember(key: RedisKey, callback?: Callback<string | null>): Result<string | null, Context>;
  srandmember(
    key: RedisKey,
    count: number | string,
    callback?: Callback<string[]>,
  ): Result<string[], Context>;
  srandmemberBuffer(key: RedisKey, callback?: Callback<Buffer | null>): Result<Buffer | null, Context>;
  srandmemberBuffer(
    key: RedisKey,
    count: number | string,
    callback?: Callback<Buffer[]>,
  ): Result<Buffer[], Context>;
  zrandmember(key: RedisKey, callback?: Callback<string | null>): Result<string | null, Context>;
  zrandmember(
    ...args: Given<[key: RedisKey, count: number | string, withScores?: 'WITHSCORES'], string[]>
  ): Result<string[], Context>;
  zrandmemberBuffer(key: RedisKey, callback?: Callback<Buffer | null>): Result<Buffer | null, Context>;
  zrandmemberBuffer(
    ...args: Given<[key: RedisKey, count: number | string, withScores?: 'WITHSCORES'], Buffer[]>
  ): Result<Buffer[], Context>;
  vrandmember(key: RedisKey, callback?: Callback<string | null>): Result<string | null, Context>;
  vrandmember(
    key: RedisKey,
    count: number | string,
    callback?: Callback<string[]>,
  ): Result<string[], Context>;
  vrandmemberBuffer(key: RedisKey, callback?: Callback<Buffer | null>): Result<Buffer | null, Context>;
  vrandmemberBuffer(
    key: RedisKey,
    count: number | string,
    callback?: Callback<Buffer[]>,
  ): Result<Buffer[], Context>;
  /** The position of an element. `any`: with COUNT the reply is a list, and applications name its type themselves. */
  lpos(
    key: RedisKey,
    element: RedisValue,
    callback?: Callback<number | null>,
  ): Result<number | null, Context>;
  lpos(
    ...args: Given<[key: RedisKey, element: RedisValue, ...options: RedisValue[]], any>
  ): Result<any, Context>;
  /** As `lpos`. `any`: with COUNT the reply is a list, and applications name its type themselves. */
  lposBuffer(
    ...args: Given<[key: RedisKey, element: RedisValue, ...options: RedisValue[]], any>
  ): Result<any, Context>;
  /** `any`: the operation decides what the reply is. */
  arop(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  aropBuffer(...args: Given<AtLeast<1>, Buffer | null>): Result<Buffer | null, Context>;

  /** Sends the commands. Null if a watched key has changed. `unknown`: each command has another reply. */
  exec(
    callback?: Callback<[error: Error | null, result: unknown][] | null>,
  ): Promise<[error: Error | null, result: unknown][] | null>;
  /** Same as `exec`: each reply has the form that its command asked for. `unknown`: each command has another reply. */
  execBuffer(
    callback?: Callback<[error: Error | null, result: unknown][] | null>,
  ): Promise<[error: Error | null, result: unknown][] | null>;
}

type Lifetime = 'EX' | 'PX' | 'EXAT' | 'PXAT';
type Keep = 'KEEPTTL';
type Condition = 'NX' | 'XX';
type SetOption = Lifetime | Keep | Condition | 'GET';

/**
 * A pipeline or a transaction: its methods answer itself, `exec` sends the commands.
 * @example
 * import { type ChainableCommander, Redis } from 'orgcache/ioredis';
 * const chain: ChainableCommander = new Redis().pipeline();
 * await chain.set('a', 1).incr('a').exec();
 */
export interface ChainableCommander extends RedisCommander<{ type: 'pipeline' }> {
  readonly length: number;
}

import type { RedisCommander } from './commands.js';
