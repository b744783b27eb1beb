// The public types, a file a room. `export *` and not a list of names: applications augment `RedisClient` and other
// interfaces with `declare module 'orgcache'`, and TypeScript merges that with what stars export.
import './types/disposable.js';

export * from './types/cache.js';
export * from './types/cache-entries.js';
export * from './types/cache-manager.js';
export * from './types/cache-queries.js';
export * from './types/cache-responses.js';
export * from './types/calls.js';
export * from './types/client/client.js';
export * from './types/client/events.js';
export * from './types/client/options.js';
export * from './types/client/pipelines.js';
export * from './types/client/scans.js';
export * from './types/client/values.js';
export * from './types/erasure.js';
export * from './types/errors.js';
export * from './types/events.js';
export * from './types/health.js';
export * from './types/instance.js';
export * from './types/lifecycle.js';
export * from './types/limiter.js';
export * from './types/manager.js';
export * from './types/metrics.js';
export * from './types/migration.js';
export * from './types/option-values.js';
export * from './types/options.js';
export * from './types/queue.js';
export * from './types/queue-events.js';
export * from './types/queue-numbers.js';
export * from './types/queue-schedules.js';
export * from './types/session.js';
export * from './types/streams.js';
export * from './types/topic.js';
