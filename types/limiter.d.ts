import type { AbortSignalLike, OrganizationId } from '../index.js';

/**
 * How a policy counts. Windows are measured by the clock of Redis.
 *
 * - `sliding`: the calls of this window, and of the last one in proportion to its part that a sliding window still
 *   covers. Two numbers an identifier, whatever the limit.
 * - `log`: the time of each call. Exact: never more than `limit` in any `windowSeconds`. `limit` is 1000 at most.
 * - `gcra`: a bucket of `burst` calls that refills evenly, by `limit` in `windowSeconds`.
 * - `fixed`: a window that opens with the first admitted call. Up to twice `limit` pass around its end.
 * - `calendar`: an hour, a day or a month of UTC (`period`). Exact: never more than `limit` in one. For quotas.
 * - `concurrency`: calls that are under way at the same time. `acquire` gives each a lease, which is released when it ends.
 *   `limit` is 10,000 at most.
 * @example
 * import type { LimitAlgorithm } from 'orgcache';
 * const algorithm: LimitAlgorithm = 'log';
 */
export type LimitAlgorithm = 'sliding' | 'log' | 'gcra' | 'fixed' | 'calendar' | 'concurrency';

/**
 * A limit by name. Numbers are whole.
 * @example
 * import type { Policy } from 'orgcache';
 * const login: Policy = { limit: 5, windowSeconds: 300, algorithm: 'log', blockSeconds: 900 };
 * const quota: Policy = { limit: 10_000, algorithm: 'calendar', period: 'month' };
 * const uploads: Policy = { limit: 20, algorithm: 'concurrency', reserve: 0.1 };
 */
export interface Policy {
  /** Calls, or their costs, that pass in a window; 0 refuses every call. */
  limit: number;
  /** Seconds, 1 or more. All algorithms but `calendar` and `concurrency` need it. */
  windowSeconds?: number;
  /** Default `sliding`. */
  algorithm?: LimitAlgorithm;
  /** With `gcra`: calls that pass at once. Default `limit`. */
  burst?: number;
  /**
   * What decides while Redis is away: `local`, a limiter in this process with this instance's share of `limit`;
   * `open`, which admits every call; `closed`, which refuses every call with the reason `down`. Default `local`.
   */
  onRedisDown?: 'local' | 'open' | 'closed';
  /** `shadow` counts and admits: the decision says what `enforce` would have refused. Default `enforce`. */
  mode?: 'enforce' | 'shadow';
  /** Seconds for which an identifier is blocked after a refusal, but with `concurrency`. Default 0. */
  blockSeconds?: number;
  /** `calendar` needs it. Periods are those of UTC. */
  period?: 'hour' | 'day' | 'month';
  /**
   * With `concurrency`: seconds after which a lease ends that nobody prolongs, because its process has died. Living
   * processes prolong their leases. 1 to 3600, default 30.
   */
  leaseSeconds?: number;
  /** With `concurrency`: the share of `limit` that only checks with `critical: true` get. From 0 on, below 1; default 0. */
  reserve?: number;
}

/**
 * Whom a check is about.
 * @example
 * import type { Who } from 'orgcache';
 * const who: Who = { kind: 'ip', id: '203.0.113.7' };
 */
export interface Who {
  /**
   * Separates identifiers of different kinds. An `ip` is parsed as an address: all notations of an address are one
   * identifier, and so are the IPv6 addresses of one network (`ipv6Prefix`).
   */
  kind: 'user' | 'ip' | 'organization' | (string & {});
  /** Neither Redis, logs, events nor errors have it. Redis has its HMAC. */
  id: string | number | bigint;
  /** The same identifier in two organizations is two identifiers. */
  organizationId?: OrganizationId;
}

/**
 * One question to a policy.
 * @example
 * import type { Check } from 'orgcache';
 * const check: Check = { policy: 'api', kind: 'user', id: 42, organizationId: 'org-1', cost: 3 };
 */
export interface Check<Name extends string = string> extends Who {
  policy: Name;
  /** How much of the limit the call takes, a whole number; 0 only reads. Default 1. */
  cost?: number;
  /** Whether the call may take what `reserve` keeps. Policies that keep nothing ignore it. Default false. */
  critical?: boolean;
}

/**
 * What a policy has left for an identifier.
 * @example
 * import type { PolicyState } from 'orgcache';
 * const isFree = (state: PolicyState) => state.remaining === state.limit;
 */
