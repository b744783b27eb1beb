'use strict';

const fs = require('node:fs');
const { loadNative } = require('../native.js');
const { makeError } = require('../errors.js');
const { counting, inForce } = require('../client/endpoint.js');

/**
 * @import { ConfigureOptions } from '../../index.js'
 * @import { Configured, Setting, Settings } from '../report-types.js'
 *
 * @typedef {{ url?: string, prefix?: string }} Place where the command line says that the data is
 * @typedef {Record<string, string | undefined>} Variables of the environment
 *
 * @typedef {{ host: string, port: number, path?: undefined }} HostAddress
 * @typedef {{ path: string, host?: undefined, port?: undefined }} SocketAddress
 * @typedef {HostAddress | SocketAddress} Address
 * @typedef {{ topology: 'single', hosts: Address[] }} OneServer
 * @typedef {{ topology: 'sentinel', hosts: HostAddress[] }} Sentinels
 * @typedef {{ topology: 'embedded' | 'cluster', hosts: HostAddress[] }} Others
 * @typedef {OneServer | Sentinels | Others} Addresses
 *
 * @typedef {object} Connecting
 * @property {number} database
 * @property {0 | 4 | 6} family
 * @property {boolean} usesTls
 * @property {boolean} isTlsInsecure
 * @property {string | null} servername
 * @property {boolean} hasPassword
 * @property {boolean} hasCopies
 * @property {string} primaryName
 * @property {string | null} sentinelUsername
 * @property {string} [sentinelPassword]
 * @property {number} connectTimeoutMs
 * @property {() => { ca?: string, cert?: string, key?: string }} pem
 *
 * @typedef {Addresses & Connecting} Target
 * @typedef {Sentinels & Connecting} SentinelTarget
 */

/**
 * The configuration of options and environment, as native code reads it. Throws `E_CONFIG`.
 * @param {Variables} env
 * @param {ConfigureOptions} [options]
 * @returns {Configured}
 */
function readConfiguration(env, options = {}) {
  return JSON.parse(loadNative().inspect(makeError, JSON.stringify(options), JSON.stringify(env)));
}

/**
 * The options of the command line in the form of `configure()`.
 * @param {Place} place
 * @returns {ConfigureOptions}
 */
function optionsOf({ url, prefix }) {
  return { ...(url === undefined ? {} : { url }), ...(prefix === undefined ? {} : { keyPrefix: prefix }) };
}

/**
 * The value in force of a setting. Null stands for no value; only host and port may be null although their type has
 * no null.
 * @type {<Value>(setting: Setting<Value>) => Value}
 */
const known = /** @type {<Value>(setting: Setting<Value>) => Value} */ (inForce);

/**
 * The servers and data to look at.
 * @param {Configured} configuration
 * @param {Variables} env
 * @returns {Target}
 */
function targetOf({ useRedis, settings }, env) {
  return {
    ...(useRedis ? addresses(settings) : { topology: /** @type {const} */ ('embedded'), hosts: [] }),
    database: known(settings.db),
    family: /** @type {0 | 4 | 6} */ (Number(known(settings.family))),
    usesTls: known(settings.tls),
    isTlsInsecure: known(settings['tls.insecure']),
    servername: known(settings['tls.servername']),
    hasPassword: known(settings.password) !== null,
    hasCopies: known(settings.near),
    primaryName: known(settings.sentinelName),
    sentinelUsername: known(settings.sentinelUsername),
    sentinelPassword: env.REDIS_SENTINEL_PASSWORD || undefined,
    connectTimeoutMs: known(settings.connectTimeout),
    pem: () => ({
      ca: pemOf(env.REDIS_TLS_CA),
      cert: pemOf(env.REDIS_TLS_CERT),
      key: pemOf(env.REDIS_TLS_KEY),
    }),
  };
}

/**
 * @param {Settings} settings
 * @returns {Addresses}
 */
function addresses(settings) {
  const cluster = listed(settings.clusterHosts);
  if (cluster.length > 0) return { topology: 'cluster', hosts: cluster.map(hostOf) };
  const sentinels = listed(settings.sentinelHosts);
  if (sentinels.length > 0) return { topology: 'sentinel', hosts: sentinels.map(hostOf) };
  const host = inForce(settings.host);
  if (host !== null) return { topology: 'single', hosts: [{ host, port: known(settings.port) }] };
  return { topology: 'single', hosts: [{ path: socketPath(/** @type {string} */ (settings.url.value)) }] };
}

/**
 * The hosts of a setting. Native code shows them as a list.
 * @param {Settings['clusterHosts']} setting
 */
function listed(setting) {
  return /** @type {string[] | null} */ (/** @type {unknown} */ (counting(setting))) ?? [];
}

/** @param {string} text */
function hostOf(text) {
  const [, host, port] = /** @type {RegExpExecArray} */ (/^\[?(.*?)\]?:(\d+)$/.exec(text));
  return { host, port: Number(port) };
}

/**
 * The part behind the path of a URL is redacted and is not part of the path.
 * @param {string} url
 */
function socketPath(url) {
  return decodeURIComponent(url.replace(/^[^:]*:\/\//, '').replace(/\?.*$/, ''));
}

/**
 * PEM text from PEM text or the path of a file with it. The settings take either.
 * @param {string | undefined} text
 */
function pemOf(text) {
  if (!text) return undefined;
  return text.includes('-----BEGIN') ? text.replaceAll('\\n', '\n') : fs.readFileSync(text, 'utf8');
}

/** @param {Address} address */
function nameOf({ host, port, path }) {
  if (path !== undefined) return path;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

module.exports = { nameOf, optionsOf, readConfiguration, targetOf };
