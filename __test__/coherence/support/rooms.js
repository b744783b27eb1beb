'use strict';

const { entrySubjectsOf } = require('./entry-subjects');
const { MAX_STALENESS_MS } = require('./limits');
const { subjectsOf } = require('./subjects');

/** A load uses one of these: the methods of the adapter, or a cache with factories. `limits` are those of the rules. */
const ROOMS = {
  adapter: { subjectsOf, isOfEntries: false, limits: { maxStalenessMs: MAX_STALENESS_MS } },
  entries: { subjectsOf: entrySubjectsOf, isOfEntries: true, limits: { maxStalenessMs: MAX_STALENESS_MS } },
  // Every read asks Redis.
  'entries without copies': {
    subjectsOf: entrySubjectsOf,
    isOfEntries: true,
    limits: { maxStalenessMs: 0 },
  },
};

/** The room of that name; that of the adapter, if it is left out. */
function roomOf(name = 'adapter') {
  return ROOMS[name];
}

module.exports = { roomOf };
