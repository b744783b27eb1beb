// The checks that a server's own script makes of its session service and its rate limit service, with the imports of this
// package: each check by its name, and whether it passed.

import { rateLimitService } from 'orgcache/rate-limit-service';
import sessionService from 'orgcache/session-service';

const device = { userAgent: 'Test User Agent', ipAddress: '127.0.0.1' };
let session;

const CHECKS = {
  'Session Health Check': async () => {
    const { status, connected, stats } = await sessionService.healthCheck();
    return status === 'healthy' && connected && stats.totalActive === 0 && stats.memoryUsage > 0;
  },
  'Session Create': async () => {
    session = await sessionService.createSession('test-user', { ttl: 3600, secure: true }, device);
    return (
      session.sessionId.length > 0 &&
      session.userId === 'test-user' &&
      session.userAgent === device.userAgent &&
      session.ipAddress === device.ipAddress
    );
  },
  'Session Get': async () => (await sessionService.getSession(session.sessionId))?.userId === 'test-user',
  'Session Validate': async () => sessionService.validateSession(session.sessionId),
  'Session Metadata': async () => {
    const isUpdated = await sessionService.updateSessionMetadata(session.sessionId, { theme: 'dark' });
    return isUpdated && (await sessionService.getSession(session.sessionId)).metadata.theme === 'dark';
  },
  'Session Update': async () => {
    const read = await sessionService.getSession(session.sessionId);
    read.metadata.language = 'en';
    const isUpdated = await sessionService.updateSession(read);
    return isUpdated && (await sessionService.getSession(session.sessionId)).metadata.language === 'en';
  },
  'Session Extend': async () => {
    const isExtended = await sessionService.extendSession(session.sessionId, 7200);
    return isExtended && (await sessionService.getSession(session.sessionId)).expiresAt > session.expiresAt;
  },
  'Session List': async () => {
    const sessions = await sessionService.getUserSessions('test-user');
    return sessions.length === 1 && sessions[0].metadata.theme === 'dark';
  },
  'Session Stats': async () => {
    const { totalActive, totalExpired } = await sessionService.getSessionStats();
    return totalActive === 1 && totalExpired === 0;
  },
  'Session Delete': async () =>
    (await sessionService.deleteSession(session.sessionId)) &&
    (await sessionService.getSession(session.sessionId)) === null,
  'Session Delete All': async () => {
    const made = await Promise.all([1, 2, 3].map(() => sessionService.createSession('test-user')));
    const deleted = await sessionService.deleteUserSessions('test-user');
    const lives = await Promise.all(made.map(({ sessionId }) => sessionService.validateSession(sessionId)));
    return deleted === 3 && !lives.includes(true);
  },
  'Session Cleanup': async () => typeof (await sessionService.cleanupExpiredSessions()) === 'number',
  'Rate Limit Health Check': async () => {
    const { status, types } = await rateLimitService.healthCheck();
    return status === 'healthy' && types.includes('API_REQUESTS');
  },
  'Rate Limit Check': async () => {
    const { allowed, limit, remaining } = await rateLimitService.checkRateLimit('test-user', 'API_REQUESTS');
    return allowed && limit === 100 && remaining === 99;
  },
  'Rate Limit API': async () => (await rateLimitService.checkApiRateLimit('test-user')).allowed,
  'Rate Limit Login': async () => (await rateLimitService.checkLoginRateLimit('test-user')).limit === 5,
  'Rate Limit Exceeded': async () => {
    const results = [];
    for (let i = 0; i < 6; i += 1) results.push(await rateLimitService.checkLoginRateLimit('another-user'));
    return results.map(({ allowed }) => allowed).join() === 'true,true,true,true,true,false';
  },
  'Rate Limit Status': async () =>
    (await rateLimitService.getRateLimitStatus('another-user', 'LOGIN_ATTEMPTS')).current === 5,
  'Rate Limit Reset': async () =>
    (await rateLimitService.resetRateLimit('another-user', 'LOGIN_ATTEMPTS')) &&
    (await rateLimitService.checkLoginRateLimit('another-user')).allowed,
  'Rate Limit Custom': async () => {
    const config = { window: 60, max: 1 };
    const first = await rateLimitService.checkRateLimit('test-user', 'CUSTOM', config);
    const second = await rateLimitService.checkRateLimit('test-user', 'CUSTOM', config);
    return first.allowed && !second.allowed && second.retryAfter > 0;
  },
};

const results = {};
for (const [name, check] of Object.entries(CHECKS)) results[name] = await check();
console.log(`@report ${JSON.stringify(results)}`);
