'use strict';

const { parseArgs } = require('node:util');
const { MAX_TIMER_MS } = require('../time.js');

/**
 * @typedef {object} Flag an option without a value
 * @property {'boolean'} type
 * @property {string} [short]
 * @property {string} help
 *
 * @typedef {object} Valued an option with a value
 * @property {'string'} type
 * @property {[value: string, meaning: string]} help
 * @property {(text: string) => unknown} [parse]
 * @property {boolean} [mayBeEmpty]
 * @property {boolean} [isRequired]
 *
 * @typedef {Record<string, Flag | Valued>} KnownOptions
 *
 * @typedef {object} Command
 * @property {string} summary
 * @property {KnownOptions} options
 * @property {{ least: number, most: number, shown: string }} operands
 *
 * @typedef {object} Options the parsed options
 * @property {boolean} [json]
 * @property {number} [limit]
 * @property {string} [org]
 * @property {string} [prefix]
 * @property {string} [queue]
 * @property {boolean} [delayed]
 * @property {number} [timeout]
 * @property {string} [type]
 * @property {string} [url]
 * @property {'index' | 'scan'} [verify]
 *
 * @typedef {object} Surroundings
 * @property {string[]} operands
 * @property {(line: string) => Promise<boolean>} say prints a line of the answer
 * @property {(line: string) => Promise<boolean>} note prints a line that is not part of the answer
 *
 * @typedef {Options & Surroundings} Run input of a command
 */

/** The command line is wrong. The message is a sentence. */
class UsageError extends Error {}

/** Upper limit of `--limit`. */
const MOST = 1_000_000;
/** @type {KnownOptions} */
const JSON_OPTION = { json: { type: 'boolean', help: 'print one JSON object' } };

/** @type {KnownOptions} */
const LIMIT_OPTION = {
  limit: { type: 'string', help: ['N', 'how many at most, default 100'], parse: countOf },
};
/**
 * Options that say where the data is. They win over the environment.
 * @type {KnownOptions}
 */
const TARGET_OPTIONS = {
  url: { type: 'string', help: ['URL', 'the server, instead of what the environment names'] },
  prefix: {
    type: 'string',
    help: ['PREFIX', "the start of the cache's keys, instead of CACHE_KEY_PREFIX; '' for none"],
    mayBeEmpty: true,
  },
};
const NO_OPERANDS = { least: 0, most: 0, shown: '' };

/** @type {Record<string, Command>} */
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
  erase: {
    summary:
      'erase everything of one organization, in every room, and look a second time; exit code 1 where something is left',
    options: {
      org: { type: 'string', help: ['ID', 'the organization'], isRequired: true },
      verify: {
        type: 'string',
        help: ['HOW', 'the second look: index, the default, or scan, which looks at all keys'],
        parse: verificationOf,
      },
      timeout: {
        type: 'string',
        help: ['MS', 'how long it may take, in milliseconds'],
        parse: millisecondsOf,
      },
      ...TARGET_OPTIONS,
      ...JSON_OPTION,
    },
    operands: NO_OPERANDS,
  },
  queue: {
    summary:
      'list queues, show a job of any queue, list dead jobs and let them run again, pause, resume and drain a queue',
    options: {
      queue: { type: 'string', help: ['NAME', 'the queue; ls and show look at all without it'] },
      org: { type: 'string', help: ['ID', 'one organization of the queue'] },
      type: { type: 'string', help: ['TYPE', 'dead and redrive: jobs of one type'] },
      delayed: { type: 'boolean', help: 'drain: delayed jobs too' },
      url: TARGET_OPTIONS.url,
      ...LIMIT_OPTION,
      ...JSON_OPTION,
    },
    operands: {
      least: 1,
      most: Number.POSITIVE_INFINITY,
      shown: 'ls | show ID | dead | redrive [ID...] | pause | resume | drain',
    },
  },
  stats: {
    summary:
      'count what each organization holds, the largest first, all values by their types, and the identifiers of rate limits',
    options: { ...TARGET_OPTIONS, ...LIMIT_OPTION, ...JSON_OPTION },
    operands: NO_OPERANDS,
  },
};

