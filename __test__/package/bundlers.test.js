'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {
  binaryName,
  installPacked,
  makeFolder,
  packBoth,
  plainEnvironment,
  platform,
  tool,
} = require('../support/packed');

const { version } = require('../../package.json');

const PROGRAM = `
  const { cacheAdapter, version } = require('orgcache');
  cacheAdapter.set('greeting', 'hello')
    .then(() => cacheAdapter.get('greeting'))
    .then((value) => console.log(JSON.stringify({ version, value })));`;
const MODULE = PROGRAM.replace(`require('orgcache')`, `orgcache`).replace(
  /^/,
  `import orgcache from 'orgcache';`,
);
const ANSWER = { version, value: 'hello' };

// The banner that bundles of ES modules need for any CommonJS package.
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

let workplace;
let app;

beforeAll(() => {
  workplace = makeFolder('bundlers');
  const { main, binary } = packBoth(workplace);
  app = path.join(workplace, 'app');
  installPacked(app, main.tarball, binary.tarball);
  fs.writeFileSync(path.join(app, 'app.cjs'), PROGRAM);
  fs.writeFileSync(path.join(app, 'app.mjs'), MODULE);
}, 120_000);

afterAll(() => fs.rmSync(workplace, { recursive: true, force: true }));

describe('a program that was bundled by', () => {
  const bundlers = {
    webpack: { bundle: webpack, takesBinaryAlong: true },
    'webpack, with a loader that spoils .node files': { bundle: webpackWithLoader, takesBinaryAlong: false },
    ncc: { bundle: ncc, takesBinaryAlong: true },
    esbuild: { bundle: esbuild, takesBinaryAlong: false },
    'esbuild, as ES modules': { bundle: esbuildModules, takesBinaryAlong: false },
  };

  describe.each(Object.entries(bundlers))('%s', (_name, { bundle, takesBinaryAlong }) => {
    let folder;
    let main;

    beforeAll(() => {
      folder = fs.mkdtempSync(path.join(workplace, 'bundle-'));
      main = bundle(folder);
    }, 60_000);

    test('runs beside the installed package of its platform', () => {
      const modules = path.join(folder, 'node_modules');
      const installed = `orgcache-${platform}`;
      fs.cpSync(path.join(app, 'node_modules', installed), path.join(modules, installed), {
        recursive: true,
      });
      const answered = answerOf(main);
      fs.rmSync(modules, { recursive: true });
      expect(answered).toEqual(ANSWER);
    });

    test('takes the binary that ORGCACHE_BINARY names', () => {
      const named = path.join(app, 'node_modules', `orgcache-${platform}`, binaryName);
      expect(answerOf(main, { ORGCACHE_BINARY: named })).toEqual(ANSWER);
    });

    test('runs beside a copy of the binary', () => {
      const copy = path.join(folder, binaryName);
      const wasThere = fs.existsSync(copy);
      fs.copyFileSync(path.join(app, 'node_modules', `orgcache-${platform}`, binaryName), copy);
      const answered = answerOf(main);
      if (!wasThere) fs.rmSync(copy);
      expect(answered).toEqual(ANSWER);
    });

    test(
      takesBinaryAlong ? 'runs alone: the binary was copied' : 'says without its package what it needs',
      () => {
        const { status, stdout, stderr } = run(main);
        if (takesBinaryAlong) return expect(JSON.parse(stdout)).toEqual(ANSWER);
        expect(status).toBe(1);
        expect(stderr).toContain(`orgcache-${platform}@${version}`);
        expect(stderr).toContain("code: 'E_BINARY'");
      },
    );
  });

  function answerOf(main, env) {
    const { stdout, stderr } = run(main, env);
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  }
});

