// Writes types/ioredis/commands.d.ts: the methods of `orgcache/ioredis`, with what they reply there. `--check` writes
// nothing and fails where the file is not what it would be.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import commander from '../js/ioredis/commander.js';
import protocolOfCore from '../js/protocol.js';
import { jsdocOf, jsdocOfBuffers } from './command-jsdoc.mjs';
import notation from './command-notation.cjs';
import commandReplies from './command-replies.cjs';

const TARGET = path.join(import.meta.dirname, '../types/ioredis/commands.d.ts');

/** Written by hand in types/ioredis/calls.d.ts: what they reply depends on what they are given. */
const OWN = [
  ...[
    'exec',
    'hmset',
    'hset',
    'lpop',
    'lpos',
    'mset',
    'msetnx',
    'multi',
    'rpop',
    'set',
    'spop',
    'srandmember',
  ],
  ...['arop', 'vrandmember', 'zrandmember'],
];

/** Replies as texts, as Buffers, and of which commands: where applications of ioredis expect another type. */
const OTHERS = [
  ['number', 'number', 'zadd'],
  ['number | null', 'number | null', 'zrank zrevrank'],
  ['number[]', 'number[]', 'time'],
  [
    "'OK'",
    "'OK'",
    `asking auth bgsave discard failover migrate pfmerge psetex quit readonly readwrite replicaof reset restore save
     select shutdown slaveof swapdb unwatch watch`,
  ],
  ['string', 'Buffer', 'dump lmove rpoplpush'],
  ['string[]', 'Buffer[]', 'geohash'],
  ['(string | null)[]', '(Buffer | null)[]', 'vsim'],
  ['[string, string] | null', '[Buffer, Buffer] | null', 'blpop brpop'],
  [
    '[key: string, members: string[]] | null',
    '[key: Buffer, members: Buffer[]] | null',
    'blmpop bzmpop lmpop zmpop',
  ],
  ['[cursor: string, elements: string[]]', '[cursor: Buffer, elements: Buffer[]]', 'hscan scan sscan zscan'],
  ['[id: string, fields: string[]][]', '[id: Buffer, fields: Buffer[]][]', 'xrange xrevrange'],
  [
    '[key: string, items: [id: string, fields: string[]][]][] | null',
    '[key: Buffer, items: [id: Buffer, fields: Buffer[]][]][] | null',
    'xread',
  ],
];
/** Their replies depend on subcommands and options. ioredis says `unknown`, and applications name a type of their own. */
const ANY = new Set(
  `acl backup bitfield client cluster command commandlog config debug eval eval_ro evalsha evalsha_ro fcall fcall_ro function
   georadius georadius_ro georadiusbymember georadiusbymember_ro geosearch hello himport hotkeys hrandfield latency lcs
   memory module object pfdebug pfselftest psubscribe psync pubsub punsubscribe replconf restore-asking role script
   sentinel slowlog sort sort_ro ssubscribe subscribe substr sunsubscribe sync unsubscribe xautoclaim xclaim xgroup xinfo
   xpending xreadgroup xsetid`.split(/\s+/),
);
const REASON = 'applications name its type themselves';

const HEAD = `// Made by scripts/ioredis-types.mjs.

import type { AtLeast, ClientContext, Exactly, Given, OwnCommands, Result } from './calls.js';

/**
 * Every command as a method. A callback may stand behind its arguments; lists among them are spread.
 * @example
 * import { Redis, type RedisCommander } from 'orgcache/ioredis';
 * export const visits = (client: RedisCommander = new Redis()) => client.incr('visits');
 */
export interface RedisCommander<Context extends ClientContext = { type: 'default' }>
  extends OwnCommands<Context> {
`;
/** Lists are spread, so that one argument may be many: more than one are never known to be missing. */
const KNOWN_AT_LEAST = 1;

const others = new Map(
  OTHERS.flatMap(([texts, buffers, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, { texts, buffers }]),
  ),
);

function typesOf(names) {
  const methods = names.filter((name) => !OWN.includes(name)).flatMap(methodsOf);
  return `${HEAD}${methods.join('\n')}\n}\n`;
}

function methodsOf(name) {
  const { texts, buffers } = repliesOf(name);
  const untyped = texts === 'any' ? { type: 'any', reason: REASON } : {};
  return [
    ...jsdocOf(name, untyped),
    method(name, name, texts),
    ...jsdocOfBuffers(name, untyped),
    method(`${name}Buffer`, name, buffers),
  ];
}

function repliesOf(name) {
  if (ANY.has(name)) return { texts: 'any', buffers: 'any' };
  if (others.has(name)) return others.get(name);
  const type = notation.parse(commandReplies.replyOf(name).type);
  return { texts: notation.typescript(type), buffers: notation.typescript(type, 'Buffer') };
}

function method(called, name, reply) {
  const quoted = called.includes('-') ? `'${called}'` : called;
  return `  ${quoted}(...args: Given<${argumentsOf(name)}, ${reply}>): Result<${reply}, Context>;`;
}

function argumentsOf(name) {
  const arity = protocolOfCore.protocol.commands[name]?.arity ?? -1;
  return arity > 0 ? `Exactly<${arity - 1}>` : `AtLeast<${Math.min(-arity - 1, KNOWN_AT_LEAST)}>`;
}

const text = typesOf(commander.BUILTIN);
if (!process.argv.includes('--check')) writeFileSync(TARGET, text);
else if (readFileSync(TARGET, 'utf8') !== text) {
  console.error('types/ioredis/commands.d.ts is not what scripts/ioredis-types.mjs makes; run it.');
  process.exitCode = 1;
}
