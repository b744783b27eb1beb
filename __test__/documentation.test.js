'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { makeError } = require('../js/errors.js');
const { loadNative } = require('../js/native.js');
const { openPackage, PACKAGE_ROOT } = require('./support/package');
const { runNode } = require('./support/process');
const { startRedis } = require('./support/redis');
const { closedPort } = require('./support/silent-server');

const manifest = require('../package.json');
const read = (...parts) => fs.readFileSync(path.join(PACKAGE_ROOT, ...parts), 'utf8');
const exists = (file) => fs.existsSync(path.join(PACKAGE_ROOT, file));
const between = (text, name) => text.split(`<!-- ${name} -->\n`)[1].split(`<!-- /${name} -->`)[0].trim();
const filesUnder = (folder, extension) =>
  fs
    .readdirSync(path.join(PACKAGE_ROOT, folder), { recursive: true })
    .filter((file) => file.endsWith(extension))
    .map((file) => path.posix.join(folder, file.split(path.sep).join('/')));

const README = read('README.md');
const MAPS = ['README.md', 'ARCHITECTURE.md'];
const DOCUMENTS = [...MAPS, 'CHANGELOG.md', ...filesUnder('docs', '.md')];

/** The fenced blocks of a document: `{ language, settings, text }`. */
function fencedBlocks(document) {
  const fence = /^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm;
  return [...document.matchAll(fence)].map(([, language, words, text]) => ({
    language,
    settings: Object.fromEntries(words.split(' ').map((word) => word.split('='))),
    text,
  }));
}

const BLOCKS = fencedBlocks(README);
const EXAMPLES = BLOCKS.filter(({ language, settings }) => language === 'js' && !settings.file);

describe('an example of the README', () => {
  let folder;
  let redis;

  beforeAll(async () => {
    redis = await startRedis();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-readme-'));
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    fs.mkdirSync(path.join(folder, 'node_modules'));
    fs.symlinkSync(PACKAGE_ROOT, path.join(folder, 'node_modules', 'orgcache'), 'junction');
  });

  afterAll(() => fs.rmSync(folder, { recursive: true }));
  beforeEach(() => redis.command('FLUSHALL'));

  function write(name, text) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
    return file;
  }

  async function environment(store) {
    if (store === 'embedded') return { USE_REDIS: 'false' };
    if (store === 'redis') return { REDIS_URL: redis.url };
    return { REDIS_URL: `redis://127.0.0.1:${await closedPort()}`, CACHE_LOG: 'off' };
  }

  const stores = { needed: ['redis'], away: ['away'], undefined: ['redis', 'embedded'] };
  const runs = EXAMPLES.flatMap((example, index) =>
    stores[example.settings.redis].map((store) => ({ ...example, store, number: index + 1 })),
  );

  test.each(runs)('number $number prints what it says, with the store $store', async ({ text, store }) => {
    const promised = [...text.matchAll(/^\/\/ => (.*)$/gm)].map(([, line]) => line);
    const { stdout } = await runNode([write('example.js', text)], { env: await environment(store) });
    expect(stdout.trimEnd().split('\n')).toEqual(promised);
    expect(promised.length).toBeGreaterThan(0);
  });

  test('that changes two imports gives the server both objects', async () => {
    const { text } = BLOCKS.find(({ language }) => language === 'diff');
    const imports = [...text.matchAll(/^\+(.*)$/gm)].map(([, line]) => line);
    const removed = [...text.matchAll(/^-import (\w+)/gm)].map(([, name]) => name);
    const program = `${imports.join('\n')}
      import * as orgcache from 'orgcache';
      for (const [name, object] of Object.entries({ ${removed.join(', ')} })) console.log(name, object === orgcache[name]);`;
    const { stdout } = await runNode([write('server.js', program)]);
    expect(stdout).toBe('cacheAdapter true\nredisMigrationManager true\n');
  });

  test('that replaces a module of the server by one line keeps its import working', async () => {
    const { text, settings } = BLOCKS.find((block) => block.settings.file);
    write(settings.file, text);
    const program = `import cacheAdapter from './${settings.file}';
      import * as orgcache from 'orgcache';
      console.log(cacheAdapter === orgcache.cacheAdapter ? 'the same' : 'another');`;
    const { stdout } = await runNode([write('server.js', program)]);
    expect(stdout).toBe('the same\n');
  });
});

