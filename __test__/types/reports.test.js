'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Bridge } = require('../../js/bridge.js');
const { createRedisModule } = require('../../js/redis/module.js');
const { onEnd } = require('../support/cleanup');
const { startCluster } = require('../support/cluster');
const { openPackage, PACKAGE_ROOT } = require('../support/package');
const { startRedis, withRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');
const { until } = require('../support/wait');

const RECOVERY_MS = 15_000;
/** Each of its settings has further keys only where another setting decides instead. */
const MAY_LACK = 'native.Configured';

/**
 * What calls answered, by the name of its declared type. Each is compared with the type by the compiler: a key that
 * the type lacks is an error, a key that the type has and the answer lacks is one too.
 */
const recorded = {};
const redis = withRedis();

function record(type, ...answers) {
  recorded[type] ??= [];
  recorded[type].push(...answers);
}

async function recordAll({ cacheAdapter, cacheManager, redisManager, redisMigrationManager }) {
  record('types.CacheHealth', await cacheAdapter.healthCheck());
  record('types.CacheStats', await cacheAdapter.getStats());
  record('types.TtlConfig', cacheAdapter.ttlConfig);
  record('types.CacheManagerStats', await cacheManager.getStats());
  record('types.CacheManagerHealth', await cacheManager.healthCheck());
  record('types.RedisHealth', await redisManager.healthCheck());
  const metrics = await redisManager.getMetrics();
  record('types.RedisMetrics', metrics);
  record('types.NodeReport', ...metrics.nodes);
  record('types.MigrationStats', { ...redisMigrationManager.migrationStats });
  record(
    "Awaited<ReturnType<types.RedisMigrationManager['getStats']>>",
    await redisMigrationManager.getStats(),
  );
}

async function recordServers() {
  const cluster = await startCluster({ primaries: 1, replicas: 0 });
  const servers = [
    { url: redis.url },
    { useRedis: false },
    { host: '127.0.0.1', port: await closedPort(), connectTimeout: 200, commandTimeout: 200 },
    { clusterHosts: cluster.hosts.join() },
  ];
  for (const server of servers) {
    const orgcache = openPackage({ ...server, logLevel: 'off' });
    await orgcache.cacheAdapter.set('key', 1);
    await recordAll(orgcache);
  }
}

async function recordSingleCalls() {
  const orgcache = openPackage({ url: redis.url, logLevel: 'off', clientKeyPrefix: 'app:' });
  const { cacheManager, redisMigrationManager: manager } = orgcache;
  record('types.DecodedKey', cacheManager.decodeKey(cacheManager.generateKey('report', 'org-1', 'may')));
  record('ReturnType<typeof types.getConnectionInfo>', orgcache.getConnectionInfo());
  record('Awaited<ReturnType<typeof types.redisHealthCheck>>', await orgcache.redisHealthCheck());
  record("ReturnType<types.RedisMigrationManager['parseOrgKey']>", manager.parseOrgKey('org-1:49301234'));
  record(
    'types.MigrationProgress',
    await manager.migrateExistingMaps({ phoneToLeadMapping: new Map([['1', 'a']]) }),
  );
  record("types.RedisManager['poolConfig']", orgcache.redisManager.poolConfig);
  record("types.RedisManager['config']", orgcache.redisManager.config);
  const client = await orgcache.getRedis();
  const group = orgcache.createConsumerGroup({ client, stream: 'orders', group: 'g', handler() {} });
  record('types.ConsumerGroupStats', group.stats());
  record('types.ShutdownResult', await orgcache.shutdown());
}

async function recordEvents() {
  const server = await startRedis();
  const { cacheAdapter: adapter } = openPackage({
    url: server.url,
    logLevel: 'off',
    connectTimeout: 1000,
    commandTimeout: 1000,
  });
  const seen = new Set();
  for (const name of ['ready', 'degraded', 'recovering', 'recovered', 'replay']) {
    adapter.on(name, (event) => {
      seen.add(name);
      record(name === 'replay' ? 'types.ReplayEvent' : 'types.StateEvent', event);
    });
  }
  await adapter.set('key', 1);
  await server.kill();
  const set = async () => (await adapter.set('key', 2)) && seen.has('degraded');
  await until(set, { what: 'a set while the server is away' });
  await server.launch();
  await until(() => seen.has('replay') && seen.has('recovered'), {
    timeoutMs: RECOVERY_MS,
    what: 'the replay to end',
  });
}

async function recordRedisModule() {
  const module = createRedisModule();
  onEnd(() => module.shutdownRedis({ timeoutMs: 250 }));
  record('redis.HealthStatus', module.getRedisHealth());
  await module.initializeRedis({ url: redis.url, logLevel: 'off' });
  const { config, ...report } = await module.health.getDetailedReport();
  record('redis.HealthStatus', module.getRedisHealth());
  record('redis.HealthMetrics', module.health.getMetrics());
  record('redis.RedisConfig', config);
  record("Omit<redis.HealthReport, 'config'>", report);
  const away = createRedisModule();
  onEnd(() => away.shutdownRedis({ timeoutMs: 250 }));
  const port = await closedPort();
  await away
    .initializeRedis({ host: '127.0.0.1', port, connectTimeout: 200, logLevel: 'off' })
    .catch(() => {});
  record('redis.HealthStatus', await away.performHealthCheck());
}

async function recordNativeReport() {
  const bridge = new Bridge({ url: redis.url, logLevel: 'off' }, () => {}, { hasJournal: false });
  onEnd(() => bridge.close(250));
  bridge.open();
  await until(() => bridge.report().state.state === 'ready', { what: 'a connection' });
  const { config, ...report } = bridge.report();
  record("Omit<native.Report, 'config'>", report);
  record(MAY_LACK, config);
}

beforeAll(async () => {
  await recordServers();
  await recordSingleCalls();
  await recordEvents();
  await recordRedisModule();
  await recordNativeReport();
}, 60_000);

test('what is answered has the keys that are declared, and no other', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-reports-'));
  try {
    fs.mkdirSync(path.join(folder, 'node_modules'));
    fs.symlinkSync(PACKAGE_ROOT, path.join(folder, 'node_modules', 'orgcache'), 'junction');
    expect(Object.keys(recorded).length).toBeGreaterThan(20);
    fs.writeFileSync(path.join(folder, 'recorded.mts'), program(recorded));
    expect(compile(folder)).toBe('');
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}, 60_000);

/** Assignments of everything that was recorded. A literal may have no key that its type lacks. */
function program(types) {
  const lines = Object.entries(types).flatMap(([type, answers], number) => [
    ...answers.map((answer, index) => `export const answer${number}_${index}: ${type} = ${literal(answer)};`),
    ...(type === MAY_LACK
      ? []
      : [`export const whole${number}: Whole<${type}> = ${literal(answers.reduce(merged))};`]),
  ]);
  const native = path.join(PACKAGE_ROOT, 'js', 'report-types.js');
  return `import type * as types from 'orgcache';
import type * as redis from 'orgcache/redis';
import type * as native from ${JSON.stringify(native)};

/** The type with every optional key required, at any depth. */
type Whole<T> = T extends Date | string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer Element)[]
    ? readonly Whole<Element>[]
    : { [Key in keyof T]-?: Whole<Exclude<T[Key], undefined>> };

${lines.join('\n')}
`;
}

/** One value with the keys of both. An object counts more than a text, and both more than null. */
function merged(one, other) {
  const isObject = (value) => typeof value === 'object' && value !== null && !(value instanceof Date);
  if (!isObject(one) || !isObject(other))
    return isObject(other) || one === null || one === undefined ? other : one;
  if (Array.isArray(one)) return one.length > 0 ? one : other;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries(
    [...names].map((name) => {
      if (!Object.hasOwn(one, name)) return [name, other[name]];
      return [name, Object.hasOwn(other, name) ? merged(one[name], other[name]) : one[name]];
    }),
  );
}

/** The value as an expression of TypeScript. */
function literal(value) {
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null)
    return value === undefined ? 'undefined' : JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}: ${literal(member)}`,
  );
  return `{ ${members.join(', ')} }`;
}

function compile(folder) {
  const compiler = path.join(PACKAGE_ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = {
    strict: true,
    exactOptionalPropertyTypes: true,
    module: 'nodenext',
    target: 'es2022',
    types: [],
    noEmit: true,
  };
  fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }));
  const { stdout } = spawnSync(process.execPath, [compiler, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  });
  return stdout;
}
