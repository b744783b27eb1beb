export * from '../../types/ioredis/classes.js';
export { Redis as default } from '../../types/ioredis/classes.js';
