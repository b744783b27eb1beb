// The lines of types/ that name options, and the text of js/settings-types.d.ts.

import { paragraph, unitOf } from './sentences.mjs';

const WIDTH = 116;
const MADE = '// Made by scripts/options.mjs.\n';

/** Options that may be an object, and the type of the object. */
const OBJECTS = { tls: 'TlsOptions', near: 'NearOptions' };
const isMember = ({ option }) => option.includes('.');

/** The file of `ConfigureOptions`, which is `text` today. */
export function optionTypes(rows, text) {
  return withRegion(
    text,
    rows.filter((row) => !isMember(row)),
  );
}

/** The file of `TlsOptions` and of the types of single options, which is `text` today. */
export function valueTypes(rows, text) {
  const exported = rows.filter((row) => row.exportedType !== null);
  const withUnions = exported.reduce((made, { exportedType: name, value }) => {
    const declaration = new RegExp(`^export type ${name} =.*;$`, 'm');
    if (!declaration.test(made))
      throw new Error(`types/option-values.d.ts has no line for the type ${name}.`);
    return made.replace(declaration, `export type ${name} = ${union(value.words)};`);
  }, text);
  return Object.keys(OBJECTS).reduce((made, object) => {
    const isOfObject = ({ option }) => option.startsWith(`${object}.`);
    return withRegion(made, rows.filter(isOfObject), `${object} settings`);
  }, withUnions);
}

/** The text with the lines of the rows between its two marks. */
function withRegion(text, rows, mark = 'settings') {
  const region = new RegExp(`^( *// ${mark}\\n)[\\s\\S]*?^( *// /${mark}\\n)`, 'm');
  const lines = rows.flatMap(optionLines).map((line) => `${line}\n`);
  if (!region.test(text)) throw new Error(`A file of types has lost its mark \`// ${mark}\`.`);
  return text.replace(region, (_, begin, end) => begin + lines.join('') + end);
}

function optionLines(row) {
  const sentences = [row.meaning, row.details, allowed(row), defaults(row), `(\`${row.variable}\`)`];
  return [...comment(sentences), `  ${row.option.replace(/^.*\./, '')}?: ${optionType(row)};`];
}

function comment(sentences) {
  const indent = '  ';
  const [line, ...more] = paragraph(sentences, WIDTH - `${indent}/**  */`.length);
  if (more.length === 0) return [`${indent}/** ${line} */`];
  const lines = paragraph(sentences, WIDTH - `${indent} * `.length);
  return [`${indent}/**`, ...lines.map((text) => `${indent} * ${text}`), `${indent} */`];
}

function allowed({ value, allowed }) {
  if (value.kind === 'integer') return unitOf(value);
  return ['url', 'hosts', 'words'].includes(value.kind) ? `Allowed: ${allowed}.` : '';
}

function defaults(row) {
  if (row.default === null) return '';
  const special = ['production', 'test'].filter((name) => row[name] !== null);
  const shown = (value) => (typeof value === 'string' ? `\`${value}\`` : String(value));
  const others = special.map((name) => `in ${name === 'test' ? 'tests' : name} ${shown(row[name])}`);
  return `Default ${[shown(row.default), ...others].join(', ')}.`;
}

function optionType({ option, value, exportedType }) {
  if (option in OBJECTS) return `boolean | ${OBJECTS[option]}`;
  if (exportedType) return exportedType;
  if (value.kind === 'choice') return union(value.words);
  const types = {
    boolean: 'boolean',
    hosts: 'string | ReadonlyArray<string | HostAndPort>',
    integer: 'number',
    port: 'number',
    text: 'string',
    url: 'string',
    words: 'string | readonly string[]',
  };
  return types[value.kind];
}

/** Words that are all numbers are given as numbers. */
function union(words) {
  const areNumbers = words.every((word) => /^\d+$/.test(word));
  return words.map((word) => (areNumbers ? word : `'${word}'`)).join(' | ');
}

export function settingTypes(rows) {
  const lines = rows.map((row) => `  readonly ${quoted(row.option)}: Setting<${shownType(row)}>;`);
  const aliases = rows.flatMap((row) => row.exportedType ?? []);
  return `${MADE}
import type { ${aliases.sort().join(', ')} } from '../index.js';
import type { Setting } from './report-types.js';

/** Every setting by the name of its option. Secrets are redacted. Hosts are separated by commas. */
export type Settings = {
${lines.join('\n')}
};
`;
}

const quoted = (option) => (option.includes('.') ? `'${option}'` : option);

function shownType({ value, exportedType, ...row }) {
  const types = { boolean: 'boolean', integer: 'number', port: 'number' };
  const type = exportedType ?? types[value.kind] ?? 'string';
  return row.default === null ? `${type} | null` : type;
}
