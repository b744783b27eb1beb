'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { PACKAGE_ROOT } = require('../support/package');
const { runNode } = require('../support/process');

const manifest = require('../../package.json');

/** Less than this many would mean that most were not found. */
const LEAST_NAMES = 200;
const LEAST_EXAMPLES = 150;
const LEAST_RUN = 20;

let exported;
let vague;
let undocumented;
let lostLinks;
let files;

beforeAll(async () => {
  const { stdout } = await runNode(['__test__/programs/public-types.mjs'], { timeoutMs: 60_000 });
  ({ exports: exported, vague, undocumented, lostLinks, files } = JSON.parse(stdout));
}, 70_000);

const read = (file) => fs.readFileSync(path.join(PACKAGE_ROOT, file), 'utf8');
const named = ({ types, name }) => `${types}: ${name}`;

test('every entry point of the package is looked at', () => {
  const entries = new Set(exported.map(({ entry }) => entry));
  const subpaths = Object.keys(manifest.exports).filter((name) => name !== './package.json');
  expect([...entries]).toEqual(subpaths.map((name) => manifest.name + name.slice(1)));
  expect(exported.length).toBeGreaterThan(LEAST_NAMES);
});

test('every exported name has a type', () => {
  expect(exported.filter(({ hasType, isModule }) => !hasType && !isModule).map(named)).toEqual([]);
});

test('every exported name has documentation with an example', () => {
  const own = exported.filter(({ isModule }) => !isModule);
  expect(own.filter(({ documentation }) => documentation === '').map(named)).toEqual([]);
  expect(own.filter(({ examples }) => examples === 0).map(named)).toEqual([]);
});

test('every method has documentation', () => {
  expect(undocumented.map(({ place, text }) => `${place}: ${text}`)).toEqual([]);
});

test('every link of the documentation leads to a name', () => {
  expect(lostLinks.map(({ place, name }) => `${place}: ${name}`)).toEqual([]);
});

test('every `any` and `unknown` has its reason beside it', () => {
  const hasReason = ({ word, documentation }) =>
    new RegExp(`\`${word}\`(?:, \`\\w+\`)*: \\S+ \\S+`).test(documentation);
  expect(vague.filter((one) => !hasReason(one)).map(({ place, text }) => `${place}: ${text}`)).toEqual([]);
  expect(vague.length).toBeGreaterThan(0);
});

test('what the types export as values is what the modules export', async () => {
  const entries = [...new Set(exported.map(({ entry }) => entry))];
  const program = `const names = {};
    for (const entry of ${JSON.stringify(entries)}) names[entry] = Object.keys(await import(entry)).sort();
    console.log(JSON.stringify(names));`;
  const { stdout } = await runNode(['--input-type=module', '-e', program]);
  const declared = entries.map((entry) => {
    const own = exported.filter((one) => one.entry === entry && one.types.endsWith('.mts') && one.isValue);
    return [entry, own.map(({ name }) => name).sort()];
  });
  expect(Object.fromEntries(declared)).toEqual(JSON.parse(stdout));
});

/** The examples of a file: `{ place, text }`. */
function examplesOf(file) {
  const text = read(file);
  return [...text.matchAll(/\/\*\*(?:(?!\*\/)[\s\S])*\*\//g)].flatMap((comment) => {
    const line = text.slice(0, comment.index).split('\n').length;
    return [...comment[0].matchAll(/@example\n((?:\s*\* (?!@).*\n|\s*\*\n)+)/g)].map(([, lines], index) => ({
      place: `${file}:${line}${index === 0 ? '' : ` (${index + 1})`}`,
      text: lines.replace(/^\s*\* ?/gm, ''),
    }));
  });
}

describe('the examples of the documentation', () => {
  let folder;
  let examples;
  let errors;

  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-examples-'));
    examples = files.flatMap(examplesOf);
    const modules = path.join(folder, 'node_modules');
    fs.mkdirSync(modules);
    const link = (target, name) => fs.symlinkSync(target, path.join(modules, name), 'junction');
    link(PACKAGE_ROOT, manifest.name);
    for (const name of ['@bull-board', '@types']) link(path.join(PACKAGE_ROOT, 'node_modules', name), name);
    examples.forEach(({ text }, index) => {
      fs.writeFileSync(path.join(folder, `${index}.mts`), text);
    });
    errors = compile(folder).replace(/^(\d+)\.mts/gm, (_, index) => `${examples[index].place}, its example`);
  }, 60_000);

  afterAll(() => fs.rmSync(folder, { recursive: true }));

  test('compile', () => {
    expect(errors).toBe('');
    const tags = files.flatMap((file) => read(file).match(/@example\b/g) ?? []);
    expect(examples).toHaveLength(tags.length);
    expect(examples.length).toBeGreaterThan(LEAST_EXAMPLES);
  });

  test('print what they say, without a server', async () => {
    const promised = examples.map(({ text }) =>
      [...text.matchAll(/^ *\/\/ => (.*)$/gm)].map(([, line]) => line),
    );
    const numbers = [...promised.keys()].filter((index) => promised[index].length > 0);
    const printed = [];
    for (const index of numbers) {
      const { stdout } = await runNode([path.join(folder, `${index}.mjs`)], { env: { USE_REDIS: 'false' } });
      printed.push(stdout.trimEnd().split('\n'));
    }
    expect(printed).toEqual(numbers.map((index) => promised[index]));
    expect(numbers.length).toBeGreaterThan(LEAST_RUN);
  }, 60_000);
});

/** The compiler's messages about the programs in a folder, which it also compiles to JavaScript. */
function compile(folder) {
  const compiler = path.join(PACKAGE_ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = { strict: true, module: 'nodenext', target: 'es2022', types: ['node'] };
  fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }));
  const { stdout } = spawnSync(process.execPath, [compiler, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  });
  return stdout;
}
