'use strict';

const dns = require('node:dns');
const net = require('node:net');
const { fail, inTime, ok } = require('./findings.js');
const { connected } = require('./socket.js');
const { checkTls } = require('./tls.js');
const { nameOf } = require('../configuration.js');
const { now } = require('../../time.js');

/**
 * @import { Address, HostAddress, Target, Variables } from '../configuration.js'
 * @import { Failure, Finding } from './findings.js'
 */

/**
 * Checks DNS, TCP and TLS of one address. If a check fails, its finding is the last one.
 * @param {Address} address
 * @param {Target} target
 * @param {Variables} env
 */
async function checkAddress(address, target, env) {
  const steps = [() => checkSocket(address, target)];
  if (address.path === undefined) {
    if (!net.isIP(address.host)) steps.unshift(() => checkName(address, target));
    if (target.usesTls) steps.push(() => checkTls(address, target, env));
  }
  /** @type {Finding[]} */
  const findings = [];
  for (const step of steps) {
    const found = await step();
    findings.push(found);
    if (found.status === 'fail') break;
  }
  return findings;
}

/**
 * @param {HostAddress} address
 * @param {Target} target
 */
async function checkName({ host }, { family }) {
  try {
    // The system's resolver, which every program uses: DNS, the hosts file and so on.
    const found = await inTime(dns.promises.lookup(host, { all: true, family }));
    return ok('dns', `${host} is ${found.map(({ address }) => address).join(', ')}`);
  } catch (error) {
    const which = family === 0 ? '' : ` to an IPv${family} address`;
    const { code } = /** @type {Failure} */ (error);
    return fail('dns', `${host} does not resolve${which}: ${code}`, 'check the name and REDIS_FAMILY');
  }
}

/**
 * @param {Address} address
 * @param {Target} target
 */
async function checkSocket(address, { family }) {
  const name = nameOf(address);
  const what = address.path === undefined ? 'tcp' : 'socket';
  const start = now();
  let socket;
  try {
    socket = net.connect(address.path === undefined ? { ...address, family } : address);
    await connected(socket, 'connect');
    return ok(what, `${name} took the connection in ${milliseconds(now() - start)}`);
  } catch (error) {
    const { code } = /** @type {Failure} */ (error);
    return fail(what, `${name} cannot be connected to: ${code}`, socketFix(code));
  } finally {
    socket?.destroy();
  }
}

/** @param {string} code */
function socketFix(code) {
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there: start Redis, or correct host and port';
    case 'ENOENT':
      return 'there is no such socket: correct the path, or set unixsocket in redis.conf';
    case 'EACCES':
      return 'this user may not use the socket: see unixsocketperm in redis.conf';
    default:
      return 'check the address, firewalls and security groups between here and there';
  }
}

/** @param {number} duration in milliseconds */
function milliseconds(duration) {
  return `${duration.toFixed(duration < 10 ? 2 : 0)} ms`;
}

module.exports = { checkAddress, milliseconds };
