'use strict';

const net = require('node:net');
const { startupOptions } = require('./nodes.js');

/** The start-up nodes, with addresses in the place of names. Looked up with each attempt to connect: names move. */
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

async function lookUp(name, options) {
  if (!options.useSRVRecords) return { host: await addressOfName(name, options) };
  const records = await called(options.resolveSrv, name);
  let last;
  for (const { name: target, port } of inOrder(records)) {
    try {
      return { host: await addressOfName(target, options), port };
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

function addressOfName(name, { dnsLookup }) {
  return called(dnsLookup, name);
}

function called(work, name) {
  return new Promise((resolve, reject) => {
    work(name, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

/** SRV records by priority, and within one at random by weight (RFC 2782); a weight of 0 is chosen seldom. */
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

function byWeight(records) {
  let at = Math.random() * records.reduce((sum, { weight }) => sum + weight + 1, 0);
  for (const record of records) {
    at -= record.weight + 1;
    if (at < 0) return record;
  }
  return records.at(-1);
}

module.exports = { resolveStartupNodes };
