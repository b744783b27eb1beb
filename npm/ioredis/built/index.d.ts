export * from 'orgcache/ioredis';
export { default } from 'orgcache/ioredis';
