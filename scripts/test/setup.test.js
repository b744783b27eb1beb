'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { currentPlatform } = require('../../js/native.js');

const ROOT = path.join(__dirname, '..', '..');
const ADDON = `orgcache.${currentPlatform()}.node`;

// A copy of the scripts, with a cargo and an npm that only record their arguments.
describe('setup in a fresh clone', () => {
  let clone;
  let tools;
  let calls;

  beforeEach(() => {
    clone = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-setup-')));
    tools = path.join(clone, 'tools');
    calls = path.join(clone, 'calls');
    fs.cpSync(path.join(ROOT, 'scripts'), path.join(clone, 'scripts'), { recursive: true });
    write('js/native.js', fs.readFileSync(path.join(ROOT, 'js', 'native.js')));
    write('package.json', '{ "version": "1.0.0" }');
    write('package-lock.json', '{}');
    write('Cargo.toml', 'rust-version = "1.90"\n');
    write('src/lib.rs', '// one');
    tool('cargo', fakeCargo());
    tool('npm-cli.js', `note('npm ' + args[0]); fs.mkdirSync('node_modules', { recursive: true });`);
  });

  afterEach(() => fs.rmSync(clone, { recursive: true }));

  test('installs and builds once, then has nothing to do', () => {
    expect(setup()).toMatchObject({ status: 0, did: ['npm ci', 'cargo build'] });
    expect(fs.readFileSync(path.join(clone, ADDON), 'utf8')).toBe('library of // one');
    const again = setup();
    expect(again).toMatchObject({ status: 0, did: [] });
    expect(again.said).toContain('nothing to do');
  });

  test('builds again, and only that, when a source was edited, added or removed', () => {
    setup();
    write('src/lib.rs', '// two');
    expect(setup().did).toEqual(['cargo build']);
    expect(fs.readFileSync(path.join(clone, ADDON), 'utf8')).toBe('library of // two');
    write('src/room/mod.rs', '');
    expect(setup().did).toEqual(['cargo build']);
    fs.rmSync(path.join(clone, 'src', 'room'), { recursive: true });
    expect(setup().did).toEqual(['cargo build']);
  });

  test('builds again when the addon is missing or is not the one it built', () => {
    setup();
    write(ADDON, 'copied here by hand');
    expect(setup().did).toEqual(['cargo build']);
    fs.rmSync(path.join(clone, ADDON));
    expect(setup().did).toEqual(['cargo build']);
  });

  test('installs again, and only that, when the lockfile changed or node_modules is gone', () => {
    setup();
    write('package-lock.json', '{ "packages": {} }');
    expect(setup().did).toEqual(['npm ci']);
    fs.rmSync(path.join(clone, 'node_modules'), { recursive: true });
    expect(setup().did).toEqual(['npm ci']);
  });

  test('says in one sentence that cargo is missing, and how to get it', () => {
    fs.rmSync(path.join(tools, 'cargo'));
    expect(setup()).toMatchObject({
      status: 1,
      said: 'setup: cargo is not in PATH or does not run: install Rust 1.90 or newer with rustup (rustup.rs) and open a new shell.\n',
    });
  });

  test('says in one sentence that Rust is too old, and how to mend it', () => {
    const { status, said } = setup({ FAKE_CARGO_VERSION: '1.9.0' });
    expect(status).toBe(1);
    expect(said).toBe(
      'setup: Rust 1.90 or newer is needed and this is cargo 1.9.0: run `rustup update stable`.\n',
    );
  });

  test('says in one sentence that Node is too old, before anything is run', () => {
    const old = "Object.defineProperty(process, 'versions', { value: { node: '18.20.0' } });";
    write('tools/old-node.js', `${old} Object.defineProperty(process, 'version', { value: 'v18.20.0' });`);
    const { status, said, did } = setup({ NODE_OPTIONS: `--require=${path.join(tools, 'old-node.js')}` });
    expect({ status, did }).toEqual({ status: 1, did: [] });
    expect(said).toMatch(
      /^setup: Node 20 or newer is needed and this is v18\.20\.0: install it from .+\.\n$/,
    );
  });

  test('takes a build that failed for one that is still to do', () => {
    const failed = setup({ FAKE_CARGO_FAILS: '1' });
    expect(failed.status).toBe(1);
    expect(failed.said).toMatch(/setup: The addon did not build: .*apt-get install build-essential\)\.\n$/);
    expect(setup()).toMatchObject({ status: 0, did: ['cargo build'] });
  });

  test('finds the redis-server in PATH when asked for one', () => {
    fs.writeFileSync(path.join(tools, 'redis-server'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    expect(setup({}, '--redis').status).toBe(0);
  });

  test('says in one sentence that there is no redis-server and none can be installed', () => {
    const { status, said } = setup({}, '--redis');
    expect(status).toBe(1);
    expect(said).toMatch(/setup: No redis-server was found and none could be installed: .+\n$/);
  });

  test('refuses a redis-server that was named and does not run, and installs no other', () => {
    const { status, said } = setup({ ORGCACHE_TEST_REDIS_SERVER: '/nowhere/redis-server' }, '--redis');
    expect(status).toBe(1);
    expect(said).toMatch(/ORGCACHE_TEST_REDIS_SERVER names \/nowhere\/redis-server, which does not run/);
  });

  function setup(env = {}, ...args) {
    fs.writeFileSync(calls, '');
    const child = spawnSync(process.execPath, [path.join(clone, 'scripts', 'setup.mjs'), ...args], {
      // Nothing but these tools is in PATH, so that no real package manager is ever asked.
      env: { PATH: tools, npm_execpath: path.join(tools, 'npm-cli.js'), ...env },
      encoding: 'utf8',
    });
    const did = fs.readFileSync(calls, 'utf8').split('\n').filter(Boolean);
    return { status: child.status, said: child.stderr, did };
  }

  function write(name, content) {
    const file = path.join(clone, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
  }

  function tool(name, body) {
    const program = `#!${process.execPath}
const fs = require('node:fs');
const args = process.argv.slice(2);
const note = (call) => fs.appendFileSync(${JSON.stringify(calls)}, call + '\\n');
${body}
`;
    write(path.join('tools', name), program);
    fs.chmodSync(path.join(tools, name), 0o755);
  }

  function fakeCargo() {
    return `
if (args[0] === '--version') {
  console.log('cargo ' + (process.env.FAKE_CARGO_VERSION ?? '1.90.0'));
} else if (process.env.FAKE_CARGO_FAILS) {
  process.exitCode = 101;
} else {
  note('cargo ' + args[0]);
  const library = process.cwd() + '/target/liborgcache.so';
  fs.mkdirSync('target', { recursive: true });
  fs.writeFileSync(library, 'library of ' + fs.readFileSync('src/lib.rs', 'utf8'));
  const target = { name: 'orgcache', kind: ['cdylib', 'rlib'] };
  console.log(JSON.stringify({ reason: 'compiler-artifact', target, filenames: [library] }));
}`;
  }
});

test('a step that hangs is ended at its time limit together with what it started', () => {
  // The end of the pipe is awaited, which the sleeping grandchild would hold open.
  const program = `
    import { watch } from ${JSON.stringify(path.join(ROOT, 'scripts', 'run.mjs'))};
    const result = await watch('sh', ['-c', 'sleep 600 & wait'], { timeoutMs: 300, onOutput() {} });
    console.log(JSON.stringify(result));`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  expect(JSON.parse(child.stdout)).toEqual({ timedOut: true, status: 1 });
});
