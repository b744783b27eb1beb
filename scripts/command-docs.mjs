// Writes scripts/command-docs.json from what running servers say of their commands (COMMAND DOCS): syntax, complexity
// and the version that brought them. `node scripts/command-docs.mjs 127.0.0.1:7000 127.0.0.1:7001`: what the first server
// knows is taken from it, and the others add what it lacks. Sentences are not taken; readers follow the link to them.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import respClient from '../__test__/support/resp-client.js';

const TARGET = path.join(import.meta.dirname, 'command-docs.json');

async function docsOf(address) {
  const [host, port] = address.split(':');
  const client = new respClient.RespClient({ host, port: Number(port) });
  try {
    const [info, docs] = [await client.command('INFO', 'server'), await client.command('COMMAND', 'DOCS')];
    const server = /^valkey_version:/m.test(info) ? 'Valkey' : 'Redis';
    const [, version] = new RegExp(`^${server}_version:(\\S+)`, 'mi').exec(info);
    const entries = flat(docs).map(([name, facts]) => [name, entry(name, facts, server)]);
    return { from: `${server} ${version}`, entries };
  } finally {
    client.close();
  }
}

/** Commands and their subcommands, whose names are `container|name`. */
function flat(list) {
  return [...chunks(list)].flatMap(([name, facts]) => {
    const { subcommands = [], ...own } = Object.fromEntries(chunks(facts));
    return [[name.toLowerCase(), own], ...flat(subcommands)];
  });
}

function* chunks(list) {
  for (let i = 0; i < list.length; i += 2) yield [list[i], list[i + 1]];
}

function entry(
  name,
  { since, complexity = '', deprecated_since: deprecated, arguments: given = [] },
  server,
) {
  const words = name.toUpperCase().split('|');
  const orders = orderTerms(complexity);
  return {
    server,
    since,
    ...(deprecated ? { deprecated } : {}),
    ...(orders.length > 0 ? { complexity: orders.join(', ') } : {}),
    syntax: [...words, ...given.map((argument) => syntaxOf(asObject(argument)))].join(' '),
  };
}

const asObject = (argument) => Object.fromEntries(chunks(argument));

/** The terms `O(...)` of a sentence, each once. */
function orderTerms(sentence) {
  const terms = [];
  for (const { index } of sentence.matchAll(/\bO\(/g)) {
    let depth = 0;
    let end = index + 1;
    do {
      if (sentence[end] === '(') depth += 1;
      if (sentence[end] === ')') depth -= 1;
      end += 1;
    } while (depth > 0 && end < sentence.length);
    if (depth === 0) terms.push(sentence.slice(index, end));
  }
  return [...new Set(terms)];
}

function syntaxOf({ name, type, token, flags = [], arguments: inner = [], display_text: shown }) {
  const has = (flag) => flags.includes(flag);
  const value = wordsOf(type, shown ?? name, inner.map(asObject), token !== undefined || !has('optional'));
  const one = [token === '' ? '""' : token, type === 'pure-token' ? undefined : value];
  const words = one.filter((word) => word !== undefined).join(' ');
  const again = has('multiple_token') ? words : value;
  const all = has('multiple') ? `${words} [${again} ...]` : words;
  return has('optional') ? `[${all}]` : all;
}

function wordsOf(type, name, inner, isBracketed) {
  if (type === 'block') return inner.map(syntaxOf).join(' ');
  if (type !== 'oneof') return name;
  const choices = inner.map(syntaxOf).join(' | ');
  return isBracketed ? `<${choices}>` : choices;
}

const addresses = process.argv.slice(2);
if (addresses.length === 0) throw new Error('Name at least one server as HOST:PORT.');
const docs = new Map();
const from = [];
for (const address of addresses) {
  const { from: server, entries } = await docsOf(address);
  from.push(server);
  for (const [name, facts] of entries) if (!docs.has(name)) docs.set(name, facts);
}
const sorted = [...docs].sort(([one], [other]) => (one < other ? -1 : 1));
const rows = sorted.map(([name, facts]) => `    ${JSON.stringify(name)}: ${JSON.stringify(facts)}`);
writeFileSync(
  TARGET,
  `{\n  "from": ${JSON.stringify(from)},\n  "commands": {\n${rows.join(',\n')}\n  }\n}\n`,
);
console.log(`${sorted.length} commands`);
