// Writes what follows from the public names in js/surface.js and from the entry points in js/entry/: index.mjs, and
// `exports` and `typesVersions` of package.json. Build the addon first. `--check` writes nothing and fails where a file is
// not what it would be.

import { readdirSync } from 'node:fs';
import path from 'node:path';
import orgcache from '../index.js';
import { read, writeOrCheck } from './generated.mjs';

const ENTRIES = path.join(import.meta.dirname, '../js/entry');

const MODULE = `// Made by scripts/surface.mjs.

import orgcache from './index.js';

export const {
${Object.keys(orgcache)
  .map((name) => `  ${name},`)
  .join('\n')}
} = orgcache;

export default orgcache;
`;

/** The names of the entry points: each has a module of ES in js/entry/. */
function entryPoints() {
  const files = readdirSync(ENTRIES, { recursive: true }).map((file) => file.split(path.sep).join('/'));
  const modules = files.filter((file) => file.endsWith('.mjs'));
  return modules.map((file) => file.slice(0, -'.mjs'.length)).sort();
}

function conditionsOf(file) {
  return {
    import: { types: `${file}.d.mts`, default: `${file}.mjs` },
    require: { types: `${file}.d.ts`, default: `${file}.js` },
  };
}

function manifestText() {
  const entries = entryPoints().map((name) => [name, `./js/entry/${name}`]);
  const manifest = JSON.parse(read('package.json'));
  manifest.exports = {
    '.': conditionsOf('./index'),
    ...Object.fromEntries(entries.map(([name, file]) => [`./${name}`, conditionsOf(file)])),
    './package.json': './package.json',
  };
  // For `moduleResolution: node10`, which does not know `exports`.
  manifest.typesVersions = {
    '*': Object.fromEntries(entries.map(([name, file]) => [name, [`${file}.d.ts`]])),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

writeOrCheck('scripts/surface.mjs', { 'index.mjs': MODULE, 'package.json': manifestText() });
