// Writes js/client/command-types.d.ts: a method for each command of the table in native code, and one for its replies
// as Buffers. `--check` writes nothing and fails where the file is not what it would be.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import protocolOfCore from '../js/protocol.js';
import { REPLIES, repliesByName } from './command-replies.mjs';

const TARGET = path.join(import.meta.dirname, '../js/client/command-types.d.ts');

/** Methods that the client has of its own; index.d.ts says what they take. */
const OWN = [
  ...['discard', 'exec', 'multi', 'quit', 'select', 'unwatch', 'watch'],
  ...['psubscribe', 'punsubscribe', 'ssubscribe', 'subscribe', 'sunsubscribe', 'unsubscribe'],
];

const HEAD = `// Made by scripts/client-types.mjs.

import type { RedisBuffer, RedisStreamEntries, RedisStreamEntry } from '../../index.js';
import type {
  AtLeast,
  Call,
  Exactly,
  ExpireWords,
  GetexWords,
  HashFields,
  Pairs,
  SetWords,
} from './call-types.js';

/** Every command as a method. A callback may stand behind its arguments; lists among them are spread. */
export interface RedisCommands {
`;

/** Lists are spread, so that one argument may be many: more than two are never known to be missing. */
const KNOWN_AT_LEAST = 2;
const OF_OWN_WORDS = {
  ...{ hset: 'HashFields', hmset: 'HashFields', mset: 'Pairs', msetnx: 'Pairs' },
  ...{ getex: 'GetexWords', set: 'SetWords' },
  ...{ expire: 'ExpireWords', expireat: 'ExpireWords', pexpire: 'ExpireWords', pexpireat: 'ExpireWords' },
};
/** Sentinels have it, and servers do not tell of it. */
const SENTINEL = { sentinel: { arity: -2 } };

const replies = repliesByName(REPLIES);

function typesOf(commands) {
  const unknown = [...replies.keys()].filter((name) => !(name in commands));
  if (unknown.length > 0) throw new Error(`The command table does not have ${unknown.join(', ')}.`);
  const lines = Object.entries({ ...commands, ...SENTINEL })
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .filter(([name]) => !OWN.includes(name))
    .flatMap(([name, { arity }]) => {
      const { texts, buffers } = replies.get(name) ?? { texts: 'unknown', buffers: 'unknown' };
      const given = argumentsOf(name, arity);
      const method = name.includes('-') ? `'${name}'` : name;
      const ofBuffers = name.includes('-') ? `'${name}Buffer'` : `${name}Buffer`;
      return [`  ${method}: Call<${given}, ${texts}>;`, `  ${ofBuffers}: Call<${given}, ${buffers}>;`];
    });
  return `${HEAD}${lines.join('\n')}\n}\n`;
}

function argumentsOf(name, arity) {
  if (name in OF_OWN_WORDS) return OF_OWN_WORDS[name];
  return arity > 0 ? `Exactly<${arity - 1}>` : `AtLeast<${Math.min(-arity - 1, KNOWN_AT_LEAST)}>`;
}

const text = typesOf(protocolOfCore.protocol.commands);
if (!process.argv.includes('--check')) writeFileSync(TARGET, text);
else if (readFileSync(TARGET, 'utf8') !== text) {
  console.error('js/client/command-types.d.ts is not what scripts/client-types.mjs makes; run it.');
  process.exitCode = 1;
}
