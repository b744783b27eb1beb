'use strict';

const { OrgCacheError } = require('../errors.js');
const { refuseUnknown } = require('../options.js');
const { protocol } = require('../protocol.js');
const { clearInterval, setInterval } = require('../time.js');
const { verbs } = require('./engine.js');
const { tagOfTable } = require('./tables.js');

/** @import { MutationTargets } from '../../types/cache-entries.js' */

/** @typedef {InstanceType<typeof import('./scope.js').Scope>} Scope */

const { details } = protocol.cache.entries;
const { mutationRenewMs } = protocol.limits;
const TARGETS = ['keys', 'tags', 'tables'];

/**
 * Runs a change while nothing is kept under what it names, and forgets that afterwards, also if the change throws.
 * @template R
 * @param {Scope} scope
 * @param {MutationTargets} what
 * @param {() => Promise<R>} change
 * @returns {Promise<R>}
 */
async function mutate(scope, what, change) {
  const { keys, tags, tables } = namesOf(what);
  if (typeof change !== 'function') throw new OrgCacheError('E_ARGUMENT', 'the change must be a function');
  const all = [...tags, ...tables.map(tagOfTable)];
  const call = (/** @type {unknown} */ token, /** @type {number} */ detail) =>
    scope.entries.call(verbs.entryMutate, [token, all.length, ...all, ...keys], detail);
  // What belongs to no organization changes the tables of all.
  const shared = scope.organization === undefined && tables.length > 0 ? scope.tables() : undefined;
  scope.changesAll();
  const [token] = await Promise.all([call('', 0), shared?.guard(tables)]);
  const renew = () => Promise.all([call(token ?? '', details.renew), shared?.guard(tables)]);
  const renewal = setInterval(() => renew().catch(() => {}), mutationRenewMs).unref();
  try {
    return await change();
  } finally {
    clearInterval(renewal);
    scope.changesAll();
    await Promise.all([call(token ?? '', details.end), shared?.renew(tables)]);
  }
}

/**
 * The names that are given, each once.
 * @param {MutationTargets} what
 */
function namesOf(what) {
  if (typeof what !== 'object' || what === null || Array.isArray(what)) {
    throw new OrgCacheError('E_ARGUMENT', 'mutate() takes an object with keys, tags or tables');
  }
  refuseUnknown(Object.keys(what), TARGETS, 'the target');
  const { keys = [], tags = [], tables = [] } = what;
  for (const [name, names] of Object.entries({ keys, tags, tables })) {
    const isList = Array.isArray(names) && names.every((one) => typeof one === 'string');
    if (!isList) throw new OrgCacheError('E_ARGUMENT', `${name} must be a list of texts`);
  }
  if (keys.length + tags.length + tables.length === 0) {
    throw new OrgCacheError('E_ARGUMENT', 'mutate() must name keys, tags or tables');
  }
  return { keys: [...new Set(keys)], tags: [...new Set(tags)], tables: [...new Set(tables)] };
}

module.exports = { mutate };
