// The report, asked of the database or of the cache, and the database's count of how often it ran.

import { createCache, withQueryCache } from 'orgcache';

export const YEAR = 2025;
const MONTHS_PER_QUARTER = 3;
const TTL_SECONDS = 300;

const REPORT = `
  SELECT date_trunc('month', ordered_at) AS month, category,
         count(*)::int AS orders, count(DISTINCT customer_id)::int AS customers,
         sum(total_cents) AS revenue_cents, max(revision) AS revision
  FROM orders
  WHERE organization_id = $1 AND ordered_at >= $2 AND ordered_at < $3
  GROUP BY 1, 2
  ORDER BY 1, 2`;

const COUNT = `SELECT coalesce(sum(calls), 0)::int AS calls FROM pg_stat_statements
  WHERE query LIKE '%date_trunc%FROM orders%' AND query NOT LIKE '%pg_stat_statements%'`;

export function quarterOf(date) {
  return Math.floor(date.getUTCMonth() / MONTHS_PER_QUARTER);
}

function parametersOf({ organization, quarter }) {
  const [from, to] = [quarter, quarter + 1].map((number) => {
    return new Date(Date.UTC(YEAR, number * MONTHS_PER_QUARTER));
  });
  return [organization, from, to];
}

/** The newest revision among the orders of a report's rows. */
export function revisionOf(rows) {
  return Math.max(...rows.map(({ revision }) => revision));
}

/** Asks the database for each report. */
export function askDatabase(pool) {
  return async (report) => (await pool.query(REPORT, parametersOf(report))).rows;
}

/**
 * A pool for each organization, whose queries are answered from that organization's cache. What an application adds to
 * have its reports cached is in here.
 */
export function createReportCache(pool) {
  const cache = createCache({ name: 'reports' });
  const pools = new Map();
  const tables = (sql) => (sql.includes('FROM orders') ? ['orders'] : null);
  const poolOf = (organization) => {
    if (!pools.has(organization)) {
      const options = { cache: cache.org(organization), tables, ttlSeconds: TTL_SECONDS };
      pools.set(organization, withQueryCache(pool, options));
    }
    return pools.get(organization);
  };
  return {
    ask: async (report) => (await poolOf(report.organization).query(REPORT, parametersOf(report))).rows,
    /** Runs a change of the organization's orders, and forgets its reports. */
    mutate: (organization, change) => cache.org(organization).mutate({ tables: ['orders'] }, change),
  };
}

/** How often the database has run the report since the last `resetCount`. */
export async function countReports(pool) {
  return (await pool.query(COUNT)).rows[0].calls;
}

export async function resetCount(pool) {
  await pool.query('SELECT pg_stat_statements_reset()');
}
