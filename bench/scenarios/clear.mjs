/** Clearing one organization of 10,000 keys while Redis holds a million. */
import { createRequire } from 'node:module';
import { withHosts } from '../contender-host.mjs';
import { isSubject } from '../contenders.mjs';
import { orderOfRound } from '../rounds.mjs';
import { spread } from '../statistics.mjs';

export const ORGANIZATION_KEYS = 10_000;
export const TOTAL_KEYS = 1_000_000;
const FILLER_BATCH = 10_000;
/** Each round clears an organization of its own, which must be among the million. */
const MOST_ROUNDS = 5;
const SLOW_COMMAND_MICROS = 100;
/** Index entries go with the organization, a few keys for all of it. Anything above is a stranger's. */
const INDEX_KEYS_ALLOWED = 256;
/** What finds an organization by searching is worth one row, not one a client. */
const JAVASCRIPT_LAYER = 'ioredis';

/** Keys of organizations that no contender owns, as the documented layout names them. */
const FILL_SCRIPT = `
for index = tonumber(ARGV[1]), tonumber(ARGV[2]) do
  redis.call('SET', 'filler:conversationContexts:org-' .. (index % 97) .. ':' .. index, ARGV[3])
end
return redis.status_reply('OK')`;

export async function measureClear({ contenders, redis, effort, progress }) {
  const chosen = contenders.filter(({ id }) => isSubject(id) || id === JAVASCRIPT_LAYER);
  if (chosen.length === 0) return null;
  const rounds = Math.min(effort.rounds, MOST_ROUNDS);
  const optionsOf = ({ id }) => ({ url: redis.url, keyPrefix: `bench:${id}:`, useRedis: true });
  const admin = await connectAdmin(redis.url);
  try {
    return await withHosts(chosen, optionsOf, async (hosts) => {
      progress(`clear: filling Redis with ${TOTAL_KEYS.toLocaleString('en')} keys`);
      await fill({ admin, hosts, rounds });
      const samples = Object.fromEntries(hosts.map((host) => [host.id, []]));
      for (let round = 0; round < rounds; round += 1) {
        for (const host of orderOfRound(hosts, round)) {
          progress(`clear: round ${round + 1}, ${host.id}`);
          samples[host.id].push(await clearOnce({ admin, host, round }));
        }
      }
      await assertNeighbourIsWhole(hosts);
      return { totalKeys: TOTAL_KEYS, organizationKeys: ORGANIZATION_KEYS, samples };
    });
  } finally {
    admin.disconnect();
  }
}

async function connectAdmin(url) {
  const { default: Redis } = createRequire(import.meta.url)('ioredis');
  const admin = new Redis(url, { lazyConnect: true });
  await admin.connect();
  return admin;
}

/** One organization a round for each host, one more that must survive, strangers for the rest. */
async function fill({ admin, hosts, rounds }) {
  await admin.flushall();
  for (const host of hosts) {
    for (const organization of [...Array(rounds).keys(), 'neighbour'].map(organizationName)) {
      await host.ask('fillOrganization', { organization, count: ORGANIZATION_KEYS });
    }
  }
  let filled = await admin.dbsize();
  while (filled < TOTAL_KEYS) {
    const last = Math.min(TOTAL_KEYS, filled + FILLER_BATCH);
    await admin.eval(FILL_SCRIPT, 0, filled + 1, last, '{"role":"user","content":"Hello"}');
    filled = last;
  }
}

function organizationName(part) {
  return `cleared-${part}`;
}

async function clearOnce({ admin, host, round }) {
  const organization = organizationName(round);
  await admin.config('SET', 'slowlog-log-slower-than', SLOW_COMMAND_MICROS);
  await admin.slowlog('RESET');
  const keysBefore = await admin.dbsize();
  const { elapsedMs } = await host.ask('clearOrganization', { organization });
  const removed = keysBefore - (await admin.dbsize());
  const slowCommands = await admin.slowlog('GET', 128);
  await admin.config('SET', 'slowlog-log-slower-than', -1);

  const left = await host.ask('countConversations', { organization, count: ORGANIZATION_KEYS });
  if (left > 0) throw new Error(`${host.id}: ${left} conversations survived their clearing`);
  if (removed < ORGANIZATION_KEYS || removed > ORGANIZATION_KEYS + INDEX_KEYS_ALLOWED) {
    throw new Error(`${host.id}: clearing ${ORGANIZATION_KEYS} keys removed ${removed}`);
  }
  const slowestCommandMs = Math.max(0, ...slowCommands.map(([, , micros]) => micros / 1_000));
  return { elapsedMs, slowestCommandMs };
}

async function assertNeighbourIsWhole(hosts) {
  for (const host of hosts) {
    const organization = organizationName('neighbour');
    const left = await host.ask('countConversations', { organization, count: ORGANIZATION_KEYS });
    if (left !== ORGANIZATION_KEYS) {
      throw new Error(`${host.id}: clearing another organization took ${ORGANIZATION_KEYS - left}`);
    }
  }
}

export function clearSummary(samples) {
  return {
    elapsedMs: spread(samples.map(({ elapsedMs }) => elapsedMs)),
    slowestCommandMs: spread(samples.map(({ slowestCommandMs }) => slowestCommandMs)),
  };
}
