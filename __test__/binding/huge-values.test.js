'use strict';

const { Duplex } = require('node:stream');
const { Context } = require('../../js/context.js');
const { OrgCacheError } = require('../../js/errors.js');
const { Link } = require('../../js/ioredis/link.js');
const { protocol } = require('../../js/protocol.js');
const { commandNamed } = require('../../js/client/commands.js');
const { Subscriptions } = require('../../js/client/subscriptions.js');
const { ChannelNames } = require('../../js/client/channel-names.js');
const { transactionOf } = require('../../js/client/transaction-call.js');
const { EventEmitter } = require('node:events');
const { rejection } = require('../support/wait');

const { buffers: BUFFERS } = protocol.commandFlags;
/** The largest value of Redis, and 24 bytes more than the longest string of V8. */
const BYTES = 2 ** 29;
const CHUNK = Buffer.alloc(2 ** 24, 'x');
const TOO_LARGE = {
  name: 'OrgCacheError',
  code: 'E_VALUE_TOO_LARGE',
  retryable: false,
  message: expect.stringMatching(/536870912 bytes/),
};

/** A connection on which `pieces` answer the client's first write. `BYTES` stands for that many bytes. */
function connectionTo(pieces) {
  const huge = new Array(BYTES / CHUNK.length).fill(CHUNK);
  const waiting = pieces.flatMap((piece) => (piece === BYTES ? huge : [Buffer.from(piece)]));
  const stream = new Duplex({
    read() {},
    write(_bytes, _encoding, done) {
      for (const bytes of waiting.splice(0)) this.push(bytes);
      done();
    },
  });
  const link = new Link({ stream }, {});
  const send = (flags, name, ...words) =>
    new Promise((resolve, reject) => link.send(name, words, flags, resolve, reject));
  return { link, send };
}

describe('a value that no string of JavaScript can hold', () => {
  const head = `$${BYTES}\r\n`;

  test.each([
    ['as text', 'get', [head, BYTES, '\r\n:7\r\n']],
    ['in a list', 'mget', ['*3\r\n:1\r\n', head, BYTES, '\r\n:2\r\n:7\r\n']],
    ['in a hash', 'hgetall', ['*2\r\n$1\r\nf\r\n', head, BYTES, '\r\n:7\r\n']],
  ])('rejects %s, and the next reply meets its request', async (_name, command, reply) => {
    const { link, send } = connectionTo(reply);
    const [error, next] = await Promise.all([rejection(send(0, command, 'huge')), send(0, 'llen', 'list')]);
    expect(error).toMatchObject(TOO_LARGE);
    expect(error).toBeInstanceOf(OrgCacheError);
    expect(next).toBe(7);
    link.destroy();
  });

  test('comes as a Buffer', async () => {
    const { link, send } = connectionTo([head, BYTES, '\r\n']);
    const value = await send(BUFFERS, 'get', 'huge');
    expect(value).toHaveLength(BYTES);
    expect(value.at(-1)).toBe(0x78);
    link.destroy();
  });

  test('is the error of its own command in a transaction of two forms', () => {
    const commands = [
      { command: commandNamed('get'), args: ['a'], flags: BUFFERS },
      { command: commandNamed('get'), args: ['b'], flags: 0 },
      { command: commandNamed('get'), args: ['c'], flags: 0 },
    ];
    const { repliesOf } = transactionOf(commands, 0);
    const [first, second, third] = repliesOf([Buffer.from('1'), Buffer.alloc(BYTES), Buffer.from('3')]);
    expect(first).toEqual(Buffer.from('1'));
    expect(second).toMatchObject(TOO_LARGE);
    expect(third).toBe('3');
  });

  test('as a message is an error, and listeners for Buffers get it', async () => {
    let push;
    const connections = {
      context: new Context(),
      subscriber: ({ onPush }) => {
        push = onPush;
        return { connection: { ask: async () => ['subscribe', 'news', 1] }, end: () => {} };
      },
    };
    const emitter = new EventEmitter();
    const heard = [];
    const subscriptions = new Subscriptions({
      connections,
      channelNames: new ChannelNames(''),
      emitter,
      onError: (error) => heard.push(['error', error.code]),
    });
    emitter.on('message', (channel, text) => heard.push(['message', channel, text]));
    emitter.on('messageBuffer', (channel, bytes) => heard.push(['bytes', channel.toString(), bytes.length]));
    await subscriptions.subscribe('subscribe', ['news']);
    const taken = [];
    await subscriptions.tap('subscribe', 'news', ({ message }) => taken.push(message));
    push([Buffer.from('message'), Buffer.from('news'), Buffer.alloc(BYTES)]);
    push([Buffer.from('message'), Buffer.from('news'), Buffer.from('after')]);
    expect(heard).toEqual([
      ['error', 'E_VALUE_TOO_LARGE'],
      ['bytes', 'news', BYTES],
      ['message', 'news', 'after'],
      ['bytes', 'news', 5],
    ]);
    expect(taken).toEqual(['after']);
    subscriptions.close();
  });
});
