'use strict';

/** @import { Setting, Settings } from '../report-types.js' */

/** @typedef {{ host: string, port: number }} Endpoint */

/**
 * Options as a client shows them.
 * @typedef {Record<string, unknown> & {
 *   enableOfflineQueue?: boolean,
 *   redisOptions?: Record<string, unknown>,
 *   stringNumbers?: boolean,
 * }} ShownOptions
 */

/**
 * The address in the settings. With several hosts, the first one. A unix socket has its path as host and the port
 * 0.
 * @param {Settings} settings
 * @returns {Endpoint}
 */
function endpointOf(settings) {
  const hosts = counting(settings.clusterHosts) || counting(settings.sentinelHosts);
  if (hosts) return hostsOf(hosts)[0];
  const url = counting(settings.url);
  if (url && /^[^:]*unix:/.test(url)) return { host: decodeURIComponent(new URL(url).pathname), port: 0 };
  // Without Redis no server is in use, so the configured address is shown.
  return {
    host: inForce(settings.host) ?? settings.host.value,
    port: inForce(settings.port) ?? settings.port.value,
  };
}

/**
 * The value of a setting, unless another setting overrides it.
 * @template {Setting<unknown>} Given
 * @param {Given} setting
 * @returns {Given['value'] | null}
 */
function counting({ value, overriddenBy }) {
  return overriddenBy === undefined ? value : null;
}

/**
 * `a:1,b:2` as a list of `{ host, port }`.
 * @param {unknown} hosts
 * @returns {Endpoint[]}
 */
function hostsOf(hosts) {
  return String(hosts)
    .split(',')
    .map((each) => {
      const [, host, port] = /** @type {RegExpExecArray} */ (/^\s*\[?(.*?)\]?:(\d+)\s*$/.exec(each));
      return { host, port: Number(port) };
    });
}

/**
 * The value in force of a setting, which another setting may override.
 * @template {Setting<unknown>} Given
 * @param {Given} setting
 * @returns {Given['value'] | null}
 */
function inForce(setting) {
  return Object.hasOwn(setting, 'inForce') ? /** @type {Given['value']} */ (setting.inForce) : setting.value;
}

/** Never shown, not even as redacted: code that connects with these options would send that as password. */
const SECRETS = ['password', 'sentinelPassword'];

/** Values of ioredis's options that every client of this package has. */
const ALWAYS = {
  autoPipeliningIgnoredCommands: [],
  autoResendUnfulfilledCommands: true,
  autoResubscribe: true,
  enableAutoPipelining: true,
  enableOfflineQueue: true,
  enableReadyCheck: true,
  maxRetriesPerRequest: null,
  name: null,
  natMap: null,
  noDelay: true,
  readOnly: false,
  reconnectOnError: null,
  role: 'master',
  sentinels: null,
  stringNumbers: false,
};
/** Options that ioredis shows for the nodes of a cluster. */
const OF_NODES = [
  'commandTimeout',
  'connectTimeout',
  'connectionName',
  'family',
  'keepAlive',
  'maxRetriesPerRequest',
  'tls',
  'username',
];

/**
 * The settings in force, without secrets, under ioredis's names if it has them. `given` are options of ioredis that
 * a caller has chosen.
 * @param {Settings} settings
 * @param {ShownOptions} [given]
 * @returns {ShownOptions}
 */
function optionsOf(settings, given = {}) {
  const shown = Object.entries(settings).filter(([name]) => !SECRETS.includes(name));
  /** @type {Record<string, unknown>} */
  const values = Object.fromEntries(shown.map(([name, setting]) => [name, inForce(setting)]));
  const { host, port } = endpointOf(settings);
  const address = port === 0 ? { path: host, host: null, port: null } : { host, port };
  /** @type {ShownOptions} */
  const options = { ...ALWAYS, ...values, ...address, family: Number(values.family), ...given };
  const sentinels = counting(settings.sentinelHosts);
  if (sentinels) {
    Object.assign(options, { sentinels: hostsOf(sentinels), name: values.sentinelName });
  }
  if (isCluster(settings)) {
    const ofNodes = Object.fromEntries(OF_NODES.map((name) => [name, options[name]]));
    /** @type {Record<string, unknown>} */
    const redisOptions = { ...ofNodes, ...given.redisOptions };
    for (const name of SECRETS) delete redisOptions[name];
    options.redisOptions = redisOptions;
  }
  return options;
}

/** @param {Pick<Settings, 'clusterHosts'>} settings */
function isCluster(settings) {
  return Boolean(counting(settings.clusterHosts));
}

module.exports = { SECRETS, counting, endpointOf, hostsOf, inForce, isCluster, optionsOf };
