'use strict';

const { openPackage } = require('../support/package');
const { inFreshProcess } = require('../support/process');
const { startRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');
const { until } = require('../support/wait');

const PHONE = '+4915155512345';
// The digits, and the rest of them after a masking of only the end or the beginning.
const PHONE_TRACES = ['4915155512345', '15155512345', '491515551'];
const VALUE = 'value-canary-7f3a';
const PASSWORD = 'password-canary-91bc';
const CANARIES = [...PHONE_TRACES, VALUE, PASSWORD];

const SILENT = { error() {}, warn() {}, info() {}, debug() {} };

function collectingLogger() {
  const lines = [];
  const logger = {};
  for (const level of ['error', 'warn', 'info', 'debug']) {
    logger[level] = (...args) => lines.push({ level, text: args.map(show).join(' ') });
  }
  return { lines, logger };
}

function show(value) {
  if (value instanceof Error || value?.stack)
    return `${value.message} ${value.stack} ${JSON.stringify(value)}`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function expectNoCanary(text) {
  for (const canary of CANARIES) expect(text).not.toContain(canary);
}

/** Every kind of call, with canaries in every argument. Answers the log, the errors and the events. */
async function useEverything(orgcache) {
  const { cacheAdapter, cacheManager, redisManager, redisMigrationManager } = orgcache;
  const told = [];
  const messages = [{ role: 'user', content: VALUE }];
  const client = redisManager.getClient();
  const calls = [
    () => cacheAdapter.setConversationContext('org-1', PHONE, messages),
    () => cacheAdapter.getConversationContext('org-1', PHONE),
    () => cacheAdapter.getConversationContext('org-2', PHONE),
    () => cacheAdapter.setPhoneToLeadMapping(PHONE, VALUE),
    () => cacheAdapter.setAgentConfig('agent-1', PHONE),
    () => cacheAdapter.set('big', { text: VALUE, not: 1n }),
    () => cacheAdapter.set(VALUE.repeat(100), 1),
    () => cacheAdapter.setConversationContext('org-1', PHONE.repeat(200), messages),
    () => cacheManager.set('user', { VALUE }, 60, 'org-1'),
    () => cacheManager.hset('user', PHONE, VALUE, 60, 'org-1'),
    () => redisMigrationManager.getConversationContext('org-3', PHONE, new Map([[PHONE, messages]])),
    () =>
      redisMigrationManager.migrateExistingMaps({
        conversationContexts: new Map([[`org-4:${PHONE}`, messages]]),
      }),
    () => client.set(PHONE, VALUE),
    () => client.hget(PHONE, VALUE),
    () => client.call('NOSUCHCOMMAND', PHONE, VALUE),
    () => client.call('SET', PHONE, VALUE, 'EX', VALUE),
    () => cacheAdapter.clearOrganizationCache('org-1'),
    () => redisMigrationManager.printMigrationStats(),
  ];
  for (const call of calls) {
    try {
      await call();
    } catch (error) {
      told.push(show(error), show(error.cause ?? null));
    }
  }
  told.push(await useSessions(orgcache));
  told.push(show(await cacheAdapter.getStats()), show(await cacheAdapter.healthCheck()));
  return told.join('\n');
}

/** Every call of sessions, likewise. No id of one is told either. */
async function useSessions({ createSessions }) {
  const told = [];
  const sessions = createSessions({ secret: `${PASSWORD} and more bytes of it`, maxBytes: 100 });
  for (const event of ['created', 'rotated', 'destroyed', 'revoked', 'mismatch']) {
    sessions.on(event, (detail) => told.push(show(detail)));
  }
  const ids = [];
  const tell = async (call) => {
    try {
      return await call();
    } catch (error) {
      told.push(show(error), show(error.cause ?? null));
      return undefined;
    }
  };
  const given = { userId: PHONE, organizationId: VALUE, fingerprint: VALUE, data: { VALUE } };
  const session = await tell(() => sessions.create(given));
  const id = session?.id ?? VALUE.repeat(4).slice(0, 62);
  ids.push(id);
  await tell(() => sessions.create({ data: { text: VALUE.repeat(100) } }));
  await tell(() => sessions.create({ ...given, userId: PHONE.repeat(200) }));
  await tell(() => sessions.get(id, { fingerprint: PASSWORD }));
  await tell(() => sessions.update(id, { n: 1n, VALUE }));
  await tell(() => sessions.destroyAll(VALUE, { exceptId: id }));
  const rotated = await tell(() => sessions.rotate(id));
  if (rotated) ids.push(rotated.id);
  await tell(() => sessions.list(PHONE, { organizationId: VALUE }).then(() => undefined));
  await tell(() => sessions.destroy(id));
  await tell(() => sessions.rotate(id));
  await tell(() => sessions.destroyAll(PHONE, { organizationId: VALUE }));
  told.push(show(await tell(() => sessions.stats())));
  const text = told.join('\n');
  for (const one of ids) expect(text).not.toContain(one);
  return text;
}

describe.each(['thread', 'loop'])('at level trace with the %s driver', (driver) => {
  const SERVERS = [
    ['a server that answers', async () => ({ url: (await startRedis({ password: PASSWORD })).url })],
    [
      'a server that refuses the password',
      async () => {
        const { host, port } = await startRedis({ password: 'another' });
        return { host, port, password: PASSWORD };
      },
    ],
    ['no server', async () => ({ url: `redis://:${PASSWORD}@127.0.0.1:${await closedPort()}` })],
    ['the memory store', async () => ({ useRedis: false, password: PASSWORD })],
  ];

  test.each(SERVERS)('with %s no phone, value or password is in logs or events', async (_name, where) => {
    const { lines, logger } = collectingLogger();
    const orgcache = openPackage({
      ...(await where()),
      connectTimeout: 1000,
      commandTimeout: 1000,
      logLevel: 'trace',
      logger,
      driver,
    });
    const events = [];
    for (const event of ['ready', 'degraded', 'recovered', 'error', 'closed']) {
      orgcache.cacheAdapter.on(event, (...args) => events.push(event, ...args.map(show)));
    }
    const printed = jest
      .spyOn(console, 'log')
      .mockImplementation((...args) => lines.push({ text: args.map(show).join(' ') }));
    let told;
    try {
      told = await useEverything(orgcache);
      await orgcache.shutdown({ timeoutMs: 1000 });
    } finally {
      printed.mockRestore();
    }
    expectNoCanary(lines.map(({ text }) => text).join('\n'));
    expectNoCanary(events.join('\n'));
    expectNoCanary(told);
  });
});

test('corrupt bytes in Redis are not logged', async () => {
  const redis = await startRedis();
  const { lines, logger } = collectingLogger();
  const { cacheAdapter } = openPackage({ url: redis.url, logLevel: 'trace', logger });
  await redis.command('SET', 'jack:dev:kv:broken', `{"text":"${VALUE}`);
  await redis.command('SET', 'jack:dev:conversationContexts:org-1:4915155512345', VALUE);
  expect(await cacheAdapter.get('broken')).toBeNull();
  expect(await cacheAdapter.getConversationContext('org-1', PHONE)).toBeNull();
  expectNoCanary(lines.map(({ text }) => text).join('\n'));
});

test('a lost server is worth a warning or an error to the logger', async () => {
  const { lines, logger } = collectingLogger();
  const { cacheAdapter } = openPackage({ host: '127.0.0.1', port: await closedPort(), logger });
  await cacheAdapter.get('a');
  await until(() => lines.some(({ level }) => level === 'warn' || level === 'error'), { what: 'a log line' });
});

test('level off logs nothing', async () => {
  const { lines, logger } = collectingLogger();
  const { cacheAdapter } = openPackage({
    host: '127.0.0.1',
    port: await closedPort(),
    logger,
    logLevel: 'off',
  });
  const errors = [];
  cacheAdapter.on('error', (error) => errors.push(error));
  await cacheAdapter.get('a');
  await until(() => errors.length > 0, { what: 'the error event' });
  expect(lines).toEqual([]);
});

test('a logger gets no line of another instance, before and after the shutdown of its own', async () => {
  const { lines, logger } = collectingLogger();
  const own = openPackage({ useRedis: false, logger, logLevel: 'trace' });
  const troubleElsewhere = async () => {
    const other = openPackage({
      host: '127.0.0.1',
      port: await closedPort(),
      logLevel: 'trace',
      logger: SILENT,
    });
    let errors = 0;
    other.cacheAdapter.on('error', () => ++errors);
    await other.cacheAdapter.get('a');
    await until(() => errors > 0, { what: 'the error event' });
    await other.shutdown();
  };
  await own.cacheAdapter.get('a');
  await troubleElsewhere();
  expect(lines.filter(({ text }) => text.includes('127.0.0.1'))).toEqual([]);
  await own.shutdown();
  const heard = lines.length;
  await troubleElsewhere();
  expect(lines).toHaveLength(heard);
});

test('a logger that throws does no harm', async () => {
  const fail = () => {
    throw new Error('The disk is full.');
  };
  const logger = { error: fail, warn: fail, info: fail, debug: fail };
  const { cacheAdapter } = openPackage({
    host: '127.0.0.1',
    port: await closedPort(),
    logger,
    logLevel: 'trace',
  });
  await cacheAdapter.set('a', 1);
  expect(await cacheAdapter.get('a')).toBe(1);
});

test('a logger that rejects, or a standard error that is closed, does no harm', async () => {
  const env = { REDIS_URL: `redis://127.0.0.1:${await closedPort()}`, CACHE_LOG: 'trace' };
  const body = async ({ load, report, args }) => {
    const failures = [];
    process.on('unhandledRejection', (error) => failures.push(error.message));
    process.on('uncaughtException', (error) => failures.push(error.message));
    const { cacheAdapter, configure, redisMigrationManager } = load();
    const fail = async () => {
      throw new Error('The disk is full.');
    };
    const logger = { error: fail, warn: fail, info: fail, debug: fail, trace: fail };
    if (args.hasLogger) configure({ logger });
    else process.stderr.write = () => process.stderr.emit('error', new Error('EPIPE'));
    const degraded = new Promise((resolve) => cacheAdapter.once('degraded', resolve));
    await cacheAdapter.set('a', 1);
    await degraded;
    if (args.hasLogger) redisMigrationManager.printMigrationStats();
    // Unhandled rejections are reported after the microtasks of this turn.
    await new Promise((resolve) => setImmediate(resolve));
    report(failures);
    process.exit(0);
  };
  for (const hasLogger of [true, false]) {
    const { report } = await inFreshProcess(body, { env, args: { hasLogger } });
    expect(report).toEqual([]);
  }
});

test('without a logger lines go to stderr, never to stdout, and hold no canary', async () => {
  const { report, stdout, stderr } = await inFreshProcess(
    async ({ load, report, args }) => {
      const { cacheAdapter } = load();
      // By then the attempt to connect was logged.
      const degraded = new Promise((resolve) => cacheAdapter.once('degraded', resolve));
      await cacheAdapter.setConversationContext('org-1', args.phone, [args.value]);
      await degraded;
      report(
        await cacheAdapter.getConversationContext('org-1', args.phone).then((messages) => messages.length),
      );
    },
    {
      env: { REDIS_URL: `redis://:${PASSWORD}@127.0.0.1:${await closedPort()}`, CACHE_LOG: 'trace' },
      args: { phone: PHONE, value: VALUE },
    },
  );
  expect(report).toBe(1);
  expect(stderr.length).toBeGreaterThan(0);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expectNoCanary(stderr);
  expectNoCanary(stdout);
});
