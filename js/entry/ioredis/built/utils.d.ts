export * from '../../../../types/ioredis/utils.js';
