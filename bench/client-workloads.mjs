/** What the callers of `load.mjs` do with a client like ioredis's. */
import { jsonTextOf } from './data.mjs';

/** A power of two, so that choosing a key costs one bit operation; in a cluster on all nodes alike. */
const KEY_COUNT = 1_024;
const KEY_MASK = KEY_COUNT - 1;
/** Streams are kept that short, so that a run takes no more memory the longer it lasts. */
const STREAM_LENGTH = 100;
export const PIPELINE_COMMANDS = 100;
/** Fields of a hash, elements of a list. */
export const ELEMENTS = 100;
/** Keys that long replies are read from. */
const LONG_KEY_MASK = 63;

/** How a call is named in reports. */
export function callOf({ operation, bytes }) {
  const name = operation.slice('client-'.length);
  if (name === 'hgetall' || name === 'lrange') return `${name} of ${ELEMENTS} elements`;
  return name === 'set-buffer' ? `set of a Buffer, ${bytes} B` : `${name}, ${bytes} B`;
}

/**
 * @param kind `{ operation: 'client-get' | 'client-set' | 'client-hset' | 'client-xadd' | 'client-set-buffer' | 'client-hgetall' |
 * 'client-lrange' | 'client-pipeline', bytes }`
 */
export function clientWorkload(client, { operation, bytes }) {
  const name = operation.slice('client-'.length);
  const keys = Array.from({ length: KEY_COUNT }, (_, index) => `bench:${name}:${index}`);
  const value = jsonTextOf(bytes);
  const keyOf = (index) => keys[index & KEY_MASK];
  const setAll = () => Promise.all(keys.map((key) => client.set(key, value)));
  if (!Object.hasOwn(WORKLOADS, name)) throw new Error(`There is no workload named '${operation}'.`);
  return WORKLOADS[name]({ client, keyOf, value, setAll });
}

const WORKLOADS = {
  get: ({ client, keyOf, value, setAll }) => ({
    prepare: setAll,
    invoke: (index) => client.get(keyOf(index)),
    verify(reply) {
      if (reply?.length !== value.length) throw new Error(`a get did not answer ${value.length} bytes`);
    },
  }),
  set: ({ client, keyOf, value }) => ({
    async prepare() {},
    invoke: (index) => client.set(keyOf(index), value),
    verify(reply) {
      if (reply !== 'OK') throw new Error('a set did not answer OK');
    },
  }),
  'set-buffer': ({ client, keyOf, value }) => {
    const bytes = Buffer.from(value);
    return {
      async prepare() {},
      invoke: (index) => client.set(keyOf(index), bytes),
      verify(reply) {
        if (reply !== 'OK') throw new Error('a set of a Buffer did not answer OK');
      },
    };
  },
  hgetall: ({ client, keyOf }) => ({
    prepare: () =>
      onLongKeys(keyOf, (key) =>
        client.hset(
          key,
          numbered().flatMap((n) => [`f${n}`, `v${n}`]),
        ),
      ),
    invoke: (index) => client.hgetall(keyOf(index & LONG_KEY_MASK)),
    verify(reply) {
      if (reply?.f99 !== 'v99') throw new Error('an hgetall did not answer all fields');
    },
  }),
  lrange: ({ client, keyOf }) => ({
    prepare: () =>
      onLongKeys(keyOf, async (key) => {
        await client.del(key);
        await client.rpush(
          key,
          numbered().map((n) => `v${n}`),
        );
      }),
    invoke: (index) => client.lrange(keyOf(index & LONG_KEY_MASK), 0, -1),
    verify(reply) {
      if (reply?.length !== ELEMENTS) throw new Error('an lrange did not answer all elements');
    },
  }),
  hset: ({ client, keyOf, value }) => ({
    async prepare() {},
    invoke: (index) => client.hset(keyOf(index), 'field', value),
    verify(reply) {
      if (reply !== 0 && reply !== 1) throw new Error('an hset did not answer how many fields are new');
    },
  }),
  xadd: ({ client, keyOf, value }) => ({
    async prepare() {},
    invoke: (index) => client.xadd(keyOf(index), 'MAXLEN', '~', STREAM_LENGTH, '*', 'field', value),
    verify(reply) {
      if (!reply?.includes('-')) throw new Error('an xadd did not answer an id');
    },
  }),
  /** Sets and gets in turn. */
  pipeline: ({ client, keyOf, value, setAll }) => ({
    prepare: setAll,
    invoke(index) {
      const pipeline = client.pipeline();
      for (let number = 0; number < PIPELINE_COMMANDS; number += 2) {
        pipeline.set(keyOf(index + number), value);
        pipeline.get(keyOf(index + number + 1));
      }
      return pipeline.exec();
    },
    verify(replies) {
      const [[setError, answer], [getError, found]] = replies;
      const isRight = setError === null && answer === 'OK' && getError === null;
      if (replies.length !== PIPELINE_COMMANDS || !isRight || found?.length !== value.length) {
        throw new Error('a pipeline did not answer its commands');
      }
    },
  }),
};

function numbered() {
  return Array.from({ length: ELEMENTS }, (_, number) => number);
}

function onLongKeys(keyOf, put) {
  return Promise.all(Array.from({ length: LONG_KEY_MASK + 1 }, (_, index) => put(keyOf(index))));
}
