/** A primary behind sentinels is killed while every contender writes: the time in which none of its writes succeeds. */
import { createRequire } from 'node:module';
import { withHosts } from '../contender-host.mjs';
import { clientsAmong } from '../contenders.mjs';

const require = createRequire(import.meta.url);

/** Each takes seconds, most of them the sentinels'. */
const MOST_ROUNDS = 5;
const WRITES_BEFORE = 50;

/** All contenders live through the same failovers at the same time. */
export async function measureFailover({ contenders, effort, progress }) {
  const chosen = clientsAmong(contenders);
  if (chosen.length === 0) return null;
  const { startSentinels } = require('../../__test__/support/sentinel.js');
  const { endAll } = require('../../__test__/support/cleanup.js');
  progress('failover: starting a primary, two replicas and three sentinels');
  try {
    const sentinels = await startSentinels();
    const topology = { sentinelHosts: sentinels.hosts, sentinelName: sentinels.name };
    const rounds = Math.min(effort.rounds, MOST_ROUNDS);
    return await withHosts(
      chosen,
      () => ({ topology }),
      (hosts) => measureRounds({ hosts, sentinels, rounds, progress }),
    );
  } finally {
    await endAll();
  }
}

async function measureRounds({ hosts, sentinels, rounds, progress }) {
  const samples = Object.fromEntries(hosts.map(({ id }) => [id, []]));
  const askAll = (operation, argument) => Promise.all(hosts.map((host) => host.ask(operation, argument)));
  for (let round = 1; round <= rounds; round += 1) {
    progress(`failover: round ${round}`);
    await askAll('startWriting');
    await askAll('awaitWrites', { count: WRITES_BEFORE });
    const { old } = await sentinels.killPrimary();
    await askAll('awaitWrites', { count: 1 });
    for (const host of hosts) samples[host.id].push(await host.ask('stopWriting'));
    await old.restart();
    await sentinels.settled();
  }
  return { samples };
}
