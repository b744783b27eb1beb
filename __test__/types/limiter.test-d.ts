import {
  type AcquireDecision,
  type Check,
  createLimiter,
  type Decision,
  type Lease,
  type Limiter,
  type LimiterStats,
  type Policy,
  type PolicyState,
  readyPolicies,
} from 'orgcache';
import rateLimitService, {
  type rateLimitService as named,
  type RateLimitResult,
} from 'orgcache/rate-limit-service';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function exactly<Expected>() {
  return <Actual>(_value: Actual, _same: Same<Actual, Expected>): void => {};
}

const limiter = createLimiter({
  policies: { ...readyPolicies, uploads: { limit: 10, windowSeconds: 60, algorithm: 'gcra', burst: 2 } },
  secret: 'secret',
  bypass: (context: { isAdmin: boolean }) => context.isAdmin && 'admin',
});

/** As middleware of express is declared, but for the types of request and response. */
type RequestHandler = (request: object, response: object, next: (error?: unknown) => void) => unknown;

type Names = 'api' | 'login' | 'passwordReset' | 'registration' | 'uploads';

export async function use(request: { user: { id: string } }): Promise<void> {
  exactly<Limiter<Names>>()(limiter, true);
  const check: Check<Names> = { policy: 'uploads', kind: 'user', id: request.user.id };
  exactly<Decision<Names>>()(await limiter.consume(check), true);
  exactly<Decision<Names>>()(
    await limiter.consume([check, { policy: 'api', kind: 'device', id: 5n, organizationId: null, cost: 2 }], {
      context: request,
      signal: AbortSignal.timeout(5),
    }),
    true,
  );
  exactly<PolicyState<Names>>()(await limiter.peek(check), true);
  exactly<void>()(await limiter.refund(check), true);
  const { source } = await limiter.consume(check);
  exactly<void>()(await limiter.refund(check, { source }), true);
  // @ts-expect-error: a decision has no such source.
  await limiter.refund(check, { source: 'memory' });
  exactly<boolean>()(await limiter.reset(check), true);
  exactly<void>()(await limiter.block({ kind: 'ip', id: '192.0.2.1' }, 60, 'abuse'), true);
  exactly<boolean>()(await limiter.unblock({ kind: 'ip', id: '192.0.2.1' }), true);
  exactly<LimiterStats<Names>>()(limiter.stats(), true);
  limiter.update('login', { limit: 3 });
  const policy: Policy = limiter.policies().api;
  limiter.on('limited', ({ policy, kind }) => {
    exactly<Names>()(policy, true);
    exactly<string>()(kind, true);
  });
  const middleware: RequestHandler = limiter.express({ policies: ['api', 'login'] });
  const acquired = await limiter.acquire([check, { ...check, critical: true }], { context: request });
  exactly<AcquireDecision<Names>>()(acquired, true);
  await using lease = acquired.lease;
  exactly<Lease | null>()(lease, true);
  await limiter.close();
  await using closing = limiter;
  void [policy, middleware, closing];
}

export function mistakes(): void {
  // @ts-expect-error there is no such policy
  limiter.consume({ policy: 'apis', kind: 'user', id: 'u' });
  // @ts-expect-error an id is a text or a number
  limiter.consume({ policy: 'api', kind: 'user', id: {} });
  // @ts-expect-error a route names policies of the limiter
  limiter.express({ policies: 'apis' });
  // @ts-expect-error there is no such algorithm
  createLimiter({ policies: { a: { limit: 1, windowSeconds: 1, algorithm: 'leaky' } } });
  // @ts-expect-error there is no such period
  createLimiter({ policies: { a: { limit: 1, algorithm: 'calendar', period: 'week' } } });
  // @ts-expect-error a policy has a limit
  createLimiter({ policies: { a: { windowSeconds: 1 } } });
  // @ts-expect-error a check is critical or not
  limiter.acquire({ policy: 'api', kind: 'user', id: 'u', critical: 'yes' });
  // @ts-expect-error the event has another name
  limiter.on('limit', () => {});
}

export async function service(): Promise<void> {
  exactly<RateLimitResult>()(await rateLimitService.checkApiRateLimit('u'), true);
  exactly<typeof named>()(rateLimitService, true);
  const middleware: RequestHandler = rateLimitService.createMiddleware('API_REQUESTS', {
    window: 60,
    max: 5,
  });
  // @ts-expect-error a configuration has a window in seconds
  await rateLimitService.checkRateLimit('u', 'custom', { windowMs: 1000, max: 5 });
  void middleware;
}
