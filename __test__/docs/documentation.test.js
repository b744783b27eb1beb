'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { makeError } = require('../../js/errors.js');
const { loadNative } = require('../../js/native.js');
const { protocol } = require('../../js/protocol.js');
const { BLOCKS, PAGES, read } = require('../support/documents');
const { openPackage, PACKAGE_ROOT } = require('../support/package');
const { runNode } = require('../support/process');
const { withRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');

const manifest = require('../../package.json');
const exists = (file) => fs.existsSync(path.join(PACKAGE_ROOT, file));
const between = (text, name) => text.split(`<!-- ${name} -->\n`)[1].split(`<!-- /${name} -->`)[0].trim();
const filesUnder = (folder, extension) =>
  fs
    .readdirSync(path.join(PACKAGE_ROOT, folder), { recursive: true })
    .filter((file) => file.endsWith(extension))
    .map((file) => path.posix.join(folder, file.split(path.sep).join('/')));

const README = read('README.md');
const BESIDE_README = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md'];
const DOCUMENTS = ['README.md', ...BESIDE_README, 'CHANGELOG.md', ...filesUnder('docs', '.md')];
/** The address at which npm's readers find files of the repository. */
const ON_GITHUB = `${manifest.homepage.split('#')[0]}/blob/main/`;

const LANGUAGES = ['bash', 'diff', 'dockerfile', 'js', 'json', 'text', 'ts', 'yaml'];
/**
 * Other tests import these files: those below, and `frameworks.test.js`, `keyv.test.js`, `queues.test.js` and `stores.test.js` of
 * `__test__/package/`.
 */
const IMPORTED = [
  'services/cacheAdapter.js',
  'fastify.mjs',
  'fastify-limits.mjs',
  'fastify-rate-limit.mjs',
  'fastify-sessions.mjs',
  'nest.ts',
  'keyv.mjs',
  'cache-manager.mjs',
  'bullmq.mjs',
  'bull.mjs',
  'bee-queue.mjs',
];
const EXAMPLES = BLOCKS.filter(({ language, settings }) => ['js', 'ts'].includes(language) && !settings.file);

describe('an example of', () => {
  let folder;
  const redis = withRedis({ flushBeforeEach: true });

  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-readme-'));
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    fs.mkdirSync(path.join(folder, 'node_modules'));
    const link = (target, name) =>
      fs.symlinkSync(target, path.join(folder, 'node_modules', name), 'junction');
    link(PACKAGE_ROOT, 'orgcache');
    for (const name of ['@bull-board', 'express', 'express-rate-limit', 'express-session', '@types'])
      link(path.join(PACKAGE_ROOT, 'node_modules', name), name);
  });

  afterAll(() => fs.rmSync(folder, { recursive: true }));

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

  const stores = { needed: ['redis'], away: ['away'], none: ['embedded'], undefined: ['redis', 'embedded'] };
  const runs = EXAMPLES.flatMap((example) =>
    stores[example.settings.redis].map((store) => ({ ...example, store })),
  );

  test.each(runs.filter(({ settings }) => settings.run !== 'test'))(
    '$page, number $number, prints what it says, with the store $store',
    async ({ language, settings, text, store }) => {
      const promised = [...text.matchAll(/^ *\/\/ => (.*)$/gm)].map(([, line]) => line);
      const file = language === 'ts' ? compiled(text) : write(`example.${settings.as ?? 'js'}`, text);
      const { stdout } = await runNode([file], { env: await environment(store) });
      expect(stdout.trimEnd().split('\n')).toEqual(promised);
      expect(promised.length).toBeGreaterThan(0);
    },
  );

  test.each(runs.filter(({ settings }) => settings.run === 'test'))(
    '$page, number $number, is a test that passes, with the store $store',
    async ({ text, store }) => {
      const file = write('example.test.js', text);
      const { stdout } = await runNode(['--test', '--test-reporter=tap', file], {
        env: await environment(store),
      });
      expect(stdout).toMatch(/^# pass [1-9]/m);
      expect(stdout).toContain('# fail 0\n');
    },
  );

  /** The file that strict TypeScript makes of a program. */
  function compiled(text) {
    const source = write('example.ts', text);
    const compiler = path.join(PACKAGE_ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
    const { status, stdout } = spawnSync(process.execPath, [compiler, ...options, source], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, '']);
    return source.replace(/ts$/, 'js');
  }

  test('any page is in a language that is known, and no file is left without its test', () => {
    const strange = BLOCKS.filter(({ language }) => !LANGUAGES.includes(language));
    expect(strange.map(({ page, language }) => `${page}: ${language}`)).toEqual([]);
    const files = BLOCKS.flatMap(({ settings }) => settings.file ?? []);
    expect(new Set(files)).toEqual(new Set(IMPORTED));
    for (const page of PAGES) {
      const fences = read(page).match(/^ *```/gm) ?? [];
      expect([page, fences.length]).toEqual([page, 2 * BLOCKS.filter((block) => block.page === page).length]);
    }
  });

  test('JSON can be read', () => {
    const texts = BLOCKS.filter(({ language }) => language === 'json').map(({ text }) => text);
    for (const text of texts) expect(() => JSON.parse(text)).not.toThrow();
    expect(texts.length).toBeGreaterThan(0);
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
    const { text, settings } = BLOCKS.find((block) => block.settings.file === 'services/cacheAdapter.js');
    write(settings.file, text);
    const program = `import cacheAdapter from './${settings.file}';
      import * as orgcache from 'orgcache';
      console.log(cacheAdapter === orgcache.cacheAdapter ? 'the same' : 'another');`;
    const { stdout } = await runNode([write('server.js', program)]);
    expect(stdout).toBe('the same\n');
  });
});

describe('the configuration', () => {
  const settings = JSON.parse(loadNative().settingsTable());

  test.each([{}, { NODE_ENV: 'production' }, { NODE_ENV: 'test' }, { NODE_ENV: 'staging' }])(
    'has the defaults that the table tells, with %j',
    (env) => {
      const inForce = JSON.parse(loadNative().inspect(makeError, '{}', JSON.stringify(env))).settings;
      const { NODE_ENV = 'development' } = env;
      const expected = settings.map((row) => {
        const value = row[NODE_ENV] ?? row.default;
        return [row.option, typeof value === 'string' ? value.replace('{NODE_ENV}', NODE_ENV) : value];
      });
      const values = Object.entries(inForce).map(([option, { value }]) => [option, value]);
      expect(Object.fromEntries(values)).toEqual(Object.fromEntries(expected));
    },
  );

  test.each(settings)('refuses for $variable what the table does not allow', ({ variable, allowed }) => {
    // Too long for every text, and of no use as anything else.
    const refused = { [variable]: '* '.repeat(600_000) };
    const inspect = () => loadNative().inspect(makeError, '{}', JSON.stringify(refused));
    expect(inspect).toThrow(`; allowed is ${allowed}`);
  });

  test('is named on every page as it is in the code, and so are the codes of errors', () => {
    const codes = [...read('docs/errors.md').matchAll(/^\| `(E_\w+)`/gm)].map(([, code]) => code);
    const variables = settings.map(({ variable }) => variable);
    const ofServices = ['REDIS_CACHE_DB', 'REDIS_QUEUE_DB', 'REDIS_SESSION_DB'];
    const known = new Set([...variables, ...codes, ...ofServices, 'E_BINARY', 'ORGCACHE_BINARY']);
    const strange = PAGES.flatMap((page) =>
      [...read(page).matchAll(/\b(?:REDIS|CACHE|USE_REDIS|ORGCACHE|E)_[A-Z_]+\b/g)]
        .filter(([name]) => !known.has(name))
        .map(([name]) => `${page}: ${name}`),
    );
    expect(strange).toEqual([]);
  });
});

test('the table of events has those of the types, which native code knows', () => {
  const table = read('docs/outages.md').split('\n## Events\n')[1].split('\n## ')[0];
  const told = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  const types = ['index.d.ts', ...filesUnder('types', '.d.ts')].map((file) => read(file)).join('');
  const [, body] = /interface CacheEvents \{([\s\S]*?)\n\}/.exec(types);
  const typed = [...body.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name);
  expect(told.sort()).toEqual(typed.sort());
  expect(Object.keys(protocol.events)).toEqual(expect.arrayContaining(told));
});

describe('the page of the cache', () => {
  const surface = read('docs/cache.md');
  const orgcache = openPackage();

  test.each(['cacheAdapter', 'redisMigrationManager', 'cacheManager', 'redisManager'])(
    'names every method and property of %s',
    (name) => {
      const object = orgcache[name];
      const members = new Set([...Object.keys(object), ...prototypeNames(object)]);
      // The adapter and the migration manager contain the other exports.
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

describe('names in the documents', () => {
  const isSubpath = (name) =>
    name.startsWith(`${manifest.name}/`) && `.${name.slice(manifest.name.length)}` in manifest.exports;

  // That page names the files of other projects.
  const pages = [...PAGES, ...BESIDE_README].filter((page) => page !== 'docs/compatibility.md');

  test.each(pages)('the files that %s names exist', (document) => {
    const isFile = (name) =>
      !isSubpath(name) &&
      !/^@|^ioredis\//.test(name) && // packages
      /^[\w.@-]+(\/[\w.*-]+)*\/?$/.test(name) &&
      /\/|\.(rs|m?js|cjs|ts|md|json|toml)$/.test(name);
    const names = quoted(withoutBlocks(read(document))).filter(isFile);
    const besides = (name) => exists(path.posix.join(path.posix.dirname(document), name));
    expect(names.filter((name) => !exists(name) && !besides(name))).toEqual([]);
    if (document === 'ARCHITECTURE.md') expect(names.length).toBeGreaterThan(0);
  });

  test.each(DOCUMENTS)('the links of %s resolve', (document) => {
    const links = [...withoutBlocks(read(document)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
    const broken = links.filter((link) => {
      if (/^https:\/\//.test(link) && !link.startsWith(ON_GITHUB)) return false;
      const [file, anchor] = link.split('#');
      const near = file === '' ? document : path.posix.join(path.posix.dirname(document), file);
      const target = file.startsWith(ON_GITHUB) ? file.slice(ON_GITHUB.length) : near;
      return !exists(target) || (anchor !== undefined && !anchors(read(target)).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  test('the links that npm shows are absolute', () => {
    const shown = ['README.md', ...filesUnder('npm', 'README.md')];
    const relative = shown.flatMap((file) =>
      [...withoutBlocks(read(file)).matchAll(/\]\((?!https:\/\/)([^)\s]+)\)/g)].map(([, link]) => link),
    );
    expect(relative).toEqual([]);
  });

  test('the table of entry points has those of the package', () => {
    const table = read('docs/getting-started.md').split('## Entry points')[1].split('\n## ')[0];
    const named = quoted(table).filter((name) => name.startsWith(manifest.name));
    const subpaths = Object.keys(manifest.exports).filter((name) => name !== './package.json');
    expect(named.sort()).toEqual(subpaths.map((name) => manifest.name + name.slice(1)).sort());
  });

  test('the table of platforms has the packages that npm chooses from', () => {
    const named = quoted(read('docs/production.md').split('## Platforms')[1]).filter((name) =>
      name.startsWith(`${manifest.name}-`),
    );
    expect(named.sort()).toEqual(Object.keys(manifest.optionalDependencies).sort());
  });

  test('the list of pages has every page', () => {
    const list = read('docs/README.md');
    const pages = PAGES.filter((page) => !page.endsWith('README.md')).map((page) =>
      path.posix.basename(page),
    );
    expect(pages.filter((page) => !list.includes(`](${page})`))).toEqual([]);
  });

  test('the README is short, and has both commands for contributors', () => {
    expect(README.split(/\s+/).length).toBeLessThan(1000);
    expect(README).toMatch(/^npm run demo .*\nnpm test /m);
  });

  test('the commands of npx orgcache and their options exist', async () => {
    const commands = PAGES.flatMap((page) => [...read(page).matchAll(/`(?:npx )?orgcache (\w+)([^`\n]*)/g)]);
    const names = [...new Set(commands.map(([, command]) => command))];
    const helps = await Promise.all(names.map((name) => runNode(['js/cli/orgcache.js', name, '--help'])));
    for (const [, command, options] of commands) {
      const { stdout: help } = helps[names.indexOf(command)];
      expect(help).toContain(`Usage: orgcache ${command}`);
      for (const [option] of options.matchAll(/--[a-z-]+/g)) expect(help).toContain(option);
    }
    expect(names.length).toBeGreaterThan(4);
  });

  test('the npm scripts and their options exist', async () => {
    const commands = DOCUMENTS.flatMap((document) => [
      ...read(document).matchAll(/npm (?:run )?([a-z]+(?::[a-z]+)?)((?: -- [^`#\n]*)?)/g),
    ]).filter(([command]) => /^npm (run|test)/.test(command));
    const help = {
      'demo:queries': (await runNode(['examples/query-cache/demo.mjs', '--help'])).stdout,
      demo: (await runNode(['examples/server/demo.mjs', '--help'])).stdout,
      bench: (await runNode(['bench/run.mjs', '--help'])).stdout,
      soak: (await runNode(['scripts/soak.mjs', '--help'])).stdout,
      'test:coherence': (await runNode(['scripts/coherence.mjs', '--help'])).stdout,
    };
    for (const [, script, options] of commands) {
      expect(manifest.scripts).toHaveProperty([script]);
      for (const [option] of options.matchAll(/--[a-z][a-z-]*/g)) {
        if (script !== 'build') expect(help[script]).toContain(`${option} `);
      }
    }
    expect(commands.length).toBeGreaterThan(5);
  });

  test('the jest commands of CONTRIBUTING.md run what they name and nothing else', async () => {
    const commands = [...read('CONTRIBUTING.md').matchAll(/`npx jest ([^`]*?)(\S+)`/g)];
    const jest = path.join('node_modules', 'jest', 'bin', 'jest.js');
    for (const [, options, named] of commands) {
      const words = [...options.split(' ').filter(Boolean), named];
      const { stdout } = await runNode([jest, '--listTests', ...words]);
      const files = stdout.trim().split('\n');
      const others = files.filter((file) => !file.startsWith(path.join(PACKAGE_ROOT, named)));
      expect([named, others]).toEqual([named, []]);
    }
    expect(commands.length).toBeGreaterThan(2);
  });

  test.each(['ARCHITECTURE.md', 'docs/write-in-an-outage.md'])(
    'the names of Rust in %s are in the code',
    (document) => {
      const sources = filesUnder('src', '.rs').map((file) => read(file));
      const names = quoted(withoutBlocks(read(document))).filter((name) => /^\w+::\w+$/.test(name));
      const lost = names.filter((name) => {
        const [owner, member] = name.split('::');
        const owns = new RegExp(`\\b(impl|trait|enum|struct|for)\\b[^\\n]*\\b${owner}\\b`);
        return !sources.some((text) => owns.test(text) && new RegExp(`\\b${member}\\b`).test(text));
      });
      expect(lost).toEqual([]);
      expect(names.length).toBeGreaterThan(10);
    },
  );

  test('each function on the way of a set is in the file that the page names', () => {
    const page = read('docs/write-in-an-outage.md');
    const named = [...page.matchAll(/`(?:\w+::)?(#?\w+)` (?:in|of) `((?:src|js)\/[\w/-]+\.(?:rs|js))`/g)];
    const lost = named.filter(([, name, file]) => {
      const definition = file.endsWith('.rs') ? `\\bfn ${name}\\b` : `^ +${name}\\(`;
      return !new RegExp(definition, 'm').test(read(file));
    });
    expect(lost.map(([words]) => words)).toEqual([]);
    expect(named.length).toBeGreaterThan(40);
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

  test('the figures of the README are those of the page of performance', () => {
    const cells = (line) => line.split('|').map((cell) => cell.trim());
    const lines = (text) => text.split('\n').slice(2).map(cells);
    const all = new Map(
      lines(between(read('docs/performance.md'), 'figures')).map(([, name, result]) => [name, result]),
    );
    const told = lines(between(README, 'numbers')).map(([, name, result]) => [name, result]);
    expect(told).toHaveLength(3);
    expect(told).toEqual(told.map(([name]) => [name, all.get(name)]));
  });

  test('the lines of the page of performance are those that the bench judges', async () => {
    const program = `import { TARGETS } from './bench/targets.mjs';
      console.log(JSON.stringify(TARGETS.map(({ name }) => name)));`;
    const { stdout } = await runNode(['--input-type=module', '-e', program]);
    const rows = [...between(read('docs/performance.md'), 'figures').matchAll(/^\| ([^|]+) \|/gm)].map(
      ([, name]) => name,
    );
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
