/// <reference types="node" />

import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { Readable, type ReadableOptions } from 'node:stream';
import type { Callback, ChainableCommander, ClientContext, RedisKey, RedisValue, Result } from './calls.js';
import type { RedisCommander } from './commands.js';
import type { ClusterNode, ClusterOptions, NodeRole, RedisOptions } from './options.js';

export type * from './options.js';
export type { Callback, ChainableCommander, ClientContext, RedisCommander, RedisKey, RedisValue, Result };

/**
 * The state of a client. `wait`: it connects with its first command. `connect`: the connection stands, the server is
 * not ready yet.
 * @example
 * import { Redis, type RedisStatus } from 'orgcache/ioredis';
 * const status: RedisStatus = new Redis({ lazyConnect: true }).status;
 * console.log(status);
 * // => wait
 */
export type RedisStatus =
  | 'wait'
  | 'reconnecting'
  | 'connecting'
  | 'connect'
  | 'ready'
  | 'close'
  | 'end'
  | 'monitoring';

/**
 * The connection: the events and methods of a socket that applications use. `data` says only that a reply came.
 * @example
 * import { type NetStream, Redis } from 'orgcache/ioredis';
 * const redis = new Redis();
 * redis.on('connect', () => {
 *   const stream: NetStream = redis.stream;
 *   console.log(stream.remotePort);
 * });
 */
export type NetStream = Pick<
  Socket,
  'connecting' | 'destroyed' | 'writable' | 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'
> &
  EventEmitter & {
    end(): NetStream;
    destroy(error?: Error): NetStream;
    setTimeout(milliseconds: number, listener?: () => void): NetStream;
    setKeepAlive(isOn?: boolean, milliseconds?: number): NetStream;
    setNoDelay(isOn?: boolean): NetStream;
    ref(): NetStream;
    unref(): NetStream;
  };

/**
 * The methods of clients that gather commands.
 * @example
 * import { type Transaction } from 'orgcache/ioredis';
 * export const startOf = (client: Transaction) => client.multi().incr('visits');
 */
export interface Transaction {
  /** Gathers commands that are sent together. `unknown`: each list is a name and arguments, which may be objects. */
  pipeline(commands?: readonly unknown[][]): ChainableCommander;
  /** Gathers commands that run together. `unknown`: each list is a name and arguments, which may be objects. */
  multi(options: { pipeline: false }): Promise<'OK'>;
  multi(): ChainableCommander;
  multi(options: { pipeline: true }): ChainableCommander;
  multi(commands?: readonly unknown[][]): ChainableCommander;
}

/**
 * Options of `scanStream` and its relatives. `type` is for SCAN only, `noValues` for HSCAN only, from Redis 7.4.
 * @example
 * import { Redis, type ScanStreamOptions } from 'orgcache/ioredis';
 * const options: ScanStreamOptions = { match: 'session:*', count: 500 };
 * new Redis().scanStream(options).on('data', (keys: string[]) => console.log(keys.length));
 */
export interface ScanStreamOptions {
  match?: string | undefined;
  type?: string | undefined;
  count?: number | undefined;
  noValues?: boolean | undefined;
}

/**
 * A `Readable` of pages, each a list of what was found. A key may occur twice, as SCAN says.
 * @example
 * import { Redis, ScanStream } from 'orgcache/ioredis';
 * const pages: ScanStream = new Redis().scanStream({ match: 'session:*' });
 * for await (const keys of pages) console.log(keys.length);
 */
export class ScanStream extends Readable {
  /** `unknown`: `redis` may be any object that has the method of the command. */
  constructor(
    options: ReadableOptions & ScanStreamOptions & { key?: string; command: string; redis: unknown },
  );
  /** Ends the stream after the page in flight. */
  close(): void;
}

interface ScanStreams {
  scanStream(options?: ScanStreamOptions): ScanStream;
  scanBufferStream(options?: ScanStreamOptions): ScanStream;
  sscanStream(key: RedisKey, options?: ScanStreamOptions): ScanStream;
  sscanBufferStream(key: RedisKey, options?: ScanStreamOptions): ScanStream;
  hscanStream(key: RedisKey, options?: ScanStreamOptions): ScanStream;
  hscanBufferStream(key: RedisKey, options?: ScanStreamOptions): ScanStream;
  zscanStream(key: RedisKey, options?: ScanStreamOptions): ScanStream;
  zscanBufferStream(key: RedisKey, options?: ScanStreamOptions): ScanStream;
}

interface CommandMakers {
  getBuiltinCommands(): string[];
  /**
   * Methods for a command: one for texts, one for Buffers. `unknown`: the command decides what they take and what it
   * replies.
   */
  createBuiltinCommand(name: string): {
    string: (...args: unknown[]) => Promise<unknown>;
    buffer: (...args: unknown[]) => Promise<unknown>;
  };
  addBuiltinCommand(name: string): void;
  defineCommand(
    name: string,
    definition: { lua: string; numberOfKeys?: number | undefined; readOnly?: boolean | undefined },
  ): void;
  send_command: RedisCommander['call'];
}

