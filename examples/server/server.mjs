// A conversation server as teams run it: it was written for a cache layer in JavaScript, and the
// two imports below are all that changed when that layer was replaced. The Maps are older still:
// they were the cache before there was Redis, and are what remains when Redis goes away.

import express from 'express';
import cacheAdapter from 'orgcache/cacheAdapter';
import redisMigrationManager from 'orgcache/redis-migration';
import { answerError, answerUnknownRoute, RequestError, requireText } from './answers.mjs';
import { boardRoutes } from './board.mjs';
import { openLimits } from './limits.mjs';
import { createListener } from './listening.mjs';
import { mailRoutes, openMails } from './mails.mjs';
import { notificationRoutes, openTopics } from './notifications.mjs';
import { protectPage, servePage } from './page.mjs';
import { openSessions, sessionRoutes } from './sessions.mjs';

const BODY_LIMIT = '1mb';

export const legacyMaps = {
  conversationContexts: new Map(),
  conversationSummaries: new Map(),
  phoneToLeadMapping: new Map(),
  organizationCache: new Map(),
};

/** The Maps whose keys are made of an organization and a phone number. */
const PER_CONVERSATION_MAPS = [legacyMaps.conversationContexts, legacyMaps.conversationSummaries];

export function getConversationContextCached(organizationId, phoneNumber) {
  return redisMigrationManager.getConversationContext(
    organizationId,
    phoneNumber,
    legacyMaps.conversationContexts,
  );
}

export function setConversationContextCached(organizationId, phoneNumber, messages) {
  return redisMigrationManager.setConversationContext(
    organizationId,
    phoneNumber,
    messages,
    legacyMaps.conversationContexts,
  );
}

export function getConversationSummaryCached(organizationId, phoneNumber) {
  return redisMigrationManager.getConversationSummary(
    organizationId,
    phoneNumber,
    legacyMaps.conversationSummaries,
  );
}

export function setConversationSummaryCached(organizationId, phoneNumber, summary) {
  return redisMigrationManager.setConversationSummary(
    organizationId,
    phoneNumber,
    summary,
    legacyMaps.conversationSummaries,
  );
}

export function getPhoneToLeadMappingCached(phoneNumber) {
  return redisMigrationManager.getPhoneToLeadMapping(phoneNumber, legacyMaps.phoneToLeadMapping);
}

export function setPhoneToLeadMappingCached(phoneNumber, leadId) {
  return redisMigrationManager.setPhoneToLeadMapping(phoneNumber, leadId, legacyMaps.phoneToLeadMapping);
}

export function getOrganizationDataCached(organizationId) {
  return redisMigrationManager.getOrganizationData(organizationId, legacyMaps.organizationCache);
}

export function setOrganizationDataCached(organizationId, name) {
  return redisMigrationManager.setOrganizationData(organizationId, name, legacyMaps.organizationCache);
}

/** Forgets everything about one organization, in the Maps as well as in the cache. */
export async function clearOrganizationCached(organizationId) {
  // The Maps go first: a read that runs meanwhile would move what they hold back into the cache.
  for (const map of PER_CONVERSATION_MAPS) {
    for (const key of map.keys()) {
      if (redisMigrationManager.parseOrgKey(key).orgId === organizationId) map.delete(key);
    }
  }
  legacyMaps.organizationCache.delete(organizationId);
  return cacheAdapter.clearOrganizationCache(organizationId);
}

function legacyMapSizes() {
  return Object.fromEntries(Object.entries(legacyMaps).map(([name, map]) => [name, map.size]));
}

/** 202 says what a false means: the value is safe in this process, but Redis has not got it yet. */
function answerStored(response, stored) {
  response.status(stored ? 200 : 202).json({ stored });
}

function requireMessages(body) {
  const messages = body?.messages;
  const wellFormed =
    Array.isArray(messages) &&
    messages.every((message) => typeof message?.role === 'string' && typeof message.content === 'string');
  if (!wellFormed) {
    throw new RequestError('The field messages must be a list of objects with a role and a content.');
  }
  return messages;
}

function conversationRoutes() {
  const routes = express.Router({ mergeParams: true });

  routes.get('/', async ({ params }, response) => {
    const messages = await getConversationContextCached(params.orgId, params.phone);
    if (messages.length === 0) throw RequestError.notFound('No conversation is cached here.');
    response.json({ organizationId: params.orgId, messages });
  });

  routes.post('/', async ({ params, body }, response) => {
    const messages = requireMessages(body);
    answerStored(response, await setConversationContextCached(params.orgId, params.phone, messages));
  });

  routes.get('/summary', async ({ params }, response) => {
    const summary = await getConversationSummaryCached(params.orgId, params.phone);
    if (summary === null) throw RequestError.notFound('No summary is cached here.');
    response.json({ organizationId: params.orgId, summary });
  });

  routes.post('/summary', async ({ params, body }, response) => {
    const summary = body?.summary ?? null;
    if (summary === null) throw new RequestError('The field summary is missing.');
    answerStored(response, await setConversationSummaryCached(params.orgId, params.phone, summary));
  });

  return routes;
}

