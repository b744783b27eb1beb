// Made by scripts/options.mjs.

import type { Compression, Driver, LogLevel } from '../index.js';
import type { Setting } from './report-types.js';

/** Every setting by the name of its option. Secrets are redacted. Hosts are separated by commas. */
export type Settings = {
  readonly useRedis: Setting<boolean>;
  readonly url: Setting<string | null>;
  readonly host: Setting<string>;
  readonly port: Setting<number>;
  readonly username: Setting<string | null>;
  readonly password: Setting<string | null>;
  readonly db: Setting<number>;
  readonly testDb: Setting<number>;
  readonly family: Setting<string>;
  readonly protocol: Setting<string>;
  readonly tls: Setting<boolean>;
  readonly 'tls.ca': Setting<string | null>;
  readonly 'tls.cert': Setting<string | null>;
  readonly 'tls.key': Setting<string | null>;
  readonly 'tls.servername': Setting<string | null>;
  readonly 'tls.insecure': Setting<boolean>;
  readonly clusterHosts: Setting<string | null>;
  readonly scaleReads: Setting<string>;
  readonly sentinelHosts: Setting<string | null>;
  readonly sentinelName: Setting<string>;
  readonly sentinelUsername: Setting<string | null>;
  readonly sentinelPassword: Setting<string | null>;
  readonly minPoolSize: Setting<number>;
  readonly poolSize: Setting<number>;
  readonly connectTimeout: Setting<number>;
  readonly commandTimeout: Setting<number>;
  readonly maxRetries: Setting<number>;
  readonly retryDelay: Setting<number>;
  readonly keepAlive: Setting<number>;
  readonly lazyConnect: Setting<boolean>;
  readonly connectionName: Setting<string>;
  readonly queueMaxCommands: Setting<number>;
  readonly queueMaxBytes: Setting<number>;
  readonly driver: Setting<Driver>;
  readonly keyPrefix: Setting<string>;
  readonly clientKeyPrefix: Setting<string>;
  readonly prefixChannels: Setting<boolean>;
  readonly prefix: Setting<string>;
  readonly requireOrganization: Setting<boolean>;
  readonly legacy: Setting<string>;
  readonly defaultTtl: Setting<number>;
  readonly compression: Setting<Compression>;
  readonly compressionThreshold: Setting<number>;
  readonly memoryMaxBytes: Setting<number>;
  readonly journalMaxBytes: Setting<number>;
  readonly journalDir: Setting<string | null>;
  readonly near: Setting<boolean>;
  readonly 'near.kinds': Setting<string>;
  readonly 'near.maxBytes': Setting<number>;
  readonly 'near.maxStalenessMs': Setting<number>;
  readonly logLevel: Setting<LogLevel>;
};
