'use strict';

const { OrgCacheError, errorOf } = require('./errors.js');
const { protocol } = require('./protocol.js');
const { clearTimeout, setTimeout } = require('./time.js');

/** @import { RedisClient } from '../index.js' */
/** @import { Failure } from './errors.js' */

/** @typedef {InstanceType<typeof import('./bridge.js').Bridge>} Bridge */
/** @typedef {{ isOver: boolean, over: Promise<Clock>, stop: () => void }} Clock */

/** The pause before the server is asked again. */
const { readyAgainAfterMs } = protocol.limits;

/**
 * Resolves when calls reach Redis, or at once if Redis is turned off. Rejects with the reason: at once if another
 * attempt is no use (a wrong password), else after `timeoutMs`.
 * @param {{ bridge: Bridge, client: RedisClient }} of
 * @param {number} timeoutMs
 */
async function whenReady({ bridge, client }, timeoutMs) {
  bridge.open();
  if (!bridge.usesRedis) return;
  const clock = deadline(timeoutMs);
  /** @type {Failure} */
  let reason = new OrgCacheError('E_TIMEOUT', `Redis was not ready within ${timeoutMs} ms`, {
    retryable: true,
  });
  const forget = bridge.listen((name, json) => {
    if (name === 'error') reason = errorOf(JSON.parse(json));
  });
  try {
    while (!clock.isOver) {
      const error = await Promise.race([failureOf(client.ping()), clock.over]);
      if (error === undefined) return;
      if (error === clock) break;
      reason = /** @type {Failure} */ (error);
      if (!reason.retryable) break;
      await Promise.race([pause(readyAgainAfterMs), clock.over]);
    }
  } finally {
    forget();
    clock.stop();
  }
  throw reason;
}

/**
 * Waits until the first attempt to connect has ended, at most `timeoutMs`.
 * @param {Bridge} bridge
 * @param {number} timeoutMs
 */
async function whenKnown(bridge, timeoutMs) {
  if (bridge.isClosed) return;
  bridge.open();
  const isKnown = () => bridge.report().state.state !== 'connecting';
  if (isKnown()) return;
  const clock = deadline(timeoutMs);
  let forget = () => {};
  /** @type {Promise<void>} */
  const changed = new Promise((resolve) => {
    forget = bridge.listen(() => isKnown() && resolve());
  });
  await Promise.race([changed, clock.over]);
  forget();
  clock.stop();
}

/** @param {number} timeoutMs */
function deadline(timeoutMs) {
  const clock = /** @type {Clock} */ ({ isOver: false });
  /** @type {NodeJS.Timeout} */
  let timer;
  clock.over = new Promise((resolve) => {
    timer = setTimeout(() => {
      clock.isOver = true;
      resolve(clock);
    }, timeoutMs);
  });
  clock.stop = () => clearTimeout(timer);
  return clock;
}

/**
 * @param {Promise<unknown>} promise
 * @returns {Promise<Failure | undefined>}
 */
function failureOf(promise) {
  return promise.then(
    () => undefined,
    (error) => error,
  );
}

/**
 * @param {number} ms
 * @returns {Promise<void>}
 */
function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

module.exports = { whenKnown, whenReady };
