// Writes scripts/command-answers.json: the type of each command's reply, as RESP2 has it, from the reply schemas in the
// sources of servers. `node scripts/command-answers.mjs CHECKOUT...` takes folders or bare repositories with
// `src/commands/*.json`; where two of them differ, the type is the union of both. scripts/command-notation.cjs
// explains the notation. What the schemas lack or get wrong stands in scripts/command-replies.cjs.

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

const TARGET = path.join(import.meta.dirname, 'command-answers.json');
/** Longer types are cut: what is nested in them becomes `Nested`. */
const WIDEST = 110;
const DEEPEST = 6;
/** Schemas describe RESP3, where pairs of these commands are nested. RESP2 has them in one flat list. */
const FLAT_PAIRS =
  /^(hrandfield|zdiff|zinter|zpopmax|zpopmin|zrandmember|zrange|zrangebyscore|zrevrange|zrevrangebyscore|zunion)$/;

function sourceAt(checkout) {
  const git = (...words) =>
    execFileSync('git', ['-C', checkout, ...words], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  const files = git('ls-tree', '--name-only', 'HEAD', 'src/commands/').split('\n');
  const commands = new Map();
  for (const file of files.filter((name) => name.endsWith('.json'))) {
    for (const [name, facts] of Object.entries(JSON.parse(git('show', `HEAD:${file}`)))) {
      const full = facts.container ? `${facts.container}|${name}` : name;
      commands.set(full.toLowerCase(), facts);
    }
  }
  const product = /VALKEY_VERSION/.test(git('show', 'HEAD:src/version.h')) ? 'Valkey' : 'Redis';
  return { from: `${product} at ${git('rev-parse', '--short=12', 'HEAD').trim()}`, commands };
}

function typeOf(schemas, isFlat) {
  for (let depth = DEEPEST; depth > 0; depth -= 1) {
    const type = union(schemas.map((schema) => written(schema, depth, isFlat)));
    if (type.length <= WIDEST) return type;
  }
  return union(schemas.map((schema) => written(schema, 1, isFlat)));
}

/** A schema in our notation. `depth` is how many arrays may stand in each other. */
function written(schema, depth, isFlat) {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return union(choices.map((choice) => written(choice, depth, isFlat)));
  if ('const' in schema) return constant(schema.const);
  switch (schema.type) {
    case 'string':
    case 'number': // A double is a text in RESP2.
      return 'string';
    case 'integer':
    case 'boolean':
      return 'number';
    case 'null':
      return 'null';
    case 'array':
      return list(schema, depth, isFlat);
    case 'object':
      return flatMap(schema, depth);
    default:
      return 'Nested';
  }
}

function constant(value) {
  if (value === 'OK') return "'OK'";
  return typeof value === 'string' ? 'string' : 'number';
}

function list({ items = {}, additionalItems, minItems, maxItems }, depth, isFlat) {
  if (depth === 0) return 'Nested[]';
  const of = (schema) => written(schema, depth - 1, false);
  if (!Array.isArray(items)) {
    if (isFlat && Array.isArray(items.items)) return `${grouped(union(items.items.map(of)))}[]`;
    if (minItems === maxItems && minItems === 2) return `[${of(items)}, ${of(items)}]`;
    return `${grouped(of(items))}[]`;
  }
  const known = items.map(of);
  const more = typeof additionalItems === 'object' ? [`...${grouped(of(additionalItems))}[]`] : [];
  return `[${[...known, ...more].join(', ')}]`;
}

/** RESP2 has a map as a flat list of names and values. */
function flatMap({ properties = {}, patternProperties = {}, additionalProperties }, depth) {
  if (depth === 0) return 'Nested[]';
  const more = typeof additionalProperties === 'object' ? [additionalProperties] : [];
  const values = [...Object.values(properties), ...Object.values(patternProperties), ...more];
  return `${grouped(union(['string', ...values.map((schema) => written(schema, depth - 1, false))]))}[]`;
}

/** In the order in which readers expect the parts: texts, numbers, lists, null. */
function union(types) {
  const parts = new Set(types.flatMap(alternatives));
  if (parts.has('Nested')) return 'Nested';
  if (parts.has('string')) parts.delete("'OK'");
  const isList = (part) => part.endsWith(']');
  const known = [...parts].filter((part) => !parts.has('Nested[]') || part === 'Nested[]' || !isList(part));
  const simple = ["'OK'", 'string', 'number'];
  const rank = (part) => (part === 'null' ? 4 : isList(part) ? 3 : simple.indexOf(part));
  return known.sort((one, other) => rank(one) - rank(other)).join(' | ');
}

/** The parts of a union, at its own level. */
function alternatives(type) {
  let depth = 0;
  const parts = [''];
  for (const letter of type) {
    if ('[('.includes(letter)) depth += 1;
    if ('])'.includes(letter)) depth -= 1;
    if (letter === '|' && depth === 0) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim());
}

const grouped = (type) => (alternatives(type).length > 1 ? `(${type})` : type);

const checkouts = process.argv.slice(2);
if (checkouts.length === 0) throw new Error('Name at least one checkout of the sources of Valkey or Redis.');
const sources = checkouts.map(sourceAt);
const names = [...new Set(sources.flatMap(({ commands }) => [...commands.keys()]))].sort();
const rows = names.flatMap((name) => {
  const schemas = sources.map(({ commands }) => commands.get(name)?.reply_schema).filter(Boolean);
  if (schemas.length === 0) return [];
  return [`    ${JSON.stringify(name)}: ${JSON.stringify(typeOf(schemas, FLAT_PAIRS.test(name)))}`];
});
const from = JSON.stringify(sources.map((source) => source.from));
writeFileSync(TARGET, `{\n  "from": ${from},\n  "replies": {\n${rows.join(',\n')}\n  }\n}\n`);
console.log(`${rows.length} replies`);
