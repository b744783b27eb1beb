export * from '../../types/ioredis/classes.js';
export { default } from '../../types/ioredis/classes.js';
