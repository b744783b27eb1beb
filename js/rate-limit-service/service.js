'use strict';

const { createHash } = require('node:crypto');
const { isIP } = require('node:net');
const { OrgCacheError, makeError } = require('../errors.js');
const { loadNative } = require('../native.js');
const { refuseUnknown } = require('../options.js');
const { epochMs } = require('../time.js');

/** @import { Check, Decision, Identity, Limiter, OrgCache, Policy } from '../../index.js' */
/** @import { RateLimitConfig, RateLimitResult, RateLimitService as Public } from '../entry/rate-limit-service.js' */

/** Seconds and calls of each type. */
const RATE_LIMITS = {
  API_REQUESTS: { window: 60, max: 100 },
  LOGIN_ATTEMPTS: { window: 300, max: 5 },
  REGISTRATION: { window: 3600, max: 3 },
  PASSWORD_RESET: { window: 3600, max: 3 },
};
/** Attempts that are few and worth an exact count, up to the largest limit that can be counted so. */
const EXACT_TYPES = ['LOGIN_ATTEMPTS', 'REGISTRATION', 'PASSWORD_RESET'];
const MOST_EXACT = 1000;
const NAMESPACE = 'rate-limit-service';
/** The service has no options, so the key of the HMAC of identifiers is a variable. */
const SECRET_VARIABLE = 'RATE_LIMIT_SECRET';
const FIELDS = ['max', 'window'];
/** Different configurations that are kept, since callers may give one with each call. */
const MOST_LIMITERS = 200;
/** Names of policies that may stand in a key as they are. */
const PLAIN_NAME = /^[\w-]{1,40}$/;

/** @typedef {{ limiter: Limiter, policy: string }} Counter A limiter and its one policy. */

/**
 * The rate limit service of servers that were written with this one over ioredis: its names, arguments and results,
 * over the limiter of the package.
 * @implements {Public}
 */
class RateLimitService {
  #orgcache;
  /** @type {Map<string, RateLimitConfig>} */
  #configs = new Map(Object.entries(RATE_LIMITS).map(([type, config]) => [type, { ...config }]));
  /**
   * By type and configuration, the one that was used last at the end.
   * @type {Map<string, Counter>}
   */
  #counters = new Map();

  /** @param {Pick<OrgCache, 'cacheAdapter' | 'createLimiter' | 'redisHealthCheck' | 'redisManager'>} orgcache */
  constructor(orgcache) {
    this.#orgcache = orgcache;
  }

  /**
   * @param {string} identifier
   * @param {string} type
   * @param {RateLimitConfig} [config]
   */
  async checkRateLimit(identifier, type, config) {
    return this.#check([identityOf(identifier)], type, this.#configOf(type, config));
  }

