'use strict';

const { createConsumerGroup } = require('../../js/streams/consumer-group.js');
const { onEnd } = require('./cleanup');
const { startRedis } = require('./redis');
const { until } = require('./wait');

/**
 * Common parts of the tests of consumer groups: a server, clients made by `open(url)`, groups that end by
 * themselves.
 */
async function consumerGroups(open, serverOptions) {
  const redis = await startRedis(serverOptions);
  let groups = [];

  async function client(options) {
    const opened = await open(redis.url, options);
    onEnd(() => opened.disconnect());
    return opened;
  }

  /**
   * A group on the stream `orders`. `handled` lists the ids that its handler got, `errors` the arguments of
   * `onError`.
   */
  async function group(options = {}) {
    const handled = [];
    const errors = [];
    const own = createConsumerGroup({
      client: options.client ?? (await client()),
      stream: 'orders',
      group: 'workers',
      from: '0',
      onError: (error, about) => errors.push({ error, ...about }),
      ...options,
      handler: (entry, context) => {
        handled.push(entry.id);
        return options.handler?.(entry, context);
      },
    });
    groups.push(own);
    return Object.assign(own, { handled, errors });
  }

  async function started(options) {
    const own = await group(options);
    await own.start();
    return own;
  }

  /** Adds entries with a field `n` that counts; answers their ids. */
  async function add(count, stream = 'orders') {
    const ids = [];
    for (let n = 0; n < count; n += 1) ids.push(await redis.command('XADD', stream, '*', 'n', n));
    return ids;
  }

  async function stopAll() {
    await Promise.all(groups.map((own) => own.stop({ timeoutMs: 1_000 })));
    groups = [];
  }

  const pending = async () => (await redis.command('XPENDING', 'orders', 'workers'))[0];
  const settled = () => until(async () => (await pending()) === 0, { what: 'no entry to be pending' });

  return { redis, client, group, started, add, stopAll, pending, settled };
}

module.exports = { consumerGroups };
