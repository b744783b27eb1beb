import stores from './express-session.js';

export const { SessionStore } = stores;
