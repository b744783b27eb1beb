/// <reference types="node" />

export type Callback<T = any> = (err?: Error | null, result?: T) => void;

export type RedisKey = string | Buffer;
export type RedisValue = string | Buffer | number;

/** A method answers a promise, or in a pipeline the pipeline itself. */
export interface ResultTypes<Result, _Context> {
  default: Promise<Result>;
  pipeline: ChainableCommander;
}
export type ClientContext = { type: keyof ResultTypes<unknown, unknown> };
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
export type Given<Args extends readonly unknown[], Reply> = Args | [...args: Args, callback: Callback<Reply>];

type Pairs = object | Map<RedisValue, RedisValue>;

/** The commands whose reply depends on their arguments, and methods that are not commands. */
export interface OwnCommands<Context extends ClientContext> {
  call(command: string, callback?: Callback<unknown>): Result<unknown, Context>;
  call(command: string, args: RedisValue[], callback?: Callback<unknown>): Result<unknown, Context>;
  call(
    ...args: [command: string, ...args: RedisValue[], callback: Callback<unknown>]
  ): Result<unknown, Context>;
  call(...args: [command: string, ...args: RedisValue[]]): Result<unknown, Context>;
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
  lpos(
    key: RedisKey,
    element: RedisValue,
    callback?: Callback<number | null>,
  ): Result<number | null, Context>;
  lpos(
    ...args: Given<[key: RedisKey, element: RedisValue, ...options: RedisValue[]], any>
  ): Result<any, Context>;
  lposBuffer(
    ...args: Given<[key: RedisKey, element: RedisValue, ...options: RedisValue[]], any>
  ): Result<any, Context>;
  arop(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  aropBuffer(...args: Given<AtLeast<1>, Buffer | null>): Result<Buffer | null, Context>;

  exec(
    callback?: Callback<[error: Error | null, result: unknown][] | null>,
  ): Promise<[error: Error | null, result: unknown][] | null>;
  execBuffer(
    callback?: Callback<[error: Error | null, result: unknown][] | null>,
  ): Promise<[error: Error | null, result: unknown][] | null>;
}

type Lifetime = 'EX' | 'PX' | 'EXAT' | 'PXAT';
type Keep = 'KEEPTTL';
type Condition = 'NX' | 'XX';
type SetOption = Lifetime | Keep | Condition | 'GET';

/** A pipeline or a transaction. */
export interface ChainableCommander extends RedisCommander<{ type: 'pipeline' }> {
  readonly length: number;
}

import type { RedisCommander } from './command-types.js';
