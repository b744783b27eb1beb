/** The contenders of the scenario `near`: the package with and without copies, and caches that keep values in the process. */
import { isSubject } from './contenders.mjs';

const OWN_MODULE = './peers/orgcache-near.mjs';
const BENTOCACHE = { module: './peers/bentocache.mjs', package: 'bentocache' };

export const NEAR_OFF = 'near-off';
export const NO_CHANNELS = 'no-channels';
export const BENTO_MEMORY = 'bentocache-memory';
export const BENTO_TIERED = 'bentocache-tiered';
export const BENTO_TIERED_ALONE = 'bentocache-tiered-no-bus';
export const LRU_CACHE = 'lru-cache';

/** As the contenders of `contenders.mjs`. Their modules in `peers/` say what they answer. */
export const NEAR_PEERS = [
  {
    id: BENTO_MEMORY,
    label: 'BentoCache, memory with serialization',
    ...BENTOCACHE,
    settings: { isTiered: false },
  },
  {
    id: BENTO_TIERED,
    label: 'BentoCache, memory and Redis, with its bus',
    ...BENTOCACHE,
    settings: { isTiered: true, hasBus: true },
  },
  {
    id: BENTO_TIERED_ALONE,
    label: 'BentoCache, memory and Redis, no bus',
    ...BENTOCACHE,
    settings: { isTiered: true, hasBus: false },
  },
  {
    id: LRU_CACHE,
    label: 'lru-cache',
    module: './peers/lru-cache.mjs',
    package: 'lru-cache',
    settings: {},
  },
];

/** The package among the chosen contenders, with and without copies, and all peers; null without the package. */
export function nearAmong(contenders) {
  const chosen = contenders.find(({ id }) => isSubject(id));
  if (!chosen) return null;
  const { id, settings } = chosen;
  return [
    { id, module: OWN_MODULE, settings },
    { id: NEAR_OFF, module: OWN_MODULE, settings: { ...settings, near: false } },
    { id: NO_CHANNELS, module: OWN_MODULE, settings: { ...settings, hasChannels: false } },
    ...NEAR_PEERS,
  ];
}

/** How a contender is named in reports. What is no contender keeps its name. */
export function nearLabel(id) {
  if (id === NEAR_OFF) return 'orgcache, near copies off';
  if (id === NO_CHANNELS) return 'orgcache, no diagnostics channels';
  return NEAR_PEERS.find((peer) => peer.id === id)?.label ?? id;
}

/** `count` processes of one contender, each with an id of its own. */
export function several(contender, count) {
  return Array.from({ length: count }, (_, index) => ({
    ...contender,
    id: `${contender.id}, process ${index + 1}`,
  }));
}
