'use strict';

// Rule f. While a lease is held nobody else gets it, and it is held for `leaseMs` at least from the call on that took it,
// unless a set, a delete, an expiry, a clearing or a guarded change of that time took it away.

/** The server's clock ticks in milliseconds. */
const CLOCK_SLACK_MS = 25;

/**
 * Factories of one key that began while another one must have had the lease: `{ read, what, than }`, where `read` is the later
 * factory and `than` the earlier one.
 */
function* secondFactories(changes, { leaseMs }) {
  const factories = changes
    .filter(({ kind, isInOutage }) => kind === 'factory' && !isInOutage)
    .sort((one, other) => one.begin - other.begin);
  const takers = changes.filter(takesLeases);
  const earliest = leaseMs - CLOCK_SLACK_MS;
  for (const [index, second] of factories.entries()) {
    for (let before = index - 1; before >= 0; before -= 1) {
      const first = factories[before];
      if (first.begin < second.begin - leaseMs) break;
      const from = Math.min(first.calledAt, second.calledAt);
      if (first.end <= second.begin || second.begin - from >= earliest) continue;
      if (takers.some(({ begin, latest }) => begin <= second.begin && latest >= from)) continue;
      yield { read: second, what: 'an earlier factory still had the lease', than: first };
      break;
    }
  }
}

/** An invalidation of a tag leaves leases alone; whatever else changes an entry takes its lease away. */
function takesLeases({ kind, leavesLease = false }) {
  return kind !== 'factory' && !leavesLease;
}

module.exports = { secondFactories };
