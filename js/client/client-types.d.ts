import type { EventEmitter } from 'node:events';
import type { RedisClient } from '../../index.js';
import type { RedisCommands } from '../../types/client/commands.js';
import type { Connections } from './connections.js';
import type { ShownOptions } from './endpoint.js';
import type { RetryStrategy } from './lifecycle.js';

/** The parts of a client. */
export interface ClientParts {
  connections: Connections;
  /** Prefix of keys. The default is an empty prefix, which leaves keys as they are. */
  keyPrefix?: string;
  prefixesChannels?: boolean;
  /** Whether the connections end with the client. */
  isOwner?: boolean;
  /** ioredis's options that were chosen for this client. */
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

/** The type of the base class. The prototype of clients gets these methods at run time. */
export type ClientBase = new () => EventEmitter &
  Omit<RedisCommands, 'monitor'> &
  Pick<RedisClient, OwnMethod>;
