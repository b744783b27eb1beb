'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { PLATFORMS, currentPlatform, platformName } = require('../../js/native.js');

const ROOT = path.join(__dirname, '..', '..');
const BINARY = path.join(ROOT, `orgcache.${currentPlatform()}.node`);

describe('the name of a platform', () => {
  test.each([
    [{ os: 'linux', cpu: 'x64', libc: 'gnu' }, 'linux-x64-gnu'],
    [{ os: 'linux', cpu: 'arm64', libc: 'musl' }, 'linux-arm64-musl'],
    [{ os: 'darwin', cpu: 'arm64' }, 'darwin-arm64'],
    [{ os: 'darwin', cpu: 'x64', libc: 'gnu' }, 'darwin-x64'],
    [{ os: 'win32', cpu: 'x64' }, 'win32-x64-msvc'],
  ])('%j is %s', (machine, name) => {
    expect(platformName(machine)).toBe(name);
  });

  test.each([
    [{ os: 'freebsd', cpu: 'x64' }, 'freebsd-x64'],
    [{ os: 'linux', cpu: 'ppc64', libc: 'gnu' }, 'linux-ppc64-gnu'],
    [{ os: 'win32', cpu: 'ia32' }, 'win32-ia32-msvc'],
    [{ os: 'constructor', cpu: 'x64' }, 'constructor-x64'],
  ])('%j is refused in one sentence that says where orgcache runs', (machine, name) => {
    const refusal = expect.objectContaining({
      code: 'E_BINARY',
      message: `orgcache has no native binary for ${name}; it is built for ${PLATFORMS.join(', ')}.`,
    });
    expect(() => platformName(machine)).toThrow(refusal);
  });

  test('asking leaves the process report as it was', () => {
    const before = process.report.excludeNetwork;
    expect(PLATFORMS).toContain(currentPlatform());
    expect(process.report.excludeNetwork).toBe(before);
  });
});

