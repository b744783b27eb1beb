export type { Callback, NetStream, ScanStreamOptions } from 'orgcache/ioredis';
