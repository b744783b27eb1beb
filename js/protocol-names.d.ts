// Made by scripts/protocol-names.mjs.

/** How a command of the client is encoded and answered. */
export type CallFlag = 'buffers' | 'flat' | 'prefixed' | 'stringNumbers';

/** A property of a command. */
export type CommandFlag = 'blocking' | 'fast' | 'movablekeys' | 'noscript' | 'pubsub' | 'readonly' | 'write';

/** What a client tells without being asked. */
export type EventName =
  | 'closed'
  | 'connecting'
  | 'degraded'
  | 'departed'
  | 'dropped'
  | 'error'
  | 'journalRead'
  | 'leases'
  | 'log'
  | 'pausing'
  | 'queue'
  | 'ready'
  | 'recovered'
  | 'recovering'
  | 'replay';

/** A number among the options of a consumer group. */
export type GroupOption = 'batchSize' | 'blockMs' | 'concurrency' | 'maxDeliveries' | 'minIdleMs';

/** A kind of value, by its segment in keys. */
export type Kind =
  | 'agentConfig'
  | 'conversationContexts'
  | 'conversationSummaries'
  | 'dynamicLead'
  | 'historyCache'
  | 'kv'
  | 'leadToPhone'
  | 'managed'
  | 'organization'
  | 'phoneToLead'
  | 'preComputedContext'
  | 'sseCache';

/** A time or limit of what JavaScript does itself. */
export type LimitName =
  | 'boardEraseMs'
  | 'boardJobsCounted'
  | 'boardWorkerSeconds'
  | 'closeTimeoutMs'
  | 'eraseKeysAStep'
  | 'eraseRounds'
  | 'eraseTimeoutMs'
  | 'factoryIdleMs'
  | 'frozenBudgetPart'
  | 'frozenValues'
  | 'groupLeastClaims'
  | 'groupLookedAtPerClaim'
  | 'groupMostClaims'
  | 'groupReasonCharacters'
  | 'groupRenewals'
  | 'groupSilenceMs'
  | 'groupUnblockEveryMs'
  | 'groupUnblockMs'
  | 'healthCheckIntervalMs'
  | 'knownWithinMs'
  | 'limiterRefusals'
  | 'maxRetries'
  | 'metricsOrganizations'
  | 'migrationBatchEntries'
  | 'migrationBatchMs'
  | 'mutationRenewMs'
  | 'poolIdleMs'
  | 'poolMaxWaiting'
  | 'readyAgainAfterMs'
  | 'responseMaxBytes'
  | 'responseTtlSeconds'
  | 'scanAgainAfterMs'
  | 'scanAgreedWithinMs'
  | 'sessionListLimit'
  | 'sessionListMost'
  | 'sessionServiceIdleSeconds'
  | 'sessionServiceMostSeconds'
  | 'sessionServiceTouchSeconds'
  | 'sessionServiceTtlSeconds'
  | 'sessionUpdateAttempts'
  | 'sessionWatchMs'
  | 'shutdownTimeoutMs'
  | 'silenceMs'
  | 'sseBufferedBytes'
  | 'sseHeartbeatSeconds'
  | 'sseRetryMs'
  | 'storeGoneMs'
  | 'storeKnownIds'
  | 'storeListMost'
  | 'storeSetAttempts'
  | 'storeTimeoutMs'
  | 'storeToleranceMs'
  | 'storeTouchSeconds'
  | 'storeTtlSeconds'
  | 'subscribeAgainAfterMs'
  | 'tableGuardSeconds'
  | 'tableVersionSeconds'
  | 'topicHistory'
  | 'topicMostHistory'
  | 'topicPage'
  | 'topicReadAgainMs'
  | 'topicReaderBytes'
  | 'topicRecent'
  | 'topicRecentBytes'
  | 'warmConcurrency'
  | 'warmMaxConcurrency';

/** What a Link tells without being asked. */
export type LinkEvent = 'breaking' | 'closed' | 'connected';

/** The kind of an outcome. */
export type Mark =
  | 'entries'
  | 'failed'
  | 'false'
  | 'json'
  | 'lostSent'
  | 'lostUnsent'
  | 'null'
  | 'ok'
  | 'true'
  | 'undefined'
  | 'value';

/** What a connection is for. */
export type Role = 'dedicated' | 'monitor' | 'own' | 'shared';

/** What stands beside a role. */
export type RoleFlag = 'decidesPauses' | 'readOnly';

/** What a call of the room cache asks for. */
export type CacheVerb =
  | 'clear'
  | 'delete'
  | 'entryClear'
  | 'entryClose'
  | 'entryDelete'
  | 'entryExpire'
  | 'entryFail'
  | 'entryFill'
  | 'entryGet'
  | 'entryKeys'
  | 'entryMutate'
  | 'entryNormalize'
  | 'entryOpen'
  | 'entryOptions'
  | 'entryPull'
  | 'entryQuery'
  | 'entryRenew'
  | 'entrySet'
  | 'entryTags'
  | 'entryTake'
  | 'get'
  | 'hashDelete'
  | 'hashEntries'
  | 'hashGet'
  | 'hashSet'
  | 'mapLead'
  | 'set';

/** What a call of the room limiter asks for. */
export type LimiterVerb =
  | 'acquire'
  | 'admitted'
  | 'block'
  | 'bypassed'
  | 'close'
  | 'consume'
  | 'denied'
  | 'giveBack'
  | 'heard'
  | 'normalize'
  | 'open'
  | 'peek'
  | 'refund'
  | 'release'
  | 'reset'
  | 'stats'
  | 'unblock'
  | 'update';

/** What a call of the room queue asks for. */
export type QueueVerb = 'add' | 'ask' | 'normalize' | 'open' | 'take' | 'tell' | 'turn';

/** What a call of the room session asks for. */
export type SessionVerb = 'ask' | 'close' | 'normalize' | 'open' | 'say';

/** What a call of the room topic asks for. */
export type TopicVerb = 'ask' | 'say';
