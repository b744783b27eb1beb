/**
 * Options of {@link metrics}.
 * @example
 * import type { MetricsOptions } from 'orgcache';
 * const options: MetricsOptions = { format: 'openmetrics' };
 */
export interface MetricsOptions {
  /** The text format of Prometheus (0.0.4), or OpenMetrics (1.0). By default `prometheus`. */
  format?: 'prometheus' | 'openmetrics';
  /**
   * Shows the organizations with the most calls by name, so many of them, up to 10,000; all others are one series whose
   * label `organization` is empty. By default 0: no organization is named.
   */
  organizations?: number;
}

/**
 * The numbers of this instance as text for Prometheus: state, calls and their times, reads, memory store, journal,
 * rate limits, events, and the memory of the server, which is asked. No label has a key, an id or a phone number, but those
 * of organizations where `organizations` asks for them.
 * Rejects with `E_ARGUMENT` for an unknown option and `E_CONFIG` for an unknown format.
 * @example
 * import { createServer } from 'node:http';
 * import { metrics } from 'orgcache';
 * createServer(async (_request, response) => {
 *   response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
 *   response.end(await metrics());
 * });
 */
export function metrics(options?: MetricsOptions): Promise<string>;
