'use strict';

const { createInstance } = require('../../instance.js');
const { checkCopies } = require('./copies.js');
const { DEADLINE_MS, line } = require('./findings.js');
const { checkAddress } = require('./network.js');
const { checkQueues } = require('./queues.js');
const { checkClock, checkLatency, checkLogin, checkServer } = require('./server.js');
const { optionsOf, readConfiguration, targetOf } = require('../configuration.js');
const { checkConfiguration, refusedConfiguration } = require('./configuration.js');
const { withQueues } = require('../store.js');
const { checkCluster, checkSentinels } = require('./topology.js');

/**
 * @import { ConfigureOptions } from '../../../index.js'
 * @import { Run } from '../arguments.js'
 * @import { Place, Target, Variables } from '../configuration.js'
 * @import { Failure, Finding } from './findings.js'
 * @typedef {(...findings: Finding[]) => Promise<void>} Report receives each finding when it is made
 */

/**
 * Checks everything between this process and its data. Answers whether no check failed.
 * @param {Run} run
 * @param {Variables} [env]
 */
async function doctor({ json = false, url, prefix, say }, env = process.env) {
  /** @type {Finding[]} */
  const findings = [];
  /** @type {Report} */
  const report = async (...found) => {
    findings.push(...found);
    if (!json) for (const one of found) await say(line(one));
  };
  const settings = await examine(report, env, { url, prefix });
  const healthy = findings.every(({ status }) => status !== 'fail');
  if (json) await say(JSON.stringify({ healthy, checks: findings, settings }, null, 2));
  return healthy;
}

/**
 * Reports finding by finding. Answers the settings, or null if they are not allowed.
 * @param {Report} report
 * @param {Variables} env
 * @param {Place} given
 */
async function examine(report, env, given) {
  const options = optionsOf(given);
  let configuration;
  try {
    configuration = readConfiguration(env, options);
  } catch (error) {
    await report(refusedConfiguration(/** @type {Failure} */ (error)));
    return null;
  }
  const target = targetOf(configuration, env);
  await report(...checkConfiguration(configuration, target));
  if (target.topology !== 'embedded' && (await isReachable(report, target, env))) {
    const isIn = await examineServer(report, target, options);
    if (isIn) await report(...(await withQueues(given, checkQueues, env)));
  }
  return configuration.settings;
}

/**
 * Whether at least one address accepts connections.
 * @param {Report} report
 * @param {Target} target
 * @param {Variables} env
 */
async function isReachable(report, target, env) {
  const found = await Promise.all(target.hosts.map((host) => checkAddress(host, target, env)));
  const isAny = found.some(succeeded);
  await report(...found.flat().map((one) => (isAny ? softened(one) : one)));
  if (!isAny || target.topology !== 'sentinel') return isAny;
  const { findings, primary } = await checkSentinels(target);
  await report(...findings);
  if (primary === undefined) return false;
  const ofPrimary = await checkAddress(primary, target, env);
  await report(...ofPrimary);
  return succeeded(ofPrimary);
}

/** @param {Finding[]} findings */
function succeeded(findings) {
  return findings.every(({ status }) => status !== 'fail');
}

/**
 * A failure that counts as a warning: one of several addresses may be away, since the others know the topology.
 * @param {Finding} finding
 * @returns {Finding}
 */
function softened(finding) {
  return finding.status === 'fail' ? { ...finding, status: 'warn' } : finding;
}

/**
 * @param {Report} report
 * @param {Target} target
 * @param {ConfigureOptions} options
 */
async function examineServer(report, target, options) {
  const instance = createInstance();
  const connectTimeout = Math.min(target.connectTimeoutMs, DEADLINE_MS);
  instance.configure({ logLevel: 'off', connectTimeout, ...options });
  const client = instance.redisManager.getClient();
  try {
    const login = await checkLogin(client, target);
    await report(login);
    if (login.status === 'fail') return false;
    await report(...(await checkServer(client, target)));
    await report(await checkLatency(client), await checkClock(client));
    if (target.hasCopies) await report(await checkCopies(client));
    if (target.topology === 'cluster') await report(await checkCluster(client));
    return true;
  } finally {
    await instance.shutdown({ timeoutMs: 0 });
  }
}

module.exports = { doctor };
