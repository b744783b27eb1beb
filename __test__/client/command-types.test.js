'use strict';

const { readFileSync } = require('node:fs');
const path = require('node:path');
const { COMMANDS } = require('../../js/client/commands');
const notation = require('../../scripts/command-notation.cjs');
const { BY_HAND, replies, replyTo } = require('../../scripts/command-replies.cjs');
const { replyType } = require('../../scripts/reply-schema.cjs');
const { COMMANDS: CALLS } = require('../support/client-commands');
const { FURTHER, OF_CLUSTERS } = require('../support/further-commands');
const { openPackage } = require('../support/package');
const { runNode } = require('../support/process');
const { startRedis, withRedis } = require('../support/redis');

test('the types of the commands are those that the command table makes', async () => {
  await runNode(['scripts/client-types.mjs', '--check']);
  await runNode(['scripts/ioredis-types.mjs', '--check']);
});

test('every command is a method of clients, pipelines and transactions, and so is its variant for Buffers', () => {
  const client = openPackage().redisManager.getClient();
  const lost = (object) =>
    COMMANDS.flatMap(({ name }) => [name, `${name}Buffer`]).filter(
      (name) => typeof object[name] !== 'function',
    );
  expect(COMMANDS.length).toBeGreaterThan(250);
  expect([lost(client), lost(client.pipeline()), lost(client.multi())]).toEqual([[], [], []]);
});

