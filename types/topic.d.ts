import type { AbortSignalLike, OrganizationId } from '../index.js';

/**
 * Options of {@link topic}. Numbers are whole.
 * @example
 * import type { TopicOptions } from 'orgcache';
 * const options: TopicOptions = { replay: 1000, retainSeconds: 3600 };
 */
export interface TopicOptions {
  /**
   * So many of the latest messages are kept for each organization and user, so that a reader which was away gets them; up to
   * 1,000,000. Redis may keep about a hundred more. Without it nothing is kept: a reader gets what comes while it reads.
   */
  replay?: number;
  /** Kept messages go after this time; 30 days at most. Only with `replay`. Default 3600. */
  retainSeconds?: number;
}

/**
 * A topic, as {@link topic} makes it, and the type of its messages.
 * @example
 * import { topic, type Topic } from 'orgcache';
 * const trades: Topic<{ price: number }> = topic({ replay: 1000 });
 */
export interface Topic<Payload> extends Readonly<TopicOptions> {
  /** Is there for the types alone. */
  readonly payloadType?: Payload;
}

/**
 * Says what the messages of a topic are, and whether they are kept. For the options of {@link createTopics}.
 * `unknown`: what is published without a type may be any JSON.
 * @example
 * import { topic } from 'orgcache';
 * const trades = topic<{ price: number }>({ replay: 1000, retainSeconds: 3600 });
 * console.log(trades.replay); // => 1000
 */
export function topic<Payload = unknown>(options?: TopicOptions): Topic<Payload>;

/**
 * The messages of a topic.
 * @example
 * import type { PayloadOf, Topic } from 'orgcache';
 * const price: PayloadOf<Topic<{ price: number }>> = { price: 1 };
 */
export type PayloadOf<Made> = Made extends Topic<infer Payload> ? Payload : never;

/**
 * `any`: each topic has messages of its own type. Topics by their names: 1 to 64 letters, digits, hyphens, dots or underscores; not `error`, `open` or `reset`.
 * @example
 * import { topic, type TopicMap } from 'orgcache';
 * const topics: TopicMap = { 'trade.updated': topic({ replay: 1000 }), system: topic() };
 */
export type TopicMap = Record<string, Topic<any>>;

/**
 * Options of {@link createTopics}.
 * @example
 * import { topic, type TopicsOptions } from 'orgcache';
 * const options: TopicsOptions = { topics: { system: topic() }, maxBytes: 16_384 };
 */
export interface TopicsOptions<Made extends TopicMap = TopicMap> {
  /** Each topic by its name; 1 to 1000. */
  topics: Made;
  /** Bytes of a message as JSON; 1 MiB at most. Default 65,536. */
  maxBytes?: number;
}

/**
 * Whose messages they are. Two organizations never share a channel, and neither do two users; messages of an organization
 * reach readers of the organization, and not those of one of its users.
 * @example
 * import type { TopicScope } from 'orgcache';
 * const whose: TopicScope = { organizationId: 'org-1', userId: 'u-7' };
 */
export interface TopicScope {
  /** Default: of no organization. */
  organizationId?: OrganizationId;
  /** Default: of no single user. */
  userId?: string | number;
}

/**
 * Options of `publish`.
 * @example
 * import type { PublishOptions } from 'orgcache';
 * const options: PublishOptions = { organizationId: 'org-1', id: 'order-17:paid', journal: true };
 */
export interface PublishOptions extends TopicScope {
  /**
   * A name of the message, 1 to 1024 bytes. While it is kept, a message of this name is published once: the promise then has
   * the `id` of the first. Only with `replay`.
   */
  id?: string;
  /** While Redis is away, the message waits in the journal. Only with `replay`. Default false: `publish` rejects. */
  journal?: boolean;
  /** The promise rejects when it aborts. The message may be published all the same. */
  signal?: AbortSignalLike;
}

/**
 * Options of `subscribe`.
 * @example
 * import type { SubscribeOptions } from 'orgcache';
 * const options: SubscribeOptions = { organizationId: 'org-1', after: '1700000000000-0' };
 */
