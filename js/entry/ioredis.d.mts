export * from '../ioredis/types.js';
export { Redis as default } from '../ioredis/types.js';
