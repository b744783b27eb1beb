'use strict';

/**
 * The notation in which `command-answers.json` and `command-replies.cjs` write the type of a reply, as RESP2 has it:
 *
 * - `string` is a text, or bytes where a caller asks for Buffers; `'OK'` is that text
 * - `number`, `null`, and `unknown`, which needs a reason
 * - `T[]`, `[a: T, b?: T, ...T[]]`, `T | T` and parentheses, as TypeScript has them
 * - `Fields` (an object of texts), `Entry` and `Entries` (of streams), `Nested` (texts, numbers, null and lists of them)
 */

const TOKEN = /\s*('[^']*'|\.\.\.|[A-Za-z]+|[[\]()|,:?])/y;

/** A type as `{ kind, ... }`. */
function parse(text) {
  const tokens = tokensOf(text);
  const type = union(tokens);
  if (tokens.length > 0) throw new Error(`${tokens[0]} is one too many in ${text}`);
  return type;
}

function tokensOf(text) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex;
    const [, token] = TOKEN.exec(text) ?? [];
    if (token === undefined) throw new Error(`No type begins with ${text.slice(from)}`);
    tokens.push(token);
  }
  return tokens;
}

function union(tokens) {
  const of = [postfix(tokens)];
  while (tokens[0] === '|') {
    tokens.shift();
    of.push(postfix(tokens));
  }
  return of.length === 1 ? of[0] : { kind: 'union', of };
}

function postfix(tokens) {
  let type = primary(tokens);
  while (tokens[0] === '[' && tokens[1] === ']') {
    tokens.splice(0, 2);
    type = { kind: 'list', of: type };
  }
  return type;
}

function primary(tokens) {
  const token = tokens.shift();
  if (token === '(') {
    const type = union(tokens);
    take(tokens, ')');
    return type;
  }
  if (token === '[') return tuple(tokens);
  if (token?.startsWith("'")) return { kind: 'literal', text: token.slice(1, -1) };
  if (!NAMED.has(token)) throw new Error(`${token} is no type`);
  return { kind: 'named', name: token };
}

function tuple(tokens) {
  const of = [];
  while (tokens[0] !== ']') {
    if (of.length > 0) take(tokens, ',');
    of.push(element(tokens));
  }
  take(tokens, ']');
  const labels = of.filter(({ label }) => label !== undefined).length;
  // TypeScript before 5.2 takes no other.
  if (labels > 0 && labels < of.length) throw new Error('Either all elements of a tuple have labels or none');
  return { kind: 'tuple', of };
}

function element(tokens) {
  const isRest = tokens[0] === '...';
  if (isRest) tokens.shift();
  const isOptional = tokens[1] === '?';
  const label = isOptional || tokens[1] === ':' ? tokens.shift() : undefined;
  if (isOptional) tokens.shift();
  if (label !== undefined) take(tokens, ':');
  return { label, isRest, isOptional, type: union(tokens) };
}

function take(tokens, expected) {
  const token = tokens.shift();
  if (token !== expected) throw new Error(`${expected} was expected, not ${token}`);
}

const isText = (value, isBytes) => (isBytes ? Buffer.isBuffer(value) : typeof value === 'string');
const isList = (value, of) => Array.isArray(value) && value.every(of);
const ENTRY = (value, isBytes) =>
  isList(value, () => true) &&
  value.length === 2 &&
  isText(value[0], isBytes) &&
  isList(value[1], (text) => isText(text, isBytes));
const NESTED = (value, isBytes) =>
  value === null ||
  typeof value === 'number' ||
  isText(value, isBytes) ||
  isList(value, (each) => NESTED(each, isBytes));

/** Each name in TypeScript, where `Text` is what texts come as, and whether a value is one. */
const NAMED = new Map([
  ['string', { written: (Text) => Text, holds: isText }],
  ['number', { written: () => 'number', holds: (value) => typeof value === 'number' }],
  ['null', { written: () => 'null', holds: (value) => value === null }],
  ['unknown', { written: () => 'unknown', holds: () => true }],
  [
    'Fields',
    {
      written: (Text) => `Record<string, ${Text}>`,
      holds: (value, isBytes) =>
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        Object.values(value).every((text) => isText(text, isBytes)),
    },
  ],
  ['Entry', { written: (Text) => `RedisStreamEntry<${Text}>`, holds: ENTRY }],
  [
    'Entries',
    {
      written: (Text) => `RedisStreamEntries<${Text}>`,
      holds: (value, isBytes) =>
        value === null ||
        isList(
          value,
          (pair) => isText(pair?.[0], isBytes) && isList(pair?.[1], (entry) => ENTRY(entry, isBytes)),
        ),
    },
  ],
  ['Nested', { written: (Text) => `Nested<${Text}>`, holds: NESTED }],
]);

/** A type as TypeScript has it; `bytes` is the name of the type of bytes where they take the place of texts. */
function typescript(type, bytes) {
  const inner = (one) => typescript(one, bytes);
  switch (type.kind) {
    case 'union':
      return [...new Set(type.of.map(inner))].join(' | ');
    case 'list':
      return type.of.kind === 'union' ? `(${inner(type.of)})[]` : `${inner(type.of)}[]`;
    case 'tuple':
      return `[${type.of.map((one) => elementText(one, inner(one.type))).join(', ')}]`;
    case 'literal':
      return bytes ?? `'${type.text}'`;
    default:
      return NAMED.get(type.name).written(bytes ?? 'string');
  }
}

function elementText({ label, isRest, isOptional }, type) {
  const named = label === undefined ? '' : `${label}${isOptional ? '?' : ''}: `;
  return `${isRest ? '...' : ''}${named}${type}`;
}

/** Whether a value is of a type; `isBytes` where its texts came as Buffers. */
function conforms(value, type, isBytes = false) {
  switch (type.kind) {
    case 'union':
      return type.of.some((one) => conforms(value, one, isBytes));
    case 'list':
      return isList(value, (each) => conforms(each, type.of, isBytes));
    case 'tuple':
      return Array.isArray(value) && fits(value, type.of, isBytes);
    case 'literal':
      return isText(value, isBytes) && String(value) === type.text;
    default:
      return NAMED.get(type.name).holds(value, isBytes);
  }
}

function fits(values, elements, isBytes) {
  const [first, ...others] = elements;
  if (first === undefined) return values.length === 0;
  if (first.isRest) return conforms(values, first.type, isBytes);
  if (values.length === 0) return first.isOptional;
  return conforms(values[0], first.type, isBytes) && fits(values.slice(1), others, isBytes);
}

module.exports = { conforms, parse, typescript };
