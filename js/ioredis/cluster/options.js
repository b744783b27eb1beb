'use strict';

const dns = require('node:dns');
const { defaults, nameUnknownIn } = require('../options.js');

/**
 * @import { ClusterOptions } from '../../../types/ioredis/options.js'
 */

/**
 * The options of a cluster's client, with defaults.
 * @typedef {ClusterOptions & Required<Pick<ClusterOptions, 'autoPipeliningIgnoredCommands' | 'dnsLookup'
 *   | 'enableOfflineQueue' | 'enableReadyCheck' | 'maxRedirections' | 'resolveSrv' | 'retryDelayOnClusterDown'
 *   | 'retryDelayOnFailover' | 'retryDelayOnMoved' | 'retryDelayOnTryAgain' | 'scaleReads'
 *   | 'slotsRefreshTimeout'>>} ClusterClientOptions
 */

/** The pause before the next attempt if no node of a cluster answers. */
const [FIRST_RETRY_MS, RETRY_STEP_MS, MAX_RETRY_MS] = [100, 2, 2000];
const SCALE_READS = ['all', 'master', 'slave'];

/** @type {ClusterOptions} */
const DEFAULT_CLUSTER_OPTIONS = {
  clusterRetryStrategy: (times) => Math.min(FIRST_RETRY_MS + times * RETRY_STEP_MS, MAX_RETRY_MS),
  clusterNodeRetryStrategy: null,
  enableOfflineQueue: true,
  enableReadyCheck: true,
  scaleReads: 'master',
  maxRedirections: 16,
  retryDelayOnMoved: 0,
  retryDelayOnFailover: 100,
  retryDelayOnClusterDown: 100,
  retryDelayOnTryAgain: 100,
  slotsRefreshTimeout: 1000,
  useSRVRecords: false,
  resolveSrv: dns.resolveSrv,
  dnsLookup: dns.lookup,
  enableAutoPipelining: false,
  autoPipeliningIgnoredCommands: [],
  shardedSubscribers: false,
};

/** Options without a default. */
const FURTHER = [
  ...['keyPrefix', 'lazyConnect', 'natMap', 'redisOptions', 'scripts', 'showFriendlyErrorStack'],
  'slotsRefreshInterval',
];
const KNOWN = new Set([...Object.keys(DEFAULT_CLUSTER_OPTIONS), ...FURTHER]);

/**
 * The complete options of a cluster's client. Throws if `scaleReads` is not allowed.
 * @param {ClusterOptions} given
 */
function clusterOptions(given) {
  nameUnknownIn(given, KNOWN);
  const options = defaults(/** @type {ClusterClientOptions} */ ({}), given, DEFAULT_CLUSTER_OPTIONS);
  if (options.redisOptions?.keyPrefix && !options.keyPrefix) {
    options.keyPrefix = options.redisOptions.keyPrefix;
  }
  const { scaleReads } = options;
  if (typeof scaleReads !== 'function' && !SCALE_READS.includes(scaleReads)) {
    throw new Error(
      `Invalid option scaleReads "${scaleReads}". Expected "all", "master", "slave" or a custom function`,
    );
  }
  return options;
}

module.exports = { clusterOptions };
