// Writes everything that lists the settings, from their table in native code (src/config/settings.rs): the table in
// docs/configuration.md, .env.example, the options in types/options.d.ts and types/option-values.d.ts, and
// js/settings-types.d.ts. Build the addon first. `--check` writes nothing and fails where a file is not what it would be.

import native from '../js/native.js';
import { read, writeOrCheck } from './generated.mjs';
import { environmentFile } from './options/environment-file.mjs';
import { optionTypes, settingTypes, valueTypes } from './options/types.mjs';

const REGION = /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/;

/** @returns {import('../js/native-types.js').SettingRow[]} */
const readTable = () => JSON.parse(native.loadNative().settingsTable());

/** Each file with its text. Of some files only a region is made. */
function filesOf(rows) {
  const page = read('docs/configuration.md');
  return {
    'docs/configuration.md': page.replace(REGION, (_, begin, end) => begin + markdownTable(rows) + end),
    '.env.example': environmentFile(rows),
    'types/options.d.ts': optionTypes(rows, read('types/options.d.ts')),
    'types/option-values.d.ts': valueTypes(rows, read('types/option-values.d.ts')),
    'js/settings-types.d.ts': settingTypes(rows),
  };
}

function markdownTable(rows) {
  const lines = rows.map(
    (row) => `| ${row.variable} | ${row.option} | ${defaultsOf(row)} | ${row.allowed} | ${row.meaning} |`,
  );
  return `| variable | option | default | allowed | meaning |\n|---|---|---|---|---|\n${lines.join('\n')}\n`;
}

function defaultsOf(row) {
  const special = ['production', 'test'].filter((name) => row[name] !== null);
  return [shown(row.default), ...special.map((name) => `${name} ${shown(row[name])}`)].join(', ');
}

function shown(value) {
  if (value === null) return '';
  return typeof value === 'string' ? `\`${value}\`` : String(value);
}

writeOrCheck('scripts/options.mjs', filesOf(readTable()));
