import stores from './fastify-session.js';

export const { SessionStore } = stores;
