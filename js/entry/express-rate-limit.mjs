import stores from './express-rate-limit.js';

export const { LimitStore } = stores;
