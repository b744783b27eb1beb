import type { AbortSignalLike } from './calls.js';

/**
 * An entry of a stream, as the handler of a consumer group gets it.
 * @example
 * import { createConsumerGroup, getRedis, type StreamEntry } from 'orgcache';
 * const handler = async ({ id, fields }: StreamEntry) => console.log(id, fields.total);
 * const group = createConsumerGroup({ client: await getRedis(), stream: 'orders', group: 'billing', handler });
 */
export interface StreamEntry {
  readonly id: string;
  /** Values by field. A field that occurs twice has its last value here. */
  readonly fields: Record<string, string>;
  /** Alternating fields and values, as they are in the stream. */
  readonly fieldsAndValues: string[];
  /** Number of deliveries of the entry, this one included. */
  readonly deliveries: number;
}

/**
 * The methods that a consumer group needs of its client. Clients of `getRedis()` and of ioredis have them.
 * @example
 * import { createConsumerGroup, type StreamClient } from 'orgcache';
 * export const consumer = (client: StreamClient) =>
 *   createConsumerGroup({ client, stream: 'orders', group: 'billing', handler: async () => {} });
 */
export interface StreamClient {
  call: Method;
  duplicate: Method;
  eval: Method;
  multi: Method;
  watch: Method;
  xack: Method;
  xadd: Method;
  xautoclaim: Method;
  xclaim: Method;
  xgroup: Method;
  xinfo: Method;
  xpending: Method;
  xrange: Method;
  xreadgroup: Method;
}

/** `any`: the overloads of ioredis and of this package differ, and each must be assignable. */
type Method = (...given: any[]) => any;

/**
 * The operation that failed, and the entry if there was one.
 * @example
 * import { type ConsumerGroupErrorContext, createConsumerGroup, getRedis } from 'orgcache';
 * const onError = (error: unknown, { during, id }: ConsumerGroupErrorContext) => console.error(during, id, error);
 * const [client, handler] = [await getRedis(), async () => {}];
 * const group = createConsumerGroup({ client, stream: 'orders', group: 'billing', handler, onError });
 */
export interface ConsumerGroupErrorContext {
  during: 'create' | 'read' | 'claim' | 'handle' | 'acknowledge' | 'dead-letter' | 'stop';
  /** The id of the entry. */
  id?: string;
  /** Number of deliveries of the entry. */
  deliveries?: number;
}

/**
 * Options of {@link createConsumerGroup}.
 * @example
 * import { type ConsumerGroupOptions, createConsumerGroup, getRedis } from 'orgcache';
 * const options: ConsumerGroupOptions = {
 *   client: await getRedis(),
 *   stream: 'orders',
 *   group: 'billing',
 *   handler: async ({ fields }) => console.log(fields.total),
 * };
 * await createConsumerGroup(options).start();
 */
export interface ConsumerGroupOptions {
  /** The client, which its owner closes. The consumer reads on a duplicate of it. */
  client: StreamClient;
  /** The name of the stream, which is created if it is missing. */
  stream: string;
  /** The name of the group, which is created if it is missing. */
  group: string;
  /** Name of this consumer. The default is a unique name, which leaves the group with the consumer. */
  consumer?: string;
  /** Entries that are handled at once. Default 10. */
  concurrency?: number;
  /** Entries that one read asks for. Default: `concurrency`. */
  batchSize?: number;
  /** Milliseconds that a read waits for entries. Default 5000. */
  blockMs?: number;
  /** Milliseconds without a sign of its consumer after which an entry is delivered to another. Default 60000. */
  minIdleMs?: number;
  /** Deliveries without an acknowledgement after which an entry becomes a dead letter. Default 5. */
  maxDeliveries?: number;
  /** Default: `{stream}:dead`, braces included, or `stream:dead` if the name has a hash tag of its own. */
  deadLetterStream?: string;
  /** Where a new group begins: `$` with entries from then on, `0` with all entries, or after an id. */
  from?: string;
  /**
   * Resolves when the entry is done, which is then acknowledged. The signal aborts when a stop no longer
   * waits. `unknown`: the answer is awaited and dropped.
   */
  handler: (entry: StreamEntry, context: { signal: AbortSignal }) => unknown;
  /**
   * Called for every failure, the handler's too. No failure ends the consumer. `unknown`: a handler may throw any
   * value.
   */
  onError?: (error: unknown, context: ConsumerGroupErrorContext) => void;
  /** Stops the consumer when it aborts. */
  signal?: AbortSignalLike;
}

/**
 * The state of a consumer and its counters since its start, in entries.
 * @example
 * import type { ConsumerGroup, ConsumerGroupStats } from 'orgcache';
 * export function isIdle(group: ConsumerGroup): boolean {
 *   const { running, waiting }: ConsumerGroupStats = group.stats();
 *   return running + waiting === 0;
 * }
 */
export interface ConsumerGroupStats {
  state: 'idle' | 'starting' | 'running' | 'stopping' | 'stopped';
  /** The name of this consumer. */
  consumer: string;
  /** Entries that are being handled. */
  running: number;
  /** Entries that were delivered and wait for a handler. */
  waiting: number;
  /** Entries delivered for the first time. */
  read: number;
  /** Entries taken over from this or another consumer after `minIdleMs`. */
  claimed: number;
  /** Entries whose handler resolved. */
  handled: number;
  /** Entries whose handler failed, once for each failure. */
  failed: number;
  /** Entries that became dead letters. */
  deadLettered: number;
  /** Pending entries that were deleted from the stream before they were acknowledged. */
  deleted: number;
  /** Failures other than the handler's. */
  errors: number;
}

/**
 * One consumer of a consumer group on a stream.
 * @example
 * import { type ConsumerGroup, createConsumerGroup, getRedis } from 'orgcache';
 * const [client, handler] = [await getRedis(), async () => {}];
 * const group: ConsumerGroup = createConsumerGroup({ client, stream: 'orders', group: 'billing', handler });
 * await group.start();
 * await group.stop({ timeoutMs: 10_000 });
 */
export interface ConsumerGroup extends AsyncDisposable {
  /**
   * Creates the stream and the group if they are missing, and begins. Waits for a server that is away. Rejects with
   * the server's error, with the signal's reason, and with `E_CLOSED` after a stop.
   */
  start(): Promise<void>;
  /**
   * Stops reading, hands back entries that no handler has begun, and waits for the handlers: 5000 ms unless
   * `timeoutMs` says otherwise. `left` is the number of entries that a handler still had then. They stay pending.
   */
  stop(options?: { timeoutMs?: number }): Promise<{ left: number }>;
  /** The state and the counters of this consumer. */
  stats(): ConsumerGroupStats;
  /** Stops. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes one consumer of a consumer group. It sends nothing before `start()`. Each entry is given to the handler at
 * least once.
 * @throws {OrgCacheError} `E_CONFIG` for an option that is not allowed.
 * @example
 * import { createConsumerGroup, getRedis } from 'orgcache';
 * await using group = createConsumerGroup({
 *   client: await getRedis(),
 *   stream: 'orders',
 *   group: 'billing',
 *   handler: async ({ fields }) => console.log(fields.total),
 * });
 * await group.start();
 */
export function createConsumerGroup(options: ConsumerGroupOptions): ConsumerGroup;

export {};
