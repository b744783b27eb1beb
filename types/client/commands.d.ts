// Made by scripts/client-types.mjs.

import type { RedisBuffer, RedisStreamEntries, RedisStreamEntry } from './values.js';
import type {
  AtLeast,
  Call,
  Exactly,
  ExpireWords,
  GetexWords,
  HashFields,
  Nested,
  Pairs,
  SetWords,
  Subcommands,
} from './call.js';

/**
 * Every command as a method. A callback may stand behind its arguments; lists among them are spread. An integer beyond
 * 2^53 comes as a text, though its type is `number`.
 */
export interface RedisCommands {
  /**
   * - `ACL CAT [category]`
   * - `ACL DELUSER username [username ...]`
   * - `ACL DRYRUN username command [arg [arg ...]]`
   * - `ACL GENPASS [bits]`
   * - `ACL GETUSER username`
   * - `ACL HELP`
   * - `ACL LIST`
   * - `ACL LOAD`
   * - `ACL LOG [count | RESET]`
   * - `ACL SAVE`
   * - `ACL SETUSER username [rule [rule ...]]`
   * - `ACL USERS`
   * - `ACL WHOAMI`
   *
   * https://redis.io/docs/latest/commands/acl/
   * @since Redis 6.0.0
   */
  acl: Subcommands<AtLeast<1>, {
    CAT: string[];
    DELUSER: number;
    DRYRUN: string;
    GENPASS: string;
    GETUSER: (string | string[] | string[][])[] | null;
    HELP: string[];
    LIST: string[];
    LOAD: 'OK';
    LOG: 'OK' | (string | number)[][];
    SAVE: 'OK';
    SETUSER: 'OK';
    USERS: string[];
    WHOAMI: string;
  }>;
  /** As `acl`, with Buffers in place of texts. */
  aclBuffer: Subcommands<AtLeast<1>, {
    CAT: RedisBuffer[];
    DELUSER: number;
    DRYRUN: RedisBuffer;
    GENPASS: RedisBuffer;
    GETUSER: (RedisBuffer | RedisBuffer[] | RedisBuffer[][])[] | null;
    HELP: RedisBuffer[];
    LIST: RedisBuffer[];
    LOAD: RedisBuffer;
    LOG: RedisBuffer | (RedisBuffer | number)[][];
    SAVE: RedisBuffer;
    SETUSER: RedisBuffer;
    USERS: RedisBuffer[];
    WHOAMI: RedisBuffer;
  }>;
  /**
   * `APPEND key value`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/append/
   * @since Redis 2.0.0
   */
  append: Call<Exactly<2>, number>;
  /** As `append`, with Buffers in place of texts. */
  appendBuffer: Call<Exactly<2>, number>;
  /**
   * `ARCOUNT`
   *
   * https://redis.io/docs/latest/commands/arcount/
   */
  arcount: Call<Exactly<1>, number>;
  /** As `arcount`, with Buffers in place of texts. */
  arcountBuffer: Call<Exactly<1>, number>;
  /**
   * `ARDEL`
   *
   * https://redis.io/docs/latest/commands/ardel/
   */
  ardel: Call<AtLeast<2>, number>;
  /** As `ardel`, with Buffers in place of texts. */
  ardelBuffer: Call<AtLeast<2>, number>;
  /**
   * `ARDELRANGE`
   *
   * https://redis.io/docs/latest/commands/ardelrange/
   */
  ardelrange: Call<AtLeast<2>, number>;
  /** As `ardelrange`, with Buffers in place of texts. */
  ardelrangeBuffer: Call<AtLeast<2>, number>;
  /**
   * `ARGET`
   *
   * https://redis.io/docs/latest/commands/arget/
   */
  arget: Call<Exactly<2>, string | null>;
  /** As `arget`, with Buffers in place of texts. */
  argetBuffer: Call<Exactly<2>, RedisBuffer | null>;
  /**
   * `ARGETRANGE`
   *
   * https://redis.io/docs/latest/commands/argetrange/
   */
  argetrange: Call<Exactly<3>, (string | null)[]>;
  /** As `argetrange`, with Buffers in place of texts. */
  argetrangeBuffer: Call<Exactly<3>, (RedisBuffer | null)[]>;
  /**
   * `ARGREP`
   *
   * https://redis.io/docs/latest/commands/argrep/
   */
  argrep: Call<AtLeast<2>, number[] | [index: number, value: string][]>;
  /** As `argrep`, with Buffers in place of texts. */
  argrepBuffer: Call<AtLeast<2>, number[] | [index: number, value: RedisBuffer][]>;
  /**
   * `ARINFO`
   *
   * https://redis.io/docs/latest/commands/arinfo/
   */
  arinfo: Call<AtLeast<1>, (string | number)[]>;
  /** As `arinfo`, with Buffers in place of texts. */
  arinfoBuffer: Call<AtLeast<1>, (RedisBuffer | number)[]>;
  /**
   * `ARINSERT`
   *
   * https://redis.io/docs/latest/commands/arinsert/
   */
  arinsert: Call<AtLeast<2>, number>;
  /** As `arinsert`, with Buffers in place of texts. */
  arinsertBuffer: Call<AtLeast<2>, number>;
  /**
   * `ARLASTITEMS`
   *
   * https://redis.io/docs/latest/commands/arlastitems/
   */
  arlastitems: Call<AtLeast<2>, (string | null)[]>;
  /** As `arlastitems`, with Buffers in place of texts. */
  arlastitemsBuffer: Call<AtLeast<2>, (RedisBuffer | null)[]>;
  /**
   * `ARLEN`
   *
   * https://redis.io/docs/latest/commands/arlen/
   */
  arlen: Call<Exactly<1>, number>;
  /** As `arlen`, with Buffers in place of texts. */
  arlenBuffer: Call<Exactly<1>, number>;
  /**
   * `ARMGET`
   *
   * https://redis.io/docs/latest/commands/armget/
   */
  armget: Call<AtLeast<2>, (string | null)[]>;
  /** As `armget`, with Buffers in place of texts. */
  armgetBuffer: Call<AtLeast<2>, (RedisBuffer | null)[]>;
  /**
   * `ARMSET`
   *
   * https://redis.io/docs/latest/commands/armset/
   */
  armset: Call<AtLeast<2>, number>;
  /** As `armset`, with Buffers in place of texts. */
  armsetBuffer: Call<AtLeast<2>, number>;
  /**
   * `ARNEXT`
   *
   * https://redis.io/docs/latest/commands/arnext/
   */
  arnext: Call<Exactly<1>, number | null>;
  /** As `arnext`, with Buffers in place of texts. */
  arnextBuffer: Call<Exactly<1>, number | null>;
  /**
   * `AROP`
   *
   * https://redis.io/docs/latest/commands/arop/
   */
  arop: Call<AtLeast<2>, string | number | null>;
  /** As `arop`, with Buffers in place of texts. */
  aropBuffer: Call<AtLeast<2>, RedisBuffer | number | null>;
  /**
   * `ARRING`
   *
   * https://redis.io/docs/latest/commands/arring/
   */
  arring: Call<AtLeast<2>, number>;
  /** As `arring`, with Buffers in place of texts. */
  arringBuffer: Call<AtLeast<2>, number>;
  /**
   * `ARSCAN`
   *
   * https://redis.io/docs/latest/commands/arscan/
   */
  arscan: Call<AtLeast<2>, [index: number, value: string][]>;
  /** As `arscan`, with Buffers in place of texts. */
  arscanBuffer: Call<AtLeast<2>, [index: number, value: RedisBuffer][]>;
  /**
   * `ARSEEK`
   *
   * https://redis.io/docs/latest/commands/arseek/
   */
  arseek: Call<Exactly<2>, number>;
  /** As `arseek`, with Buffers in place of texts. */
  arseekBuffer: Call<Exactly<2>, number>;
  /**
   * `ARSET`
   *
   * https://redis.io/docs/latest/commands/arset/
   */
  arset: Call<AtLeast<2>, number>;
  /** As `arset`, with Buffers in place of texts. */
  arsetBuffer: Call<AtLeast<2>, number>;
  /**
   * `ASKING`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/asking/
   * @since Redis 3.0.0
   */
  asking: Call<Exactly<0>, 'OK'>;
  /** As `asking`, with Buffers in place of texts. */
  askingBuffer: Call<Exactly<0>, RedisBuffer>;
  /**
   * `AUTH [username] password`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/auth/
   * @since Redis 1.0.0
   */
  auth: Call<AtLeast<1>, 'OK'>;
  /** As `auth`, with Buffers in place of texts. */
  authBuffer: Call<AtLeast<1>, RedisBuffer>;
  /**
   * `BACKUP`
   *
   * https://redis.io/docs/latest/commands/backup/
   */
  backup: Subcommands<Exactly<1>, {
    ABORT: 'OK';
    CLEANUP: 'OK';
    SEAL: 'OK';
    START: 'OK';
    LIST: string[];
    HELP: string[];
    STATUS: Nested<string>[];
  }>;
  /** As `backup`, with Buffers in place of texts. */
  backupBuffer: Subcommands<Exactly<1>, {
    ABORT: RedisBuffer;
    CLEANUP: RedisBuffer;
    SEAL: RedisBuffer;
    START: RedisBuffer;
    LIST: RedisBuffer[];
    HELP: RedisBuffer[];
    STATUS: Nested<RedisBuffer>[];
  }>;
  /**
   * `BGREWRITEAOF`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/bgrewriteaof/
   * @since Redis 1.0.0
   */
  bgrewriteaof: Call<Exactly<0>, string>;
  /** As `bgrewriteaof`, with Buffers in place of texts. */
  bgrewriteaofBuffer: Call<Exactly<0>, RedisBuffer>;
  /**
   * `BGSAVE [SCHEDULE]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/bgsave/
   * @since Redis 1.0.0
   */
  bgsave: Call<AtLeast<0>, string>;
  /** As `bgsave`, with Buffers in place of texts. */
  bgsaveBuffer: Call<AtLeast<0>, RedisBuffer>;
  /**
   * `BITCOUNT key [start end [BYTE | BIT]]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/bitcount/
   * @since Redis 2.6.0
   */
  bitcount: Call<AtLeast<1>, number>;
  /** As `bitcount`, with Buffers in place of texts. */
  bitcountBuffer: Call<AtLeast<1>, number>;
  /**
   * `BITFIELD key [GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | INCRBY encoding offset increment> [GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | INCRBY encoding offset increment> ...]]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/bitfield/
   * @since Redis 3.2.0
   */
  bitfield: Call<AtLeast<1>, (number | null)[]>;
  /** As `bitfield`, with Buffers in place of texts. */
  bitfieldBuffer: Call<AtLeast<1>, (number | null)[]>;
  /**
   * `BITFIELD_RO key [GET encoding offset [GET encoding offset ...]]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/bitfield_ro/
   * @since Redis 6.0.0
   */
  bitfield_ro: Call<AtLeast<1>, number[]>;
  /** As `bitfield_ro`, with Buffers in place of texts. */
  bitfield_roBuffer: Call<AtLeast<1>, number[]>;
  /**
   * `BITOP <AND | OR | XOR | NOT | DIFF | DIFF1 | ANDOR | ONE> destkey key [key ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/bitop/
   * @since Redis 2.6.0
   */
  bitop: Call<AtLeast<2>, number>;
  /** As `bitop`, with Buffers in place of texts. */
  bitopBuffer: Call<AtLeast<2>, number>;
  /**
   * `BITPOS key bit [start [end [BYTE | BIT]]]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/bitpos/
   * @since Redis 2.8.7
   */
  bitpos: Call<AtLeast<2>, number>;
  /** As `bitpos`, with Buffers in place of texts. */
  bitposBuffer: Call<AtLeast<2>, number>;
  /**
   * `BLMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/blmove/
   * @since Redis 6.2.0
   */
  blmove: Call<Exactly<5>, string | null>;
  /** As `blmove`, with Buffers in place of texts. */
  blmoveBuffer: Call<Exactly<5>, RedisBuffer | null>;
  /**
   * `BLMOVEM`
   *
   * https://redis.io/docs/latest/commands/blmovem/
   */
  blmovem: Call<AtLeast<2>, string[] | null>;
  /** As `blmovem`, with Buffers in place of texts. */
  blmovemBuffer: Call<AtLeast<2>, RedisBuffer[] | null>;
  /**
   * `BLMPOP timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]`
   *
   * Complexity: O(N+M).
   * https://redis.io/docs/latest/commands/blmpop/
   * @since Redis 7.0.0
   */
  blmpop: Call<AtLeast<2>, [key: string, elements: string[]] | null>;
  /** As `blmpop`, with Buffers in place of texts. */
  blmpopBuffer: Call<AtLeast<2>, [key: RedisBuffer, elements: RedisBuffer[]] | null>;
  /**
   * `BLPOP key [key ...] timeout`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/blpop/
   * @since Redis 2.0.0
   */
  blpop: Call<AtLeast<2>, [key: string, element: string] | null>;
  /** As `blpop`, with Buffers in place of texts. */
  blpopBuffer: Call<AtLeast<2>, [key: RedisBuffer, element: RedisBuffer] | null>;
  /**
   * `BRPOP key [key ...] timeout`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/brpop/
   * @since Redis 2.0.0
   */
  brpop: Call<AtLeast<2>, [key: string, element: string] | null>;
  /** As `brpop`, with Buffers in place of texts. */
  brpopBuffer: Call<AtLeast<2>, [key: RedisBuffer, element: RedisBuffer] | null>;
  /**
   * `BRPOPLPUSH source destination timeout`
   *
   * Complexity: O(1).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/brpoplpush/
   * @since Redis 2.2.0
   */
  brpoplpush: Call<Exactly<3>, string | null>;
  /** As `brpoplpush`, with Buffers in place of texts. */
  brpoplpushBuffer: Call<Exactly<3>, RedisBuffer | null>;
  /**
   * `BZMPOP timeout numkeys key [key ...] <MIN | MAX> [COUNT count]`
   *
   * Complexity: O(K), O(M*log(N)).
   * https://redis.io/docs/latest/commands/bzmpop/
   * @since Redis 7.0.0
   */
  bzmpop: Call<AtLeast<2>, [key: string, members: [member: string, score: string][]] | null>;
  /** As `bzmpop`, with Buffers in place of texts. */
  bzmpopBuffer: Call<AtLeast<2>, [key: RedisBuffer, members: [member: RedisBuffer, score: RedisBuffer][]] | null>;
  /**
   * `BZPOPMAX key [key ...] timeout`
   *
   * Complexity: O(log(N)).
   * https://redis.io/docs/latest/commands/bzpopmax/
   * @since Redis 5.0.0
   */
  bzpopmax: Call<AtLeast<2>, [key: string, member: string, score: string] | null>;
  /** As `bzpopmax`, with Buffers in place of texts. */
  bzpopmaxBuffer: Call<AtLeast<2>, [key: RedisBuffer, member: RedisBuffer, score: RedisBuffer] | null>;
  /**
   * `BZPOPMIN key [key ...] timeout`
   *
   * Complexity: O(log(N)).
   * https://redis.io/docs/latest/commands/bzpopmin/
   * @since Redis 5.0.0
   */
  bzpopmin: Call<AtLeast<2>, [key: string, member: string, score: string] | null>;
  /** As `bzpopmin`, with Buffers in place of texts. */
  bzpopminBuffer: Call<AtLeast<2>, [key: RedisBuffer, member: RedisBuffer, score: RedisBuffer] | null>;
  /**
   * - `CLIENT CACHING <YES | NO>`
   * - `CLIENT CAPA capability [capability ...]`
   * - `CLIENT GETNAME`
   * - `CLIENT GETREDIR`
   * - `CLIENT HELP`
   * - `CLIENT ID`
   * - `CLIENT IMPORT-SOURCE <ON | OFF>`
   * - `CLIENT INFO`
   * - `CLIENT KILL <ip:port | <[ID client-id] | [TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB>] | [USER username] | [ADDR ip:port] | [LADDR ip:port] | [SKIPME <YES | NO>] | [MAXAGE maxage]> [<[ID client-id] | [TYPE <NORMAL | MASTER | SLAVE | REPLICA | PUBSUB>] | [USER username] | [ADDR ip:port] | [LADDR ip:port] | [SKIPME <YES | NO>] | [MAXAGE maxage]> ...]>`
   * - `CLIENT LIST [TYPE <NORMAL | MASTER | REPLICA | PUBSUB>] [ID client-id [client-id ...]]`
   * - `CLIENT NO-EVICT <ON | OFF>`
   * - `CLIENT NO-TOUCH <ON | OFF>`
   * - `CLIENT PAUSE timeout [WRITE | ALL]`
   * - `CLIENT REPLY <ON | OFF | SKIP>`
   * - `CLIENT SETINFO <LIB-NAME libname | LIB-VER libver>`
   * - `CLIENT SETNAME connection-name`
   * - `CLIENT TRACKING <ON | OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]`
   * - `CLIENT TRACKINGINFO`
   * - `CLIENT UNBLOCK client-id [TIMEOUT | ERROR]`
   * - `CLIENT UNPAUSE`
   *
   * https://redis.io/docs/latest/commands/client/
   * @since Redis 2.4.0
   */
  client: Subcommands<AtLeast<1>, {
    CACHING: 'OK';
    CAPA: 'OK';
    GETNAME: string | null;
    GETREDIR: number;
    HELP: string[];
    ID: number;
    INFO: string;
    KILL: 'OK' | number;
    LIST: string;
    'NO-EVICT': 'OK';
    'NO-TOUCH': 'OK';
    PAUSE: 'OK';
    REPLY: 'OK';
    SETINFO: 'OK';
    SETNAME: 'OK';
    TRACKING: 'OK';
    TRACKINGINFO: (string | number | string[])[];
    UNBLOCK: number;
    UNPAUSE: 'OK';
    'IMPORT-SOURCE': 'OK';
  }>;
  /** As `client`, with Buffers in place of texts. */
  clientBuffer: Subcommands<AtLeast<1>, {
    CACHING: RedisBuffer;
    CAPA: RedisBuffer;
    GETNAME: RedisBuffer | null;
    GETREDIR: number;
    HELP: RedisBuffer[];
    ID: number;
    INFO: RedisBuffer;
    KILL: RedisBuffer | number;
    LIST: RedisBuffer;
    'NO-EVICT': RedisBuffer;
    'NO-TOUCH': RedisBuffer;
    PAUSE: RedisBuffer;
    REPLY: RedisBuffer;
    SETINFO: RedisBuffer;
    SETNAME: RedisBuffer;
    TRACKING: RedisBuffer;
    TRACKINGINFO: (RedisBuffer | number | RedisBuffer[])[];
    UNBLOCK: number;
    UNPAUSE: RedisBuffer;
    'IMPORT-SOURCE': RedisBuffer;
  }>;
  /**
   * - `CLUSTER ADDSLOTS slot [slot ...]`
   * - `CLUSTER ADDSLOTSRANGE start-slot end-slot [start-slot end-slot ...]`
   * - `CLUSTER BUMPEPOCH`
   * - `CLUSTER CANCELSLOTMIGRATIONS`
   * - `CLUSTER COUNT-FAILURE-REPORTS node-id`
   * - `CLUSTER COUNTKEYSINSLOT slot`
   * - `CLUSTER DELSLOTS slot [slot ...]`
   * - `CLUSTER DELSLOTSRANGE start-slot end-slot [start-slot end-slot ...]`
   * - `CLUSTER FAILOVER [FORCE | TAKEOVER]`
   * - `CLUSTER FLUSHSLOT slot [ASYNC | SYNC]`
   * - `CLUSTER FLUSHSLOTS`
   * - `CLUSTER FORGET node-id`
   * - `CLUSTER GETKEYSINSLOT slot count`
   * - `CLUSTER GETSLOTMIGRATIONS`
   * - `CLUSTER HELP`
   * - `CLUSTER INFO`
   * - `CLUSTER KEYSLOT key`
   * - `CLUSTER LINKS`
   * - `CLUSTER MEET ip port [cluster-bus-port]`
   * - `CLUSTER MIGRATESLOTS SLOTSRANGE start-slot end-slot [start-slot end-slot ...] NODE node-id [SLOTSRANGE start-slot end-slot [start-slot end-slot ...] NODE node-id ...]`
   * - `CLUSTER MYID`
   * - `CLUSTER MYSHARDID`
   * - `CLUSTER NODES`
   * - `CLUSTER REPLICAS node-id`
   * - `CLUSTER REPLICATE node-id`
   * - `CLUSTER RESET [HARD | SOFT]`
   * - `CLUSTER SAVECONFIG`
   * - `CLUSTER SET-CONFIG-EPOCH config-epoch`
   * - `CLUSTER SETSLOT slot <IMPORTING node-id | MIGRATING node-id | NODE node-id | STABLE>`
   * - `CLUSTER SHARDS`
   * - `CLUSTER SLAVES node-id`
   * - `CLUSTER SLOT-STATS <SLOTSRANGE start-slot end-slot | ORDERBY metric [LIMIT limit] [ASC | DESC]>`
   * - `CLUSTER SLOTS`
   * - `CLUSTER SYNCSLOTS`
   *
   * https://redis.io/docs/latest/commands/cluster/
   * @since Redis 3.0.0
   */
  cluster: Subcommands<AtLeast<1>, {
    ADDSLOTS: 'OK';
    ADDSLOTSRANGE: 'OK';
    BUMPEPOCH: string;
    'COUNT-FAILURE-REPORTS': number;
    COUNTKEYSINSLOT: number;
    DELSLOTS: 'OK';
    DELSLOTSRANGE: 'OK';
    FAILOVER: 'OK';
    FLUSHSLOTS: 'OK';
    FORGET: 'OK';
    GETKEYSINSLOT: string[];
    HELP: string[];
    INFO: string;
    KEYSLOT: number;
    LINKS: (string | number)[][];
    MEET: 'OK';
    MYID: string;
    MYSHARDID: string;
    NODES: string;
    REPLICAS: string[];
    REPLICATE: 'OK';
    RESET: 'OK';
    SAVECONFIG: 'OK';
    'SET-CONFIG-EPOCH': 'OK';
    SETSLOT: 'OK';
    SHARDS: (string | number[] | (string | number)[][])[][];
    SLAVES: string[];
    'SLOT-STATS': [number, (string | number)[]][];
    SLOTS: [from: number, to: number, ...nodes: [ip: string | null, port: number, id: string, ...more: string[][]][]][];
  }>;
  /** As `cluster`, with Buffers in place of texts. */
  clusterBuffer: Subcommands<AtLeast<1>, {
    ADDSLOTS: RedisBuffer;
    ADDSLOTSRANGE: RedisBuffer;
    BUMPEPOCH: RedisBuffer;
    'COUNT-FAILURE-REPORTS': number;
    COUNTKEYSINSLOT: number;
    DELSLOTS: RedisBuffer;
    DELSLOTSRANGE: RedisBuffer;
    FAILOVER: RedisBuffer;
    FLUSHSLOTS: RedisBuffer;
    FORGET: RedisBuffer;
    GETKEYSINSLOT: RedisBuffer[];
    HELP: RedisBuffer[];
    INFO: RedisBuffer;
    KEYSLOT: number;
    LINKS: (RedisBuffer | number)[][];
    MEET: RedisBuffer;
    MYID: RedisBuffer;
    MYSHARDID: RedisBuffer;
    NODES: RedisBuffer;
    REPLICAS: RedisBuffer[];
    REPLICATE: RedisBuffer;
    RESET: RedisBuffer;
    SAVECONFIG: RedisBuffer;
    'SET-CONFIG-EPOCH': RedisBuffer;
    SETSLOT: RedisBuffer;
    SHARDS: (RedisBuffer | number[] | (RedisBuffer | number)[][])[][];
    SLAVES: RedisBuffer[];
    'SLOT-STATS': [number, (RedisBuffer | number)[]][];
    SLOTS: [from: number, to: number, ...nodes: [ip: RedisBuffer | null, port: number, id: RedisBuffer, ...more: RedisBuffer[][]][]][];
  }>;
  /**
   * `CLUSTERSCAN cursor [MATCH match-pattern] [COUNT count] [TYPE type] [SLOT slot]`
   *
   * Complexity: O(N).
   * https://valkey.io/commands/clusterscan/
   * @since Valkey 9.1.0
   */
  clusterscan: Call<AtLeast<1>, [cursor: string, found: string[]]>;
  /** As `clusterscan`, with Buffers in place of texts. */
  clusterscanBuffer: Call<AtLeast<1>, [cursor: RedisBuffer, found: RedisBuffer[]]>;
  /**
   * - `COMMAND COUNT`
   * - `COMMAND DOCS [command-name [command-name ...]]`
   * - `COMMAND GETKEYS command [arg [arg ...]]`
   * - `COMMAND GETKEYSANDFLAGS command [arg [arg ...]]`
   * - `COMMAND HELP`
   * - `COMMAND INFO [command-name [command-name ...]]`
   * - `COMMAND LIST [FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/command/
   * @since Redis 2.8.13
   */
  command: Subcommands<AtLeast<0>, {
    COUNT: number;
    DOCS: (string | Nested<string>[])[];
    GETKEYS: string[];
    GETKEYSANDFLAGS: [string, string[]][];
    HELP: string[];
    INFO: ([string, number, string[], number, number, number, string[], ...Nested<string>[][]] | null)[];
    LIST: string[];
  }>;
  /** As `command`, with Buffers in place of texts. */
  commandBuffer: Subcommands<AtLeast<0>, {
    COUNT: number;
    DOCS: (RedisBuffer | Nested<RedisBuffer>[])[];
    GETKEYS: RedisBuffer[];
    GETKEYSANDFLAGS: [RedisBuffer, RedisBuffer[]][];
    HELP: RedisBuffer[];
    INFO: ([RedisBuffer, number, RedisBuffer[], number, number, number, RedisBuffer[], ...Nested<RedisBuffer>[][]] | null)[];
    LIST: RedisBuffer[];
  }>;
  /**
   * - `COMMANDLOG GET count <SLOW | LARGE-REQUEST | LARGE-REPLY>`
   * - `COMMANDLOG HELP`
   * - `COMMANDLOG LEN <SLOW | LARGE-REQUEST | LARGE-REPLY>`
   * - `COMMANDLOG RESET <SLOW | LARGE-REQUEST | LARGE-REPLY>`
   *
   * https://valkey.io/commands/commandlog/
   * @since Valkey 8.1.0
   */
  commandlog: Subcommands<AtLeast<1>, {
    GET: [number, number, number, string[], string, string][];
    LEN: number;
    RESET: 'OK';
    HELP: string[];
  }>;
  /** As `commandlog`, with Buffers in place of texts. */
  commandlogBuffer: Subcommands<AtLeast<1>, {
    GET: [number, number, number, RedisBuffer[], RedisBuffer, RedisBuffer][];
    LEN: number;
    RESET: RedisBuffer;
    HELP: RedisBuffer[];
  }>;
  /**
   * - `CONFIG GET parameter [parameter ...]`
   * - `CONFIG HELP`
   * - `CONFIG RESETSTAT`
   * - `CONFIG REWRITE`
   * - `CONFIG SET parameter value [parameter value ...]`
   *
   * https://redis.io/docs/latest/commands/config/
   * @since Redis 2.0.0
   */
  config: Subcommands<AtLeast<1>, {
    GET: string[];
    HELP: string[];
    RESETSTAT: 'OK';
    REWRITE: 'OK';
    SET: 'OK';
  }>;
  /** As `config`, with Buffers in place of texts. */
  configBuffer: Subcommands<AtLeast<1>, {
    GET: RedisBuffer[];
    HELP: RedisBuffer[];
    RESETSTAT: RedisBuffer;
    REWRITE: RedisBuffer;
    SET: RedisBuffer;
  }>;
  /**
   * `COPY source destination [DB destination-db] [REPLACE]`
   *
   * Complexity: O(N), O(1).
   * https://redis.io/docs/latest/commands/copy/
   * @since Redis 6.2.0
   */
  copy: Call<AtLeast<2>, number>;
  /** As `copy`, with Buffers in place of texts. */
  copyBuffer: Call<AtLeast<2>, number>;
  /**
   * `DBSIZE`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/dbsize/
   * @since Redis 1.0.0
   */
  dbsize: Call<Exactly<0>, number>;
  /** As `dbsize`, with Buffers in place of texts. */
  dbsizeBuffer: Call<Exactly<0>, number>;
  /**
   * `DEBUG`
   *
   * The reply is `unknown`: servers change it from version to version.
   * https://redis.io/docs/latest/commands/debug/
   * @since Redis 1.0.0
   */
  debug: Call<AtLeast<1>, unknown>;
  /** As `debug`, with Buffers in place of texts. The reply is `unknown`: servers change it from version to version. */
  debugBuffer: Call<AtLeast<1>, unknown>;
  /**
   * `DECR key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/decr/
   * @since Redis 1.0.0
   */
  decr: Call<Exactly<1>, number>;
  /** As `decr`, with Buffers in place of texts. */
  decrBuffer: Call<Exactly<1>, number>;
  /**
   * `DECRBY key decrement`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/decrby/
   * @since Redis 1.0.0
   */
  decrby: Call<Exactly<2>, number>;
  /** As `decrby`, with Buffers in place of texts. */
  decrbyBuffer: Call<Exactly<2>, number>;
  /**
   * `DEL key [key ...]`
   *
   * Complexity: O(N), O(M), O(1).
   * https://redis.io/docs/latest/commands/del/
   * @since Redis 1.0.0
   */
  del: Call<AtLeast<1>, number>;
  /** As `del`, with Buffers in place of texts. */
  delBuffer: Call<AtLeast<1>, number>;
  /**
   * `DELEX`
   *
   * https://redis.io/docs/latest/commands/delex/
   */
  delex: Call<AtLeast<1>, number>;
  /** As `delex`, with Buffers in place of texts. */
  delexBuffer: Call<AtLeast<1>, number>;
  /**
   * `DELIFEQ key value`
   *
   * Complexity: O(1).
   * https://valkey.io/commands/delifeq/
   * @since Valkey 9.0.0
   */
  delifeq: Call<Exactly<2>, number>;
  /** As `delifeq`, with Buffers in place of texts. */
  delifeqBuffer: Call<Exactly<2>, number>;
  /**
   * `DIGEST`
   *
   * https://redis.io/docs/latest/commands/digest/
   */
  digest: Call<Exactly<1>, string | null>;
  /** As `digest`, with Buffers in place of texts. */
  digestBuffer: Call<Exactly<1>, RedisBuffer | null>;
  /**
   * `DUMP key`
   *
   * Complexity: O(1), O(N*M), O(1*M).
   * https://redis.io/docs/latest/commands/dump/
   * @since Redis 2.6.0
   */
  dump: Call<Exactly<1>, string | null>;
  /** As `dump`, with Buffers in place of texts. */
  dumpBuffer: Call<Exactly<1>, RedisBuffer | null>;
  /**
   * `ECHO message`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/echo/
   * @since Redis 1.0.0
   */
  echo: Call<Exactly<1>, string>;
  /** As `echo`, with Buffers in place of texts. */
  echoBuffer: Call<Exactly<1>, RedisBuffer>;
  /**
   * `EVAL script numkeys [key [key ...]] [arg [arg ...]]`
   *
   * The reply is `unknown`: the script decides what it is.
   * https://redis.io/docs/latest/commands/eval/
   * @since Redis 2.6.0
   */
  eval: Call<AtLeast<2>, unknown>;
  /** As `eval`, with Buffers in place of texts. The reply is `unknown`: the script decides what it is. */
  evalBuffer: Call<AtLeast<2>, unknown>;
  /**
   * `EVAL_RO script numkeys [key [key ...]] [arg [arg ...]]`
   *
   * The reply is `unknown`: the script decides what it is.
   * https://redis.io/docs/latest/commands/eval_ro/
   * @since Redis 7.0.0
   */
  eval_ro: Call<AtLeast<2>, unknown>;
  /** As `eval_ro`, with Buffers in place of texts. The reply is `unknown`: the script decides what it is. */
  eval_roBuffer: Call<AtLeast<2>, unknown>;
  /**
   * `EVALSHA sha1 numkeys [key [key ...]] [arg [arg ...]]`
   *
   * The reply is `unknown`: the script decides what it is.
   * https://redis.io/docs/latest/commands/evalsha/
   * @since Redis 2.6.0
   */
  evalsha: Call<AtLeast<2>, unknown>;
  /** As `evalsha`, with Buffers in place of texts. The reply is `unknown`: the script decides what it is. */
  evalshaBuffer: Call<AtLeast<2>, unknown>;
  /**
   * `EVALSHA_RO sha1 numkeys [key [key ...]] [arg [arg ...]]`
   *
   * The reply is `unknown`: the script decides what it is.
   * https://redis.io/docs/latest/commands/evalsha_ro/
   * @since Redis 7.0.0
   */
  evalsha_ro: Call<AtLeast<2>, unknown>;
  /** As `evalsha_ro`, with Buffers in place of texts. The reply is `unknown`: the script decides what it is. */
  evalsha_roBuffer: Call<AtLeast<2>, unknown>;
  /**
   * `EXISTS key [key ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/exists/
   * @since Redis 1.0.0
   */
  exists: Call<AtLeast<1>, number>;
  /** As `exists`, with Buffers in place of texts. */
  existsBuffer: Call<AtLeast<1>, number>;
  /**
   * `EXPIRE key seconds [NX | XX | GT | LT]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/expire/
   * @since Redis 1.0.0
   */
  expire: Call<ExpireWords, number>;
  /** As `expire`, with Buffers in place of texts. */
  expireBuffer: Call<ExpireWords, number>;
  /**
   * `EXPIREAT key unix-time-seconds [NX | XX | GT | LT]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/expireat/
   * @since Redis 1.2.0
   */
  expireat: Call<ExpireWords, number>;
  /** As `expireat`, with Buffers in place of texts. */
  expireatBuffer: Call<ExpireWords, number>;
  /**
   * `EXPIRETIME key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/expiretime/
   * @since Redis 7.0.0
   */
  expiretime: Call<Exactly<1>, number>;
  /** As `expiretime`, with Buffers in place of texts. */
  expiretimeBuffer: Call<Exactly<1>, number>;
  /**
   * `FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/failover/
   * @since Redis 6.2.0
   */
  failover: Call<AtLeast<0>, 'OK'>;
  /** As `failover`, with Buffers in place of texts. */
  failoverBuffer: Call<AtLeast<0>, RedisBuffer>;
  /**
   * `FCALL function numkeys [key [key ...]] [arg [arg ...]]`
   *
   * The reply is `unknown`: the function decides what it is.
   * https://redis.io/docs/latest/commands/fcall/
   * @since Redis 7.0.0
   */
  fcall: Call<AtLeast<2>, unknown>;
  /** As `fcall`, with Buffers in place of texts. The reply is `unknown`: the function decides what it is. */
  fcallBuffer: Call<AtLeast<2>, unknown>;
  /**
   * `FCALL_RO function numkeys [key [key ...]] [arg [arg ...]]`
   *
   * The reply is `unknown`: the function decides what it is.
   * https://redis.io/docs/latest/commands/fcall_ro/
   * @since Redis 7.0.0
   */
  fcall_ro: Call<AtLeast<2>, unknown>;
  /** As `fcall_ro`, with Buffers in place of texts. The reply is `unknown`: the function decides what it is. */
  fcall_roBuffer: Call<AtLeast<2>, unknown>;
  /**
   * `FLUSHALL [ASYNC | SYNC]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/flushall/
   * @since Redis 1.0.0
   */
  flushall: Call<AtLeast<0>, 'OK'>;
  /** As `flushall`, with Buffers in place of texts. */
  flushallBuffer: Call<AtLeast<0>, RedisBuffer>;
  /**
   * `FLUSHDB [ASYNC | SYNC]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/flushdb/
   * @since Redis 1.0.0
   */
  flushdb: Call<AtLeast<0>, 'OK'>;
  /** As `flushdb`, with Buffers in place of texts. */
  flushdbBuffer: Call<AtLeast<0>, RedisBuffer>;
  /**
   * - `FUNCTION DELETE library-name`
   * - `FUNCTION DUMP`
   * - `FUNCTION FLUSH [ASYNC | SYNC]`
   * - `FUNCTION HELP`
   * - `FUNCTION KILL`
   * - `FUNCTION LIST [LIBRARYNAME library-name-pattern] [WITHCODE]`
   * - `FUNCTION LOAD [REPLACE] function-code`
   * - `FUNCTION RESTORE serialized-value [FLUSH | APPEND | REPLACE]`
   * - `FUNCTION STATS`
   *
   * https://redis.io/docs/latest/commands/function/
   * @since Redis 7.0.0
   */
  function: Subcommands<AtLeast<1>, {
    DELETE: 'OK';
    DUMP: string;
    FLUSH: 'OK';
    HELP: string[];
    KILL: 'OK';
    LIST: (string | (string | string[] | null)[][])[][];
    LOAD: string;
    RESTORE: 'OK';
    STATS: (string | (string | number | string[])[] | (string | (string | number)[])[] | null)[];
  }>;
  /** As `function`, with Buffers in place of texts. */
  functionBuffer: Subcommands<AtLeast<1>, {
    DELETE: RedisBuffer;
    DUMP: RedisBuffer;
    FLUSH: RedisBuffer;
    HELP: RedisBuffer[];
    KILL: RedisBuffer;
    LIST: (RedisBuffer | (RedisBuffer | RedisBuffer[] | null)[][])[][];
    LOAD: RedisBuffer;
    RESTORE: RedisBuffer;
    STATS: (RedisBuffer | (RedisBuffer | number | RedisBuffer[])[] | (RedisBuffer | (RedisBuffer | number)[])[] | null)[];
  }>;
  /**
   * `GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]`
   *
   * Complexity: O(log(N)).
   * https://redis.io/docs/latest/commands/geoadd/
   * @since Redis 3.2.0
   */
  geoadd: Call<AtLeast<2>, number>;
  /** As `geoadd`, with Buffers in place of texts. */
  geoaddBuffer: Call<AtLeast<2>, number>;
  /**
   * `GEODIST key member1 member2 [M | KM | FT | MI]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/geodist/
   * @since Redis 3.2.0
   */
  geodist: Call<AtLeast<2>, string | null>;
  /** As `geodist`, with Buffers in place of texts. */
  geodistBuffer: Call<AtLeast<2>, RedisBuffer | null>;
  /**
   * `GEOHASH key [member [member ...]]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/geohash/
   * @since Redis 3.2.0
   */
  geohash: Call<AtLeast<1>, (string | null)[]>;
  /** As `geohash`, with Buffers in place of texts. */
  geohashBuffer: Call<AtLeast<1>, (RedisBuffer | null)[]>;
  /**
   * `GEOPOS key [member [member ...]]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/geopos/
   * @since Redis 3.2.0
   */
  geopos: Call<AtLeast<1>, ([longitude: string, latitude: string] | null)[]>;
  /** As `geopos`, with Buffers in place of texts. */
  geoposBuffer: Call<AtLeast<1>, ([longitude: RedisBuffer, latitude: RedisBuffer] | null)[]>;
  /**
   * `GEORADIUS key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC] [STORE key | STOREDIST key]`
   *
   * Complexity: O(N+log(M)).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/georadius/
   * @since Redis 3.2.0
   */
  georadius: Call<AtLeast<2>, number | string[] | [string, ...(string | number | [string, string])[]][]>;
  /** As `georadius`, with Buffers in place of texts. */
  georadiusBuffer: Call<AtLeast<2>, number | RedisBuffer[] | [RedisBuffer, ...(RedisBuffer | number | [RedisBuffer, RedisBuffer])[]][]>;
  /**
   * `GEORADIUS_RO key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC]`
   *
   * Complexity: O(N+log(M)).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/georadius_ro/
   * @since Redis 3.2.10
   */
  georadius_ro: Call<AtLeast<2>, string[] | [string, ...(string | number | [string, string])[]][]>;
  /** As `georadius_ro`, with Buffers in place of texts. */
  georadius_roBuffer: Call<AtLeast<2>, RedisBuffer[] | [RedisBuffer, ...(RedisBuffer | number | [RedisBuffer, RedisBuffer])[]][]>;
  /**
   * `GEORADIUSBYMEMBER key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC] [STORE key | STOREDIST key]`
   *
   * Complexity: O(N+log(M)).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/georadiusbymember/
   * @since Redis 3.2.0
   */
  georadiusbymember: Call<AtLeast<2>, number | string[] | [string, ...(string | number | [string, string])[]][]>;
  /** As `georadiusbymember`, with Buffers in place of texts. */
  georadiusbymemberBuffer: Call<AtLeast<2>, number | RedisBuffer[] | [RedisBuffer, ...(RedisBuffer | number | [RedisBuffer, RedisBuffer])[]][]>;
  /**
   * `GEORADIUSBYMEMBER_RO key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC]`
   *
   * Complexity: O(N+log(M)).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/georadiusbymember_ro/
   * @since Redis 3.2.10
   */
  georadiusbymember_ro: Call<AtLeast<2>, string[] | [string, ...(string | number | [string, string])[]][]>;
  /** As `georadiusbymember_ro`, with Buffers in place of texts. */
  georadiusbymember_roBuffer: Call<AtLeast<2>, RedisBuffer[] | [RedisBuffer, ...(RedisBuffer | number | [RedisBuffer, RedisBuffer])[]][]>;
  /**
   * `GEOSEARCH key <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> [ASC | DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]`
   *
   * Complexity: O(N+log(M)).
   * https://redis.io/docs/latest/commands/geosearch/
   * @since Redis 6.2.0
   */
  geosearch: Call<AtLeast<2>, string[] | [string, ...(string | number | [string, string])[]][]>;
  /** As `geosearch`, with Buffers in place of texts. */
  geosearchBuffer: Call<AtLeast<2>, RedisBuffer[] | [RedisBuffer, ...(RedisBuffer | number | [RedisBuffer, RedisBuffer])[]][]>;
  /**
   * `GEOSEARCHSTORE destination source <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> [ASC | DESC] [COUNT count [ANY]] [STOREDIST]`
   *
   * Complexity: O(N+log(M)).
   * https://redis.io/docs/latest/commands/geosearchstore/
   * @since Redis 6.2.0
   */
  geosearchstore: Call<AtLeast<2>, number>;
  /** As `geosearchstore`, with Buffers in place of texts. */
  geosearchstoreBuffer: Call<AtLeast<2>, number>;
  /**
   * `GET key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/get/
   * @since Redis 1.0.0
   */
  get: Call<Exactly<1>, string | null>;
  /** As `get`, with Buffers in place of texts. */
  getBuffer: Call<Exactly<1>, RedisBuffer | null>;
  /**
   * `GETBIT key offset`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/getbit/
   * @since Redis 2.2.0
   */
  getbit: Call<Exactly<2>, number>;
  /** As `getbit`, with Buffers in place of texts. */
  getbitBuffer: Call<Exactly<2>, number>;
  /**
   * `GETDEL key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/getdel/
   * @since Redis 6.2.0
   */
  getdel: Call<Exactly<1>, string | null>;
  /** As `getdel`, with Buffers in place of texts. */
  getdelBuffer: Call<Exactly<1>, RedisBuffer | null>;
  /**
   * `GETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/getex/
   * @since Redis 6.2.0
   */
  getex: Call<GetexWords, string | null>;
  /** As `getex`, with Buffers in place of texts. */
  getexBuffer: Call<GetexWords, RedisBuffer | null>;
  /**
   * `GETRANGE key start end`
   *
   * Complexity: O(N), O(1).
   * https://redis.io/docs/latest/commands/getrange/
   * @since Redis 2.4.0
   */
  getrange: Call<Exactly<3>, string>;
  /** As `getrange`, with Buffers in place of texts. */
  getrangeBuffer: Call<Exactly<3>, RedisBuffer>;
  /**
   * `GETSET key value`
   *
   * Complexity: O(1).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/getset/
   * @since Redis 1.0.0
   */
  getset: Call<Exactly<2>, string | null>;
  /** As `getset`, with Buffers in place of texts. */
  getsetBuffer: Call<Exactly<2>, RedisBuffer | null>;
  /**
   * `HDEL key field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hdel/
   * @since Redis 2.0.0
   */
  hdel: Call<AtLeast<2>, number>;
  /** As `hdel`, with Buffers in place of texts. */
  hdelBuffer: Call<AtLeast<2>, number>;
  /**
   * `HELLO [protover [AUTH username password] [SETNAME clientname]]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/hello/
   * @since Redis 6.0.0
   */
  hello: Call<AtLeast<0>, (string | number | (string | number | string[])[][])[]>;
  /** As `hello`, with Buffers in place of texts. */
  helloBuffer: Call<AtLeast<0>, (RedisBuffer | number | (RedisBuffer | number | RedisBuffer[])[][])[]>;
  /**
   * `HEXISTS key field`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/hexists/
   * @since Redis 2.0.0
   */
  hexists: Call<Exactly<2>, number>;
  /** As `hexists`, with Buffers in place of texts. */
  hexistsBuffer: Call<Exactly<2>, number>;
  /**
   * `HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hexpire/
   * @since Redis 7.4.0
   */
  hexpire: Call<AtLeast<2>, number[]>;
  /** As `hexpire`, with Buffers in place of texts. */
  hexpireBuffer: Call<AtLeast<2>, number[]>;
  /**
   * `HEXPIREAT key unix-time-seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hexpireat/
   * @since Redis 7.4.0
   */
  hexpireat: Call<AtLeast<2>, number[]>;
  /** As `hexpireat`, with Buffers in place of texts. */
  hexpireatBuffer: Call<AtLeast<2>, number[]>;
  /**
   * `HEXPIRETIME key FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hexpiretime/
   * @since Redis 7.4.0
   */
  hexpiretime: Call<AtLeast<2>, number[]>;
  /** As `hexpiretime`, with Buffers in place of texts. */
  hexpiretimeBuffer: Call<AtLeast<2>, number[]>;
  /**
   * `HGET key field`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/hget/
   * @since Redis 2.0.0
   */
  hget: Call<Exactly<2>, string | null>;
  /** As `hget`, with Buffers in place of texts. */
  hgetBuffer: Call<Exactly<2>, RedisBuffer | null>;
  /**
   * `HGETALL key`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hgetall/
   * @since Redis 2.0.0
   */
  hgetall: Call<Exactly<1>, Record<string, string>>;
  /** As `hgetall`, with Buffers in place of texts. */
  hgetallBuffer: Call<Exactly<1>, Record<string, RedisBuffer>>;
  /**
   * `HGETDEL key FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hgetdel/
   * @since Redis 8.0.0
   */
  hgetdel: Call<AtLeast<2>, (string | null)[]>;
  /** As `hgetdel`, with Buffers in place of texts. */
  hgetdelBuffer: Call<AtLeast<2>, (RedisBuffer | null)[]>;
  /**
   * `HGETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST] FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hgetex/
   * @since Redis 8.0.0
   */
  hgetex: Call<AtLeast<2>, (string | null)[]>;
  /** As `hgetex`, with Buffers in place of texts. */
  hgetexBuffer: Call<AtLeast<2>, (RedisBuffer | null)[]>;
  /**
   * `HIMPORT`
   *
   * https://redis.io/docs/latest/commands/himport/
   */
  himport: Subcommands<AtLeast<1>, {
    PREPARE: 'OK';
    SET: 'OK';
    DISCARD: number;
    DISCARDALL: number;
  }>;
  /** As `himport`, with Buffers in place of texts. */
  himportBuffer: Subcommands<AtLeast<1>, {
    PREPARE: RedisBuffer;
    SET: RedisBuffer;
    DISCARD: number;
    DISCARDALL: number;
  }>;
  /**
   * `HINCRBY key field increment`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/hincrby/
   * @since Redis 2.0.0
   */
  hincrby: Call<Exactly<3>, number>;
  /** As `hincrby`, with Buffers in place of texts. */
  hincrbyBuffer: Call<Exactly<3>, number>;
  /**
   * `HINCRBYFLOAT key field increment`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/hincrbyfloat/
   * @since Redis 2.6.0
   */
  hincrbyfloat: Call<Exactly<3>, string>;
  /** As `hincrbyfloat`, with Buffers in place of texts. */
  hincrbyfloatBuffer: Call<Exactly<3>, RedisBuffer>;
  /**
   * `HKEYS key`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hkeys/
   * @since Redis 2.0.0
   */
  hkeys: Call<Exactly<1>, string[]>;
  /** As `hkeys`, with Buffers in place of texts. */
  hkeysBuffer: Call<Exactly<1>, RedisBuffer[]>;
  /**
   * `HLEN key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/hlen/
   * @since Redis 2.0.0
   */
  hlen: Call<Exactly<1>, number>;
  /** As `hlen`, with Buffers in place of texts. */
  hlenBuffer: Call<Exactly<1>, number>;
  /**
   * `HMGET key field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hmget/
   * @since Redis 2.0.0
   */
  hmget: Call<AtLeast<2>, (string | null)[]>;
  /** As `hmget`, with Buffers in place of texts. */
  hmgetBuffer: Call<AtLeast<2>, (RedisBuffer | null)[]>;
  /**
   * `HMSET key field value [field value ...]`
   *
   * Complexity: O(N).
   * Deprecated since Redis 4.0.0.
   * https://redis.io/docs/latest/commands/hmset/
   * @since Redis 2.0.0
   */
  hmset: Call<HashFields, 'OK'>;
  /** As `hmset`, with Buffers in place of texts. */
  hmsetBuffer: Call<HashFields, RedisBuffer>;
  /**
   * `HOTKEYS`
   *
   * https://redis.io/docs/latest/commands/hotkeys/
   */
  hotkeys: Subcommands<AtLeast<1>, {
    RESET: 'OK';
    START: 'OK';
    STOP: 'OK';
    HELP: string[];
    GET: Nested<string>[] | null;
  }>;
  /** As `hotkeys`, with Buffers in place of texts. */
  hotkeysBuffer: Subcommands<AtLeast<1>, {
    RESET: RedisBuffer;
    START: RedisBuffer;
    STOP: RedisBuffer;
    HELP: RedisBuffer[];
    GET: Nested<RedisBuffer>[] | null;
  }>;
  /**
   * `HPERSIST key FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hpersist/
   * @since Redis 7.4.0
   */
  hpersist: Call<AtLeast<2>, number[]>;
  /** As `hpersist`, with Buffers in place of texts. */
  hpersistBuffer: Call<AtLeast<2>, number[]>;
  /**
   * `HPEXPIRE key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hpexpire/
   * @since Redis 7.4.0
   */
  hpexpire: Call<AtLeast<2>, number[]>;
  /** As `hpexpire`, with Buffers in place of texts. */
  hpexpireBuffer: Call<AtLeast<2>, number[]>;
  /**
   * `HPEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hpexpireat/
   * @since Redis 7.4.0
   */
  hpexpireat: Call<AtLeast<2>, number[]>;
  /** As `hpexpireat`, with Buffers in place of texts. */
  hpexpireatBuffer: Call<AtLeast<2>, number[]>;
  /**
   * `HPEXPIRETIME key FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hpexpiretime/
   * @since Redis 7.4.0
   */
  hpexpiretime: Call<AtLeast<2>, number[]>;
  /** As `hpexpiretime`, with Buffers in place of texts. */
  hpexpiretimeBuffer: Call<AtLeast<2>, number[]>;
  /**
   * `HPTTL key FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hpttl/
   * @since Redis 7.4.0
   */
  hpttl: Call<AtLeast<2>, number[]>;
  /** As `hpttl`, with Buffers in place of texts. */
  hpttlBuffer: Call<AtLeast<2>, number[]>;
  /**
   * `HRANDFIELD key [count [WITHVALUES]]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hrandfield/
   * @since Redis 6.2.0
   */
  hrandfield: Call<Exactly<1>, string | null> & Call<Exactly<2>, string[]> & Call<AtLeast<1>, string | string[] | null>;
  /** As `hrandfield`, with Buffers in place of texts. */
  hrandfieldBuffer: Call<Exactly<1>, RedisBuffer | null> & Call<Exactly<2>, RedisBuffer[]> & Call<AtLeast<1>, RedisBuffer | RedisBuffer[] | null>;
  /**
   * `HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/hscan/
   * @since Redis 2.8.0
   */
  hscan: Call<AtLeast<2>, [cursor: string, found: string[]]>;
  /** As `hscan`, with Buffers in place of texts. */
  hscanBuffer: Call<AtLeast<2>, [cursor: RedisBuffer, found: RedisBuffer[]]>;
  /**
   * `HSET key field value [field value ...]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/hset/
   * @since Redis 2.0.0
   */
  hset: Call<HashFields, number>;
  /** As `hset`, with Buffers in place of texts. */
  hsetBuffer: Call<HashFields, number>;
  /**
   * `HSETEX key [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL] FIELDS numfields field value [field value ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hsetex/
   * @since Redis 8.0.0
   */
  hsetex: Call<AtLeast<2>, number>;
  /** As `hsetex`, with Buffers in place of texts. */
  hsetexBuffer: Call<AtLeast<2>, number>;
  /**
   * `HSETNX key field value`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/hsetnx/
   * @since Redis 2.0.0
   */
  hsetnx: Call<Exactly<3>, number>;
  /** As `hsetnx`, with Buffers in place of texts. */
  hsetnxBuffer: Call<Exactly<3>, number>;
  /**
   * `HSTRLEN key field`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/hstrlen/
   * @since Redis 3.2.0
   */
  hstrlen: Call<Exactly<2>, number>;
  /** As `hstrlen`, with Buffers in place of texts. */
  hstrlenBuffer: Call<Exactly<2>, number>;
  /**
   * `HTTL key FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/httl/
   * @since Redis 7.4.0
   */
  httl: Call<AtLeast<2>, number[]>;
  /** As `httl`, with Buffers in place of texts. */
  httlBuffer: Call<AtLeast<2>, number[]>;
  /**
   * `HVALS key`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hvals/
   * @since Redis 2.0.0
   */
  hvals: Call<Exactly<1>, string[]>;
  /** As `hvals`, with Buffers in place of texts. */
  hvalsBuffer: Call<Exactly<1>, RedisBuffer[]>;
  /**
   * `INCR key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/incr/
   * @since Redis 1.0.0
   */
  incr: Call<Exactly<1>, number>;
  /** As `incr`, with Buffers in place of texts. */
  incrBuffer: Call<Exactly<1>, number>;
  /**
   * `INCRBY key increment`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/incrby/
   * @since Redis 1.0.0
   */
  incrby: Call<Exactly<2>, number>;
  /** As `incrby`, with Buffers in place of texts. */
  incrbyBuffer: Call<Exactly<2>, number>;
  /**
   * `INCRBYFLOAT key increment`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/incrbyfloat/
   * @since Redis 2.6.0
   */
  incrbyfloat: Call<Exactly<2>, string>;
  /** As `incrbyfloat`, with Buffers in place of texts. */
  incrbyfloatBuffer: Call<Exactly<2>, RedisBuffer>;
  /**
   * `INCREX`
   *
   * https://redis.io/docs/latest/commands/increx/
   */
  increx: Call<AtLeast<1>, [value: number | string, change: number | string]>;
  /** As `increx`, with Buffers in place of texts. */
  increxBuffer: Call<AtLeast<1>, [value: number | RedisBuffer, change: number | RedisBuffer]>;
  /**
   * `INFO [section [section ...]]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/info/
   * @since Redis 1.0.0
   */
  info: Call<AtLeast<0>, string>;
  /** As `info`, with Buffers in place of texts. */
  infoBuffer: Call<AtLeast<0>, RedisBuffer>;
  /**
   * `KEYS pattern`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/keys/
   * @since Redis 1.0.0
   */
  keys: Call<Exactly<1>, string[]>;
  /** As `keys`, with Buffers in place of texts. */
  keysBuffer: Call<Exactly<1>, RedisBuffer[]>;
  /**
   * `LASTSAVE`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/lastsave/
   * @since Redis 1.0.0
   */
  lastsave: Call<Exactly<0>, number>;
  /** As `lastsave`, with Buffers in place of texts. */
  lastsaveBuffer: Call<Exactly<0>, number>;
  /**
   * - `LATENCY DOCTOR`
   * - `LATENCY GRAPH event`
   * - `LATENCY HELP`
   * - `LATENCY HISTOGRAM [command [command ...]]`
   * - `LATENCY HISTORY event`
   * - `LATENCY LATEST`
   * - `LATENCY RESET [event [event ...]]`
   *
   * https://redis.io/docs/latest/commands/latency/
   * @since Redis 2.8.13
   */
  latency: Subcommands<AtLeast<1>, {
    DOCTOR: string;
    GRAPH: string;
    HELP: string[];
    HISTOGRAM: (string | (string | number | (string | number)[])[])[];
    HISTORY: [number, number][];
    LATEST: [string, number, number, number][];
    RESET: number;
  }>;
  /** As `latency`, with Buffers in place of texts. */
  latencyBuffer: Subcommands<AtLeast<1>, {
    DOCTOR: RedisBuffer;
    GRAPH: RedisBuffer;
    HELP: RedisBuffer[];
    HISTOGRAM: (RedisBuffer | (RedisBuffer | number | (RedisBuffer | number)[])[])[];
    HISTORY: [number, number][];
    LATEST: [RedisBuffer, number, number, number][];
    RESET: number;
  }>;
  /**
   * `LCS key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]`
   *
   * Complexity: O(N*M).
   * https://redis.io/docs/latest/commands/lcs/
   * @since Redis 7.0.0
   */
  lcs: Call<Exactly<2>, string> & Call<AtLeast<2>, string | number | (string | number | [[number, number], [number, number], ...number[]][])[]>;
  /** As `lcs`, with Buffers in place of texts. */
  lcsBuffer: Call<Exactly<2>, RedisBuffer> & Call<AtLeast<2>, RedisBuffer | number | (RedisBuffer | number | [[number, number], [number, number], ...number[]][])[]>;
  /**
   * `LINDEX key index`
   *
   * Complexity: O(N), O(1).
   * https://redis.io/docs/latest/commands/lindex/
   * @since Redis 1.0.0
   */
  lindex: Call<Exactly<2>, string | null>;
  /** As `lindex`, with Buffers in place of texts. */
  lindexBuffer: Call<Exactly<2>, RedisBuffer | null>;
  /**
   * `LINSERT key <BEFORE | AFTER> pivot element`
   *
   * Complexity: O(N), O(1).
   * https://redis.io/docs/latest/commands/linsert/
   * @since Redis 2.2.0
   */
  linsert: Call<Exactly<4>, number>;
  /** As `linsert`, with Buffers in place of texts. */
  linsertBuffer: Call<Exactly<4>, number>;
  /**
   * `LLEN key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/llen/
   * @since Redis 1.0.0
   */
  llen: Call<Exactly<1>, number>;
  /** As `llen`, with Buffers in place of texts. */
  llenBuffer: Call<Exactly<1>, number>;
  /**
   * `LMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT>`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/lmove/
   * @since Redis 6.2.0
   */
  lmove: Call<Exactly<4>, string | null>;
  /** As `lmove`, with Buffers in place of texts. */
  lmoveBuffer: Call<Exactly<4>, RedisBuffer | null>;
  /**
   * `LMOVEM`
   *
   * https://redis.io/docs/latest/commands/lmovem/
   */
  lmovem: Call<AtLeast<2>, string[] | null>;
  /** As `lmovem`, with Buffers in place of texts. */
  lmovemBuffer: Call<AtLeast<2>, RedisBuffer[] | null>;
  /**
   * `LMPOP numkeys key [key ...] <LEFT | RIGHT> [COUNT count]`
   *
   * Complexity: O(N+M).
   * https://redis.io/docs/latest/commands/lmpop/
   * @since Redis 7.0.0
   */
  lmpop: Call<AtLeast<2>, [key: string, elements: string[]] | null>;
  /** As `lmpop`, with Buffers in place of texts. */
  lmpopBuffer: Call<AtLeast<2>, [key: RedisBuffer, elements: RedisBuffer[]] | null>;
  /**
   * `LOLWUT [VERSION version]`
   *
   * https://redis.io/docs/latest/commands/lolwut/
   * @since Redis 5.0.0
   */
  lolwut: Call<AtLeast<0>, string>;
  /** As `lolwut`, with Buffers in place of texts. */
  lolwutBuffer: Call<AtLeast<0>, RedisBuffer>;
  /**
   * `LPOP key [count]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/lpop/
   * @since Redis 1.0.0
   */
  lpop: Call<Exactly<1>, string | null> & Call<Exactly<2>, string[] | null> & Call<AtLeast<1>, string | string[] | null>;
  /** As `lpop`, with Buffers in place of texts. */
  lpopBuffer: Call<Exactly<1>, RedisBuffer | null> & Call<Exactly<2>, RedisBuffer[] | null> & Call<AtLeast<1>, RedisBuffer | RedisBuffer[] | null>;
  /**
   * `LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/lpos/
   * @since Redis 6.0.6
   */
  lpos: Call<Exactly<2>, number | null> & Call<AtLeast<2>, number | number[] | null>;
  /** As `lpos`, with Buffers in place of texts. */
  lposBuffer: Call<Exactly<2>, number | null> & Call<AtLeast<2>, number | number[] | null>;
  /**
   * `LPUSH key element [element ...]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/lpush/
   * @since Redis 1.0.0
   */
  lpush: Call<AtLeast<2>, number>;
  /** As `lpush`, with Buffers in place of texts. */
  lpushBuffer: Call<AtLeast<2>, number>;
  /**
   * `LPUSHX key element [element ...]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/lpushx/
   * @since Redis 2.2.0
   */
  lpushx: Call<AtLeast<2>, number>;
  /** As `lpushx`, with Buffers in place of texts. */
  lpushxBuffer: Call<AtLeast<2>, number>;
  /**
   * `LRANGE key start stop`
   *
   * Complexity: O(S+N).
   * https://redis.io/docs/latest/commands/lrange/
   * @since Redis 1.0.0
   */
  lrange: Call<Exactly<3>, string[]>;
  /** As `lrange`, with Buffers in place of texts. */
  lrangeBuffer: Call<Exactly<3>, RedisBuffer[]>;
  /**
   * `LREM key count element`
   *
   * Complexity: O(N+M).
   * https://redis.io/docs/latest/commands/lrem/
   * @since Redis 1.0.0
   */
  lrem: Call<Exactly<3>, number>;
  /** As `lrem`, with Buffers in place of texts. */
  lremBuffer: Call<Exactly<3>, number>;
  /**
   * `LSET key index element`
   *
   * Complexity: O(N), O(1).
   * https://redis.io/docs/latest/commands/lset/
   * @since Redis 1.0.0
   */
  lset: Call<Exactly<3>, 'OK'>;
  /** As `lset`, with Buffers in place of texts. */
  lsetBuffer: Call<Exactly<3>, RedisBuffer>;
  /**
   * `LTRIM key start stop`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/ltrim/
   * @since Redis 1.0.0
   */
  ltrim: Call<Exactly<3>, 'OK'>;
  /** As `ltrim`, with Buffers in place of texts. */
  ltrimBuffer: Call<Exactly<3>, RedisBuffer>;
  /**
   * - `MEMORY DOCTOR`
   * - `MEMORY HELP`
   * - `MEMORY MALLOC-STATS`
   * - `MEMORY PURGE`
   * - `MEMORY STATS`
   * - `MEMORY USAGE key [SAMPLES count]`
   *
   * https://redis.io/docs/latest/commands/memory/
   * @since Redis 4.0.0
   */
  memory: Subcommands<AtLeast<1>, {
    DOCTOR: string;
    HELP: string[];
    'MALLOC-STATS': string;
    PURGE: 'OK';
    STATS: (string | number | (string | number)[])[];
    USAGE: number | null;
  }>;
  /** As `memory`, with Buffers in place of texts. */
  memoryBuffer: Subcommands<AtLeast<1>, {
    DOCTOR: RedisBuffer;
    HELP: RedisBuffer[];
    'MALLOC-STATS': RedisBuffer;
    PURGE: RedisBuffer;
    STATS: (RedisBuffer | number | (RedisBuffer | number)[])[];
    USAGE: number | null;
  }>;
  /**
   * `MGET key [key ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/mget/
   * @since Redis 1.0.0
   */
  mget: Call<AtLeast<1>, (string | null)[]>;
  /** As `mget`, with Buffers in place of texts. */
  mgetBuffer: Call<AtLeast<1>, (RedisBuffer | null)[]>;
  /**
   * `MIGRATE host port <key | ""> destination-db timeout [COPY] [REPLACE] [AUTH password | AUTH2 username password] [KEYS key [key ...]]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/migrate/
   * @since Redis 2.6.0
   */
  migrate: Call<AtLeast<2>, string>;
  /** As `migrate`, with Buffers in place of texts. */
  migrateBuffer: Call<AtLeast<2>, RedisBuffer>;
  /**
   * - `MODULE HELP`
   * - `MODULE LIST`
   * - `MODULE LOAD path [arg [arg ...]]`
   * - `MODULE LOADEX path [CONFIG name value [CONFIG name value ...]] [ARGS args [args ...]]`
   * - `MODULE UNLOAD name`
   *
   * https://redis.io/docs/latest/commands/module/
   * @since Redis 4.0.0
   */
  module: Subcommands<AtLeast<1>, {
    HELP: string[];
    LIST: (string | number | string[])[][];
    LOAD: 'OK';
    LOADEX: 'OK';
    UNLOAD: 'OK';
  }>;
  /** As `module`, with Buffers in place of texts. */
  moduleBuffer: Subcommands<AtLeast<1>, {
    HELP: RedisBuffer[];
    LIST: (RedisBuffer | number | RedisBuffer[])[][];
    LOAD: RedisBuffer;
    LOADEX: RedisBuffer;
    UNLOAD: RedisBuffer;
  }>;
  /**
   * `MONITOR`
   *
   * The reply is `unknown`: what follows it is no reply.
   * https://redis.io/docs/latest/commands/monitor/
   * @since Redis 1.0.0
   */
  monitor: Call<Exactly<0>, unknown>;
  /** As `monitor`, with Buffers in place of texts. The reply is `unknown`: what follows it is no reply. */
  monitorBuffer: Call<Exactly<0>, unknown>;
  /**
   * `MOVE key db`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/move/
   * @since Redis 1.0.0
   */
  move: Call<Exactly<2>, number>;
  /** As `move`, with Buffers in place of texts. */
  moveBuffer: Call<Exactly<2>, number>;
  /**
   * `MSET key value [key value ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/mset/
   * @since Redis 1.0.1
   */
  mset: Call<Pairs, 'OK'>;
  /** As `mset`, with Buffers in place of texts. */
  msetBuffer: Call<Pairs, RedisBuffer>;
  /**
   * `MSETEX numkeys key value [key value ...] [NX | XX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]`
   *
   * Complexity: O(N).
   * https://valkey.io/commands/msetex/
   * @since Valkey 9.1.0
   */
  msetex: Call<AtLeast<2>, number>;
  /** As `msetex`, with Buffers in place of texts. */
  msetexBuffer: Call<AtLeast<2>, number>;
  /**
   * `MSETNX key value [key value ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/msetnx/
   * @since Redis 1.0.1
   */
  msetnx: Call<Pairs, number>;
  /** As `msetnx`, with Buffers in place of texts. */
  msetnxBuffer: Call<Pairs, number>;
  /**
   * - `OBJECT ENCODING key`
   * - `OBJECT FREQ key`
   * - `OBJECT HELP`
   * - `OBJECT IDLETIME key`
   * - `OBJECT REFCOUNT key`
   *
   * https://redis.io/docs/latest/commands/object/
   * @since Redis 2.2.3
   */
  object: Subcommands<AtLeast<1>, {
    ENCODING: string | null;
    FREQ: number | null;
    HELP: string[];
    IDLETIME: number | null;
    REFCOUNT: number | null;
  }>;
  /** As `object`, with Buffers in place of texts. */
  objectBuffer: Subcommands<AtLeast<1>, {
    ENCODING: RedisBuffer | null;
    FREQ: number | null;
    HELP: RedisBuffer[];
    IDLETIME: number | null;
    REFCOUNT: number | null;
  }>;
  /**
   * `PERSIST key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/persist/
   * @since Redis 2.2.0
   */
  persist: Call<Exactly<1>, number>;
  /** As `persist`, with Buffers in place of texts. */
  persistBuffer: Call<Exactly<1>, number>;
  /**
   * `PEXPIRE key milliseconds [NX | XX | GT | LT]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/pexpire/
   * @since Redis 2.6.0
   */
  pexpire: Call<ExpireWords, number>;
  /** As `pexpire`, with Buffers in place of texts. */
  pexpireBuffer: Call<ExpireWords, number>;
  /**
   * `PEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/pexpireat/
   * @since Redis 2.6.0
   */
  pexpireat: Call<ExpireWords, number>;
  /** As `pexpireat`, with Buffers in place of texts. */
  pexpireatBuffer: Call<ExpireWords, number>;
  /**
   * `PEXPIRETIME key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/pexpiretime/
   * @since Redis 7.0.0
   */
  pexpiretime: Call<Exactly<1>, number>;
  /** As `pexpiretime`, with Buffers in place of texts. */
  pexpiretimeBuffer: Call<Exactly<1>, number>;
  /**
   * `PFADD key [element [element ...]]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/pfadd/
   * @since Redis 2.8.9
   */
  pfadd: Call<AtLeast<1>, number>;
  /** As `pfadd`, with Buffers in place of texts. */
  pfaddBuffer: Call<AtLeast<1>, number>;
  /**
   * `PFCOUNT key [key ...]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/pfcount/
   * @since Redis 2.8.9
   */
  pfcount: Call<AtLeast<1>, number>;
  /** As `pfcount`, with Buffers in place of texts. */
  pfcountBuffer: Call<AtLeast<1>, number>;
  /**
   * `PFDEBUG subcommand key`
   *
   * The reply is `unknown`: servers change it from version to version.
   * https://redis.io/docs/latest/commands/pfdebug/
   * @since Redis 2.8.9
   */
  pfdebug: Call<Exactly<2>, unknown>;
  /** As `pfdebug`, with Buffers in place of texts. The reply is `unknown`: servers change it from version to version. */
  pfdebugBuffer: Call<Exactly<2>, unknown>;
  /**
   * `PFMERGE destkey [sourcekey [sourcekey ...]]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/pfmerge/
   * @since Redis 2.8.9
   */
  pfmerge: Call<AtLeast<1>, 'OK'>;
  /** As `pfmerge`, with Buffers in place of texts. */
  pfmergeBuffer: Call<AtLeast<1>, RedisBuffer>;
  /**
   * `PFSELFTEST`
   *
   * https://redis.io/docs/latest/commands/pfselftest/
   * @since Redis 2.8.9
   */
  pfselftest: Call<Exactly<0>, 'OK'>;
  /** As `pfselftest`, with Buffers in place of texts. */
  pfselftestBuffer: Call<Exactly<0>, RedisBuffer>;
  /**
   * `PING [message]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/ping/
   * @since Redis 1.0.0
   */
  ping: Call<AtLeast<0>, string>;
  /** As `ping`, with Buffers in place of texts. */
  pingBuffer: Call<AtLeast<0>, RedisBuffer>;
  /**
   * `PSETEX key milliseconds value`
   *
   * Complexity: O(1).
   * Deprecated since Redis 2.6.12.
   * https://redis.io/docs/latest/commands/psetex/
   * @since Redis 2.6.0
   */
  psetex: Call<Exactly<3>, 'OK'>;
  /** As `psetex`, with Buffers in place of texts. */
  psetexBuffer: Call<Exactly<3>, RedisBuffer>;
  /**
   * `PSYNC replicationid offset`
   *
   * The reply is `unknown`: what follows it is no reply.
   * https://redis.io/docs/latest/commands/psync/
   * @since Redis 2.8.0
   */
  psync: Call<AtLeast<2>, unknown>;
  /** As `psync`, with Buffers in place of texts. The reply is `unknown`: what follows it is no reply. */
  psyncBuffer: Call<AtLeast<2>, unknown>;
  /**
   * `PTTL key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/pttl/
   * @since Redis 2.6.0
   */
  pttl: Call<Exactly<1>, number>;
  /** As `pttl`, with Buffers in place of texts. */
  pttlBuffer: Call<Exactly<1>, number>;
  /**
   * `PUBLISH channel message`
   *
   * Complexity: O(N+M).
   * https://redis.io/docs/latest/commands/publish/
   * @since Redis 2.0.0
   */
  publish: Call<Exactly<2>, number>;
  /** As `publish`, with Buffers in place of texts. */
  publishBuffer: Call<Exactly<2>, number>;
  /**
   * - `PUBSUB CHANNELS [pattern]`
   * - `PUBSUB HELP`
   * - `PUBSUB NUMPAT`
   * - `PUBSUB NUMSUB [channel [channel ...]]`
   * - `PUBSUB SHARDCHANNELS [pattern]`
   * - `PUBSUB SHARDNUMSUB [shardchannel [shardchannel ...]]`
   *
   * https://redis.io/docs/latest/commands/pubsub/
   * @since Redis 2.8.0
   */
  pubsub: Subcommands<AtLeast<1>, {
    CHANNELS: string[];
    HELP: string[];
    NUMPAT: number;
    NUMSUB: (string | number)[];
    SHARDCHANNELS: string[];
    SHARDNUMSUB: (string | number)[];
  }>;
  /** As `pubsub`, with Buffers in place of texts. */
  pubsubBuffer: Subcommands<AtLeast<1>, {
    CHANNELS: RedisBuffer[];
    HELP: RedisBuffer[];
    NUMPAT: number;
    NUMSUB: (RedisBuffer | number)[];
    SHARDCHANNELS: RedisBuffer[];
    SHARDNUMSUB: (RedisBuffer | number)[];
  }>;
  /**
   * `RANDOMKEY`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/randomkey/
   * @since Redis 1.0.0
   */
  randomkey: Call<Exactly<0>, string | null>;
  /** As `randomkey`, with Buffers in place of texts. */
  randomkeyBuffer: Call<Exactly<0>, RedisBuffer | null>;
  /**
   * `READONLY`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/readonly/
   * @since Redis 3.0.0
   */
  readonly: Call<Exactly<0>, 'OK'>;
  /** As `readonly`, with Buffers in place of texts. */
  readonlyBuffer: Call<Exactly<0>, RedisBuffer>;
  /**
   * `READWRITE`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/readwrite/
   * @since Redis 3.0.0
   */
  readwrite: Call<Exactly<0>, 'OK'>;
  /** As `readwrite`, with Buffers in place of texts. */
  readwriteBuffer: Call<Exactly<0>, RedisBuffer>;
  /**
   * `RENAME key newkey`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/rename/
   * @since Redis 1.0.0
   */
  rename: Call<Exactly<2>, 'OK'>;
  /** As `rename`, with Buffers in place of texts. */
  renameBuffer: Call<Exactly<2>, RedisBuffer>;
  /**
   * `RENAMENX key newkey`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/renamenx/
   * @since Redis 1.0.0
   */
  renamenx: Call<Exactly<2>, number>;
  /** As `renamenx`, with Buffers in place of texts. */
  renamenxBuffer: Call<Exactly<2>, number>;
  /**
   * `REPLCONF`
   *
   * Complexity: O(1).
   * The reply is `unknown`: each of its subcommands has another, and servers keep them for their own tests.
   * https://redis.io/docs/latest/commands/replconf/
   * @since Redis 3.0.0
   */
  replconf: Call<AtLeast<0>, unknown>;
  /** As `replconf`, with Buffers in place of texts. The reply is `unknown`: each of its subcommands has another, and servers keep them for their own tests. */
  replconfBuffer: Call<AtLeast<0>, unknown>;
  /**
   * `REPLICAOF <host port | NO ONE>`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/replicaof/
   * @since Redis 5.0.0
   */
  replicaof: Call<Exactly<2>, string>;
  /** As `replicaof`, with Buffers in place of texts. */
  replicaofBuffer: Call<Exactly<2>, RedisBuffer>;
  /**
   * `RESET`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/reset/
   * @since Redis 6.2.0
   */
  reset: Call<Exactly<0>, string>;
  /** As `reset`, with Buffers in place of texts. */
  resetBuffer: Call<Exactly<0>, RedisBuffer>;
  /**
   * `RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]`
   *
   * Complexity: O(1), O(N*M), O(1*M), O(N*M*log(N)), O(log(N)).
   * https://redis.io/docs/latest/commands/restore/
   * @since Redis 2.6.0
   */
  restore: Call<AtLeast<2>, 'OK'>;
  /** As `restore`, with Buffers in place of texts. */
  restoreBuffer: Call<AtLeast<2>, RedisBuffer>;
  /**
   * `RESTORE-ASKING key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]`
   *
   * Complexity: O(1), O(N*M), O(1*M), O(N*M*log(N)), O(log(N)).
   * https://redis.io/docs/latest/commands/restore-asking/
   * @since Redis 3.0.0
   */
  'restore-asking': Call<AtLeast<2>, 'OK'>;
  /** As `restore-asking`, with Buffers in place of texts. */
  'restore-askingBuffer': Call<AtLeast<2>, RedisBuffer>;
  /**
   * `ROLE`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/role/
   * @since Redis 2.8.12
   */
  role: Call<Exactly<0>, [role: string, offset: number, replicas: [string, string, string][]] | [role: string, host: string, port: number, state: string, offset: number] | [role: string, primaries: string[]]>;
  /** As `role`, with Buffers in place of texts. */
  roleBuffer: Call<Exactly<0>, [role: RedisBuffer, offset: number, replicas: [RedisBuffer, RedisBuffer, RedisBuffer][]] | [role: RedisBuffer, host: RedisBuffer, port: number, state: RedisBuffer, offset: number] | [role: RedisBuffer, primaries: RedisBuffer[]]>;
  /**
   * `RPOP key [count]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/rpop/
   * @since Redis 1.0.0
   */
  rpop: Call<Exactly<1>, string | null> & Call<Exactly<2>, string[] | null> & Call<AtLeast<1>, string | string[] | null>;
  /** As `rpop`, with Buffers in place of texts. */
  rpopBuffer: Call<Exactly<1>, RedisBuffer | null> & Call<Exactly<2>, RedisBuffer[] | null> & Call<AtLeast<1>, RedisBuffer | RedisBuffer[] | null>;
  /**
   * `RPOPLPUSH source destination`
   *
   * Complexity: O(1).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/rpoplpush/
   * @since Redis 1.2.0
   */
  rpoplpush: Call<Exactly<2>, string | null>;
  /** As `rpoplpush`, with Buffers in place of texts. */
  rpoplpushBuffer: Call<Exactly<2>, RedisBuffer | null>;
  /**
   * `RPUSH key element [element ...]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/rpush/
   * @since Redis 1.0.0
   */
  rpush: Call<AtLeast<2>, number>;
  /** As `rpush`, with Buffers in place of texts. */
  rpushBuffer: Call<AtLeast<2>, number>;
  /**
   * `RPUSHX key element [element ...]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/rpushx/
   * @since Redis 2.2.0
   */
  rpushx: Call<AtLeast<2>, number>;
  /** As `rpushx`, with Buffers in place of texts. */
  rpushxBuffer: Call<AtLeast<2>, number>;
  /**
   * `SADD key member [member ...]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/sadd/
   * @since Redis 1.0.0
   */
  sadd: Call<AtLeast<2>, number>;
  /** As `sadd`, with Buffers in place of texts. */
  saddBuffer: Call<AtLeast<2>, number>;
  /**
   * `SAVE`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/save/
   * @since Redis 1.0.0
   */
  save: Call<Exactly<0>, 'OK'>;
  /** As `save`, with Buffers in place of texts. */
  saveBuffer: Call<Exactly<0>, RedisBuffer>;
  /**
   * `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/scan/
   * @since Redis 2.8.0
   */
  scan: Call<AtLeast<1>, [cursor: string, found: string[]]>;
  /** As `scan`, with Buffers in place of texts. */
  scanBuffer: Call<AtLeast<1>, [cursor: RedisBuffer, found: RedisBuffer[]]>;
  /**
   * `SCARD key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/scard/
   * @since Redis 1.0.0
   */
  scard: Call<Exactly<1>, number>;
  /** As `scard`, with Buffers in place of texts. */
  scardBuffer: Call<Exactly<1>, number>;
  /**
   * - `SCRIPT DEBUG <YES | SYNC | NO>`
   * - `SCRIPT EXISTS sha1 [sha1 ...]`
   * - `SCRIPT FLUSH [ASYNC | SYNC]`
   * - `SCRIPT HELP`
   * - `SCRIPT KILL`
   * - `SCRIPT LOAD script`
   * - `SCRIPT SHOW sha1`
   *
   * https://redis.io/docs/latest/commands/script/
   * @since Redis 2.6.0
   */
  script: Subcommands<AtLeast<1>, {
    DEBUG: 'OK';
    EXISTS: number[];
    FLUSH: 'OK';
    HELP: string[];
    KILL: 'OK';
    LOAD: string;
    SHOW: string;
  }>;
  /** As `script`, with Buffers in place of texts. */
  scriptBuffer: Subcommands<AtLeast<1>, {
    DEBUG: RedisBuffer;
    EXISTS: number[];
    FLUSH: RedisBuffer;
    HELP: RedisBuffer[];
    KILL: RedisBuffer;
    LOAD: RedisBuffer;
    SHOW: RedisBuffer;
  }>;
  /**
   * `SDIFF key [key ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/sdiff/
   * @since Redis 1.0.0
   */
  sdiff: Call<AtLeast<1>, string[]>;
  /** As `sdiff`, with Buffers in place of texts. */
  sdiffBuffer: Call<AtLeast<1>, RedisBuffer[]>;
  /**
   * `SDIFFCARD`
   *
   * https://redis.io/docs/latest/commands/sdiffcard/
   */
  sdiffcard: Call<AtLeast<2>, number>;
  /** As `sdiffcard`, with Buffers in place of texts. */
  sdiffcardBuffer: Call<AtLeast<2>, number>;
  /**
   * `SDIFFSTORE destination key [key ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/sdiffstore/
   * @since Redis 1.0.0
   */
  sdiffstore: Call<AtLeast<2>, number>;
  /** As `sdiffstore`, with Buffers in place of texts. */
  sdiffstoreBuffer: Call<AtLeast<2>, number>;
  /**
   * `SENTINEL`
   *
   * https://redis.io/docs/latest/commands/sentinel/
   */
  sentinel: Subcommands<AtLeast<1>, {
    CKQUORUM: string;
    CONFIG: 'OK' | string[];
    DEBUG: 'OK' | string[];
    FAILOVER: 'OK';
    FLUSHCONFIG: 'OK';
    'GET-MASTER-ADDR-BY-NAME': [string, string];
    'GET-PRIMARY-ADDR-BY-NAME': [string, string];
    HELP: string[];
    'INFO-CACHE': (string | [number, string | null][])[];
    'IS-MASTER-DOWN-BY-ADDR': [number, string, number];
    'IS-PRIMARY-DOWN-BY-ADDR': [number, string, number];
    MASTER: string[];
    MASTERS: string[][];
    MONITOR: 'OK';
    MYID: string;
    'PENDING-SCRIPTS': (string | string[])[][];
    PRIMARIES: string[][];
    PRIMARY: string[];
    REMOVE: 'OK';
    REPLICAS: string[][];
    RESET: number;
    SENTINELS: string[][];
    SET: 'OK';
    'SIMULATE-FAILURE': 'OK' | string[];
    SLAVES: string[][];
  }>;
  /** As `sentinel`, with Buffers in place of texts. */
  sentinelBuffer: Subcommands<AtLeast<1>, {
    CKQUORUM: RedisBuffer;
    CONFIG: RedisBuffer | RedisBuffer[];
    DEBUG: RedisBuffer | RedisBuffer[];
    FAILOVER: RedisBuffer;
    FLUSHCONFIG: RedisBuffer;
    'GET-MASTER-ADDR-BY-NAME': [RedisBuffer, RedisBuffer];
    'GET-PRIMARY-ADDR-BY-NAME': [RedisBuffer, RedisBuffer];
    HELP: RedisBuffer[];
    'INFO-CACHE': (RedisBuffer | [number, RedisBuffer | null][])[];
    'IS-MASTER-DOWN-BY-ADDR': [number, RedisBuffer, number];
    'IS-PRIMARY-DOWN-BY-ADDR': [number, RedisBuffer, number];
    MASTER: RedisBuffer[];
    MASTERS: RedisBuffer[][];
    MONITOR: RedisBuffer;
    MYID: RedisBuffer;
    'PENDING-SCRIPTS': (RedisBuffer | RedisBuffer[])[][];
    PRIMARIES: RedisBuffer[][];
    PRIMARY: RedisBuffer[];
    REMOVE: RedisBuffer;
    REPLICAS: RedisBuffer[][];
    RESET: number;
    SENTINELS: RedisBuffer[][];
    SET: RedisBuffer;
    'SIMULATE-FAILURE': RedisBuffer | RedisBuffer[];
    SLAVES: RedisBuffer[][];
  }>;
  /**
   * `SET key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/set/
   * @since Redis 1.0.0
   */
  set: Call<Exactly<2>, 'OK'> & Call<SetWords, string | null>;
  /** As `set`, with Buffers in place of texts. */
  setBuffer: Call<Exactly<2>, RedisBuffer> & Call<SetWords, RedisBuffer | null>;
  /**
   * `SETBIT key offset value`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/setbit/
   * @since Redis 2.2.0
   */
  setbit: Call<Exactly<3>, number>;
  /** As `setbit`, with Buffers in place of texts. */
  setbitBuffer: Call<Exactly<3>, number>;
  /**
   * `SETEX key seconds value`
   *
   * Complexity: O(1).
   * Deprecated since Redis 2.6.12.
   * https://redis.io/docs/latest/commands/setex/
   * @since Redis 2.0.0
   */
  setex: Call<Exactly<3>, 'OK'>;
  /** As `setex`, with Buffers in place of texts. */
  setexBuffer: Call<Exactly<3>, RedisBuffer>;
  /**
   * `SETNX key value`
   *
   * Complexity: O(1).
   * Deprecated since Redis 2.6.12.
   * https://redis.io/docs/latest/commands/setnx/
   * @since Redis 1.0.0
   */
  setnx: Call<Exactly<2>, number>;
  /** As `setnx`, with Buffers in place of texts. */
  setnxBuffer: Call<Exactly<2>, number>;
  /**
   * `SETRANGE key offset value`
   *
   * Complexity: O(1), O(M).
   * https://redis.io/docs/latest/commands/setrange/
   * @since Redis 2.2.0
   */
  setrange: Call<Exactly<3>, number>;
  /** As `setrange`, with Buffers in place of texts. */
  setrangeBuffer: Call<Exactly<3>, number>;
  /**
   * `SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]`
   *
   * Complexity: O(N), O(1).
   * https://redis.io/docs/latest/commands/shutdown/
   * @since Redis 1.0.0
   */
  shutdown: Call<AtLeast<0>, 'OK'>;
  /** As `shutdown`, with Buffers in place of texts. */
  shutdownBuffer: Call<AtLeast<0>, RedisBuffer>;
  /**
   * `SINTER key [key ...]`
   *
   * Complexity: O(N*M).
   * https://redis.io/docs/latest/commands/sinter/
   * @since Redis 1.0.0
   */
  sinter: Call<AtLeast<1>, string[]>;
  /** As `sinter`, with Buffers in place of texts. */
  sinterBuffer: Call<AtLeast<1>, RedisBuffer[]>;
  /**
   * `SINTERCARD numkeys key [key ...] [LIMIT limit]`
   *
   * Complexity: O(N*M).
   * https://redis.io/docs/latest/commands/sintercard/
   * @since Redis 7.0.0
   */
  sintercard: Call<AtLeast<2>, number>;
  /** As `sintercard`, with Buffers in place of texts. */
  sintercardBuffer: Call<AtLeast<2>, number>;
  /**
   * `SINTERSTORE destination key [key ...]`
   *
   * Complexity: O(N*M).
   * https://redis.io/docs/latest/commands/sinterstore/
   * @since Redis 1.0.0
   */
  sinterstore: Call<AtLeast<2>, number>;
  /** As `sinterstore`, with Buffers in place of texts. */
  sinterstoreBuffer: Call<AtLeast<2>, number>;
  /**
   * `SISMEMBER key member`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/sismember/
   * @since Redis 1.0.0
   */
  sismember: Call<Exactly<2>, number>;
  /** As `sismember`, with Buffers in place of texts. */
  sismemberBuffer: Call<Exactly<2>, number>;
  /**
   * `SLAVEOF <host port | NO ONE>`
   *
   * Complexity: O(1).
   * Deprecated since Redis 5.0.0.
   * https://redis.io/docs/latest/commands/slaveof/
   * @since Redis 1.0.0
   */
  slaveof: Call<Exactly<2>, string>;
  /** As `slaveof`, with Buffers in place of texts. */
  slaveofBuffer: Call<Exactly<2>, RedisBuffer>;
  /**
   * - `SLOWLOG GET [count]`
   * - `SLOWLOG HELP`
   * - `SLOWLOG LEN`
   * - `SLOWLOG RESET`
   *
   * https://redis.io/docs/latest/commands/slowlog/
   * @since Redis 2.2.12
   */
  slowlog: Subcommands<AtLeast<1>, {
    GET: [number, number, number, string[], string, string][];
    HELP: string[];
    LEN: number;
    RESET: 'OK';
  }>;
  /** As `slowlog`, with Buffers in place of texts. */
  slowlogBuffer: Subcommands<AtLeast<1>, {
    GET: [number, number, number, RedisBuffer[], RedisBuffer, RedisBuffer][];
    HELP: RedisBuffer[];
    LEN: number;
    RESET: RedisBuffer;
  }>;
  /**
   * `SMEMBERS key`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/smembers/
   * @since Redis 1.0.0
   */
  smembers: Call<Exactly<1>, string[]>;
  /** As `smembers`, with Buffers in place of texts. */
  smembersBuffer: Call<Exactly<1>, RedisBuffer[]>;
  /**
   * `SMISMEMBER key member [member ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/smismember/
   * @since Redis 6.2.0
   */
  smismember: Call<AtLeast<2>, number[]>;
  /** As `smismember`, with Buffers in place of texts. */
  smismemberBuffer: Call<AtLeast<2>, number[]>;
  /**
   * `SMOVE source destination member`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/smove/
   * @since Redis 1.0.0
   */
  smove: Call<Exactly<3>, number>;
  /** As `smove`, with Buffers in place of texts. */
  smoveBuffer: Call<Exactly<3>, number>;
  /**
   * `SORT key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA] [STORE destination]`
   *
   * Complexity: O(N+M*log(M)), O(N).
   * https://redis.io/docs/latest/commands/sort/
   * @since Redis 1.0.0
   */
  sort: Call<Exactly<1>, string[]> & Call<AtLeast<1>, number | (string | null)[]>;
  /** As `sort`, with Buffers in place of texts. */
  sortBuffer: Call<Exactly<1>, RedisBuffer[]> & Call<AtLeast<1>, number | (RedisBuffer | null)[]>;
  /**
   * `SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]`
   *
   * Complexity: O(N+M*log(M)), O(N).
   * https://redis.io/docs/latest/commands/sort_ro/
   * @since Redis 7.0.0
   */
  sort_ro: Call<Exactly<1>, string[]> & Call<AtLeast<1>, (string | null)[]>;
  /** As `sort_ro`, with Buffers in place of texts. */
  sort_roBuffer: Call<Exactly<1>, RedisBuffer[]> & Call<AtLeast<1>, (RedisBuffer | null)[]>;
  /**
   * `SPOP key [count]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/spop/
   * @since Redis 1.0.0
   */
  spop: Call<Exactly<1>, string | null> & Call<Exactly<2>, string[]> & Call<AtLeast<1>, string | string[] | null>;
  /** As `spop`, with Buffers in place of texts. */
  spopBuffer: Call<Exactly<1>, RedisBuffer | null> & Call<Exactly<2>, RedisBuffer[]> & Call<AtLeast<1>, RedisBuffer | RedisBuffer[] | null>;
  /**
   * `SPUBLISH shardchannel message`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/spublish/
   * @since Redis 7.0.0
   */
  spublish: Call<Exactly<2>, number>;
  /** As `spublish`, with Buffers in place of texts. */
  spublishBuffer: Call<Exactly<2>, number>;
  /**
   * `SRANDMEMBER key [count]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/srandmember/
   * @since Redis 1.0.0
   */
  srandmember: Call<Exactly<1>, string | null> & Call<Exactly<2>, string[]> & Call<AtLeast<1>, string | string[] | null>;
  /** As `srandmember`, with Buffers in place of texts. */
  srandmemberBuffer: Call<Exactly<1>, RedisBuffer | null> & Call<Exactly<2>, RedisBuffer[]> & Call<AtLeast<1>, RedisBuffer | RedisBuffer[] | null>;
  /**
   * `SREM key member [member ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/srem/
   * @since Redis 1.0.0
   */
  srem: Call<AtLeast<2>, number>;
  /** As `srem`, with Buffers in place of texts. */
  sremBuffer: Call<AtLeast<2>, number>;
  /**
   * `SSCAN key cursor [MATCH pattern] [COUNT count]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/sscan/
   * @since Redis 2.8.0
   */
  sscan: Call<AtLeast<2>, [cursor: string, found: string[]]>;
  /** As `sscan`, with Buffers in place of texts. */
  sscanBuffer: Call<AtLeast<2>, [cursor: RedisBuffer, found: RedisBuffer[]]>;
  /**
   * `STRLEN key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/strlen/
   * @since Redis 2.2.0
   */
  strlen: Call<Exactly<1>, number>;
  /** As `strlen`, with Buffers in place of texts. */
  strlenBuffer: Call<Exactly<1>, number>;
  /**
   * `SUBSTR key start end`
   *
   * Complexity: O(N), O(1).
   * Deprecated since Redis 2.0.0.
   * https://redis.io/docs/latest/commands/substr/
   * @since Redis 1.0.0
   */
  substr: Call<Exactly<3>, string>;
  /** As `substr`, with Buffers in place of texts. */
  substrBuffer: Call<Exactly<3>, RedisBuffer>;
  /**
   * `SUNION key [key ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/sunion/
   * @since Redis 1.0.0
   */
  sunion: Call<AtLeast<1>, string[]>;
  /** As `sunion`, with Buffers in place of texts. */
  sunionBuffer: Call<AtLeast<1>, RedisBuffer[]>;
  /**
   * `SUNIONCARD`
   *
   * https://redis.io/docs/latest/commands/sunioncard/
   */
  sunioncard: Call<AtLeast<2>, number>;
  /** As `sunioncard`, with Buffers in place of texts. */
  sunioncardBuffer: Call<AtLeast<2>, number>;
  /**
   * `SUNIONSTORE destination key [key ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/sunionstore/
   * @since Redis 1.0.0
   */
  sunionstore: Call<AtLeast<2>, number>;
  /** As `sunionstore`, with Buffers in place of texts. */
  sunionstoreBuffer: Call<AtLeast<2>, number>;
  /**
   * `SWAPDB index1 index2`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/swapdb/
   * @since Redis 4.0.0
   */
  swapdb: Call<Exactly<2>, 'OK'>;
  /** As `swapdb`, with Buffers in place of texts. */
  swapdbBuffer: Call<Exactly<2>, RedisBuffer>;
  /**
   * `SYNC`
   *
   * The reply is `unknown`: what follows it is no reply.
   * https://redis.io/docs/latest/commands/sync/
   * @since Redis 1.0.0
   */
  sync: Call<Exactly<0>, unknown>;
  /** As `sync`, with Buffers in place of texts. The reply is `unknown`: what follows it is no reply. */
  syncBuffer: Call<Exactly<0>, unknown>;
  /**
   * `TIME`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/time/
   * @since Redis 2.6.0
   */
  time: Call<Exactly<0>, [seconds: string, microseconds: string]>;
  /** As `time`, with Buffers in place of texts. */
  timeBuffer: Call<Exactly<0>, [seconds: RedisBuffer, microseconds: RedisBuffer]>;
  /**
   * `TOUCH key [key ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/touch/
   * @since Redis 3.2.1
   */
  touch: Call<AtLeast<1>, number>;
  /** As `touch`, with Buffers in place of texts. */
  touchBuffer: Call<AtLeast<1>, number>;
  /**
   * `TRIMSLOTS`
   *
   * https://redis.io/docs/latest/commands/trimslots/
   */
  trimslots: Call<AtLeast<2>, 'OK'>;
  /** As `trimslots`, with Buffers in place of texts. */
  trimslotsBuffer: Call<AtLeast<2>, RedisBuffer>;
  /**
   * `TTL key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/ttl/
   * @since Redis 1.0.0
   */
  ttl: Call<Exactly<1>, number>;
  /** As `ttl`, with Buffers in place of texts. */
  ttlBuffer: Call<Exactly<1>, number>;
  /**
   * `TYPE key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/type/
   * @since Redis 1.0.0
   */
  type: Call<Exactly<1>, string>;
  /** As `type`, with Buffers in place of texts. */
  typeBuffer: Call<Exactly<1>, RedisBuffer>;
  /**
   * `UNLINK key [key ...]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/unlink/
   * @since Redis 4.0.0
   */
  unlink: Call<AtLeast<1>, number>;
  /** As `unlink`, with Buffers in place of texts. */
  unlinkBuffer: Call<AtLeast<1>, number>;
  /**
   * `VADD`
   *
   * https://redis.io/docs/latest/commands/vadd/
   */
  vadd: Call<AtLeast<2>, number>;
  /** As `vadd`, with Buffers in place of texts. */
  vaddBuffer: Call<AtLeast<2>, number>;
  /**
   * `VCARD`
   *
   * https://redis.io/docs/latest/commands/vcard/
   */
  vcard: Call<Exactly<1>, number>;
  /** As `vcard`, with Buffers in place of texts. */
  vcardBuffer: Call<Exactly<1>, number>;
  /**
   * `VDIM`
   *
   * https://redis.io/docs/latest/commands/vdim/
   */
  vdim: Call<Exactly<1>, number>;
  /** As `vdim`, with Buffers in place of texts. */
  vdimBuffer: Call<Exactly<1>, number>;
  /**
   * `VEMB`
   *
   * https://redis.io/docs/latest/commands/vemb/
   */
  vemb: Call<AtLeast<2>, string[] | null>;
  /** As `vemb`, with Buffers in place of texts. */
  vembBuffer: Call<AtLeast<2>, RedisBuffer[] | null>;
  /**
   * `VGETATTR`
   *
   * https://redis.io/docs/latest/commands/vgetattr/
   */
  vgetattr: Call<Exactly<2>, string | null>;
  /** As `vgetattr`, with Buffers in place of texts. */
  vgetattrBuffer: Call<Exactly<2>, RedisBuffer | null>;
  /**
   * `VINFO`
   *
   * https://redis.io/docs/latest/commands/vinfo/
   */
  vinfo: Call<Exactly<1>, (string | number)[] | null>;
  /** As `vinfo`, with Buffers in place of texts. */
  vinfoBuffer: Call<Exactly<1>, (RedisBuffer | number)[] | null>;
  /**
   * `VISMEMBER`
   *
   * https://redis.io/docs/latest/commands/vismember/
   */
  vismember: Call<Exactly<2>, number>;
  /** As `vismember`, with Buffers in place of texts. */
  vismemberBuffer: Call<Exactly<2>, number>;
  /**
   * `VLINKS`
   *
   * https://redis.io/docs/latest/commands/vlinks/
   */
  vlinks: Call<AtLeast<2>, string[][] | null>;
  /** As `vlinks`, with Buffers in place of texts. */
  vlinksBuffer: Call<AtLeast<2>, RedisBuffer[][] | null>;
  /**
   * `VRANDMEMBER`
   *
   * https://redis.io/docs/latest/commands/vrandmember/
   */
  vrandmember: Call<Exactly<1>, string | null> & Call<Exactly<2>, string[]> & Call<AtLeast<1>, string | string[] | null>;
  /** As `vrandmember`, with Buffers in place of texts. */
  vrandmemberBuffer: Call<Exactly<1>, RedisBuffer | null> & Call<Exactly<2>, RedisBuffer[]> & Call<AtLeast<1>, RedisBuffer | RedisBuffer[] | null>;
  /**
   * `VRANGE`
   *
   * https://redis.io/docs/latest/commands/vrange/
   */
  vrange: Call<AtLeast<2>, string[]>;
  /** As `vrange`, with Buffers in place of texts. */
  vrangeBuffer: Call<AtLeast<2>, RedisBuffer[]>;
  /**
   * `VREM`
   *
   * https://redis.io/docs/latest/commands/vrem/
   */
  vrem: Call<Exactly<2>, number>;
  /** As `vrem`, with Buffers in place of texts. */
  vremBuffer: Call<Exactly<2>, number>;
  /**
   * `VSETATTR`
   *
   * https://redis.io/docs/latest/commands/vsetattr/
   */
  vsetattr: Call<Exactly<3>, number>;
  /** As `vsetattr`, with Buffers in place of texts. */
  vsetattrBuffer: Call<Exactly<3>, number>;
  /**
   * `VSIM`
   *
   * https://redis.io/docs/latest/commands/vsim/
   */
  vsim: Call<Exactly<3>, string[]> & Call<AtLeast<2>, (string | null | [score: string, attributes: string | null])[]>;
  /** As `vsim`, with Buffers in place of texts. */
  vsimBuffer: Call<Exactly<3>, RedisBuffer[]> & Call<AtLeast<2>, (RedisBuffer | null | [score: RedisBuffer, attributes: RedisBuffer | null])[]>;
  /**
   * `WAIT numreplicas timeout`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/wait/
   * @since Redis 3.0.0
   */
  wait: Call<Exactly<2>, number>;
  /** As `wait`, with Buffers in place of texts. */
  waitBuffer: Call<Exactly<2>, number>;
  /**
   * `WAITAOF numlocal numreplicas timeout`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/waitaof/
   * @since Redis 7.2.0
   */
  waitaof: Call<Exactly<3>, [local: number, replicas: number]>;
  /** As `waitaof`, with Buffers in place of texts. */
  waitaofBuffer: Call<Exactly<3>, [local: number, replicas: number]>;
  /**
   * `XACK key group id [id ...]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/xack/
   * @since Redis 5.0.0
   */
  xack: Call<AtLeast<2>, number>;
  /** As `xack`, with Buffers in place of texts. */
  xackBuffer: Call<AtLeast<2>, number>;
  /**
   * `XACKDEL key group [KEEPREF | DELREF | ACKED] IDS numids id [id ...]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/xackdel/
   * @since Redis 8.2.0
   */
  xackdel: Call<AtLeast<2>, number[]>;
  /** As `xackdel`, with Buffers in place of texts. */
  xackdelBuffer: Call<AtLeast<2>, number[]>;
  /**
   * `XADD key [NOMKSTREAM] [KEEPREF | DELREF | ACKED] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> field value [field value ...]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/xadd/
   * @since Redis 5.0.0
   */
  xadd: Call<AtLeast<2>, string | null>;
  /** As `xadd`, with Buffers in place of texts. */
  xaddBuffer: Call<AtLeast<2>, RedisBuffer | null>;
  /**
   * `XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/xautoclaim/
   * @since Redis 6.2.0
   */
  xautoclaim: Call<AtLeast<2>, [cursor: string, entries: string[] | (RedisStreamEntry<string> | null)[], deleted?: string[]]>;
  /** As `xautoclaim`, with Buffers in place of texts. */
  xautoclaimBuffer: Call<AtLeast<2>, [cursor: RedisBuffer, entries: RedisBuffer[] | (RedisStreamEntry<RedisBuffer> | null)[], deleted?: RedisBuffer[]]>;
  /**
   * `XCFGSET`
   *
   * https://redis.io/docs/latest/commands/xcfgset/
   */
  xcfgset: Call<AtLeast<1>, 'OK'>;
  /** As `xcfgset`, with Buffers in place of texts. */
  xcfgsetBuffer: Call<AtLeast<1>, RedisBuffer>;
  /**
   * `XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID lastid]`
   *
   * Complexity: O(log N).
   * https://redis.io/docs/latest/commands/xclaim/
   * @since Redis 5.0.0
   */
  xclaim: Call<AtLeast<2>, string[] | (RedisStreamEntry<string> | null)[]>;
  /** As `xclaim`, with Buffers in place of texts. */
  xclaimBuffer: Call<AtLeast<2>, RedisBuffer[] | (RedisStreamEntry<RedisBuffer> | null)[]>;
  /**
   * `XDEL key id [id ...]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/xdel/
   * @since Redis 5.0.0
   */
  xdel: Call<AtLeast<2>, number>;
  /** As `xdel`, with Buffers in place of texts. */
  xdelBuffer: Call<AtLeast<2>, number>;
  /**
   * `XDELEX key [KEEPREF | DELREF | ACKED] IDS numids id [id ...]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/xdelex/
   * @since Redis 8.2.0
   */
  xdelex: Call<AtLeast<2>, number[]>;
  /** As `xdelex`, with Buffers in place of texts. */
  xdelexBuffer: Call<AtLeast<2>, number[]>;
  /**
   * - `XGROUP CREATE key group <id | $> [MKSTREAM] [ENTRIESREAD entries-read]`
   * - `XGROUP CREATECONSUMER key group consumer`
   * - `XGROUP DELCONSUMER key group consumer`
   * - `XGROUP DESTROY key group`
   * - `XGROUP HELP`
   * - `XGROUP SETID key group <id | $> [ENTRIESREAD entries-read]`
   *
   * https://redis.io/docs/latest/commands/xgroup/
   * @since Redis 5.0.0
   */
  xgroup: Subcommands<AtLeast<1>, {
    CREATE: 'OK';
    CREATECONSUMER: number;
    DELCONSUMER: number;
    DESTROY: number;
    HELP: string[];
    SETID: 'OK';
  }>;
  /** As `xgroup`, with Buffers in place of texts. */
  xgroupBuffer: Subcommands<AtLeast<1>, {
    CREATE: RedisBuffer;
    CREATECONSUMER: number;
    DELCONSUMER: number;
    DESTROY: number;
    HELP: RedisBuffer[];
    SETID: RedisBuffer;
  }>;
  /**
   * `XIDMPRECORD`
   *
   * https://redis.io/docs/latest/commands/xidmprecord/
   */
  xidmprecord: Call<Exactly<4>, 'OK'>;
  /** As `xidmprecord`, with Buffers in place of texts. */
  xidmprecordBuffer: Call<Exactly<4>, RedisBuffer>;
  /**
   * - `XINFO CONSUMERS key group`
   * - `XINFO GROUPS key`
   * - `XINFO HELP`
   * - `XINFO STREAM key [FULL [COUNT count]]`
   *
   * https://redis.io/docs/latest/commands/xinfo/
   * @since Redis 5.0.0
   */
  xinfo: Subcommands<AtLeast<1>, {
    CONSUMERS: (string | number)[][];
    GROUPS: (string | number | null)[][];
    HELP: string[];
    STREAM: (string | number | null | Nested<string>[])[];
  }>;
  /** As `xinfo`, with Buffers in place of texts. */
  xinfoBuffer: Subcommands<AtLeast<1>, {
    CONSUMERS: (RedisBuffer | number)[][];
    GROUPS: (RedisBuffer | number | null)[][];
    HELP: RedisBuffer[];
    STREAM: (RedisBuffer | number | null | Nested<RedisBuffer>[])[];
  }>;
  /**
   * `XLEN key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/xlen/
   * @since Redis 5.0.0
   */
  xlen: Call<Exactly<1>, number>;
  /** As `xlen`, with Buffers in place of texts. */
  xlenBuffer: Call<Exactly<1>, number>;
  /**
   * `XNACK`
   *
   * https://redis.io/docs/latest/commands/xnack/
   */
  xnack: Call<AtLeast<2>, number>;
  /** As `xnack`, with Buffers in place of texts. */
  xnackBuffer: Call<AtLeast<2>, number>;
  /**
   * `XPENDING key group [[IDLE min-idle-time] start end count [consumer]]`
   *
   * Complexity: O(N), O(1), O(M).
   * https://redis.io/docs/latest/commands/xpending/
   * @since Redis 5.0.0
   */
  xpending: Call<AtLeast<2>, [count: number, first: string | null, last: string | null, consumers: [string, string][] | null] | [id: string, consumer: string, idle: number, deliveries: number][]>;
  /** As `xpending`, with Buffers in place of texts. */
  xpendingBuffer: Call<AtLeast<2>, [count: number, first: RedisBuffer | null, last: RedisBuffer | null, consumers: [RedisBuffer, RedisBuffer][] | null] | [id: RedisBuffer, consumer: RedisBuffer, idle: number, deliveries: number][]>;
  /**
   * `XRANGE key start end [COUNT count]`
   *
   * Complexity: O(N), O(1).
   * https://redis.io/docs/latest/commands/xrange/
   * @since Redis 5.0.0
   */
  xrange: Call<AtLeast<2>, RedisStreamEntry<string>[]>;
  /** As `xrange`, with Buffers in place of texts. */
  xrangeBuffer: Call<AtLeast<2>, RedisStreamEntry<RedisBuffer>[]>;
  /**
   * `XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]`
   *
   * https://redis.io/docs/latest/commands/xread/
   * @since Redis 5.0.0
   */
  xread: Call<AtLeast<2>, RedisStreamEntries<string>>;
  /** As `xread`, with Buffers in place of texts. */
  xreadBuffer: Call<AtLeast<2>, RedisStreamEntries<RedisBuffer>>;
  /**
   * `XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...] id [id ...]`
   *
   * Complexity: O(M), O(1), O(N).
   * https://redis.io/docs/latest/commands/xreadgroup/
   * @since Redis 5.0.0
   */
  xreadgroup: Call<AtLeast<2>, [key: string, entries: [id: string, fields: string[] | null][]][] | null>;
  /** As `xreadgroup`, with Buffers in place of texts. */
  xreadgroupBuffer: Call<AtLeast<2>, [key: RedisBuffer, entries: [id: RedisBuffer, fields: RedisBuffer[] | null][]][] | null>;
  /**
   * `XREVRANGE key end start [COUNT count]`
   *
   * Complexity: O(N), O(1).
   * https://redis.io/docs/latest/commands/xrevrange/
   * @since Redis 5.0.0
   */
  xrevrange: Call<AtLeast<2>, RedisStreamEntry<string>[]>;
  /** As `xrevrange`, with Buffers in place of texts. */
  xrevrangeBuffer: Call<AtLeast<2>, RedisStreamEntry<RedisBuffer>[]>;
  /**
   * `XSETID key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/xsetid/
   * @since Redis 5.0.0
   */
  xsetid: Call<AtLeast<2>, 'OK'>;
  /** As `xsetid`, with Buffers in place of texts. */
  xsetidBuffer: Call<AtLeast<2>, RedisBuffer>;
  /**
   * `XTRIM key <MAXLEN | MINID> [= | ~] threshold [LIMIT count] [KEEPREF | DELREF | ACKED]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/xtrim/
   * @since Redis 5.0.0
   */
  xtrim: Call<AtLeast<2>, number>;
  /** As `xtrim`, with Buffers in place of texts. */
  xtrimBuffer: Call<AtLeast<2>, number>;
  /**
   * `ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]`
   *
   * Complexity: O(log(N)).
   * https://redis.io/docs/latest/commands/zadd/
   * @since Redis 1.2.0
   */
  zadd: Call<Exactly<3>, number> & Call<AtLeast<2>, string | number | null>;
  /** As `zadd`, with Buffers in place of texts. */
  zaddBuffer: Call<Exactly<3>, number> & Call<AtLeast<2>, RedisBuffer | number | null>;
  /**
   * `ZCARD key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/zcard/
   * @since Redis 1.2.0
   */
  zcard: Call<Exactly<1>, number>;
  /** As `zcard`, with Buffers in place of texts. */
  zcardBuffer: Call<Exactly<1>, number>;
  /**
   * `ZCOUNT key min max`
   *
   * Complexity: O(log(N)).
   * https://redis.io/docs/latest/commands/zcount/
   * @since Redis 2.0.0
   */
  zcount: Call<Exactly<3>, number>;
  /** As `zcount`, with Buffers in place of texts. */
  zcountBuffer: Call<Exactly<3>, number>;
  /**
   * `ZDIFF numkeys key [key ...] [WITHSCORES]`
   *
   * Complexity: O(L + (N-K)log(N)).
   * https://redis.io/docs/latest/commands/zdiff/
   * @since Redis 6.2.0
   */
  zdiff: Call<AtLeast<2>, string[]>;
  /** As `zdiff`, with Buffers in place of texts. */
  zdiffBuffer: Call<AtLeast<2>, RedisBuffer[]>;
  /**
   * `ZDIFFSTORE destination numkeys key [key ...]`
   *
   * Complexity: O(L + (N-K)log(N)).
   * https://redis.io/docs/latest/commands/zdiffstore/
   * @since Redis 6.2.0
   */
  zdiffstore: Call<AtLeast<2>, number>;
  /** As `zdiffstore`, with Buffers in place of texts. */
  zdiffstoreBuffer: Call<AtLeast<2>, number>;
  /**
   * `ZINCRBY key increment member`
   *
   * Complexity: O(log(N)).
   * https://redis.io/docs/latest/commands/zincrby/
   * @since Redis 1.2.0
   */
  zincrby: Call<Exactly<3>, string>;
  /** As `zincrby`, with Buffers in place of texts. */
  zincrbyBuffer: Call<Exactly<3>, RedisBuffer>;
  /**
   * `ZINTER numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]`
   *
   * Complexity: O(N*K), O(M*log(M)).
   * https://redis.io/docs/latest/commands/zinter/
   * @since Redis 6.2.0
   */
  zinter: Call<AtLeast<2>, string[]>;
  /** As `zinter`, with Buffers in place of texts. */
  zinterBuffer: Call<AtLeast<2>, RedisBuffer[]>;
  /**
   * `ZINTERCARD numkeys key [key ...] [LIMIT limit]`
   *
   * Complexity: O(N*K).
   * https://redis.io/docs/latest/commands/zintercard/
   * @since Redis 7.0.0
   */
  zintercard: Call<AtLeast<2>, number>;
  /** As `zintercard`, with Buffers in place of texts. */
  zintercardBuffer: Call<AtLeast<2>, number>;
  /**
   * `ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]`
   *
   * Complexity: O(N*K), O(M*log(M)).
   * https://redis.io/docs/latest/commands/zinterstore/
   * @since Redis 2.0.0
   */
  zinterstore: Call<AtLeast<2>, number>;
  /** As `zinterstore`, with Buffers in place of texts. */
  zinterstoreBuffer: Call<AtLeast<2>, number>;
  /**
   * `ZLEXCOUNT key min max`
   *
   * Complexity: O(log(N)).
   * https://redis.io/docs/latest/commands/zlexcount/
   * @since Redis 2.8.9
   */
  zlexcount: Call<Exactly<3>, number>;
  /** As `zlexcount`, with Buffers in place of texts. */
  zlexcountBuffer: Call<Exactly<3>, number>;
  /**
   * `ZMPOP numkeys key [key ...] <MIN | MAX> [COUNT count]`
   *
   * Complexity: O(K), O(M*log(N)).
   * https://redis.io/docs/latest/commands/zmpop/
   * @since Redis 7.0.0
   */
  zmpop: Call<AtLeast<2>, [key: string, members: [member: string, score: string][]] | null>;
  /** As `zmpop`, with Buffers in place of texts. */
  zmpopBuffer: Call<AtLeast<2>, [key: RedisBuffer, members: [member: RedisBuffer, score: RedisBuffer][]] | null>;
  /**
   * `ZMSCORE key member [member ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/zmscore/
   * @since Redis 6.2.0
   */
  zmscore: Call<AtLeast<2>, (string | null)[]>;
  /** As `zmscore`, with Buffers in place of texts. */
  zmscoreBuffer: Call<AtLeast<2>, (RedisBuffer | null)[]>;
  /**
   * `ZPOPMAX key [count]`
   *
   * Complexity: O(log(N)*M).
   * https://redis.io/docs/latest/commands/zpopmax/
   * @since Redis 5.0.0
   */
  zpopmax: Call<AtLeast<1>, string[]>;
  /** As `zpopmax`, with Buffers in place of texts. */
  zpopmaxBuffer: Call<AtLeast<1>, RedisBuffer[]>;
  /**
   * `ZPOPMIN key [count]`
   *
   * Complexity: O(log(N)*M).
   * https://redis.io/docs/latest/commands/zpopmin/
   * @since Redis 5.0.0
   */
  zpopmin: Call<AtLeast<1>, string[]>;
  /** As `zpopmin`, with Buffers in place of texts. */
  zpopminBuffer: Call<AtLeast<1>, RedisBuffer[]>;
  /**
   * `ZRANDMEMBER key [count [WITHSCORES]]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/zrandmember/
   * @since Redis 6.2.0
   */
  zrandmember: Call<Exactly<1>, string | null> & Call<Exactly<2>, string[]> & Call<Exactly<3>, string[]> & Call<AtLeast<1>, string | string[] | null>;
  /** As `zrandmember`, with Buffers in place of texts. */
  zrandmemberBuffer: Call<Exactly<1>, RedisBuffer | null> & Call<Exactly<2>, RedisBuffer[]> & Call<Exactly<3>, RedisBuffer[]> & Call<AtLeast<1>, RedisBuffer | RedisBuffer[] | null>;
  /**
   * `ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]`
   *
   * Complexity: O(log(N)+M).
   * https://redis.io/docs/latest/commands/zrange/
   * @since Redis 1.2.0
   */
  zrange: Call<AtLeast<2>, string[]>;
  /** As `zrange`, with Buffers in place of texts. */
  zrangeBuffer: Call<AtLeast<2>, RedisBuffer[]>;
  /**
   * `ZRANGEBYLEX key min max [LIMIT offset count]`
   *
   * Complexity: O(log(N)+M), O(log(N)).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/zrangebylex/
   * @since Redis 2.8.9
   */
  zrangebylex: Call<AtLeast<2>, string[]>;
  /** As `zrangebylex`, with Buffers in place of texts. */
  zrangebylexBuffer: Call<AtLeast<2>, RedisBuffer[]>;
  /**
   * `ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]`
   *
   * Complexity: O(log(N)+M), O(log(N)).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/zrangebyscore/
   * @since Redis 1.0.5
   */
  zrangebyscore: Call<AtLeast<2>, string[]>;
  /** As `zrangebyscore`, with Buffers in place of texts. */
  zrangebyscoreBuffer: Call<AtLeast<2>, RedisBuffer[]>;
  /**
   * `ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]`
   *
   * Complexity: O(log(N)+M).
   * https://redis.io/docs/latest/commands/zrangestore/
   * @since Redis 6.2.0
   */
  zrangestore: Call<AtLeast<2>, number>;
  /** As `zrangestore`, with Buffers in place of texts. */
  zrangestoreBuffer: Call<AtLeast<2>, number>;
  /**
   * `ZRANK key member [WITHSCORE]`
   *
   * Complexity: O(log(N)).
   * https://redis.io/docs/latest/commands/zrank/
   * @since Redis 2.0.0
   */
  zrank: Call<Exactly<2>, number | null> & Call<Exactly<3>, [rank: number, score: string] | null> & Call<AtLeast<2>, number | [number, string] | null>;
  /** As `zrank`, with Buffers in place of texts. */
  zrankBuffer: Call<Exactly<2>, number | null> & Call<Exactly<3>, [rank: number, score: RedisBuffer] | null> & Call<AtLeast<2>, number | [number, RedisBuffer] | null>;
  /**
   * `ZREM key member [member ...]`
   *
   * Complexity: O(M*log(N)).
   * https://redis.io/docs/latest/commands/zrem/
   * @since Redis 1.2.0
   */
  zrem: Call<AtLeast<2>, number>;
  /** As `zrem`, with Buffers in place of texts. */
  zremBuffer: Call<AtLeast<2>, number>;
  /**
   * `ZREMRANGEBYLEX key min max`
   *
   * Complexity: O(log(N)+M).
   * https://redis.io/docs/latest/commands/zremrangebylex/
   * @since Redis 2.8.9
   */
  zremrangebylex: Call<Exactly<3>, number>;
  /** As `zremrangebylex`, with Buffers in place of texts. */
  zremrangebylexBuffer: Call<Exactly<3>, number>;
  /**
   * `ZREMRANGEBYRANK key start stop`
   *
   * Complexity: O(log(N)+M).
   * https://redis.io/docs/latest/commands/zremrangebyrank/
   * @since Redis 2.0.0
   */
  zremrangebyrank: Call<Exactly<3>, number>;
  /** As `zremrangebyrank`, with Buffers in place of texts. */
  zremrangebyrankBuffer: Call<Exactly<3>, number>;
  /**
   * `ZREMRANGEBYSCORE key min max`
   *
   * Complexity: O(log(N)+M).
   * https://redis.io/docs/latest/commands/zremrangebyscore/
   * @since Redis 1.2.0
   */
  zremrangebyscore: Call<Exactly<3>, number>;
  /** As `zremrangebyscore`, with Buffers in place of texts. */
  zremrangebyscoreBuffer: Call<Exactly<3>, number>;
  /**
   * `ZREVRANGE key start stop [WITHSCORES]`
   *
   * Complexity: O(log(N)+M).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/zrevrange/
   * @since Redis 1.2.0
   */
  zrevrange: Call<AtLeast<2>, string[]>;
  /** As `zrevrange`, with Buffers in place of texts. */
  zrevrangeBuffer: Call<AtLeast<2>, RedisBuffer[]>;
  /**
   * `ZREVRANGEBYLEX key max min [LIMIT offset count]`
   *
   * Complexity: O(log(N)+M), O(log(N)).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/zrevrangebylex/
   * @since Redis 2.8.9
   */
  zrevrangebylex: Call<AtLeast<2>, string[]>;
  /** As `zrevrangebylex`, with Buffers in place of texts. */
  zrevrangebylexBuffer: Call<AtLeast<2>, RedisBuffer[]>;
  /**
   * `ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]`
   *
   * Complexity: O(log(N)+M), O(log(N)).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/zrevrangebyscore/
   * @since Redis 2.2.0
   */
  zrevrangebyscore: Call<AtLeast<2>, string[]>;
  /** As `zrevrangebyscore`, with Buffers in place of texts. */
  zrevrangebyscoreBuffer: Call<AtLeast<2>, RedisBuffer[]>;
  /**
   * `ZREVRANK key member [WITHSCORE]`
   *
   * Complexity: O(log(N)).
   * https://redis.io/docs/latest/commands/zrevrank/
   * @since Redis 2.0.0
   */
  zrevrank: Call<Exactly<2>, number | null> & Call<Exactly<3>, [rank: number, score: string] | null> & Call<AtLeast<2>, number | [number, string] | null>;
  /** As `zrevrank`, with Buffers in place of texts. */
  zrevrankBuffer: Call<Exactly<2>, number | null> & Call<Exactly<3>, [rank: number, score: RedisBuffer] | null> & Call<AtLeast<2>, number | [number, RedisBuffer] | null>;
  /**
   * `ZSCAN key cursor [MATCH pattern] [COUNT count]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/zscan/
   * @since Redis 2.8.0
   */
  zscan: Call<AtLeast<2>, [cursor: string, found: string[]]>;
  /** As `zscan`, with Buffers in place of texts. */
  zscanBuffer: Call<AtLeast<2>, [cursor: RedisBuffer, found: RedisBuffer[]]>;
  /**
   * `ZSCORE key member`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/zscore/
   * @since Redis 1.2.0
   */
  zscore: Call<Exactly<2>, string | null>;
  /** As `zscore`, with Buffers in place of texts. */
  zscoreBuffer: Call<Exactly<2>, RedisBuffer | null>;
  /**
   * `ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]`
   *
   * Complexity: O(N), O(M*log(M)).
   * https://redis.io/docs/latest/commands/zunion/
   * @since Redis 6.2.0
   */
  zunion: Call<AtLeast<2>, string[]>;
  /** As `zunion`, with Buffers in place of texts. */
  zunionBuffer: Call<AtLeast<2>, RedisBuffer[]>;
  /**
   * `ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]`
   *
   * Complexity: O(N), O(M log(M)).
   * https://redis.io/docs/latest/commands/zunionstore/
   * @since Redis 2.0.0
   */
  zunionstore: Call<AtLeast<2>, number>;
  /** As `zunionstore`, with Buffers in place of texts. */
  zunionstoreBuffer: Call<AtLeast<2>, number>;
}
