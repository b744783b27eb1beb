// The board of bull-board over the queue, behind the login. Each organization sees its own jobs and no others.

import { createBullBoard } from '@bull-board/api';
import { ExpressAdapter } from '@bull-board/express';
import { QueueAdapter } from 'orgcache/bull-board';
import { RequestError } from './answers.mjs';

const PATH = '/board';

/** The board is a program of its own, with styles in its elements. It may load nothing from elsewhere either. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

function boardOf(queue, organizationId) {
  const serverAdapter = new ExpressAdapter().setBasePath(PATH);
  const displayName = `Mails of ${organizationId}`;
  const adapter = new QueueAdapter(queue.org(organizationId), { displayName });
  const uiConfig = { boardTitle: 'Mails', hideRedisDetails: true };
  createBullBoard({ queues: [adapter], serverAdapter, options: { uiConfig } });
  const app = serverAdapter.getRouter();
  app.disable('x-powered-by');
  return app;
}

/**
 * The board's own page knows no token. Browsers say where a request comes from, so what changes something must come from
 * a page of this server.
 */
function refuseOtherSites(request, _response, next) {
  const isOwn = request.method === 'GET' || request.get('sec-fetch-site') === 'same-origin';
  if (!isOwn)
    throw new RequestError('The request comes from another site.', { status: 403, code: 'E_TOKEN' });
  next();
}

function toLogin(request, response) {
  if (request.get('sec-fetch-mode') === 'navigate') return response.redirect(303, '/');
  throw new RequestError('Log in first.', { status: 401, code: 'E_SESSION' });
}

/** Middleware for requests that have a session. Whoever is not logged in is sent to the page. */
export function boardRoutes({ queue }) {
  // There are as many as organizations whose users have logged in.
  const boards = new Map();

  return [
    PATH,
    (request, response, next) => {
      if (!request.session?.userId) return toLogin(request, response);
      response.set({ 'Content-Security-Policy': CONTENT_SECURITY_POLICY, 'Cache-Control': 'no-store' });
      next();
    },
    refuseOtherSites,
    (request, response, next) => {
      const { organizationId } = request.session;
      if (!boards.has(organizationId)) boards.set(organizationId, boardOf(queue, organizationId));
      boards.get(organizationId)(request, response, next);
    },
  ];
}
