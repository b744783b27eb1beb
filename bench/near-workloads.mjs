/** The calls that the callers of `load.mjs` make of caches with values in the process. */
import { setTimeout as delay } from 'node:timers/promises';

import { createConversation, createConversations, phoneNumber, seededRandom } from './data.mjs';

/** A power of two, so that choosing a key costs one bit operation. */
const KEY_COUNT = 1_024;
const KEY_MASK = KEY_COUNT - 1;
const ORGANIZATION_COUNT = 8;
/** So many keys that a process has forgotten a key's first read by the time of its second: 2^19 against 65,536 marks. */
const NEVER_COUNT = 524_288;
const NEVER_DISTINCT = 256;
const FILLING_CALLERS = 512;
/** Fewer than the copies that one process asks for at a time. */
const COPYING_CALLERS = 128;
const COPYING_DEADLINE_MS = 60_000;
const COPYING_PAUSE_MS = 20;
/** More than any call of a cache takes without Redis. */
const STEPS_OF_PROMISES = 16;
/** A look at a copy is too short to be timed alone: a call is so many. */
export const PEEKS = 100;

/** How each operation is named in reports. */
export const OPERATIONS = {
  'near-hit': 'Adapter get that a near copy answers',
  'near-never': 'Adapter get that no copy answers',
  'near-cache-get': 'createCache, get that a near copy answers',
  'near-frozen-get': 'createCache with frozen values, get that a near copy answers',
  'near-peek': `createCache, peek, calls are ${PEEKS} peeks`,
  'near-frozen-peek': `createCache with frozen values, peek, calls are ${PEEKS} peeks`,
  'near-set': 'createCache, set',
  'near-miss': 'createCache, getOrSet of new keys, a factory that answers at once',
};

const organizations = Array.from({ length: ORGANIZATION_COUNT }, (_, index) => `org-${index}`);
let made = 0;

/** @param contender what a peer of the scenario `near` answers */
export function nearWorkload(contender, { operation, messages }) {
  if (!Object.hasOwn(WORKLOADS, operation)) throw new Error(`There is no workload named '${operation}'.`);
  return WORKLOADS[operation](contender, messages);
}

const WORKLOADS = {
  'near-hit'(contender, messages) {
    const { adapter } = contender;
    const conversations = conversationsOf(messages);
    const read = ({ organization, phone }) => adapter.getConversationContext(organization, phone);
    return {
      async prepare() {
        for (const { organization, phone, messages } of conversations) {
          await adapter.setConversationContext(organization, phone, messages);
        }
        await awaitCopies(contender, conversations, read);
      },
      invoke: (index) => read(conversations[index & KEY_MASK]),
      verify: verifierOf(conversations),
    };
  },
  'near-never'({ adapter }, messages) {
    let next = 0;
    return {
      // `fillNever` has stored what is read.
      async prepare() {},
      invoke() {
        const index = next;
        next = (next + 1) % NEVER_COUNT;
        return adapter.getConversationContext(organizations[index % ORGANIZATION_COUNT], neverPhone(index));
      },
      verify(reply) {
        if (reply?.length !== messages)
          throw new Error('a get did not answer the conversation that was stored');
      },
    };
  },
  'near-cache-get': (contender, messages) => gets(contender, contender.cache, messages),
  'near-frozen-get': (contender, messages) => gets(contender, frozenOf(contender), messages),
  'near-peek': (contender, messages) => peeks(contender, contender.cache, messages),
  'near-frozen-peek': (contender, messages) => peeks(contender, frozenOf(contender), messages),
  'near-set'({ cache }, messages) {
    const conversations = conversationsOf(messages);
    return {
      async prepare() {},
      invoke(index) {
        const { organization, phone, messages } = conversations[index & KEY_MASK];
        return cache.set(organization, phone, messages);
      },
      verify(reply) {
        if (reply !== true) throw new Error('a set was not stored');
      },
    };
  },
  'near-miss'({ cache }, messages) {
    const value = createConversation(seededRandom(messages), messages);
    const factory = () => value;
    const own = `${process.pid}-`;
    return {
      async prepare() {},
      invoke(index) {
        made += 1;
        return cache.getOrSet(organizations[index % ORGANIZATION_COUNT], own + made, factory);
      },
      verify(reply) {
        if (reply?.length !== messages) throw new Error("a getOrSet did not answer its factory's value");
      },
    };
  },
};

/** A contender that hands out the same object to all, or has no way to, has no second cache. */
function frozenOf({ cache, frozen }) {
  return frozen ?? cache;
}

function gets({ copies }, cache, messages) {
  const conversations = conversationsOf(messages);
  const read = ({ organization, phone }) => cache.get(organization, phone);
  return {
    prepare: () => prepareCache(cache, copies, conversations),
    invoke: (index) => read(conversations[index & KEY_MASK]),
    verify: verifierOf(conversations),
  };
}