describe('a binary that does not load', () => {
  const platform = currentPlatform();
  const { version } = require('../../package.json');
  let home;

  beforeEach(() => {
    home = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-native-'));
    fs.mkdirSync(path.join(home, 'js'));
    fs.copyFileSync(path.join(ROOT, 'js', 'native.js'), path.join(home, 'js', 'native.js'));
    fs.copyFileSync(path.join(ROOT, 'package.json'), path.join(home, 'package.json'));
  });

  afterEach(() => fs.rmSync(home, { recursive: true }));

  test('is named with its platform, its package and the build command where the package is missing', () => {
    const error = failureToLoad();
    expect(error.message).toContain(`no native binary for ${platform}`);
    expect(error.message).toContain(`npm install orgcache-${platform}@${version}`);
    expect(error.message).toContain('npm run build');
    expect(error.code).toBe('E_BINARY');
    expect(error.cause).toContain('Cannot find module');
  });

  test('counts as missing where the package is there and the file in it is not', () => {
    installPackage(undefined);
    expect(failureToLoad().message).toContain(`the package orgcache-${platform} is not installed`);
  });

  test("carries the loader's words as its cause where the package is broken", () => {
    installPackage('not a library');
    const error = failureToLoad();
    expect(error.message).toContain(`cannot load its native binary for ${platform}`);
    expect(error.message).toContain('npm run build');
    expect(error.cause).toContain(`orgcache.${platform}.node`);
  });

  test('is refused with both versions where its package is of another one, whether it loads or not', () => {
    for (const content of [BINARY, 'not a library']) {
      installPackage(content, '0.0.9');
      const { code, message } = failureToLoad();
      expect(code).toBe('E_BINARY');
      expect(message).toContain(`orgcache ${version} found its native binary in version 0.0.9`);
      expect(message).toContain(`npm install orgcache-${platform}@${version}`);
    }
  });

  test.each([
    ['from the package', () => installPackage(BINARY)],
    ['named by ORGCACHE_BINARY', () => writeBinary('named.node')],
    ['built from source', () => writeBinary(`orgcache.${platform}.node`)],
  ])(
    '%s is not loaded under the permission model and without addons, which is what is told',
    (_where, install) => {
      const named = install();
      const env = named?.endsWith('named.node') ? { ORGCACHE_BINARY: named } : {};
      const permission = process.allowedNodeEnvironmentFlags.has('--permission')
        ? '--permission'
        : '--experimental-permission';
      const forbidden = failureToLoad({ ...env, NODE_NO_WARNINGS: '1' }, [permission, '--allow-fs-read=*']);
      expect(forbidden).toMatchObject({ code: 'E_BINARY', causeCode: 'ERR_DLOPEN_DISABLED' });
      expect(forbidden.message).toContain(
        'permission model allows no native addons here; start Node with --allow-addons',
      );
      const without = failureToLoad(env, ['--no-addons']);
      expect(without).toMatchObject({ code: 'E_BINARY', causeCode: 'ERR_DLOPEN_DISABLED' });
      expect(without.message).toContain('Node was started with --no-addons');
      for (const { message } of [forbidden, without]) expect(message).not.toContain('not installed');
    },
  );

  if (platform.endsWith('-gnu')) {
    test('names the glibc that it needs where the one of the system is older', () => {
      const library = fs.readFileSync(BINARY, 'latin1');
      installPackage(library.replaceAll('GLIBC_2.', 'GLIBC_9.'), version, 'latin1');
      const { message } = failureToLoad();
      expect(message).toMatch(
        /: it needs glibc 9[\d.]+ or newer and this system has 2\.\d+; run it on a newer/,
      );
      expect(message).not.toContain('npm install');
    });
  }

  test('wins over the package when it was built here', () => {
    const local = path.join(home, `orgcache.${platform}.node`);
    fs.writeFileSync(local, 'not a library');
    expect(failureToLoad().message).toContain(`cannot load ${local}, built from source for ${platform}`);
  });

  test('is named by ORGCACHE_BINARY alone where that is set', () => {
    const chosen = path.join(home, 'absent.node');
    const error = failureToLoad({ ORGCACHE_BINARY: chosen });
    expect(error.message).toContain(`cannot load ${chosen}, named by ORGCACHE_BINARY`);
  });

  function packaged(file = `orgcache.${platform}.node`) {
    return path.join(home, 'node_modules', `orgcache-${platform}`, file);
  }

  /** The package without a binary, with the real one, or with the text of a broken one. */
  function installPackage(content, packageVersion = version, encoding = 'utf8') {
    fs.cpSync(path.join(ROOT, 'npm', platform), packaged('.'), { recursive: true });
    fs.rmSync(packaged(), { force: true });
    if (content === BINARY) fs.copyFileSync(BINARY, packaged());
    else if (content) fs.writeFileSync(packaged(), content, encoding);
    const manifest = require(path.join(ROOT, 'npm', platform, 'package.json'));
    fs.writeFileSync(packaged('package.json'), JSON.stringify({ ...manifest, version: packageVersion }));
  }

  function writeBinary(name) {
    fs.copyFileSync(BINARY, path.join(home, name));
    return path.join(home, name);
  }

  function failureToLoad(env = {}, flags = []) {
    const program = `
      try { require('./js/native.js').loadNative(); console.log('null'); }
      catch ({ message, code, cause }) {
        console.log(JSON.stringify({ message, code, cause: cause?.message, causeCode: cause?.code }));
      }`;
    const { ORGCACHE_BINARY: _, ...inherited } = process.env;
    const child = spawnSync(process.execPath, [...flags, '-e', program], {
      cwd: fs.realpathSync(home),
      env: { ...inherited, ...env },
      encoding: 'utf8',
    });
    expect(child.stderr).toBe('');
    return JSON.parse(child.stdout);
  }
});
