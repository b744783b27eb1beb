'use strict';

const { parseArgs } = require('node:util');

/** A command line that cannot be carried out; its message is a sentence. */
class UsageError extends Error {}

/** What a terminal or a pipe is asked to take at most. */
const MOST = 1_000_000;
const JSON_OPTION = { json: { type: 'boolean', help: 'print one JSON object' } };

const LIMIT_OPTION = {
  limit: { type: 'string', help: ['N', 'how many at most, default 100'], parse: countOf },
};
/** Where the data is. They win over the environment. */
const TARGET_OPTIONS = {
  url: { type: 'string', help: ['URL', 'the server, instead of what the environment names'] },
  prefix: {
    type: 'string',
    help: ['PREFIX', "the start of the cache's keys, instead of CACHE_KEY_PREFIX; '' for none"],
    mayBeEmpty: true,
  },
};
const NO_OPERANDS = { least: 0, most: 0, shown: '' };

const COMMANDS = {
  doctor: {
    summary: 'check configuration, network, login, memory policy and more; exit code 1 where a check fails',
    options: { ...TARGET_OPTIONS, ...JSON_OPTION },
    operands: NO_OPERANDS,
  },
  keys: {
    summary: 'list keys and the time that is left to them',
    options: {
      org: { type: 'string', help: ['ID', 'those of one organization'] },
      type: { type: 'string', help: ['TYPE', 'those of one type, e.g. conversationContexts'] },
      ...TARGET_OPTIONS,
      ...LIMIT_OPTION,
      ...JSON_OPTION,
    },
    operands: NO_OPERANDS,
  },
  get: {
    summary: 'print the value of a key, decoded',
    options: { ...TARGET_OPTIONS, ...JSON_OPTION },
    operands: { least: 1, most: 1, shown: 'KEY' },
  },
  del: {
    summary: 'delete keys',
    options: TARGET_OPTIONS,
    operands: { least: 1, most: Number.POSITIVE_INFINITY, shown: 'KEY...' },
  },
  clear: {
    summary: 'clear every value of one organization',
    options: {
      org: { type: 'string', help: ['ID', 'the organization'], isRequired: true },
      ...TARGET_OPTIONS,
    },
    operands: NO_OPERANDS,
  },
  stats: {
    summary: 'count what each organization holds, the largest first, and all values by their types',
    options: { ...TARGET_OPTIONS, ...LIMIT_OPTION, ...JSON_OPTION },
    operands: NO_OPERANDS,
  },
};

const GENERAL = {
  help: { type: 'boolean', short: 'h', help: 'print this' },
  version: { type: 'boolean', short: 'v', help: 'print the version' },
};

/** What the words ask for: `{ command, options, operands }`. Throws a `UsageError`. */
function commandLine(words) {
  const at = words.findIndex((word) => !word.startsWith('-'));
  const name = at < 0 ? undefined : words[at];
  if (name !== undefined && !Object.hasOwn(COMMANDS, name)) {
    throw new UsageError(
      `there is no command ${JSON.stringify(name)}; there are ${list(COMMANDS)} (--help tells more)`,
    );
  }
  const rest = words.filter((_word, index) => index !== at);
  const { options, operands } = parse(name, rest);
  if (options.help) return { command: 'help', operands: name === undefined ? [] : [name] };
  if (options.version) return { command: 'version', operands: [] };
  if (name === undefined) {
    throw new UsageError(`a command is missing; there are ${list(COMMANDS)} (--help tells more)`);
  }
  checkOperands(name, operands);
  for (const [option, { isRequired }] of Object.entries(COMMANDS[name].options)) {
    if (isRequired && options[option] === undefined)
      throw new UsageError(`orgcache ${name} needs --${option}`);
  }
  return { command: name, options, operands };
}

function parse(name, words) {
  const known = { ...GENERAL, ...COMMANDS[name]?.options };
  const specification = Object.fromEntries(
    Object.entries(known).map(([option, { type, short }]) => [option, short ? { type, short } : { type }]),
  );
  const { tokens, positionals } = parseArgs({
    args: words,
    options: specification,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const options = {};
  for (const token of tokens.filter(({ kind }) => kind === 'option')) {
    options[token.name] = readOption(token, known, name);
  }
  return { options, operands: positionals };
}

function readOption({ name: option, rawName, value }, known, command) {
  if (!Object.hasOwn(known, option)) {
    const owner = command === undefined ? 'orgcache' : `orgcache ${command}`;
    const names = Object.keys(known).map((name) => `--${name}`);
    throw new UsageError(`there is no option ${rawName} of ${owner}; there are ${names.join(', ')}`);
  }
  const { type, parse: read, mayBeEmpty = false } = known[option];
  if (type === 'boolean') {
    if (value !== undefined) throw new UsageError(`the option --${option} takes no value`);
    return true;
  }
  if (value === undefined || (value === '' && !mayBeEmpty))
    throw new UsageError(`the option --${option} needs a value`);
  return read === undefined ? value : read(value);
}

function countOf(text) {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= MOST) return count;
  throw new UsageError(`the option --limit needs an integer from 1 to ${MOST}`);
}

function checkOperands(name, operands) {
  const { least, most, shown } = COMMANDS[name].operands;
  if (operands.length < least) throw new UsageError(`orgcache ${name} needs ${shown}`);
  if (operands.length > most) {
    throw new UsageError(`orgcache ${name} takes ${shown || 'no words'}, and ${operands.length} were given`);
  }
}

function list(commands) {
  return Object.keys(commands).join(', ');
}

/** The text of `--help`, of one command or of all. */
function help(name) {
  const commands = name === undefined ? COMMANDS : { [name]: COMMANDS[name] };
  const options = { ...(name === undefined ? {} : COMMANDS[name].options), ...GENERAL };
  return [
    `Usage: orgcache ${name ?? 'COMMAND'}${usageOf(name)} [options]`,
    '',
    'Redis is found by --url, or by the environment variables by which the package finds it: REDIS_URL, REDIS_HOST, ...',
    'A password in --url can be seen by other users of this machine; in REDIS_URL it cannot.',
    '',
    ...Object.entries(commands).map(([command, { summary }]) => row(command, summary)),
    '',
    ...Object.entries(options).map(([option, { type, help: meaning }]) =>
      row(
        type === 'string' ? `--${option} ${meaning[0]}` : `--${option}`,
        type === 'string' ? meaning[1] : meaning,
      ),
    ),
  ].join('\n');
}

function usageOf(name) {
  const shown = name === undefined ? '' : COMMANDS[name].operands.shown;
  return shown === '' ? '' : ` ${shown}`;
}

function row(left, right) {
  return `  ${left.padEnd(16)} ${right}`;
}

module.exports = { commandLine, help, UsageError };
