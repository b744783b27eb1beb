export { ScanStream as default } from 'orgcache/ioredis';
