import type { RedisWord } from './call.js';
import type { RedisCommands } from './commands.js';
import type { RedisCallback, RedisResult } from './values.js';

/** The commands of a chain. Each method answers the chain. `unknown`: whatever a command replies. */
type Chained<This> = {
  [Name in keyof RedisCommands]: RedisCommands[Name] extends (...given: infer Given) => Promise<unknown>
    ? (...given: Given) => This
    : never;
};

interface Chain<This> extends Chained<This> {
  readonly isPipeline: true;
  /** Number of commands that wait for `exec`. */
  readonly length: number;
  /** Any command by its name. */
  call(command: string, ...args: RedisWord[]): This;
  /** As `call`, with Buffers in place of texts in the reply. */
  callBuffer(command: string, ...args: RedisWord[]): This;
  /** Alias of `call`. */
  send_command(command: string, ...args: RedisWord[]): This;
  /** A command as an object. */
  sendCommand(command: RedisCommandObject): This;
  /** Adds commands as lists of their name and arguments. */
  addBatch(commands: readonly RedisCommandList[]): This;
}

/**
 * A command as a list: its name, then its arguments. `unknown`: texts, numbers, bytes, lists, and objects or Maps where
 * the method takes them.
 * @example
 * import { getRedis, type RedisCommandList } from 'orgcache';
 * const commands: RedisCommandList[] = [['set', 'a', 1], ['hset', 'h', { field: 'value' }]];
 * await (await getRedis()).pipeline(commands).exec();
 */
export type RedisCommandList = readonly [name: string, ...args: unknown[]];

/**
 * A command as an object, such as one of ioredis's class `Command`.
 * @example
 * import { getRedis, type RedisCommandObject } from 'orgcache';
 * const command: RedisCommandObject = { name: 'get', args: ['key'] };
 * await (await getRedis()).sendCommand(command);
 */
export interface RedisCommandObject {
  name: string;
  /** `any`: ioredis's class declares its arguments so. */
  args?: readonly any[];
  /** Receives the reply. `any`: the command decides what it is. */
  resolve?: (reply: any) => void;
  reject?: (error: Error) => void;
  /** Is settled with the reply. `any`: the command decides what it is. */
  promise?: Promise<any>;
}

/**
 * Commands that are sent together. Other clients' commands may run between them. Augment this interface with the
 * methods of scripts.
 * @example
 * import { getRedis, type RedisPipeline } from 'orgcache';
 * const pipeline: RedisPipeline = (await getRedis()).pipeline();
 * const results = await pipeline.set('a', 1).incr('a').exec();
 */
export interface RedisPipeline extends Chain<RedisPipeline> {
  /** The commands that follow, up to `exec`, are one transaction. */
  multi(): this;
  /**
   * An error is the result of its command. Rejects, with nothing sent, if a command would change a connection that
   * others share.
   */
  exec(callback?: RedisCallback<RedisResult[]>): Promise<RedisResult[]>;
  /** Same as `exec`, as with ioredis: each reply has the form that its command asked for. */
  execBuffer(callback?: RedisCallback<RedisResult[]>): Promise<RedisResult[]>;
}

/**
 * Commands that run together or not at all.
 * @example
 * import { getRedis, type RedisTransaction } from 'orgcache';
 * const transaction: RedisTransaction = (await getRedis()).multi();
 * const results = await transaction.incr('visits').expire('visits', 60).exec();
 */
export interface RedisTransaction extends Chain<RedisTransaction> {
  /** Null if a key that the client watches has changed. Rejects with `EXECABORT` if a command is refused. */
  exec(callback?: RedisCallback<RedisResult[] | null>): Promise<RedisResult[] | null>;
  /** Same as `exec`, as with ioredis: each reply has the form that its command asked for. */
  execBuffer(callback?: RedisCallback<RedisResult[] | null>): Promise<RedisResult[] | null>;
  /** Drops the commands. */
  discard(callback?: RedisCallback<'OK'>): Promise<'OK'>;
}

export {};
