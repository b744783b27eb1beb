'use strict';

const { once } = require('node:events');
const http2 = require('node:http2');
const express = require('express');
const { connect } = require('../support/event-source');
const { openPackage } = require('../support/package');
const { tool } = require('../support/packed');
const { until } = require('../support/wait');

const Fastify = require(tool('fastify'));

let topics;
const servers = [];

beforeEach(() => {
  const { createTopics, topic } = openPackage({ useRedis: false, logLevel: 'off' });
  topics = createTopics({ topics: { news: topic({ replay: 10 }) } });
});

afterEach(async () => {
  await topics.close();
  for (const close of servers.splice(0)) await close();
});

/** A server that streams news and answers failures with their codes. Answers its address. */
const FRAMEWORKS = {
  async express() {
    const app = express();
    app.get('/', (request, response, next) => {
      response.setHeader('X-Own', 'yes');
      topics.sse(request, response, { topics: ['news'] }).catch(next);
    });
    app.use((error, _request, response, _next) => response.status(400).send(error.code));
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(() => server.close());
    return `http://127.0.0.1:${server.address().port}/`;
  },
  async fastify() {
    const app = Fastify();
    app.get('/', async (request, reply) => {
      reply.hijack();
      reply.raw.setHeader('X-Own', 'yes');
      await topics.sse(request, reply, { topics: ['news'] }).catch((error) => {
        reply.raw.writeHead(400).end(error.code);
      });
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    servers.push(() => app.close());
    return `http://127.0.0.1:${app.server.address().port}/`;
  },
};

describe.each(Object.keys(FRAMEWORKS))('streams of events over %s', (framework) => {
  test('go on where the client stopped, and refuse a place that is none', async () => {
    const url = await FRAMEWORKS[framework]();
    const { id } = await topics.publish('news', 1);
    await topics.publish('news', 2);
    const client = await connect(url, { 'Last-Event-ID': id });
    expect(client.response.headers['x-own']).toBe('yes');
    await topics.publish('news', 3);
    expect((await client.take(2)).map(({ event, data }) => [event, data])).toEqual([
      ['news', '2'],
      ['news', '3'],
    ]);
    client.close();
    await until(() => topics.stats().readers === 0);
    const refused = await fetch(url, { headers: { 'Last-Event-ID': 'x' } });
    expect([refused.status, await refused.text()]).toEqual([400, 'E_KEY']);
  });
});

test('streams of events go over HTTP/2 as well', async () => {
  const server = http2.createServer((request, response) => {
    topics.sse(request, response, { topics: ['news'] });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = http2.connect(`http://127.0.0.1:${server.address().port}`);
  servers.push(() => new Promise((resolve) => session.close(() => server.close(resolve))));
  const stream = session.request({ ':path': '/' });
  let text = '';
  stream.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  const [headers] = await once(stream, 'response');
  expect(headers['content-type']).toBe('text/event-stream; charset=utf-8');
  await until(() => topics.stats().readers === 1);
  await topics.publish('news', 'over two');
  await until(() => text.includes('data: "over two"\n\n'));
  stream.close();
  await until(() => topics.stats().readers === 0);
});
