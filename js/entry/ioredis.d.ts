export * from '../ioredis/types.js';
export { default } from '../ioredis/types.js';
