'use strict';

const net = require('node:net');
const { onEnd } = require('../support/cleanup');
const { openPackage } = require('../support/package');
const { inFreshProcess } = require('../support/process');
const { withRedis } = require('../support/redis');
const { rejection, until } = require('../support/wait');

/**
 * Passes connections on to the server at `port`. `protocols` has what the server said in its reply to HELLO, by the
 * number of the connection: Redis 6.2 does not list it anywhere.
 */
async function startRecorder(port) {
  const protocols = new Map();
  const server = net.createServer((socket) => {
    const upstream = net.connect(port, '127.0.0.1');
    socket.pipe(upstream).pipe(socket);
    for (const each of [socket, upstream]) each.on('error', () => {});
    socket.on('close', () => upstream.destroy());
    let reply = '';
    upstream.on('data', function record(data) {
      reply += data.toString('latin1');
      const protocol = /\$5\r\nproto\r\n:(\d)\r/.exec(reply);
      const id = /\$2\r\nid\r\n:(\d+)\r/.exec(reply);
      if (protocol === null || id === null) return;
      protocols.set(id[1], Number(protocol[1]));
      upstream.off('data', record);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  onEnd(() => new Promise((resolve) => server.close(resolve)));
  return { url: `redis://127.0.0.1:${server.address().port}`, protocols };
}

describe.each(['loop', 'thread'])('the protocol, with the driver %s', (driver) => {
  const redis = withRedis();
  let recorder;
  beforeEach(async () => {
    recorder = await startRecorder(redis.port);
  });

  /** Uses a connection of each kind; answers the protocols that the server sees. */
  async function spoken(options) {
    const orgcache = openPackage({ url: recorder.url, driver, clientKeyPrefix: '', ...options });
    const client = await orgcache.getRedis();
    await orgcache.cacheAdapter.set('a', 1);
    await client.call('RPUSH', 'l', 'x');
    await client.blpop('l', 1);
    const copy = client.duplicate();
    await copy.subscribe('c');
    const { info } = await orgcache.redisManager.healthCheck();
    const rows = (await client.call('CLIENT', 'LIST')).trim().split('\n');
    await copy.quit();
    await orgcache.shutdown();
    const own = rows.filter((row) => row.includes('name=orgcache'));
    expect(own.length).toBeGreaterThanOrEqual(3);
    const seen = own.map((row) => recorder.protocols.get(/\bid=(\d+)/.exec(row)[1]));
    return { told: info.protocol, seen: [...new Set(seen)] };
  }

  test('is RESP2 on every connection', async () => {
    expect(await spoken({})).toEqual({ told: 2, seen: [2] });
  });

  test('is RESP3 where the option or the URL asks for it', async () => {
    expect(await spoken({ protocol: 3 })).toEqual({ told: 3, seen: [3] });
    expect(await spoken({ url: `${recorder.url}?protocol=resp3` })).toEqual({ told: 3, seen: [3] });
    expect(await spoken({ url: `${recorder.url}?protocol=2`, protocol: undefined })).toEqual({
      told: 2,
      seen: [2],
    });
  });

  test('is RESP3 where the variable asks for it, and that of a duplicate where its options do', async () => {
    const body = async ({ load, report }) => {
      const { getRedis, shutdown } = load();
      const client = await getRedis();
      const other = client.duplicate({ protocol: 2 });
      report([await client.call('CLIENT', 'ID'), await other.call('CLIENT', 'ID')]);
      await other.quit();
      await shutdown();
    };
    const protocolsOf = async (env) => {
      const { report } = await inFreshProcess(body, { env: { CACHE_DRIVER: driver, ...env } });
      return report.map((id) => recorder.protocols.get(String(id)));
    };
    expect(await protocolsOf({ REDIS_URL: recorder.url, REDIS_PROTOCOL: '3' })).toEqual([3, 2]);
    expect(await protocolsOf({ REDIS_URL: `${recorder.url}?protocol=3` })).toEqual([3, 2]);
  });

  test('changes no reply whose two shapes Redis documents, nor messages of subscribers', async () => {
    // Redis 6.2 has no channels of shards.
    const hasShards = (await redis.command('COMMAND', 'INFO', 'SSUBSCRIBE'))[0] !== null;
    const seen = [];
    for (const protocol of [2, 3]) {
      await redis.command('FLUSHALL');
      const orgcache = openPackage({ url: redis.url, driver, clientKeyPrefix: '', protocol });
      const { cacheAdapter } = orgcache;
      const client = await orgcache.getRedis();
      const copy = client.duplicate();
      const heard = [];
      for (const event of ['message', 'pmessage', 'smessage'])
        copy.on(event, (...said) => heard.push([event, ...said]));
      await copy.subscribe('a', 'b');
      await copy.psubscribe('p*');
      if (hasShards) await copy.ssubscribe('s');
      await client.publish('a', '1');
      await client.publish('pq', '2');
      if (hasShards) await client.spublish('s', '3');
      await until(() => heard.length === (hasShards ? 3 : 2));
      const ended = [await copy.unsubscribe(), await copy.punsubscribe('p*')];
      if (hasShards) ended.push(await copy.sunsubscribe('s'));
      await client.hset('h', { x: 1, y: 2 });
      await client.zadd('z', 1.5, 'm', 'inf', 'n');
      await client.xadd('s', '1-1', 'f', 'v');
      await client.rpush('l', 'a', 'b');
      await cacheAdapter.setConversationContext('org', '15550001111', [{ at: 1 }]);
      seen.push({
        heard,
        ended,
        hash: await client.hgetall('h'),
        scores: await client.zrange('z', 0, -1, 'WITHSCORES'),
        score: await client.zscore('z', 'm'),
        popped: await client.bzpopmin('z', 1),
        entries: await client.xread('STREAMS', 's', '0'),
        popping: await client.blpop('l', 1),
        config: await client.config('GET', 'maxmemory'),
        transaction: await client.multi().hgetall('h').lrange('l', 0, -1).get('none').exec(),
        aborted: await abortedTransaction(client),
        none: [await client.get('none'), await client.lpop('none'), await client.blpop('none', 0.01)],
        context: await cacheAdapter.getConversationContext('org', '15550001111'),
      });
      await copy.quit();
      await orgcache.shutdown();
    }
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]).toMatchObject({
      heard: [
        ['message', 'a', '1'],
        ['pmessage', 'p*', 'pq', '2'],
        ...(hasShards ? [['smessage', 's', '3']] : []),
      ],
      hash: { x: '1', y: '2' },
      scores: ['m', '1.5', 'n', 'inf'],
      aborted: null,
    });
  });

  async function abortedTransaction(client) {
    const own = client.duplicate();
    await own.watch('watched');
    await client.incr('watched');
    const answer = await own.multi().incr('watched').exec();
    await own.quit();
    return answer;
  }
});

/**
 * A server that answers HELLO with this line and everything else like Redis. `said` has its received
 * commands.
 */
async function serverThatSays(line) {
  const said = [];
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      for (const part of String(data).split(/(?=\*\d+\r\n)/)) {
        const words = [...part.matchAll(/\$\d+\r\n([^\r]*)\r\n/g)].map(([, word]) => word);
        const name = words[0]?.toUpperCase();
        if (name === undefined) continue;
        said.push(words.join(' '));
        if (name === 'HELLO') socket.write(typeof line === 'function' ? line(words) : `${line}\r\n`);
        else if (name === 'GET') socket.write('$1\r\nv\r\n');
        else if (name === 'PING') socket.write('+PONG\r\n');
        else if (name === 'SUBSCRIBE') {
          socket.write(
            '*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$2\r\nhi\r\n',
          );
        } else if (['INFO', 'CLIENT'].includes(name)) socket.write(`-unsupported command '${name}'\r\n`);
        else socket.write('+OK\r\n');
      }
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  onEnd(() => new Promise((resolve) => server.close(resolve)));
  return { port: server.address().port, said };
}

function openAt({ port }, options = {}) {
  const given = { host: '127.0.0.1', port, clientKeyPrefix: '', commandTimeout: 1500, maxRetries: 0 };
  return openPackage({ ...given, logLevel: 'off', ...options });
}

describe('a server that refuses HELLO', () => {
  test.each([
    "-unsupported command 'HELLO'",
    '-ERR unknown command `HELLO`, with args beginning with: `2`',
    '-ERR unknown command',
    '-NOPERM this user has no permissions to run the hello command',
    '-ERR command HELLO is disabled',
    '-NOPROTO unsupported protocol version',
    '-Invalid request',
    '-ERR',
  ])('is spoken to with RESP2 on the same connection: %s', async (line) => {
    const server = await serverThatSays(line);
    const client = await openAt(server, { password: 'secret', username: 'app' }).getRedis();
    client.on('error', () => {});
    expect(await client.get('a')).toBe('v');
    expect(server.said.filter((words) => words.startsWith('HELLO'))).toHaveLength(1);
    expect(server.said).toContain('AUTH app secret');
  });

  test('tells its messages all the same', async () => {
    const server = await serverThatSays('-unsupported command');
    const client = await openAt(server).getRedis();
    client.on('error', () => {});
    const heard = new Promise((resolve) => client.on('message', (...said) => resolve(said)));
    expect(await client.subscribe('c')).toBe(1);
    expect(await heard).toEqual(['c', 'hi']);
  });

  test('for RESP3 alone is asked for RESP2, which keeps the connection’s number', async () => {
    const server = await serverThatSays(([, version]) =>
      version === '3'
        ? '-NOPROTO unsupported protocol version\r\n'
        : '*4\r\n$5\r\nproto\r\n:2\r\n$2\r\nid\r\n:7\r\n',
    );
    const client = await openAt(server, { protocol: 3 }).getRedis();
    expect(await client.get('a')).toBe('v');
    expect(
      server.said.filter((words) => /^(HELLO|INFO)/.test(words)).map((words) => words.slice(0, 7)),
    ).toEqual(['HELLO 3', 'HELLO 2', 'INFO se']);
  });
});

describe('errors of HELLO about the login or the server’s state', () => {
  test.each([
    ['-WRONGPASS invalid username-password pair or user is disabled.', 'WRONGPASS'],
    ['-NOAUTH HELLO must be called with the client already authenticated', 'NOAUTH'],
    ['-DENIED Redis is running in protected mode', 'DENIED'],
    ['-LOADING Redis is loading the dataset in memory', 'LOADING'],
    ['-MASTERDOWN Link with MASTER is down', 'MASTERDOWN'],
    ['-ERR max number of clients reached', 'max number of clients'],
  ])('keeps its meaning: %s', async (line, meaning) => {
    const server = await serverThatSays(line);
    const orgcache = openAt(server);
    const client = await orgcache.getRedis();
    client.on('error', () => {});
    const error = await rejection(client.get('a'));
    expect(`${error.redisCode} ${error.message}`).toContain(meaning);
    expect(server.said.some((words) => words.startsWith('GET'))).toBe(false);
  });
});
