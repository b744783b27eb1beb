// What the demo is asked to do.

import { parseArgs } from 'node:util';

const NUMBERS = {
  orders: { default: 200_000, least: 100, most: 10_000_000, help: 'how many orders to generate' },
  organizations: { default: 50, least: 1, most: 1_000, help: 'of how many organizations' },
  calls: { default: 5_000, least: 100, most: 1_000_000, help: 'how many reports to ask for, each way' },
  callers: { default: 64, least: 1, most: 1_000, help: 'how many callers ask at once' },
  changes: { default: 60, least: 1, most: 100_000, help: 'how many orders to change' },
};

const OPTION_WIDTH = 19;

export const HELP = `Asks a PostgreSQL for reports, without the query cache and with it.

  node examples/query-cache/demo.mjs [options]

${Object.entries(NUMBERS)
  .map(
    ([name, { help, default: fallback }]) =>
      `  ${`--${name} N`.padEnd(OPTION_WIDTH)} ${help} (${fallback})\n`,
  )
  .join('')}  --json              print the result as JSON and nothing else
  --help              print this

A PostgreSQL and a Redis server are started on free ports of 127.0.0.1 and ended afterwards. Without
a redis-server in PATH the embedded store is used. The exit code is 0 only if every check held.
`;

/** The demo cannot go on, for a reason that its message explains completely. */
export class DemoError extends Error {}

function parseNumber(name, text) {
  const { default: fallback, least, most } = NUMBERS[name];
  if (text === undefined) return fallback;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new DemoError(`--${name} must be a whole number from ${least} to ${most}.`);
}

function parseCommandLine(args) {
  const options = { json: { type: 'boolean' }, help: { type: 'boolean' } };
  for (const name of Object.keys(NUMBERS)) options[name] = { type: 'string' };
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new DemoError(error.message, { cause: error });
  }
}

export function parseOptions(args) {
  const { json = false, help = false, ...numbers } = parseCommandLine(args);
  const parsed = { json, help };
  for (const name of Object.keys(NUMBERS)) parsed[name] = parseNumber(name, numbers[name]);
  if (parsed.orders < parsed.organizations) {
    throw new DemoError('--orders must not be less than --organizations.');
  }
  return parsed;
}
