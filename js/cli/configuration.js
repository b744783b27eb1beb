'use strict';

const fs = require('node:fs');
const { loadNative } = require('../native.js');
const { makeError } = require('../errors.js');
const { counting, inForce } = require('../client/endpoint.js');

/**
 * @import { ConfigureOptions } from '../../index.js'
 *
 * @typedef {{ url?: string, prefix?: string }} Place where the command line says that the data is
 * @typedef {Record<string, string | undefined>} Variables of the environment
 *
 * @typedef {object} Told what native code tells of a setting
 * @property {string | number | boolean | string[] | null} value
 * @property {string | number | boolean | string[] | null} [inForce] what counts instead of `value`
 * @property {string} [overriddenBy]
 * @property {string} variable
 * @property {string} source
 *
 * @typedef {object} Configuration as native code reads it; there is more in it
 * @property {Record<string, Told>} settings
 * @property {boolean} useRedis
 * @property {string} keyPrefix
 * @property {string[]} warnings
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
 * What options and environment configure, as native code reads it. Throws `E_CONFIG`.
 * @param {Variables} env
 * @param {ConfigureOptions} [options]
 * @returns {Configuration}
 */
function readConfiguration(env, options = {}) {
  return JSON.parse(loadNative().inspect(makeError, JSON.stringify(options), JSON.stringify(env)));
}

/**
 * The options of the command line as `configure()` has them.
 * @param {Place} place
 * @returns {ConfigureOptions}
 */
function optionsOf({ url, prefix }) {
  return { ...(url === undefined ? {} : { url }), ...(prefix === undefined ? {} : { keyPrefix: prefix }) };
}

/**
 * Where to look.
 * @param {Configuration} configuration
 * @param {Variables} env
 * @returns {Target}
 */
function targetOf({ useRedis, settings }, env) {
  const setting = (/** @type {string} */ name) => inForce(settings[name]);
  return {
    ...(useRedis ? addresses(settings) : { topology: /** @type {const} */ ('embedded'), hosts: [] }),
    database: setting('db'),
    family: /** @type {0 | 4 | 6} */ (Number(setting('family'))),
    usesTls: setting('tls'),
    isTlsInsecure: setting('tls.insecure'),
    servername: setting('tls.servername'),
    hasPassword: setting('password') !== null,
    primaryName: setting('sentinelName'),
    sentinelUsername: setting('sentinelUsername'),
    sentinelPassword: env.REDIS_SENTINEL_PASSWORD || undefined,
    connectTimeoutMs: setting('connectTimeout'),
    pem: () => ({
      ca: pemOf(env.REDIS_TLS_CA),
      cert: pemOf(env.REDIS_TLS_CERT),
      key: pemOf(env.REDIS_TLS_KEY),
    }),
  };
}

/**
 * @param {Record<string, Told>} settings
 * @returns {Addresses}
 */
function addresses(settings) {
  const cluster = counting(settings.clusterHosts);
  if (cluster?.length > 0) return { topology: 'cluster', hosts: cluster.map(hostOf) };
  const sentinels = counting(settings.sentinelHosts);
  if (sentinels?.length > 0) return { topology: 'sentinel', hosts: sentinels.map(hostOf) };
  const host = inForce(settings.host);
  if (host !== null) return { topology: 'single', hosts: [{ host, port: inForce(settings.port) }] };
  return { topology: 'single', hosts: [{ path: socketPath(/** @type {string} */ (settings.url.value)) }] };
}

/** @param {string} text */
function hostOf(text) {
  const [, host, port] = /** @type {RegExpExecArray} */ (/^\[?(.*?)\]?:(\d+)$/.exec(text));
  return { host, port: Number(port) };
}

/**
 * What stands behind the path of a URL is redacted, and no part of it.
 * @param {string} url
 */
function socketPath(url) {
  return decodeURIComponent(url.replace(/^[^:]*:\/\//, '').replace(/\?.*$/, ''));
}

/**
 * PEM text, or the path of a file with it, as the settings take either.
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
