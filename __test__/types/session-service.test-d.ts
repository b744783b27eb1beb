import type { Sessions } from 'orgcache';
import service, {
  createSessionService,
  type sessionService as named,
  type SessionRecord,
  type SessionServiceStats,
} from 'orgcache/session-service';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function exactly<Expected>() {
  return <Actual>(_value: Actual, _same: Same<Actual, Expected>): void => {};
}

/** As middleware of express is declared, but for the types of request and response. */
type RequestHandler = (request: object, response: object, next: (error?: unknown) => void) => unknown;

export async function typed(): Promise<void> {
  exactly<typeof named>()(service, true);
  const device = { userAgent: 'a browser', ipAddress: '192.0.2.1' };
  const record = await service.createSession('u', { ttl: 60, secure: true, sameSite: 'strict' }, device);
  exactly<SessionRecord>()(record, true);
  exactly<SessionRecord | null>()(await service.getSession(record.sessionId), true);
  exactly<boolean>()(await service.updateSession({ ...record, metadata: { a: 1 } }), true);
  exactly<number>()(await service.deleteUserSessions('u'), true);
  exactly<SessionRecord[]>()(await service.getUserSessions('u'), true);
  exactly<SessionServiceStats>()(await service.getSessionStats(), true);
  exactly<'healthy' | 'unhealthy'>()((await service.healthCheck()).status, true);
  const room: Sessions = createSessionService({ legacyDb: 2 }).sessions;
  void room;
  const handler: RequestHandler = service.createMiddleware({ required: true });
  exactly<string>()(service.cookie(null, 'sid'), true);
  void handler;

  // @ts-expect-error: the device is the third argument
  await service.createSession('u', device);
  // @ts-expect-error: a record, not an id
  await service.updateSession('id', { metadata: {} });
  // @ts-expect-error: no such option
  createSessionService({ db: 2 });
}