export interface SubscribeOptions extends TopicScope {
  /** The `id` of the last message that the reader has. `0-0`: all that are kept. Default: what comes from now on. */
  after?: string | null;
  /**
   * Bytes that may wait for the reader. Beyond it a topic with `replay` reads on in what is kept, and another one drops the
   * oldest. Default 1,048,576.
   */
  maxBytes?: number;
  /** Ends the subscription; the loop throws its reason. */
  signal?: AbortSignalLike;
}

/**
 * Options of `history`.
 * @example
 * import type { HistoryOptions } from 'orgcache';
 * const options: HistoryOptions = { organizationId: 'org-1', limit: 20 };
 */
export interface HistoryOptions extends TopicScope {
  /** Answers the first messages behind the one with this `id`. Default: the latest messages. */
  after?: string | null;
  /** Up to 10,000. Default 100. */
  limit?: number;
  /** The promise rejects when it aborts. */
  signal?: AbortSignalLike;
}

/**
 * Options of `sse`.
 * @example
 * import type { SseOptions } from 'orgcache';
 * const options: SseOptions = { topics: ['system'], organizationId: 'org-1', heartbeatSeconds: 30 };
 */
export interface SseOptions<Name extends string = string> extends TopicScope {
  /** The topics that the response streams. */
  topics: readonly Name[];
  /** A comment is sent so often, so that no proxy closes a silent connection. Default 15. */
  heartbeatSeconds?: number;
  /** The connection of a client that does not read is ended beyond so many bytes. Default 1,048,576. */
  maxBufferedBytes?: number;
  /** Ends the response when it aborts: the signal of `sessions.watch(id)`. */
  until?: AbortSignalLike;
}

/**
 * A message as a reader gets it.
 * @example
 * import type { TopicMessage } from 'orgcache';
 * const show = ({ payload, reset }: TopicMessage<{ price: number }>) => console.log(payload.price, reset);
 */
export interface TopicMessage<Payload> {
  topic: string;
  /** Its place in what is kept, for `after`. Null in a topic that keeps nothing. */
  id: string | null;
  payload: Payload;
  /** When it was published, by Redis's clock. In a topic that keeps nothing: when it arrived here. */
  at: Date;
  /** Messages that were dropped before it, because the reader was slow. */
  dropped: number;
  /**
   * Messages before it may be missing: what the reader has should be fetched anew. `trimmed`: some are no longer kept.
   * `unknown`: the connection was lost in a topic that keeps nothing, or Redis has lost what it kept.
   */
  reset?: 'trimmed' | 'unknown';
}

/**
 * The messages of a topic, for `for await`. Leaving the loop ends the subscription.
 * @example
 * import type { TopicSubscription } from 'orgcache';
 * async function first(messages: TopicSubscription<string>) {
 *   for await (const { payload } of messages) return payload;
 * }
 */
export interface TopicSubscription<Payload> extends AsyncIterable<TopicMessage<Payload>>, AsyncDisposable {
  /** The subscription itself. */
  [Symbol.asyncIterator](): TopicSubscription<Payload>;
  /** Resolves when the server has confirmed the subscription. Reading waits for it by itself. */
  ready(): Promise<void>;
  /** The next message. */
  next(): Promise<IteratorResult<TopicMessage<Payload>, undefined>>;
  /** Ends the subscription. */
  return(): Promise<IteratorReturnResult<undefined>>;
}

/**
 * The request of a stream of events: `http.IncomingMessage`, that of Express, or something that has one as `raw`.
 * @example
 * import type { SseRequest } from 'orgcache';
 * const placeOf = (request: SseRequest) => 'headers' in request && request.headers['last-event-id'];
 */
export type SseRequest =
  | {
      readonly headers: Readonly<Record<string, string | string[] | undefined>>;
      readonly url?: string | undefined;
    }
  | { readonly raw: SseRequest };

/**
 * The response of a stream of events: `http.ServerResponse`, that of Express, or something that has one as `raw`.
 * @example
 * import type { SseResponse } from 'orgcache';
 * const isRaw = (response: SseResponse) => !('raw' in response);
 */
export type SseResponse =
  | {
      /** Is called before the head is sent. */
      removeHeader(name: string): void;
      /** Sends the head. */
      writeHead(status: number, headers?: Record<string, string>): { end(): void };
      /** Answers false where the caller is to wait for `drain`. */
      write(chunk: Uint8Array): boolean;
      /** Ends the response. */
      end(): void;
      /** Ends the connection. */
      destroy(): void;
      /** Adds a listener. */
      on(event: string, listener: () => void): void;
      /** Removes a listener. */
      off(event: string, listener: () => void): void;
      readonly destroyed: boolean;
      readonly writableLength: number;
    }
  | { readonly raw: SseResponse };

