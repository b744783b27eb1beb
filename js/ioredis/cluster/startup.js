'use strict';

const net = require('node:net');
const { startupOptions } = require('./nodes.js');

/**
 * @import { SrvRecord } from 'node:dns'
 * @import { ClusterClientOptions } from './options.js'
 */

/**
 * The start-up nodes with addresses in place of names. Names are resolved for each attempt, because their addresses
 * may change.
 * @param {unknown[]} nodes
 * @param {ClusterClientOptions} options
 */
async function resolveStartupNodes(nodes, options) {
  if (!Array.isArray(nodes) || nodes.length === 0) {
    throw new Error('`startupNodes` should contain at least one node.');
  }
  const startup = nodes.map(startupOptions);
  const names = [...new Set(startup.map(({ host }) => host))].filter((host) => !net.isIP(host));
  const found = await Promise.all(names.map((name) => lookUp(name, options)));
  const addresses = new Map(names.map((name, i) => [name, found[i]]));
  return startup.map((node) => ({ ...node, ...addresses.get(node.host) }));
}

/**
 * @param {string} name
 * @param {ClusterClientOptions} options
 * @returns {Promise<{ host: string, port?: number }>}
 */
async function lookUp(name, options) {
  if (!options.useSRVRecords) return { host: await addressOfName(name, options) };
  const records = await called(options.resolveSrv, name);
  let last;
  for (const { name: target, port } of inOrder(/** @type {SrvRecord[]} */ (records))) {
    try {
      return { host: await addressOfName(target, options), port };
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/**
 * @param {string} name
 * @param {ClusterClientOptions} options
 * @returns {Promise<string>}
 */
function addressOfName(name, { dnsLookup }) {
  return called(dnsLookup, name);
}

/**
 * @template T
 * @param {(name: string, callback: (error: Error | null | undefined, answer: T) => void) => void} work
 * @param {string} name
 * @returns {Promise<T>}
 */
function called(work, name) {
  return new Promise((resolve, reject) => {
    work(name, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

/**
 * SRV records by priority, and within one at random by weight (RFC 2782). A weight of 0 is rarely chosen.
 * @param {SrvRecord[]} records
 */
function* inOrder(records) {
  const left = [...records];
  while (left.length > 0) {
    const priority = Math.min(...left.map((record) => record.priority));
    const group = left.filter((record) => record.priority === priority);
    const chosen = byWeight(group);
    left.splice(left.indexOf(chosen), 1);
    yield chosen;
  }
}

/** @param {SrvRecord[]} records */
function byWeight(records) {
  let at = Math.random() * records.reduce((sum, { weight }) => sum + weight + 1, 0);
  for (const record of records) {
    at -= record.weight + 1;
    if (at < 0) return record;
  }
  return records[records.length - 1];
}

module.exports = { resolveStartupNodes };
