'use strict';

// A TCP proxy with faults, in a process of its own so that a busy test does not slow it. Told what to do
// over IPC by `faults/support/proxy.js`: `{id, command, argument}`, answered with `{id, value}`.
const net = require('node:net');
/** The server that new connections are led to. */
let target = JSON.parse(process.argv[2]);

/** A side that is not read from any more once this much waits to be passed on. */
const MAX_WAITING_BYTES = 1024 * 1024;
const HEALTHY = Object.freeze({
  requestDelayMs: 0,
  replyDelayMs: 0,
  /** Nothing is passed on, and sockets stay open. What came in meanwhile is passed on when that ends. */
  isHole: false,
  /** Replies pass one byte at a time, with this time in between. */
  trickleMs: null,
  /** `{after, how}`: a connection ends (`fin` or `rst`) once it has passed so many bytes of replies. */
  cut: null,
  /** `{at, length}`: that many bytes of the replies are inverted, from that position on. */
  corrupt: null,
  /** Base64: passed on in the place of the next reply. */
  replace: null,
});

/** A client that sends this watches keys for the near cache: its connection may have faults of its own. */
const WATCHING = 'TRACKING';

let fault = HEALTHY;
/** The fault of connections that watch, in place of `fault`; null: the same. */
let watchFault = null;
const links = new Set();
let accepted = 0;
let acceptedAt = [];
let listeningPort = 0;
let server = null;

/** One direction of one connection. */
class Flow {
  constructor(link, source, sink, isReply) {
    Object.assign(this, { link, source, sink, isReply });
    this.waiting = [];
    this.waitingBytes = 0;
    this.passedBytes = 0;
    this.hasEnded = false;
    this.timer = null;
    source.on('data', (bytes) => this.take(bytes));
    source.on('end', () => {
      this.hasEnded = true;
      this.pump();
    });
    sink.on('drain', () => this.pump());
  }

  get fault() {
    return (this.link.isWatching && watchFault) || fault;
  }

  take(bytes) {
    if (!this.isReply && bytes.includes(WATCHING)) this.link.isWatching = true;
    const delayMs = this.isReply ? this.fault.replyDelayMs : this.fault.requestDelayMs;
    this.waiting.push({ bytes, dueAt: performance.now() + delayMs });
    this.waitingBytes += bytes.length;
    if (this.waitingBytes > MAX_WAITING_BYTES) this.source.pause();
    this.pump();
  }

  pump() {
    clearTimeout(this.timer);
    while (this.waiting.length > 0 && !this.fault.isHole && !this.sink.writableNeedDrain) {
      const inMs = this.waiting[0].dueAt - performance.now();
      if (inMs > 0) {
        this.timer = setTimeout(() => this.pump(), Math.ceil(inMs));
        return;
      }
      this.pass(this.next());
    }
    if (this.waitingBytes <= MAX_WAITING_BYTES && this.source.isPaused()) this.source.resume();
    if (this.hasEnded && this.waiting.length === 0) this.sink.end();
  }

  /** The bytes that go out next: all that came together, or one. */
  next() {
    const first = this.waiting[0];
    const { trickleMs } = this.fault;
    const isTrickle = this.isReply && trickleMs !== null;
    const bytes = isTrickle ? first.bytes.subarray(0, 1) : first.bytes;
    if (bytes.length === first.bytes.length) this.waiting.shift();
    else first.bytes = first.bytes.subarray(1);
    if (isTrickle && this.waiting.length > 0) {
      this.waiting[0].dueAt = performance.now() + trickleMs;
    }
    this.waitingBytes -= bytes.length;
    return bytes;
  }

  pass(bytes) {
    if (!this.isReply) return this.sink.write(bytes);
    const { cut, corrupt, replace } = this.fault;
    // What is meant for one reply is meant for one to a call.
    if (replace !== null && !this.link.isWatching) {
      fault = { ...fault, replace: null };
      return this.sink.write(Buffer.from(replace, 'base64'));
    }
    if (cut !== null && this.passedBytes + bytes.length >= cut.after) return this.cut(bytes, cut);
    if (corrupt !== null) bytes = corrupted(bytes, this.passedBytes, corrupt);
    this.passedBytes += bytes.length;
    this.sink.write(bytes);
  }

