/// <reference types="node" />

import type { SrvRecord } from 'node:dns';
import type { ConnectionOptions } from 'node:tls';
import type { AbstractConnector } from './classes.js';

/**
 * Options that a client of one server and a client of a cluster share. `keyPrefix` is put before every key.
 * `showFriendlyErrorStack` adds the caller's line to errors; it costs time with each command.
 * @example
 * import { type CommanderOptions, Redis } from 'orgcache/ioredis';
 * const options: CommanderOptions = { keyPrefix: 'app:' };
 * const redis = new Redis({ ...options, host: 'localhost' });
 */
export interface CommanderOptions {
  keyPrefix?: string | undefined;
  showFriendlyErrorStack?: boolean | undefined;
}

/**
 * Called for each error of the server: true or 1 reconnects, 2 also sends the command again.
 * @example
 * import { type ReconnectOnError, Redis } from 'orgcache/ioredis';
 * const reconnectOnError: ReconnectOnError = (error) => error.message.startsWith('READONLY');
 * const redis = new Redis({ reconnectOnError });
 */
export type ReconnectOnError = (error: Error) => boolean | 1 | 2;

/**
 * The milliseconds before an attempt to connect, by its number. Anything but a number ends the client.
 * @example
 * import { Redis, type RetryStrategy } from 'orgcache/ioredis';
 * const retryStrategy: RetryStrategy = (times) => Math.min(times * 50, 2000);
 * const redis = new Redis({ retryStrategy });
 */
export type RetryStrategy = ((times: number) => number | void | null) | null | undefined;

/**
 * Lua scripts by the name of their method. Without `numberOfKeys`, the method's first argument is that number.
 * @example
 * import { Redis, type Scripts } from 'orgcache/ioredis';
 * const scripts: Scripts = { double: { lua: 'return 2 * ARGV[1]', numberOfKeys: 0 } };
 * const redis = new Redis({ scripts });
 */
export type Scripts = Record<
  string,
  { lua: string; numberOfKeys?: number | undefined; readOnly?: boolean | undefined }
>;

/**
 * Times are in milliseconds.
 * @example
 * import { type CommonRedisOptions, Redis } from 'orgcache/ioredis';
 * const options: CommonRedisOptions = { connectTimeout: 2000, maxRetriesPerRequest: null };
 * const redis = new Redis(options);
 */
export interface CommonRedisOptions extends CommanderOptions {
  /** Finds the server in another way. Its instances answer a stream of this package. `any`: options of its own. */
  Connector?: (new (options: any) => AbstractConnector) | undefined;
  /** The pause before the next attempt to connect. Anything but a number ends the client. */
  retryStrategy?: RetryStrategy;
  /** Milliseconds after which a command fails with `Command timed out`. None by default. */
  commandTimeout?: number | undefined;
  /** Milliseconds after which a command that blocks for ever counts as having found nothing. None by default. */
  blockingTimeout?: number | undefined;
  /** Time that a blocking command gets in addition to its own timeout if `blockingTimeout` is set. Default 100. */
  blockingTimeoutGrace?: number | undefined;
  /** A connection that owes replies is closed after this long without a byte. None by default. */
  socketTimeout?: number | undefined;
  keepAlive?: number | undefined;
  noDelay?: boolean | undefined;
  connectionName?: string | undefined;
  disableClientInfo?: boolean | undefined;
  clientInfoTag?: string | undefined;
  username?: string | undefined;
  password?: string | undefined;
  db?: number | undefined;
  autoResubscribe?: boolean | undefined;
  /** Whether commands that a lost connection did not answer are sent again. Default true. */
  autoResendUnfulfilledCommands?: boolean | undefined;
  /** Called for each error of the server. true or 1 reconnects, 2 also sends the command again. */
  reconnectOnError?: ReconnectOnError | null | undefined;
  readOnly?: boolean | undefined;
  /** Numbers in replies as texts. */
  stringNumbers?: boolean | undefined;
  connectTimeout?: number | undefined;
  monitor?: boolean | undefined;
  /** Number of connection attempts after which waiting commands are rejected; null for never. Default 20. */
  maxRetriesPerRequest?: number | null | undefined;
  maxLoadingRetryTime?: number | undefined;
  enableAutoPipelining?: boolean | undefined;
  autoPipeliningIgnoredCommands?: string[] | undefined;
  offlineQueue?: boolean | undefined;
  commandQueue?: boolean | undefined;
  enableOfflineQueue?: boolean | undefined;
  enableReadyCheck?: boolean | undefined;
  lazyConnect?: boolean | undefined;
  scripts?: Scripts | undefined;
}

