'use strict';

const net = require('node:net');
const { once } = require('node:events');
const { onEnd } = require('./cleanup');
const { until } = require('./wait');

/** The end of the name of each watch connection at the server. */
const NAME_SUFFIX = '-near';

/** The report of the copies in this process. */
async function near({ cacheAdapter }) {
  return (await cacheAdapter.getStats()).near;
}

/** Reads until a copy has answered, and answers the value. */
async function untilNear(orgcache, read) {
  return until(
    async () => {
      const before = (await near(orgcache)).hits;
      const value = await read();
      return (await near(orgcache)).hits > before && { value };
    },
    { what: 'a copy that answers', timeoutMs: 15_000 },
  ).then(({ value }) => value);
}

/** The numbers of the watch connections at the server. */
async function watchConnections(server) {
  const list = (await server.command('CLIENT', 'LIST')).trim().split('\n');
  const ofWatch = list.filter((line) => line.includes(`${NAME_SUFFIX} `));
  return ofWatch.map((line) => /^id=(\d+)/.exec(line)[1]);
}

/** Ends the watch connections at the server. */
async function killWatchConnections(server) {
  const ids = await watchConnections(server);
  for (const id of ids) await server.command('CLIENT', 'KILL', 'ID', id);
  return ids.length;
}

/** A proxy in front of a server that can cut off the watch connections alone: they stay open, and nothing passes. */
class WatchProxy {
  #server;
  #target;
  #isCut = false;
  /** @type {Set<{ flush: () => void }>} */
  #pairs = new Set();

  constructor(target) {
    this.#target = target;
    this.#server = net.createServer((client) => this.#pass(client));
  }

  async listen() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = this.#server.address().port;
    this.url = `redis://127.0.0.1:${this.port}`;
  }

  #pass(client) {
    const upstream = net.connect(this.#target.port, this.#target.host);
    const held = [];
    let isWatch = false;
    const send = (socket, chunk) => {
      if (isWatch && this.#isCut) held.push([socket, chunk]);
      else socket.write(chunk);
    };
    const pair = {
      flush: () => {
        for (const [socket, chunk] of held.splice(0)) if (!socket.destroyed) socket.write(chunk);
      },
      end: () => {
        client.destroy();
        upstream.destroy();
      },
    };
    this.#pairs.add(pair);
    client.on('data', (chunk) => {
      isWatch ||= chunk.includes(NAME_SUFFIX);
      send(upstream, chunk);
    });
    upstream.on('data', (chunk) => send(client, chunk));
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
  }

  cutWatchConnections() {
    this.#isCut = true;
  }

  heal() {
    this.#isCut = false;
    for (const pair of this.#pairs) pair.flush();
  }

  stop() {
    for (const pair of this.#pairs) pair.end();
    this.#server.close();
  }
}

async function startWatchProxy(target) {
  const proxy = new WatchProxy(target);
  await proxy.listen();
  onEnd(() => proxy.stop());
  return proxy;
}

module.exports = { killWatchConnections, near, startWatchProxy, untilNear, watchConnections };