test('a tracer finds the binary, and a program made of the files that it found runs', async () => {
  const traced = path.join(workplace, 'traced');
  const { fileList } = JSON.parse(
    node(['-e', TRACE, tool('@vercel', 'nft'), app], { cwd: app, env: plainEnvironment() }).stdout,
  );
  expect(fileList).toContain(`node_modules/orgcache-${platform}/${binaryName}`);
  for (const file of fileList) {
    fs.mkdirSync(path.dirname(path.join(traced, file)), { recursive: true });
    fs.copyFileSync(path.join(app, file), path.join(traced, file));
  }
  expect(JSON.parse(run(path.join(traced, 'app.cjs')).stdout)).toEqual(ANSWER);
}, 60_000);

const TRACE = `
  const [nft, base] = process.argv.slice(1);
  require(nft).nodeFileTrace([base + '/app.cjs'], { base })
    .then(({ fileList }) => console.log(JSON.stringify({ fileList: [...fileList] })));`;

const WEBPACK = `
  const [webpack, options] = process.argv.slice(1);
  require(webpack)(JSON.parse(options, (key, value) => (key === 'test' ? new RegExp(value) : value)), (error, stats) => {
    console.log(JSON.stringify({ error: error?.message, errors: stats?.toJson({ all: false, errors: true }).errors }));
  });`;

function webpack(folder, more = {}) {
  const options = {
    mode: 'production',
    target: 'node20',
    context: app,
    entry: './app.cjs',
    output: { path: folder, filename: 'out.cjs' },
    ...more,
  };
  const { stdout } = node(['-e', WEBPACK, tool('webpack'), JSON.stringify(options)]);
  expect(JSON.parse(stdout)).toEqual({ errors: [] });
  return path.join(folder, 'out.cjs');
}

/** Such loaders turn the file into JavaScript, which is no binary. */
function webpackWithLoader(folder) {
  const loader = path.join(workplace, 'loader.cjs');
  fs.writeFileSync(loader, `module.exports = () => 'module.exports = 1;'; module.exports.raw = true;`);
  return webpack(folder, { module: { rules: [{ test: '\\.node$', loader }] } });
}

function ncc(folder) {
  node([tool('@vercel', 'ncc', 'dist', 'ncc', 'cli.js'), 'build', 'app.cjs', '--no-cache', '-o', folder]);
  return path.join(folder, 'index.cjs');
}

function esbuild(folder) {
  const out = path.join(folder, 'out.cjs');
  return esbuildTo(out, 'app.cjs', '--format=cjs');
}

function esbuildModules(folder) {
  return esbuildTo(path.join(folder, 'out.mjs'), 'app.mjs', '--format=esm', `--banner:js=${REQUIRE}`);
}

function esbuildTo(out, entry, ...flags) {
  const { stderr } = node([
    tool('esbuild', 'bin', 'esbuild'),
    entry,
    '--bundle',
    '--platform=node',
    '--log-level=warning',
    `--outfile=${out}`,
    ...flags,
  ]);
  expect(stderr).toBe('');
  return out;
}

function node(args, options = {}) {
  const child = spawnSync(process.execPath, args, {
    cwd: app,
    encoding: 'utf8',
    timeout: 50_000,
    ...options,
  });
  expect({ status: child.status, stderr: child.status === 0 ? '' : child.stderr }).toEqual({
    status: 0,
    stderr: '',
  });
  return child;
}

/**
 * Its errors go into a file. Node shows the source line of an error that nobody catches, which is the whole bundle here,
 * and loses what does not fit into a pipe.
 */
function run(main, env) {
  const file = path.join(workplace, 'stderr.txt');
  const stderr = fs.openSync(file, 'w');
  try {
    const child = spawnSync(process.execPath, [main], {
      cwd: path.dirname(main),
      env: plainEnvironment(env),
      encoding: 'utf8',
      timeout: 20_000,
      stdio: ['ignore', 'pipe', stderr],
    });
    return { ...child, stderr: fs.readFileSync(file, 'utf8') };
  } finally {
    fs.closeSync(stderr);
  }
}
