'use strict';

const { OrgCacheError, errorOf } = require('./errors.js');
const { clearTimeout, setTimeout } = require('./time.js');

/** The pause before the server is asked again. */
const AGAIN_AFTER_MS = 50;

/**
 * Resolves when calls reach Redis; at once where it is turned off. Rejects with the reason: at once where trying again
 * is no use (a wrong password), else when `timeoutMs` have passed.
 */
async function whenReady({ bridge, client }, timeoutMs) {
  bridge.open();
  if (!bridge.usesRedis) return;
  const clock = deadline(timeoutMs);
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
      reason = error;
      if (!error.retryable) break;
      await Promise.race([pause(AGAIN_AFTER_MS), clock.over]);
    }
  } finally {
    forget();
    clock.stop();
  }
  throw reason;
}

/**
 * Waits until it is known whether Redis is there: for the first attempt to connect, `timeoutMs` at most.
 */
async function whenKnown(bridge, timeoutMs) {
  if (bridge.isClosed) return;
  bridge.open();
  const isKnown = () => bridge.report().state.state !== 'connecting';
  if (isKnown()) return;
  const clock = deadline(timeoutMs);
  let forget;
  const changed = new Promise((resolve) => {
    forget = bridge.listen(() => isKnown() && resolve());
  });
  await Promise.race([changed, clock.over]);
  forget();
  clock.stop();
}

function deadline(timeoutMs) {
  const clock = { isOver: false };
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

function failureOf(promise) {
  return promise.then(
    () => undefined,
    (error) => error,
  );
}

function pause(ms) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

module.exports = { whenKnown, whenReady };
