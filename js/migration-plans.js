'use strict';

const { types } = require('node:util');
const { nameOf } = require('./adapter.js');
const { OrgCacheError } = require('./errors.js');
const { refuseUnknown } = require('./options.js');

/** @import { LegacyMap, LegacyMaps, MigrationStats } from '../index.js' */

/** @typedef {InstanceType<typeof import('./adapter.js').CacheAdapter>} CacheAdapter */
/** @typedef {keyof MigrationStats} Statistic */
/** @typedef {LegacyMap<any>} Legacy */

/**
 * Stores an entry of a Map. Answers undefined if the entry does not name its owner.
 * @typedef {(key: string, value: any) => Promise<boolean> | undefined} Store
 */
/** @typedef {{ map: Legacy, statistic: Statistic, store: Store }} Plan */

/**
 * The Maps to move, and how each stores its entries. Throws `E_ARGUMENT` for a value that is no Map and for an
 * unknown name.
 * @param {LegacyMaps} maps
 * @param {CacheAdapter} adapter
 * @param {(key: string) => { orgId: string | null, phoneNumber: string }} parseKey
 * @returns {Plan[]}
 */
function plansOf(maps, adapter, parseKey) {
  /** @returns {Store} */
  const conversation = (/** @type {CacheAdapter['setConversationSummary']} */ set) => (key, value) => {
    const { orgId, phoneNumber } = parseKey(key);
    return orgId === null || !hasContent(value) ? undefined : set.call(adapter, orgId, phoneNumber, value);
  };
  /** @type {Store} */
  const agent = (key, value) => {
    const { orgId: agentId, phoneNumber } = parseKey(key);
    const configured = typeof value === 'object' ? value?.configured : value;
    const isKnown = agentId !== null && configured !== undefined && configured !== null;
    return isKnown ? adapter.setAgentConfig(agentId, phoneNumber, configured) : undefined;
  };
  /** @type {Store} */
  const lead = (phone, id) => (id ? adapter.setPhoneToLeadMapping(phone, id) : undefined);
  /** @type {Store} */
  const organization = (orgId, data) => {
    const name = nameOf(data);
    return name ? adapter.setOrganizationData(orgId, name) : undefined;
  };
  /** @type {[name: keyof LegacyMaps, statistic: Statistic, store: Store][]} */
  const plans = [
    ['conversationContexts', 'conversationContexts', conversation(adapter.setConversationContext)],
    ['conversationSummaries', 'conversationSummaries', conversation(adapter.setConversationSummary)],
    ['phoneToLeadMapping', 'leadMappings', lead],
    ['organizationCache', 'organizationData', organization],
    ['agentConfigCache', 'agentConfigs', agent],
  ];
  refuseWhatIsNoMap(
    maps,
    plans.map(([name]) => name),
  );
  return plans
    .filter(([name]) => maps[name])
    .map(([name, statistic, store]) => ({ map: /** @type {Legacy} */ (maps[name]), statistic, store }));
}

/** @param {unknown} name */
function isMissing(name) {
  return name === null || name === undefined;
}

/**
 * Checked before the migration: a Map under a wrong name would stay where it is, unnoticed.
 * @param {unknown} maps
 * @param {string[]} names
 */
function refuseWhatIsNoMap(maps, names) {
  if (typeof maps !== 'object' || maps === null || types.isMap(maps) || Array.isArray(maps)) {
    throw new OrgCacheError('E_ARGUMENT', 'migrateExistingMaps() takes an object of Maps by their names');
  }
  refuseUnknown(Object.keys(maps), names, 'the Map');
  for (const [name, map] of Object.entries(maps)) {
    if (isMissing(map) || isMap(map)) continue;
    throw new OrgCacheError('E_ARGUMENT', `${name} must be a Map, or have a Map's methods`);
  }
}

/** @param {unknown} value */
function isMap(value) {
  const methods = ['get', 'set', 'delete', Symbol.iterator];
  const given = /** @type {Record<string | symbol, unknown>} */ (value);
  return types.isMap(value) || methods.every((name) => typeof given[name] === 'function');
}

/**
 * An empty list or text counts as nothing, as it did for the JavaScript manager.
 * @param {unknown} value
 */
function hasContent(value) {
  return (
    value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
  );
}

module.exports = { hasContent, isMissing, plansOf };
