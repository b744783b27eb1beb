'use strict';

const net = require('node:net');
const tls = require('node:tls');
const { fail, inTime, ok, warn } = require('./findings.js');
const { connected } = require('./socket.js');
const { sentenceOf } = require('../../errors.js');
const { nameOf } = require('../configuration.js');

/**
 * @import { RedisClient } from '../../../index.js'
 * @import { Socket } from 'node:net'
 * @import { HostAddress, SentinelTarget } from '../configuration.js'
 * @import { Failure, Finding } from './findings.js'
 * @typedef {string | string[] | null} Reply of a sentinel
 *
 * @typedef {object} Answer
 * @property {HostAddress} host the sentinel that was asked
 * @property {HostAddress} [address] of the primary
 * @property {{ message: string, fix: string }} [problem]
 */

const SLOTS = 16_384;
/** The longest accepted reply of a sentinel, which is asked for one address. */
const MAX_REPLY_BYTES = 64 * 1024;

/**
 * Checks how the cluster sees itself.
 * @param {RedisClient} client
 */
async function checkCluster(client) {
  let state;
  let nodes;
  try {
    state = String(await inTime(client.call('CLUSTER', 'INFO')));
    nodes = String(await inTime(client.call('CLUSTER', 'NODES')));
  } catch (error) {
    return fail(
      'cluster',
      `the cluster does not report its state: ${sentenceOf(error)}`,
      'check cluster-enabled',
    );
  }
  const covered = Number(/^cluster_slots_ok:(\d+)/m.exec(state)?.[1]);
  const rows = nodes
    .trim()
    .split('\n')
    .map((row) => row.split(' '));
  const flagged = (/** @type {string} */ flag) =>
    rows.filter(([, , flags]) => flags.split(',').includes(flag)).length;
  const lost = rows
    .filter(([, , flags]) => /\bfail\b/.test(flags))
    .map(([, address]) => address.split('@')[0]);
  const shown = `${flagged('master')} primaries, ${flagged('slave')} replicas, ${covered} of ${SLOTS} slots served`;
  if (!/^cluster_state:ok/m.test(state) || covered < SLOTS) {
    return fail('cluster', `${shown}; the cluster is down`, 'see redis-cli --cluster check');
  }
  if (lost.length > 0)
    return warn('cluster', `${shown}; lost: ${lost.join(', ')}`, 'start them or forget them');
  return ok('cluster', shown);
}

/**
 * Asks each sentinel for the primary. Answers the findings, and the address if one is known.
 * @param {SentinelTarget} target
 */
async function checkSentinels(target) {
  const answers = await Promise.all(target.hosts.map((host) => askSentinel(host, target)));
  /** @type {Map<string, HostAddress>} */
  const told = new Map();
  /** @type {Finding[]} */
  const findings = [];
  for (const { host, address, problem } of answers) {
    if (address !== undefined) told.set(nameOf(address), address);
    if (problem !== undefined)
      findings.push(warn('sentinel', `${nameOf(host)} ${problem.message}`, problem.fix));
  }
  const [primary] = told.values();
  const agreeing = answers.filter(({ address }) => address !== undefined).length;
  const shown = `${agreeing} of ${answers.length} sentinels say that ${target.primaryName} is at`;
  if (primary === undefined) {
    const fix = 'check REDIS_SENTINEL_NAME, REDIS_SENTINEL_PASSWORD and the sentinels';
    findings.push(fail('sentinel', `no sentinel knows the address of ${target.primaryName}`, fix));
  } else if (told.size > 1) {
    const fix = 'wait for a failover to end, or reset the sentinels that are wrong';
    findings.push(warn('sentinel', `${shown} different addresses: ${[...told.keys()].join(', ')}`, fix));
  } else {
    findings.push(ok('sentinel', `${shown} ${nameOf(primary)}`));
  }
  return { findings, primary };
}

/**
 * Asks on a separate connection, because a sentinel's login is not the server's.
 * @param {HostAddress} host
 * @param {SentinelTarget} target
 * @returns {Promise<Answer>}
 */
async function askSentinel(host, target) {
  let socket;
  try {
    socket = target.usesTls ? tls.connect({ ...host, ...tlsOf(target, host) }) : net.connect(host);
    await connected(socket, target.usesTls ? 'secureConnect' : 'connect');
    const login = loginOf(target);
    if (login.length > 0) await inTime(ask(socket, ['AUTH', ...login]));
    const found = await inTime(ask(socket, ['SENTINEL', 'get-master-addr-by-name', target.primaryName]));
    if (Array.isArray(found)) return { host, address: { host: found[0], port: Number(found[1]) } };
    return { host, problem: unknownName(target.primaryName) };
  } catch (error) {
    const { code } = /** @type {Failure} */ (error);
    const isLogin = /^(NOAUTH|WRONGPASS|NOPERM)$/.test(code);
    const fix = isLogin
      ? 'correct REDIS_SENTINEL_USERNAME and REDIS_SENTINEL_PASSWORD'
      : 'check that a sentinel listens there';
    return { host, problem: { message: `does not answer: ${code}`, fix } };
  } finally {
    socket?.destroy();
  }
}

/** @param {SentinelTarget} target */
function loginOf({ sentinelUsername, sentinelPassword }) {
  // A user may need no password.
  if (sentinelUsername) return [sentinelUsername, sentinelPassword ?? ''];
  return sentinelPassword === undefined ? [] : [sentinelPassword];
}

/** @param {string} name */
function unknownName(name) {
  return { message: `watches no primary named ${name}`, fix: 'correct REDIS_SENTINEL_NAME' };
}

/**
 * @param {SentinelTarget} target
 * @param {HostAddress} address
 */
function tlsOf(target, { host }) {
  const servername = target.servername ?? (net.isIP(host) ? undefined : host);
  return {
    ...target.pem(),
    ...(servername === undefined ? {} : { servername }),
    rejectUnauthorized: !target.isTlsInsecure,
  };
}

/**
 * Sends one command and reads its reply. Rejects with the server's error word as `code`.
 * @param {Socket} socket
 * @param {string[]} words
 * @returns {Promise<Reply>}
 */
function ask(socket, words) {
  const request = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('');
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (/** @type {Buffer} */ bytes) => {
      text += bytes;
      const reply = readReply(text);
      if (reply === undefined && text.length <= MAX_REPLY_BYTES) return;
      socket.off('data', onData);
      if (reply === undefined) reject(Object.assign(new Error('no reply'), { code: 'E_REPLY' }));
      else if (reply.error !== undefined) reject(Object.assign(new Error('refused'), { code: reply.error }));
      else resolve(reply.value);
    };
    socket.on('data', onData);
    socket.once('error', reject);
    socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
    socket.write(`*${words.length}\r\n${request}`);
  });
}

/**
 * Parses a reply. Undefined if it is incomplete.
 * @param {string} text
 * @returns {{ value: Reply, error?: undefined } | { error: string } | undefined}
 */
function readReply(text) {
  const lines = text.split('\r\n');
  if (lines.length < 2) return undefined;
  const [first] = lines;
  switch (first[0]) {
    case '+':
      return { value: first.slice(1) };
    case '-':
      return { error: first.slice(1).split(' ')[0] };
    case '*': {
      const count = Number(first.slice(1));
      if (count < 0) return { value: null };
      // Each element has a length and a text, and the last line end is followed by an empty part.
      if (lines.length < 2 + 2 * count) return undefined;
      return { value: lines.slice(1, 1 + 2 * count).filter((_line, index) => index % 2 === 1) };
    }
    default:
      return { error: 'E_REPLY' };
  }
}

module.exports = { checkCluster, checkSentinels };
