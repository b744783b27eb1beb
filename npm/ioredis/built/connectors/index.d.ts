export { AbstractConnector } from 'orgcache/ioredis';
