import type { ErrorCode, readyPolicies, TtlConfig } from '../index.js';
import type {
  CacheVerb,
  CallFlag,
  CommandFlag,
  EventName,
  GroupOption,
  Kind,
  LimiterVerb,
  LimitName,
  LinkEvent,
  Mark,
  QueueVerb,
  Role,
  RoleFlag,
  SessionVerb,
  TopicVerb,
} from './protocol-names.js';

export type { CommandFlag, EventName };

/** Makes an error of the caller's realm. A Link's owner may return another class. */
export type MakeError = (
  code: ErrorCode,
  message: string,
  retryable: boolean,
  redisCode?: string,
  refusedLine?: string,
) => Error;

/** Receives an event of native code: its name and JSON. */
export type OnEvent = (name: EventName, json: string) => void;

/**
 * `outcomes` holds the id of the call and a mark for each of `count` outcomes. `values` are the values of those that
 * have one.
 */
export type Settle = (count: number, ...values: unknown[]) => void;

/** Opens a client. Answers its number. */
export type OpenNative<What> = (
  makeError: MakeError,
  makeArray: (...elements: unknown[]) => unknown[],
  makeObject: (...pairs: unknown[]) => Record<string, unknown>,
  extend: (target: unknown[] | Record<string, unknown>, ...values: unknown[]) => unknown,
  settle: Settle,
  onEvent: OnEvent,
  calls: Uint32Array,
  outcomes: Uint32Array,
  nearFirst: Uint32Array,
  optionsJson: string,
  environmentJson: string,
  what: What,
) => number;

/** A name or key, as a caller gave it. Native code refuses unusable ones. */
type Given = unknown;

/** Functions that take a client's number first. */
export interface NativeClient {
  /** `passing` is the argument arena. Some of `given` are positions in it. */
  submit(client: number, wordCount: number, passing: Uint8Array | undefined, ...given: unknown[]): void;
  submitArray(client: number, wordCount: number, passing: Uint8Array | undefined, given: unknown[]): void;
  /** Answers a call without a request: values are JSON texts, a hash is alternating names and JSON texts. */
  answer(client: number, head: number, ...given: unknown[]): string | number | boolean | string[] | null;
  /**
   * What a copy in this process answers to a read: the JSON text of a value of the adapter, or what the outcome of a read
   * of an entry is. Undefined if there is none.
   */
  nearGet(client: number, head: number, ...given: unknown[]): any;
  /** A number that changes if the entry of a read may have changed; undefined without copies. */
  nearVersion(client: number, head: number, ...given: unknown[]): number | undefined;
  /** The number of a wait for the lease of a read's entry; undefined if nobody would tell of its change. */
  awaitLease(client: number, head: number, ...given: unknown[]): number | undefined;
  /**
   * Calls `take` with the memory of the near store, with the tick of now, ticks a millisecond, the longest time in ticks
   * that a session counts after its last confirmation, and the bytes that all copies may take. Not without copies.
   */
  nearMemory(
    client: number,
    take: (
      stripes: Uint32Array,
      sessions: Uint32Array,
      clearings: Uint32Array,
      tick: number,
      ticksPerMs: number,
      maxStaleness: number,
      maxBytes: number,
    ) => void,
  ): void;
  endWait(client: number, wait: number): void;
  /** The numbers of waits whose leases have changed, with spaces between. */
  wokenWaits(client: number): string;
  /** Answers the last report as JSON if `reports`, unless the client was closed before. */
  close(client: number, reports: boolean): string | undefined;
  /** JSON: `Report`. */
  report(client: number): string;
  /** JSON: the counts of the organizations with the most calls, and of all others. */
  organizations(client: number, most: number): string;
  generateKey(client: number, type: Given, organization: Given, id: Given): string;
  indexKey(client: number, organization: Given): string;
  decodeKey(client: number, key: Given): string;
  decodeValue(client: number, bytes: Given): string | null;
  useRedis(client: number, isOn: boolean): void;
  retryIn(client: number, milliseconds: number): void;
  corruptValue(client: number): void;
  record(client: number, milliseconds: number, isRead: boolean, isHit: boolean): void;
}

