'use strict';

const { getEventListeners } = require('node:events');
const { MESSAGES, PHONE } = require('../support/adapter-methods');
const { openPackage } = require('../support/package');
const { inFreshProcess } = require('../support/process');
const { withRedis } = require('../support/redis');
const { startSilentServer } = require('../support/silent-server');
const { rejection, within } = require('../support/wait');

// A row as short as its test's parameters would have jest pass a callback.
const rows = (calls) => calls.map(([name, call, kind = 'usual']) => [name, call, kind]);

/** Far less than the command timeout of these tests, far more than a busy machine needs. */
const AT_ONCE_MS = 1000;
const COMMAND_TIMEOUT_MS = 20_000;

const redis = withRedis();
let silent;

beforeAll(async () => {
  silent = await startSilentServer();
});

/**
 * Every public method that takes options, its arguments, and its exceptions: `instant` sends nothing, and a
 * `lifetime` may replace the options.
 */
const CALLS = [
  [
    'getConversationContext',
    ({ cacheAdapter }, options) => cacheAdapter.getConversationContext('o', PHONE, options),
  ],
  [
    'setConversationContext',
    ({ cacheAdapter }, options) => cacheAdapter.setConversationContext('o', PHONE, MESSAGES, options),
  ],
  [
    'getConversationSummary',
    ({ cacheAdapter }, options) => cacheAdapter.getConversationSummary('o', PHONE, options),
  ],
  [
    'setConversationSummary',
    ({ cacheAdapter }, options) => cacheAdapter.setConversationSummary('o', PHONE, 's', options),
  ],
  [
    'getConversationHistoryCache',
    ({ cacheAdapter }, options) => cacheAdapter.getConversationHistoryCache('o', PHONE, options),
  ],
  [
    'setConversationHistoryCache',
    ({ cacheAdapter }, options) => cacheAdapter.setConversationHistoryCache('o', PHONE, MESSAGES, options),
  ],
  [
    'getPreComputedContext',
    ({ cacheAdapter }, options) => cacheAdapter.getPreComputedContext('o', PHONE, options),
  ],
  [
    'setPreComputedContext',
    ({ cacheAdapter }, options) => cacheAdapter.setPreComputedContext('o', PHONE, {}, options),
  ],
  [
    'getPhoneToLeadMapping',
    ({ cacheAdapter }, options) => cacheAdapter.getPhoneToLeadMapping(PHONE, options),
  ],
  [
    'setPhoneToLeadMapping',
    ({ cacheAdapter }, options) => cacheAdapter.setPhoneToLeadMapping(PHONE, 'lead', options),
  ],
  [
    'getLeadToPhoneMapping',
    ({ cacheAdapter }, options) => cacheAdapter.getLeadToPhoneMapping('lead', options),
  ],
  ['getDynamicLead', ({ cacheAdapter }, options) => cacheAdapter.getDynamicLead('lead', options)],
  ['setDynamicLead', ({ cacheAdapter }, options) => cacheAdapter.setDynamicLead('lead', {}, options)],
  ['getOrganizationData', ({ cacheAdapter }, options) => cacheAdapter.getOrganizationData('o', options)],
  ['setOrganizationData', ({ cacheAdapter }, options) => cacheAdapter.setOrganizationData('o', 'n', options)],
  [
    'getOrganizationData of the global scope',
    ({ cacheAdapter }, options) => cacheAdapter.getOrganizationData(null, options),
    'instant',
  ],
  ['getAgentConfig', ({ cacheAdapter }, options) => cacheAdapter.getAgentConfig('agent', PHONE, options)],
  [
    'setAgentConfig',
    ({ cacheAdapter }, options) => cacheAdapter.setAgentConfig('agent', PHONE, true, options),
  ],
  [
    'getSSEResponseCache',
    ({ cacheAdapter }, options) => cacheAdapter.getSSEResponseCache('lead', PHONE, options),
  ],
  [
    'setSSEResponseCache',
    ({ cacheAdapter }, options) => cacheAdapter.setSSEResponseCache('lead', PHONE, {}, options),
  ],
  ['get', ({ cacheAdapter }, options) => cacheAdapter.get('k', options)],
  ['set', ({ cacheAdapter }, options) => cacheAdapter.set('k', 1, options), 'lifetime'],
  ['delete', ({ cacheAdapter }, options) => cacheAdapter.delete('k', options)],
  [
    'clearOrganizationCache',
    ({ cacheAdapter }, options) => cacheAdapter.clearOrganizationCache('o', options),
  ],
  ['getStats', ({ cacheAdapter }, options) => cacheAdapter.getStats(options), 'instant'],
  ['healthCheck', ({ cacheAdapter }, options) => cacheAdapter.healthCheck(options)],
  ['cacheManager.get', ({ cacheManager }, options) => cacheManager.get('k', 'o', options)],
  ['cacheManager.set', ({ cacheManager }, options) => cacheManager.set('k', 1, 60, 'o', options)],
  ['cacheManager.delete', ({ cacheManager }, options) => cacheManager.delete('k', 'o', options)],
  ['cacheManager.hget', ({ cacheManager }, options) => cacheManager.hget('h', 'f', 'o', options)],
  ['cacheManager.hset', ({ cacheManager }, options) => cacheManager.hset('h', 'f', 1, 60, 'o', options)],
  ['cacheManager.hdel', ({ cacheManager }, options) => cacheManager.hdel('h', 'f', 'o', options)],
  ['cacheManager.hgetall', ({ cacheManager }, options) => cacheManager.hgetall('h', 'o', options)],
  [
    'cacheManager.clearOrganizationCache',
    ({ cacheManager }, options) => cacheManager.clearOrganizationCache('o', options),
  ],
  ['cacheManager.healthCheck', ({ cacheManager }, options) => cacheManager.healthCheck(options)],
  ['redisManager.healthCheck', ({ redisManager }, options) => redisManager.healthCheck(options)],
  [
    'the manager’s getConversationContext',
    ({ redisMigrationManager }, options) =>
      redisMigrationManager.getConversationContext('o', PHONE, null, options),
  ],
  [
    'the manager’s setConversationContext',
    ({ redisMigrationManager }, options) =>
      redisMigrationManager.setConversationContext('o', PHONE, MESSAGES, new Map(), options),
  ],
  [
    'the manager’s getConversationSummary',
    ({ redisMigrationManager }, options) =>
      redisMigrationManager.getConversationSummary('o', PHONE, new Map(), options),
  ],
  [
    'the manager’s setConversationSummary',
    ({ redisMigrationManager }, options) =>
      redisMigrationManager.setConversationSummary('o', PHONE, 's', null, options),
  ],
  [
    'the manager’s getPhoneToLeadMapping',
    ({ redisMigrationManager }, options) => redisMigrationManager.getPhoneToLeadMapping(PHONE, null, options),
  ],
  [
    'the manager’s setPhoneToLeadMapping',
    ({ redisMigrationManager }, options) =>
      redisMigrationManager.setPhoneToLeadMapping(PHONE, 'lead', null, options),
  ],
  [
    'the manager’s getOrganizationData',
    ({ redisMigrationManager }, options) => redisMigrationManager.getOrganizationData('o', null, options),
  ],
  [
    'the manager’s setOrganizationData',
    ({ redisMigrationManager }, options) =>
      redisMigrationManager.setOrganizationData('o', 'n', null, options),
  ],
  [
    'the manager’s getStats',
    ({ redisMigrationManager }, options) => redisMigrationManager.getStats(options),
    'instant',
  ],
  [
    'the manager’s healthCheck',
    ({ redisMigrationManager }, options) => redisMigrationManager.healthCheck(options),
  ],
];

