'use strict';

// Eight keys of three organizations, by each way that the adapter has of naming a text of Redis. Every round has names of
// its own, so that each has a history from its first write on.

const ORGANIZATIONS = ['org-a', 'org-b', 'org-c'];
const KEY_PREFIX = 'coherence:';
const CONVERSATION_MS = 7_200_000;
const LONG_MS = 300_000;
const SHORT_MS = 1000;
/** Shorter than the time between two writes, so that many lifetimes end in a round. */
const SHORTEST_MS = 120;

const managed = (organization, lifetimeMs, name) => ({
  organization,
  lifetimeMs,
  redisKey: `${KEY_PREFIX}${name}:${organization}`,
  read: ({ cacheManager }) => cacheManager.get(name, organization),
  set: ({ cacheManager }, value) => cacheManager.set(name, value, lifetimeMs / 1000, organization),
  delete: ({ cacheManager }) => cacheManager.delete(name, organization),
});

const context = (organization, phone) => ({
  organization,
  lifetimeMs: CONVERSATION_MS,
  redisKey: `${KEY_PREFIX}conversationContexts:${organization}:${phone}`,
  read: async ({ cacheAdapter }) => cacheAdapter.getConversationContext(organization, phone),
  set: ({ cacheAdapter }, value) => cacheAdapter.setConversationContext(organization, phone, value),
});

const text = (lifetimeMs, name) => ({
  organization: null,
  lifetimeMs,
  redisKey: `${KEY_PREFIX}kv:${name}`,
  read: ({ cacheAdapter }) => cacheAdapter.get(name),
  set: ({ cacheAdapter }, value) => cacheAdapter.set(name, value, lifetimeMs / 1000),
  delete: ({ cacheAdapter }) => cacheAdapter.delete(name),
});

/** Written by the foreign process alone, and never cleared: so a copy may become old. */
const byForeignersOnly = (subject) => ({ ...subject, isForeign: true });

/** Organizations that the processes clear. */
const CLEARED = [0, 2];

/** The keys of a round. Two organizations have a key of the same name, and a conversation with the same phone. */
function subjectsOf(round) {
  const name = `profile-${round}`;
  const phone = `1555${String(round).padStart(7, '0')}`;
  const [a, b, c] = ORGANIZATIONS;
  return [
    managed(a, LONG_MS, name),
    byForeignersOnly(managed(b, LONG_MS, name)),
    managed(c, SHORT_MS, name),
    context(a, phone),
    byForeignersOnly(context(b, phone)),
    context(c, phone),
    byForeignersOnly(text(LONG_MS, name)),
    byForeignersOnly(text(SHORTEST_MS, `short-${round}`)),
  ];
}

/** Further keys, for what needs more of them; nobody judges their values. */
const FURTHER_KEYS = Array.from({ length: 400 }, (_, index) => text(LONG_MS, `further-${index}`));

const indexKey = (organization) => `${KEY_PREFIX}!index:${organization}`;

module.exports = { subjectsOf, FURTHER_KEYS, ORGANIZATIONS, CLEARED, KEY_PREFIX, indexKey };