export interface PolicyState<Name extends string = string> {
  policy: Name;
  limit: number;
  /** Calls that pass now. */
  remaining: number;
  /** Milliseconds until all of the limit is free. With `concurrency`: if nobody released or prolonged a lease. */
  resetMs: number;
  /**
   * Milliseconds until the same call passes, if nobody else calls; 0 if it passes now, null if it never does because
   * its cost is above the limit. With `concurrency` 1000 at most, since a lease may be released at any time.
   */
  retryAfterMs: number | null;
}

/**
 * - `ok`: every policy admits the call.
 * - `limit`: a policy has nothing left. The call was not counted.
 * - `blocked`: the identifier is blocked.
 * - `cost`: the cost is above the limit, so that no waiting helps.
 * - `reserve`: what is left is kept for calls that are `critical`.
 * - `bypass`: `bypass` gave a reason. Nothing was counted.
 * - `shadow`: admitted, but only because the policies that refuse it are in mode `shadow`.
 * - `down`: Redis is away, and a policy is `closed` then.
 * @example
 * import type { DecisionReason } from 'orgcache';
 * const isOutage = (reason: DecisionReason) => reason === 'down';
 */
export type DecisionReason = 'ok' | 'limit' | 'blocked' | 'cost' | 'reserve' | 'bypass' | 'shadow' | 'down';

/**
 * The decision on a call. The fields of {@link PolicyState} are those of the strictest policy.
 * @example
 * import type { Decision } from 'orgcache';
 * const statusOf = (decision: Decision) => (decision.allowed ? 200 : 429);
 */
export interface Decision<Name extends string = string> extends PolicyState<Name> {
  allowed: boolean;
  reason: DecisionReason;
  /** `local`: this process decided, because Redis is away or embedded, or because it knows the refusal. */
  source: 'redis' | 'local';
  /** The policies that refuse the call, each once. */
  violated: Name[];
  /** One of each check, in their order. Empty after a bypass. */
  states: PolicyState<Name>[];
}

/**
 * What a call holds while it is under way. The process prolongs it, also while its event loop is busy, until it is
 * released. `null` can stand in its place: `await using lease = decision.lease` releases what there is.
 * @example
 * import type { Check, Lease, Limiter } from 'orgcache';
 * async function exported(limiter: Limiter<'exports'>, check: Check<'exports'>, work: () => Promise<void>) {
 *   const { allowed, lease }: { allowed: boolean; lease: Lease | null } = await limiter.acquire(check);
 *   try {
 *     if (allowed) await work();
 *   } finally {
 *     await lease?.release();
 *   }
 *   return allowed;
 * }
 */
