// Writes js/ioredis/command-types.d.ts: the methods of `orgcache/ioredis`, with what they reply there. `--check` writes
// nothing and fails where the file is not what it would be.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import commander from '../js/ioredis/commander.js';
import protocolOfCore from '../js/protocol.js';
import { REPLIES, repliesByName } from './command-replies.mjs';

const TARGET = path.join(import.meta.dirname, '../js/ioredis/command-types.d.ts');

/** Written by hand in js/ioredis/own-types.d.ts: what they reply depends on what they are given. */
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

/** Where applications of ioredis expect another type, and what the client of the package itself does not name. */
const OTHERS = [
  ['any', 'any', 'xreadgroup'],
  [
    "'OK'",
    "'OK'",
    `asking auth bgsave discard failover migrate pfmerge psetex quit readonly readwrite replicaof reset restore save
     select shutdown slaveof swapdb unwatch watch`,
  ],
  ['string', 'Buffer', 'bgrewriteaof dump lmove lolwut rpoplpush'],
  ['[string, string] | null', '[Buffer, Buffer] | null', 'blpop brpop'],
  [
    '[key: string, members: string[]] | null',
    '[key: Buffer, members: Buffer[]] | null',
    'blmpop lmpop bzmpop zmpop',
  ],
  [
    'number',
    'number',
    `arcount ardel ardelrange arinsert arlen armset arring arseek arset hsetex msetex spublish vadd vcard vdim
     vismember vrem vsetattr xnack zadd`,
  ],
  ['string | null', 'Buffer | null', 'arget vgetattr'],
  ['(string | null)[]', '(Buffer | null)[]', 'argetrange arlastitems armget hgetdel hgetex vsim'],
  ['number | null', 'number | null', 'arnext'],
  ['[index: number, value: string][]', '[index: number, value: Buffer][]', 'arscan'],
  ['(string | number)[]', '(Buffer | number)[]', 'arinfo'],
  ['string[]', 'Buffer[]', 'geohash vrange'],
  [
    'number[]',
    'number[]',
    'hexpire hexpireat hexpiretime hpersist hpexpire hpexpireat hpexpiretime hpttl httl time',
  ],
  [
    '([longitude: string, latitude: string] | null)[]',
    '([longitude: Buffer, latitude: Buffer] | null)[]',
    'geopos',
  ],
  ['[cursor: string, elements: string[]]', '[cursor: Buffer, elements: Buffer[]]', 'hscan scan sscan zscan'],
  ['[id: string, fields: string[]][]', '[id: Buffer, fields: Buffer[]][]', 'xrange xrevrange'],
  [
    '[key: string, items: [id: string, fields: string[]][]][] | null',
    '[key: Buffer, items: [id: Buffer, fields: Buffer[]][]][] | null',
    'xread',
  ],
];
/** Replies that depend on subcommands and options: a caller's own type is taken. */
const ANY = { texts: 'any', buffers: 'any' };

const HEAD = `// Made by scripts/ioredis-types.mjs.

import type { AtLeast, ClientContext, Exactly, Given, OwnCommands, Result } from './own-types.js';

/** Every command as a method. A callback may stand behind its arguments; lists among them are spread. */
export interface RedisCommander<Context extends ClientContext = { type: 'default' }>
  extends OwnCommands<Context> {
`;
/** Lists are spread, so that one argument may be many: more than one are never known to be missing. */
const KNOWN_AT_LEAST = 1;

const replies = new Map([...repliesByName(REPLIES), ...repliesByName(OTHERS)]);

function typesOf(names) {
  const lines = names
    .filter((name) => !OWN.includes(name))
    .flatMap((name) => {
      const { texts, buffers } = replies.get(name) ?? ANY;
      return [
        method(name, name, texts),
        method(`${name}Buffer`, name, buffers.replaceAll('RedisBuffer', 'Buffer')),
      ];
    });
  return `${HEAD}${lines.join('\n')}\n}\n`;
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
  console.error('js/ioredis/command-types.d.ts is not what scripts/ioredis-types.mjs makes; run it.');
  process.exitCode = 1;
}
