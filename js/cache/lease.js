'use strict';

const { clearInterval, now, setInterval } = require('../time.js');

/** @import { CallTimes, Lease } from './entries-types.js' */
/** @import { Turn } from './entries.js' */

/** @typedef {InstanceType<typeof import('./entries.js').Entries>} Entries */
/** @typedef {InstanceType<typeof import('./flight.js').Flight>} Flight */

/**
 * Renews a lease until it is stopped, lost, or held for so long that its factory may be stuck. The timer is one of this
 * thread: a blocked thread loses its leases.
 * @param {Entries} entries
 * @param {Lease} lease
 * @param {CallTimes} times
 */
function keepLease(entries, lease, { renewMs, renewForMs }) {
  const until = now() + renewForMs;
  const stop = () => clearInterval(timer);
  const renew = async () => {
    if (now() > until) return stop();
    const isHeld = await entries.renew(lease).catch(() => true);
    if (!isHeld) stop();
  };
  const timer = setInterval(renew, renewMs).unref();
  return stop;
}

/**
 * Waits until this process is the one that computes. Undefined if a factory is not needed any more: every caller has
 * an answer, or another process refreshes.
 * @param {Flight} flight
 * @param {Turn} [first]
 * @returns {Promise<{ lease: Lease | undefined } | undefined>}
 */
async function nextTurn(flight, first) {
  const { entries, key, callWith } = flight.task;
  let attempt = 0;
  let turn = first ?? (await ask(flight, attempt));
  for (;;) {
    if (turn.outcome === 'granted') {
      if (flight.isWanted) return { lease: turn.lease };
      if (turn.lease !== undefined) entries.release(turn.lease);
      return undefined;
    }
    if (turn.outcome === 'changed') {
      if (flight.answerFresh(turn.found)) return undefined;
      flight.show(turn.found);
    } else {
      if (turn.outcome === 'resting') flight.answerStale();
      const leftMs = flight.lockTimeout();
      if (!flight.hasWaiters) return undefined;
      if (leftMs <= 0) return { lease: undefined };
      await entries.leaseChange(key, callWith, turn, leftMs);
    }
    if (!flight.hasWaiters) return undefined;
    attempt++;
    turn = await ask(flight, attempt);
  }
}

/**
 * @param {Flight} flight
 * @param {number} attempt
 */
function ask({ task: { entries, key, callWith, manner }, found }, attempt) {
  return entries.acquire(key, found, callWith, { isForced: manner === 'refresh', attempt });
}

module.exports = { keepLease, nextTurn };
