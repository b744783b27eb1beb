import stores from './fastify-rate-limit.js';

export const { LimitStore } = stores;
