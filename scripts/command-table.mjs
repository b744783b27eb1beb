// Writes src/command/table.rs from the command tables of running servers: `node scripts/command-table.mjs
// 127.0.0.1:7000 127.0.0.1:7001`. What the first server knows is taken from it; the others add what it lacks.
// Name servers without modules: commands of modules would be taken for those of every server.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import respClient from '../__test__/support/resp-client.js';

const TARGET = path.join(import.meta.dirname, '../src/command/table.rs');
/** The flags of COMMAND that somebody here asks for. */
const FLAGS = ['write', 'readonly', 'blocking', 'pubsub', 'noscript', 'movablekeys', 'fast'];

async function commandsOf(address) {
  const [host, port] = address.split(':');
  const client = new respClient.RespClient({ host, port: Number(port) });
  try {
    const [info, commands] = [await client.command('INFO', 'server'), await client.command('COMMAND')];
    const version = /^(valkey|redis)_version:(.*)$/gm;
    const names = [...info.matchAll(version)].map(([, name, number]) => [name, number.trim()]);
    const [name, number] = names.find(([server]) => server === 'valkey') ?? names[0];
    return {
      server: `${name === 'valkey' ? 'Valkey' : 'Redis'} ${number}`,
      commands: commands.flatMap(flat),
    };
  } finally {
    client.close();
  }
}

/** A command and its subcommands, whose names are `container|name`. */
function flat([name, arity, flags, first, last, step, , tips = [], specs = [], subcommands = []]) {
  const command = {
    name: name.toLowerCase(),
    arity,
    flags,
    tips,
    specs: specs.map(pairs),
    first,
    last,
    step,
  };
  return [command, ...subcommands.flatMap(flat)];
}

function pairs(list) {
  const object = {};
  for (let i = 0; i < list.length; i += 2) object[list[i]] = list[i + 1];
  return object;
}

function spec({ begin_search: begin, find_keys: find }) {
  const [from, to] = [pairs(begin), pairs(find)];
  if (from.type === 'unknown' || to.type === 'unknown') return [];
  const [start, end] = [pairs(from.spec), pairs(to.spec)];
  const where =
    from.type === 'index'
      ? `at(${start.index})`
      : `behind(${JSON.stringify(start.keyword)}, ${start.startfrom})`;
  return to.type === 'range'
    ? [`range(${where}, ${end.lastkey}, ${end.keystep}, ${end.limit})`]
    : [`counted(${where}, ${end.keynumidx}, ${end.firstkey}, ${end.keystep})`];
}

function row({ name, arity, flags, tips, specs }) {
  const named = FLAGS.filter((flag) => flags.includes(flag)).map((flag) => flag.toUpperCase());
  const policy = tips.find((tip) => tip.startsWith('request_policy:'))?.split(':')[1];
  const shared =
    policy === undefined
      ? ''
      : `.asks(Policy::${policy.replace(/(?:^|_)(\w)/g, (_, letter) => letter.toUpperCase())})`;
  const keys = specs.flatMap(spec);
  return `    command(${JSON.stringify(name)}, ${arity}, ${named.join(' | ') || '0'}, &[${keys.join(', ')}])${shared},`;
}

const tables = [];
for (const address of process.argv.slice(2)) tables.push(await commandsOf(address));
if (tables.length === 0) throw new Error('Name at least one server as HOST:PORT.');
const commands = new Map();
for (const { commands: own } of tables) {
  for (const command of own) if (!commands.has(command.name)) commands.set(command.name, command);
}
const sorted = [...commands.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
const source = `//! Every command, as ${tables.map(({ server }) => server).join(' and ')} describe them (COMMAND). Made by
//! \`scripts/command-table.mjs\`.

use super::{
    Command, Policy, ${FLAGS.map((flag) => flag.toUpperCase()).join(', ')}, at, behind, command, counted, range,
};

/// In the order of their names.
#[rustfmt::skip]
pub(super) static COMMANDS: &[Command] = &[
${sorted.map(row).join('\n')}
];
`;
writeFileSync(TARGET, source);
console.log(`${sorted.length} commands of ${tables.map(({ server }) => server).join(' and ')}`);
