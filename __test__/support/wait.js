'use strict';

const { setTimeout: delay } = require('node:timers/promises');

/**
 * Polls `condition` until it answers something truthy, and answers that.
 * Throws after `timeoutMs`. The message contains `what` and the last answer or error.
 */
async function until(condition, { timeoutMs = 5000, what = 'the condition', everyMs = 10 } = {}) {
  const deadline = performance.now() + timeoutMs;
  let last;
  for (;;) {
    try {
      last = await condition();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      const seen = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`Waited ${timeoutMs} ms for ${what}; the last answer was ${seen}.`);
    }
    await delay(everyMs);
  }
}

/** Settles like `promise`, but rejects with a sentence when it has not settled in time. */
async function within(timeoutMs, promise, what = 'the call') {
  const started = performance.now();
  const timer = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`${what} had not settled after ${timeoutMs} ms.`);
  });
  late.catch(() => {});
  try {
    const value = await Promise.race([promise, late]);
    return { value, ms: performance.now() - started };
  } finally {
    timer.abort();
  }
}

/** The error that `promise` rejects with; throws when it does not reject. */
async function rejection(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`Expected a rejection, the call answered ${JSON.stringify(value)?.slice(0, 80)}.`);
}

module.exports = { until, within, rejection };
