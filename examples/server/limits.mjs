// How often what may be done, by user, by address and by organization. The numbers are small, so that a person reaches them.

import { createLimiter } from 'orgcache';
import { secretFrom } from './secrets.mjs';

const POLICIES = {
  /** New sessions of an address. */
  visits: { limit: 60, windowSeconds: 60 },
  /** Attempts to log in as one user, from wherever they come. */
  logins: { limit: 5, windowSeconds: 60, algorithm: 'log' },
  /** Logins and notifications of an address, whoever it claims to be. */
  address: { limit: 20, windowSeconds: 60, algorithm: 'log' },
  /** Notifications of a user: five at once, then one every three seconds. */
  user: { limit: 20, windowSeconds: 60, algorithm: 'gcra', burst: 5 },
  /** Mails of a user. */
  mails: { limit: 30, windowSeconds: 60, algorithm: 'log' },
  /** Notifications of all users of an organization together. */
  organization: { limit: 10, windowSeconds: 60, algorithm: 'log' },
};

/** The limiter, and middleware for four kinds of requests. All limits of a request are one decision: all count it, or none. */
export function openLimits() {
  const limiter = createLimiter({ policies: POLICIES, secret: secretFrom('LIMIT_SECRET') });
  const address = ({ ip }) => ({ policy: 'address', kind: 'ip', id: ip });

  const visits = limiter.express({
    policies: 'visits',
    identify: ({ ip }) => [{ kind: 'ip', id: ip }],
    bypass: ({ session }) => session && 'the visitor has a session',
  });

  const logins = limiter.express({
    policies: ['logins', 'address'],
    identify(request) {
      const { userId, organizationId } = request.credentials;
      return [{ policy: 'logins', kind: 'user', id: userId, organizationId }, address(request)];
    },
  });

  const notifications = limiter.express({
    policies: ['user', 'organization', 'address'],
    identify(request) {
      const { userId, organizationId } = request.session;
      return [
        { policy: 'user', kind: 'user', id: userId, organizationId },
        { policy: 'organization', kind: 'organization', id: organizationId, organizationId },
        address(request),
      ];
    },
  });

  const mails = limiter.express({
    policies: 'mails',
    identify: ({ session: { userId, organizationId } }) => [{ kind: 'user', id: userId, organizationId }],
  });

  return { visits, logins, notifications, mails, close: () => limiter.close() };
}
