// What the demo is asked to do: the command line, and the environment that chooses the store.

import { parseArgs } from 'node:util';

const NUMBERS = {
  conversations: { default: 3_000, least: 2, most: 100_000 },
  organizations: { default: 12, least: 2, most: 1_000 },
  requests: { default: 6_000, least: 1, most: 1_000_000 },
  port: { default: 0, least: 0, most: 65_535 },
};

const DEFAULT_MEMORY_BYTES = 64 * 1024 * 1024;

/** Conversations grow during the run, and every entry of a store has an overhead. */
const ROOM_FACTOR = 3;

export const HELP = `Migrates conversations from Maps into the cache and serves them over HTTP.

  node examples/server/demo.mjs [options]

  --conversations N   how many conversations to generate (${NUMBERS.conversations.default})
  --organizations N   of how many organizations (${NUMBERS.organizations.default})
  --requests N        how many HTTP requests to send (${NUMBERS.requests.default})
  --json              print the result as JSON and nothing else
  --serve             keep the server up afterwards
  --port N            its port on 127.0.0.1 (any free one)
  --help              print this

The embedded store is used, or Redis when REDIS_URL is set. The exit code is 0 only if every
check held.
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
  const options = { json: { type: 'boolean' }, serve: { type: 'boolean' }, help: { type: 'boolean' } };
  for (const name of Object.keys(NUMBERS)) options[name] = { type: 'string' };
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new DemoError(error.message, { cause: error });
  }
}

export function parseOptions(args) {
  const { json = false, serve = false, help = false, ...numbers } = parseCommandLine(args);
  const parsed = { json, serve, help };
  for (const name of Object.keys(NUMBERS)) parsed[name] = parseNumber(name, numbers[name]);
  if (parsed.conversations < parsed.organizations) {
    throw new DemoError('--conversations must not be less than --organizations.');
  }
  return parsed;
}

/** Where a Redis URL points to, without the user and the password in it. */
function withoutSecrets(text) {
  const unnamed = 'redis (REDIS_URL)';
  if (!URL.canParse(text)) return unnamed;
  const { protocol, host, pathname, search, hash } = new URL(text);
  // A password with an unescaped `/`, `?` or `#` ends up in the parts behind the host.
  if ([pathname, search, hash].some((part) => part.includes('@'))) return unnamed;
  return `${protocol}//${host}${pathname}`;
}

/**
 * Sets the environment for the store, before the cache reads it at its first call.
 *
 * @returns {{redis: boolean, name: string}} the store that the cache will use
 */
export function chooseStore(environment) {
  const redis = Boolean(environment.REDIS_URL) && environment.USE_REDIS !== 'false';
  if (!redis) {
    environment.USE_REDIS = 'false';
    return { redis, name: 'embedded' };
  }
  // A prefix of its own for every run: the Redis may be one that a real server uses, and the demo
  // clears organizations.
  const prefix = `orgcache-demo:${process.pid}-${Date.now().toString(36)}:`;
  environment.CACHE_KEY_PREFIX = prefix;
  environment.ORGCACHE_PREFIX = prefix;
  return { redis, name: withoutSecrets(environment.REDIS_URL) };
}

/**
 * Gives the embedded store room for what the demo is about to put into it; without that a large
 * `--conversations` would look like lost values, when they were evicted as they should be.
 */
export function makeRoom(environment, conversations) {
  let valueBytes = 0;
  for (const { messages, summary } of conversations) {
    valueBytes += Buffer.byteLength(JSON.stringify([messages, summary]));
  }
  const bytes = Math.max(DEFAULT_MEMORY_BYTES, valueBytes * ROOM_FACTOR);
  environment.CACHE_MEMORY_MAX_BYTES ??= String(bytes);
}
