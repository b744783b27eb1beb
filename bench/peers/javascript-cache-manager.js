/**
 * The middle module of the JavaScript layer: keys, JSON, TTLs, and a Map for when there is no Redis.
 *
 * A value is JSON text under one key, marked `compressed:` where it is longer than the threshold,
 * as the layer it stands for wrote it: the mark is all there is, so it costs that layer nothing.
 */
const DEFAULT_TTL_SECONDS = 7_200;
const COMPRESSION_THRESHOLD_CHARACTERS = 1_024;
const COMPRESSED_MARK = 'compressed:';
const FALLBACK_MAX_ENTRIES = 10_000;
const SCAN_COUNT = 1_000;

export class CacheManager {
  #redisManager;
  #keyPrefix;
  #fallback = new Map();

  constructor({ redisManager, keyPrefix }) {
    this.#redisManager = redisManager;
    this.#keyPrefix = keyPrefix;
  }

  generateKey(type, orgId, identifier) {
    const scope = orgId ?? 'global';
    return identifier === undefined
      ? `${this.#keyPrefix}${type}:${scope}`
      : `${this.#keyPrefix}${type}:${scope}:${identifier}`;
  }

  async get(key) {
    if (!this.#redisManager?.isReady()) return this.#readFallback(key);
    const startedAt = Date.now();
    try {
      const text = await this.#redisManager.getClient().get(key);
      this.#redisManager.recordOperation(startedAt, text !== null);
      return text === null ? null : deserialize(text);
    } catch {
      this.#redisManager.recordError();
      return this.#readFallback(key);
    }
  }

  async set(key, value, ttlSeconds = DEFAULT_TTL_SECONDS) {
    const text = serialize(value);
    if (!this.#redisManager?.isReady()) return this.#writeFallback(key, text, ttlSeconds);
    const startedAt = Date.now();
    try {
      await this.#redisManager.getClient().setWithTtl(key, ttlSeconds, text);
      this.#redisManager.recordOperation(startedAt);
      return true;
    } catch {
      this.#redisManager.recordError();
      return this.#writeFallback(key, text, ttlSeconds);
    }
  }

  async delete(key) {
    const wasInFallback = this.#fallback.delete(key);
    if (!this.#redisManager?.isReady()) return wasInFallback;
    const startedAt = Date.now();
    try {
      const removed = await this.#redisManager.getClient().delete(key);
      this.#redisManager.recordOperation(startedAt);
      return removed > 0 || wasInFallback;
    } catch {
      this.#redisManager.recordError();
      return wasInFallback;
    }
  }

  /** Without an index the organization's keys have to be looked for among all that Redis holds. */
  async clearOrganizationCache(orgId) {
    const infix = `:${orgId}:`;
    for (const key of this.#fallback.keys()) {
      if (key.includes(infix)) this.#fallback.delete(key);
    }
    if (!this.#redisManager?.isReady()) return true;
    const client = this.#redisManager.getClient();
    const pattern = `${this.#keyPrefix}*${infix}*`;
    let cursor = '0';
    do {
      const { next, keys } = await client.scan(cursor, pattern, SCAN_COUNT);
      if (keys.length > 0) await client.unlink(keys);
      cursor = next;
    } while (String(cursor) !== '0');
    return true;
  }

  getStats() {
    return {
      redis: this.#redisManager?.getMetrics() ?? null,
      fallback: { size: this.#fallback.size, enabled: true },
      config: {
        keyPrefix: this.#keyPrefix,
        defaultTTL: DEFAULT_TTL_SECONDS,
        compressionThreshold: COMPRESSION_THRESHOLD_CHARACTERS,
      },
    };
  }

  #readFallback(key) {
    const entry = this.#fallback.get(key);
    if (entry === undefined) return null;
    if (entry.expiresAtMs <= Date.now()) {
      this.#fallback.delete(key);
      return null;
    }
    return deserialize(entry.text);
  }

  #writeFallback(key, text, ttlSeconds) {
    // A Map keeps insertion order, so its first key is the one written longest ago.
    this.#fallback.delete(key);
    if (this.#fallback.size >= FALLBACK_MAX_ENTRIES) {
      this.#fallback.delete(this.#fallback.keys().next().value);
    }
    this.#fallback.set(key, { text, expiresAtMs: Date.now() + ttlSeconds * 1_000 });
    return true;
  }
}

function serialize(value) {
  const json = JSON.stringify(value);
  return json.length > COMPRESSION_THRESHOLD_CHARACTERS ? COMPRESSED_MARK + json : json;
}

function deserialize(text) {
  return JSON.parse(text.startsWith(COMPRESSED_MARK) ? text.slice(COMPRESSED_MARK.length) : text);
}
