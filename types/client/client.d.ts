import type { AtLeast, RedisWord } from './call.js';
import type { RedisCommands } from './commands.js';
import type { MessagesOptions, RedisClientEvents, RedisMessages, RedisStatus } from './events.js';
import type { CreateClientOptions, DuplicateOptions, RedisNode } from './options.js';
import type { RedisCommandList, RedisCommandObject, RedisPipeline, RedisTransaction } from './pipelines.js';
import type { ScanOptions, ScanStream } from './scans.js';
import type { RedisArgument, RedisBuffer, RedisCallback, RedisReply, RedisResult } from './values.js';

/**
 * A client with the methods of ioredis: every command in lower case, with ioredis's reply shapes. All clients share
 * one connection. Commands that block, watch keys or subscribe get a connection of their own, so that nothing waits
 * for them and a subscriber goes on taking commands. Rejects with `E_CONNECT`, `E_TIMEOUT`, `E_UNKNOWN_OUTCOME`,
 * `E_OVERLOADED`, `E_REPLY` (see `redisCode`) and `E_CLOSED`. Augment this interface with the methods of scripts.
 * @example
 * import { getRedis, type RedisClient } from 'orgcache';
 * const client: RedisClient = await getRedis();
 * await client.set('key', 'value', 'EX', 60);
 * const value = await client.get('key');
 */
export interface RedisClient extends RedisCommands, AsyncDisposable {
  /** An assigned value holds until the next change of state. */
  status: RedisStatus;
  /** Commands work in every mode. */
  readonly mode: 'normal' | 'subscriber' | 'monitor';
  readonly isCluster: boolean;
  /**
   * The settings in force, without secrets: `host` and `port`, or `path` of a unix socket, `db`, `username`,
   * `keyPrefix`, ... `any`: options of ioredis are among them, each of its own type.
   */
  readonly options: Record<string, any>;

  /** Any command by its name. A name with capital letters answers in RESP2's shapes, without objects. */
  call(command: string, ...args: RedisWord[]): Promise<RedisReply>;
  /** Texts come as Buffers. The reply is `unknown`: the command decides what it is. */
  callBuffer(command: string, ...args: RedisWord[]): Promise<unknown>;
  /** Alias of `call`. */
  send_command(command: string, ...args: RedisWord[]): Promise<RedisReply>;
  /**
   * Sends a command object. A command of ioredis's class `Command` also has its own promise settled. `any`: the
   * command decides what the reply is.
   */
  sendCommand(command: RedisCommandObject): Promise<any>;
  /** Adds a method for a command that this client does not know, also to its pipelines and transactions. */
  addBuiltinCommand(name: string): void;
  /** The names of all commands that are methods. */
  getBuiltinCommands(): string[];
  /** Methods for a command: one for texts, one for Buffers. `any`: the command decides what the reply is. */
  createBuiltinCommand(name: string): {
    string: (this: RedisClient, ...args: RedisWord[]) => Promise<any>;
    buffer: (this: RedisClient, ...args: RedisWord[]) => Promise<any>;
  };
  /** Resolves to a client that emits every command of the server as the event `monitor`, until it is disconnected. */
  monitor(callback?: RedisCallback<RedisClient>): Promise<RedisClient>;
  /**
   * One client for each known node of a cluster; those of replicas read only. With a single server, this client
   * itself.
   */
  nodes(role?: 'all' | 'master' | 'slave'): RedisClient[];

  /** Gathers commands that are sent together by `exec`. */
  pipeline(commands?: readonly RedisCommandList[]): RedisPipeline;
  /** Gathers commands that run together by `exec`. */
  multi(commands?: readonly RedisCommandList[], options?: { pipeline?: true }): RedisTransaction;
  /** This client's next commands answer `QUEUED` and run with `exec`. */
  multi(options: { pipeline: false }): Promise<'OK'>;
  multi(options: { pipeline: true }): RedisTransaction;
  /** Runs the commands since `multi({ pipeline: false })`. Null if a watched key has changed. */
  exec(callback?: RedisCallback<RedisResult[] | null>): Promise<RedisResult[] | null>;
  /** Drops the commands since `multi({ pipeline: false })`. */
  discard(callback?: RedisCallback<'OK'>): Promise<'OK'>;
  /** The next transaction of this client answers null if another client has changed these keys. */
  watch(...given: AtLeast<1> | [...given: AtLeast<1>, callback: RedisCallback<'OK'>]): Promise<'OK'>;
  /** Forgets the watched keys. */
  unwatch(callback?: RedisCallback<'OK'>): Promise<'OK'>;

