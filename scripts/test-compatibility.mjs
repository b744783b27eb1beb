// `npm run test:compatibility -- SUITE CHECKOUT`: the tests of another project, once over ioredis and once over
// `orgcache/ioredis`, and the row of the table in docs/compatibility.md. CHECKOUT is a folder with the project's source
// and its dependencies installed. Each test file runs in a process of its own, on Linux in a network of its own with a
// Redis on port 6379, as these suites expect it; elsewhere that port has to be free.

import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SUITES } from './compatibility/suites.mjs';
import { exitWithSentence, isProgram, ROOT, SetupError } from './run.mjs';
import { setup } from './setup.mjs';

const HERE = path.join(ROOT, 'scripts', 'compatibility');
const CLIENT = path.join(ROOT, 'js', 'entry', 'ioredis');
/** A file whose tests do not end is ended. */
const FILE_TIMEOUT_SECONDS = 600;
/** Many of these tests measure time: a file of which a test passes on ioredis alone is run again on both. */
const ATTEMPTS = 3;
const OWN_NETWORK = ['unshare', '--map-root-user', '--net'];

const SCRIPT = `
[ -n "$OWN_NETWORK" ] && ip link set lo up
"$REDIS" --port 6379 --save '' --dir "$FOLDER" >/dev/null & server=$!
until (: </dev/tcp/127.0.0.1/6379) 2>/dev/null; do sleep 0.05; done
timeout --kill-after 2 ${FILE_TIMEOUT_SECONDS} "$@"; kill $server; wait $server 2>/dev/null; true`;

async function main([name, checkout, only]) {
  const suite = SUITES[name];
  if (!suite || !checkout) {
    throw new SetupError(`Name a suite (${Object.keys(SUITES).join(', ')}) and the folder of its source.`);
  }
  const source = path.resolve(checkout);
  prepare(suite, source);
  const { redisServer } = await setup({ redis: true });
  const work = mkdtempSync(path.join(tmpdir(), 'orgcache-compatibility-'));
  try {
    const root = suite.compile ? compile(suite, source) : source;
    const under = path.join(root, suite.under);
    const files = readdirSync(under, { recursive: true })
      .filter((file) => suite.pattern.test(file) && (!only || file.includes(only)))
      .sort();
    const tests = { ioredis: new Map(), orgcache: new Map() };
    let due = files;
    for (let attempt = 1; attempt <= ATTEMPTS && due.length > 0; attempt++) {
      for (const client of Object.keys(tests))
        for (const file of due) {
          count(
            tests[client],
            await runFile({ suite, root, under, file, client, work, redisServer, attempt }),
          );
        }
      due = files.filter((file) => missingOf(tests).some(({ id }) => id.startsWith(`${file}: `)));
    }
    report({ name, source, redisServer, tests });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What the project itself makes before its tests run. */
function prepare({ prepare: commands = [] }, source) {
  for (const args of commands) {
    const { status } = spawnSync(process.execPath, args, { cwd: source, stdio: 'inherit' });
    if (status !== 0) throw new SetupError(`\`node ${args.join(' ')}\` failed in ${source}.`);
  }
}

/** TypeScript becomes JavaScript once, by the compiler of the suite, so that no test waits for it. */
function compile({ compile: folders, links = {}, module = 'CommonJS' }, source) {
  const ts = createRequire(path.join(source, 'package.json'))('typescript');
  const root = path.join(source, '.orgcache-compatibility');
  rmSync(root, { recursive: true, force: true });
  const given = ts.readConfigFile(path.join(source, 'tsconfig.json'), ts.sys.readFile).config
    ?.compilerOptions;
  const { options } = ts.convertCompilerOptionsFromJson(given ?? {}, source);
  const compilerOptions = { ...options, declaration: false, module: ts.ModuleKind[module] };
  for (const folder of folders) {
    cpSync(path.join(source, folder), path.join(root, folder), { recursive: true });
    for (const fileName of filesOf(path.join(root, folder))) {
      if (!fileName.endsWith('.ts') || fileName.endsWith('.d.ts')) continue;
      const { outputText } = ts.transpileModule(readFileSync(fileName, 'utf8'), {
        compilerOptions,
        fileName: module === 'CommonJS' ? fileName : fileName.replace(/\.ts$/, '.cts'),
      });
      writeFileSync(fileName.replace(/\.ts$/, '.js'), outputText);
      rmSync(fileName);
    }
  }
  for (const [from, to] of Object.entries(links)) {
    mkdirSync(path.dirname(path.join(root, from)), { recursive: true });
    symlinkSync(path.join(root, to), path.join(root, from), 'dir');
  }
  cpSync(path.join(source, 'package.json'), path.join(root, 'package.json'));
  return root;
}

/** The file itself, or the files of the folder. */
function filesOf(place) {
  if (statSync(place).isFile()) return [place];
  return readdirSync(place, { recursive: true }).map((file) => path.join(place, file));
}

/** Its place differs between the versions of mocha. */
function mochaOf(root) {
  const manifest = createRequire(path.join(root, 'package.json')).resolve('mocha/package.json');
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  return path.join(path.dirname(manifest), bin.mocha ?? bin);
}

function runFile({ suite, root, under, file, client, work, redisServer, attempt }) {
  const results = path.join(work, `${client}-${attempt}-${file.replaceAll(path.sep, '_')}.lines`);
  const folder = path.join(work, 'redis');
  mkdirSync(folder, { recursive: true });
  const mocha = mochaOf(root);
  const before = (suite.with ?? []).map((helper) => path.join(root, helper));
  const flags = [
    '--no-config',
    '--no-package',
    '--exit',
    '--reporter',
    path.join(HERE, 'reporter.cjs'),
    ...suite.flags,
  ];
  const command = [process.execPath, mocha, ...flags, ...before];
  const network = ownNetwork();
  const [program, ...args] = [...network, 'bash', '-c', SCRIPT, 'run', ...command, path.join(under, file)];
  const env = {
    ...process.env,
    ...suite.env,
    // Child processes and workers of the tests get the same client.
    NODE_OPTIONS: [
      ...(suite.nodeOptions ?? []),
      `--require=${JSON.stringify(path.join(HERE, 'hook.cjs'))}`,
    ].join(' '),
    REDIS: redisServer,
    FOLDER: folder,
    OWN_NETWORK: network.length > 0 ? '1' : '',
    COMPATIBILITY_RESULTS: results,
    ...(client === 'orgcache' && { COMPATIBILITY_CLIENT: CLIENT }),
    ...(suite.lib && { COMPATIBILITY_LIB: path.join(root, suite.lib), COMPATIBILITY_TESTS: under }),
  };
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env, stdio: 'ignore' });
    child.once('close', () => {
      const lines = existsSync(results)
        ? readFileSync(results, 'utf8').trim().split('\n').filter(Boolean)
        : [];
      const tests = lines
        .map((line) => JSON.parse(line))
        .map((test) => ({ ...test, id: `${file}: ${test.title}` }));
      const passed = tests.filter(({ state }) => state === 'passed').length;
      console.log(`${client} ${file}: ${passed} of ${tests.length} passed`);
      resolve(tests);
    });
  });
}

