'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { findChromium, installChromium } = require('../chromium.cjs');

let folder;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-chromium-'));
});

afterEach(() => fs.rmSync(folder, { recursive: true }));

function program(name, status = 0) {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `#!/bin/sh\nexit ${status}\n`, { mode: 0o755 });
  return file;
}

describe('the Chromium that is found', () => {
  test('is the one that is named, even if PATH has another', () => {
    const [named, other] = [program('named/chromium'), program('other/chromium')];
    expect(findChromium({ env: { PATH: path.dirname(other), ORGCACHE_TEST_CHROMIUM: named } })).toBe(named);
  });

  test('is none if the one that is named does not run', () => {
    const [broken, other] = [program('broken/chromium', 1), program('other/chromium')];
    expect(findChromium({ env: { PATH: path.dirname(other), ORGCACHE_TEST_CHROMIUM: broken } })).toBeNull();
  });

  test('is the first in PATH that runs, also one of another name', () => {
    const broken = program('broken/chromium-browser', 1);
    const chrome = program('whole/google-chrome');
    const PATH = [broken, chrome].map((file) => path.dirname(file)).join(path.delimiter);
    expect(findChromium({ env: { PATH } })).toBe(chrome);
  });
});

describe("Debian's Chromium", () => {
  const { PATH } = process.env;

  beforeEach(() => {
    process.env.PATH = folder;
  });

  afterEach(() => {
    process.env.PATH = PATH;
    jest.restoreAllMocks();
  });

  /** Runs no command: those that would run are written down, and the package brings its program. */
  function install({ uid, fails = () => false }) {
    jest.spyOn(process, 'getuid').mockReturnValue(uid);
    const commands = [];
    const succeeds = (command, args) => {
      commands.push([command, ...args.filter((word) => !word.startsWith('-'))].join(' '));
      if (fails(commands.at(-1))) return false;
      if (args.includes('chromium')) program('chromium');
      return true;
    };
    return { found: installChromium({ say() {}, succeeds }), commands };
  }

  test('is installed by root, and found', () => {
    program('apt-get');
    expect(install({ uid: 0 })).toEqual({
      commands: ['apt-get update', 'apt-get install chromium'],
      found: path.join(folder, 'chromium'),
    });
  });

  test('is not installed by others, nor where there is no apt-get', () => {
    expect(install({ uid: 0 })).toEqual({ commands: [], found: null });
    program('apt-get');
    expect(install({ uid: 1000 })).toEqual({ commands: [], found: null });
  });

  test('is none if apt-get fails', () => {
    program('apt-get');
    const fails = (command) => command === 'apt-get update';
    expect(install({ uid: 0, fails })).toEqual({ commands: ['apt-get update'], found: null });
  });
});