/** `unknown`: ioredis declares nested lists so. */
type Argument = string | Buffer | number | (string | Buffer | number | unknown[])[];

/**
 * A command with its arguments and the promise of its reply.
 * @example
 * import { Command, Redis } from 'orgcache/ioredis';
 * const redis = new Redis();
 * const command = new Command('get', ['key'], { replyEncoding: 'utf8' });
 * redis.sendCommand(command);
 * console.log(await command.promise);
 */
export class Command {
  /** Changes the arguments of every later command of this name. `any`: ioredis declares it so. */
  static setArgumentTransformer(name: string, transform: (args: any[]) => any[]): void;
  /** Changes the reply of every later command of this name. `any`: ioredis declares it so. */
  static setReplyTransformer(name: string, transform: (reply: any) => any): void;
  static checkFlag(flag: string, name: string): boolean;

  constructor(
    name: string,
    args?: Argument[],
    options?: {
      replyEncoding?: BufferEncoding | null;
      errorStack?: Error;
      keyPrefix?: string | Buffer;
      readOnly?: boolean;
    },
    callback?: Callback,
  );

  name: string;
  /** `any`: ioredis declares nested lists so. */
  args: (string | Buffer | number | any[])[];
  /** The reply. `any`: the command decides what it is. */
  promise: Promise<any>;
  isReadOnly?: boolean;
  ignore?: boolean;
  inTransaction: boolean;
  pipelineIndex?: number | undefined;
  isResolved: boolean;
  /** Settles the promise with a reply. `any`: the command decides what it is. */
  resolve: (reply: any) => void;
  reject: (error: Error) => void;
  getKeys(): (string | Buffer)[];
  getSlot(): number | null;
  setTimeout(milliseconds: number): void;
  toWritable(stream: object): string | Buffer;
  /** The reply as the transformer of this command changes it. `any`: the command decides what it is. */
  transformReply(reply: any): any;
}

/**
 * Commands that are sent together. Other clients' commands may run between them.
 * @example
 * import { Pipeline, Redis } from 'orgcache/ioredis';
 * const results = await new Pipeline(new Redis()).set('a', 1).incr('a').exec();
 */
export class Pipeline {
  constructor(redis: Redis | Cluster);
  readonly redis: Redis | Cluster;
  readonly isPipeline: true;
  readonly isCluster: boolean;
  readonly length: number;
  /** Adds commands. `unknown`: each list is a name and arguments, which may be objects. */
  addBatch(commands: readonly unknown[][]): this;
  /** Adds a command. `unknown`: ioredis answers the pipeline or a promise. */
  sendCommand(command: Command): unknown;
}
export interface Pipeline extends RedisCommander<{ type: 'pipeline' }> {}

/** The arguments of the constructor of `Redis`. */
type ClientArguments =
  | [port: number, host: string, options: RedisOptions]
  | [path: string, options: RedisOptions]
  | [port: number, options: RedisOptions]
  | [port: number, host: string]
  | [options: RedisOptions]
  | [port: number]
  | [path: string]
  | [];

/**
 * A client of one server, on one connection.
 * @example
 * import { Redis } from 'orgcache/ioredis';
 * const redis = new Redis({ host: 'localhost', port: 6379 });
 * await redis.set('key', 'value', 'EX', 60);
 * console.log(await redis.get('key'));
 * await redis.quit();
 */
export class Redis extends EventEmitter {
  static Command: typeof Command;
  static Redis: typeof Redis;
  static Cluster: typeof Cluster;
  static createClient(...args: ClientArguments): Redis;

  constructor(port: number, host: string, options: RedisOptions);
  constructor(path: string, options: RedisOptions);
  constructor(port: number, options: RedisOptions);
  constructor(port: number, host: string);
  constructor(options: RedisOptions);
  constructor(port: number);
  constructor(path: string);
  constructor();

  options: RedisOptions;
  status: RedisStatus;
  stream: NetStream;
  isCluster: boolean;
  readonly autoPipelineQueueSize: number;
  readonly mode: 'normal' | 'subscriber' | 'monitor';

  connect(callback?: Callback<void>): Promise<void>;
  disconnect(reconnect?: boolean): void;
  /** @deprecated */
  end(): void;
  duplicate(override?: Partial<RedisOptions>): Redis;
  monitor(callback?: Callback<Redis>): Promise<Redis>;
  /** Sends a command. `unknown`: the reply, which the command decides, and the stream of ioredis. */
  sendCommand(command: Command, stream?: unknown): unknown;

  on: Listen<this>;
  once: Listen<this>;
}
export interface Redis extends RedisCommander, Transaction, ScanStreams, CommandMakers {}

/**
 * The state of a cluster's client.
 * @example
 * import { Cluster, type ClusterStatus } from 'orgcache/ioredis';
 * const status: ClusterStatus = new Cluster(['10.0.0.1:7000']).status;
 */