/** Functions that take a Link's number first. */
export interface NativeLink {
  end(link: number): void;
  destroy(link: number): void;
  hold(link: number, keepsAlive: boolean): void;
  /** JSON: {@link Traffic}, or null once it is closed. */
  traffic(link: number): string;
  connected(link: number): void;
  /** True if the stream must be closed. */
  received(link: number, bytes: Uint8Array): boolean;
  takeUnsent(link: number): Buffer | null;
  lost(link: number): void;
}

export interface Traffic {
  bytesRead: number;
  bytesWritten: number;
  idleMs: number;
}

/** Functions that take a client's number and an organization first. */
export interface NativeErasure {
  /** Refuses writes of the organization from now on. JSON: what an erasure needs to know. */
  begin(client: number, organization: Given): string;
  /** JSON: the commands that come before a scan. */
  steps(client: number, organization: Given, erases: boolean): string;
  /** A letter for each key: the place that has it, or `-`. */
  owners(client: number, organization: Given, ...keys: Given[]): string;
  /** JSON: what clients of the same data have forgotten in this process, by place. */
  forget(client: number, organization: Given): string;
  /** How much they still keep in this process, as a text. */
  remaining(client: number, organization: Given): string;
  /** Writes of the organization are taken again. */
  end(client: number, organization: Given): void;
}

/** The addon's exports. */
export interface NativeBinding {
  /** Answers a call that needs no client: JSON. */
  alone(makeError: MakeError, head: number, ...given: Given[]): string | null;
  /** JSON: counts of the native objects that live in this process. */
  census(): string;
  open: OpenNative<number>;
  openLink: OpenNative<string | undefined>;
  /** JSON: {@link KeySpecs}. */
  commandKeys(): string;
  /** JSON: the configuration that a client would have (`Configured`). */
  inspect(makeError: MakeError, optionsJson: string, environmentJson: string): string;
  /** JSON: {@link Protocol}. */
  protocol(): string;
  orgKey(makeError: MakeError, organization: Given, phone: Given): string;
  parseOrgKey(makeError: MakeError, key: Given): string;
  nearest(makeError: MakeError, word: string, names: string): string | null;
  /** The URL with the parts that `changesJson` chooses; null if it stays as it is. */
  urlWith(
    makeError: MakeError,
    optionsJson: string,
    environmentJson: string,
    changesJson: string,
  ): string | null;
  waitsToConnect(makeError: MakeError, optionsJson: string, environmentJson: string): boolean;
  /** `1` for each of the Map keys that is the organization's, else `0`. */
  ofOrganization(makeError: MakeError, organization: string, ...keys: string[]): string;
  /** The part of a key that alone chooses its slot; null if the whole key does. */
  hashTag(makeError: MakeError, key: string): string | null;
  /** A key in one of these ranges of slots, each the first and the last; null if there are none. */
  keyInSlots(makeError: MakeError, ...slots: number[]): string | null;
  /** Milliseconds before the next attempt, after this number of failures before the last. */
  pauseAfter(failures: number): number;
  /** Milliseconds between two numbers of them, drawn. */
  pauseBetween(least: number, most: number): number;
  /** JSON: a list of {@link SettingRow}. */
  settingsTable(): string;
  client: NativeClient;
  erasure: NativeErasure;
  link: NativeLink;
}

