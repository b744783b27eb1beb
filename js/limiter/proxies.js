'use strict';

/** @import { Request } from './identify.js' */

const TRUSTS_ALL =
  'every proxy is trusted, so each client may choose its own address and evade limits by address: ' +
  'trust the addresses or the number of your proxies';
const TRUSTS_NONE =
  'a request has X-Forwarded-For, but no proxy is trusted, so all clients of a proxy share one address: ' +
  'set `trust proxy` of express or `trustProxy` of fastify if there is a proxy';

/** An address for documentation (RFC 5737), which is nobody's proxy. */
const STRANGER = '192.0.2.1';
/** More proxies than any request passes. */
const MANY_PROXIES = 64;

/**
 * Warns if the framework's setting of trusted proxies makes limits by address worthless.
 * @param {(message: string) => void} warn
 * @param {(request: any) => 'all' | 'none' | 'some'} trustOf
 * @returns {(request: Request) => void}
 */
function proxyWatch(warn, trustOf) {
  let isDone = false;
  return (request) => {
    if (isDone) return;
    const trust = trustOf(request);
    const isForwarded = trust === 'none' && request.headers['x-forwarded-for'] !== undefined;
    isDone = trust !== 'none' || isForwarded;
    if (trust === 'all') warn(TRUSTS_ALL);
    if (isForwarded) warn(TRUSTS_NONE);
  };
}

/**
 * @param {{ app?: { get?: (name: string) => unknown } }} request
 */
function trustOfExpress({ app }) {
  const setting = app?.get?.('trust proxy');
  if (setting === true) return 'all';
  return setting ? 'some' : 'none';
}

/**
 * Fastify does not show its setting. Its requests have `ips` only with a setting, and their `ip` is the farthest
 * address only if every proxy is trusted.
 * @param {object} request
 */
function trustOfFastify(request) {
  if (!('ips' in request) || request.ips === undefined) return 'none';
  const chain = Array.from({ length: MANY_PROXIES }, (_, index) => (index === 0 ? '192.0.2.2' : STRANGER));
  const raw = {
    socket: { remoteAddress: STRANGER },
    connection: { remoteAddress: STRANGER },
    headers: { 'x-forwarded-for': chain.join(', ') },
  };
  const probe = Object.create(Object.getPrototypeOf(request), { raw: { value: raw } });
  return probe.ip === chain[0] ? 'all' : 'some';
}

module.exports = { proxyWatch, trustOfExpress, trustOfFastify };
