import type { EventEmitter } from 'node:events';
import type { RedisClient } from '../../index.js';
import type { RedisCommands } from './command-types.js';
import type { Connections } from './connections.js';
import type { ShownOptions } from './endpoint.js';
import type { RetryStrategy } from './lifecycle.js';

/** The parts of a client. */
export interface ClientParts {
  connections: Connections;
  /** The empty one, which is the default, leaves keys as they are. */
  keyPrefix?: string;
  prefixesChannels?: boolean;
  /** Whether the connections end with the client. */
  isOwner?: boolean;
  /** Options of ioredis that were chosen for this client. */
  given?: ShownOptions;
  retryStrategy?: RetryStrategy;
  enableOfflineQueue?: boolean;
  stringNumbers?: boolean;
}

export interface MultiOptions {
  pipeline?: boolean;
}

type OwnMethod =
  | 'call'
  | 'callBuffer'
  | 'send_command'
  | 'select'
  | 'subscribe'
  | 'psubscribe'
  | 'ssubscribe'
  | 'unsubscribe'
  | 'punsubscribe'
  | 'sunsubscribe'
  | 'scanStream'
  | 'scanBufferStream'
  | 'hscanStream'
  | 'hscanBufferStream'
  | 'sscanStream'
  | 'sscanBufferStream'
  | 'zscanStream'
  | 'zscanBufferStream';

/** The base class as a type: the prototype of clients is filled with these methods at run time. */
export type ClientBase = new () => EventEmitter &
  Omit<RedisCommands, 'monitor'> &
  Pick<RedisClient, OwnMethod>;
