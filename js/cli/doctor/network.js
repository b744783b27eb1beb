'use strict';

const dns = require('node:dns');
const net = require('node:net');
const { fail, inTime, ok } = require('./findings.js');
const { connected } = require('./socket.js');
const { checkTls } = require('./tls.js');
const { nameOf } = require('../configuration.js');
const { now } = require('../../time.js');

/** DNS, TCP and TLS of one address: the findings, the last of which failed where one did. */
async function checkAddress(address, target, env) {
  const steps = [
    ...(address.path !== undefined || net.isIP(address.host) ? [] : [checkName]),
    checkSocket,
    ...(target.usesTls && address.path === undefined ? [checkTls] : []),
  ];
  const findings = [];
  for (const step of steps) {
    const found = await step(address, target, env);
    findings.push(found);
    if (found.status === 'fail') break;
  }
  return findings;
}

async function checkName({ host }, { family }) {
  try {
    // As the system's resolver does for every program: DNS, hosts file and all.
    const found = await inTime(dns.promises.lookup(host, { all: true, family }));
    return ok('dns', `${host} is ${found.map(({ address }) => address).join(', ')}`);
  } catch (error) {
    const which = family === 0 ? '' : ` to an IPv${family} address`;
    return fail('dns', `${host} does not resolve${which}: ${error.code}`, 'check the name and REDIS_FAMILY');
  }
}

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
    return fail(what, `${name} cannot be connected to: ${error.code}`, socketFix(error.code));
  } finally {
    socket?.destroy();
  }
}

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

function milliseconds(duration) {
  return `${duration.toFixed(duration < 10 ? 2 : 0)} ms`;
}

module.exports = { checkAddress, milliseconds };
