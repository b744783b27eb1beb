'use strict';

const http = require('node:http');
const net = require('node:net');
const { once } = require('node:events');
const { setImmediate: nextTurn } = require('node:timers/promises');
const { connect } = require('../support/event-source');
const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { someone, upTo } = require('../support/topics-contract');
const { rejection, until } = require('../support/wait');

describe.each(['redis', 'embedded'])('streams of events over %s', (store) => {
  let redis;
  let room;
  let other;
  let organizationId;
  const servers = [];

  const open = () =>
    openPackage(store === 'redis' ? { url: redis.url, logLevel: 'off' } : { useRedis: false });
  const roomOf = ({ createTopics, topic } = open()) =>
    createTopics({
      topics: { kept: topic({ replay: 1_000 }), more: topic({ replay: 1_000 }), live: topic() },
    });

  /** A server whose responses stream; the address it listens on. */
  async function serve(options, from = room) {
    const errors = [];
    const server = http.createServer((request, response) => {
      const given = typeof options === 'function' ? options(request) : options;
      from.sse(request, response, { organizationId, ...given }).then(
        () => {
          server.ended += 1;
        },
        (error) => {
          errors.push(error);
          response.writeHead(error.code === 'E_KEY' ? 400 : 503).end();
        },
      );
    });
    server.ended = 0;
    server.errors = errors;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    server.url = `http://127.0.0.1:${server.address().port}/`;
    return server;
  }

  beforeAll(async () => {
    if (store === 'redis') redis = await startRedis();
  });

  beforeEach(() => {
    room = roomOf();
    other = store === 'redis' ? roomOf() : room;
    organizationId = someone();
  });

  afterEach(async () => {
    await Promise.all([room.close(), other.close()]);
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  const publish = (name, payload, from = room) => from.publish(name, payload, { organizationId });

  test('begin with their head, and bring each message with its topic and id', async () => {
    const server = await serve({ topics: ['kept', 'live', 'kept'] });
    const client = await connect(server.url);
    expect(client.response.statusCode).toBe(200);
    expect(client.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    await until(() => client.retry !== undefined);
    expect(client.retry).toBeGreaterThanOrEqual(2_000);
    expect(client.retry).toBeLessThanOrEqual(4_000);
    const { id } = await publish('kept', { text: 'a\nb\r\nc', n: 1 }, other);
    await publish('live', 'now', other);
    const [first, second] = (await client.take(2)).sort((a, b) => (a.event < b.event ? -1 : 1));
    expect(first).toEqual({ event: 'kept', data: '{"text":"a\\nb\\r\\nc","n":1}', id });
    expect([second.event, second.data]).toEqual(['live', '"now"']);
    expect(room.stats().topics.kept.delivered).toBe(1);
  });

  test('go on where the client stopped, at another instance, by header and by address', async () => {
    const [one, two] = [await serve({ topics: ['kept'] }), await serve({ topics: ['kept'] }, other)];
    const client = await connect(one.url);
    await until(() => client.lastEventId !== '');
    // Nothing has come yet: the place is known all the same.
    const before = client.lastEventId;
    client.close();
    await until(() => room.stats().readers === 0);
    for (const n of upTo(300)) await publish('kept', n);
    for (const resume of [
      () => connect(two.url, { 'Last-Event-ID': before }),
      () => connect(`${one.url}?a=b&last_event_id=${before}`),
    ]) {
      const again = await resume();
      const events = await again.take(300);
      expect(events.map(({ data }) => Number(data))).toEqual(upTo(300));
      await publish('kept', 'live');
      await until(() => again.events.at(-1)?.data === '"live"');
      again.close();
      await until(() => room.stats().readers + other.stats().readers === 0);
    }
  });

  test('of several topics go on with all of them', async () => {
    const server = await serve({ topics: ['kept', 'more', 'live'] });
    const client = await connect(server.url);
    await until(() => client.lastEventId !== '');
    await publish('kept', 1);
    const [{ id }] = await client.take(1);
    expect(id).toMatch(/^kept=\d+-\d+,more=\d+-\d+$/);
    client.close();
    await publish('more', 2);
    await publish('kept', 3);
    const again = await connect(server.url, { 'Last-Event-ID': id });
    const events = await again.take(2);
    expect(events.map(({ event, data }) => `${event} ${data}`).sort()).toEqual(['kept 3', 'more 2']);
    const last = events.at(-1).id;
    const third = await connect(server.url, { 'Last-Event-ID': last });
    await publish('more', 4);
    expect((await third.take(1))[0].data).toBe('4');
    // With fewer topics the rest of the place counts.
    const fewer = await connect((await serve({ topics: ['more'] })).url, { 'Last-Event-ID': id });
    expect((await fewer.take(2)).map(({ data }) => data)).toEqual(['2', '4']);
  });

  test('say where messages are gone', async () => {
    const server = await serve({ topics: ['kept'] });
    await publish('kept', 1);
    const client = await connect(server.url, { 'Last-Event-ID': '5-5' });
    const [reset, message] = await client.take(2);
    expect(reset).toMatchObject({ event: 'reset', data: '{"topic":"kept","reset":"trimmed"}' });
    expect(message).toMatchObject({ event: 'kept', data: '1' });
  });

  test('refuse a place that is none before they begin', async () => {
    const server = await serve({ topics: ['kept'] });
    for (const place of ['x', '1-', 'kept=x']) {
      const client = await connect(server.url, { 'Last-Event-ID': place });
      expect(client.response.statusCode).toBe(400);
    }
    expect(server.errors.map(({ code }) => code)).toEqual(['E_KEY', 'E_KEY', 'E_KEY']);
    expect(room.stats().readers).toBe(0);
    for (const [options, code] of [
      [undefined, 'E_CONFIG'],
      [{}, 'E_ARGUMENT'],
      [{ topics: [] }, 'E_ARGUMENT'],
      [{ topics: ['other'] }, 'E_POLICY'],
      [{ topics: ['kept'], heartbeatSeconds: 0 }, 'E_ARGUMENT'],
      [{ topics: ['kept'], until: {} }, 'E_CONFIG'],
      [{ topics: ['kept'], userID: 1 }, 'E_ARGUMENT'],
    ]) {
      expect((await rejection(room.sse({ headers: {} }, {}, options))).code).toBe(code);
    }
  });

  test('end with their signal, their room, and are over with their client', async () => {
    const controller = new AbortController();
    const server = await serve({ topics: ['kept'], until: controller.signal });
    const [first, second] = [await connect(server.url), await connect(server.url)];
    second.close();
    await until(() => server.ended === 1);
    controller.abort();
    await until(() => first.isEnded);
    expect(server.ended).toBe(2);
    const late = await connect(server.url);
    expect(late.response.statusCode).toBe(204);
    const closing = await connect((await serve({ topics: ['kept', 'live'] })).url);
    await until(() => room.stats().readers === 2);
    await room.close();
    await until(() => closing.isEnded);
    expect(closing.response.complete).toBe(true);
  });

  test('send a comment where nothing else comes', async () => {
    const client = await connect((await serve({ topics: ['live'], heartbeatSeconds: 1 })).url);
    await until(() => client.comments > 0);
  });

  test('end a client that does not read, and keep no more than allowed for it', async () => {
    const server = await serve({ topics: ['live'], maxBufferedBytes: 300_000 });
    const { port } = server.address();
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'readable');
    const healthy = await connect(server.url);
    await until(() => room.stats().readers === 2);
    const payload = 'x'.repeat(60_000);
    let sent = 0;
    while (room.stats().topics.live.slow === 0) {
      await publish('live', payload);
      sent += 1;
      // The other client reads meanwhile.
      await nextTurn();
      if (sent > 500) throw new Error('the client was not ended');
    }
    await until(() => server.ended === 1);
    expect(room.stats().readers).toBe(1);
    expect((await healthy.take(sent)).length).toBe(sent);
    socket.destroy();
  });

  test('wait for a client that reads slowly, and lose nothing of what is kept', async () => {
    for (const n of upTo(200)) await publish('kept', `${n} ${'x'.repeat(20_000)}`);
    const server = await serve({ topics: ['kept'] });
    const client = await connect(server.url, { 'Last-Event-ID': '0-0' });
    client.response.pause();
    await new Promise((resolve) => setTimeout(resolve, 200));
    client.response.resume();
    const events = await client.take(200);
    expect(events.map(({ data }) => Number.parseInt(data.slice(1), 10))).toEqual(upTo(200));
  });

  test('reach many clients with one subscription', async () => {
    const server = await serve({ topics: ['live', 'kept'] });
    const clients = await Promise.all(upTo(200).map(() => connect(server.url)));
    await until(() => room.stats().readers === 400);
    expect(room.stats().channels).toBe(2);
    for (const n of upTo(10)) await publish('kept', n, other);
    for (const client of clients) {
      expect((await client.take(10)).map(({ data }) => Number(data))).toEqual(upTo(10));
      client.close();
    }
    await until(() => room.stats().channels === 0);
  });
});
