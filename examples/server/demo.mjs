// The whole life of a server that adopts the package, in a few seconds: conversations in Maps, their
// migration, load over HTTP, one organization cleared, and a check of everything that was promised.

import { shutdown } from 'orgcache';
import cacheAdapter from 'orgcache/cacheAdapter';
import redisMigrationManager from 'orgcache/redis-migration';
import { conversationPath, createClient } from './client.mjs';
import { generateConversations } from './conversations.mjs';
import { IsolationCount } from './isolation.mjs';
import { chooseStore, DemoError, HELP, makeRoom, parseOptions } from './options.mjs';
import { createProgress } from './progress.mjs';
import { formatReport, formatUrls } from './report.mjs';
import { createServer, legacyMaps } from './server.mjs';
import { untilSignalled } from './signals.mjs';
import { Traffic } from './traffic.mjs';
import { verifyClearing } from './verification.mjs';

const CACHE_SHUTDOWN_MS = 5_000;
const SECOND_MS = 1_000;
const WARM_UP_REQUESTS = 500;

function fillLegacyMaps({ organizations, conversations, leads }) {
  for (const { organizationId, phoneNumber, messages, summary } of conversations) {
    const key = cacheAdapter.createOrgKey(organizationId, phoneNumber);
    legacyMaps.conversationContexts.set(key, messages);
    legacyMaps.conversationSummaries.set(key, summary);
  }
  for (const [phoneNumber, leadId] of leads) legacyMaps.phoneToLeadMapping.set(phoneNumber, leadId);
  for (const { id, name } of organizations) legacyMaps.organizationCache.set(id, { name });
}

function countMapEntries() {
  return Object.values(legacyMaps).reduce((sum, map) => sum + map.size, 0);
}

async function migrate({ silent }) {
  const entries = countMapEntries();
  const startedAt = performance.now();
  const progress = createProgress({ total: entries, silent });
  try {
    await redisMigrationManager.migrateExistingMaps(legacyMaps, { onProgress: progress.onProgress });
  } finally {
    progress.stop();
  }
  const { conversationContexts, conversationSummaries, leadMappings, organizationData, errors } =
    redisMigrationManager.migrationStats;
  return {
    entries,
    migrated: conversationContexts + conversationSummaries + leadMappings + organizationData,
    errors,
    leftInMaps: countMapEntries(),
    seconds: (performance.now() - startedAt) / SECOND_MS,
  };
}

/** The first requests pay for connections and for code that V8 has not compiled yet. */
async function warmUp(client, conversations) {
  const paths = conversations.slice(0, WARM_UP_REQUESTS).map(conversationPath);
  await client.forEach(paths, (path) => client.call('GET', path));
}

async function clearOverHttp(client, organizationId) {
  const path = `/api/organizations/${encodeURIComponent(organizationId)}/cache`;
  const { status, milliseconds } = await client.call('DELETE', path);
  return { organizationId, status, milliseconds };
}

function checkAll({ migration, traffic, clearing, isolation }) {
  return [
    {
      name: 'every Map entry was migrated without an error',
      held: migration.migrated === migration.entries && migration.errors === 0,
    },
    {
      name: 'every request was answered as it should be',
      held: Object.keys(traffic.unexpected).length === 0,
    },
    {
      name: 'everything of the cleared organization is gone',
      held: clearing.status === 200 && clearing.gone === clearing.cleared,
    },
    {
      name: 'everything of the other organizations is as it was stored last',
      held: clearing.untouched === clearing.others,
    },
    {
      name: 'no value was answered for another organization',
      held: isolation.checked > 0 && isolation.violations === 0,
    },
  ];
}

async function exercise(client, { data, migration, requests }) {
  await warmUp(client, data.conversations);
  const isolation = new IsolationCount();
  const { ttlConfig } = cacheAdapter;
  const traffic = await new Traffic({ client, data, isolation, ttlConfig }).run(requests);

  // The first organization is the largest, and its name begins the names of others.
  const clearedId = data.organizations[0].id;
  const cleared = await clearOverHttp(client, clearedId);
  const { conversations } = data;
  const verified = await verifyClearing({ client, conversations, clearedId, isolation });
  const clearing = { ...cleared, ...verified };
  const { checked, violations } = isolation;
  return {
    traffic,
    clearing,
    isolation: { checked, violations },
    checks: checkAll({ migration, traffic, clearing, isolation }),
  };
}

async function exerciseServer({ options, data, migration }) {
  // Without `--serve` nobody sees the page, and nothing of it is to stay in Redis.
  const server = createServer({ sendsMails: options.serve });
  const url = await server.listen({ port: options.port });
  const client = createClient(url);
  const close = async () => {
    client.close();
    await server.close();
  };
  try {
    return { url, close, ...(await exercise(client, { data, migration, ...options })) };
  } catch (error) {
    await close();
    throw error;
  }
}

function countData({ organizations, conversations }) {
  return {
    organizations: organizations.length,
    conversations: conversations.length,
    messages: conversations.reduce((sum, { messages }) => sum + messages.length, 0),
  };
}

/** The whole demo on a store that is ready; answers which checks failed. */
async function run({ options, store, data }) {
  const counted = countData(data);
  fillLegacyMaps(data);
  const migration = await migrate({ silent: options.json });
  const { url, close, ...exercised } = await exerciseServer({ options, data, migration });
  const result = {
    ok: exercised.checks.every(({ held }) => held),
    store: store.name,
    data: counted,
    migration,
    ...exercised,
    memory: { rssBytes: process.memoryUsage.rss() },
  };
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : formatReport(result));
  if (options.serve) {
    const cleared = exercised.clearing.organizationId;
    const present = data.conversations.find(({ organizationId }) => organizationId !== cleared);
    process.stdout.write(`\n${formatUrls(url, present)}`);
    await untilSignalled();
  }
  await close();
  return result.checks.filter(({ held }) => !held).map(({ name }) => name);
}

/** A store that does not answer is the user's to start; degraded figures would mislead. */
async function requireRedis(store) {
  await redisMigrationManager.healthCheck();
  if (redisMigrationManager.redisManager.isConnected) return;
  throw new DemoError(`Redis at ${store.name} does not answer: start it, correct REDIS_URL, or unset it.`);
}

async function runOnStore({ options, store, data }) {
  if (!store.redis) return run({ options, store, data });
  await requireRedis(store);
  try {
    return await run({ options, store, data });
  } finally {
    for (const { id } of data.organizations) await cacheAdapter.clearOrganizationCache(id);
  }
}

async function main() {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const store = chooseStore(process.env);
  const data = generateConversations(options);
  if (!store.redis) makeRoom(process.env, data.conversations);
  try {
    const failed = await runOnStore({ options, store, data });
    if (failed.length > 0) throw new DemoError(`This did not hold: ${failed.join('; ')}.`);
  } finally {
    await shutdown({ timeoutMs: CACHE_SHUTDOWN_MS });
  }
}

/** The cache's errors and those of a port that is taken speak for themselves; others are bugs. */
function explainsItself(error) {
  return error instanceof DemoError || error.syscall === 'listen' || /^E_[A-Z_]+$/.test(error.code ?? '');
}

try {
  await main();
} catch (error) {
  console.error(explainsItself(error) ? error.message : error);
  process.exitCode = 1;
}