/** Every setting: its names and meaning from the table in Rust, all else from what native code answers. */
function settingsTable() {
  const source = read('src', 'config', 'settings.rs').split('static SETTINGS')[1];
  const rows = source.split(/\bsetting\(/).slice(1);
  const inspect = (env) => {
    const { settings } = JSON.parse(loadNative().inspect(makeError, '{}', JSON.stringify(env)));
    return settings;
  };
  const usual = inspect({});
  const special = ['production', 'test'].map((name) => [name, inspect({ NODE_ENV: name })]);
  const allowedBy = (variable) => {
    // Too long for every text, and of no use as anything else.
    const refused = { [variable]: '* '.repeat(600_000) };
    expect(() => inspect(refused)).toThrow(/; allowed is /);
    try {
      inspect(refused);
    } catch (error) {
      return error.message.split('; allowed is ')[1];
    }
  };
  expect(rows).toHaveLength(Object.keys(usual).length);
  return rows.map((row) => {
    const [option, variable] = [...row.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text);
    const [, meaning] = /\.means\(\s*"((?:[^"\\]|\\.)*)"/.exec(row);
    expect(usual[option]).toMatchObject({ variable, source: 'default' });
    const differs = special.filter(([, settings]) => settings[option].value !== usual[option].value);
    const defaults = [
      shown(usual[option].value),
      ...differs.map(([name, settings]) => `${name} ${shown(settings[option].value)}`),
    ];
    return { variable, option, value: usual[option].value, defaults, allowed: allowedBy(variable), meaning };
  });
}

function shown(value) {
  if (value === null) return '';
  return typeof value === 'string' ? `\`${value}\`` : String(value);
}

describe('the configuration', () => {
  const settings = settingsTable();

  test('is told by the README as it is in the code', () => {
    const lines = settings.map(
      ({ variable, option, defaults, allowed, meaning }) =>
        `| ${variable} | ${option} | ${defaults.join(', ')} | ${allowed} | ${meaning} |`,
    );
    const head = ['| variable | option | default | allowed | meaning |', '|---|---|---|---|---|'];
    expect(between(README, 'settings').split('\n')).toEqual([...head, ...lines]);
  });

  test('is explained by .env.example variable by variable, each with its default', () => {
    const lines = [...read('.env.example').matchAll(/^#?([A-Z_]+)=(.*)$/gm)];
    const named = Object.fromEntries(lines.map(([, name, value]) => [name, value]));
    const expected = settings.map(({ variable, value }) => [variable, value === null ? '' : String(value)]);
    expect(lines).toHaveLength(Object.keys(named).length);
    expect(named).toEqual({ NODE_ENV: 'development', ORGCACHE_BINARY: '', ...Object.fromEntries(expected) });
  });
});

describe('the surface in the README', () => {
  const surface = README.split('## The surface')[1].split('\n## ')[0];
  const orgcache = openPackage();

  test.each(['cacheAdapter', 'redisMigrationManager', 'cacheManager', 'redisManager'])(
    'names every method and property of %s',
    (name) => {
      const object = orgcache[name];
      const members = new Set([...Object.keys(object), ...prototypeNames(object)]);
      // The adapter and the migration manager hold what else is exported.
      for (const inner of ['constructor', 'cache', 'redisManager']) members.delete(inner);
      const lost = [...members].filter((member) => !surface.includes(`\`${member}`));
      expect(lost).toEqual(name === 'redisMigrationManager' ? ['migrationStats'] : []);
    },
  );

  test('names no method that is not there', () => {
    const rows = [...surface.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell]) => quoted(cell));
    const known = [orgcache.cacheAdapter, orgcache.redisMigrationManager];
    expect(rows.filter((method) => !known.some((object) => typeof object[method] === 'function'))).toEqual(
      [],
    );
    expect(rows.length).toBeGreaterThan(40);
  });

  function prototypeNames(object) {
    return Object.getOwnPropertyNames(Object.getPrototypeOf(object));
  }
});

function quoted(text) {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, inner]) => inner);
}

