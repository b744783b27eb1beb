import type { ConfigureOptions } from '../options.js';

/**
 * Options of `createClient`.
 * @example
 * import { type CreateClientOptions, createClient } from 'orgcache';
 * const options: CreateClientOptions = { host: 'queue.internal', keyPrefix: 'queue:' };
 * const client = createClient(options);
 */
export interface CreateClientOptions extends ConfigureOptions {
  /** Prefix of this client's keys. Default: `REDIS_KEY_PREFIX` if that is set, else none. */
  clientKeyPrefix?: string;
  /** Alias of `clientKeyPrefix`, and wins over it. */
  keyPrefix?: string;
}

/**
 * Node's form of `TlsOptions`, as ioredis takes it: PEM texts or their bytes.
 * @example
 * import { readFileSync } from 'node:fs';
 * import { type DuplicateTlsOptions, getRedis } from 'orgcache';
 * const tls: DuplicateTlsOptions = { ca: readFileSync('/etc/redis/ca.pem') };
 * const other = (await getRedis()).duplicate({ host: 'other.internal', tls });
 */
export interface DuplicateTlsOptions {
  ca?: string | Uint8Array | ReadonlyArray<string | Uint8Array>;
  cert?: string | Uint8Array | ReadonlyArray<string | Uint8Array>;
  key?: string | Uint8Array | ReadonlyArray<string | Uint8Array>;
  servername?: string;
  rejectUnauthorized?: boolean;
}

/**
 * Options of the method `duplicate` of a client. What they leave out is as with the client that is duplicated.
 * @example
 * import { type DuplicateOptions, getRedis } from 'orgcache';
 * const options: DuplicateOptions = { db: 2, keyPrefix: 'jobs:', lazyConnect: true };
 * const jobs = (await getRedis()).duplicate(options);
 */
export interface DuplicateOptions
  extends Omit<ConfigureOptions, 'keyPrefix' | 'clientKeyPrefix' | 'logger' | 'scaleReads' | 'tls'> {
  /**
   * Also takes ioredis's values. `any`, `unknown`: a function of ioredis's, which is
   * not called.
   */
  scaleReads?: ConfigureOptions['scaleReads'] | 'all' | 'master' | 'slave' | ((...given: any[]) => unknown);
  /** Also takes Node's form: PEM texts or their bytes, and `rejectUnauthorized`. */
  tls?: ConfigureOptions['tls'] | DuplicateTlsOptions;
  /** Prefix of this client's keys. Default: that of the client which is duplicated. */
  keyPrefix?: string | Uint8Array | null;
  /** Number of connection attempts after which waiting commands fail, as `maxRetries`. null changes nothing. */
  maxRetriesPerRequest?: number | null;
  /**
   * Called for each connection that is lost and each attempt to connect that fails. It answers the milliseconds
   * until the next attempt. An answer that is not a number ends the client, and so does null in place of the
   * function. Nodes of a cluster and a client's auxiliary connections wait by rules of their own.
   */
  retryStrategy?: ((times: number) => number | null | undefined | void) | null;
  /** As `retryStrategy`, which wins over it. */
  clusterRetryStrategy?: ((times: number, reason?: Error) => number | null | undefined | void) | null;
  /** Path of a unix socket. */
  path?: string;
  /** As `sentinelHosts`. */
  sentinels?: ReadonlyArray<{ host?: string; port?: number }>;
  /** The primary's name, with `sentinels`. */
  name?: string;
  /** Options for the nodes of a cluster. They work like the options on this level. */
  redisOptions?: DuplicateOptions;
  /** Lua scripts that become methods. */
  scripts?: Record<string, { lua: string; numberOfKeys?: number; readOnly?: boolean }>;
  /**
   * Further options of ioredis are accepted and have no effect here: `natMap`, pipelining, timeouts of its own, ...
   */
  autoResubscribe?: boolean;
  enableAutoPipelining?: boolean;
  reconnectOnError?: ((error: Error) => boolean | 1 | 2) | null;
  retryDelayOnFailover?: number;
  enableReadyCheck?: boolean;
  /** With false, commands are refused with `E_CONNECT` while the client is not `ready`. By default they wait. */
  enableOfflineQueue?: boolean;
  /** Numbers in replies become texts. */
  stringNumbers?: boolean;
  /** For a node of a cluster: its replica answers reads. */
  readOnly?: boolean;
}

/**
 * The address of a node: `host:port`, a URL, a port of this host, or both as an object.
 * @example
 * import { getRedis, type RedisNode } from 'orgcache';
 * const nodes: RedisNode[] = ['10.0.0.1:7000', { host: '10.0.0.2', port: 7000 }];
 * const other = (await getRedis()).duplicate(nodes);
 */
export type RedisNode = string | number | { host?: string; port?: number };
