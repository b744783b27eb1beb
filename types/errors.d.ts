/**
 * The code of an {@link OrgCacheError}. A code never changes its meaning.
 *
 * - `E_CONFIG`: an option or environment variable has a value that is not allowed, or came too late
 * - `E_KEY`: the phone number, organization, id or key is missing or too long
 * - `E_SERIALIZE`: the value is not JSON: undefined, a function, a BigInt, a cycle, or nested too deeply
 * - `E_VALUE_TOO_LARGE`: the value is larger than 16 MiB, or a reply is longer than a string of JavaScript can be
 * - `E_CONNECT` (retryable): no connection to Redis could be made; nothing was sent
 * - `E_TIMEOUT`: the deadline passed before an answer came; the command may have run
 * - `E_UNKNOWN_OUTCOME`: the command was sent and the connection was lost; it may have run
 * - `E_OVERLOADED` (retryable): too many commands or bytes are waiting; nothing was sent
 * - `E_REPLY`: Redis answered with an error; redisCode holds its first word
 * - `E_CLOSED`: the cache was shut down
 * - `E_ARGUMENT`: an argument or an option of a call is not allowed, such as a lifetime that is no positive number
 * - `E_POLICY`: no policy of a limiter, or topic, has this name, or the policy does not take the call
 * - `E_SESSION`: the session has ended, or never was
 * - `E_CONFLICT`: the session was changed since it was read, and the change was made for the older version
 * - `E_LIMIT`: the user has as many sessions as maxPerUser allows
 * - `E_FACTORY_TIMEOUT`: the factory of a cache took longer than hardTimeoutMs; it goes on, and what it makes is kept
 * - `E_REENTRANT`: a factory asked the cache for the key that it makes, and would wait for itself
 * - `E_QUOTA`: the organization has as many entries in the cache as its quota allows; nothing was stored
 * - `E_TAG`: there are more than 64 tags, or one is empty, no text or longer than 128 bytes
 * - `E_QUERY`: the SQL is no query whose result may be cached
 * - `E_ERASING` (retryable): the organization is being erased by this process; nothing was written
 * - `E_IDEMPOTENCY`: a job with the same idempotency key and another type or payload is known; nothing was added
 * - `E_LOST`: the worker does not hold the job any more: its lease was lost, or the job was cancelled
 * - `E_JOB`: the job that was waited for is dead, or there is none
 * - `E_INTERNAL`: a defect in native code was caught, or Node could not make a value; the command may have run
 * @example
 * import { cacheAdapter, type ErrorCode, OrgCacheError } from 'orgcache';
 * const mayAskAgain: ErrorCode[] = ['E_CONNECT', 'E_OVERLOADED'];
 * await cacheAdapter.get('key').catch((error) => {
 *   if (!(error instanceof OrgCacheError && mayAskAgain.includes(error.code))) throw error;
 * });
 */
export type ErrorCode =
  | 'E_CONFIG'
  | 'E_KEY'
  | 'E_SERIALIZE'
  | 'E_VALUE_TOO_LARGE'
  | 'E_CONNECT'
  | 'E_TIMEOUT'
  | 'E_UNKNOWN_OUTCOME'
  | 'E_OVERLOADED'
  | 'E_REPLY'
  | 'E_CLOSED'
  | 'E_ARGUMENT'
  | 'E_POLICY'
  | 'E_SESSION'
  | 'E_CONFLICT'
  | 'E_LIMIT'
  | 'E_FACTORY_TIMEOUT'
  | 'E_REENTRANT'
  | 'E_QUOTA'
  | 'E_TAG'
  | 'E_QUERY'
  | 'E_ERASING'
  | 'E_IDEMPOTENCY'
  | 'E_LOST'
  | 'E_JOB'
  | 'E_INTERNAL';

/**
 * The error with which every call of this package rejects. Its message holds no phone number, value or secret.
 * @example
 * import { getRedis, OrgCacheError } from 'orgcache';
 * try {
 *   await (await getRedis()).lpush('key', 'value');
 * } catch (error) {
 *   if (!(error instanceof OrgCacheError)) throw error;
 *   console.log(error.code, error.redisCode); // such as E_REPLY, WRONGTYPE
 * }
 */
export class OrgCacheError extends Error {
  private constructor();
  readonly name: 'OrgCacheError';
  readonly code: ErrorCode;
  /** Whether the same call may be made again without running twice. */
  readonly retryable: boolean;
  /** With `E_REPLY`: the first word of the server's error, e.g. `OOM`, `NOPERM`, `WRONGTYPE`. */
  readonly redisCode?: string;
  /** The name of the Redis command that failed, if a command failed. */
  readonly command?: string;
  /** With `EXECABORT`: why commands of the transaction were refused. */
  readonly previousErrors?: readonly Error[];
  /** The error behind this one. `unknown`: the language declares it so. */
  readonly cause?: unknown;
}