/** A row of the table of settings. */
export interface SettingRow {
  /** `tls.ca` is the member `ca` of the option `tls`. */
  readonly option: string;
  readonly variable: string;
  readonly section: string;
  readonly value:
    | { readonly kind: 'boolean' | 'text' | 'url' | 'port' | 'hosts' }
    | { readonly kind: 'integer'; readonly unit: 'milliseconds' | 'seconds' | 'bytes' | null }
    | { readonly kind: 'choice' | 'words'; readonly words: readonly string[] };
  /** The end of a sentence that begins with `allowed is`. */
  readonly allowed: string;
  /** `{NODE_ENV}` in a default stands for that variable. */
  readonly default: SettingDefault;
  readonly production: SettingDefault;
  readonly test: SettingDefault;
  /** The name under which the package exports the type of a choice. */
  readonly exportedType: string | null;
  readonly meaning: string;
  readonly details: string;
}

type SettingDefault = boolean | number | string | null;

/** Where the keys of a spec begin: at a position, which counts the name, or after a keyword. */
type KeyPlace =
  | { at: number; behind?: undefined; from?: undefined }
  | { behind: string; from: number; at?: undefined };
/** The number of keys: up to a position, or as many as an argument says. */
type KeyCount =
  | { last: number; limit: number; numberAt?: undefined; first?: undefined }
  | { numberAt: number; first: number; last?: undefined; limit?: undefined };
export type KeySpec = KeyPlace & KeyCount & { step: number };
/** Specs by the name of a command or of a subcommand `container|name`. */
export type KeySpecs = Record<string, KeySpec[]>;

export interface CommandFacts {
  /** Number of arguments, with the name; at least that many if it is negative. */
  arity: number;
  flags: CommandFlag[];
  number: number;
}

/** The numbers of a limiter's checks and their answers. */
export interface LimiterNumbers {
  /** Bits of a check's word. */
  check: Record<'cost' | 'critical' | 'first' | 'organization', number>;
  /** The kind's bits in a check's word. */
  kinds: Record<'ip' | 'named' | 'organization' | 'user', number>;
  /** A policy's number times this stands in a check's word, too. */
  policyUnit: number;
  codes: Record<'blocked' | 'cost' | 'down' | 'limit' | 'ok' | 'reserve' | 'shadow' | 'unasked', number>;
  /** Bits beside a code. */
  flags: Record<'first' | 'local', number>;
  /** Above these bits beside a code: the milliseconds for which this process refuses the check, since it was asked. */
  heldShift: number;
  /** The detail of `consume` for parts of calls, and that of `refund`: who counted the call. */
  details: Record<'local' | 'receipts' | 'redis', number>;
  /** The most checks that cross in one call. */
  maxChecks: number;
  /** The most checks of one caller. */
  maxChecksACall: number;
  readyPolicies: typeof readyPolicies;
}

/** The numbers of entries of caches, and the names of the options of their calls. */
export interface EntryNumbers {
  /** What became of the wish for a lease. */
  lease: Record<'failed' | 'granted' | 'held' | 'mutating' | 'there', number>;
  /** What became of what a factory made. */
  kept: Record<'full' | 'gone' | 'kept' | 'late' | 'lost' | 'memory' | 'none', number>;
  /** Bits of an entry's state. */
  state: Record<'absent' | 'away' | 'early' | 'near' | 'stale', number>;
  /** Bits of the details of calls. */
  details: Record<'bare' | 'end' | 'facts' | 'first' | 'force' | 'notModified' | 'renew' | 'soft', number>;
  callOptions: string[];
}

/** The numbers of what sessions ask native code and the store. */
export interface SessionNumbers {
  sayings: Record<
    'csrf' | 'endings' | 'erased' | 'isOf' | 'mint' | 'reference' | 'stats' | 'verifyCsrf',
    number
  >;
  steps: Record<
    | 'countTag'
    | 'create'
    | 'destroy'
    | 'enter'
    | 'extend'
    | 'get'
    | 'list'
    | 'page'
    | 'revoke'
    | 'revokeTag'
    | 'rotate'
    | 'touch'
    | 'update',
    number
  >;
  /** The length of an id. */
  idLetters: number;
  /** How many directories list all users. */
  directories: number;
}

/** The numbers of what topics ask native code and the store. */
export interface TopicNumbers {
  sayings: Record<'channel' | 'close' | 'normalize' | 'open', number>;
  steps: Record<'after' | 'before' | 'publish', number>;
}