let network;

function ownNetwork() {
  network ??= spawnSync(OWN_NETWORK[0], [...OWN_NETWORK.slice(1), 'true']).status === 0 ? OWN_NETWORK : [];
  return network;
}

/** What became of each test in all runs of its file. */
function count(tests, run) {
  for (const { id, state, why } of run) {
    const before = tests.get(id) ?? { id, passed: 0, failed: 0 };
    if (state in before) before[state] += 1;
    tests.set(id, { ...before, why: why ?? before.why });
  }
}

function missingOf({ ioredis, orgcache }) {
  return [...ioredis.values()]
    .filter(({ id, passed }) => passed > 0 && !(orgcache.get(id)?.passed > 0))
    .map(({ id }) => ({ id, why: orgcache.get(id)?.why ?? 'did not run' }));
}

function report({ name, source, redisServer, tests }) {
  const list = (heading, lines) => {
    if (lines.length > 0) console.log(`\n${heading}\n${lines.map((line) => `- ${line}`).join('\n')}`);
  };
  const titleOf = (id) => id.replace(/#1$/, '');
  const missing = missingOf(tests);
  list(
    'pass on ioredis and not here:',
    missing.map(({ id, why }) => `${titleOf(id)}: ${why}`),
  );
  for (const [client, told] of Object.entries(tests)) {
    list(
      `pass and fail on ${client}:`,
      [...told.values()]
        .filter(({ passed, failed }) => passed > 0 && failed > 0)
        .map(({ id }) => titleOf(id)),
    );
  }
  const { version } = JSON.parse(readFileSync(path.join(source, 'package.json'), 'utf8'));
  const printed = spawnSync(redisServer, ['--version'], { encoding: 'utf8' }).stdout;
  const [, redis] = /v=([\d.]+)/.exec(printed) ?? [];
  const expected = [...tests.ioredis.values()].filter(({ passed }) => passed > 0).length;
  console.log(`\n| ${name} ${version} | Redis ${redis} | ${expected} | ${expected - missing.length} |`);
}

if (isProgram(import.meta.url)) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    exitWithSentence(error);
  }
}
