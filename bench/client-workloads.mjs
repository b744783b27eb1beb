/** What the callers of `load.mjs` do with a client like ioredis's. */
import { jsonTextOf } from './data.mjs';

/** A power of two, so that choosing a key costs one bit operation; in a cluster on all nodes alike. */
const KEY_COUNT = 1_024;
const KEY_MASK = KEY_COUNT - 1;
/** Streams are kept that short, so that a run takes no more memory the longer it lasts. */
const STREAM_LENGTH = 100;
export const PIPELINE_COMMANDS = 100;

/** @param kind `{ operation: 'client-get' | 'client-set' | 'client-hset' | 'client-xadd' | 'client-pipeline', bytes }` */
export function clientWorkload(client, { operation, bytes }) {
  const name = operation.slice('client-'.length);
  const keys = Array.from({ length: KEY_COUNT }, (_, index) => `bench:${name}:${index}`);
  const value = jsonTextOf(bytes);
  const keyOf = (index) => keys[index & KEY_MASK];
  const setAll = () => Promise.all(keys.map((key) => client.set(key, value)));
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
