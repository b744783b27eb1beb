/** The calls that the callers of `load.mjs` make of the stores of session and rate limit libraries. */

/** A power of two, so that choosing a session costs one bit operation. */
const SESSION_COUNT = 1_024;
const SESSION_MASK = SESSION_COUNT - 1;
const COOKIE_MS = 3_600_000;

/** A minute's limit that is never reached: who is over it is refused without Redis. */
export const STORE_LIMIT = { limit: 1_000_000, windowMs: 60_000 };

/** How each operation is named in reports, and which of them a contender has. */
export const OPERATIONS = {
  'store-session-get': "Session of 300 B, get through express-session's interface",
  'store-session-touch': 'The same, get and touch, as a request that changes nothing does',
  'store-limit': "express-rate-limit's increment, new keys",
};
export const SESSIONS = ['store-session-get', 'store-session-touch'];
export const LIMITS = ['store-limit'];

let made = 0;

/** About 300 bytes of JSON, as express-session stores it. */
function sessionOf(index) {
  return {
    cookie: {
      originalMaxAge: COOKIE_MS,
      expires: new Date(Date.now() + COOKIE_MS).toISOString(),
      secure: true,
      httpOnly: true,
      path: '/',
      sameSite: 'lax',
    },
    userId: `user-${index}`,
    organizationId: `org-${index & 7}`,
    roles: ['member', 'editor'],
    csrf: 'k2v0b3c7m1x9z8a6',
    views: index,
  };
}

const called = (call) =>
  new Promise((resolve, reject) => call((error, answer) => (error ? reject(error) : resolve(answer))));

export function storeWorkload(client, { operation }) {
  const ids = Array.from({ length: SESSION_COUNT }, (_, index) => `bench-session-${index}`);
  const get = (index) => called((done) => client.store.get(ids[index & SESSION_MASK], done));
  const verify = (session) => {
    if (session?.roles?.length !== 2) throw new Error('a session was not the one that was stored');
  };
  const prepare = () =>
    Promise.all(ids.map((id, index) => called((done) => client.store.set(id, sessionOf(index), done))));
  switch (operation) {
    case 'store-session-get':
      return { prepare, invoke: get, verify };
    case 'store-session-touch':
      return {
        prepare,
        async invoke(index) {
          const session = await get(index);
          session.cookie.expires = new Date(Date.now() + COOKIE_MS).toISOString();
          await called((done) => client.store.touch(ids[index & SESSION_MASK], session, done));
          return session;
        },
        verify,
      };
    case 'store-limit': {
      const own = `${process.pid}-store`;
      return {
        async prepare() {},
        invoke: () => client.increment(`${own}-${made++}`),
        verify({ totalHits }) {
          if (totalHits !== 1) throw new Error(`the first call of a key was counted as ${totalHits}`);
        },
      };
    }
    default:
      throw new Error(`There is no workload named '${operation}'.`);
  }
}
