/**
 * Options of `scanStream` and its relatives.
 * @example
 * import { getRedis, type ScanOptions } from 'orgcache';
 * const options: ScanOptions = { match: 'session:*', count: 500 };
 * for await (const keys of (await getRedis()).scanStream(options)) console.log(keys.length);
 */
export interface ScanOptions {
  /** A pattern, as KEYS takes it. */
  match?: string;
  /** Approximate number of elements in a page. */
  count?: number;
  /** Only keys of this type. For SCAN only. */
  type?: string;
  /** Fields without their values. For HSCAN only, from Redis 7.4. */
  noValues?: boolean;
  /** Number of pages that are read ahead. */
  highWaterMark?: number;
}

/**
 * Node's `Readable` of pages, each a list of what was found. A key may occur twice, as SCAN says.
 * @example
 * import { getRedis, type ScanStream } from 'orgcache';
 * const pages: ScanStream<string> = (await getRedis()).scanStream({ match: 'session:*' });
 * for await (const keys of pages) console.log(keys.length);
 */
export interface ScanStream<Found> extends AsyncIterable<Found[]> {
  on(event: 'data', listener: (page: Found[]) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  /** `any`: each event of Node's streams has other arguments. */
  on(event: string, listener: (...args: any[]) => void): this;
  /** Stops the flow of pages. */
  pause(): this;
  /** Starts it again. */
  resume(): this;
  /** Ends at once. */
  destroy(error?: Error): this;
  /** Ends with the page that is being read. */
  close(): void;
}
