'use strict';

// Eight keys of three organizations in caches with factories. Every round has names of its own.

const { ORGANIZATIONS } = require('./subjects');

const CACHE = 'coherence';
const LONG_MS = 300_000;
const SHORT_MS = 300;
const GRACE_MS = 60_000;
/** Tags by their numbers. They belong to an organization, so the same name is another tag in each. */
const TAGS = [1, 2];

const [A, B, C] = ORGANIZATIONS;

/**
 * `tags`: those of each value of the key. `namesTagsLate`: a factory names them, and no call does. With `graceMs` a
 * stale value answers at once, and its factory goes on in the background.
 */
function subject(
  organization,
  key,
  { lifetimeMs = LONG_MS, graceMs = 0, tags = [], namesTagsLate = false } = {},
) {
  const options = {
    ttlSeconds: lifetimeMs / 1000,
    ...(graceMs > 0 && { graceSeconds: graceMs / 1000, softTimeoutMs: 0 }),
  };
  const names = tags.map((tag) => `tag-${tag}`);
  return {
    organization,
    key,
    lifetimeMs,
    graceMs,
    tags,
    redisKey: `${CACHE}:${organization}:${key}`,
    setOptions: { ...options, tags: names },
    computeOptions: namesTagsLate ? options : { ...options, tags: names },
    ownOptions: namesTagsLate ? { tags: names } : undefined,
  };
}

/** Two organizations have a key of the same name and the same tags. */
function entrySubjectsOf(round) {
  const key = `profile-${round}`;
  return [
    subject(A, key, { tags: [1] }),
    subject(A, `late-${round}`, { tags: [1, 2], namesTagsLate: true }),
    subject(A, `plain-${round}`),
    subject(B, key, { tags: [1] }),
    subject(B, `short-${round}`, { lifetimeMs: SHORT_MS }),
    subject(B, `grace-${round}`, { lifetimeMs: SHORT_MS, graceMs: GRACE_MS, tags: [2] }),
    subject(C, key, { tags: [2] }),
    subject(C, `plain-${round}`),
  ];
}

module.exports = { entrySubjectsOf, CACHE, TAGS };
