'use strict';

const { protocol } = require('../protocol.js');
const { duplicateOptions, hostList } = require('./duplicate-options.js');

/** @import { DuplicateOptions, RedisNode } from '../../index.js' */
/** @import { RedisClient } from './client.js' */
/** @import { ClientParts } from './client-types.js' */
/** @import { Connections } from './connections.js' */
/** @import { ShownOptions } from './endpoint.js' */
/** @import { RetryStrategy } from './lifecycle.js' */
/** @import { ScriptDefinition } from './script.js' */

/**
 * Options of a duplicate that the client itself acts on. They come from the caller, unchecked.
 * @typedef {object} OwnOptions
 * @property {RetryStrategy} [clusterRetryStrategy]
 * @property {boolean} [enableOfflineQueue]
 * @property {unknown} [keyPrefix]
 * @property {boolean} [prefixChannels]
 * @property {boolean} [readOnly]
 * @property {RetryStrategy} [retryStrategy]
 * @property {Record<string, ScriptDefinition>} [scripts]
 * @property {boolean} [stringNumbers]
 */

/**
 * The client that is duplicated.
 * @typedef {object} Original
 * @property {RedisClient} client
 * @property {Connections} connections
 * @property {string} keyPrefix
 * @property {boolean} prefixesChannels
 * @property {ShownOptions | undefined} given
 * @property {RetryStrategy | undefined} retryStrategy
 */

/**
 * The parts of a duplicate, the scripts that it gets in addition to the original's, and whether it connects lazily.
 * @typedef {{ parts: ClientParts, scripts: Record<string, ScriptDefinition>, isWaiting: boolean }} DuplicateParts
 */

/**
 * Computes the parts of a duplicate without opening anything. Throws `E_CONFIG`.
 * @param {Original} original
 * @param {readonly RedisNode[] | DuplicateOptions} [nodesOrOptions]
 * @param {DuplicateOptions} [options]
 * @returns {DuplicateParts}
 */
function partsOfDuplicate(original, nodesOrOptions, options) {
  const isList = Array.isArray(nodesOrOptions);
  const { settings, own, shown, ignored } = duplicateOptions({
    ...(isList ? undefined : nodesOrOptions),
    ...options,
  });
  if (isList && nodesOrOptions.length > 0 && original.client.isCluster)
    settings.clusterHosts = hostList(nodesOrOptions);
  const {
    keyPrefix: prefix = original.keyPrefix,
    prefixChannels = original.prefixesChannels,
    scripts = {},
    enableOfflineQueue = original.given?.enableOfflineQueue,
    stringNumbers = original.given?.stringNumbers,
  } = own;
  const keyPrefix = prefix === null ? '' : String(prefix);
  // Native code adds the prefix to keys, so it needs it.
  const { retryStrategy = own.clusterRetryStrategy ?? original.retryStrategy } = own;
  const asked = { ...settings, clientKeyPrefix: keyPrefix };
  const connections = original.connections.apart(asked, roleFlags(own, retryStrategy));
  const isWaiting = connections.isLazy;
  for (const name of ignored) logIgnored(name, original.connections);
  const parts = {
    connections,
    keyPrefix,
    prefixesChannels: prefixChannels,
    isOwner: true,
    given: { ...original.given, ...shown },
    retryStrategy,
    enableOfflineQueue,
    stringNumbers,
  };
  return { parts, scripts, isWaiting };
}

/**
 * Bits that are added to the role of a duplicate.
 * @param {OwnOptions} own
 * @param {RetryStrategy | undefined} retryStrategy
 */
function roleFlags({ readOnly }, retryStrategy) {
  const { decidesPauses, readOnly: readsOnly } = protocol.besideRoles;
  return (typeof retryStrategy === 'function' ? decidesPauses : 0) | (readOnly ? readsOnly : 0);
}

/** Ignored options. Each is logged once per process. */
const logged = new Set();

/**
 * @param {string} name
 * @param {Connections} connections
 */
function logIgnored(name, connections) {
  if (logged.has(name)) return;
  logged.add(name);
  connections.debug(`the option ${name} of ioredis has no effect on this client and is ignored`);
}

module.exports = { partsOfDuplicate };
