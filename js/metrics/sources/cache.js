'use strict';

const { counter, each, gauge } = require('../family.js');

/** @import { Source } from '../registry.js' */

/**
 * The cache: its reads, the memory store, and the journal.
 * @type {Source}
 */
function cacheFamilies({ report }) {
  const { counters, memory, journal } = report;
  return [
    counter(
      'orgcache_reads',
      'Reads of the cache, wherever the value came from.',
      each('result', { hit: counters.hits, miss: counters.misses }),
    ),
    counter(
      'orgcache_fallback_reads',
      'Reads that the memory store answered while Redis was away.',
      each('result', { hit: counters.fallbackHits, miss: counters.fallbackMisses }),
    ),
    counter('orgcache_corrupt_values', 'Values in Redis that could not be read.', counters.corruptValues),
    counter(
      'orgcache_legacy_reads',
      'Values found in the layout of the JavaScript layer.',
      counters.legacyReads,
    ),
    gauge('orgcache_memory_entries', 'Entries of the memory store.', memory.entries),
    gauge('orgcache_memory_bytes', 'Bytes of the memory store.', memory.bytes),
    gauge('orgcache_memory_max_bytes', 'Bytes that the memory store may hold.', memory.maxBytes),
    counter('orgcache_memory_evictions', 'Entries that were removed to make room.', memory.evictions),
    counter('orgcache_memory_expirations', 'Entries whose lifetime ended.', memory.expirations),
    gauge('orgcache_journal_entries', 'Keys whose last write Redis does not have yet.', journal.entries),
    gauge('orgcache_journal_clearings', 'Organizations that wait to be cleared.', journal.clears),
    gauge('orgcache_journal_bytes', 'Bytes of memory that the journal takes.', journal.bytes),
    gauge('orgcache_journal_max_bytes', 'Bytes that the journal may take.', journal.maxBytes),
    gauge(
      'orgcache_journal_oldest_seconds',
      'Age of the oldest entry; 0 if there is none.',
      (journal.oldestMs ?? 0) / 1000,
    ),
    gauge('orgcache_journal_reading', 'Whether files of ended processes are being read.', journal.reading),
    counter('orgcache_journal_taken_over', 'Entries from files of ended processes.', journal.takenOver),
    counter('orgcache_journal_writes', 'Writes that went into the journal.', counters.journaled),
    counter('orgcache_journal_refused', 'Writes that the journal could not take.', counters.journalFull),
    counter(
      'orgcache_replayed_writes',
      'Writes of the journal by what became of them: Redis has them, has newer ones, or refuses them.',
      each('outcome', {
        replayed: counters.replayed,
        superseded: counters.superseded,
        failed: counters.replayFailed,
      }),
    ),
  ];
}

module.exports = { cacheFamilies };
