// Writes js/protocol-names.d.ts: the names of what native code shares with JavaScript by number or by name. Build the
// addon first. `--check` writes nothing and fails where the file is not what it would be.

import protocolOfCore from '../js/protocol.js';
import { writeOrCheck } from './generated.mjs';

/** As in biome.jsonc. */
const LINE_WIDTH = 110;
const { protocol } = protocolOfCore;

const numbersOf = (table) => Object.keys(table).filter((name) => typeof table[name] === 'number');

function roomsWithVerbs() {
  return Object.keys(protocol.verbs).filter((name) => typeof protocol.verbs[name] === 'object');
}

/** What each type is, and its names. */
const TYPES = [
  ['CallFlag', 'How a command of the client is encoded and answered.', Object.keys(protocol.commandFlags)],
  ['CommandFlag', 'A property of a command.', Object.values(protocol.commands).flatMap(({ flags }) => flags)],
  ['EventName', 'What a client tells without being asked.', Object.keys(protocol.events)],
  [
    'GroupOption',
    'A number among the options of a consumer group.',
    Object.keys(protocol.limits.groupOptions),
  ],
  ['Kind', 'A kind of value, by its segment in keys.', Object.keys(protocol.kinds)],
  ['LimitName', 'A time or limit of what JavaScript does itself.', numbersOf(protocol.limits)],
  ['LinkEvent', 'What a Link tells without being asked.', Object.keys(protocol.linkEvents)],
  ['Mark', 'The kind of an outcome.', Object.keys(protocol.marks)],
  ['Role', 'What a connection is for.', Object.keys(protocol.roles)],
  ['RoleFlag', 'What stands beside a role.', Object.keys(protocol.besideRoles)],
  ...roomsWithVerbs().map((room) => [
    `${room[0].toUpperCase()}${room.slice(1)}Verb`,
    `What a call of the room ${room} asks for.`,
    Object.keys(protocol.verbs[room]),
  ]),
];

function declaration([name, meaning, names]) {
  const sorted = [...new Set(names)].sort().map((one) => `'${one}'`);
  const line = `export type ${name} = ${sorted.join(' | ')};`;
  const lines = `export type ${name} =\n${sorted.map((one) => `  | ${one}`).join('\n')};`;
  return `/** ${meaning} */\n${line.length <= LINE_WIDTH ? line : lines}\n`;
}

writeOrCheck('scripts/protocol-names.mjs', {
  'js/protocol-names.d.ts': `// Made by scripts/protocol-names.mjs.\n\n${TYPES.map(declaration).join('\n')}`,
});
