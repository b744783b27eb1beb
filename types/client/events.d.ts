import type { CallOptions } from '../calls.js';
import type { OrgCacheError } from '../errors.js';
import type { RedisBuffer } from './values.js';

/**
 * The state of a client, in ioredis's words. `wait`: nothing has connected yet.
 * @example
 * import { getRedis, type RedisStatus } from 'orgcache';
 * const status: RedisStatus = (await getRedis()).status;
 */
export type RedisStatus = 'wait' | 'connecting' | 'ready' | 'reconnecting' | 'end' | 'monitoring';

/**
 * The period in which messages may have been missed, in milliseconds of the Unix epoch.
 * @example
 * import { getRedis, type RedisGap } from 'orgcache';
 * const report = ({ channels, since, until }: RedisGap) => console.log(channels, `${until - since} ms`);
 * (await getRedis()).on('gap', report);
 */
export interface RedisGap {
  /** The channels that were subscribed to. */
  readonly channels: readonly string[];
  /** When the connection was lost. */
  readonly since: number;
  /** When the subscriptions were made again. */
  readonly until: number;
}

/**
 * The events of a client by name, each with the arguments of its listeners.
 * @example
 * import { getRedis, type RedisClientEvents } from 'orgcache';
 * const onMessage = (...[channel, message]: RedisClientEvents['message']) => console.log(channel, message);
 * (await getRedis()).on('message', onMessage);
 */
export interface RedisClientEvents {
  /** A connection attempt begins: the first one, and one after each `reconnecting`. */
  connecting: [];
  /** The server was reached; `ready` follows at once. */
  connect: [];
  /** Commands reach the server. */
  ready: [];
  /** A listener is optional. */
  error: [error: OrgCacheError];
  /** A connection was lost or closed; `reconnecting` or `end` follows. */
  close: [];
  /** The client waits before it connects again. */
  reconnecting: [];
  /** The client was closed, or gave up. */
  end: [];
  /** A duplicate has selected another database. */
  select: [database: number];
  /**
   * An event of the client that `monitor()` gives: time, arguments of the command, its client's address and
   * database.
   */
  monitor: [time: string, args: string[], source: string, database: string];
  /** A message of a subscribed channel. */
  message: [channel: string, message: string];
  /** The same as Buffers. */
  messageBuffer: [channel: RedisBuffer, message: RedisBuffer];
  /** A message of a channel that matches a subscribed pattern. */
  pmessage: [pattern: string, channel: string, message: string];
  /** The same, channel and message as Buffers. */
  pmessageBuffer: [pattern: string, channel: RedisBuffer, message: RedisBuffer];
  /** A message of a subscribed channel of a shard. */
  smessage: [channel: string, message: string];
  /** The same as Buffers. */
  smessageBuffer: [channel: RedisBuffer, message: RedisBuffer];
  /** The connection of the subscriptions was lost and made again. */
  gap: [event: RedisGap];
  /** A reader of the method `messages` of a client is too slow: messages were dropped. */
  slow: [event: { readonly channel: string; readonly maxBytes: number }];
}

/**
 * A message of a channel, as the method `messages` of a client gives it.
 * @example
 * import { getRedis, type RedisMessage } from 'orgcache';
 * const show = ({ channel, message }: RedisMessage) => console.log(channel, message);
 * for await (const message of (await getRedis()).messages('news')) show(message);
 */
export interface RedisMessage {
  readonly channel: string;
  readonly message: string;
  /** Number of messages that were dropped before this one because their reader was too slow. */
  readonly dropped: number;
}

/**
 * The messages of a channel for `for await`. Leaving the loop ends the subscription.
 * @example
 * import { getRedis, type RedisMessages } from 'orgcache';
 * const messages: RedisMessages = (await getRedis()).messages('news');
 * await messages.ready();
 * for await (const { message } of messages) console.log(message);
 */
export interface RedisMessages extends AsyncIterableIterator<RedisMessage>, AsyncDisposable {
  /** Resolves when the server has confirmed the subscription. */
  ready(): Promise<void>;
  /** Ends the subscription, as leaving the loop does too. */
  return(): Promise<IteratorResult<RedisMessage>>;
  /** Same as `return()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Options of the method `messages` of a client.
 * @example
 * import { getRedis, type MessagesOptions } from 'orgcache';
 * const options: MessagesOptions = { maxBytes: 64 * 1024, signal: AbortSignal.timeout(60_000) };
 * for await (const { message } of (await getRedis()).messages('news', options)) console.log(message);
 */
export interface MessagesOptions extends CallOptions {
  /** Bytes that may wait for the reader, default 1 MiB. Beyond that the oldest messages are dropped. */
  maxBytes?: number;
}
