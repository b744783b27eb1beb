'use strict';

const { OrgCacheError } = require('../errors.js');
const { refuseUnknown } = require('../options.js');
const { protocol } = require('../protocol.js');
const { whenKnown } = require('../readiness.js');
const { FORMATS, expositionOf } = require('./exposition.js');
const { cacheFamilies } = require('./sources/cache.js');
const { connectionFamilies } = require('./sources/connection.js');
const { eventSource } = require('./sources/events.js');
const { limiterFamilies } = require('./sources/limiter.js');
const { organizationFamilies } = require('./sources/organizations.js');
const { serverSource } = require('./sources/server.js');
const { sessionFamilies } = require('./sources/session.js');

/** @import { MetricsOptions, metrics } from '../../index.js' */
/** @import { Foundation } from '../surface.js' */
/** @import { Source } from './registry.js' */

const { metricsOrganizations: MOST } = protocol.limits;
const OPTIONS = ['format', 'organizations'];

/**
 * The sources of the rooms whose numbers are in native code's report, or on the server. A room of that kind adds its
 * line here. A room that counts in JavaScript calls `foundation.metrics.add(source)` itself.
 * @type {(foundation: Foundation) => Source[]}
 */
const SOURCES = (foundation) => [
  connectionFamilies,
  cacheFamilies,
  limiterFamilies,
  sessionFamilies,
  serverSource(foundation),
  eventSource(foundation),
];

/**
 * Answers the `metrics` of an instance.
 * @param {Foundation} foundation
 * @returns {typeof metrics}
 */
function metricsOf(foundation) {
  const { bridge, metrics: registry } = foundation;
  for (const source of SOURCES(foundation)) registry.add(source);
  return async (given) => {
    const format = formatOf(given);
    const most = organizationsOf(given);
    await whenKnown(bridge, protocol.limits.knownWithinMs);
    const families = await registry.families();
    if (most > 0) families.push(...organizationFamilies(bridge, most));
    return expositionOf(families, format);
  };
}

/** @param {MetricsOptions} [given] */
function formatOf(given = {}) {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OrgCacheError('E_CONFIG', 'metrics() takes an object of options');
  }
  refuseUnknown(Object.keys(given), OPTIONS, 'the option');
  const { format = FORMATS[0] } = given;
  if (FORMATS.includes(format)) return format;
  throw new OrgCacheError('E_CONFIG', `the option format must be one of ${FORMATS.join(', ')}`);
}

/**
 * How many organizations are shown by name.
 * @param {MetricsOptions} [given]
 */
function organizationsOf({ organizations = 0 } = {}) {
  if (Number.isInteger(organizations) && organizations >= 0 && organizations <= MOST) return organizations;
  throw new OrgCacheError('E_CONFIG', `the option organizations must be an integer from 0 to ${MOST}`);
}

module.exports = { metricsOf };
