'use strict';

/** @import { Meter, ObservableResult } from '@opentelemetry/api' */
/** @import { Report } from '../report-types.js' */

/** @typedef {{ report: () => Report, isOpen: boolean, isEmbedded: boolean }} Reporting */

/**
 * Instances of this thread that are open and have a Redis.
 * @type {Set<Reporting>}
 */
const open = new Set();

/**
 * Shows the copies of an instance in OpenTelemetry until the returned function is called.
 * @param {Reporting} instance
 */
function showCopies(instance) {
  open.add(instance);
  return () => open.delete(instance);
}

/**
 * The client-side cache as other clients of Redis show it: lookups, copies, evictions, and the bytes that did not cross
 * the network.
 * @param {Meter} meter
 */
function observeCopies(meter) {
  const prefix = 'redis.client.csc';
  const requests = meter.createObservableCounter(`${prefix}.requests`, {
    description: 'Reads that asked for a copy in this process.',
    unit: '{request}',
  });
  const items = meter.createObservableUpDownCounter(`${prefix}.items`, {
    description: 'Copies in this process.',
    unit: '{item}',
  });
  const evictions = meter.createObservableCounter(`${prefix}.evictions`, {
    description: 'Copies that were removed to make room.',
    unit: '{eviction}',
  });
  const saved = meter.createObservableCounter(`${prefix}.network_saved`, {
    description: 'Bytes of values that copies answered.',
    unit: 'By',
  });
  meter.addBatchObservableCallback(
    (result) => {
      const reports = [...open].filter(({ isEmbedded, isOpen }) => isOpen && !isEmbedded);
      for (const near of storesOf(reports.map((instance) => instance.report()))) {
        result.observe(requests, near.hits, { ...near.labels, 'redis.client.csc.result': 'hit' });
        result.observe(requests, near.misses, { ...near.labels, 'redis.client.csc.result': 'miss' });
        result.observe(items, near.entries, near.labels);
        result.observe(evictions, near.evictions, { ...near.labels, 'redis.client.csc.reason': 'full' });
        result.observe(saved, near.savedBytes, near.labels);
      }
    },
    [requests, items, evictions, saved],
  );
}

/**
 * The stores of these instances, each once: instances with the same servers, database and prefix share one.
 * @param {Report[]} reports
 */
function storesOf(reports) {
  /** @type {Map<string, { labels: {}, hits: number, misses: number, entries: number, evictions: number, savedBytes: number }>} */
  const stores = new Map();
  for (const { counters, near, config } of reports) {
    if (near.mode === 'disabled') continue;
    const { clusterHosts, db, host, keyPrefix, port, sentinelHosts, url, username } = config.settings;
    const identity = JSON.stringify(
      [clusterHosts, db, host, keyPrefix, port, sentinelHosts, url, username].map(({ value }) => value),
    );
    const { hits, misses, entries, evictions } = near;
    const savedBytes = counters.nearSavedBytes + (stores.get(identity)?.savedBytes ?? 0);
    stores.set(identity, {
      labels: { 'orgcache.prefix': config.keyPrefix },
      hits,
      misses,
      entries,
      evictions,
      savedBytes,
    });
  }
  return stores.values();
}

module.exports = { observeCopies, showCopies };
