export { Command as default } from 'orgcache/ioredis';