/**
 * Where a single server is: by default `localhost`, port 6379. `path` is a unix socket.
 * @example
 * import { Redis, type StandaloneConnectionOptions } from 'orgcache/ioredis';
 * const server: StandaloneConnectionOptions = { host: 'localhost', port: 6379 };
 * const redis = new Redis(server);
 */
export interface StandaloneConnectionOptions {
  host?: string | undefined;
  port?: number | undefined;
  path?: string | undefined;
  family?: number | undefined;
  disconnectTimeout?: number | undefined;
  tls?: ConnectionOptions | undefined;
}

/**
 * The address of a sentinel.
 * @example
 * import { Redis, type SentinelAddress } from 'orgcache/ioredis';
 * const sentinels: SentinelAddress[] = [{ host: '10.0.0.1', port: 26379 }];
 * const redis = new Redis({ sentinels, name: 'mymaster' });
 */
export interface SentinelAddress {
  port: number;
  host: string;
  family?: number;
}

/**
 * The address of a replica, as a sentinel replies it.
 * @example
 * import { type AddressFromResponse, Redis } from 'orgcache/ioredis';
 * const first = (replicas: AddressFromResponse[]) => replicas[0] ?? null;
 * const sentinels = [{ host: '10.0.0.1' }];
 * const redis = new Redis({ sentinels, name: 'mymaster', role: 'slave', preferredSlaves: first });
 */
export interface AddressFromResponse {
  port: string;
  ip: string;
  flags?: string | undefined;
}

/**
 * A replica that is chosen before others. Those with the lowest `prio` come first.
 * @example
 * import { type PreferredSlave, Redis } from 'orgcache/ioredis';
 * const preferredSlaves: PreferredSlave[] = [{ ip: '10.0.0.2', port: '6379', prio: 1 }];
 * const sentinels = [{ host: '10.0.0.1' }];
 * const redis = new Redis({ sentinels, name: 'mymaster', role: 'slave', preferredSlaves });
 */
export type PreferredSlave = { port: string; ip: string; prio?: number | undefined };

/**
 * A server that sentinels know by the name of its primary.
 * @example
 * import { Redis, type SentinelConnectionOptions } from 'orgcache/ioredis';
 * const options: SentinelConnectionOptions = { sentinels: [{ host: '10.0.0.1', port: 26379 }], name: 'mymaster' };
 * const redis = new Redis(options);
 */
export interface SentinelConnectionOptions {
  name?: string | undefined;
  role?: 'master' | 'slave' | undefined;
  tls?: ConnectionOptions | undefined;
  sentinelUsername?: string | undefined;
  sentinelPassword?: string | undefined;
  sentinels?: Array<Partial<SentinelAddress>> | undefined;
  sentinelRetryStrategy?: ((times: number) => number | void | null) | undefined;
  sentinelReconnectStrategy?: ((times: number) => number | void | null) | undefined;
  preferredSlaves?:
    | ((slaves: AddressFromResponse[]) => AddressFromResponse | null)
    | PreferredSlave[]
    | PreferredSlave
    | undefined;
  connectTimeout?: number | undefined;
  disconnectTimeout?: number | undefined;
  sentinelCommandTimeout?: number | undefined;
  enableTLSForSentinelMode?: boolean | undefined;
  sentinelTLS?: ConnectionOptions | undefined;
  natMap?: NatMap | undefined;
  updateSentinels?: boolean | undefined;
  sentinelMaxConnections?: number | undefined;
  failoverDetector?: boolean | undefined;
}

/**
 * All options of the class `Redis`.
 * @example
 * import { Redis, type RedisOptions } from 'orgcache/ioredis';
 * const options: RedisOptions = { host: 'localhost', db: 1, keyPrefix: 'app:' };
 * const redis = new Redis(options);
 */
export type RedisOptions = CommonRedisOptions & SentinelConnectionOptions & StandaloneConnectionOptions;

/**
 * The role of a cluster's nodes.
 * @example
 * import { Cluster, type NodeRole } from 'orgcache/ioredis';
 * const role: NodeRole = 'master';
 * const primaries = new Cluster(['10.0.0.1:7000']).nodes(role);
 */
export type NodeRole = 'master' | 'slave' | 'all';

/**
 * The address of a node: `host:port`, a URL, a port of this host, or an object.
 * @example
 * import { Cluster, type ClusterNode } from 'orgcache/ioredis';
 * const nodes: ClusterNode[] = ['10.0.0.1:7000', { host: '10.0.0.2', port: 7000 }];
 * const cluster = new Cluster(nodes);
 */
export type ClusterNode = string | number | { host?: string | undefined; port?: number | undefined };

