// Writes THIRD-PARTY-NOTICES.txt into each platform's package: the crates whose code is in its binary, their licences
// and the texts of those. Run it after a change of Cargo.lock; `npm run test:package` says when that is due.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import platforms from './platforms.cjs';
import { exitWithSentence, isProgram, output, ROOT, SetupError } from './run.mjs';

/** Names of files that hold licences, in a crate's folder and in the folders of foreign code in it. */
const LICENCE_FILE = /^(licen[cs]e|copying|copyright|notice|unlicense)/i;
/** The crates with C code: its folders within the crate. */
const FOREIGN_CODE = { ring: ['third_party/fiat'], 'zstd-sys': ['zstd'] };

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

const STANDARD_LIBRARY = {
  name: 'The Rust standard library',
  license: 'MIT OR Apache-2.0',
  texts: [`Copyright (c) The Rust Project Contributors\n\n${MIT}`],
};

/** The crates that are linked into a platform's binary: neither build scripts nor macros of the compiler. */
export function linkedCrates(platform) {
  const target = platforms.RUST_TARGETS[platform];
  const printed = cargo(
    ['tree', '--edges', 'normal,no-proc-macro', '--target', target],
    ['--prefix', 'none', '--no-dedupe', '--format', '{p}'],
  );
  const lines = printed.split('\n').map((line) => line.split(' '));
  const own = (name) => name === 'orgcache';
  const crates = new Map(
    lines.filter(([name]) => !own(name)).map(([name, version]) => [`${name} ${version.slice(1)}`, name]),
  );
  return [...crates.keys()].sort();
}

function cargo(...args) {
  const printed = output('cargo', [...args.flat(), '--locked'], { cwd: ROOT, maxBuffer: 1 << 28 });
  if (printed === null) throw new SetupError('cargo does not run here, or Cargo.lock is not up to date.');
  return printed;
}

/** Name and version of each crate of the lockfile, with what its manifest says and where it is. */
function knownCrates() {
  const { packages } = JSON.parse(cargo(['metadata', '--format-version', '1']));
  return new Map(packages.map((crate) => [`${crate.name} ${crate.version}`, crate]));
}

function describe(crate) {
  const root = path.dirname(crate.manifest_path);
  const folders = ['', ...(FOREIGN_CODE[crate.name] ?? [])].map((folder) => path.join(root, folder));
  const texts = folders.flatMap((folder) => licenceTexts(folder, crate.license));
  if (texts.length === 0) texts.push(textWithoutFile(crate));
  return { name: `${crate.name} ${crate.version}`, license: crate.license, address: crate.repository, texts };
}

/** Where one of several licences may be chosen, it is MIT's: the shortest. */
function licenceTexts(folder, license) {
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file) && !/copying/i.test(file));
  const isChoice = /\bOR\b|\//.test(license) && !/\bAND\b/.test(license);
  const choice = isChoice ? files.filter((file) => /mit/i.test(file)) : [];
  return (choice.length > 0 ? choice : files).map((file) =>
    readFileSync(path.join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim(),
  );
}

function textWithoutFile({ name, license, authors }) {
  if (!/\bMIT\b/.test(license)) throw new SetupError(`The crate ${name} (${license}) has no licence file.`);
  const holders = authors.map((author) => author.replace(/ <.*>$/, '')).join(', ');
  return `Copyright (c) ${holders || `the authors of ${name}`}\n\n${MIT}`;
}

/** One text once, with the names of all that it is the licence of. */
function notices(crates) {
  const byText = new Map();
  for (const { name, texts } of crates) {
    for (const text of texts) {
      const key = text.replace(/\s+/g, ' ');
      byText.set(key, { text, names: [...(byText.get(key)?.names ?? []), name] });
    }
  }
  const list = crates.map(
    ({ name, license, address }) => `- ${name} (${license})${address ? `: ${address}` : ''}`,
  );
  const rule = `\n\n${'-'.repeat(80)}\n\n`;
  const texts = [...byText.values()].map(({ names, text }) => `${names.join(', ')}:\n\n${text}`);
  const heading =
    'The native binary of orgcache contains the following software. The texts of the licences are below.';
  return `${[`${heading}\n\n${list.join('\n')}`, ...texts].join(rule)}\n`;
}

function writeNotices() {
  const known = knownCrates();
  for (const platform of Object.keys(platforms.RUST_TARGETS)) {
    const crates = linkedCrates(platform).map((name) => describe(known.get(name)));
    writeFileSync(
      path.join(ROOT, 'npm', platform, platforms.NOTICES),
      notices([STANDARD_LIBRARY, ...crates]),
    );
  }
}

if (isProgram(import.meta.url)) {
  try {
    writeNotices();
  } catch (error) {
    exitWithSentence(error);
  }
}
