'use strict';

/**
 * The replies of commands, for the types that client-types.mjs and ioredis-types.mjs write. Most are those of
 * command-answers.json. Here stands what no schema there has, and where a schema is wrong or too wide.
 */

const { replies } = require('./command-answers.json');

/** Types by the commands whose reply they are; `command-notation.cjs` explains them. A subcommand is `container|name`. */
const BY_HAND = [
  // A schema is wrong about these, has another layout, or says less than servers do.
  ['string', 'type'],
  ['string | null', 'lmove'],
  ['number | null', 'object|freq object|idletime object|refcount'],
  ['[local: number, replicas: number]', 'waitaof'],
  ['[seconds: string, microseconds: string]', 'time'],
  ['(string | null)[]', 'geohash'],
  ['(string | number)[]', 'pubsub|numsub pubsub|shardnumsub'],
  ['string[]', 'zpopmax zpopmin'],
  ['string | string[] | null', 'srandmember'],
  ['Fields', 'hgetall'],
  ['[cursor: string, found: string[]]', 'hscan scan sscan zscan'],
  ['[key: string, element: string] | null', 'blpop brpop'],
  ['[key: string, member: string, score: string] | null', 'bzpopmax bzpopmin'],
  ['[key: string, elements: string[]] | null', 'blmpop lmpop'],
  ['[key: string, members: [member: string, score: string][]] | null', 'bzmpop zmpop'],
  ['([longitude: string, latitude: string] | null)[]', 'geopos'],
  [
    '[from: number, to: number, ...nodes: [ip: string | null, port: number, id: string, ...more: string[][]][]][]',
    'cluster|slots',
  ],
  ['([string, number, string[], number, number, number, string[], ...Nested[][]] | null)[]', 'command|info'],
  [
    `[role: string, offset: number, replicas: [string, string, string][]]
     | [role: string, host: string, port: number, state: string, offset: number]
     | [role: string, primaries: string[]]`,
    'role',
  ],
  ['(string | [number, string | null][])[]', 'sentinel|info-cache'],
  ['Entry[]', 'xrange xrevrange'],
  ['Entries', 'xread'],
  // A pending entry that was deleted has no fields any more.
  ['[key: string, entries: [id: string, fields: string[] | null][]][] | null', 'xreadgroup'],
  // Redis 6.2 has null in the place of such an entry, and does not name those that are gone.
  ['string[] | (Entry | null)[]', 'xclaim'],
  ['[cursor: string, entries: string[] | (Entry | null)[], deleted?: string[]]', 'xautoclaim'],
  ['(string | number | null | Nested[])[]', 'xinfo|stream'],
  [
    '[count: number, first: string | null, last: string | null, consumers: [string, string][] | null] | [id: string, consumer: string, idle: number, deliveries: number][]',
    'xpending',
  ],

  // Newer than the schemas. Redis: arrays, vector sets and others.
  [
    'number',
    `arcount ardel ardelrange arinsert arlen armset arring arseek arset delex delifeq hsetex msetex sdiffcard
     sunioncard vadd vcard vdim vismember vrem vsetattr xnack`,
  ],
  ['number | null', 'arnext'],
  ['string | null', 'arget digest vgetattr'],
  ['string | number | null', 'arop'],
  ['(string | null)[]', 'argetrange arlastitems armget hgetdel hgetex'],
  ['number[] | [index: number, value: string][]', 'argrep'],
  ['(string | number)[]', 'arinfo'],
  ['[index: number, value: string][]', 'arscan'],
  ['string[] | null', 'blmovem lmovem vemb'],
  ['[value: number | string, change: number | string]', 'increx'],
  ["'OK'", 'trimslots xcfgset xidmprecord'],
  ['number[]', 'xackdel xdelex'],
  ['(string | number)[] | null', 'vinfo'],
  ['string[][] | null', 'vlinks'],
  ['string | string[] | null', 'vrandmember'],
  ['string[]', 'vrange'],
  // RESP3 nests what belongs to one element where scores and attributes are asked for.
  ['(string | null | [score: string, attributes: string | null])[]', 'vsim'],
  ["'OK'", 'backup|abort backup|cleanup backup|seal backup|start himport|prepare himport|set'],
  ["'OK'", 'hotkeys|reset hotkeys|start hotkeys|stop'],
  ['number', 'himport|discard himport|discardall'],
  ['string[]', 'backup|list backup|help hotkeys|help'],
  ['Nested[]', 'backup|status'],
  ['Nested[] | null', 'hotkeys|get'],
  // Valkey.
  ['[cursor: string, found: string[]]', 'clusterscan'],
  ['[number, number, number, string[], string, string][]', 'commandlog|get'],
  ['number', 'commandlog|len'],
  ["'OK'", 'commandlog|reset client|import-source'],
  ['string[]', 'commandlog|help'],
];

