'use strict';

const net = require('node:net');
const tls = require('node:tls');
const { DEADLINE_MS, fail, inTime, ok, warn } = require('./findings.js');
const { connected } = require('./socket.js');
const { Environment } = require('../../environment.js');
const { sentenceOf } = require('../../errors.js');
const { createInstance } = require('../../instance.js');
const { epochMs } = require('../../time.js');
const { nameOf } = require('../configuration.js');

/**
 * @import { HostAddress, Target, Variables } from '../configuration.js'
 * @import { Failure } from './findings.js'
 */

/** A certificate that ends within this time is reported. */
const EXPIRES_SOON_MS = 14 * 24 * 60 * 60 * 1000;

/** Variables that affect a TLS session, whatever the server. */
const VARIABLES = ['CACHE_DRIVER', 'REDIS_TLS_CA', 'REDIS_TLS_CERT', 'REDIS_TLS_KEY', 'REDIS_TLS_SERVERNAME'];

/**
 * The package's own connection decides. Node only shows the certificate, which that connection does not show.
 * @param {HostAddress} address
 * @param {Target} target
 * @param {Variables} env
 */
async function checkTls(address, target, env) {
  const [certificate, problem] = await Promise.all([
    certificateOf(address, target),
    problemOf(address, target, env),
  ]);
  const shown = certificate?.shown ?? `${nameOf(address)} speaks TLS`;
  // A server that made a session and then is silent has another problem, which later checks report.
  if (problem !== undefined && (problem.code !== 'E_TIMEOUT' || certificate === undefined)) {
    const what = certificate === undefined ? `${nameOf(address)} is refused` : `${shown}, and is refused`;
    return fail('tls', `${what}: ${sentenceOf(problem)}`);
  }
  if (target.isTlsInsecure) {
    const strict = await problemOf(address, { ...target, isTlsInsecure: false }, env);
    const fix = 'set REDIS_TLS_CA and take REDIS_TLS_INSECURE away';
    if (strict !== undefined) {
      return warn('tls', `${shown}; verification is off and would refuse it: ${sentenceOf(strict)}`, fix);
    }
  }
  if (certificate === undefined) return ok('tls', shown);
  if (certificate.endsMs - epochMs() < EXPIRES_SOON_MS) return warn('tls', shown, 'renew it');
  return ok('tls', `${shown}, ${certificate.protocol}`);
}

/**
 * The reason why the connection gets no TLS session with the server. It does not log in: only TLS is tried.
 * @param {HostAddress} address
 * @param {Target} target
 * @param {Variables} env
 * @returns {Promise<Failure | undefined>}
 */
async function problemOf({ host, port }, target, env) {
  const kept = VARIABLES.filter((name) => env[name]).map((name) => [name, env[name]]);
  const variables = { ...Object.fromEntries(kept), REDIS_TLS_INSECURE: String(target.isTlsInsecure) };
  const instance = createInstance(undefined, new Environment(() => variables));
  instance.configure({
    host,
    port,
    family: target.family,
    tls: true,
    connectTimeout: Math.min(target.connectTimeoutMs, DEADLINE_MS),
    commandTimeout: DEADLINE_MS,
    maxRetries: 0,
    logLevel: 'off',
  });
  try {
    await inTime(instance.redisManager.getClient().ping());
    return undefined;
  } catch (error) {
    // A server that answers, even with a demand for a login, has accepted the session.
    const failure = /** @type {Failure} */ (error);
    return failure.redisCode === undefined ? failure : undefined;
  } finally {
    await instance.shutdown({ timeoutMs: 0 });
  }
}

/**
 * The server's certificates as Node sees them. Undefined if no session is made.
 * @param {HostAddress} address
 * @param {Target} target
 */
async function certificateOf(address, target) {
  const servername = target.servername ?? (net.isIP(address.host) ? undefined : address.host);
  let socket;
  try {
    /** @type {tls.ConnectionOptions & { family: number }} */
    const options = {
      ...address,
      ...target.pem(),
      family: target.family,
      ...(servername === undefined ? {} : { servername }),
      minVersion: 'TLSv1.2',
      // Refused certificates must be reported too, and nothing is sent here.
      rejectUnauthorized: false,
    };
    socket = tls.connect(options);
    await connected(socket, 'secureConnect');
    const certificate = socket.getPeerCertificate();
    const subject = certificate.subject?.CN ?? certificate.subjectaltname ?? 'no name';
    const ends = new Date(certificate.valid_to);
    const until = ends.toISOString().slice(0, 10);
    return {
      shown: `the certificate of ${nameOf(address)} is for ${subject}, valid until ${until}`,
      endsMs: ends.getTime(),
      protocol: socket.getProtocol(),
    };
  } catch {
    return undefined;
  } finally {
    socket?.destroy();
  }
}

module.exports = { checkTls };