  cut(bytes, { after, how }) {
    // One cut for one order: the next connection is well.
    fault = { ...fault, cut: null };
    this.waiting = [];
    const last = bytes.subarray(0, Math.max(0, after - this.passedBytes));
    this.link.other(this.sink).destroy();
    if (how === 'fin') return this.sink.end(last);
    // A reset throws away what the other side has not read yet, so the bytes get a moment to arrive.
    if (last.length === 0) return this.sink.resetAndDestroy();
    this.sink.write(last, () => setTimeout(() => this.sink.resetAndDestroy(), 5));
  }
}

/** One client's connection and the one to the server behind it. */
class Link {
  constructor(client) {
    this.client = client;
    this.isWatching = false;
    this.upstream = net.connect({ ...target, noDelay: true, allowHalfOpen: true });
    this.flows = [new Flow(this, client, this.upstream, false), new Flow(this, this.upstream, client, true)];
    for (const socket of [client, this.upstream]) {
      socket.on('error', () => {});
      socket.on('close', (hadError) => this.closed(socket, hadError));
    }
    links.add(this);
  }

  other(socket) {
    return socket === this.client ? this.upstream : this.client;
  }

  closed(socket, hadError) {
    const other = this.other(socket);
    if (other.destroyed) links.delete(this);
    // A hole swallows the end of a connection as well; what was on its way arrives later.
    else if (this.flows[0].fault.isHole) this.flows.find((flow) => flow.source === socket).hasEnded = true;
    else if (hadError) other.resetAndDestroy();
  }

  reset() {
    this.client.resetAndDestroy();
    this.upstream.destroy();
  }

  pump() {
    for (const flow of this.flows) flow.pump();
  }
}

function corrupted(bytes, passedBytes, { at, length }) {
  const copy = Buffer.from(bytes);
  for (let position = at; position < at + length; position += 1) {
    const index = position - passedBytes;
    if (index >= 0 && index < copy.length) copy[index] ^= 0xff;
  }
  return copy;
}

function listen() {
  return new Promise((resolve, reject) => {
    server = net.createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
      accepted += 1;
      acceptedAt.push(performance.now());
      new Link(client);
    });
    server.once('error', reject);
    server.listen(listeningPort, '127.0.0.1', () => {
      listeningPort = server.address().port;
      resolve(listeningPort);
    });
  });
}

const commands = {
  listen,

  /** Replaces the fault; positions in replies count from here. */
  fault(changes) {
    for (const link of links) for (const flow of link.flows) flow.passedBytes = 0;
    fault = { ...HEALTHY, ...changes };
    for (const link of links) link.pump();
  },

  /** The same for connections that watch alone. */
  watchFault(changes) {
    watchFault = { ...HEALTHY, ...changes };
    for (const link of links) link.pump();
  },

  /** Connections that are there stay where they are. */
  routeTo(other) {
    target = other;
  },

  /** Closes the listener and resets every connection. */
  refuse() {
    server?.close();
    server = null;
    for (const link of links) link.reset();
  },

  async heal() {
    watchFault = null;
    commands.fault({});
    if (server === null) await listen();
  },

  reset() {
    for (const link of links) link.reset();
  },

  counts() {
    return { accepted, open: links.size, busiestSecond: busiestSecond() };
  },

  forgetCounts() {
    accepted = 0;
    acceptedAt = [];
  },
};

/** The most connections that any second has seen. */
function busiestSecond() {
  let most = 0;
  let first = 0;
  for (let last = 0; last < acceptedAt.length; last += 1) {
    while (acceptedAt[last] - acceptedAt[first] > 1000) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

process.on('message', async ({ id, command, argument }) => {
  try {
    process.send({ id, value: await commands[command](argument) });
  } catch (error) {
    process.send({ id, error: error.message });
  }
});
// The test process is gone.
process.on('disconnect', () => process.exit(0));
