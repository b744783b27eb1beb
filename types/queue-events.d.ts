import type { AbortSignalLike } from '../index.js';

/**
 * Options of `queue.events()`.
 * @example
 * import { createQueue, type ReadEvents } from 'orgcache';
 * const options: ReadEvents = { from: '1764132000000-7', signal: AbortSignal.timeout(60_000) };
 * for await (const { event } of createQueue('mails').events(options)) console.log(event);
 */
export interface ReadEvents {
  /** The `id` of the last event that the reader has. It gets what came after it. Default: what comes from now on. */
  from?: string;
  /** Ends the reader when it aborts: its next call rejects with the reason. */
  signal?: AbortSignalLike | null;
}

/**
 * What all events of a queue have.
 * @example
 * import type { QueueEventPlace } from 'orgcache';
 * const isNewer = (one: QueueEventPlace, other: QueueEventPlace) => one.at > other.at;
 */
export interface QueueEventPlace {
  /** Its place: `from` of a reader that goes on behind it. */
  id: string;
  /** When it happened, by the clock of the server. */
  at: Date;
}

/**
 * The job of an event.
 * @example
 * import type { EventOfJob } from 'orgcache';
 * const line = ({ type, jobId, orgId }: EventOfJob) => `${type} ${jobId} of ${orgId ?? 'nobody'}`;
 */
export interface EventOfJob extends QueueEventPlace {
  jobId: string;
  /** Null where its record is gone. */
  type: string | null;
  /** Null: the global scope. */
  orgId: string | null;
}

/**
 * An event of a job that a worker had.
 * @example
 * import type { EventOfRun } from 'orgcache';
 * const tookMs = ({ at, startedAt }: EventOfRun) => at.getTime() - startedAt.getTime();
 */
export interface EventOfRun extends EventOfJob {
  /** The name of the worker. */
  worker: string;
  fence: number;
  startedAt: Date;
}

/**
 * An event of a queue. It has no data, result or error: `getJob` has them.
 * @example
 * import { createQueue, type QueueEvent } from 'orgcache';
 * const isOver = (event: QueueEvent) => event.event === 'completed' || event.event === 'dead';
 * for await (const event of createQueue('mails').events()) if (isOver(event)) console.log(event.at);
 */
export type QueueEvent =
  | (EventOfJob & { event: 'added' | 'rescheduled'; delayMs?: number })
  | (EventOfJob & { event: 'removed' | 'retried' })
  | (EventOfRun & { event: 'started' | 'completed' | 'dead'; attempt: number })
  | (EventOfRun & { event: 'retrying' | 'released'; attempt: number; delayMs: number })
  | (EventOfRun & { event: 'progress' | 'lost' | 'stalled' })
  /** A job that waited is gone then. The signal of one that runs aborts; only that one has a worker. */
  | (EventOfJob & Partial<EventOfRun> & { event: 'cancelled' })
  | QueueScopeEvent
  | QueueGap;

/**
 * An event of the whole queue, or of an organization.
 * @example
 * import type { QueueScopeEvent } from 'orgcache';
 * const isAll = ({ scope }: QueueScopeEvent) => scope === 'queue';
 */
export interface QueueScopeEvent extends QueueEventPlace {
  event: 'paused' | 'resumed' | 'obliterated';
  scope: 'queue' | 'organization';
  /** Null for the whole queue, and for the global scope. */
  orgId: string | null;
  jobId: null;
  type: null;
}

/**
 * Events before the next one may be missing: the reader was too slow, or nobody listened, or the server has lost some. Read the state anew.
 * @example
 * import { createQueue, type QueueGap } from 'orgcache';
 * const isGap = (event: { event: string }): event is QueueGap => event.event === 'gap';
 * const mails = createQueue('mails');
 * for await (const event of mails.events()) if (isGap(event)) console.log(await mails.counts());
 */
export interface QueueGap extends QueueEventPlace {
  event: 'gap';
}

/**
 * Events for `for await`. Leaving the loop, the signal, the close of the queue and a shutdown end it.
 * @example
 * import { createQueue, type QueueEvents } from 'orgcache';
 * const mails = createQueue('mails');
 * const events: QueueEvents = mails.events();
 * await events.ready();
 * await mails.add('welcome', { to: 'ada@mail.test' });
 * for await (const { event } of events) if (event === 'completed') break;
 */
export interface QueueEvents extends AsyncIterableIterator<QueueEvent>, AsyncDisposable {
  /** Resolves when events are written: what happens afterwards is told. While Redis is away it waits. */
  ready(): Promise<void>;
}