/** Where the number of arguments decides: the reply to exactly as many. To all others it is the union above. */
const BY_COUNT = {
  hrandfield: { 1: 'string | null', 2: 'string[]' },
  lcs: { 2: 'string' },
  lpop: { 1: 'string | null', 2: 'string[] | null' },
  lpos: { 2: 'number | null' },
  rpop: { 1: 'string | null', 2: 'string[] | null' },
  set: { 2: "'OK'" },
  sort: { 1: 'string[]' },
  sort_ro: { 1: 'string[]' },
  spop: { 1: 'string | null', 2: 'string[]' },
  srandmember: { 1: 'string | null', 2: 'string[]' },
  vrandmember: { 1: 'string | null', 2: 'string[]' },
  vsim: { 3: 'string[]' },
  zadd: { 3: 'number' },
  zrandmember: { 1: 'string | null', 2: 'string[]', 3: 'string[]' },
  zrank: { 2: 'number | null', 3: '[rank: number, score: string] | null' },
  zrevrank: { 2: 'number | null', 3: '[rank: number, score: string] | null' },
};

/** Why a reply has no type, by the commands. */
const REASONS = [
  ['the script decides what it is', 'eval eval_ro evalsha evalsha_ro'],
  ['the function decides what it is', 'fcall fcall_ro'],
  ['servers change it from version to version', 'debug pfdebug'],
  ['what follows it is no reply', 'monitor psync sync'],
  ['each of its subcommands has another, and servers keep them for their own tests', 'replconf'],
];

const byName = (rows) =>
  new Map(
    rows.flatMap(([value, names]) =>
      names
        .trim()
        .split(/\s+/)
        .map((name) => [name, value]),
    ),
  );

const reasons = byName(REASONS);
const types = new Map([...Object.entries(replies), ...byName(BY_HAND)]);

/**
 * What a command replies: `type`; `byCount`, where the number of arguments decides; `bySubcommand`, where the first
 * argument does; `reason`, where the type is `unknown`.
 */
function replyOf(name) {
  if (reasons.has(name)) return { type: 'unknown', reason: reasons.get(name) };
  const subcommands = [...types].filter(([full]) => full.startsWith(`${name}|`));
  if (subcommands.length > 0) {
    const bySubcommand = Object.fromEntries(subcommands.map(([full, type]) => [full.split('|')[1], type]));
    return { type: [...new Set(Object.values(bySubcommand))].join(' | '), bySubcommand };
  }
  const type = types.get(name);
  if (type === undefined) throw new Error(`The reply of ${name} has no type, and no reason for that.`);
  return { type, byCount: BY_COUNT[name] };
}

/** The type of the reply to a call with these arguments, as `command-notation.cjs` reads it. */
function replyTo(name, given) {
  const { type, byCount, bySubcommand } = replyOf(name);
  return byCount?.[given.length] ?? bySubcommand?.[String(given[0]).toLowerCase()] ?? type;
}

module.exports = { BY_HAND, replies, replyOf, replyTo };
