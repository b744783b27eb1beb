import type { RedisOptions } from 'orgcache/ioredis';

export type {
  CommonRedisOptions,
  ReconnectOnError,
  RedisOptions,
  RetryStrategy,
} from 'orgcache/ioredis';
export const DEFAULT_REDIS_OPTIONS: RedisOptions;
