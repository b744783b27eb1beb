'use strict';

const { resolve } = require('node:path');
const { protocol } = require('../protocol.js');

/** @import { DuplicateOptions, DuplicateTlsOptions, RedisNode } from '../../index.js' */
/** @import { Settable } from './connections.js' */
/** @import { ShownOptions } from './endpoint.js' */
/** @import { OwnOptions } from './duplicate.js' */

/**
 * Options of a caller that are not undefined.
 * @typedef {Record<string, unknown>} Given
 */

/** @typedef {'connectionName' | 'maxRetriesPerRequest' | 'name' | 'path' | 'scaleReads' | 'sentinels' | 'tls'} Translated */
/** @typedef {{ [Name in Translated]: (value: NonNullable<DuplicateOptions[Name]>, all: Given) => Settable }} Translations */

/**
 * The options of a duplicate, sorted by which part acts on them.
 * @typedef {object} Asked
 * @property {Settable} settings
 * @property {OwnOptions} own
 * @property {ShownOptions} shown
 * @property {string[]} ignored
 */

/**
 * Options of ioredis that change nothing here. This client always pipelines, always waits for a server that loads,
 * and always subscribes again. It finds nodes and sentinels, and waits between attempts, by rules of its own.
 */
const WITHOUT_MEANING = new Set([
  'Connector',
  'autoPipeliningIgnoredCommands',
  'autoResendUnfulfilledCommands',
  'autoResubscribe',
  'blockingTimeout',
  'blockingTimeoutGrace',
  'clientInfoTag',
  'clusterNodeRetryStrategy',
  'commandQueue',
  'disableClientInfo',
  'disconnectTimeout',
  'dnsLookup',
  'enableAutoPipelining',
  'enableReadyCheck',
  'enableTLSForSentinelMode',
  'failoverDetector',
  'maxLoadingRetryTime',
  'maxRedirections',
  'monitor',
  'natMap',
  'noDelay',
  'offlineQueue',
  'preferredSlaves',
  'reconnectOnError',
  'resolveSrv',
  'retryDelayOnClusterDown',
  'retryDelayOnFailover',
  'retryDelayOnMoved',
  'retryDelayOnTryAgain',
  'role',
  'sentinelCommandTimeout',
  'sentinelMaxConnections',
  'sentinelReconnectStrategy',
  'sentinelRetryStrategy',
  'sentinelTLS',
  'shardedSubscribers',
  'showFriendlyErrorStack',
  'slotsRefreshInterval',
  'slotsRefreshTimeout',
  'socketTimeout',
  'updateSentinels',
  'useSRVRecords',
]);
/** Options that the client itself acts on. */
const OF_CLIENT = [
  ...[
    'clusterRetryStrategy',
    'enableOfflineQueue',
    'keyPrefix',
    'prefixChannels',
    'readOnly',
    'retryStrategy',
  ],
  ...['scripts', 'stringNumbers'],
];
/** Options in which null removes the original client's value. For all other options null means nothing. */
const NULLABLE = ['password', 'username'];

/**
 * The characters that Redis takes in a connection's name. A client with any other name gets none, as with ioredis.
 */
const CONNECTION_NAME = /^[!-~]+$/;

/** @type {Record<string, string>} */
const ROLES_OF_READS = { all: 'replica', master: 'primary', slave: 'replica' };

/**
 * Options of ioredis that have another form in the settings of this package.
 * @type {Translations}
 */
const TRANSLATIONS = {
  connectionName: (name) => (CONNECTION_NAME.test(name) ? { connectionName: name } : {}),
  maxRetriesPerRequest: (count) =>
    Number.isInteger(count) && count >= 0 ? { maxRetries: Math.min(count, protocol.limits.maxRetries) } : {},
  name: (sentinelName, { sentinels }) => (sentinels ? { sentinelName } : {}),
  path: (path, all) => ({ url: urlOfPath(path, all) }),
  scaleReads: (role) => (typeof role === 'string' ? { scaleReads: ROLES_OF_READS[role] ?? role } : {}),
  sentinels: (sentinels) => ({ sentinelHosts: hostList(sentinels) }),
  tls: (tls) => ({ tls: typeof tls === 'object' ? tlsOf(tls) : tls }),
};

