export { Redis as default } from 'orgcache/ioredis';
