'use strict';

const http = require('node:http');
const { once } = require('node:events');
const { connect } = require('../support/event-source');
const { openPackage, PACKAGE_ROOT } = require('../support/package');
const { runNode } = require('../support/process');
const { startRedis } = require('../support/redis');
const { SECRET, someone } = require('../support/sessions-contract');
const { until } = require('../support/wait');

/** Sooner than a watch asks by itself. */
const AT_ONCE_MS = 1_000;
/** That of all processes. */
const PREFIX = 'watch:';

describe.each(['loop', 'thread'])(
  'watched sessions that end in another process, with the %s driver',
  (driver) => {
    let redis;
    let orgcache;
    let sessions;

    beforeAll(async () => {
      redis = await startRedis();
    });

    beforeEach(() => {
      orgcache = openPackage({ url: redis.url, driver, logLevel: 'off', prefix: PREFIX });
      sessions = orgcache.createSessions({ secret: SECRET });
    });

    afterEach(() => sessions.close());

    /** Runs a call of sessions in a process of its own. Answers when it was done. */
    async function elsewhere(call) {
      const program = `
      const { createSessions, shutdown } = require(${JSON.stringify(PACKAGE_ROOT)});
      const sessions = createSessions({ secret: ${JSON.stringify(SECRET)} });
      ${call}.then(() => { console.log(Date.now()); return shutdown(); });`;
      const { stdout } = await runNode(['-e', program], {
        env: { REDIS_URL: redis.url, ORGCACHE_PREFIX: PREFIX },
      });
      return Number(stdout);
    }

    const subscribers = async () => {
      const [channel] = await redis.command('PUBSUB', 'CHANNELS', '*!session:*');
      return channel === undefined ? 0 : (await redis.command('PUBSUB', 'NUMSUB', channel))[1];
    };

    test('abort within a second, and with them their streams of events', async () => {
      const { createTopics, topic } = orgcache;
      const topics = createTopics({ topics: { news: topic() } });
      const server = http.createServer((request, response) => {
        const { signal, close } = sessions.watch(request.url.slice(1));
        topics.sse(request, response, { topics: ['news'], until: signal }).finally(close);
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const userId = someone();
      const [one, two, other] = await Promise.all([
        sessions.create({ userId }),
        sessions.create({ userId }),
        sessions.create({ userId: someone() }),
      ]);
      const url = `http://127.0.0.1:${server.address().port}/`;
      const [first, second, third] = await Promise.all(
        [one, two, other].map(({ id }) => connect(`${url}${id}`)),
      );
      const ends = new Map();
      for (const client of [first, second, third]) {
        client.response.once('close', () => ends.set(client, Date.now()));
      }
      await until(async () => (await subscribers()) === 1);
      const destroyed = await elsewhere(`sessions.destroy(${JSON.stringify(one.id)})`);
      await until(() => ends.has(first));
      expect(ends.get(first) - destroyed).toBeLessThan(AT_ONCE_MS);
      expect([second.isEnded, third.isEnded]).toEqual([false, false]);
      const revoked = await elsewhere(`sessions.destroyAll(${JSON.stringify(userId)})`);
      await until(() => ends.has(second));
      expect(ends.get(second) - revoked).toBeLessThan(AT_ONCE_MS);
      expect(third.isEnded).toBe(false);
      third.close();
      await until(async () => (await subscribers()) === 0);
      server.close();
      await topics.close();
    });

    test('live on where another one stays, and where one goes because of maxPerUser only that one ends', async () => {
      const userId = someone();
      const oldest = await sessions.create({ userId });
      // One of the same millisecond may go instead.
      await until(() => Date.now() > oldest.createdAt.getTime() + 2);
      const kept = await sessions.create({ userId });
      const [ofOldest, ofKept] = [sessions.watch(oldest.id), sessions.watch(kept.id)];
      await until(async () => (await subscribers()) === 1);
      const other = openPackage({ url: redis.url, driver, logLevel: 'off', prefix: PREFIX });
      const few = other.createSessions({ secret: SECRET, maxPerUser: 2 });
      await few.create({ userId });
      await until(() => ofOldest.signal.aborted, { timeoutMs: AT_ONCE_MS });
      await few.destroyAll(userId, { exceptId: kept.id });
      await few.destroy(kept.id);
      await until(() => ofKept.signal.aborted, { timeoutMs: AT_ONCE_MS });
      await few.close();
    });

    test('are asked for again after a lost connection, and hold no process', async () => {
      const session = await sessions.create();
      const { signal } = sessions.watch(session.id);
      await until(async () => (await subscribers()) === 1);
      const [key] = await redis.keys(`*!session:default:{${session.ref.slice(0, 12)}}`);
      // Nobody is told of it.
      await redis.command('UNLINK', key);
      await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await until(() => signal.aborted, { timeoutMs: 10_000 });
      const program = `
      const { createSessions } = require(${JSON.stringify(PACKAGE_ROOT)});
      const sessions = createSessions({ secret: ${JSON.stringify(SECRET)} });
      sessions.create().then(({ id }) => { sessions.watch(id); setTimeout(() => console.log('done'), 200); });`;
      const { stdout } = await runNode(['-e', program], {
        env: { REDIS_URL: redis.url, ORGCACHE_PREFIX: PREFIX },
        timeoutMs: 10_000,
      });
      expect(stdout.trim()).toBe('done');
    });
  },
);