/**
 * Sorts a caller's options of a duplicate: `settings` of this package, the client's `own` options, those that its
 * `options` show (`shown`), and the names of ignored ones (`ignored`).
 * @param {DuplicateOptions} given
 * @returns {Asked}
 */
function duplicateOptions(given) {
  const { redisOptions, ...others } = given;
  const all = withoutNothing({ ...redisOptions, ...others });
  /** @type {Settable} */
  const settings = {};
  /** @type {Record<string, unknown>} */
  const own = {};
  /** @type {ShownOptions} */
  const shown = {};
  /** @type {string[]} */
  const ignored = [];
  /** @type {Record<string, ((value: any, all: Given) => Settable) | undefined>} */
  const translations = TRANSLATIONS;
  for (const [name, value] of Object.entries(all)) {
    if (OF_CLIENT.includes(name)) own[name] = value;
    else if (WITHOUT_MEANING.has(name)) ignored.push(name);
    else if (value === null && !NULLABLE.includes(name)) continue;
    else Object.assign(settings, translations[name]?.(value, all) ?? { [name]: value });
    if (isShown(name)) shown[name] = value;
  }
  if (redisOptions) shown.redisOptions = /** @type {Record<string, unknown>} */ (redisOptions);
  return { settings, own, shown, ignored };
}

/**
 * @param {object} options
 * @returns {Given}
 */
function withoutNothing(options) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/**
 * Whether an option is shown under its own name, because no setting has that name.
 * @param {string} name
 */
function isShown(name) {
  const isKnownHere = ['keyPrefix', 'prefixChannels'].includes(name);
  if (OF_CLIENT.includes(name)) return !isKnownHere;
  return WITHOUT_MEANING.has(name) || name === 'maxRetriesPerRequest';
}

/**
 * A unix socket as URL. Other parts count only if the URL names them.
 * @param {string} path
 * @param {Given} all
 */
function urlOfPath(path, { db, username, password }) {
  const url = new URL(`unix://${encodeURI(resolve(path))}`);
  if (db !== undefined && db !== null) url.searchParams.set('db', String(db));
  if (username) url.searchParams.set('user', String(username));
  if (password) url.searchParams.set('pass', String(password));
  return url.href;
}

/**
 * ioredis's form of nodes, as `host:port,host:port`.
 * @param {readonly RedisNode[]} nodes
 */
function hostList(nodes) {
  return nodes.map(hostOf).join(',');
}

/** @param {RedisNode} node */
function hostOf(node) {
  if (typeof node === 'number' || /^\d+$/.test(String(node))) return `localhost:${node}`;
  if (typeof node === 'string' && !node.includes('://')) return node;
  const { host = 'localhost', port } = typeof node === 'string' ? partsOf(new URL(node)) : node;
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  return port === undefined ? name : `${name}:${port}`;
}

/** @param {URL} url */
function partsOf({ hostname, port }) {
  return { host: hostname || undefined, port: port || undefined };
}

/**
 * The subset of Node's TLS options that this package has. Bytes are PEM text.
 * @param {DuplicateTlsOptions} given
 */
function tlsOf({ ca, cert, key, servername, rejectUnauthorized }) {
  /** @type {Record<string, unknown>} */
  const options = { ca: pemOf(ca), cert: pemOf(cert), key: pemOf(key), servername };
  if (rejectUnauthorized === false) options.insecure = true;
  const given = withoutNothing(options);
  return Object.keys(given).length > 0 ? given : true;
}

/**
 * @param {unknown} given
 * @returns {unknown}
 */
function pemOf(given) {
  if (Array.isArray(given)) return given.map(pemOf).join('\n');
  return ArrayBuffer.isView(given)
    ? Buffer.from(/** @type {Uint8Array} */ (given)).toString('latin1')
    : (given ?? undefined);
}

module.exports = { duplicateOptions, hostList };
