'use strict';

const net = require('node:net');
const tls = require('node:tls');

/** An error reply of the server, e.g. `WRONGTYPE Operation against ...`. */
class ReplyError extends Error {}

const CRLF = Buffer.from('\r\n');

function encode(args) {
  const parts = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = Buffer.isBuffer(arg) ? arg : Buffer.from(String(arg));
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, CRLF);
  }
  return Buffer.concat(parts);
}

/** Parses one RESP2 reply at `offset`: `{ value, next }`, or null when bytes are missing. */
function parse(bytes, offset) {
  const end = bytes.indexOf(CRLF, offset);
  if (end === -1) return null;
  const line = bytes.toString('utf8', offset + 1, end);
  const next = end + 2;
  switch (bytes[offset]) {
    case 0x2b: // +
      return { value: Buffer.from(line), next };
    case 0x2d: // -
      return { value: new ReplyError(line), next };
    case 0x3a: // :
      return { value: Number(line), next };
    case 0x24: {
      // $
      const length = Number(line);
      if (length === -1) return { value: null, next };
      if (bytes.length < next + length + 2) return null;
      return { value: bytes.subarray(next, next + length), next: next + length + 2 };
    }
    case 0x2a: {
      // *
      const count = Number(line);
      if (count === -1) return { value: null, next };
      const values = [];
      let position = next;
      for (let index = 0; index < count; index += 1) {
        const element = parse(bytes, position);
        if (element === null) return null;
        values.push(element.value);
        position = element.next;
      }
      return { value: values, next: position };
    }
    default:
      throw new Error(`The server sent a byte that starts no RESP2 reply: ${bytes[offset]}.`);
  }
}

function asText(value) {
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  if (Array.isArray(value)) return value.map(asText);
  return value;
}

/**
 * What the tests ask the server with: written apart from the package, so that a fault in the
 * package's own protocol code cannot hide itself. Connects on use, again after a lost connection.
 */
class RespClient {
  #options;
  #socket = null;
  #waiting = [];
  #received = Buffer.alloc(0);

  constructor({ host, port, tls: tlsOptions, username, password }) {
    this.#options = { host, port, tlsOptions, username, password };
  }

  async command(...args) {
    return asText(await this.commandBuffer(...args));
  }

  commandBuffer(...args) {
    return new Promise((resolve, reject) => {
      if (this.#socket === null) this.#connect();
      this.#send(args, resolve, reject);
    });
  }

  close() {
    this.#socket?.destroy();
    this.#lost(new Error('The test closed its connection.'));
  }

  #send(args, resolve, reject) {
    this.#waiting.push({ resolve, reject });
    this.#socket.write(encode(args));
  }

  #connect() {
    const { host, port, tlsOptions, username, password } = this.#options;
    const socket = tlsOptions
      ? tls.connect({ host, port, servername: 'localhost', ...tlsOptions })
      : net.connect({ host, port });
    this.#socket = socket;
    this.#received = Buffer.alloc(0);
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', (error) => this.#lost(error, socket));
    socket.on('close', () => this.#lost(new Error('The server closed the connection.'), socket));
    if (password) {
      const credentials = username ? [username, password] : [password];
      // A refused password shows in the command that follows.
      this.#send(
        ['AUTH', ...credentials],
        () => {},
        () => {},
      );
    }
  }

  #read(chunk) {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    let offset = 0;
    for (;;) {
      const reply = offset < this.#received.length ? parse(this.#received, offset) : null;
      if (reply === null) break;
      offset = reply.next;
      const { resolve, reject } = this.#waiting.shift();
      if (reply.value instanceof ReplyError) reject(reply.value);
      else resolve(reply.value);
    }
    this.#received = this.#received.subarray(offset);
  }

  #lost(error, socket = this.#socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}

module.exports = { RespClient, ReplyError };