/**
 * Resolves a name to SRV records, as `resolveSrv` of `node:dns` does.
 * @example
 * import { Cluster, type DNSResolveSrvFunction } from 'orgcache/ioredis';
 * import { resolveSrv } from 'node:dns';
 * const options: { resolveSrv: DNSResolveSrvFunction } = { resolveSrv };
 * const cluster = new Cluster(['_redis._tcp.internal'], { ...options, useSRVRecords: true });
 */
export type DNSResolveSrvFunction = (
  hostname: string,
  callback: (error: NodeJS.ErrnoException | null | undefined, records?: SrvRecord[]) => void,
) => void;

/**
 * Resolves a name to an address.
 * @example
 * import { Cluster, type DNSLookupFunction } from 'orgcache/ioredis';
 * const dnsLookup: DNSLookupFunction = (address, callback) => callback(null, address);
 * const cluster = new Cluster(['10.0.0.1:7000'], { dnsLookup });
 */
export type DNSLookupFunction = (
  hostname: string,
  callback: (error: NodeJS.ErrnoException | null | undefined, address: string, family?: number) => void,
) => void;

/**
 * The address at which a node is reached, by the `host:port` that the cluster names; null for the same address.
 * @example
 * import { Cluster, type NatMapFunction } from 'orgcache/ioredis';
 * const natMap: NatMapFunction = (key) => ({ host: 'localhost', port: Number(key.split(':')[1]) });
 * const cluster = new Cluster(['localhost:7000'], { natMap });
 */
export type NatMapFunction = (key: string) => { host: string; port: number } | null;

/**
 * Options of the class `Cluster`. Times are in milliseconds.
 * @example
 * import { Cluster, type ClusterOptions } from 'orgcache/ioredis';
 * const options: ClusterOptions = { scaleReads: 'slave', redisOptions: { password: 'secret' } };
 * const cluster = new Cluster(['10.0.0.1:7000'], options);
 */
export interface ClusterOptions {
  /**
   * Milliseconds before the next attempt to connect, or anything else to end. Default: 100 + 2 * times, at most
   * 2000.
   */
  clusterRetryStrategy?: ((times: number, reason?: Error) => number | void | null) | null | undefined;
  /** `retryStrategy` of the client of one node. That client does not reconnect by default. */
  clusterNodeRetryStrategy?: ((times: number) => number | void | null) | null | undefined;
  /** Whether commands wait while the cluster is not ready. Default true. */
  enableOfflineQueue?: boolean | undefined;
  /** Whether `ready` waits until the cluster reports that it is up. Default true. */
  enableReadyCheck?: boolean | undefined;
  /**
   * The nodes that answer reads: a role, or a function that chooses. Default `master`. `any`: ioredis declares the
   * function so.
   */
  scaleReads?: NodeRole | ((nodes: any[], command: any) => any) | undefined;
  /** Default 16. */
  maxRedirections?: number | undefined;
  /** Milliseconds before a command is sent again: default 100. */
  retryDelayOnFailover?: number | undefined;
  retryDelayOnClusterDown?: number | undefined;
  retryDelayOnTryAgain?: number | undefined;
  /** Default 0. */
  retryDelayOnMoved?: number | undefined;
  /** Milliseconds for reading the slots from one node. Default 1000. */
  slotsRefreshTimeout?: number | undefined;
  /** Milliseconds between two reads of the slots. By default only redirections and losses cause one. */
  slotsRefreshInterval?: number | undefined;
  /** Whether shard channels get a connection for each primary. Default false. */
  shardedSubscribers?: boolean | undefined;
  /** Options of the client of each node. */
  redisOptions?: Omit<
    RedisOptions,
    'port' | 'host' | 'path' | 'sentinels' | 'retryStrategy' | 'enableOfflineQueue' | 'readOnly'
  >;
  keyPrefix?: string | undefined;
  lazyConnect?: boolean | undefined;
  useSRVRecords?: boolean | undefined;
  resolveSrv?: DNSResolveSrvFunction | undefined;
  dnsLookup?: DNSLookupFunction | undefined;
  natMap?: NatMap | undefined;
  enableAutoPipelining?: boolean | undefined;
  autoPipeliningIgnoredCommands?: string[] | undefined;
  showFriendlyErrorStack?: boolean | undefined;
  scripts?: Record<string, { lua: string; numberOfKeys?: number; readOnly?: boolean }> | undefined;
}

/**
 * Addresses at which nodes are reached, by the `host:port` that the cluster or sentinel names.
 * @example
 * import { Cluster, type NatMap } from 'orgcache/ioredis';
 * const natMap: NatMap = { '10.0.0.1:7000': { host: 'localhost', port: 17000 } };
 * const cluster = new Cluster(['localhost:17000'], { natMap });
 */
export type NatMap = { [key: string]: { host: string; port: number } } | NatMapFunction;
