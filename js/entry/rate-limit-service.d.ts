/**
 * `max` calls in `window` seconds, both whole numbers from 1.
 * @example
 * import type { RateLimitConfig } from 'orgcache/rate-limit-service';
 * const config: RateLimitConfig = { window: 60, max: 100 };
 */
export interface RateLimitConfig {
  window: number;
  max: number;
}

/**
 * What became of a call.
 * @example
 * import type { RateLimitResult } from 'orgcache/rate-limit-service';
 * const retryAfter = (result: RateLimitResult) => (result.allowed ? 0 : result.retryAfter);
 */
export interface RateLimitResult {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** Milliseconds since 1970: when all of the limit is free. */
  resetTime: number;
  /** Seconds until the same call passes. Only of a refused call. */
  retryAfter?: number;
}

/**
 * What an identifier has used.
 * @example
 * import type { RateLimitStatus } from 'orgcache/rate-limit-service';
 * const share = ({ current, limit }: RateLimitStatus) => current / limit;
 */
export interface RateLimitStatus {
  /** Calls that count now. */
  current: number;
  limit: number;
  remaining: number;
  /** Milliseconds since 1970: when all of the limit is free. */
  resetTime: number;
}

/**
 * Whether Redis answers.
 * @example
 * import type { RateLimitHealth } from 'orgcache/rate-limit-service';
 * const isHealthy = ({ status }: RateLimitHealth) => status === 'healthy';
 */
export interface RateLimitHealth {
  status: 'healthy' | 'unhealthy';
  connected: boolean;
  types: string[];
}

/**
 * Limits by type: `API_REQUESTS` (100 in 60 s), `LOGIN_ATTEMPTS` (5 in 300 s), `REGISTRATION` and `PASSWORD_RESET`
 * (3 in 3600 s each). While Redis is away this process counts. Calls reject with `E_KEY` for an identifier that
 * cannot be and with `E_POLICY` for an unknown type without a configuration. `RATE_LIMIT_SECRET` is the key of the HMAC
 * under which identifiers are in Redis, 32 bytes at least.
 * @example
 * import type { RateLimitService } from 'orgcache/rate-limit-service';
 * const login = (service: RateLimitService, user: string) => service.checkLoginRateLimit(user);
 */
export interface RateLimitService {
  /** Counts a call, unless it is refused. A `config` counts in place of the type's. */
  checkRateLimit(identifier: string, type: string, config?: RateLimitConfig): Promise<RateLimitResult>;
  /** `checkRateLimit` of the type `API_REQUESTS`. */
  checkApiRateLimit(identifier: string): Promise<RateLimitResult>;
  /** `checkRateLimit` of the type `LOGIN_ATTEMPTS`. */
  checkLoginRateLimit(identifier: string): Promise<RateLimitResult>;
  /** `checkRateLimit` of the type `REGISTRATION`. */
  checkRegistrationRateLimit(identifier: string): Promise<RateLimitResult>;
  /** `checkRateLimit` of the type `PASSWORD_RESET`. */
  checkPasswordResetRateLimit(identifier: string): Promise<RateLimitResult>;
  /** Forgets what was counted. False for an unknown type, and while Redis is away. */
  resetRateLimit(identifier: string, type: string): Promise<boolean>;
  /** Counts nothing. Null for an unknown type, and while Redis is away. */
  getRateLimitStatus(identifier: string, type: string): Promise<RateLimitStatus | null>;
  /**
   * Middleware for express. It counts the user (`req.user.id`) and the address (`req.ip`), both, sets
   * `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` (seconds since 1970), and answers 429 with
   * `Retry-After`. A request with neither user nor address goes to `next(error)` with `E_KEY`.
   * `any`: requests have the types of the framework, and no framework is a dependency.
   */
  createMiddleware(
    type: string,
    config?: RateLimitConfig,
  ): (request: any, response: any, next: (error?: any) => void) => Promise<void>;
  /** The names of all types. */
  getRateLimitTypes(): string[];
  /** Null for an unknown type. */
  getRateLimitConfig(type: string): RateLimitConfig | null;
  /** Changes a type in this process. */
  updateRateLimitConfig(type: string, config: Partial<RateLimitConfig>): void;
  /** Asks the server. */
  healthCheck(): Promise<RateLimitHealth>;
}

/**
 * The service, on the connection of the cache.
 * @example
 * import { rateLimitService } from 'orgcache/rate-limit-service';
 * const { allowed } = await rateLimitService.checkApiRateLimit('user-1');
 */
export const rateLimitService: RateLimitService;

/**
 * The same service.
 * @example
 * import rateLimitService from 'orgcache/rate-limit-service';
 * const { allowed } = await rateLimitService.checkApiRateLimit('user-1');
 */
export default rateLimitService;
