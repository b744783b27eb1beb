export { MaxRetriesPerRequestError } from 'orgcache/ioredis';
