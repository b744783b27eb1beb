'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { onEnd } = require('../support/cleanup');
const { startCluster } = require('../support/cluster');
// Made by OpenSSL.
const made = require('../support/openssl-certificates.json');
const { PACKAGE_ROOT } = require('../support/package');
const { runNode } = require('../support/process');
const { startRedis, withRedis } = require('../support/redis');
const { startSentinels } = require('../support/sentinel');
const { closedPort, startSilentServer } = require('../support/silent-server');
const { startTlsProxy } = require('../support/tls-proxy');

const CLI = path.join(PACKAGE_ROOT, 'js', 'cli', 'orgcache.js');
const CANARY = 'doctor-canary';
/** As a cache should be set up. */
const GOOD = ['--maxmemory', '64mb', '--maxmemory-policy', 'volatile-lru'];

/** The doctor's result in this environment: `{ code, findings, text }`. */
async function doctor(env) {
  const { code, stdout, stderr } = await runNode([CLI, 'doctor'], { env, mayFail: true });
  expect(stderr).toBe('');
  expect(stdout).not.toContain('canary');
  const lines = stdout.trimEnd().split('\n');
  const findings = lines.map((line) => {
    const [, status, name, message] = /^(ok|warn|fail) +(\S+) +(.+)$/.exec(line) ?? [];
    expect([line, status]).toEqual([line, expect.any(String)]);
    return { status, name, message };
  });
  return { code, findings, text: stdout };
}

function named(findings, name) {
  return findings.filter((finding) => finding.name === name);
}

