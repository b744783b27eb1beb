/** `max` calls in `window` seconds, both whole numbers from 1. */
export interface RateLimitConfig {
  window: number;
  max: number;
}

export interface RateLimitResult {
  allowed: boolean;
  limit: number;
  remaining: number;
  /** Milliseconds since 1970: when all of the limit is free. */
  resetTime: number;
  /** Seconds until the same call passes. Only of a refused call. */
  retryAfter?: number;
}

export interface RateLimitStatus {
  /** Calls that count now. */
  current: number;
  limit: number;
  remaining: number;
  /** Milliseconds since 1970: when all of the limit is free. */
  resetTime: number;
}

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
 */
export interface RateLimitService {
  /** Counts a call, unless it is refused. A `config` counts in place of the type's. */
  checkRateLimit(identifier: string, type: string, config?: RateLimitConfig): Promise<RateLimitResult>;
  checkApiRateLimit(identifier: string): Promise<RateLimitResult>;
  checkLoginRateLimit(identifier: string): Promise<RateLimitResult>;
  checkRegistrationRateLimit(identifier: string): Promise<RateLimitResult>;
  checkPasswordResetRateLimit(identifier: string): Promise<RateLimitResult>;
  /** Forgets what was counted. False for an unknown type, and while Redis is away. */
  resetRateLimit(identifier: string, type: string): Promise<boolean>;
  /** Counts nothing. Null for an unknown type, and while Redis is away. */
  getRateLimitStatus(identifier: string, type: string): Promise<RateLimitStatus | null>;
  /**
   * Middleware for express. It counts the user (`req.user.id`) and the address (`req.ip`), both, sets
   * `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` (seconds since 1970), and answers 429 with
   * `Retry-After`. A request with neither user nor address goes to `next(error)` with `E_KEY`.
   */
  createMiddleware(
    type: string,
    config?: RateLimitConfig,
  ): (request: any, response: any, next: (error?: any) => void) => Promise<void>;
  getRateLimitTypes(): string[];
  /** Null for an unknown type. */
  getRateLimitConfig(type: string): RateLimitConfig | null;
  /** Changes a type in this process. */
  updateRateLimitConfig(type: string, config: Partial<RateLimitConfig>): void;
  /** Asks the server. */
  healthCheck(): Promise<RateLimitHealth>;
}

export const rateLimitService: RateLimitService;

export default rateLimitService;