/** The numbers of what queues and workers ask and tell native code. */
export interface QueueNumbers {
  kinds: Record<'queue' | 'reader' | 'watch' | 'worker', number>;
  asks: Record<
    | 'cancel'
    | 'clean'
    | 'counts'
    | 'drain'
    | 'eraseOrganization'
    | 'get'
    | 'health'
    | 'isPaused'
    | 'limits'
    | 'list'
    | 'obliterate'
    | 'organizations'
    | 'pause'
    | 'promote'
    | 'releaseRate'
    | 'remove'
    | 'reschedule'
    | 'resume'
    | 'retry'
    | 'runSchedule'
    | 'schedule'
    | 'schedules'
    | 'setLimits'
    | 'setOrganization'
    | 'setPriority'
    | 'totals'
    | 'unschedule'
    | 'update'
    | 'wait'
    | 'workers',
    number
  >;
  tells: Record<
    | 'abandon'
    | 'closeQueue'
    | 'closeReader'
    | 'closeWatch'
    | 'closeWorker'
    | 'concurrency'
    | 'job'
    | 'listen'
    | 'look'
    | 'pause'
    | 'read'
    | 'resume'
    | 'run'
    | 'stats',
    number
  >;
  /** What became of a job. */
  outcomes: Record<
    | 'completed'
    | 'delayed'
    | 'failed'
    | 'limitedOrganization'
    | 'limitedQueue'
    | 'released'
    | 'unhandled'
    | 'unrecoverable',
    number
  >;
  /** What a handler asks for its job. */
  jobCalls: Record<'data' | 'extend' | 'log' | 'progress', number>;
  /** Events of jobs. Each is a bit, by its position, of what somebody listens to. */
  jobEvents: Record<'completed' | 'dead' | 'lost' | 'released' | 'retrying', number>;
  /** The most jobs that one call adds. */
  jobsACall: number;
}

/** Times end with their unit, the others are counts. `src/config/limits.rs` says what each is for. */
export type Limits = Record<LimitName, number> & {
  /** The name of auxiliary connections at the server. */
  connectionName: string;
  groupOptions: Record<GroupOption, { default: number | null; least: number; most: number }>;
};

/** The numbers and tables that native code and JavaScript share. */
export interface Protocol {
  version: string;
  verbs: Readonly<{
    command: number;
    transaction: number;
    cache: Record<CacheVerb, number>;
    limiter: Record<LimiterVerb, number>;
    queue: Record<QueueVerb, number>;
    session: Record<SessionVerb, number>;
    topic: Record<TopicVerb, number>;
  }>;
  cache: { entries: EntryNumbers };
  limiter: LimiterNumbers;
  queue: QueueNumbers;
  session: SessionNumbers;
  topic: TopicNumbers;
  marks: Record<Mark, number>;
  /** Marks from this one on are numbers themselves. */
  firstNumber: number;
  kinds: Record<Kind, number>;
  /** Kinds and caches for which native code says whether copies are asked for first. */
  nearPlaces: number;
  acknowledgedFlag: number;
  copiedFlag: number;
  commandFlags: Record<CallFlag, number>;
  /** By name in lower case. */
  commands: Record<string, CommandFacts>;
  besideRoles: Record<RoleFlag, number>;
  roles: Record<Role, number>;
  /** Commands in upper case that change a connection for its next user. */
  changing: string[];
  /** Subcommands that do so, by their container. */
  changingIn: Record<string, string[]>;
  pushed: number;
  linkEvents: Record<LinkEvent, number>;
  ttlConfig: TtlConfig;
  /** The name of each event, under itself. */
  events: { readonly [Name in EventName]: Name };
  errors: { code: ErrorCode; meaning: string; retryable: boolean }[];
  limits: Limits;
  /** First words of the server's errors after which the same command may succeed later. */
  passingErrors: string[];
}