describe('orgcache doctor with one server', () => {
  test('finds nothing to mend where all is well', async () => {
    const server = await startRedis({ password: CANARY, args: GOOD });
    const { code, findings, text } = await doctor({ REDIS_URL: server.url });
    expect(findings.map(({ name, status }) => `${status} ${name}`)).toEqual([
      'ok configuration',
      'ok tcp',
      'ok auth',
      'ok version',
      'ok role',
      'ok memory',
      'ok persistence',
      'ok latency',
      'ok clock',
      'ok near',
    ]);
    expect(code).toBe(0);
    expect(text).toContain(`REDIS_URL=redis://:(redacted)@127.0.0.1:${server.port}`);
    expect(text).toMatch(/user default/);
    expect(text).toMatch(/p50 [\d.]+ ms, p99 [\d.]+ ms/);
    expect(text).toMatch(/nothing is written to disk/);
  });

  test('prints one object with --json, and no secret in it', async () => {
    const server = await startRedis({ password: CANARY, args: GOOD });
    const env = { REDIS_HOST: 'localhost', REDIS_PORT: String(server.port), REDIS_PASSWORD: CANARY };
    const { code, stdout, stderr } = await runNode([CLI, 'doctor', '--json'], { env });
    const found = JSON.parse(stdout);
    expect(found.healthy).toBe(true);
    expect(named(found.checks, 'dns')).toMatchObject([
      { status: 'ok', message: expect.stringContaining('127.0.0.1') },
    ]);
    expect(found.settings.port).toMatchObject({
      value: server.port,
      source: 'environment',
      variable: 'REDIS_PORT',
    });
    expect(found.settings.password.value).toBe('(redacted)');
    expect([code, stdout.includes(CANARY), stderr]).toEqual([0, false, '']);
  });

  test('warns of a server that refuses writes when it is full, and of one without a limit', async () => {
    const server = await startRedis({ args: ['--maxmemory', '64mb', '--maxmemory-policy', 'noeviction'] });
    const refusing = await doctor({ REDIS_URL: server.url });
    expect(named(refusing.findings, 'memory')).toMatchObject([
      { status: 'warn', message: expect.stringMatching(/noeviction.*OOM.*volatile-lru/) },
    ]);
    expect(refusing.code).toBe(0);
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
    const growing = await doctor({ REDIS_URL: server.url });
    expect(named(growing.findings, 'memory')).toMatchObject([
      { status: 'warn', message: expect.stringMatching(/no limit.*maxmemory/) },
    ]);
  });

  test('explains what is kept on disk, and that eviction does not fit it', async () => {
    const server = await startRedis({ args: ['--maxmemory', '64mb', '--maxmemory-policy', 'allkeys-lru'] });
    await server.command('CONFIG', 'SET', 'save', '3600 1');
    const { findings } = await doctor({ REDIS_URL: server.url });
    expect(named(findings, 'persistence')).toMatchObject([
      { status: 'warn', message: expect.stringMatching(/"3600 1".*allkeys-lru evicts/) },
    ]);
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru');
    await server.command('CONFIG', 'SET', 'appendonly', 'yes');
    const kept = await doctor({ REDIS_URL: server.url });
    expect(named(kept.findings, 'persistence')).toMatchObject([
      { status: 'ok', message: expect.stringContaining('append-only file') },
    ]);
  });

  test.each([
    ['a wrong password', `:${CANARY}-wrong@`, /failed: WRONGPASS [a-z].*REDIS_PASSWORD/],
    ['no password', '', /NOAUTH.*REDIS_PASSWORD/],
  ])('fails with %s, and says which variable to correct', async (_what, credentials, expected) => {
    const server = await startRedis({ password: CANARY });
    const { code, findings } = await doctor({ REDIS_URL: `redis://${credentials}127.0.0.1:${server.port}` });
    expect(findings.at(-1)).toMatchObject({
      status: 'fail',
      name: 'auth',
      message: expect.stringMatching(expected),
    });
    expect(code).toBe(1);
  });

  test('goes on with a user who may not ask everything', async () => {
    const users = [`user asker on >${CANARY} ~* +ping +get +set`];
    const server = await startRedis({ users });
    const url = `redis://asker:${CANARY}@127.0.0.1:${server.port}`;
    const { code, findings } = await doctor({ REDIS_URL: url });
    expect(named(findings, 'auth')).toMatchObject([{ status: 'ok' }]);
    expect(named(findings, 'server')).toMatchObject([
      { status: 'warn', message: expect.stringContaining('NOPERM') },
    ]);
    expect(named(findings, 'clock')).toMatchObject([{ status: 'warn' }]);
    expect(named(findings, 'near')).toMatchObject([
      { status: 'warn', message: expect.stringContaining('+client|tracking') },
    ]);
    expect(code).toBe(0);
  });

  test('asks nothing about copies where there are none', async () => {
    const server = await startRedis({ password: CANARY, args: GOOD });
    const { code, findings } = await doctor({ REDIS_URL: server.url, CACHE_NEAR: 'false' });
    expect([named(findings, 'near'), code]).toEqual([[], 0]);
  });

  test('fails with a replica, which takes no writes', async () => {
    const primary = await startRedis();
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(primary.port)] });
    const { code, findings } = await doctor({ REDIS_URL: replica.url });
    const told = findings.filter(({ status }) => status === 'fail');
    expect(told).toMatchObject([{ message: expect.stringMatching(/replica/) }]);
    expect(code).toBe(1);
  });

  test('reaches a unix socket', async () => {
    const server = await startRedis({ unixSocket: true, args: GOOD });
    const { code, findings } = await doctor({ REDIS_URL: `unix://${server.unixPath}` });
    expect(named(findings, 'socket')).toMatchObject([
      { status: 'ok', message: expect.stringContaining(server.unixPath) },
    ]);
    expect(code).toBe(0);
    const missing = await doctor({ REDIS_URL: 'unix:///nowhere/redis.sock' });
    expect(missing.findings.at(-1)).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('ENOENT'),
    });
  });
});