  /**
   * @param {readonly Identity[]} identities
   * @param {string} type
   * @param {RateLimitConfig} config
   */
  async #check(identities, type, config) {
    const { limiter, policy } = this.#counterOf(type, config);
    const checks = identities.map((identity) => ({ ...identity, policy }));
    return resultOf(await limiter.consume(checks));
  }

  /** @param {string} identifier */
  checkApiRateLimit(identifier) {
    return this.checkRateLimit(identifier, 'API_REQUESTS');
  }

  /** @param {string} identifier */
  checkLoginRateLimit(identifier) {
    return this.checkRateLimit(identifier, 'LOGIN_ATTEMPTS');
  }

  /** @param {string} identifier */
  checkRegistrationRateLimit(identifier) {
    return this.checkRateLimit(identifier, 'REGISTRATION');
  }

  /** @param {string} identifier */
  checkPasswordResetRateLimit(identifier) {
    return this.checkRateLimit(identifier, 'PASSWORD_RESET');
  }

  /**
   * Forgets what was counted, in every configuration of the type that this process has used. False if Redis is away
   * or the type is unknown.
   * @param {string} identifier
   * @param {string} type
   */
  async resetRateLimit(identifier, type) {
    const config = this.#configs.get(type);
    if (config !== undefined) this.#counterOf(type, config);
    const counters = [...this.#counters].filter(([name]) => name.startsWith(`${type}\0`));
    const identity = identityOf(identifier);
    try {
      await Promise.all(counters.map(([, { limiter, policy }]) => limiter.reset({ ...identity, policy })));
    } catch (error) {
      if (isMistake(error)) throw error;
      return false;
    }
    return counters.length > 0;
  }

  /**
   * What was counted. Null for an unknown type, and while Redis is away.
   * @param {string} identifier
   * @param {string} type
   */
  async getRateLimitStatus(identifier, type) {
    const config = this.#configs.get(type);
    if (config === undefined) return null;
    const { limiter, policy } = this.#counterOf(type, config);
    const { limit, remaining, resetMs } = await limiter.peek({ ...identityOf(identifier), policy });
    const { redisManager, cacheAdapter } = this.#orgcache;
    if (cacheAdapter.useRedis && !redisManager.isConnected) return null;
    return { current: limit - remaining, limit, remaining, resetTime: epochMs() + resetMs };
  }

  /**
   * Middleware for express: counts the user (`req.user.id`) and the address (`req.ip`), both.
   * @param {string} type
   * @param {RateLimitConfig} [config]
   */
  createMiddleware(type, config) {
    this.#configOf(type, config);
    /**
     * @param {any} request
     * @param {any} response
     * @param {(error?: any) => void} next
     */
    return async (request, response, next) => {
      let result;
      try {
        result = await this.#check(identitiesOf(request), type, this.#configOf(type, config));
        response.set(headersOf(result));
      } catch (error) {
        return next(error);
      }
      if (result.allowed) return next();
      const { retryAfter } = result;
      if (retryAfter !== undefined) response.set('Retry-After', String(retryAfter));
      response.status(429).json({ error: 'Too Many Requests', message: 'Rate limit exceeded', retryAfter });
    };
  }

  getRateLimitTypes() {
    return [...this.#configs.keys()];
  }

  /** @param {string} type */
  getRateLimitConfig(type) {
    const config = this.#configs.get(type);
    return config === undefined ? null : { ...config };
  }

  /**
   * Changes a type in this process.
   * @param {string} type
   * @param {Partial<RateLimitConfig>} change
   */
  updateRateLimitConfig(type, change) {
    const config = { ...this.#configOf(type), ...change };
    this.#configs.set(type, checkedConfig(config));
  }

  async healthCheck() {
    const { status } = await this.#orgcache.redisHealthCheck();
    return { status, connected: status === 'healthy', types: this.getRateLimitTypes() };
  }

  /**
   * The configuration that counts: the caller's, or that of the type.
   * @param {string} type
   * @param {RateLimitConfig} [config]
   */
  #configOf(type, config) {
    if (config !== undefined && config !== null) return checkedConfig(config);
    const known = this.#configs.get(type);
    if (known !== undefined) return known;
    const types = this.getRateLimitTypes();
    const nearest =
      typeof type === 'string' && type !== '' ? loadNative().nearest(makeError, type, types.join(' ')) : null;
    const hint = nearest === null ? '' : `; did you mean ${nearest}?`;
    throw new OrgCacheError('E_POLICY', `Unknown rate limit type${hint} (there are: ${types.join(', ')})`);
  }

  /**
   * @param {string} type
   * @param {RateLimitConfig} config
   */
  #counterOf(type, { window, max }) {
    if (typeof type !== 'string' || type === '') {
      throw new OrgCacheError('E_POLICY', 'the type of a rate limit must be a text that is not empty');
    }
    const name = `${type}\0${window}\0${max}`;
    const counter = this.#counters.get(name) ?? this.#newCounter(type, { window, max });
    this.#counters.delete(name);
    this.#counters.set(name, counter);
    return counter;
  }

  /**
   * @param {string} type
   * @param {RateLimitConfig} config
   * @returns {Counter}
   */
  #newCounter(type, { window, max }) {
    const plain = PLAIN_NAME.test(type)
      ? type
      : createHash('sha256').update(type).digest('base64url').slice(0, 22);
    const policy = `${plain}.${window}`;
    const isExact = EXACT_TYPES.includes(type) && max <= MOST_EXACT;
    /** @type {Policy} */
    const rule = { limit: max, windowSeconds: window, algorithm: isExact ? 'log' : 'sliding' };
    const secret = process.env[SECRET_VARIABLE] || undefined;
    const limiter = this.#orgcache.createLimiter({
      policies: { [policy]: rule },
      namespace: NAMESPACE,
      ...(secret === undefined ? {} : { secret }),
    });
    const [oldest] = this.#counters;
    if (this.#counters.size >= MOST_LIMITERS && oldest !== undefined) {
      this.#counters.delete(oldest[0]);
      oldest[1].limiter.close();
    }
    return { limiter, policy };
  }
}

/**
 * @param {unknown} given
 * @returns {RateLimitConfig}
 */
function checkedConfig(given) {
  if (typeof given !== 'object' || given === null) {
    throw new OrgCacheError(
      'E_CONFIG',
      'the configuration of a rate limit must be an object { window, max }',
    );
  }
  refuseUnknown(Object.keys(given), FIELDS, 'the option');
  const { window, max } = /** @type {Record<string, unknown>} */ (given);
  for (const [name, value] of Object.entries({ window, max })) {
    if (Number.isSafeInteger(value) && Number(value) >= 1) continue;
    throw new OrgCacheError('E_CONFIG', `the option ${name} must be a whole number, 1 or more`);
  }
  return { window: Number(window), max: Number(max) };
}

/**
 * An address in any notation is one identifier, so it is counted as an address.
 * @param {unknown} identifier
 * @returns {Identity}
 */
function identityOf(identifier) {
  const id = /** @type {string} */ (identifier);
  return { kind: typeof id === 'string' && isIP(id) !== 0 ? 'ip' : 'user', id };
}

/**
 * The user and the address of a request. A request with neither is refused: all such requests would share a limit.
 * @param {{ user?: { id?: unknown }, ip?: unknown }} request
 */
function identitiesOf({ user, ip }) {
  const given = [user?.id, ip].filter((id) => id !== undefined && id !== null && id !== '');
  if (given.length > 0) return given.map(identityOf);
  throw new OrgCacheError('E_KEY', 'the request has neither a user nor an address');
}

/**
 * @param {Decision} decision
 * @returns {RateLimitResult}
 */
function resultOf({ allowed, limit, remaining, resetMs, retryAfterMs }) {
  /** @type {RateLimitResult} */
  const result = { allowed, limit, remaining, resetTime: epochMs() + resetMs };
  if (!allowed) result.retryAfter = Math.max(1, Math.ceil((retryAfterMs ?? resetMs) / 1000));
  return result;
}

/** @param {RateLimitResult} result */
function headersOf({ limit, remaining, resetTime }) {
  return {
    'X-RateLimit-Limit': String(limit),
    'X-RateLimit-Remaining': String(remaining),
    'X-RateLimit-Reset': String(Math.ceil(resetTime / 1000)),
  };
}

/**
 * Whether the caller is at fault, and not the connection.
 * @param {unknown} error
 */
function isMistake(error) {
  return error instanceof OrgCacheError && ['E_KEY', 'E_CONFIG', 'E_POLICY'].includes(error.code);
}

module.exports = { RateLimitService };
