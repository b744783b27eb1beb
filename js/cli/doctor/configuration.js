'use strict';

const { nameOf } = require('../configuration.js');
const { fail, ok, warn } = require('./findings.js');

/**
 * @import { Configured } from '../../report-types.js'
 * @import { Target } from '../configuration.js'
 * @import { Failure } from './findings.js'
 */

/**
 * Reports the settings and their sources. Secrets are redacted.
 * @param {Configured} configuration
 * @param {Target} target
 */
function checkConfiguration({ settings, warnings }, target) {
  const given = Object.values(settings).filter(({ source }) => source !== 'default');
  const shown = given.map(({ variable, value }) => `${variable}=${value}`).join(' ');
  const origin =
    given.length === 0 ? 'all by default' : `set by the environment: ${shown}; all else by default`;
  return [
    ok('configuration', `${describe(target)}; ${origin}`),
    ...warnings.map((sentence) => warn('configuration', sentence)),
  ];
}

/** @param {Target} target */
function describe({ topology, hosts, database, primaryName, usesTls }) {
  const names = hosts.map(nameOf).join(', ');
  const speech = usesTls ? ', TLS' : '';
  switch (topology) {
    case 'embedded':
      return 'no Redis: values stay in the memory of each process';
    case 'cluster':
      return `a cluster that is found through ${names}${speech}`;
    case 'sentinel':
      return `the primary ${primaryName} of the sentinels ${names}, database ${database}${speech}`;
    default:
      return `one server at ${names}, database ${database}${speech}`;
  }
}

/** @param {Failure} error */
function refusedConfiguration(error) {
  return fail(
    'configuration',
    error.message,
    'correct that variable; .env.example of the package explains each',
  );
}

module.exports = { checkConfiguration, refusedConfiguration };
