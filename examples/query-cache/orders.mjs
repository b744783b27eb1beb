// The orders in the database: the same ones in each run.

import { randomNumbers } from './random.mjs';
import { quarterOf, YEAR } from './reports.mjs';

const SEED = 12;
const BATCH = 10_000;
const CATEGORIES = ['books', 'clothes', 'food', 'furniture', 'games', 'tools', 'toys', 'travel'];
const CUSTOMERS_PER_ORGANIZATION = 500;
const HIGHEST_TOTAL_CENTS = 50_000;

const SCHEMA = `
  CREATE TABLE orders (
    id integer PRIMARY KEY,
    organization_id text NOT NULL,
    customer_id integer NOT NULL,
    category text NOT NULL,
    total_cents integer NOT NULL,
    revision integer NOT NULL DEFAULT 0,
    ordered_at timestamptz NOT NULL
  )`;
/** What the report needs, so that the database is not slower than it must be. */
const INDEX = 'CREATE INDEX orders_of_organization ON orders (organization_id, ordered_at)';

const INSERT = `
  INSERT INTO orders (id, organization_id, customer_id, category, total_cents, ordered_at)
  SELECT * FROM unnest($1::int[], $2::text[], $3::int[], $4::text[], $5::int[], $6::timestamptz[])`;

/** The first organizations have the most orders, and each has one at least. */
export function organizationAt(number, organizations) {
  return `org-${Math.floor(number ** 2 * organizations) + 1}`;
}

function* generateOrders({ orders, organizations }) {
  const next = randomNumbers(SEED);
  const below = (limit) => Math.floor(next() * limit);
  const begin = Date.UTC(YEAR, 0);
  const duration = Date.UTC(YEAR + 1, 0) - begin;
  for (let id = 1; id <= orders; id += 1) {
    const drawn = organizationAt(next(), organizations);
    yield {
      id,
      organization: id <= organizations ? `org-${id}` : drawn,
      customer: below(CUSTOMERS_PER_ORGANIZATION),
      category: CATEGORIES[below(CATEGORIES.length)],
      totalCents: 1 + below(HIGHEST_TOTAL_CENTS),
      orderedAt: new Date(begin + below(duration)),
    };
  }
}

async function insert(pool, rows) {
  const columns = ['id', 'organization', 'customer', 'category', 'totalCents', 'orderedAt'];
  await pool.query(
    INSERT,
    columns.map((column) => rows.map((row) => row[column])),
  );
}

/**
 * Makes and fills the table.
 *
 * @returns {Promise<object[]>} the reports that are not empty, each with the id of one of its orders.
 */
export async function loadOrders(pool, options) {
  await pool.query(SCHEMA);
  const reports = new Map();
  let batch = [];
  for (const order of generateOrders(options)) {
    const { organization, orderedAt, id } = order;
    const quarter = quarterOf(orderedAt);
    const name = `${organization} ${quarter}`;
    if (!reports.has(name)) reports.set(name, { name, organization, quarter, orderId: id });
    batch.push(order);
    if (batch.length === BATCH) {
      await insert(pool, batch);
      batch = [];
    }
  }
  if (batch.length > 0) await insert(pool, batch);
  await pool.query(INDEX);
  await pool.query('VACUUM ANALYZE orders');
  return [...reports.values()];
}