  /** Each resolves to the number of subscriptions. */
  subscribe(...given: AtLeast<1> | [...given: AtLeast<1>, callback: RedisCallback<number>]): Promise<number>;
  /** Subscribes to patterns of channels. */
  psubscribe(...given: AtLeast<1> | [...given: AtLeast<1>, callback: RedisCallback<number>]): Promise<number>;
  /** Subscribes to channels of shards, from Redis 7. */
  ssubscribe(...given: AtLeast<1> | [...given: AtLeast<1>, callback: RedisCallback<number>]): Promise<number>;
  /** Without channels, unsubscribes from all. */
  unsubscribe(
    ...given: RedisWord[] | [...given: RedisWord[], callback: RedisCallback<number>]
  ): Promise<number>;
  /** Without patterns, unsubscribes from all patterns. */
  punsubscribe(
    ...given: RedisWord[] | [...given: RedisWord[], callback: RedisCallback<number>]
  ): Promise<number>;
  /** Without channels, unsubscribes from all channels of shards. */
  sunsubscribe(
    ...given: RedisWord[] | [...given: RedisWord[], callback: RedisCallback<number>]
  ): Promise<number>;
  /** The messages of a channel for `for await`, bounded in bytes. */
  messages(channel: string | Uint8Array, options?: MessagesOptions): RedisMessages;

  /** Adds a method that runs a Lua script. Without `numberOfKeys`, the method's first argument is that number. */
  defineCommand(name: string, definition: { lua: string; numberOfKeys?: number; readOnly?: boolean }): void;

  /** The keys of the database, page by page. In a cluster those of every node. */
  scanStream(options?: ScanOptions): ScanStream<string>;
  /** As `scanStream`, with Buffers in place of texts. */
  scanBufferStream(options?: ScanOptions): ScanStream<RedisBuffer>;
  /** The fields and values of a hash, alternating, page by page. */
  hscanStream(key: RedisArgument, options?: ScanOptions): ScanStream<string>;
  /** As `hscanStream`, with Buffers in place of texts. */
  hscanBufferStream(key: RedisArgument, options?: ScanOptions): ScanStream<RedisBuffer>;
  /** The members of a set, page by page. */
  sscanStream(key: RedisArgument, options?: ScanOptions): ScanStream<string>;
  /** As `sscanStream`, with Buffers in place of texts. */
  sscanBufferStream(key: RedisArgument, options?: ScanOptions): ScanStream<RedisBuffer>;
  /** The members and scores of a sorted set, alternating, page by page. */
  zscanStream(key: RedisArgument, options?: ScanOptions): ScanStream<string>;
  /** As `zscanStream`, with Buffers in place of texts. */
  zscanBufferStream(key: RedisArgument, options?: ScanOptions): ScanStream<RedisBuffer>;

  /** Resolves when the server answers. Opens a client that was closed. */
  connect(callback?: RedisCallback<void>): Promise<void>;
  /** Closes at once. With `reconnect`, connects anew instead; the shared connection stays. */
  disconnect(reconnect?: boolean): void;
  /** Same as `disconnect()`. */
  end(): void;
  /** Closes after the commands before it have their replies. */
  quit(callback?: RedisCallback<'OK'>): Promise<'OK'>;
  /** A client with its own connections. It connects at once unless `lazyConnect` is true. */
  duplicate(options?: DuplicateOptions): RedisClient;
  /** For a cluster, with other nodes to start from. */
  duplicate(nodes: readonly RedisNode[] | undefined, options?: DuplicateOptions): RedisClient;
  /** Only for a duplicate: the shared connection has one database. Runs in order with the other commands. */
  select(db: number | string, callback?: RedisCallback<'OK'>): Promise<'OK'>;
  /** Closes at once. */
  [Symbol.asyncDispose](): Promise<void>;

  /** Adds a listener. */
  on<E extends keyof RedisClientEvents>(event: E, listener: (...args: RedisClientEvents[E]) => void): this;
  /** Adds a listener for the next event only. */
  once<E extends keyof RedisClientEvents>(event: E, listener: (...args: RedisClientEvents[E]) => void): this;
  /** Removes a listener. */
  off<E extends keyof RedisClientEvents>(event: E, listener: (...args: RedisClientEvents[E]) => void): this;
  /** Alias of `off`. */
  removeListener<E extends keyof RedisClientEvents>(
    event: E,
    listener: (...args: RedisClientEvents[E]) => void,
  ): this;
  /** Removes the listeners of an event, or of all events. */
  removeAllListeners(event?: keyof RedisClientEvents): this;
  /** Number of listeners of an event. */
  listenerCount(event: keyof RedisClientEvents): number;
}

/**
 * A client with its own configuration and connections, by options or by a URL. `quit()` or `disconnect()` closes
 * them.
 * @throws {OrgCacheError} `E_CONFIG` for options that are not allowed.
 * @example
 * import { createClient } from 'orgcache';
 * const client = createClient('redis://queue.internal:6379/1');
 * await client.set('key', 'value');
 * await client.quit();
 */
export function createClient(options?: CreateClientOptions | string): RedisClient;