describe('orgcache doctor without a server', () => {
  test('fails where nothing listens, and says so', async () => {
    const port = await closedPort();
    const { code, findings } = await doctor({ REDIS_URL: `redis://:${CANARY}@127.0.0.1:${port}` });
    expect(findings.map(({ name }) => name)).toEqual(['configuration', 'tcp']);
    expect(findings.at(-1)).toMatchObject({
      status: 'fail',
      message: expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port}.*ECONNREFUSED.*start Redis`)),
    });
    expect(code).toBe(1);
  });

  test('fails where the name does not resolve', async () => {
    const { code, findings } = await doctor({ REDIS_HOST: 'nowhere.invalid' });
    expect(findings.at(-1)).toMatchObject({
      status: 'fail',
      name: 'dns',
      message: expect.stringContaining('nowhere.invalid'),
    });
    expect(code).toBe(1);
  });

  test('gives a server that says nothing up at a deadline', async () => {
    const silent = await startSilentServer();
    const { code, findings } = await doctor({ REDIS_URL: `redis://127.0.0.1:${silent.port}` });
    expect(named(findings, 'tcp')).toMatchObject([{ status: 'ok' }]);
    expect(findings.at(-1)).toMatchObject({ status: 'fail', name: 'auth' });
    expect(code).toBe(1);
  });

  test('fails with a value that is not allowed, and names its variable', async () => {
    const { code, findings } = await doctor({ REDIS_PORT: 'http' });
    expect(findings).toMatchObject([
      { status: 'fail', name: 'configuration', message: expect.stringContaining('REDIS_PORT') },
    ]);
    expect(code).toBe(1);
  });

  test('has nothing more to check where USE_REDIS is false', async () => {
    const { code, findings } = await doctor({ USE_REDIS: 'false', REDIS_HOST: 'nowhere.invalid' });
    expect(findings).toMatchObject([{ status: 'ok', message: expect.stringContaining('no Redis') }]);
    expect(code).toBe(0);
  });

  test('repeats the configuration’s warnings', async () => {
    const env = { USE_REDIS: 'false', REDIS_URL: 'redis://127.0.0.1:1', REDIS_HOST: 'ignored.test' };
    const { findings } = await doctor(env);
    expect(findings).toContainEqual({
      status: 'warn',
      name: 'configuration',
      message: 'REDIS_HOST has no effect because REDIS_URL is set',
    });
  });
});

describe('orgcache doctor with TLS', () => {
  const server = withRedis({ tls: true, args: GOOD });
  let folder;

  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-doctor-'));
    onEnd(() => fs.rmSync(folder, { recursive: true }));
  });

  const tls = (env) => doctor({ REDIS_URL: server.url, REDIS_TLS: 'true', ...env });

  test('tells whose certificate it is and until when it is valid', async () => {
    const file = path.join(folder, 'ca.pem');
    fs.writeFileSync(file, server.tls.ca);
    for (const ca of [server.tls.ca, server.tls.ca.replaceAll('\n', '\\n'), file]) {
      const { code, findings } = await tls({ REDIS_TLS_CA: ca });
      expect(named(findings, 'tls')).toMatchObject([
        {
          status: 'ok',
          message: expect.stringMatching(/for localhost, valid until \d{4}-\d\d-\d\d, TLSv1\.[23]$/),
        },
      ]);
      expect(code).toBe(0);
    }
  });

  test.each([
    ['another authority', () => ({ REDIS_TLS_CA: server.tls.otherCa })],
    ['no authority', () => ({})],
  ])('fails with %s, and says what to set', async (_what, env) => {
    const { code, findings } = await tls(env());
    expect(findings.at(-1)).toMatchObject({
      status: 'fail',
      name: 'tls',
      message: expect.stringMatching(/is for localhost.*and is refused: E_CONNECT: .*set REDIS_TLS_CA/),
    });
    expect(code).toBe(1);
  });

  test('fails with a name that is not in the certificate', async () => {
    const { findings } = await tls({ REDIS_TLS_CA: server.tls.ca, REDIS_TLS_SERVERNAME: 'redis.test' });
    expect(findings.at(-1)).toMatchObject({
      status: 'fail',
      message: expect.stringMatching(/not for redis\.test;.*set REDIS_TLS_SERVERNAME/),
    });
  });

  test('warns where verification is off', async () => {
    const { code, findings } = await tls({ REDIS_TLS_INSECURE: 'true' });
    expect(named(findings, 'tls')).toMatchObject([
      {
        status: 'warn',
        message: expect.stringMatching(/verification is off and would refuse it: .*authority/),
      },
    ]);
    expect(code).toBe(0);
  });

  test('says that a port speaks plain text, or TLS, where the other is asked for', async () => {
    const plain = await startRedis();
    const asked = await doctor({ REDIS_URL: `rediss://127.0.0.1:${plain.port}` });
    expect(asked.findings.at(-1)).toMatchObject({
      name: 'tls',
      status: 'fail',
      message: expect.stringMatching(/plain text.*no REDIS_TLS/),
    });
    const other = await doctor({ REDIS_URL: `redis://127.0.0.1:${server.port}` });
    expect(other.findings.at(-1)).toMatchObject({
      status: 'fail',
      name: 'auth',
      message: expect.stringMatching(/TLS.*set REDIS_TLS=true or use rediss:/),
    });
  });

  describe('judges as the connection does', () => {
    const plain = withRedis({ args: GOOD });

    const judge = async (name, env) => {
      const port = await startTlsProxy(plain.port, made[name]);
      const { findings } = await doctor({ REDIS_URL: `rediss://127.0.0.1:${port}`, ...env });
      return named(findings, 'tls');
    };

    test.each([
      ['selfSigned', 'selfSigned'],
      ['p521', 'authority'],
      ['version1', 'authority'],
    ])('takes %s with the authority %s', async (name, authority) => {
      const ca = made[authority].cert ?? made[authority];
      expect(await judge(name, { REDIS_TLS_CA: ca, REDIS_TLS_SERVERNAME: 'localhost' })).toMatchObject([
        { status: 'ok', message: expect.stringMatching(/valid until 2\d{3}-\d\d-\d\d, TLSv1\.3$/) },
      ]);
    });

    test.each([
      ['forClients', /serverAuth/],
      ['version1Expired', /valid until 20\d\d.*has expired; renew it/],
      ['version1Forged', /REDIS_TLS_CA/],
    ])('refuses %s in the same words', async (name, words) => {
      const env = { REDIS_TLS_CA: made.authority, REDIS_TLS_SERVERNAME: 'localhost' };
      expect(await judge(name, env)).toMatchObject([
        { status: 'fail', message: expect.stringMatching(words) },
      ]);
    });

    test('leaves it to the login that the server wants one', async () => {
      const locked = await startRedis({ tls: true, password: CANARY, args: GOOD });
      const { findings } = await doctor({
        REDIS_URL: `rediss://localhost:${locked.port}`,
        REDIS_TLS_CA: locked.tls.ca,
      });
      expect(named(findings, 'tls')).toMatchObject([{ status: 'ok' }]);
      expect(findings.at(-1)).toMatchObject({ status: 'fail', name: 'auth' });
    });
  });
});

