/**
 * An object with a console's methods. Each call passes one line, which never holds a phone number, a value or a secret.
 * @example
 * import { configure, type Logger } from 'orgcache';
 * const logger: Logger = {
 *   error: (line) => console.error('cache', line),
 *   warn: (line) => console.warn('cache', line),
 *   info: (line) => console.info('cache', line),
 *   debug: () => {},
 * };
 * configure({ logger, logLevel: 'info' });
 */
export interface Logger {
  /** A failure that needs attention. */
  error(line: string): void;
  /** A failure that is being handled. */
  warn(line: string): void;
  /** A change of state. */
  info(line: string): void;
  /** Details. */
  debug(line: string): void;
}

/**
 * The address of a server. The default port is 6379 for nodes of a cluster and 26379 for sentinels.
 * @example
 * import { configure, type HostAndPort } from 'orgcache';
 * const node: HostAndPort = { host: '10.0.0.1', port: 7000 };
 * configure({ clusterHosts: [node] });
 */
export interface HostAndPort {
  host: string;
  port?: number | string;
}

/**
 * TLS to the server. Each of `ca`, `cert` and `key` is PEM text or the path of a PEM file.
 * @example
 * import { configure, type TlsOptions } from 'orgcache';
 * const tls: TlsOptions = { ca: '/etc/redis/ca.pem', servername: 'redis.internal' };
 * configure({ host: '10.0.0.1', tls });
 */
export interface TlsOptions {
  // tls settings
  /**
   * The certificate authority to trust instead of the system's. The path of a PEM file or PEM text, whose line ends
   * may be written `\n`. (`REDIS_TLS_CA`)
   */
  ca?: string;
  /** The client's certificate, which needs the key. The path of a PEM file or PEM text. (`REDIS_TLS_CERT`) */
  cert?: string;
  /** The key of the client's certificate. The path of a PEM file or PEM text. (`REDIS_TLS_KEY`) */
  key?: string;
  /** The name in the server's certificate, where it is not the host. (`REDIS_TLS_SERVERNAME`) */
  servername?: string;
  /**
   * `true` accepts any certificate and logs a warning. Whoever is between this process and Redis can then read and
   * change the data. Default false. (`REDIS_TLS_INSECURE`)
   */
  insecure?: boolean;
  // /tls settings
}

/**
 * The part that moves the bytes of connections: `loop` polls sockets on Node's event loop, `thread` has a thread of
 * its own, `auto` chooses the better of both.
 * @example
 * import { configure, type Driver } from 'orgcache';
 * const driver: Driver = 'thread';
 * configure({ driver });
 */
export type Driver = 'auto' | 'loop' | 'thread';

/**
 * The compression of stored values. Each stored value says how it is compressed, so that a change of this option
 * leaves older values readable.
 * @example
 * import { type Compression, configure } from 'orgcache';
 * const compression: Compression = 'zstd';
 * configure({ compression, compressionThreshold: 4096 });
 */
export type Compression = 'auto' | 'none' | 'lz4' | 'zstd';

/**
 * The least important lines that are logged: `error` is the most important level, `trace` the least. `off` logs
 * nothing.
 * @example
 * import { configure, type LogLevel } from 'orgcache';
 * const logLevel: LogLevel = 'error';
 * configure({ logLevel });
 */
export type LogLevel = 'off' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

/**
 * How values get copies in this process.
 * @example
 * import { configure, type NearOptions } from 'orgcache';
 * const near: NearOptions = { kinds: ['dynamicLead', 'managed'], maxBytes: 32 * 1024 * 1024 };
 * configure({ near });
 */
export interface NearOptions {
  // near settings
  /**
   * The kinds of values that get copies, with commas between them. The option may be a list. `managed` are the
   * values of `cacheManager`. Allowed: all, or some of conversationContexts, conversationSummaries, historyCache,
   * preComputedContext, phoneToLead, leadToPhone, dynamicLead, organization, agentConfig, sseCache, kv, managed.
   * Default `all`. (`CACHE_NEAR_KINDS`)
   */
  kinds?: string | readonly string[];
  /**
   * Bound of the copies of this process, keys and tables included. In bytes. Default 67108864.
   * (`CACHE_NEAR_MAX_BYTES`)
   */
  maxBytes?: number;
  /**
   * The longest that a copy answers after Redis has last confirmed that it told of every change. In milliseconds.
   * Default 1000. (`CACHE_NEAR_MAX_STALENESS_MS`)
   */
  maxStalenessMs?: number;
  // /near settings
}
