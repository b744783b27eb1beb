'use strict';

const channels = require('node:diagnostics_channel');
const { openPackage } = require('../support/package');
const { AT_ONCE, someName } = require('../support/queue-contract');
const { read } = require('../support/queue-events-contract');
const { startRedis } = require('../support/redis');
const { rejection, until } = require('../support/wait');

const PHONE = '15550109999';
/** Everything that is a user's: none of it may be seen where operators look. */
const CANARIES = [
  'canary-payload',
  'canary-organization',
  'canary-result',
  'canary-failure',
  'canary-key',
  PHONE,
];
const CHANNELS = ['orgcache:queue', 'orgcache:command', 'orgcache:cache'];

/** All that was said, as text. */
function textOf(said) {
  return said
    .map((one) =>
      one instanceof Error
        ? `${one.message} ${one.stack} ${JSON.stringify({ ...one })}`
        : JSON.stringify(one),
    )
    .join('\n');
}

function expectNoCanary(place, said) {
  const text = textOf(said);
  expect([place, CANARIES.filter((canary) => text.includes(canary))]).toEqual([place, []]);
}

describe.each(['loop', 'thread', 'embedded'])('what is a user’s stays out of sight: %s', (driver) => {
  test('logs, errors, metrics, statistics, alerts, diagnostics and events', async () => {
    const server = driver === 'embedded' ? undefined : await startRedis();
    const logged = [];
    const say = (line) => logged.push(line);
    const logger = { error: say, warn: say, info: say, debug: say };
    const place = server === undefined ? { useRedis: false } : { url: server.url, driver };
    const orgcache = openPackage({ ...place, logger, logLevel: 'debug', commandTimeout: 500 });
    const diagnosed = [];
    const listener = (told) => diagnosed.push(told);
    for (const name of CHANNELS) channels.subscribe(name, listener);

    const queue = orgcache.createQueue(someName(), { attempts: 2, ...AT_ONCE, maxPayloadBytes: 1000 });
    const events = queue.events();
    await events.ready();
    const alerts = [];
    const stop = queue.watch({ backlog: 1, oldestMs: 1 }, (alert) => alerts.push(alert));
    const data = { text: 'canary-payload', phone: PHONE };
    const options = { orgId: 'canary-organization', idempotencyKey: 'canary-key' };
    const first = await queue.add('work', data, options);
    const waiting = await queue.addMany(
      [1, 2, 3].map(() => ({ type: 'work', data, orgId: 'canary-organization' })),
    );
    await until(() => alerts.length > 0, { timeoutMs: 10_000 });

    const errors = [
      await rejection(queue.add('work', { ...data, more: 1 }, options)),
      await rejection(queue.add('work', 'canary-payload'.repeat(100), options)),
      await rejection(queue.add('work', { n: 1n, ...data }, options)),
      await rejection(queue.add('work', data, { orgId: 7 })),
      await rejection(queue.wait('canary-key')),
      await rejection(queue.add('work', data, { priority: 'canary-payload' })).then((error) => ({
        code: error.code,
      })),
    ];
    const worker = orgcache.createWorker(queue.name, {
      async work(job) {
        await job.log('canary-payload');
        await job.progress('canary-payload');
        if (job.attempt === 1)
          throw Object.assign(new Error(`canary-failure ${PHONE}`), { code: 'canary-key' });
        return 'canary-result';
      },
    });
    const told = [];
    for (const name of ['error', 'state', 'idle', 'stalled']) worker.on(name, (detail) => told.push(detail));
    expect(await queue.wait(first.id)).toBe('canary-result');
    for (const { id } of waiting) await queue.wait(id);
    const seen = await read(
      events,
      (_event, all) => all.filter(({ event }) => event === 'completed').length === 4,
    );

    expectNoCanary('metrics', [await orgcache.metrics(), await orgcache.metrics({ format: 'openmetrics' })]);
    expectNoCanary('statistics', [
      await queue.stats(),
      await queue.counts(),
      await queue.workers(),
      worker.stats(),
    ]);
    expectNoCanary('alerts', alerts);
    // An event names the organization: it is for those who may see its jobs.
    expectNoCanary(
      'events',
      seen.map(({ orgId, ...event }) => event),
    );
    if (server !== undefined) {
      await server.kill();
      errors.push(await rejection(queue.add('work', data, { orgId: 'canary-organization' })));
      errors.push(await rejection(queue.getJob('canary-key')));
    }
    stop();
    await worker.close({ timeoutMs: 0 });
    await queue.close();
    errors.push(await rejection(queue.add('work', data, options)));
    await orgcache.shutdown({ timeoutMs: 100 });
    for (const name of CHANNELS) channels.unsubscribe(name, listener);
    expect(diagnosed.length).toBeGreaterThan(8);
    expectNoCanary('diagnostics', diagnosed);
    expectNoCanary('errors', errors);
    expectNoCanary('worker events', told);
    expectNoCanary('logs', logged);
  }, 40_000);
});
