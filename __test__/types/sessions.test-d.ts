import {
  createSessions,
  type Session,
  type SessionCount,
  type SessionInfo,
  type SessionStats,
  type Sessions,
} from 'orgcache';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function exactly<Expected>() {
  return <Actual>(_value: Actual, _same: Same<Actual, Expected>): void => {};
}

interface Cart {
  cart: string[];
  theme?: 'dark' | 'light';
}

const sessions = createSessions<Cart>({ secret: ['a', 'b'], cookie: { sameSite: 'strict' } });

/** As middleware of express is declared, but for the types of request and response. */
type RequestHandler = (request: object, response: object, next: (error?: unknown) => void) => unknown;

export async function typed(): Promise<void> {
  exactly<Sessions<Cart>>()(sessions, true);
  const session = await sessions.create({ userId: 'u', data: { cart: [] } });
  exactly<Session<Cart>>()(session, true);
  exactly<string[]>()(session.data.cart, true);
  exactly<string | undefined>()(session.renewedId, true);
  exactly<Session<Cart> | null>()(await sessions.get(session.id, { touch: false }), true);
  const { reason } = await sessions.check(session.id);
  exactly<'ok' | 'malformed' | 'unknown' | 'mismatch'>()(reason, true);
  await sessions.update(session.id, { theme: undefined });
  await sessions.update(session.id, (data) => ({ ...data, theme: 'dark' }), { ifVersion: session.version });
  exactly<'destroyed' | 'absent' | 'journalled'>()(await sessions.destroy(session.ref), true);
  exactly<SessionInfo<Cart>[]>()(await sessions.list('u', { limit: 5, data: true }), true);
  exactly<boolean>()(await sessions.extend(session.id, { absoluteSeconds: 60 }), true);
  exactly<SessionCount>()(await sessions.count({ drop: true }), true);
  exactly<SessionStats>()(await sessions.stats(), true);
  exactly<{ users: number }>()(
    await sessions.destroyOrganization('o', { signal: AbortSignal.timeout(5) }),
    true,
  );
  const handler: RequestHandler = sessions.express({ property: 'login' });
  sessions.on('evicted', ({ ref }) => exactly<string | null>()(ref, true)).on('degraded', () => handler);

  // @ts-expect-error: the data has another shape
  await sessions.create({ data: { cart: 1 } });
  // @ts-expect-error: an id is never given
  await sessions.create({ id: 'x' });
  // @ts-expect-error: no such key
  await sessions.update(session.id, { colour: 'red' });
  // @ts-expect-error: no such word
  createSessions({ secret: 'x', onRedisDown: 'open' });
  // @ts-expect-error: no such event
  sessions.on('creation', () => {});
  const untyped = await createSessions().create({ data: { anything: 1 } });
  exactly<Record<string, unknown>>()(untyped.data, true);
}