describe('orgcache doctor with a cluster', () => {
  let cluster;

  beforeAll(async () => {
    cluster = await startCluster({ primaries: 3, replicas: 0, args: GOOD });
  }, 60_000);

  test('checks every host and how the cluster sees itself', async () => {
    const away = `127.0.0.1:${await closedPort()}`;
    const { code, findings } = await doctor({ REDIS_CLUSTER_HOSTS: `${cluster.hosts},${away}` });
    expect(named(findings, 'tcp').map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'warn']);
    expect(named(findings, 'cluster')).toMatchObject([
      { status: 'ok', message: '3 primaries, 0 replicas, 16384 of 16384 slots served' },
    ]);
    expect(code).toBe(0);
  });

  test('fails where a node is taken for a single server', async () => {
    const { code, findings } = await doctor({ REDIS_URL: cluster.nodes[0].url });
    expect(named(findings, 'role')).toMatchObject([
      { status: 'fail', message: expect.stringContaining('REDIS_CLUSTER_HOSTS') },
    ]);
    expect(code).toBe(1);
  });
});

describe('orgcache doctor with one server that is taken for a cluster', () => {
  test('fails, and says how each is named', async () => {
    const { host, port } = await startRedis();
    const { code, findings } = await doctor({ REDIS_CLUSTER_HOSTS: `${host}:${port}` });
    expect(named(findings, 'auth')).toMatchObject([
      {
        status: 'fail',
        message: expect.stringMatching(/no node of a cluster.*REDIS_CLUSTER_HOSTS.*REDIS_URL/),
      },
    ]);
    expect(code).toBe(1);
  });
});

