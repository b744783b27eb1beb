'use strict';

const { SpanKind, SpanStatusCode, context, metrics, trace } = require('@opentelemetry/api');
const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
const {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} = require('@opentelemetry/sdk-metrics');
const {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} = require('@opentelemetry/sdk-trace-base');
const { untilNear } = require('../support/near');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { rejection } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });
const spans = new InMemorySpanExporter();
const measured = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter: measured, exportIntervalMillis: 3_600_000 });

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }),
  );
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
});

afterAll(async () => {
  trace.disable();
  context.disable();
  metrics.disable();
  await reader.shutdown();
});

beforeEach(() => spans.reset());

let opened = [];
const open = () => {
  const orgcache = openPackage({ url: redis.url, logLevel: 'off' });
  opened.push(orgcache);
  return orgcache;
};

// Each is a copy of the package of its own, and would be seen beside the next.
afterEach(async () => {
  await Promise.all(opened.map((orgcache) => orgcache.shutdown({ timeoutMs: 500 })));
  opened = [];
});

/** Runs `work` inside a span of the application, and answers the other spans by name. */
async function insideSpan(work) {
  const parent = trace.getTracer('test').startSpan('request');
  await context.with(trace.setSpan(context.active(), parent), work);
  parent.end();
  const others = spans.getFinishedSpans().filter(({ name }) => name !== 'request');
  return { parent, others, named: (name) => others.filter((span) => span.name === name) };
}

const parentIdOf = (span) => span.parentSpanContext?.spanId ?? span.parentSpanId;

/** The points of a metric by its name. */
async function points(name) {
  measured.reset();
  await reader.forceFlush();
  const all = measured
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  return all.filter(({ descriptor }) => descriptor.name === name).flatMap(({ dataPoints }) => dataPoints);
}

test('a round trip is a span by the conventions for databases, below the active one', async () => {
  const client = await open().getRedis();
  await client.ping();
  const { parent, named } = await insideSpan(async () => {
    await client.set('secret-key', 'secret-value');
  });
  const [span] = named('SET');
  expect(span.kind).toBe(SpanKind.CLIENT);
  expect(parentIdOf(span)).toBe(parent.spanContext().spanId);
  expect(span.attributes).toEqual({
    'db.system.name': 'redis',
    'db.operation.name': 'SET',
    'db.namespace': '0',
    'server.address': '127.0.0.1',
    'server.port': redis.port,
  });
  expect(JSON.stringify([span.name, span.attributes])).not.toContain('secret');
});

test('a failure is an error of the span', async () => {
  const client = await open().getRedis();
  await client.set('key', 'text');
  const { named } = await insideSpan(() => rejection(client.lpush('key', 1)));
  const [span] = named('LPUSH');
  expect(span.status.code).toBe(SpanStatusCode.ERROR);
  expect(span.attributes).toMatchObject({
    'error.type': 'WRONGTYPE',
    'db.response.status_code': 'WRONGTYPE',
  });
});

test('a factory is a span, and what it asks for is below it', async () => {
  const orgcache = open();
  const client = await orgcache.getRedis();
  const users = orgcache.createCache({ name: 'users' }).org('acme');
  const { parent, named } = await insideSpan(() => users.getOrSet('7', async () => client.get('row')));
  const [factory] = named('factory users');
  expect(factory.kind).toBe(SpanKind.INTERNAL);
  expect(factory.attributes).toEqual({ 'orgcache.cache': 'users' });
  expect(parentIdOf(factory)).toBe(parent.spanContext().spanId);
  expect(parentIdOf(named('GET')[0])).toBe(factory.spanContext().spanId);
  expect(named('cache.entryTake')).toHaveLength(1);
  const failed = await insideSpan(() =>
    rejection(users.getOrSet('8', () => Promise.reject(new TypeError('no')))),
  );
  expect(failed.named('factory users').at(-1).status.code).toBe(SpanStatusCode.ERROR);
});

test('without an active span there is none, and times are measured all the same', async () => {
  const client = await open().getRedis();
  const before = await countOf('STRLEN');
  await client.strlen('key');
  expect(spans.getFinishedSpans()).toEqual([]);
  expect(await countOf('STRLEN')).toBe(before + 1);
});

async function countOf(operation) {
  const found = (await points('db.client.operation.duration')).filter(
    ({ attributes }) => attributes['db.operation.name'] === operation,
  );
  return found.reduce((sum, { value }) => sum + value.count, 0);
}

test('copies are shown as other clients show theirs', async () => {
  const orgcache = open();
  await orgcache.cacheManager.set('settings', { a: 1 }, 600, 'acme');
  await untilNear(orgcache, () => orgcache.cacheManager.get('settings', 'acme'));
  const [items] = await points('redis.client.csc.items');
  expect(items.value).toBe(1);
  const requests = async (result) =>
    (await points('redis.client.csc.requests')).find(
      ({ attributes }) => attributes['redis.client.csc.result'] === result,
    ).value;
  const saved = async () => (await points('redis.client.csc.network_saved'))[0].value;
  const before = [await requests('hit'), await saved()];
  await orgcache.cacheManager.get('settings', 'acme');
  expect([await requests('hit'), await saved()]).toEqual([before[0] + 1, before[1] + '{"a":1}'.length]);
  expect(await requests('miss')).toBeGreaterThan(0);
  expect((await points('redis.client.csc.evictions'))[0].value).toBe(0);
});