/**
 * What became of the messages of one topic, in this process.
 * @example
 * import type { TopicCounts } from 'orgcache';
 * const lost = ({ dropped, reset }: TopicCounts) => dropped + reset > 0;
 */
export interface TopicCounts {
  readonly published: number;
  /** Had been published before with the same `id`. */
  readonly repeated: number;
  /** Went to the journal. */
  readonly journalled: number;
  /** `publish` rejected. */
  readonly failed: number;
  /** Reached a reader. */
  readonly delivered: number;
  /** Were read from what is kept. */
  readonly replayed: number;
  /** Were dropped because a reader was slow. */
  readonly dropped: number;
  /** Times that messages may have been missed. */
  readonly reset: number;
  /** Responses that were ended because their clients did not read. */
  readonly slow: number;
  /** Were no JSON. */
  readonly damaged: number;
}

/**
 * What `stats` of topics answers.
 * @example
 * import type { TopicsStats } from 'orgcache';
 * const isRead = ({ readers }: TopicsStats) => readers > 0;
 */
export interface TopicsStats<Name extends string = string> {
  /** Channels that are subscribed. */
  readonly channels: number;
  readonly readers: number;
  /** Topics of one name of an instance are counted together. */
  readonly topics: Record<Name, TopicCounts>;
}

/**
 * Topics of an application, as {@link createTopics} makes them.
 * @example
 * import { createTopics, topic } from 'orgcache';
 * const topics = createTopics({ topics: { greetings: topic<string>({ replay: 10 }) } });
 * const { id } = await topics.publish('greetings', 'hello', { organizationId: 'org-1' });
 */
export interface Topics<Made extends TopicMap = TopicMap> extends AsyncDisposable {
  /**
   * Sends a message to all readers of the topic, the organization and the user, in all processes. The promise has its `id`;
   * null in a topic that keeps nothing, and for a message that waits in the journal. Rejects with `E_CONNECT` while Redis is
   * away, and with `E_VALUE_TOO_LARGE`, `E_SERIALIZE` or `E_POLICY`.
   */
  publish<Name extends keyof Made & string>(
    name: Name,
    payload: PayloadOf<Made[Name]>,
    options?: PublishOptions,
  ): Promise<{ id: string | null }>;
  /**
   * Reads messages as they come. In a topic with `replay` nothing is lost or doubled while it is kept, whatever becomes of
   * connections.
   */
  subscribe<Name extends keyof Made & string>(
    name: Name,
    options?: SubscribeOptions,
  ): TopicSubscription<PayloadOf<Made[Name]>>;
  /** Messages that are kept, oldest first. Only with `replay`. */
  history<Name extends keyof Made & string>(
    name: Name,
    options?: HistoryOptions,
  ): Promise<TopicMessage<PayloadOf<Made[Name]>>[]>;
  /**
   * Streams topics to a browser's `EventSource` as `text/event-stream`, from where it stopped. Takes the request and response
   * of Node's `http`, of Express, or those of Fastify after `reply.hijack()`. The promise resolves when the response has
   * ended. It rejects before anything is sent: `E_CONNECT` while Redis is away, `E_KEY` for a place that is none.
   */
  sse(request: SseRequest, response: SseResponse, options: SseOptions<keyof Made & string>): Promise<void>;
  /** Counts of this process. */
  stats(): TopicsStats<keyof Made & string>;
  /** Ends all subscriptions and responses, and waits for calls under way. */
  close(): Promise<void>;
}

/**
 * Notifications: messages of topics to all processes, by organization and user.
 * @example
 * import { createTopics, topic } from 'orgcache';
 * const topics = createTopics({
 *   topics: { 'trade.updated': topic<{ price: number }>({ replay: 1000 }), system: topic<string>() },
 * });
 * for await (const { payload } of topics.subscribe('trade.updated', { organizationId: 'org-1' })) {
 *   console.log(payload.price);
 * }
 */
export function createTopics<Made extends TopicMap>(options: TopicsOptions<Made>): Topics<Made>;
