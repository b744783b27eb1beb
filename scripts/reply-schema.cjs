'use strict';

// Turns the reply schemas of servers' sources into the notation of command-notation.cjs.

/** Longer types are cut: what is nested in them becomes `Nested`. */
const WIDEST = 110;
const DEEPEST = 6;
/** Schemas describe RESP3, where pairs of these commands are nested. RESP2 has them in one flat list. */
const FLAT_PAIRS =
  /^(hrandfield|zdiff|zinter|zpopmax|zpopmin|zrandmember|zrange|zrangebyscore|zrevrange|zrevrangebyscore|zunion)$/;

/** The type of a command's reply. Each schema is that of one server; the type is their union. */
function replyType(name, schemas) {
  return typeOf(schemas, FLAT_PAIRS.test(name));
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

module.exports = { replyType };