function organizationRoutes() {
  const routes = express.Router();

  routes.get('/:orgId', async ({ params }, response) => {
    const name = await getOrganizationDataCached(params.orgId);
    if (name === null) throw RequestError.notFound('This organization is not cached.');
    response.json({ organizationId: params.orgId, name });
  });

  routes.post('/:orgId', async ({ params, body }, response) => {
    const name = requireText(body, 'name');
    answerStored(response, await setOrganizationDataCached(params.orgId, name));
  });

  routes.delete('/:orgId/cache', async ({ params }, response) => {
    const cleared = (await clearOrganizationCached(params.orgId)) !== false;
    response.status(cleared ? 200 : 503).json({ cleared });
  });

  routes.use('/:orgId/conversations/:phone', conversationRoutes());
  return routes;
}

function leadRoutes() {
  const routes = express.Router();

  routes.get('/by-phone/:phone', async ({ params }, response) => {
    const leadId = await getPhoneToLeadMappingCached(params.phone);
    if (leadId === null) throw RequestError.notFound('No lead is cached for this number.');
    response.json({ leadId });
  });

  routes.post('/by-phone/:phone', async ({ params, body }, response) => {
    const leadId = requireText(body, 'leadId');
    answerStored(response, await setPhoneToLeadMappingCached(params.phone, leadId));
  });

  return routes;
}

function isHealthy({ adapter, redis }) {
  return adapter.status === 'healthy' && redis.status !== 'unhealthy' && redis.state === 'ready';
}

function operationsRoutes() {
  const routes = express.Router();

  // 200 also without Redis: this server still serves then, and must not be taken out of rotation. Once the
  // cache was shut down it does not, and the check fails as every call does, with 503.
  routes.get('/health', async (_request, response) => {
    const redis = await redisMigrationManager.healthCheck();
    response.json({
      status: isHealthy(redis) ? 'healthy' : 'degraded',
      timestamp: new Date().toISOString(),
      redis,
      cache: legacyMapSizes(),
    });
  });

  routes.get('/cache/stats', async (_request, response) => {
    const { isConnected, connectionAttempts, maxConnectionAttempts } = redisMigrationManager.redisManager;
    response.json({
      ...(await redisMigrationManager.getStats()),
      redisManager: { isConnected, connectionAttempts, maxConnectionAttempts },
      legacyMaps: legacyMapSizes(),
    });
  });

  return routes;
}

/** Tells pages of an organization that something has changed. Those that miss it show an old list until they look again. */
function teller(topics, topic) {
  return (organizationId) => topics.publish(topic, {}, { organizationId }).catch(() => {});
}

/** The page, and what it asks for: sessions, limits, notifications and mails. */
function pageRoutes({ sessions, limits, topics, mails }) {
  const routes = express.Router();
  routes.use(['/session', '/notifications', '/mails'], sessions.express());
  routes.use('/session', sessionRoutes({ sessions, limits, onChange: teller(topics, 'sessions') }));
  routes.use('/notifications', notificationRoutes({ sessions, limits, topics }));
  routes.use('/mails', mailRoutes({ sessions, limits, mails, onChange: teller(topics, 'mails') }));
  return routes;
}

function createApp(rooms) {
  const app = express();
  app.disable('x-powered-by');
  // How many proxies stand in front: without the number all visitors would have the address of the last one.
  app.set('trust proxy', Number(process.env.TRUSTED_PROXIES ?? 0));
  // Answers change with every message: hashing each one for an ETag would buy nothing.
  app.disable('etag');
  app.use(protectPage, servePage);
  app.use(express.json({ limit: BODY_LIMIT }));
  const [path, ...board] = boardRoutes(rooms.mails);
  app.use(path, rooms.sessions.express(), ...board);
  app.use('/api', pageRoutes(rooms));
  app.use('/api/organizations', organizationRoutes());
  app.use('/api/leads', leadRoutes());
  app.use('/api', operationsRoutes());
  app.use(answerUnknownRoute);
  app.use(answerError);
  return app;
}

/**
 * An HTTP server over the cache of this process. Closing it leaves the cache open: the cache
 * belongs to the process, which ends it with `shutdown()`. It also sends the mails that are queued, unless it is told not to.
 */
export function createServer({ sendsMails = true } = {}) {
  const topics = openTopics();
  const mails = openMails(teller(topics, 'mails'), sendsMails);
  const rooms = { sessions: openSessions(), limits: openLimits(), topics, mails };
  const app = createApp(rooms);
  const { listen, close: closeListener } = createListener(app);

  async function close() {
    const closed = closeListener();
    // First: what its handlers end is told to pages.
    await rooms.mails.close();
    // Streams would stay open for ever: the topics end them.
    await rooms.topics.close();
    await closed;
    await Promise.all([rooms.sessions.close(), rooms.limits.close()]);
  }

  return { app, listen, close };
}
