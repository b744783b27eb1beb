'use strict';

const { now } = require('../../time.js');
const { gauge } = require('../family.js');

/** @import { RedisClient } from '../../../index.js' */
/** @import { Foundation } from '../../surface.js' */
/** @import { Source } from '../registry.js' */

/** @typedef {{ labels: { node: string }, isUp: boolean, info: string, seconds: number }} Answer */

/**
 * What the server says when it is asked, and each primary of a cluster. A server that is known to be away is not asked,
 * so that nobody waits for it.
 * @param {Pick<Foundation, 'bridge' | 'client'>} foundation
 * @returns {Source}
 */
function serverSource({ bridge, client }) {
  return async ({ report }) => {
    if (!report.usesRedis) return [];
    const isConnected = ['ready', 'recovering'].includes(report.state.state);
    const nodes = bridge.isClosed ? [client()] : client().nodes('master');
    const answers = await Promise.all(nodes.map((node) => ask(node, isConnected)));
    const up = answers.filter(({ isUp }) => isUp);
    return [
      gauge(
        'orgcache_redis_up',
        'Whether the server answered just now.',
        answers.map(({ labels, isUp }) => ({ labels, value: Number(isUp) })),
      ),
      gauge(
        'orgcache_redis_response_seconds',
        'Time in which it answered.',
        up.map(({ labels, seconds }) => ({ labels, value: seconds })),
      ),
      gauge('orgcache_redis_memory_bytes', "Bytes of the server's data.", memoryOf(up, 'used_memory')),
      gauge(
        'orgcache_redis_memory_max_bytes',
        'Bytes that it may hold; 0 for no limit.',
        memoryOf(up, 'maxmemory'),
      ),
    ];
  };
}

/**
 * @param {RedisClient} node
 * @param {boolean} isConnected
 * @returns {Promise<Answer>}
 */
async function ask(node, isConnected) {
  const { host, port, path } = node.options;
  const labels = { node: String(path ?? `${host}:${port}`) };
  const start = now();
  const info = isConnected ? await node.info('memory').catch(() => '') : '';
  return { labels, isUp: info !== '', info, seconds: (now() - start) / 1000 };
}

/**
 * @param {Answer[]} answers
 * @param {string} field
 */
function memoryOf(answers, field) {
  return answers.map(({ labels, info }) => ({
    labels,
    value: Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1] ?? Number.NaN),
  }));
}

module.exports = { serverSource };
