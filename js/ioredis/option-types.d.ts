/// <reference types="node" />

import type { SrvRecord } from 'node:dns';
import type { ConnectionOptions } from 'node:tls';
import type { AbstractConnector } from './types.js';

export interface CommanderOptions {
  keyPrefix?: string | undefined;
  showFriendlyErrorStack?: boolean | undefined;
}

export type ReconnectOnError = (error: Error) => boolean | 1 | 2;
export type RetryStrategy = ((times: number) => number | void | null) | null | undefined;
export type Scripts = Record<
  string,
  { lua: string; numberOfKeys?: number | undefined; readOnly?: boolean | undefined }
>;

/** Times are in milliseconds. */
export interface CommonRedisOptions extends CommanderOptions {
  /** Finds the server in another way. Its instances answer a stream of this package. */
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

export interface StandaloneConnectionOptions {
  host?: string | undefined;
  port?: number | undefined;
  path?: string | undefined;
  family?: number | undefined;
  disconnectTimeout?: number | undefined;
  tls?: ConnectionOptions | undefined;
}

export interface SentinelAddress {
  port: number;
  host: string;
  family?: number;
}

export interface AddressFromResponse {
  port: string;
  ip: string;
  flags?: string | undefined;
}

type PreferredSlave = { port: string; ip: string; prio?: number | undefined };

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

export type RedisOptions = CommonRedisOptions & SentinelConnectionOptions & StandaloneConnectionOptions;

export type NodeRole = 'master' | 'slave' | 'all';
export type ClusterNode = string | number | { host?: string | undefined; port?: number | undefined };
export type DNSResolveSrvFunction = (
  hostname: string,
  callback: (error: NodeJS.ErrnoException | null | undefined, records?: SrvRecord[]) => void,
) => void;
export type DNSLookupFunction = (
  hostname: string,
  callback: (error: NodeJS.ErrnoException | null | undefined, address: string, family?: number) => void,
) => void;
export type NatMapFunction = (key: string) => { host: string; port: number } | null;
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
  /** The nodes that answer reads: a role, or a function that chooses. Default `master`. */
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
export type NatMap = { [key: string]: { host: string; port: number } } | NatMapFunction;