test.each([
  ['types/client/commands.d.ts', /^ {2}'?([\w-]+)'?: /, 'unknown'],
  ['types/ioredis/commands.d.ts', /^ {2}'?([\w-]+)'?\(/, 'any'],
])(
  'every method of %s has documentation, and a reason where its reply has no type',
  (file, method, untyped) => {
    const lines = readFileSync(path.join(__dirname, '../..', file), 'utf8').split('\n');
    const methods = lines.flatMap((line, at) =>
      method.test(line) ? [{ line, comment: commentAbove(lines, at) }] : [],
    );
    expect(methods.length).toBeGreaterThan(500);
    expect(methods.filter(({ comment }) => comment === '')).toEqual([]);
    const ofTexts = methods.filter(({ line }) => !method.exec(line)[1].endsWith('Buffer'));
    expect(ofTexts.filter(({ comment }) => !/ https:\/\/\S+\/commands\/[\w-]+\/$/m.test(comment))).toEqual(
      [],
    );
    const isUntyped = new RegExp(`\\b${untyped}\\b`);
    const unexplained = methods.filter(
      ({ line, comment }) => isUntyped.test(line) && !new RegExp(`\`${untyped}\`: \\w+ \\w+`).test(comment),
    );
    expect(unexplained).toEqual([]);
  },
);

function commentAbove(lines, at) {
  if (!lines[at - 1].endsWith('*/')) return '';
  const from = lines.slice(0, at).findLastIndex((line) => line.startsWith('  /**'));
  return lines.slice(from, at).join('\n');
}

test('what is written by hand says something that the schemas do not', () => {
  const repeated = BY_HAND.flatMap(([type, names]) =>
    names.split(/\s+/).filter((name) => replies[name] === type),
  );
  expect(repeated).toEqual([]);
});

const TEXT = { type: 'string' };
const DOUBLE = { type: 'number' };
const NULL = { type: 'null' };
const list = (...items) => ({ type: 'array', items });
const listOf = (items) => ({ type: 'array', items });
const INTEGER = { type: 'integer' };

test.each([
  ['a double is a text', 'zscore', { oneOf: [NULL, DOUBLE] }, 'string | null'],
  ['true is a number', 'any', { type: 'boolean' }, 'number'],
  ['OK stays what it is', 'any', { const: 'OK' }, "'OK'"],
  ['OK beside other texts is a text', 'set', { anyOf: [NULL, { const: 'OK' }, TEXT] }, 'string | null'],
  ['another constant is a text', 'ping', { const: 'PONG' }, 'string'],
  ['a list of choices', 'mget', listOf({ oneOf: [TEXT, NULL] }), '(string | null)[]'],
  ['a list of known elements is a tuple', 'any', list(TEXT, INTEGER), '[string, number]'],
  ['further elements', 'any', { ...list(TEXT), additionalItems: INTEGER }, '[string, ...number[]]'],
  [
    'a map is a flat list',
    'any',
    { type: 'object', properties: { a: INTEGER, b: NULL } },
    '(string | number | null)[]',
  ],
  ['a map of any names', 'any', { type: 'object', patternProperties: { '.*': TEXT } }, 'string[]'],
  ['pairs that RESP3 nests', 'zrange', { anyOf: [listOf(TEXT), listOf(list(TEXT, DOUBLE))] }, 'string[]'],
  ['pairs that both protocols nest', 'zmpop', listOf(list(TEXT, DOUBLE)), '[string, string][]'],
  ['a schema that says nothing', 'eval', {}, 'Nested'],
])('of a reply schema: %s', (_what, name, schema, type) => {
  expect(replyType(name, [schema])).toBe(type);
});

test('where two servers differ, the type is the union', () => {
  expect(replyType('any', [TEXT, { oneOf: [NULL, INTEGER] }])).toBe('string | number | null');
});

test('a type that nobody could read any more is cut', () => {
  const wide = list(...Array.from({ length: 9 }, () => list(TEXT, INTEGER, listOf(list(TEXT, INTEGER)))));
  const type = replyType('any', [listOf(wide)]);
  expect([type.length < 130, /Nested/.test(type)]).toEqual([true, true]);
  expect(() => notation.parse(type)).not.toThrow();
});

test.each([
  ['string', 'text', true],
  ['string', 1, false],
  ['string', Buffer.from('text'), false],
  ["'OK'", 'OK', true],
  ["'OK'", 'other', false],
  ['number | null', null, true],
  ['number | null', '1', false],
  ['(string | null)[]', ['a', null], true],
  ['string[]', ['a', null], false],
  ['string[][]', [['a'], ['b']], true],
  ['string[][]', ['a'], false],
  ['[string, number]', ['a', 1], true],
  ['[string, number]', ['a'], false],
  ['[string, number]', ['a', 1, 2], false],
  ['[id: string, gone?: number]', ['a'], true],
  ['[id: string, ...more: number[]]', ['a', 1, 2], true],
  ['[id: string, ...more: number[]]', ['a', 1, 'b'], false],
  ['Fields', { a: '1' }, true],
  ['Fields', ['a', '1'], false],
  ['Fields', { a: 1 }, false],
  ['Entry[]', [['1-1', ['a', 'b']]], true],
  ['Entry[]', [['1-1', null]], false],
  ['Entries', null, true],
  ['Entries', [['key', [['1-1', ['a', 'b']]]]], true],
  ['Nested', [1, [null, ['a']]], true],
  ['Nested', { a: 1 }, false],
])('of the type %s a reply %j is one: %s', (type, reply, isOne) => {
  expect(notation.conforms(reply, notation.parse(type))).toBe(isOne);
});

test('where Buffers are asked for, no text is one', () => {
  const conforms = (reply, type) => notation.conforms(reply, notation.parse(type), true);
  expect([conforms(Buffer.from('a'), 'string'), conforms('a', 'string'), conforms('OK', "'OK'")]).toEqual([
    true,
    false,
    false,
  ]);
});

/** Servers of today know them all; the oldest that the package works with knows fewer. */
const LEAST_SEEN = 160;

describe.each([[2], [3]])(
  'what a server replies over RESP%i is of the type that the table gives it',
  (protocol) => {
    const groups = { ...CALLS, ...FURTHER };
    const seen = new Set();
    const redis = withRedis();
    let client;

    beforeAll(async () => {
      client = await openPackage({
        url: redis.url,
        protocol,
        clientKeyPrefix: '',
        logLevel: 'off',
      }).getRedis();
    });

    beforeEach(() => client.flushdb());

    test.each(Object.keys(groups))('to the commands %s', async (group) => {
      expect(await wrongReplies(client, groups[group], seen)).toEqual([]);
    });

    test('and there was a reply to most commands', () => {
      expect(seen.size).toBeGreaterThan(LEAST_SEEN);
    });

    test('also where the server is the node of a cluster', async () => {
      const node = await startRedis({ configuration: ['cluster-enabled yes'] });
      await node.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383').catch(() => {});
      const ofNode = await openPackage({ url: node.url, clientKeyPrefix: '', logLevel: 'off' }).getRedis();
      expect(await wrongReplies(ofNode, OF_CLUSTERS, seen)).toEqual([]);
      expect([...seen]).toContain('cluster');
    });
  },
);

/** The replies that are not of their type. What this server does not know or refuses is passed over. */
async function wrongReplies(client, calls, seen) {
  const wrong = [];
  for (const [method, ...words] of calls.filter(([name]) => !name.startsWith('call'))) {
    const isBytes = method.endsWith('Buffer');
    const name = isBytes ? method.slice(0, -'Buffer'.length) : method;
    const reply = await client[method](...words).catch(() => undefined);
    if (reply === undefined) continue;
    seen.add(name);
    const type = replyTo(name, words.flat());
    if (!notation.conforms(reply, notation.parse(type), isBytes)) wrong.push({ method, words, type, reply });
  }
  return wrong;
}
