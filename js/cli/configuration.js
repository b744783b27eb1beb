'use strict';

const fs = require('node:fs');
const { loadNative } = require('../native.js');
const { makeError } = require('../errors.js');
const { counting, inForce } = require('../client/endpoint.js');

/** What options and environment configure, as native code reads it. Throws `E_CONFIG`. */
function readConfiguration(env, options = {}) {
  return JSON.parse(loadNative().inspect(makeError, JSON.stringify(options), JSON.stringify(env)));
}

/** The options of the command line as `configure()` has them. */
function optionsOf({ url, prefix }) {
  return { ...(url === undefined ? {} : { url }), ...(prefix === undefined ? {} : { keyPrefix: prefix }) };
}

/** Where to look: `{ topology, hosts, database, usesTls, ... }`. */
function targetOf({ useRedis, settings }, env) {
  const setting = (name) => inForce(settings[name]);
  const { topology, hosts } = useRedis ? addresses(settings) : { topology: 'embedded', hosts: [] };
  return {
    topology,
    hosts,
    database: setting('db'),
    family: Number(setting('family')),
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

function addresses(settings) {
  const cluster = counting(settings.clusterHosts);
  if (cluster?.length > 0) return { topology: 'cluster', hosts: cluster.map(hostOf) };
  const sentinels = counting(settings.sentinelHosts);
  if (sentinels?.length > 0) return { topology: 'sentinel', hosts: sentinels.map(hostOf) };
  const host = inForce(settings.host);
  if (host !== null) return { topology: 'single', hosts: [{ host, port: inForce(settings.port) }] };
  return { topology: 'single', hosts: [{ path: socketPath(settings.url.value) }] };
}

function hostOf(text) {
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(text);
  return { host, port: Number(port) };
}

/** What stands behind the path of a URL is redacted, and no part of it. */
function socketPath(url) {
  return decodeURIComponent(url.replace(/^[^:]*:\/\//, '').replace(/\?.*$/, ''));
}

/** PEM text, or the path of a file with it, as the settings take either. */
function pemOf(text) {
  if (!text) return undefined;
  return text.includes('-----BEGIN') ? text.replaceAll('\\n', '\n') : fs.readFileSync(text, 'utf8');
}

function nameOf({ host, port, path }) {
  if (path !== undefined) return path;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

module.exports = { nameOf, optionsOf, readConfiguration, targetOf };
