export { Pipeline as default } from 'orgcache/ioredis';
