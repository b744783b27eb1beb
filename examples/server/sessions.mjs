// Logging in and out. Every visitor has a session, whose token all later POSTs must carry. A login gives the session a new id.

import express from 'express';
import { createSessions } from 'orgcache';
import { RequestError, requireText } from './answers.mjs';
import { secretFrom } from './secrets.mjs';
import { loadUsers } from './users.mjs';

const MOST_SESSIONS = 20;
/** A visitor who does not log in is forgotten soon. */
const VISIT_SECONDS = 600;

export function openSessions() {
  return createSessions({
    secret: secretFrom('SESSION_SECRET'),
    maxPerUser: MOST_SESSIONS,
    // Only for HTTP on this machine. In production the cookie is `__Host-id`, which browsers send over TLS alone.
    cookie: { insecure: process.env.NODE_ENV !== 'production' },
  });
}

export function requireUser({ session }, _response, next) {
  if (!session?.userId) throw new RequestError('Log in first.', { status: 401, code: 'E_SESSION' });
  next();
}

/** Refuses a POST that no page of this server has sent: other sites do not know the token. */
export function requireToken(sessions) {
  return (request, _response, next) => {
    const { session } = request;
    if (session && sessions.verifyCsrf(session.id, request.get('x-csrf-token') ?? '')) return next();
    throw new RequestError('The token is missing or old.', { status: 403, code: 'E_TOKEN' });
  };
}

function readCredentials(request, _response, next) {
  const [organizationId, userId, password] = ['organization', 'user', 'password'].map((field) =>
    requireText(request.body, field),
  );
  request.credentials = { organizationId, userId, password };
  next();
}

/** What a page may know. The id stays in the cookie, which no script can read. */
function shown({ ref, userId, organizationId, userAgent, ...session }) {
  const { createdAt, authenticatedAt, seenAt, idleEndsAt, endsAt } = session;
  return { ref, userId, organizationId, userAgent, createdAt, authenticatedAt, seenAt, idleEndsAt, endsAt };
}

/** @param {(organizationId: string) => void} onChange Called when a session of an organization has begun or ended. */
export function sessionRoutes({ sessions, limits, onChange }) {
  const isPassword = loadUsers();
  const routes = express.Router();
  routes.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });

  const setCookie = (response, session) => response.append('Set-Cookie', sessions.cookie(session));
  const answer = (response, session) =>
    response.json({ session: shown(session), csrfToken: sessions.csrfToken(session.id) });

  routes.get('/', limits.visits, async (request, response) => {
    if (request.session) return answer(response, request.session);
    const userAgent = request.get('user-agent');
    const session = await sessions.create({ userAgent, ip: request.ip, idleSeconds: VISIT_SECONDS });
    setCookie(response, session);
    answer(response, session);
  });

  routes.post('/*path', requireToken(sessions));

  // The limits come first: a guess that is refused costs no hash.
  routes.post('/login', readCredentials, limits.logins, async ({ session, credentials }, response) => {
    if (!(await (await isPassword)(credentials))) {
      throw new RequestError('User or password is wrong.', { status: 401, code: 'E_LOGIN' });
    }
    const { userId, organizationId } = credentials;
    // The old id ends at once, so an id that somebody planted before the login opens nothing after it.
    const login = await sessions.rotate(session.id, { userId, organizationId, authenticated: true });
    onChange(organizationId);
    setCookie(response, login);
    answer(response, login);
  });

  routes.use(requireUser);

  routes.get('/all', async ({ session }, response) => {
    const { userId, organizationId, ref } = session;
    const all = await sessions.list(userId, { organizationId });
    response.json({ sessions: all.map((one) => ({ ...shown(one), isThis: one.ref === ref })) });
  });

  routes.post('/logout', async ({ session }, response) => {
    await sessions.destroy(session.id);
    onChange(session.organizationId);
    setCookie(response, null).sendStatus(204);
  });

  routes.post('/logout-everywhere', async ({ session }, response) => {
    const { userId, organizationId } = session;
    await sessions.destroyAll(userId, { organizationId });
    onChange(organizationId);
    setCookie(response, null).sendStatus(204);
  });

  routes.post('/end', async ({ session, body }, response) => {
    const { userId, organizationId } = session;
    const ref = requireText(body, 'ref');
    const own = await sessions.list(userId, { organizationId });
    if (!own.some((one) => one.ref === ref)) throw RequestError.notFound('You have no such session.');
    await sessions.destroy(ref);
    onChange(organizationId);
    response.sendStatus(204);
  });

  return routes;
}
