/** The lowest module of the JavaScript layer: one connection, its state, and its counters. */
export class RedisManager {
  #commands;
  #metrics = { hits: 0, misses: 0, operations: 0, errors: 0, connectionLost: 0, totalMs: 0 };

  /** @param commands the few commands the layer needs, in the words of whichever client runs them */
  constructor(commands) {
    this.#commands = commands;
    this.isConnected = false;
  }

  connected() {
    this.isConnected = true;
  }

  disconnected() {
    if (this.isConnected) this.#metrics.connectionLost += 1;
    this.isConnected = false;
  }

  getClient() {
    return this.#commands;
  }

  isReady() {
    return this.isConnected;
  }

  /** @param hit true or false for a read, undefined for everything else */
  recordOperation(startedAt, hit) {
    const metrics = this.#metrics;
    metrics.operations += 1;
    metrics.totalMs += Date.now() - startedAt;
    if (hit === true) metrics.hits += 1;
    else if (hit === false) metrics.misses += 1;
  }

  recordError() {
    this.#metrics.errors += 1;
  }

  getMetrics() {
    const { totalMs, ...counters } = this.#metrics;
    const reads = counters.hits + counters.misses;
    return {
      ...counters,
      hitRate: reads === 0 ? 0 : counters.hits / reads,
      avgResponseTime: counters.operations === 0 ? 0 : totalMs / counters.operations,
      isConnected: this.isConnected,
    };
  }

  async healthCheck() {
    const startedAt = Date.now();
    try {
      await this.#commands.ping();
      return { status: 'healthy', responseTime: Date.now() - startedAt };
    } catch (error) {
      return { status: 'unhealthy', error: error.message };
    }
  }

  async shutdown() {
    await this.#commands.close();
    this.isConnected = false;
  }
}