function peeks({ copies }, cache, messages) {
  const conversations = conversationsOf(messages);
  const verify = verifierOf(conversations);
  return {
    prepare: () => prepareCache(cache, copies, conversations),
    invoke(index) {
      let reply;
      for (let offset = 0; offset < PEEKS; offset += 1) {
        const { organization, phone } = conversations[(index + offset) & KEY_MASK];
        reply = cache.peek(organization, phone);
      }
      return reply;
    },
    verify: (reply, index) => verify(reply, index + PEEKS - 1),
  };
}

/** Stores what `near-never` reads. A process that has done it may be slower afterwards, so it is another's to do. */
export async function fillNever({ adapter }, { messages }) {
  const random = seededRandom(messages);
  const values = Array.from({ length: NEVER_DISTINCT }, () => createConversation(random, messages));
  await inParallel(NEVER_COUNT, FILLING_CALLERS, (index) =>
    adapter.setConversationContext(
      organizations[index % ORGANIZATION_COUNT],
      neverPhone(index),
      values[index % NEVER_DISTINCT],
    ),
  );
}

/** Numbers that no other workload of the run has. */
const neverPhone = (index) => phoneNumber(1_000_000 + index);

function conversationsOf(messageCount) {
  return createConversations({
    seed: messageCount,
    count: KEY_COUNT,
    messageCount,
    organizations: ORGANIZATION_COUNT,
  });
}

function verifierOf(conversations) {
  return (reply, index) => {
    const { messages } = conversations[index & KEY_MASK];
    const last = messages.length - 1;
    if (reply?.length !== messages.length || reply[last].timestamp !== messages[last].timestamp) {
      throw new Error('a get did not answer the conversation that was stored');
    }
  };
}

async function prepareCache(cache, copies, conversations) {
  for (const { organization, phone, messages } of conversations) {
    await cache.set(organization, phone, messages);
  }
  if (copies) await awaitPeeks(cache, conversations);
}

/** Runs `work(index)` for each index below `count`, with at most `callers` under way. */
export async function inParallel(count, callers, work) {
  let next = 0;
  async function caller() {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index);
    }
  }
  await Promise.all(Array.from({ length: Math.min(callers, count) }, caller));
}

/**
 * What a call answers, and whether the process knew it: a reply of Redis comes in a later turn of the event loop, so it
 * is not there after a few steps of promises.
 */
export async function answerOf(promise) {
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  promise.then(settle, settle);
  for (let step = 0; step < STEPS_OF_PROMISES && !isSettled; step += 1) await null;
  const isHere = isSettled;
  return { value: await promise, isHere };
}

/**
 * Reads all items until copies answer them all, each twice in a row: a second read asks for a copy, unless another key
 * with the same mark was read in between. So after a first pass nothing is. A contender without copies need not wait.
 */
export async function awaitCopies({ copies }, items, read) {
  if (!copies) return;
  const deadline = performance.now() + COPYING_DEADLINE_MS;
  for (let callers = COPYING_CALLERS; ; callers = 1) {
    const { hits } = await copies();
    await inParallel(items.length, callers, async (index) => {
      await read(items[index]);
      await read(items[index]);
    });
    if ((await copies()).hits - hits >= 2 * items.length) return;
    if (performance.now() > deadline) throw new Error('keys that are read again and again got no copies');
    await delay(COPYING_PAUSE_MS);
  }
}

/** The same of a cache whose copies can be looked at. */
async function awaitPeeks(cache, conversations) {
  const isThere = ({ organization, phone }) => cache.peek(organization, phone) !== undefined;
  const deadline = performance.now() + COPYING_DEADLINE_MS;
  for (let callers = COPYING_CALLERS; !conversations.every(isThere); callers = 1) {
    await inParallel(KEY_COUNT, callers, async (index) => {
      const { organization, phone } = conversations[index];
      await cache.get(organization, phone);
      await cache.get(organization, phone);
    });
    if (performance.now() > deadline) throw new Error('values that are read again and again got no copies');
    await delay(COPYING_PAUSE_MS);
  }
}

/** Whether values of `createCache` get copies in this process: false for a build in which they do not. */
export async function cacheHasCopies({ cache, copies }, { deadlineMs }) {
  if (!cache || !copies) return false;
  const deadline = performance.now() + deadlineMs;
  await cache.set('org-copies', 'key', 1);
  while (performance.now() < deadline) {
    await cache.get('org-copies', 'key');
    if (cache.peek('org-copies', 'key') !== undefined) return true;
    await delay(COPYING_PAUSE_MS);
  }
  return false;
}
