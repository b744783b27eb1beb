'use strict';

const dns = require('node:dns');
const net = require('node:net');
const tls = require('node:tls');
const { fail, inTime, ok, warn } = require('./findings.js');
const { nameOf } = require('../configuration.js');
const { epochMs, now } = require('../../time.js');

/** A certificate that ends sooner than a person would notice. */
const EXPIRES_SOON_MS = 14 * 24 * 60 * 60 * 1000;

/** DNS, TCP and TLS of one address: the findings, the last of which failed where one did. */
async function checkAddress(address, target) {
  const steps = [
    ...(address.path !== undefined || net.isIP(address.host) ? [] : [checkName]),
    checkSocket,
    ...(target.usesTls && address.path === undefined ? [checkTls] : []),
  ];
  const findings = [];
  for (const step of steps) {
    const found = await step(address, target);
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

async function checkTls(address, target) {
  const name = nameOf(address);
  const servername = target.servername ?? (net.isIP(address.host) ? undefined : address.host);
  let socket;
  try {
    socket = tls.connect({
      ...address,
      ...target.pem(),
      family: target.family,
      // An address is no name to ask for, and is compared with the certificate all the same.
      ...(servername === undefined ? {} : { servername }),
      minVersion: 'TLSv1.2',
      // Refused certificates are to be told about, and nothing is sent here.
      rejectUnauthorized: false,
    });
    await connected(socket, 'secureConnect');
    return certificateFinding(name, socket, target);
  } catch (error) {
    const code = error.code ?? 'error';
    return fail('tls', `${name} and this process agree on no TLS session: ${code}`, tlsFix(code));
  } finally {
    socket?.destroy();
  }
}

/** What comes of a port that speaks plain text: Redis waits for the rest of what it takes for a command. */
const SIGNS_OF_PLAIN_TEXT = [
  'ECONNRESET',
  'EPROTO',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'E_TIMEOUT',
];

function tlsFix(code) {
  if (SIGNS_OF_PLAIN_TEXT.includes(code)) {
    return 'the port seems to speak plain text: use redis:// and no REDIS_TLS, or the port that speaks TLS';
  }
  if (code === 'ENOENT')
    return 'a file that REDIS_TLS_CA, REDIS_TLS_CERT or REDIS_TLS_KEY names is not there';
  return 'check tls-port, tls-protocols and tls-auth-clients in redis.conf';
}

function certificateFinding(name, socket, { isTlsInsecure }) {
  const certificate = socket.getPeerCertificate();
  const subject = certificate.subject?.CN ?? certificate.subjectaltname ?? 'no name';
  const ends = new Date(certificate.valid_to);
  const shown = `the certificate of ${name} is for ${subject}, valid until ${ends.toISOString().slice(0, 10)}`;
  const refusal = socket.authorizationError?.code ?? socket.authorizationError;
  if (refusal && !isTlsInsecure) {
    return fail('tls', `${shown}, and is refused: ${refusal}`, certificateFix(refusal));
  }
  if (refusal) {
    const fix = 'set REDIS_TLS_CA and take REDIS_TLS_INSECURE away';
    return warn('tls', `${shown}; verification is off and would refuse it: ${refusal}`, fix);
  }
  if (ends.getTime() - epochMs() < EXPIRES_SOON_MS) return warn('tls', shown, 'renew it');
  return ok('tls', `${shown}, ${socket.getProtocol()}`);
}

function certificateFix(code) {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return 'renew the certificate of the server';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'connect by a name that is in the certificate, or set REDIS_TLS_SERVERNAME to one';
    default:
      return 'set REDIS_TLS_CA to the certificate of the authority that signed it';
  }
}

/** The socket, once it is connected; rejects where that fails or takes too long. */
function connected(socket, event) {
  const done = new Promise((resolve, reject) => {
    socket.once(event, resolve);
    socket.on('error', reject);
    socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
  });
  return inTime(done, { abandon: () => socket.destroy() });
}

function milliseconds(duration) {
  return `${duration.toFixed(duration < 10 ? 2 : 0)} ms`;
}

module.exports = { checkAddress, connected, milliseconds };
