// Writes types/client/commands.d.ts: a method for each command of the table in native code, and one for its replies
// as Buffers. `--check` writes nothing and fails where the file is not what it would be.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import protocolOfCore from '../js/protocol.js';
import { jsdocOf, jsdocOfBuffers } from './command-jsdoc.mjs';
import notation from './command-notation.cjs';
import commandReplies from './command-replies.cjs';

const TARGET = path.join(import.meta.dirname, '../types/client/commands.d.ts');

/** Methods that the client has of its own; types/client/client.d.ts says what they take. */
const OWN = [
  ...['discard', 'exec', 'multi', 'quit', 'select', 'unwatch', 'watch'],
  ...['psubscribe', 'punsubscribe', 'ssubscribe', 'subscribe', 'sunsubscribe', 'unsubscribe'],
];

const HEAD = `// Made by scripts/client-types.mjs.

import type { RedisBuffer, RedisStreamEntries, RedisStreamEntry } from './values.js';
import type {
  AtLeast,
  Call,
  Exactly,
  ExpireWords,
  GetexWords,
  HashFields,
  Nested,
  Pairs,
  SetWords,
  Subcommands,
} from './call.js';

/**
 * Every command as a method. A callback may stand behind its arguments; lists among them are spread. An integer beyond
 * 2^53 comes as a text, though its type is \`number\`.
 */
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

function typesOf(commands) {
  const methods = Object.entries({ ...commands, ...SENTINEL })
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .filter(([name]) => !OWN.includes(name))
    .flatMap(([name, { arity }]) => methodsOf(name, arity));
  return `${HEAD}${methods.join('\n')}\n}\n`;
}

function methodsOf(name, arity) {
  const reply = commandReplies.replyOf(name);
  const named = (method) => (method.includes('-') ? `'${method}'` : method);
  return [
    ...jsdocOf(name, reply),
    `  ${named(name)}: ${callType(name, arity, reply)};`,
    ...jsdocOfBuffers(name, reply),
    `  ${named(`${name}Buffer`)}: ${callType(name, arity, reply, 'RedisBuffer')};`,
  ];
}

/** `bytes` is the type of bytes where they take the place of texts. */
function callType(name, arity, { type, byCount = {}, bySubcommand }, bytes) {
  const written = (one) => notation.typescript(notation.parse(one), bytes);
  const given = argumentsOf(name, arity);
  if (bySubcommand) return `Subcommands<${given}, ${rowsOf(bySubcommand, written)}>`;
  const shorter = Object.entries(byCount).map(([count, one]) => `Call<Exactly<${count}>, ${written(one)}>`);
  return [...shorter, `Call<${given}, ${written(type)}>`].join(' & ');
}

/** An object of the replies by the subcommand, as it is written in capitals. */
function rowsOf(bySubcommand, written) {
  const rows = Object.entries(bySubcommand).map(([word, type]) => {
    const named = word.toUpperCase();
    return `    ${named.includes('-') ? `'${named}'` : named}: ${written(type)};`;
  });
  return `{\n${rows.join('\n')}\n  }`;
}

function argumentsOf(name, arity) {
  if (name in OF_OWN_WORDS) return OF_OWN_WORDS[name];
  return arity > 0 ? `Exactly<${arity - 1}>` : `AtLeast<${Math.min(-arity - 1, KNOWN_AT_LEAST)}>`;
}

const text = typesOf(protocolOfCore.protocol.commands);
if (!process.argv.includes('--check')) writeFileSync(TARGET, text);
else if (readFileSync(TARGET, 'utf8') !== text) {
  console.error('types/client/commands.d.ts is not what scripts/client-types.mjs makes; run it.');
  process.exitCode = 1;
}