export interface Lease extends AsyncDisposable {
  /**
   * Frees what the lease holds. Never rejects: while Redis is away, it is told later, and after `leaseSeconds` the lease
   * has ended anyway. A second call changes nothing.
   */
  release(): Promise<void>;
  /** Releases. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * The decision on an `acquire`.
 * @example
 * import type { AcquireDecision } from 'orgcache';
 * const holds = (decision: AcquireDecision) => decision.lease !== null;
 */
export interface AcquireDecision<Name extends string = string> extends Decision<Name> {
  /**
   * What is to be released when the call ends. `null` after a refusal or a bypass, and where no policy of the checks has
   * the algorithm `concurrency`.
   */
  lease: Lease | null;
}

/**
 * The header fields of responses.
 *
 * - `draft-11`: `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-11, all policies
 * - `draft-7`: the same names in the form of draft 7, the strictest policy
 * - `legacy`: `X-RateLimit-Limit`, `X-RateLimit-Remaining`, `X-RateLimit-Reset` (seconds since 1970), the strictest
 * - `false`: none
 * @example
 * import type { HeaderStyle } from 'orgcache';
 * const headers: HeaderStyle = 'draft-7';
 */
export type HeaderStyle = 'draft-11' | 'draft-7' | 'legacy' | false;

/**
 * Whom a request is counted for; by `policy` alone if it is given, else by each policy of the route.
 * @example
 * import type { Identity } from 'orgcache';
 * const identities: Identity[] = [{ kind: 'user', id: 'u-1' }, { kind: 'ip', id: '203.0.113.7', policy: 'address' }];
 */
export type Identity<Name extends string = string> = Omit<Check<Name>, 'policy'> & { policy?: Name };

/**
 * Options of the middleware of express and of the plugin of fastify.
 * @example
 * import type { RouteOptions } from 'orgcache';
 * const route: RouteOptions = { policies: 'api', headers: 'legacy', bypass: (request) => request.isInternal && 'internal' };
 */
export interface RouteOptions<Name extends string = string> {
  /** The policies that count each request. */
  policies: Name | readonly Name[];
  /**
   * Default: the user (`request.user.id`) and the address (`request.ip`), both. A request with neither fails with
   * `E_KEY`.
   * `any`: requests have the types of the framework, and no framework is a dependency.
   */
  identify?: (request: any) => readonly Identity<Name>[] | Promise<readonly Identity<Name>[]>;
  /**
   * A text is the reason why a request is not counted; stats count it.
   * `any`: requests have the types of the framework, and no framework is a dependency.
   */
  bypass?: (request: any) => string | false | null | undefined;
  /**
   * Answers a refused request in place of the package, which answers 429 or 503 with `application/problem+json`.
   * `any`, `unknown`: requests have the types of the framework, and what the handler answers is not used.
   */
  handler?: (request: any, response: any, decision: Decision<Name>) => unknown;
  /** Default `draft-11`. */
  headers?: HeaderStyle;
}

/**
 * Options of `consume` and `acquire`.
 * @example
 * import type { ConsumeOptions } from 'orgcache';
 * const options: ConsumeOptions = { context: { isAdmin: true }, signal: AbortSignal.timeout(100) };
 */
export interface ConsumeOptions {
  /** The argument of the limiter's `bypass`. `unknown`: only the application's `bypass` reads it. */
  context?: unknown;
  /** Rejects the call when it aborts. The call may have counted; a lease is released. */
  signal?: AbortSignalLike;
}

/**
 * Options of `refund`.
 * @example
 * import type { Check, Limiter, RefundOptions } from 'orgcache';
 * async function giveBack(limiter: Limiter<'api'>, check: Check<'api'>) {
 *   const { allowed, source } = await limiter.consume(check);
 *   const options: RefundOptions = { source };
 *   if (allowed) await limiter.refund(check, options);
 * }
 */
export interface RefundOptions extends LimiterCallOptions {
  /**
   * The `source` of the decision that admitted the call. What Redis counted is given back in Redis only, and what this
   * process counted in an outage is given back here only. Without it, Redis is taken to have counted the call.
   */
  source?: Decision['source'];
}

/**
 * Options of the other calls.
 * @example
 * import type { LimiterCallOptions } from 'orgcache';
 * const options: LimiterCallOptions = { signal: AbortSignal.timeout(100) };
 */
export interface LimiterCallOptions {
  /** Rejects the call when it aborts. It may have run. */
  signal?: AbortSignalLike;
}

/**
 * Options of `createLimiter`.
 * @example
 * import type { LimiterOptions, Policy } from 'orgcache';
 * const options: LimiterOptions<Record<string, Policy>> = {
 *   policies: { api: { limit: 100, windowSeconds: 60 } },
 *   decisionMs: 100,
 * };
 */
export interface LimiterOptions<Policies extends Record<string, Policy>> {
  /** By name: 1 to 64 letters, digits, `.`, `_` and `-`. */
  policies: Policies;
  /** Separates the limits of several limiters. Default `default`. */
  namespace?: string;
  /**
   * The key of the HMAC under which identifiers are in Redis, 32 bytes at least. All instances need the same. Without it, whoever reads
   * Redis can guess identifiers; a warning says so.
   */
  secret?: string;
  /** IPv6 addresses that agree in so many bits are one identifier. 32 to 128, default 56. */
  ipv6Prefix?: number;
  /** Milliseconds after which `onRedisDown` decides. 5 to 60000, default 200. */
  decisionMs?: number;
  /**
   * Seconds for which this process refuses a refused identifier without asking Redis, at most. 0 always asks. What
   * another process resets, refunds or unblocks is admitted here at once, because a message tells of it. 0 to 3600, default 5.
   */
  localDenySeconds?: number;
  /**
   * Called with the `context` of each `consume`. A text is the reason why the call is not counted.
   * `any`: the context is what the application passes.
   */
  bypass?: (context: any) => string | false | null | undefined;
}

/**
 * Decisions of a policy in this process since the limiter was made.
 * @example
 * import type { PolicyStats } from 'orgcache';
 * const refused = (stats: PolicyStats) => stats.limited + stats.blocked + stats.denied;
 */
export interface PolicyStats {
  allowed: number;
  /** Refused because nothing was left. */
  limited: number;
  /** Refused because the identifier is blocked. */
  blocked: number;
  /** Refused because the cost is above the limit. */
  cost: number;
  /** Refused because what was left is kept for calls that are `critical`. */
  reserve: number;
  /** Admitted with a fifth of the limit or less left. */
  near: number;
  /** Admitted only because the policy has the mode `shadow`. */
  shadow: number;
  /** Not counted, because `bypass` gave a reason. */
  bypassed: number;
  /** Refused in this process, because Redis had just refused the identifier. */
  denied: number;
  /** Decided in this process, because Redis is away or embedded. */
  local: number;
  /** Refused by `closed` while Redis was away. */
  down: number;
  /** Checks that Redis answered with an error. */
  errors: number;
  /** With `concurrency`: the calls of this process that are under way, or their costs. */
  leases: number;
}

/**
 * What a limiter has decided in this process since it was made.
 * @example
 * import type { LimiterStats } from 'orgcache';
 * const admitted = (stats: LimiterStats<'api'>) => stats.policies.api.allowed;
 */
export interface LimiterStats<Name extends string = string> {
  namespace: string;
  /** Instances with a limiter of this namespace that Redis knows. */
  instances: number;
  /** Identifiers that this process refuses without asking Redis. */
  denials: number;
  /** Identifiers that this process counts because Redis is away or embedded. */
  localEntries: number;
  policies: Record<Name, PolicyStats>;
  /** Calls that were not counted, by their reason. From the hundredth reason on, further ones are `other`. */
  bypassed: Record<string, number>;
}

/**
 * An identifier has reached a limit. Once an identifier and window; it names the kind, never the identifier.
 * @example
 * import type { LimitedEvent } from 'orgcache';
 * const line = ({ policy, kind }: LimitedEvent) => `a ${kind} reached ${policy}`;
 */
export interface LimitedEvent<Name extends string = string> {
  policy: Name;
  kind: string;
  reason: 'limit' | 'blocked' | 'cost' | 'reserve' | 'shadow' | 'down';
  source: 'redis' | 'local';
  retryAfterMs: number | null;
}

/**
 * This process has blocked an identifier.
 * @example
 * import type { BlockedEvent } from 'orgcache';
 * const line = ({ kind, seconds }: BlockedEvent) => `a ${kind} is blocked for ${seconds} s`;
 */
export interface BlockedEvent {
  kind: string;
  seconds: number;
  /** As `block` was told. */
  reason?: string;
}

/**
 * The events of a limiter, with the arguments of their listeners.
 * @example
 * import type { LimiterEvents } from 'orgcache';
 * const onLimited = (...[event]: LimiterEvents['limited']) => console.log(event.policy);
 */
export interface LimiterEvents<Name extends string = string> {
  blocked: [event: BlockedEvent];
  limited: [event: LimitedEvent<Name>];
  /** Redis is away: `onRedisDown` decides from now on. */
  degraded: [];
  /** Redis decides again. */
  recovered: [];
}

/**
 * The name of an event of a limiter.
 * @example
 * import type { LimiterEvent } from 'orgcache';
 * const events: LimiterEvent[] = ['limited', 'blocked', 'degraded', 'recovered'];
 */
export type LimiterEvent = keyof LimiterEvents;

/**
 * A limiter. No call rejects because a limit is reached or Redis is away. Calls reject with `E_KEY` for an
 * identifier or cost that cannot be, `E_POLICY` for a policy that is not there, `E_ARGUMENT` for an unknown option,
 * and `E_CLOSED` after `close()` or the instance's shutdown.
 * @example
 * import type { Limiter } from 'orgcache';
 * const isAdmitted = async (limiter: Limiter<'api'>, user: string) =>
 *   (await limiter.consume({ policy: 'api', kind: 'user', id: user })).allowed;
 */
export interface Limiter<Name extends string = string> extends AsyncDisposable {
  /**
   * Counts a call, if all checks admit it: with one refusal nothing is counted. 32 checks at most. The decision
   * comes within `decisionMs`.
   */
  consume(checks: Check<Name> | readonly Check<Name>[], options?: ConsumeOptions): Promise<Decision<Name>>;
  /**
   * As `consume`, for checks of which some may have a policy of the algorithm `concurrency`: the lease in the decision is
   * to be released when the call ends. `consume` refuses such checks with `E_POLICY`.
   */
  acquire(
    checks: Check<Name> | readonly Check<Name>[],
    options?: ConsumeOptions,
  ): Promise<AcquireDecision<Name>>;
  /** What the policy has left. Counts nothing. */
  peek(check: Check<Name>, options?: LimiterCallOptions): Promise<PolicyState<Name>>;
  /**
   * Gives the cost of an admitted call back, never more than was taken. While Redis is away, what Redis counted stays
   * counted there until its window ends. Rejects with `E_POLICY` for the algorithm `concurrency`, whose leases are released.
   */
  refund(check: Check<Name>, options?: RefundOptions): Promise<void>;
  /**
   * Forgets what the policy has counted. Whether there was something. With `concurrency` the leases of living processes come
   * back when they are prolonged.
   */
  reset(check: Check<Name>, options?: LimiterCallOptions): Promise<boolean>;
  /**
   * Refuses an identifier in all policies of the namespace for so many seconds, 31,536,000 at most. Listeners of
   * `blocked` hear the reason. Rejects while Redis is away, as `unblock` and `reset` do.
   */
  block(who: Who, seconds: number, reason?: string, options?: LimiterCallOptions): Promise<void>;
  /** Whether the identifier was blocked. */
  unblock(who: Who, options?: LimiterCallOptions): Promise<boolean>;
  /**
   * Changes a policy in this process. A lower limit holds at once. What Redis has of another algorithm or window is
   * dropped.
   */
  update(policy: Name, change: Partial<Policy>): void;
  /** The policies in force, with their defaults. */
  policies(): Record<
    Name,
    Readonly<
      Required<Omit<Policy, 'burst' | 'leaseSeconds' | 'period' | 'reserve' | 'windowSeconds'>> &
        Pick<Policy, 'burst' | 'leaseSeconds' | 'period' | 'reserve' | 'windowSeconds'>
    >
  >;
  /** What the limiter has decided in this process since it was made. */
  stats(): LimiterStats<Name>;
  /** Adds a listener of an event. */
  on<Event extends LimiterEvent>(
    event: Event,
    listener: (...details: LimiterEvents<Name>[Event]) => void,
  ): this;
  /** Removes a listener. */
  off<Event extends LimiterEvent>(
    event: Event,
    listener: (...details: LimiterEvents<Name>[Event]) => void,
  ): this;
  /** Middleware for express. `any`: requests have the types of the framework, and no framework is a dependency. */
  express(
    options: RouteOptions<Name>,
  ): (request: any, response: any, next: (error?: any) => void) => Promise<void>;
  /**
   * A plugin: `app.register(limiter.fastify, { policies: ['api'] })`. It decides in the hook `onRequest`.
   * `any`: the instance has the type of fastify, which is no dependency.
   */
  readonly fastify: (instance: any, options: RouteOptions<Name>, done: (error?: Error) => void) => void;
  /** Ends the limiter and its leases. Later calls reject with `E_CLOSED`. The instance's connection stays. */
  close(): Promise<void>;
  /** Closes. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A limiter on the connection of the cache. Connects with its first call. Throws `E_CONFIG` for an option that is
 * not allowed.
 * @example
 * import { createLimiter } from 'orgcache';
 * const limiter = createLimiter({ policies: { api: { limit: 2, windowSeconds: 60 } } });
 * const { allowed, remaining } = await limiter.consume({ policy: 'api', kind: 'user', id: 'u-1' });
 */
export function createLimiter<const Policies extends Record<string, Policy>>(
  options: LimiterOptions<Policies>,
): Limiter<keyof Policies & string>;

/**
 * Policies that most servers need; `{ policies: { ...readyPolicies, uploads: ... } }` adds others.
 * @example
 * import { createLimiter, readyPolicies } from 'orgcache';
 * const limiter = createLimiter({ policies: { ...readyPolicies, uploads: { limit: 20, windowSeconds: 3600 } } });
 */
export const readyPolicies: {
  /** 100 calls a minute. */
  readonly api: { readonly limit: 100; readonly windowSeconds: 60 };
  /** 5 attempts in 5 minutes, counted exactly. */
  readonly login: { readonly limit: 5; readonly windowSeconds: 300; readonly algorithm: 'log' };
  /** 3 in an hour, counted exactly. */
  readonly registration: { readonly limit: 3; readonly windowSeconds: 3600; readonly algorithm: 'log' };
  /** 3 in an hour, counted exactly. */
  readonly passwordReset: { readonly limit: 3; readonly windowSeconds: 3600; readonly algorithm: 'log' };
};
