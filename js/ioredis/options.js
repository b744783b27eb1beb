'use strict';

const { logOnce } = require('./log.js');
const { resolveTLSProfile } = require('./tls-profiles.js');
const { parseURL } = require('./url.js');

/**
 * @import { ConnectionOptions } from 'node:tls'
 * @import { Connector } from './connector.js'
 * @import { RedisOptions } from '../../types/ioredis/options.js'
 */

/**
 * `true`, the name of a profile, or options for `tls.connect`, which may name a profile.
 * @typedef {boolean | string | (ConnectionOptions & { family?: number, profile?: string })} TlsOption
 */

/**
 * Options that may be null, which means none.
 * @typedef {'connectionName' | 'family' | 'host' | 'name' | 'natMap' | 'password' | 'path' | 'port' | 'sentinels'
 *   | 'username'} NullableOption
 */

/**
 * The given options of a client.
 * @typedef {Omit<RedisOptions, NullableOption | 'Connector' | 'sentinelTLS' | 'tls'>
 *   & { [Name in NullableOption]?: RedisOptions[Name] | null }
 *   & { Connector?: new (options: ClientOptions) => Connector, sentinelTLS?: TlsOption, tls?: TlsOption }} GivenOptions
 */

/**
 * The options of a client, with their defaults.
 * @typedef {GivenOptions & Required<Pick<RedisOptions, 'autoPipeliningIgnoredCommands' | 'connectTimeout' | 'db'
 *   | 'disconnectTimeout' | 'keyPrefix' | 'sentinelMaxConnections'>>} ClientOptions
 */

/** The longest pause between attempts to connect, and the increase from one pause to the next. */
const [MAX_RETRY_MS, RETRY_STEP_MS] = [2000, 50];

/** @type {GivenOptions} */
const DEFAULT_REDIS_OPTIONS = {
  port: 6379,
  host: 'localhost',
  family: 0,
  connectTimeout: 10000,
  disconnectTimeout: 2000,
  retryStrategy: (times) => Math.min(times * RETRY_STEP_MS, MAX_RETRY_MS),
  keepAlive: 0,
  noDelay: true,
  connectionName: null,
  disableClientInfo: false,
  clientInfoTag: undefined,
  sentinels: null,
  name: null,
  role: 'master',
  sentinelRetryStrategy: (times) => Math.min(times * 10, 1000),
  // Pause between attempts while sentinels are watched for a failover. Some sentinels may be away for long.
  sentinelReconnectStrategy: () => 60000,
  natMap: null,
  enableTLSForSentinelMode: false,
  updateSentinels: true,
  failoverDetector: false,
  username: null,
  password: null,
  db: 0,
  enableOfflineQueue: true,
  enableReadyCheck: true,
  autoResubscribe: true,
  autoResendUnfulfilledCommands: true,
  lazyConnect: false,
  keyPrefix: '',
  reconnectOnError: null,
  readOnly: false,
  stringNumbers: false,
  maxRetriesPerRequest: 20,
  maxLoadingRetryTime: 10000,
  enableAutoPipelining: false,
  autoPipeliningIgnoredCommands: [],
  sentinelMaxConnections: 10,
  blockingTimeoutGrace: 100,
};

/** Options without a default. */
const FURTHER = [
  ...['blockingTimeout', 'commandQueue', 'commandTimeout', 'Connector', 'monitor', 'offlineQueue', 'path'],
  ...['preferredSlaves', 'scripts', 'sentinelCommandTimeout', 'sentinelPassword', 'sentinelTLS'],
  ...['sentinelUsername', 'showFriendlyErrorStack', 'socketTimeout', 'tls'],
];
const KNOWN = new Set([...Object.keys(DEFAULT_REDIS_OPTIONS), ...FURTHER]);

/**
 * Reads a constructor's arguments: ports, hosts, paths, URLs and objects in any order.
 * @param {unknown[]} args
 */
function parseOptions(args) {
  /** @type {GivenOptions} */
  const options = {};
  let isTls = false;
  for (const arg of args) {
    if (arg === null || arg === undefined) continue;
    if (typeof arg === 'object') defaults(options, arg);
    else if (typeof arg === 'string') {
      defaults(options, parseURL(arg));
      isTls ||= arg.startsWith('rediss://');
    } else if (typeof arg === 'number') options.port = arg;
    else throw new Error(`Invalid argument ${String(arg)}`);
  }
  if (isTls) defaults(options, { tls: true });
  nameUnknownIn(options, KNOWN);
  defaults(options, DEFAULT_REDIS_OPTIONS);
  if (typeof options.port === 'string') options.port = Number.parseInt(options.port, 10);
  if (typeof options.db === 'string') options.db = Number.parseInt(options.db, 10);
  return /** @type {ClientOptions} */ (resolveTLSProfile(options));
}

/**
 * Logs options that ioredis does not have, or that have no effect here.
 * @param {object} options
 * @param {Set<string>} known
 */
function nameUnknownIn(options, known) {
  for (const name of Object.keys(options)) {
    if (!known.has(name)) logOnce('debug', `orgcache/ioredis ignores the unknown option ${name}`);
  }
}

/**
 * Adds missing members to `target`, from `sources` and their prototypes.
 * @template {object} Target
 * @param {Target} target
 * @param {...(object | null | undefined)} sources
 * @returns {Target}
 */
function defaults(target, ...sources) {
  const filled = /** @type {Record<string, unknown>} */ (target);
  for (const source of /** @type {Record<string, unknown>[]} */ (sources)) {
    for (const name in source) {
      const isLacking =
        filled[name] === undefined || (name in Object.prototype && !Object.hasOwn(target, name));
      if (isLacking) filled[name] = source[name];
    }
  }
  return target;
}

module.exports = { DEFAULT_REDIS_OPTIONS, defaults, nameUnknownIn, parseOptions };
