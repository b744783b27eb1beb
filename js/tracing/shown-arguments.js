'use strict';

/**
 * Number of arguments of a command that may be shown: the first ones are keys or subcommands, the others are values
 * or secrets. The first row with a prefix of the command's name counts. All other commands show nothing.
 * @type {[number, string[]][]}
 */
const SHOWN = [
  [0, ['echo']],
  [1, ['lpush', 'mset', 'pfa', 'publish', 'rpush', 'sadd', 'set', 'spublish', 'xadd', 'zadd']],
  [2, ['acl', 'config', 'hset', 'hmset', 'lset', 'linsert']],
  [
    Number.POSITIVE_INFINITY,
    [
      ...['bit', 'bl', 'br', 'bz', 'client', 'cluster', 'command', 'decr', 'del', 'eval', 'ex'],
      ...[
        'function',
        'geo',
        'get',
        'hincr',
        'hmget',
        'hscan',
        'incr',
        'lt',
        'lr',
        'll',
        'lm',
        'memory',
        'pe',
        'pf',
      ],
      ...[
        'pi',
        'ps',
        'pt',
        'pu',
        'rpop',
        'sc',
        'sd',
        'si',
        'sm',
        'so',
        'sr',
        'ss',
        'su',
        'xack',
        'xc',
        'xd',
        'xg',
      ],
      ...['xi', 'xl', 'xp', 'xr', 'xt', 'zc', 'zd', 'zi', 'zl', 'zm', 'zp', 'zr', 'zs'],
    ],
  ],
];
const HIDDEN = '?';
/**
 * Numbers by the command's name.
 * @type {Map<string, number>}
 */
const shownWords = new Map();

/** @param {string} command */
function shownOf(command) {
  let shown = shownWords.get(command);
  if (shown === undefined) {
    const name = command.toLowerCase();
    shown = SHOWN.find(([, prefixes]) => prefixes.some((prefix) => name.startsWith(prefix)))?.[0] ?? 0;
    // Names of scripts come from the application, and there may be many.
    if (shown > 0) shownWords.set(command, shown);
  }
  return shown;
}

/**
 * The arguments of a command for tracers. Values and secrets are question marks.
 * @param {string} command
 * @param {unknown[]} args
 */
function sanitizeArgs(command, args) {
  const shown = shownOf(command);
  return args.map((arg, position) => (position < shown ? String(arg) : HIDDEN));
}

module.exports = { sanitizeArgs };
