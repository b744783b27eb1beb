/** One kind of call after the other, by all contenders that have it. */
import { withHosts } from '../../contender-host.mjs';
import {
  BENTO_MEMORY,
  BENTO_TIERED,
  BENTO_TIERED_ALONE,
  LRU_CACHE,
  NEAR_OFF,
  NO_CHANNELS,
} from '../../near-contenders.mjs';
import { measureCells } from '../../rounds.mjs';

const HAS_COPIES_DEADLINE_MS = 3_000;
const TIERED = [BENTO_TIERED, BENTO_TIERED_ALONE];
/** Less than that of the reads, and what was measured is not what the cell is named after. */
const LEAST_HITS = 0.9;
const MOST_HITS_OF_NEVER = 0.02;

const FILLER = 'filler';
const NEVER_MESSAGES = 2;

/** Cells with those that are measured in them besides the package. `needs`: what else the build must have. */
const CELLS = [
  ...[2, 40].map((messages) => ({
    cell: { operation: 'near-hit', messages, callers: 1 },
    others: [BENTO_MEMORY],
    hits: { atLeast: LEAST_HITS },
  })),
  ...[1, 64].map((callers) => ({
    cell: { operation: 'near-never', messages: NEVER_MESSAGES, callers },
    others: [NEAR_OFF],
    hits: { atMost: MOST_HITS_OF_NEVER },
  })),
  {
    cell: { operation: 'near-cache-get', messages: 2, callers: 1 },
    others: [...TIERED, NO_CHANNELS],
    hits: { atLeast: LEAST_HITS },
    needs: 'copies of createCache',
  },
  {
    cell: { operation: 'near-frozen-get', messages: 2, callers: 1 },
    others: TIERED,
    needs: 'copies of createCache',
  },
  {
    cell: { operation: 'near-frozen-peek', messages: 2, callers: 1 },
    others: [LRU_CACHE],
    needs: 'copies of createCache',
  },
  {
    cell: { operation: 'near-peek', messages: 2, callers: 1 },
    others: [LRU_CACHE],
    hits: { atLeast: LEAST_HITS },
    needs: 'copies of createCache',
  },
  { cell: { operation: 'near-set', messages: 2, callers: 64 }, others: TIERED, needs: 'createCache' },
  { cell: { operation: 'near-miss', messages: 2, callers: 64 }, others: TIERED, needs: 'createCache' },
];

export async function measureCalls({ subject, byId, redis, effort, progress }) {
  const ids = [...new Set(CELLS.flatMap(({ others }) => others))];
  const filler = { ...byId[NEAR_OFF], id: FILLER };
  const chosen = [subject, ...ids.map((id) => byId[id]), filler];
  // The package reads the same keys with copies and without; other contenders write other bytes.
  const prefixOf = (id) => ([NEAR_OFF, NO_CHANNELS, FILLER].includes(id) ? subject.id : id);
  const optionsOf = ({ id }) => ({ url: redis.url, keyPrefix: `bench-near:${prefixOf(id)}:` });
  return withHosts(chosen, optionsOf, async (hosts) => {
    const [subjectHost] = hosts;
    const has = {
      createCache: await subjectHost.ask('hasCache'),
      'copies of createCache': await subjectHost.ask('cacheHasCopies', {
        deadlineMs: HAS_COPIES_DEADLINE_MS,
      }),
    };
    progress('near-never: storing what is read');
    await hosts.at(-1).ask('fillNever', { messages: NEVER_MESSAGES });
    const measured = [];
    for (const { cell, others, hits, needs } of CELLS) {
      if (needs && !has[needs]) {
        progress(`${cell.operation}: left out, this build has no ${needs}`);
        continue;
      }
      const meant = hosts.filter(({ id }) => id === subject.id || others.includes(id));
      const measure = () =>
        measureCells({ hosts: meant, cells: [cell], serverPids: [redis.pid], effort, progress });
      await subjectHost.ask('prepare', { cell });
      const { cells, share } = await withShareOfHits(subjectHost, measure);
      if (hits) requireShare(cell, share, hits);
      measured.push({ ...cells[0], nearShare: share });
    }
    return measured;
  });
}

/** Answers what `work` does, with the share of the reads meanwhile that copies of the package answered. */
async function withShareOfHits(host, work) {
  const before = await host.ask('copies');
  const result = await work();
  const after = await host.ask('copies');
  const hits = after.hits - before.hits;
  return { ...result, share: hits / (hits + after.misses - before.misses) };
}

function requireShare({ operation, messages }, share, { atLeast = 0, atMost = 1 }) {
  if (share >= atLeast && share <= atMost) return;
  const percent = (share * 100).toFixed(1);
  throw new Error(`in '${operation}' with ${messages} messages copies answered ${percent} % of the reads`);
}