/** @type {KnownOptions} */
const GENERAL = {
  help: { type: 'boolean', short: 'h', help: 'print this' },
  version: { type: 'boolean', short: 'v', help: 'print the version' },
};

/**
 * Parses the command line. Throws a `UsageError`.
 * @param {string[]} words
 * @returns {{ command: string, options?: Options, operands: string[] }}
 */
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
  for (const [option, known] of Object.entries(COMMANDS[name].options)) {
    if (known.type === 'string' && known.isRequired && options[option] === undefined)
      throw new UsageError(`orgcache ${name} needs --${option}`);
  }
  return { command: name, options: /** @type {Options} */ (options), operands };
}

/**
 * @param {string | undefined} name
 * @param {string[]} words
 */
function parse(name, words) {
  const known = { ...GENERAL, ...(name === undefined ? {} : COMMANDS[name].options) };
  const specification = Object.fromEntries(
    Object.entries(known).map(([name, option]) => {
      const { type } = option;
      return [name, type === 'boolean' && option.short ? { type, short: option.short } : { type }];
    }),
  );
  const { tokens, positionals } = parseArgs({
    args: words,
    options: specification,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  /** @type {Record<string, unknown>} */
  const options = {};
  for (const token of tokens) {
    if (token.kind === 'option') options[token.name] = readOption(token, known, name);
  }
  return { options, operands: positionals };
}

/**
 * @param {{ name: string, rawName: string, value?: string }} token
 * @param {KnownOptions} known
 * @param {string | undefined} command
 */
function readOption({ name: option, rawName, value }, known, command) {
  if (!Object.hasOwn(known, option)) {
    const owner = command === undefined ? 'orgcache' : `orgcache ${command}`;
    const names = Object.keys(known).map((name) => `--${name}`);
    throw new UsageError(`there is no option ${rawName} of ${owner}; there are ${names.join(', ')}`);
  }
  const one = known[option];
  if (one.type === 'boolean') {
    if (value !== undefined) throw new UsageError(`the option --${option} takes no value`);
    return true;
  }
  if (value === undefined || (value === '' && !one.mayBeEmpty))
    throw new UsageError(`the option --${option} needs a value`);
  return one.parse === undefined ? value : one.parse(value);
}

/** @param {string} text */
function countOf(text) {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= MOST) return count;
  throw new UsageError(`the option --limit needs an integer from 1 to ${MOST}`);
}

/** @param {string} text */
function verificationOf(text) {
  if (text === 'index' || text === 'scan') return text;
  throw new UsageError('the option --verify needs index or scan');
}

/** @param {string} text */
function millisecondsOf(text) {
  const milliseconds = Number(text);
  if (/^\d+$/.test(text) && milliseconds >= 1 && milliseconds <= MAX_TIMER_MS) return milliseconds;
  throw new UsageError(`the option --timeout needs an integer from 1 to ${MAX_TIMER_MS}`);
}

/**
 * @param {string} name
 * @param {string[]} operands
 */
function checkOperands(name, operands) {
  const { least, most, shown } = COMMANDS[name].operands;
  if (operands.length < least) throw new UsageError(`orgcache ${name} needs ${shown}`);
  if (operands.length > most) {
    throw new UsageError(
      `orgcache ${name} takes ${shown || 'no arguments'}, and ${operands.length} were given`,
    );
  }
}

/** @param {Record<string, Command>} commands */
function list(commands) {
  return Object.keys(commands).join(', ');
}

/**
 * The text of `--help`, of one command or of all.
 * @param {string} [name]
 */
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
    ...Object.entries(options).map(([name, option]) =>
      option.type === 'string'
        ? row(`--${name} ${option.help[0]}`, option.help[1])
        : row(`--${name}`, option.help),
    ),
  ].join('\n');
}

/** @param {string} [name] */
function usageOf(name) {
  const shown = name === undefined ? '' : COMMANDS[name].operands.shown;
  return shown === '' ? '' : ` ${shown}`;
}

/**
 * @param {string} left
 * @param {string} right
 */
function row(left, right) {
  return `  ${left.padEnd(16)} ${right}`;
}

module.exports = { commandLine, help, UsageError };