export type ClusterStatus =
  | 'end'
  | 'close'
  | 'wait'
  | 'connecting'
  | 'connect'
  | 'ready'
  | 'reconnecting'
  | 'disconnecting';

/**
 * A client of a cluster: a {@link Redis} for each node, chosen by the slots of keys.
 * @example
 * import { Cluster } from 'orgcache/ioredis';
 * const cluster = new Cluster(['10.0.0.1:7000', '10.0.0.2:7000']);
 * await cluster.set('key', 'value');
 * await cluster.quit();
 */
export class Cluster extends EventEmitter {
  constructor(startupNodes: ClusterNode[], options?: ClusterOptions);

  options: ClusterOptions;
  status: ClusterStatus;
  readonly isCluster: true;
  /** The nodes of each slot as `host:port`, its primary first. */
  readonly slots: string[][];
  readonly autoPipelineQueueSize: number;

  connect(callback?: Callback<void>): Promise<void>;
  disconnect(reconnect?: boolean): void;
  /** @deprecated */
  end(): void;
  quit(callback?: Callback<'OK'>): Promise<'OK'>;
  duplicate(startupNodes?: ClusterNode[], options?: ClusterOptions): Cluster;
  nodes(role?: NodeRole): Redis[];
  /** Sends a command. `unknown`: the reply, which the command decides, and what ioredis passes itself. */
  sendCommand(command: Command, stream?: unknown, node?: unknown): unknown;
  refreshSlotsCache(callback?: Callback<void>): void;

  on: ClusterListen<this>;
  once: ClusterListen<this>;
}
export interface Cluster extends Omit<RedisCommander, 'quit'>, Transaction, ScanStreams, CommandMakers {}

type ClusterListen<This> = Listen<This> & {
  (event: '+node' | '-node', listener: (node: Redis) => void): This;
  (event: 'node error', listener: (error: Error, address: string) => void): This;
};

type Listen<This> = {
  (event: 'message' | 'smessage', listener: (channel: string, message: string) => void): This;
  (event: 'messageBuffer' | 'smessageBuffer', listener: (channel: Buffer, message: Buffer) => void): This;
  (event: 'pmessage', listener: (pattern: string, channel: string, message: string) => void): This;
  (event: 'pmessageBuffer', listener: (pattern: string, channel: Buffer, message: Buffer) => void): This;
  (event: 'error', listener: (error: Error) => void): This;
  (event: RedisStatus, listener: () => void): This;
  /** `any`: applications emit events of their own. */
  (event: string | symbol, listener: (...args: any[]) => void): This;
};

/**
 * An error that the server replied. Its message is the server's.
 * @example
 * import { Redis, ReplyError } from 'orgcache/ioredis';
 * const redis = new Redis();
 * await redis.lpush('key', 'value').catch((error) => {
 *   if (!(error instanceof ReplyError)) throw error;
 *   console.log(error.message, error.command?.name);
 * });
 */
export class ReplyError extends Error {
  command?: { name: string; args: (string | Buffer)[] };
}
/**
 * The error of commands that waited while `maxRetriesPerRequest` attempts to connect failed.
 * @example
 * import { MaxRetriesPerRequestError, Redis } from 'orgcache/ioredis';
 * const redis = new Redis({ maxRetriesPerRequest: 1 });
 * await redis.get('key').catch((error) => {
 *   if (!(error instanceof MaxRetriesPerRequestError)) throw error;
 * });
 */
export class MaxRetriesPerRequestError extends Error {}

/**
 * Finds a server and dials it.
 * @example
 * import { AbstractConnector, Redis } from 'orgcache/ioredis';
 * class Connector extends AbstractConnector {
 *   async connect() {
 *     return this.dial({ host: 'localhost', port: 6379 }, {});
 *   }
 * }
 * const redis = new Redis({ Connector });
 */
export abstract class AbstractConnector {
  constructor(disconnectTimeout: number);
  protected connecting: boolean;
  protected stream: NetStream;
  firstError?: Error;
  abstract connect(tell: (type: string, error: Error) => void): Promise<NetStream>;
  disconnect(): void;
  /** Whether a server with this INFO is the requested one. `any`: fields of INFO by name. */
  check(info: any): boolean;
  protected dial(
    target: { host?: string; port?: number; path?: string; family?: number },
    options: RedisOptions,
  ): NetStream;
}

/**
 * Same as `new Redis(...)`.
 * @example
 * import { createClient } from 'orgcache/ioredis';
 * const redis = createClient(6379, 'localhost');
 */
export function createClient(...args: ClientArguments): Redis;
/**
 * A callback for the console: prints `Error: ` and the error, or `Reply: ` and the reply. `any`: a reply has any shape.
 * @example
 * import { print, Redis } from 'orgcache/ioredis';
 * new Redis().get('key', print);
 */
export function print(error?: Error | null, reply?: any): void;

export default Redis;
