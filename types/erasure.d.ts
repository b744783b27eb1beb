/**
 * Options of {@link eraseOrganization}.
 * @example
 * import type { EraseOptions } from 'orgcache';
 * const options: EraseOptions = { verify: 'scan', timeoutMs: 600_000 };
 */
export interface EraseOptions {
  /**
   * What the second look asks: `index` asks for everything that an index names, `scan` looks at every key of the servers
   * once more. By default `index`.
   */
  verify?: 'index' | 'scan';
  /** How long it may take, in milliseconds. It is looked at between steps. By default five minutes. */
  timeoutMs?: number;
}

/**
 * What an erasure has removed from one place.
 * @example
 * import type { EraseReport, Erased } from 'orgcache';
 * export const keysOf = (report: EraseReport, place: string): number => (report.rooms[place] satisfies Erased).entries;
 */
export interface Erased {
  /** Keys, fields of old hashes, or entries in this process. */
  readonly entries: number;
  /** Their memory, as Redis or this process counts it. 0 where nobody counts. */
  readonly bytes: number;
}

/**
 * What {@link eraseOrganization} has done.
 * @example
 * import { type EraseReport, eraseOrganization } from 'orgcache';
 * const report: EraseReport = await eraseOrganization('org-1', { verify: 'scan' });
 * if (report.remaining > 0) throw new Error('another process still writes for org-1');
 */
export interface EraseReport {
  /** The sum over all places. */
  readonly entries: number;
  readonly bytes: number;
  /** What the second look still found. Above 0 another process has written meanwhile. */
  readonly remaining: number;
  readonly verified: 'index' | 'scan';
  /**
   * By place. In Redis: `values` of the adapter, `legacy` values of the JavaScript layer, `caches`, `leases`, `tags`,
   * `indexes`, `limits`, `sessions`, `topics` and `jobs`. In this process: `near` copies, `memory`, `journal`,
   * `maps` and `counts`.
   */
  readonly rooms: Readonly<Record<string, Erased>>;
}

/**
 * Erases everything that this package keeps of an organization, in Redis and in this process: values, entries of all
 * caches, tags, leases, rate limits, sessions, messages, jobs, near copies, the memory for outages, and writes that wait in the journal. Looks
 * a second time, and reports what that finds. No other
 * organization is touched.
 *
 * Meanwhile this process refuses writes of the organization with `E_ERASING`. Rejects with `E_CONNECT` if Redis is away;
 * nothing is erased then. Rejects with `E_UNKNOWN_OUTCOME` if Redis goes away in between, with `E_TIMEOUT` after
 * `timeoutMs`, and with `E_KEY` if the organization is missing.
 * @example
 * import { eraseOrganization } from 'orgcache';
 * const { entries, remaining } = await eraseOrganization('org-1', { verify: 'scan' });
 * console.log(`${entries} entries erased, ${remaining} left`);
 */
export function eraseOrganization(orgId: string, options?: EraseOptions): Promise<EraseReport>;