describe('what the documents name', () => {
  const isSubpath = (name) =>
    name.startsWith(`${manifest.name}/`) && `.${name.slice(manifest.name.length)}` in manifest.exports;

  test.each(MAPS)('the files that %s names exist', (document) => {
    const isFile = (name) =>
      !isSubpath(name) &&
      /^[\w.@-]+(\/[\w.*-]+)*\/?$/.test(name) &&
      /\/|\.(rs|m?js|cjs|ts|md|json|toml)$/.test(name);
    const names = quoted(withoutBlocks(read(document))).filter(isFile);
    expect(names.filter((name) => !exists(name))).toEqual([]);
    expect(names.length).toBeGreaterThan(0);
  });

  test.each(DOCUMENTS)('the links of %s resolve', (document) => {
    const links = [...withoutBlocks(read(document)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
    const broken = links.filter((link) => {
      if (/^https:\/\//.test(link)) return false;
      const [file, anchor] = link.split('#');
      const target = file === '' ? document : path.posix.join(path.posix.dirname(document), file);
      return !exists(target) || (anchor !== undefined && !anchors(read(target)).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  test('the npm scripts and their options exist', async () => {
    const commands = DOCUMENTS.flatMap((document) => [
      ...read(document).matchAll(/npm (?:run )?([a-z]+(?::[a-z]+)?)((?: -- [^`#\n]*)?)/g),
    ]).filter(([command]) => /^npm (run|test)/.test(command));
    const help = {
      demo: (await runNode(['examples/server/demo.mjs', '--help'])).stdout,
      bench: (await runNode(['bench/run.mjs', '--help'])).stdout,
      soak: (await runNode(['scripts/soak.mjs', '--help'])).stdout,
    };
    for (const [, script, options] of commands) {
      expect(manifest.scripts).toHaveProperty([script]);
      for (const [option] of options.matchAll(/--[a-z][a-z-]*/g)) {
        if (script !== 'build') expect(help[script]).toContain(`${option} `);
      }
    }
    expect(commands.length).toBeGreaterThan(5);
  });

  test('the names of Rust in ARCHITECTURE.md are in the code', () => {
    const sources = filesUnder('src', '.rs').map((file) => read(file));
    const names = quoted(withoutBlocks(read('ARCHITECTURE.md'))).filter((name) => /^\w+::\w+$/.test(name));
    const lost = names.filter((name) => {
      const [owner, member] = name.split('::');
      const owns = new RegExp(`\\b(impl|trait|enum|struct|for)\\b[^\\n]*\\b${owner}\\b`);
      return !sources.some((text) => owns.test(text) && new RegExp(`\\b${member}\\b`).test(text));
    });
    expect(lost).toEqual([]);
    expect(names.length).toBeGreaterThan(10);
  });

  test('the versions of Node and Rust that the README asks for are the least that will do', () => {
    const [, rust] = /^rust-version = "(.+)"$/m.exec(read('Cargo.toml'));
    const [, node] = /^>=(\d+)$/.exec(manifest.engines.node);
    expect(README).toContain(`Node ${node} or newer, npm, Rust ${rust} or newer`);
  });

  test('the version of the changelog is the package’s', () => {
    const [, version] = /^## (\d+\.\d+\.\d+) - \d{4}-\d{2}-\d{2}$/m.exec(read('CHANGELOG.md'));
    expect(version).toBe(manifest.version);
  });

  test('the lines under “How fast” are those that the bench judges', async () => {
    const program = `import { TARGETS } from './bench/targets.mjs';
      console.log(JSON.stringify(TARGETS.map(({ name }) => name)));`;
    const { stdout } = await runNode(['--input-type=module', '-e', program]);
    const rows = [...between(README, 'figures').matchAll(/^\| ([^|]+) \|/gm)].map(([, name]) => name);
    expect(rows.slice(1)).toEqual(expect.arrayContaining(JSON.parse(stdout)));
  });
});

function withoutBlocks(document) {
  return document.replace(/^```[\s\S]*?^```$/gm, '');
}

/** The anchors of a document's headings, as GitHub makes them. */
function anchors(document) {
  return [...withoutBlocks(document).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
}
