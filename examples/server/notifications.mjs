// Notifications to everybody of an organization, by server-sent events. A browser that was away gets what it has missed.

import express from 'express';
import { createTopics, topic } from 'orgcache';
import { requireText } from './answers.mjs';
import { requireToken, requireUser } from './sessions.mjs';

const LONGEST = 200;

export function openTopics() {
  return createTopics({
    topics: {
      /** The last 100 of an hour are kept, so that a browser can go on where it stopped. */
      notification: topic({ replay: 100, retainSeconds: 3600 }),
      /** Says only that mails of the organization have begun or ended. */
      mails: topic(),
      /** Says only that sessions of the organization have changed: each page asks for its own. */
      sessions: topic(),
    },
  });
}

export function notificationRoutes({ sessions, limits, topics }) {
  const routes = express.Router();

  // EventSource connects again and again, but not after a 204: who has logged out stays out.
  routes.get('/', async (request, response) => {
    const { session } = request;
    if (!session?.userId) return response.status(204).end();
    const { organizationId } = session;
    // Ends the stream with the session, wherever that is ended.
    const watched = sessions.watch(session.id);
    try {
      const streamed = {
        topics: ['notification', 'sessions', 'mails'],
        organizationId,
        until: watched.signal,
      };
      await topics.sse(request, response, streamed);
    } finally {
      watched.close();
    }
  });

  const readNotification = (request, _response, next) => {
    const text = requireText(request.body, 'text', LONGEST);
    request.notification = { from: request.session.userId, text, sentAt: new Date() };
    next();
  };

  const guards = [requireUser, requireToken(sessions), readNotification, limits.notifications];
  routes.post('/', guards, async ({ session, notification }, response) => {
    // The organization comes from the session, never from the request.
    const { organizationId } = session;
    const { id } = await topics.publish('notification', notification, { organizationId });
    response.status(201).json({ id });
  });

  return routes;
}
