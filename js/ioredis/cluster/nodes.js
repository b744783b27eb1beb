'use strict';

const { resolveTLSProfile } = require('../tls-profiles.js');
const { parseURL } = require('../url.js');

/**
 * @import { GivenOptions } from '../options.js'
 *
 * @typedef {GivenOptions & { host: string, port: number }} NodeOptions
 */

const DEFAULT_PORT = 6379;
const DEFAULT_HOST = '127.0.0.1';

/**
 * The name of a node, `host:port`, that slots and pools use. Adds missing options.
 * @param {GivenOptions} options
 */
function nodeKeyOf(options) {
  options.port ||= DEFAULT_PORT;
  options.host ||= DEFAULT_HOST;
  return `${options.host}:${options.port}`;
}

/**
 * The address in a node's name. A host may be an IPv6 address, so the last colon counts.
 * @param {string} nodeKey
 */
function addressOf(nodeKey) {
  const colon = nodeKey.lastIndexOf(':');
  if (colon === -1) throw new Error(`Invalid node key ${nodeKey}`);
  return { host: nodeKey.slice(0, colon), port: Number(nodeKey.slice(colon + 1)) };
}

/**
 * The options of a start-up node, which is given as options, a URL or a port.
 * @param {unknown} node
 * @returns {NodeOptions}
 */
function startupOptions(node) {
  if (!['object', 'string', 'number'].includes(typeof node)) throw new Error(`Invalid argument ${node}`);
  const given = typeof node === 'object' ? node : typeof node === 'string' ? parseURL(node) : { port: node };
  // A cluster has one database.
  const { db: _db, ...options } = /** @type {GivenOptions} */ (given);
  if (typeof options.port === 'string') options.port = Number.parseInt(options.port, 10);
  nodeKeyOf(options);
  return resolveTLSProfile(/** @type {NodeOptions} */ (options));
}

/**
 * The name that `CLIENT LIST` shows for an auxiliary connection.
 * @param {string} purpose
 * @param {string | null} [given]
 */
function connectionNameOf(purpose, given) {
  const name = `ioredis-cluster(${purpose})`;
  return given ? `${name}:${given}` : name;
}

module.exports = { addressOf, connectionNameOf, nodeKeyOf, startupOptions };
