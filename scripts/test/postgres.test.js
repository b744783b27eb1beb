'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { findPostgres, installPostgres } = require('../postgres.cjs');

describe('the PostgreSQL that is found', () => {
  let folder;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-postgres-'));
  });

  afterEach(() => fs.rmSync(folder, { recursive: true }));

  /** A folder with programs of a PostgreSQL, whose server ends with `status`. */
  function programs(name, { status = 0, names = ['initdb', 'postgres'] } = {}) {
    const bin = path.join(folder, name);
    fs.mkdirSync(bin);
    for (const program of names) {
      fs.writeFileSync(path.join(bin, program), `#!/bin/sh\nexit ${status}\n`, { mode: 0o755 });
    }
    return bin;
  }

  test('is the one that is named, even if PATH has another', () => {
    const [named, other] = [programs('named'), programs('other')];
    expect(findPostgres({ env: { PATH: other, ORGCACHE_TEST_POSTGRES_BIN: named } })).toBe(named);
  });

  test('is none if the one that is named does not run', () => {
    const [broken, other] = [programs('broken', { status: 1 }), programs('other')];
    expect(findPostgres({ env: { PATH: other, ORGCACHE_TEST_POSTGRES_BIN: broken } })).toBeNull();
  });

  test('is the first in PATH that runs and can make a database', () => {
    const broken = programs('broken', { status: 1 });
    const clientAlone = programs('client', { names: ['postgres'] });
    const whole = programs('whole');
    const env = { PATH: [broken, clientAlone, whole].join(path.delimiter) };
    expect(findPostgres({ env })).toBe(whole);
  });
});

describe("Debian's PostgreSQL", () => {
  const { PATH } = process.env;
  let folder;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-postgres-'));
    process.env.PATH = folder;
  });

  afterEach(() => {
    process.env.PATH = PATH;
    fs.rmSync(folder, { recursive: true });
    jest.restoreAllMocks();
  });

  function install({ uid, fails = () => false }) {
    jest.spyOn(process, 'getuid').mockReturnValue(uid);
    const commands = [];
    const succeeds = (command, args) => {
      commands.push([command, ...args.filter((word) => !word.startsWith('-'))].join(' '));
      return !fails(commands.at(-1));
    };
    const found = installPostgres({ say() {}, succeeds });
    return { commands, found };
  }

  const hasApt = () => fs.writeFileSync(path.join(folder, 'apt-get'), '', { mode: 0o755 });

  test('is installed by root, and its service is stopped', () => {
    hasApt();
    expect(install({ uid: 0 }).commands).toEqual([
      'apt-get update',
      'apt-get install postgresql',
      'service postgresql stop',
    ]);
  });

  test('is not installed by others, nor where there is no apt-get', () => {
    expect(install({ uid: 0 })).toEqual({ commands: [], found: null });
    hasApt();
    expect(install({ uid: 1000 })).toEqual({ commands: [], found: null });
  });

  test('is none if apt-get fails', () => {
    hasApt();
    const fails = (command) => command === 'apt-get install postgresql';
    expect(install({ uid: 0, fails })).toEqual({
      commands: ['apt-get update', 'apt-get install postgresql'],
      found: null,
    });
  });
});
