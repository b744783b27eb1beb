export * from 'orgcache/ioredis/built/utils';