describe('a call with a signal', () => {
  let answering;
  let waiting;

  beforeAll(async () => {
    answering = openPackage({ url: redis.url });
    const timeouts = { commandTimeout: COMMAND_TIMEOUT_MS, connectTimeout: COMMAND_TIMEOUT_MS };
    waiting = openPackage({ host: silent.host, port: silent.port, logLevel: 'off', ...timeouts });
    await redis.command('FLUSHALL');
  });

  test.each(rows(CALLS))('%s sends nothing where it has aborted already', async (_name, call) => {
    const reason = new Error('changed my mind');
    expect(await rejection(call(answering, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(await redis.keys()).toEqual([]);
  });

  test.each(rows(CALLS).filter(([, , kind]) => kind !== 'instant'))(
    '%s rejects with the reason as soon as it aborts',
    async (_name, call) => {
      const controller = new AbortController();
      const pending = rejection(call(waiting, { signal: controller.signal }));
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
      const reason = { not: 'even an error' };
      setImmediate(() => controller.abort(reason));
      const { value } = await within(AT_ONCE_MS, pending, 'the aborted call');
      expect(value).toBe(reason);
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    },
  );

  test.each(rows(CALLS))('%s refuses anything but a signal with E_CONFIG', async (_name, call, kind) => {
    const wrong = [{ signal: 'soon' }, { signal: {} }, { signal: new AbortController() }, []];
    // There a number is a lifetime, and null the usual one.
    if (kind !== 'lifetime') wrong.push(null, 1, 'text', true);
    for (const options of wrong) {
      expect(await rejection(call(answering, options))).toMatchObject({
        name: 'OrgCacheError',
        code: 'E_CONFIG',
        retryable: false,
      });
    }
    expect(await redis.keys()).toEqual([]);
  });

  test('answers as without one where nothing aborts, also with none', async () => {
    const { cacheAdapter } = answering;
    const { signal } = new AbortController();
    expect(await cacheAdapter.set('timed', 'value', { ttlSeconds: 50, signal })).toBe(true);
    expect(await redis.command('TTL', 'jack:dev:kv:timed')).toBeGreaterThan(40);
    expect(await redis.command('TTL', 'jack:dev:kv:timed')).toBeLessThanOrEqual(50);
    expect(await cacheAdapter.get('timed', { signal })).toBe('value');
    expect(await cacheAdapter.get('timed', {})).toBe('value');
    expect(await cacheAdapter.get('timed', { signal: null })).toBe('value');
    expect(await rejection(cacheAdapter.get('', { signal }))).toMatchObject({ code: 'E_KEY' });
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('leaves no listener on it after thousands of calls, at once and one after the other', async () => {
    const { cacheAdapter } = answering;
    const { signal } = new AbortController();
    const many = Array.from({ length: 5000 }, (_, index) => cacheAdapter.set(`k${index}`, index, { signal }));
    expect(getEventListeners(signal, 'abort').length).toBe(1);
    await Promise.all(many);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    for (let index = 0; index < 500; index += 1) {
      expect(await cacheAdapter.get(`k${index}`, { signal })).toBe(index);
    }
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  test('an abort settles every call that waits for it, and no other', async () => {
    const { cacheAdapter } = waiting;
    const [first, second] = [new AbortController(), new AbortController()];
    const aborted = Array.from({ length: 1000 }, () =>
      rejection(cacheAdapter.get('k', { signal: first.signal })),
    );
    const other = rejection(cacheAdapter.get('k', { signal: second.signal }));
    first.abort(new Error('first'));
    const { value } = await within(AT_ONCE_MS, Promise.all(aborted), 'the aborted calls');
    expect(new Set(value.map((error) => error.message))).toEqual(new Set(['first']));
    expect(getEventListeners(second.signal, 'abort')).toHaveLength(1);
    second.abort(new Error('second'));
    expect((await other).message).toBe('second');
  });

  test('a failure after the abort is no unhandled rejection', async () => {
    const { report, stderr } = await inFreshProcess(
      async ({ load, report, rejection, args }) => {
        const warnings = [];
        process.on('warning', (warning) => warnings.push(warning.name));
        const orgcache = load();
        orgcache.configure({ host: '127.0.0.1', port: args.port, commandTimeout: 20_000, logLevel: 'off' });
        const controller = new AbortController();
        const { signal } = controller;
        const calls = Array.from({ length: 50 }, () => rejection(orgcache.cacheAdapter.get('k', { signal })));
        controller.abort(Object.assign(new Error('enough'), { code: 'OWN' }));
        const codes = (await Promise.all(calls)).map(({ code }) => code);
        await orgcache.shutdown({ timeoutMs: 20 });
        report({ codes: [...new Set(codes)], warnings });
      },
      { args: { port: silent.port } },
    );
    expect(report).toEqual({ codes: ['OWN'], warnings: [] });
    expect(stderr).toBe('');
  });
});
