export type {
  ChainableCommander,
  ClientContext,
  RedisCommander as default,
  RedisKey,
  RedisValue,
  Result,
} from 'orgcache/ioredis';
