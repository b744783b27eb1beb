// Reports of a real PostgreSQL, asked for by many callers: without the query cache, with it, and while orders change.

import { availableParallelism } from 'node:os';
import { shutdown } from 'orgcache';
import pg from 'pg';
import { exerciseChanges } from './changes.mjs';
import { chooseReports, measure, withCallers } from './load.mjs';
import { DemoError, HELP, parseOptions } from './options.mjs';
import { loadOrders } from './orders.mjs';
import { Owned } from './owned.mjs';
import { startPostgres } from './postgres.mjs';
import { startStore } from './redis.mjs';
import { formatReport } from './report.mjs';
import { askDatabase, countReports, createReportCache, resetCount } from './reports.mjs';

/** As pg's own default. */
const CONNECTIONS = 10;
const CACHE_SHUTDOWN_MS = 5_000;
const MOST_P50 = 0.5;
const MOST_QUERIES = 0.2;
const EXIT_INTERRUPTED = 130;

/** One way of asking, with the database's own count of what it ran. */
async function measureWay(pool, load) {
  await resetCount(pool);
  const measured = await measure(load);
  return { ...measured, queries: await countReports(pool) };
}

function ratiosOf(without, cached) {
  const ratio = (field) => cached[field] / without[field];
  return {
    p50: ratio('p50Milliseconds'),
    p95: ratio('p95Milliseconds'),
    callsPerSecond: ratio('callsPerSecond'),
    queries: ratio('queries'),
  };
}

function checkAll({ without, ratios, changes }) {
  const { pastCache } = changes;
  return [
    { name: 'without the cache the database ran every report', held: without.queries === without.calls },
    { name: `with the cache p50 is at most ${MOST_P50}x`, held: ratios.p50 <= MOST_P50 },
    {
      name: `with the cache the database ran at most ${MOST_QUERIES}x`,
      held: ratios.queries <= MOST_QUERIES,
    },
    {
      name: 'no old row was answered after a change by mutate',
      held: changes.compared > 0 && changes.old === 0,
    },
    { name: 'afterwards every report is what the database answers', held: changes.different === 0 },
    {
      name: 'a change past mutate is seen once its table is invalidated, and not before',
      held: !pastCache.seenBefore && pastCache.seenAfter,
    },
  ];
}

async function exercise({ pool, options }) {
  const reports = await loadOrders(pool, options);
  const askDirectly = askDatabase(pool);
  const cache = createReportCache(pool);
  const chosen = chooseReports(reports, options);
  const { callers } = options;
  // Connections, pages of the database and code that V8 compiles: neither way pays for them.
  await withCallers(callers, reports, askDirectly);

  const without = await measureWay(pool, { callers, chosen, ask: askDirectly });
  const cached = await measureWay(pool, { callers, chosen, ask: cache.ask });
  const changes = await exerciseChanges({ pool, cache, reports, askDirectly, options });
  const ratios = ratiosOf(without, cached);
  const data = { orders: options.orders, organizations: options.organizations, reports: reports.length };
  return { data, callers, without, cached, ratios, changes, checks: checkAll({ without, ratios, changes }) };
}

/** The whole demo; answers which checks failed. */
async function run(owned, options) {
  const { connection, version } = await startPostgres(owned);
  const store = await startStore(owned, process.env);
  owned.atEnd(() => shutdown({ timeoutMs: CACHE_SHUTDOWN_MS }));
  const pool = new pg.Pool({ ...connection, max: CONNECTIONS });
  // Queries reject by themselves where the server is gone; a connection without a query must not end the demo.
  pool.on('error', () => {});
  owned.atEnd(() => pool.end());
  const exercised = await exercise({ pool, options });
  const result = {
    ok: exercised.checks.every(({ held }) => held),
    database: version,
    store,
    connections: CONNECTIONS,
    cores: availableParallelism(),
    ...exercised,
  };
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : formatReport(result));
  return result.checks.filter(({ held }) => !held).map(({ name }) => name);
}

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const owned = new Owned();
  const interrupt = async () => {
    await owned.end();
    process.exit(EXIT_INTERRUPTED);
  };
  // Further signals change nothing: what was started must end first.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, interrupt);
  try {
    const failed = await run(owned, options);
    if (failed.length > 0) throw new DemoError(`This did not hold: ${failed.join('; ')}.`);
  } catch (error) {
    // Whatever an interrupted run fails with says nothing.
    if (!owned.isEnding) throw error;
  } finally {
    await owned.end();
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof DemoError ? error.message : error);
  process.exitCode = 1;
}
