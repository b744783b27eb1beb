'use strict';

const { read: readFile } = require('../support/documents');
const { parseExposition } = require('../support/exposition');
const { openPackage } = require('../support/package');
const { startRedis, withRedis } = require('../support/redis');
const { until } = require('../support/wait');

const PAGE = 'docs/monitoring.md';
const DASHBOARD = 'docs/monitoring/grafana-dashboard.json';
const ALERTS = 'docs/monitoring/alerts.yml';
/** Labels that Prometheus adds to each series. */
const OF_PROMETHEUS = ['job', 'instance'];

const redis = withRedis();
let families;
let samples;

beforeAll(async () => {
  const cluster = await startRedis({ configuration: ['cluster-enabled yes'] });
  await cluster.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await until(async () => /cluster_state:ok/.test(await cluster.command('CLUSTER', 'INFO')), {
    what: 'the cluster to be up',
  });
  families = new Map();
  for (const server of [{ url: redis.url }, { clusterHosts: `127.0.0.1:${cluster.port}` }]) {
    const orgcache = openPackage({ logLevel: 'off', ...server });
    const limiter = orgcache.createLimiter({ policies: { api: { limit: 1, windowSeconds: 60 } } });
    await limiter.consume({ policy: 'api', kind: 'user', id: 'u' });
    await orgcache.createSessions({ secret: 'a secret of at least thirty-two bytes' }).create();
    await orgcache.createTopics({ topics: { news: orgcache.topic() } }).publish('news', 1);
    await orgcache
      .createCache({ name: 'users' })
      .org('org-1')
      .getOrSet('k', () => 1);
    const queue = orgcache.createQueue('mails');
    const worker = orgcache.createWorker('mails', () => 1);
    await queue.wait((await queue.add('welcome', 1)).id);
    await worker.close();
    const parsed = parseExposition(await orgcache.metrics({ organizations: 5 }), 'prometheus');
    for (const [name, family] of parsed) families.set(name, family);
  }
  samples = [...families.values()].flatMap((family) => family.samples);
});

/** Each query of the dashboard and the alerts: `{ place, query }`. */
function queries() {
  const { panels } = JSON.parse(readFile(DASHBOARD));
  const shown = panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({ place: `panel ${title}`, query: expr })),
  );
  const alerts = readFile(ALERTS)
    .split(/^ {6}- alert: /m)
    .slice(1);
  const watched = alerts.map((text) => {
    const [, folded, line] = /^ {8}expr: (?:>-\n((?: {10}.*\n)+)|(.*)\n)/m.exec(text);
    return { place: `alert ${text.split('\n')[0]}`, query: folded ?? line };
  });
  return [...shown, ...watched];
}

const namesIn = (text) => [...text.matchAll(/\borgcache_\w+/g)].map(([name]) => name);

test('the dashboard, the alerts and the page name what metrics() emits, and the page names all of it', () => {
  const emitted = new Set(samples.map(({ name }) => name));
  for (const file of [PAGE, DASHBOARD, ALERTS]) {
    const strange = namesIn(readFile(file)).filter((name) => !emitted.has(name));
    expect([file, strange]).toEqual([file, []]);
  }
  const table = new Set(
    [...readFile(PAGE).matchAll(/^\| (`orgcache.*?) \|/gm)].flatMap(([, cell]) => namesIn(cell)),
  );
  expect([...families.keys()].filter((name) => !table.has(name))).toEqual([]);
  expect(table.size).toBe(families.size);
  expect(queries().length).toBeGreaterThan(30);
  for (const { place, query } of queries()) expect([place, namesIn(query).length > 0]).toEqual([place, true]);
});

test('they use labels and values that there are', () => {
  let compared = 0;
  for (const { place, query } of queries()) {
    for (const [, name, matchers] of query.matchAll(/\b(orgcache_\w+)\{([^}]*)\}/g)) {
      for (const [, label, operator, value] of matchers.matchAll(/(\w+)(=~?)"([^"]*)"/g)) {
        if (OF_PROMETHEUS.includes(label)) continue;
        const matching = samples.filter((sample) => sample.name === name && sample.labels[label] === value);
        expect([place, name, label, value, matching.length > 0, operator]).toEqual([
          place,
          name,
          label,
          value,
          true,
          '=',
        ]);
        compared += 1;
      }
    }
    const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels]) => labels.split(', '));
    const known = namesIn(query).flatMap((name) =>
      samples.filter((sample) => sample.name === name).flatMap(({ labels }) => Object.keys(labels)),
    );
    expect([place, grouped.filter((label) => ![...OF_PROMETHEUS, ...known].includes(label))]).toEqual([
      place,
      [],
    ]);
  }
  expect(compared).toBeGreaterThan(5);
});

test('the alerts have the limits that the page tells', () => {
  const limits = Object.fromEntries(
    queries().map(({ place, query }) => [
      place,
      [...query.matchAll(/[<>] ([\d.]+)/g)].map(([, limit]) => limit),
    ]),
  );
  expect(limits).toMatchObject({
    'alert OrgcacheLowHitRatio': ['0.6', '1'],
    'alert OrgcacheRedisMemoryHigh': ['0', '0.8'],
    'alert OrgcacheSlow': ['2'],
    'alert OrgcacheErrors': ['0.05'],
    'alert OrgcacheJournalFull': ['0.8'],
  });
  const alerts = [...readFile(ALERTS).matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  const told = [...readFile(PAGE).matchAll(/^\| (Orgcache\w+) \|/gm)].map(([, name]) => name);
  expect(told).toEqual(alerts);
});
