/// <reference types="node" />

import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { Readable, type ReadableOptions } from 'node:stream';
import type { RedisCommander } from './command-types.js';
import type { ClusterNode, ClusterOptions, NodeRole, RedisOptions } from './option-types.js';
import type {
  Callback,
  ChainableCommander,
  ClientContext,
  RedisKey,
  RedisValue,
  Result,
} from './own-types.js';

export type * from './option-types.js';
export type { Callback, ChainableCommander, ClientContext, RedisCommander, RedisKey, RedisValue, Result };

export type RedisStatus =
  | 'wait'
  | 'reconnecting'
  | 'connecting'
  | 'connect'
  | 'ready'
  | 'close'
  | 'end'
  | 'monitoring';

/** The connection: the events and methods of a socket that applications use. `data` says only that a reply came. */
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

export interface Transaction {
  pipeline(commands?: readonly unknown[][]): ChainableCommander;
  multi(options: { pipeline: false }): Promise<'OK'>;
  multi(): ChainableCommander;
  multi(options: { pipeline: true }): ChainableCommander;
  multi(commands?: readonly unknown[][]): ChainableCommander;
}

export interface ScanStreamOptions {
  match?: string | undefined;
  type?: string | undefined;
  count?: number | undefined;
  noValues?: boolean | undefined;
}

export class ScanStream extends Readable {
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

type Argument = string | Buffer | number | (string | Buffer | number | unknown[])[];

export class Command {
  static setArgumentTransformer(name: string, transform: (args: any[]) => any[]): void;
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
  args: (string | Buffer | number | any[])[];
  promise: Promise<any>;
  isReadOnly?: boolean;
  ignore?: boolean;
  inTransaction: boolean;
  pipelineIndex?: number | undefined;
  isResolved: boolean;
  resolve: (reply: any) => void;
  reject: (error: Error) => void;
  getKeys(): (string | Buffer)[];
  getSlot(): number | null;
  setTimeout(milliseconds: number): void;
  toWritable(stream: object): string | Buffer;
  transformReply(reply: any): any;
}

export class Pipeline {
  constructor(redis: Redis | Cluster);
  readonly redis: Redis | Cluster;
  readonly isPipeline: true;
  readonly isCluster: boolean;
  readonly length: number;
  addBatch(commands: readonly unknown[][]): this;
  sendCommand(command: Command): unknown;
}
export interface Pipeline extends RedisCommander<{ type: 'pipeline' }> {}

/** A client of one server, on one connection. */
export class Redis extends EventEmitter {
  static Command: typeof Command;
  static Redis: typeof Redis;
  static Cluster: typeof Cluster;
  static createClient(...args: ConstructorParameters<typeof Redis>): Redis;

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
  sendCommand(command: Command, stream?: unknown): unknown;

  on: Listen<this>;
  once: Listen<this>;
}
export interface Redis extends RedisCommander, Transaction, ScanStreams, CommandMakers {}

export type ClusterStatus =
  | 'end'
  | 'close'
  | 'wait'
  | 'connecting'
  | 'connect'
  | 'ready'
  | 'reconnecting'
  | 'disconnecting';

/** A client of a cluster: a {@link Redis} for each node, chosen by the slots of keys. */
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
  (event: string | symbol, listener: (...args: any[]) => void): This;
};

export class ReplyError extends Error {
  command?: { name: string; args: (string | Buffer)[] };
}
export class MaxRetriesPerRequestError extends Error {}

/** Finds a server and dials it. */
export abstract class AbstractConnector {
  constructor(disconnectTimeout: number);
  protected connecting: boolean;
  protected stream: NetStream;
  firstError?: Error;
  abstract connect(tell: (type: string, error: Error) => void): Promise<NetStream>;
  disconnect(): void;
  /** Whether a server with this INFO is the requested one. */
  check(info: any): boolean;
  protected dial(
    target: { host?: string; port?: number; path?: string; family?: number },
    options: RedisOptions,
  ): NetStream;
}

export function createClient(...args: ConstructorParameters<typeof Redis>): Redis;
/** A callback for the console. */
export function print(error?: Error | null, reply?: any): void;

export default Redis;