describe('orgcache doctor with sentinels', () => {
  let sentinels;
  let hosts;

  beforeAll(async () => {
    sentinels = await startSentinels({
      replicas: 1,
      sentinels: 2,
      password: CANARY,
      sentinelPassword: `${CANARY}-sentinel`,
      args: GOOD,
    });
    hosts = String(sentinels.hosts);
  }, 60_000);

  const secrets = { REDIS_PASSWORD: CANARY, REDIS_SENTINEL_PASSWORD: `${CANARY}-sentinel` };

  test('logs in at them as their ACL user', async () => {
    for (const sentinel of sentinels.sentinels) {
      await sentinel.command('ACL', 'SETUSER', 'watcher', 'on', `>${CANARY}-watcher`, '-@all', '+sentinel');
    }
    const login = { REDIS_SENTINEL_USERNAME: 'watcher', REDIS_SENTINEL_PASSWORD: `${CANARY}-watcher` };
    const { findings } = await doctor({ REDIS_SENTINEL_HOSTS: hosts, ...secrets, ...login });
    expect(named(findings, 'sentinel')).toMatchObject([{ status: 'ok' }]);
    const wrong = await doctor({
      REDIS_SENTINEL_HOSTS: hosts,
      ...secrets,
      REDIS_SENTINEL_USERNAME: 'watcher',
    });
    expect(JSON.stringify(named(wrong.findings, 'sentinel'))).toMatch(/REDIS_SENTINEL_USERNAME/);
  });

  test('finds the primary that they name, and checks it', async () => {
    const { code, findings } = await doctor({ REDIS_SENTINEL_HOSTS: hosts, ...secrets });
    const primary = await sentinels.primary();
    expect(named(findings, 'sentinel')).toMatchObject([
      { status: 'ok', message: `2 of 2 sentinels say that mymaster is at 127.0.0.1:${primary.port}` },
    ]);
    expect(named(findings, 'tcp')).toHaveLength(3);
    expect(named(findings, 'role')).toMatchObject([
      { status: 'ok', message: expect.stringContaining('primary') },
    ]);
    expect(code).toBe(0);
  });

  test.each([
    ['another name', { REDIS_SENTINEL_NAME: 'other' }, /no primary named other.*REDIS_SENTINEL_NAME/],
    [
      'another password',
      { REDIS_SENTINEL_PASSWORD: `${CANARY}-wrong` },
      /WRONGPASS.*REDIS_SENTINEL_PASSWORD/,
    ],
  ])('fails with %s', async (_what, env, expected) => {
    const { code, findings } = await doctor({ REDIS_SENTINEL_HOSTS: hosts, ...secrets, ...env });
    const told = named(findings, 'sentinel');
    expect(told.map(({ status }) => status)).toEqual(['warn', 'warn', 'fail']);
    expect(told[0].message).toMatch(expected);
    expect(code).toBe(1);
  });

  test('fails where a sentinel is taken for a server', async () => {
    const [host] = hosts.split(',');
    const { code, findings } = await doctor({ REDIS_URL: `redis://:${CANARY}-sentinel@${host}` });
    expect(findings.filter(({ status }) => status === 'fail')).toHaveLength(1);
    expect(code).toBe(1);
  });
});

describe('orgcache on the command line', () => {
  const run = (...words) => runNode([CLI, ...words], { mayFail: true });

  test('prints help and version', async () => {
    const { code, stdout } = await run('--help');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Usage: orgcache COMMAND.*^ {2}doctor /ms)]);
    expect((await run('doctor', '--help')).stdout).toMatch(/^Usage: orgcache doctor.*^ {2}--json /ms);
    expect((await run('--version')).stdout).toBe(`${require('../../package.json').version}\n`);
  });

  test.each([
    [[], /a command is missing; there are doctor/],
    [['frobnicate'], /there is no command "frobnicate"; there are doctor/],
    [['doctor', '--jsno'], /there is no option --jsno of orgcache doctor; there are .*--json/],
    [['--colour'], /there is no option --colour of orgcache/],
    [['doctor', '--json=yes'], /--json takes no value/],
    [['doctor', 'twice'], /orgcache doctor takes no arguments, and 1 were given/],
    [['toString'], /there is no command "toString"/],
  ])('with %j says what there is and ends with code 2', async (words, expected) => {
    const { code, stdout, stderr } = await run(...words);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(expected);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
