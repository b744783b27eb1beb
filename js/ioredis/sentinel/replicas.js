'use strict';

/** @import { AddressFromResponse, RedisOptions } from '../../../types/ioredis/options.js' */

const UNUSABLE = /(disconnected|s_down|o_down)/;
const DEFAULT_PRIORITY = 1;

/**
 * The replica to connect to, from a sentinel's list, as `{ host, port }`; null if there is none. `preferred` is
 * one, several with `prio` (lowest first), or a function that chooses.
 * @param {AddressFromResponse[]} listed
 * @param {RedisOptions['preferredSlaves']} preferred
 */
function chooseReplica(listed, preferred) {
  const usable = listed.filter(({ flags }) => flags && !UNUSABLE.test(flags));
  if (usable.length === 0) return null;
  const chosen = typeof preferred === 'function' ? preferred(usable) : firstPreferred(usable, preferred);
  return addressOf(chosen ?? usable[Math.floor(Math.random() * usable.length)]);
}

/**
 * @param {AddressFromResponse[]} usable
 * @param {Exclude<RedisOptions['preferredSlaves'], Function>} preferred
 */
function firstPreferred(usable, preferred) {
  if (typeof preferred !== 'object' || preferred === null) return undefined;
  const wanted = Array.isArray(preferred) ? [...preferred] : [preferred];
  wanted.sort((a, b) => (a.prio || DEFAULT_PRIORITY) - (b.prio || DEFAULT_PRIORITY));
  for (const { ip, port } of wanted) {
    const found = usable.find((replica) => replica.ip === ip && replica.port === String(port));
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * An address from a sentinel's reply.
 * @param {AddressFromResponse} address
 */
function addressOf({ ip, port }) {
  return { host: ip, port: Number(port) };
}

module.exports = { addressOf, chooseReplica };
