/** What the callers of `load.mjs` do, by kind of cell. Replies are checked, or speed means nothing. */
import { clientWorkload } from './client-workloads.mjs';
import { createConversations, jsonTextOf } from './data.mjs';
import { limiterWorkload } from './limiter-workloads.mjs';
import { nearWorkload } from './near-workloads.mjs';
import { sessionWorkload } from './session-workloads.mjs';
import { storeWorkload } from './store-workloads.mjs';

/** A power of two, so that choosing a key costs one bit operation. */
const KEY_COUNT = 1_024;
const KEY_MASK = KEY_COUNT - 1;
const ORGANIZATION_COUNT = 8;
/** One call in ten is a set. */
const SET_EVERY = 10;

/**
 * @param kind `{ operation: 'raw-get' | 'raw-set', bytes }`, `{ operation: 'adapter-get' | 'adapter-mixed', messages }`
 * or one of `client-workloads.mjs`, `limiter-workloads.mjs`, `near-workloads.mjs`, `session-workloads.mjs` and `store-workloads.mjs`
 */
export function createWorkload(contender, kind) {
  switch (kind.operation) {
    case 'raw-get':
    case 'raw-set':
      return rawWorkload(contender.client, kind);
    case 'adapter-get':
    case 'adapter-mixed':
      return adapterWorkload(contender.adapter, kind);
    default:
      if (kind.operation.startsWith('limiter-')) return limiterWorkload(contender.client, kind);
      if (kind.operation.startsWith('session-')) return sessionWorkload(contender.client, kind);
      if (kind.operation.startsWith('store-')) return storeWorkload(contender.client, kind);
      if (kind.operation.startsWith('near-')) return nearWorkload(contender, kind);
      if (kind.operation.startsWith('client-')) return clientWorkload(contender.client, kind);
      throw new Error(`There is no workload named '${kind.operation}'.`);
  }
}

function rawWorkload(client, { operation, bytes }) {
  const keys = Array.from({ length: KEY_COUNT }, (_, index) => `bench:raw:${bytes}:${index}`);
  const value = jsonTextOf(bytes);
  return {
    async prepare() {
      await Promise.all(keys.map((key) => client.set(key, value)));
    },
    ...(operation === 'raw-get'
      ? {
          invoke: (index) => client.get(keys[index & KEY_MASK]),
          verify(reply) {
            if (reply?.length !== bytes) throw new Error(`a get did not answer ${bytes} bytes`);
          },
        }
      : {
          invoke: (index) => client.set(keys[index & KEY_MASK], value),
          verify(reply) {
            if (reply !== 'OK') throw new Error('a set did not answer OK');
          },
        }),
  };
}

function adapterWorkload(adapter, { operation, messages: messageCount }) {
  const conversations = createConversations({
    seed: messageCount,
    count: KEY_COUNT,
    messageCount,
    organizations: ORGANIZATION_COUNT,
  });
  const setEvery = operation === 'adapter-mixed' ? SET_EVERY : Infinity;
  const isSet = (index) => index % setEvery === setEvery - 1;
  const set = ({ organization, phone, messages }) =>
    adapter.setConversationContext(organization, phone, messages);
  return {
    async prepare() {
      await Promise.all(conversations.map(set));
    },
    invoke(index) {
      const conversation = conversations[index & KEY_MASK];
      if (isSet(index)) return set(conversation);
      return adapter.getConversationContext(conversation.organization, conversation.phone);
    },
    verify(reply, index) {
      if (isSet(index)) {
        if (reply !== true) throw new Error('a conversation was not stored');
        return;
      }
      const expected = conversations[index & KEY_MASK].messages;
      const last = messageCount - 1;
      if (reply?.length !== messageCount || reply[last].timestamp !== expected[last].timestamp) {
        throw new Error('a get did not answer the conversation that was stored');
      }
    },
  };
}
