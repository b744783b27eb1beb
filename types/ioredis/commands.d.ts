// Made by scripts/ioredis-types.mjs.

import type { AtLeast, ClientContext, Exactly, Given, OwnCommands, Result } from './calls.js';

/**
 * Every command as a method. A callback may stand behind its arguments; lists among them are spread.
 * @example
 * import { Redis, type RedisCommander } from 'orgcache/ioredis';
 * export const visits = (client: RedisCommander = new Redis()) => client.incr('visits');
 */
export interface RedisCommander<Context extends ClientContext = { type: 'default' }>
  extends OwnCommands<Context> {
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
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/acl/
   * @since Redis 6.0.0
   */
  acl(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `acl`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  aclBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `APPEND key value`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/append/
   * @since Redis 2.0.0
   */
  append(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /** As `append`, with Buffers in place of texts. */
  appendBuffer(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /**
   * `ARCOUNT`
   *
   * https://redis.io/docs/latest/commands/arcount/
   */
  arcount(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /** As `arcount`, with Buffers in place of texts. */
  arcountBuffer(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /**
   * `ARDEL`
   *
   * https://redis.io/docs/latest/commands/ardel/
   */
  ardel(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `ardel`, with Buffers in place of texts. */
  ardelBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `ARDELRANGE`
   *
   * https://redis.io/docs/latest/commands/ardelrange/
   */
  ardelrange(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `ardelrange`, with Buffers in place of texts. */
  ardelrangeBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `ARGET`
   *
   * https://redis.io/docs/latest/commands/arget/
   */
  arget(...args: Given<Exactly<2>, string | null>): Result<string | null, Context>;
  /** As `arget`, with Buffers in place of texts. */
  argetBuffer(...args: Given<Exactly<2>, Buffer | null>): Result<Buffer | null, Context>;
  /**
   * `ARGETRANGE`
   *
   * https://redis.io/docs/latest/commands/argetrange/
   */
  argetrange(...args: Given<Exactly<3>, (string | null)[]>): Result<(string | null)[], Context>;
  /** As `argetrange`, with Buffers in place of texts. */
  argetrangeBuffer(...args: Given<Exactly<3>, (Buffer | null)[]>): Result<(Buffer | null)[], Context>;
  /**
   * `ARGREP`
   *
   * https://redis.io/docs/latest/commands/argrep/
   */
  argrep(...args: Given<AtLeast<1>, number[] | [index: number, value: string][]>): Result<number[] | [index: number, value: string][], Context>;
  /** As `argrep`, with Buffers in place of texts. */
  argrepBuffer(...args: Given<AtLeast<1>, number[] | [index: number, value: Buffer][]>): Result<number[] | [index: number, value: Buffer][], Context>;
  /**
   * `ARINFO`
   *
   * https://redis.io/docs/latest/commands/arinfo/
   */
  arinfo(...args: Given<AtLeast<1>, (string | number)[]>): Result<(string | number)[], Context>;
  /** As `arinfo`, with Buffers in place of texts. */
  arinfoBuffer(...args: Given<AtLeast<1>, (Buffer | number)[]>): Result<(Buffer | number)[], Context>;
  /**
   * `ARINSERT`
   *
   * https://redis.io/docs/latest/commands/arinsert/
   */
  arinsert(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `arinsert`, with Buffers in place of texts. */
  arinsertBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `ARLASTITEMS`
   *
   * https://redis.io/docs/latest/commands/arlastitems/
   */
  arlastitems(...args: Given<AtLeast<1>, (string | null)[]>): Result<(string | null)[], Context>;
  /** As `arlastitems`, with Buffers in place of texts. */
  arlastitemsBuffer(...args: Given<AtLeast<1>, (Buffer | null)[]>): Result<(Buffer | null)[], Context>;
  /**
   * `ARLEN`
   *
   * https://redis.io/docs/latest/commands/arlen/
   */
  arlen(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /** As `arlen`, with Buffers in place of texts. */
  arlenBuffer(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /**
   * `ARMGET`
   *
   * https://redis.io/docs/latest/commands/armget/
   */
  armget(...args: Given<AtLeast<1>, (string | null)[]>): Result<(string | null)[], Context>;
  /** As `armget`, with Buffers in place of texts. */
  armgetBuffer(...args: Given<AtLeast<1>, (Buffer | null)[]>): Result<(Buffer | null)[], Context>;
  /**
   * `ARMSET`
   *
   * https://redis.io/docs/latest/commands/armset/
   */
  armset(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `armset`, with Buffers in place of texts. */
  armsetBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `ARNEXT`
   *
   * https://redis.io/docs/latest/commands/arnext/
   */
  arnext(...args: Given<Exactly<1>, number | null>): Result<number | null, Context>;
  /** As `arnext`, with Buffers in place of texts. */
  arnextBuffer(...args: Given<Exactly<1>, number | null>): Result<number | null, Context>;
  /**
   * `ARRING`
   *
   * https://redis.io/docs/latest/commands/arring/
   */
  arring(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `arring`, with Buffers in place of texts. */
  arringBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `ARSCAN`
   *
   * https://redis.io/docs/latest/commands/arscan/
   */
  arscan(...args: Given<AtLeast<1>, [index: number, value: string][]>): Result<[index: number, value: string][], Context>;
  /** As `arscan`, with Buffers in place of texts. */
  arscanBuffer(...args: Given<AtLeast<1>, [index: number, value: Buffer][]>): Result<[index: number, value: Buffer][], Context>;
  /**
   * `ARSEEK`
   *
   * https://redis.io/docs/latest/commands/arseek/
   */
  arseek(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /** As `arseek`, with Buffers in place of texts. */
  arseekBuffer(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /**
   * `ARSET`
   *
   * https://redis.io/docs/latest/commands/arset/
   */
  arset(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `arset`, with Buffers in place of texts. */
  arsetBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `ASKING`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/asking/
   * @since Redis 3.0.0
   */
  asking(...args: Given<Exactly<0>, 'OK'>): Result<'OK', Context>;
  /** As `asking`, with Buffers in place of texts. */
  askingBuffer(...args: Given<Exactly<0>, 'OK'>): Result<'OK', Context>;
  /**
   * `AUTH [username] password`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/auth/
   * @since Redis 1.0.0
   */
  auth(...args: Given<AtLeast<1>, 'OK'>): Result<'OK', Context>;
  /** As `auth`, with Buffers in place of texts. */
  authBuffer(...args: Given<AtLeast<1>, 'OK'>): Result<'OK', Context>;
  /**
   * `BACKUP`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/backup/
   */
  backup(...args: Given<Exactly<1>, any>): Result<any, Context>;
  /** As `backup`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  backupBuffer(...args: Given<Exactly<1>, any>): Result<any, Context>;
  /**
   * `BGREWRITEAOF`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/bgrewriteaof/
   * @since Redis 1.0.0
   */
  bgrewriteaof(...args: Given<Exactly<0>, string>): Result<string, Context>;
  /** As `bgrewriteaof`, with Buffers in place of texts. */
  bgrewriteaofBuffer(...args: Given<Exactly<0>, Buffer>): Result<Buffer, Context>;
  /**
   * `BGSAVE [SCHEDULE]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/bgsave/
   * @since Redis 1.0.0
   */
  bgsave(...args: Given<AtLeast<0>, 'OK'>): Result<'OK', Context>;
  /** As `bgsave`, with Buffers in place of texts. */
  bgsaveBuffer(...args: Given<AtLeast<0>, 'OK'>): Result<'OK', Context>;
  /**
   * `BITCOUNT key [start end [BYTE | BIT]]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/bitcount/
   * @since Redis 2.6.0
   */
  bitcount(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `bitcount`, with Buffers in place of texts. */
  bitcountBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `BITFIELD key [GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | INCRBY encoding offset increment> [GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | INCRBY encoding offset increment> ...]]`
   *
   * Complexity: O(1).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/bitfield/
   * @since Redis 3.2.0
   */
  bitfield(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `bitfield`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  bitfieldBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `BITFIELD_RO key [GET encoding offset [GET encoding offset ...]]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/bitfield_ro/
   * @since Redis 6.0.0
   */
  bitfield_ro(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /** As `bitfield_ro`, with Buffers in place of texts. */
  bitfield_roBuffer(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /**
   * `BITOP <AND | OR | XOR | NOT | DIFF | DIFF1 | ANDOR | ONE> destkey key [key ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/bitop/
   * @since Redis 2.6.0
   */
  bitop(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `bitop`, with Buffers in place of texts. */
  bitopBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `BITPOS key bit [start [end [BYTE | BIT]]]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/bitpos/
   * @since Redis 2.8.7
   */
  bitpos(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `bitpos`, with Buffers in place of texts. */
  bitposBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `BLMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/blmove/
   * @since Redis 6.2.0
   */
  blmove(...args: Given<Exactly<5>, string | null>): Result<string | null, Context>;
  /** As `blmove`, with Buffers in place of texts. */
  blmoveBuffer(...args: Given<Exactly<5>, Buffer | null>): Result<Buffer | null, Context>;
  /**
   * `BLMOVEM`
   *
   * https://redis.io/docs/latest/commands/blmovem/
   */
  blmovem(...args: Given<AtLeast<1>, string[] | null>): Result<string[] | null, Context>;
  /** As `blmovem`, with Buffers in place of texts. */
  blmovemBuffer(...args: Given<AtLeast<1>, Buffer[] | null>): Result<Buffer[] | null, Context>;
  /**
   * `BLMPOP timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]`
   *
   * Complexity: O(N+M).
   * https://redis.io/docs/latest/commands/blmpop/
   * @since Redis 7.0.0
   */
  blmpop(...args: Given<AtLeast<1>, [key: string, members: string[]] | null>): Result<[key: string, members: string[]] | null, Context>;
  /** As `blmpop`, with Buffers in place of texts. */
  blmpopBuffer(...args: Given<AtLeast<1>, [key: Buffer, members: Buffer[]] | null>): Result<[key: Buffer, members: Buffer[]] | null, Context>;
  /**
   * `BLPOP key [key ...] timeout`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/blpop/
   * @since Redis 2.0.0
   */
  blpop(...args: Given<AtLeast<1>, [string, string] | null>): Result<[string, string] | null, Context>;
  /** As `blpop`, with Buffers in place of texts. */
  blpopBuffer(...args: Given<AtLeast<1>, [Buffer, Buffer] | null>): Result<[Buffer, Buffer] | null, Context>;
  /**
   * `BRPOP key [key ...] timeout`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/brpop/
   * @since Redis 2.0.0
   */
  brpop(...args: Given<AtLeast<1>, [string, string] | null>): Result<[string, string] | null, Context>;
  /** As `brpop`, with Buffers in place of texts. */
  brpopBuffer(...args: Given<AtLeast<1>, [Buffer, Buffer] | null>): Result<[Buffer, Buffer] | null, Context>;
  /**
   * `BRPOPLPUSH source destination timeout`
   *
   * Complexity: O(1).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/brpoplpush/
   * @since Redis 2.2.0
   */
  brpoplpush(...args: Given<Exactly<3>, string | null>): Result<string | null, Context>;
  /** As `brpoplpush`, with Buffers in place of texts. */
  brpoplpushBuffer(...args: Given<Exactly<3>, Buffer | null>): Result<Buffer | null, Context>;
  /**
   * `BZMPOP timeout numkeys key [key ...] <MIN | MAX> [COUNT count]`
   *
   * Complexity: O(K), O(M*log(N)).
   * https://redis.io/docs/latest/commands/bzmpop/
   * @since Redis 7.0.0
   */
  bzmpop(...args: Given<AtLeast<1>, [key: string, members: string[]] | null>): Result<[key: string, members: string[]] | null, Context>;
  /** As `bzmpop`, with Buffers in place of texts. */
  bzmpopBuffer(...args: Given<AtLeast<1>, [key: Buffer, members: Buffer[]] | null>): Result<[key: Buffer, members: Buffer[]] | null, Context>;
  /**
   * `BZPOPMAX key [key ...] timeout`
   *
   * Complexity: O(log(N)).
   * https://redis.io/docs/latest/commands/bzpopmax/
   * @since Redis 5.0.0
   */
  bzpopmax(...args: Given<AtLeast<1>, [key: string, member: string, score: string] | null>): Result<[key: string, member: string, score: string] | null, Context>;
  /** As `bzpopmax`, with Buffers in place of texts. */
  bzpopmaxBuffer(...args: Given<AtLeast<1>, [key: Buffer, member: Buffer, score: Buffer] | null>): Result<[key: Buffer, member: Buffer, score: Buffer] | null, Context>;
  /**
   * `BZPOPMIN key [key ...] timeout`
   *
   * Complexity: O(log(N)).
   * https://redis.io/docs/latest/commands/bzpopmin/
   * @since Redis 5.0.0
   */
  bzpopmin(...args: Given<AtLeast<1>, [key: string, member: string, score: string] | null>): Result<[key: string, member: string, score: string] | null, Context>;
  /** As `bzpopmin`, with Buffers in place of texts. */
  bzpopminBuffer(...args: Given<AtLeast<1>, [key: Buffer, member: Buffer, score: Buffer] | null>): Result<[key: Buffer, member: Buffer, score: Buffer] | null, Context>;
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
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/client/
   * @since Redis 2.4.0
   */
  client(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `client`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  clientBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
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
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/cluster/
   * @since Redis 3.0.0
   */
  cluster(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `cluster`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  clusterBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `CLUSTERSCAN cursor [MATCH match-pattern] [COUNT count] [TYPE type] [SLOT slot]`
   *
   * Complexity: O(N).
   * https://valkey.io/commands/clusterscan/
   * @since Valkey 9.1.0
   */
  clusterscan(...args: Given<AtLeast<1>, [cursor: string, found: string[]]>): Result<[cursor: string, found: string[]], Context>;
  /** As `clusterscan`, with Buffers in place of texts. */
  clusterscanBuffer(...args: Given<AtLeast<1>, [cursor: Buffer, found: Buffer[]]>): Result<[cursor: Buffer, found: Buffer[]], Context>;
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
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/command/
   * @since Redis 2.8.13
   */
  command(...args: Given<AtLeast<0>, any>): Result<any, Context>;
  /** As `command`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  commandBuffer(...args: Given<AtLeast<0>, any>): Result<any, Context>;
  /**
   * - `COMMANDLOG GET count <SLOW | LARGE-REQUEST | LARGE-REPLY>`
   * - `COMMANDLOG HELP`
   * - `COMMANDLOG LEN <SLOW | LARGE-REQUEST | LARGE-REPLY>`
   * - `COMMANDLOG RESET <SLOW | LARGE-REQUEST | LARGE-REPLY>`
   *
   * The reply is `any`: applications name its type themselves.
   * https://valkey.io/commands/commandlog/
   * @since Valkey 8.1.0
   */
  commandlog(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `commandlog`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  commandlogBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * - `CONFIG GET parameter [parameter ...]`
   * - `CONFIG HELP`
   * - `CONFIG RESETSTAT`
   * - `CONFIG REWRITE`
   * - `CONFIG SET parameter value [parameter value ...]`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/config/
   * @since Redis 2.0.0
   */
  config(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `config`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  configBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `COPY source destination [DB destination-db] [REPLACE]`
   *
   * Complexity: O(N), O(1).
   * https://redis.io/docs/latest/commands/copy/
   * @since Redis 6.2.0
   */
  copy(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `copy`, with Buffers in place of texts. */
  copyBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `DBSIZE`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/dbsize/
   * @since Redis 1.0.0
   */
  dbsize(...args: Given<Exactly<0>, number>): Result<number, Context>;
  /** As `dbsize`, with Buffers in place of texts. */
  dbsizeBuffer(...args: Given<Exactly<0>, number>): Result<number, Context>;
  /**
   * `DEBUG`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/debug/
   * @since Redis 1.0.0
   */
  debug(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `debug`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  debugBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `DECR key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/decr/
   * @since Redis 1.0.0
   */
  decr(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /** As `decr`, with Buffers in place of texts. */
  decrBuffer(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /**
   * `DECRBY key decrement`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/decrby/
   * @since Redis 1.0.0
   */
  decrby(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /** As `decrby`, with Buffers in place of texts. */
  decrbyBuffer(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /**
   * `DEL key [key ...]`
   *
   * Complexity: O(N), O(M), O(1).
   * https://redis.io/docs/latest/commands/del/
   * @since Redis 1.0.0
   */
  del(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `del`, with Buffers in place of texts. */
  delBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `DELEX`
   *
   * https://redis.io/docs/latest/commands/delex/
   */
  delex(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `delex`, with Buffers in place of texts. */
  delexBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `DELIFEQ key value`
   *
   * Complexity: O(1).
   * https://valkey.io/commands/delifeq/
   * @since Valkey 9.0.0
   */
  delifeq(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /** As `delifeq`, with Buffers in place of texts. */
  delifeqBuffer(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /**
   * `DIGEST`
   *
   * https://redis.io/docs/latest/commands/digest/
   */
  digest(...args: Given<Exactly<1>, string | null>): Result<string | null, Context>;
  /** As `digest`, with Buffers in place of texts. */
  digestBuffer(...args: Given<Exactly<1>, Buffer | null>): Result<Buffer | null, Context>;
  /**
   * `DISCARD`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/discard/
   * @since Redis 2.0.0
   */
  discard(...args: Given<Exactly<0>, 'OK'>): Result<'OK', Context>;
  /** As `discard`, with Buffers in place of texts. */
  discardBuffer(...args: Given<Exactly<0>, 'OK'>): Result<'OK', Context>;
  /**
   * `DUMP key`
   *
   * Complexity: O(1), O(N*M), O(1*M).
   * https://redis.io/docs/latest/commands/dump/
   * @since Redis 2.6.0
   */
  dump(...args: Given<Exactly<1>, string>): Result<string, Context>;
  /** As `dump`, with Buffers in place of texts. */
  dumpBuffer(...args: Given<Exactly<1>, Buffer>): Result<Buffer, Context>;
  /**
   * `ECHO message`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/echo/
   * @since Redis 1.0.0
   */
  echo(...args: Given<Exactly<1>, string>): Result<string, Context>;
  /** As `echo`, with Buffers in place of texts. */
  echoBuffer(...args: Given<Exactly<1>, Buffer>): Result<Buffer, Context>;
  /**
   * `EVAL script numkeys [key [key ...]] [arg [arg ...]]`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/eval/
   * @since Redis 2.6.0
   */
  eval(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `eval`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  evalBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `EVAL_RO script numkeys [key [key ...]] [arg [arg ...]]`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/eval_ro/
   * @since Redis 7.0.0
   */
  eval_ro(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `eval_ro`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  eval_roBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `EVALSHA sha1 numkeys [key [key ...]] [arg [arg ...]]`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/evalsha/
   * @since Redis 2.6.0
   */
  evalsha(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `evalsha`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  evalshaBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `EVALSHA_RO sha1 numkeys [key [key ...]] [arg [arg ...]]`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/evalsha_ro/
   * @since Redis 7.0.0
   */
  evalsha_ro(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `evalsha_ro`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  evalsha_roBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `EXISTS key [key ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/exists/
   * @since Redis 1.0.0
   */
  exists(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `exists`, with Buffers in place of texts. */
  existsBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `EXPIRE key seconds [NX | XX | GT | LT]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/expire/
   * @since Redis 1.0.0
   */
  expire(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `expire`, with Buffers in place of texts. */
  expireBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `EXPIREAT key unix-time-seconds [NX | XX | GT | LT]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/expireat/
   * @since Redis 1.2.0
   */
  expireat(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `expireat`, with Buffers in place of texts. */
  expireatBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `EXPIRETIME key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/expiretime/
   * @since Redis 7.0.0
   */
  expiretime(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /** As `expiretime`, with Buffers in place of texts. */
  expiretimeBuffer(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /**
   * `FAILOVER [TO host port [FORCE]] [ABORT] [TIMEOUT milliseconds]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/failover/
   * @since Redis 6.2.0
   */
  failover(...args: Given<AtLeast<0>, 'OK'>): Result<'OK', Context>;
  /** As `failover`, with Buffers in place of texts. */
  failoverBuffer(...args: Given<AtLeast<0>, 'OK'>): Result<'OK', Context>;
  /**
   * `FCALL function numkeys [key [key ...]] [arg [arg ...]]`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/fcall/
   * @since Redis 7.0.0
   */
  fcall(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `fcall`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  fcallBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `FCALL_RO function numkeys [key [key ...]] [arg [arg ...]]`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/fcall_ro/
   * @since Redis 7.0.0
   */
  fcall_ro(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `fcall_ro`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  fcall_roBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `FLUSHALL [ASYNC | SYNC]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/flushall/
   * @since Redis 1.0.0
   */
  flushall(...args: Given<AtLeast<0>, 'OK'>): Result<'OK', Context>;
  /** As `flushall`, with Buffers in place of texts. */
  flushallBuffer(...args: Given<AtLeast<0>, Buffer>): Result<Buffer, Context>;
  /**
   * `FLUSHDB [ASYNC | SYNC]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/flushdb/
   * @since Redis 1.0.0
   */
  flushdb(...args: Given<AtLeast<0>, 'OK'>): Result<'OK', Context>;
  /** As `flushdb`, with Buffers in place of texts. */
  flushdbBuffer(...args: Given<AtLeast<0>, Buffer>): Result<Buffer, Context>;
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
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/function/
   * @since Redis 7.0.0
   */
  function(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `function`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  functionBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]`
   *
   * Complexity: O(log(N)).
   * https://redis.io/docs/latest/commands/geoadd/
   * @since Redis 3.2.0
   */
  geoadd(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `geoadd`, with Buffers in place of texts. */
  geoaddBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `GEODIST key member1 member2 [M | KM | FT | MI]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/geodist/
   * @since Redis 3.2.0
   */
  geodist(...args: Given<AtLeast<1>, string | null>): Result<string | null, Context>;
  /** As `geodist`, with Buffers in place of texts. */
  geodistBuffer(...args: Given<AtLeast<1>, Buffer | null>): Result<Buffer | null, Context>;
  /**
   * `GEOHASH key [member [member ...]]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/geohash/
   * @since Redis 3.2.0
   */
  geohash(...args: Given<AtLeast<1>, string[]>): Result<string[], Context>;
  /** As `geohash`, with Buffers in place of texts. */
  geohashBuffer(...args: Given<AtLeast<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `GEOPOS key [member [member ...]]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/geopos/
   * @since Redis 3.2.0
   */
  geopos(...args: Given<AtLeast<1>, ([longitude: string, latitude: string] | null)[]>): Result<([longitude: string, latitude: string] | null)[], Context>;
  /** As `geopos`, with Buffers in place of texts. */
  geoposBuffer(...args: Given<AtLeast<1>, ([longitude: Buffer, latitude: Buffer] | null)[]>): Result<([longitude: Buffer, latitude: Buffer] | null)[], Context>;
  /**
   * `GEORADIUS key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC] [STORE key | STOREDIST key]`
   *
   * Complexity: O(N+log(M)).
   * Deprecated since Redis 6.2.0.
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/georadius/
   * @since Redis 3.2.0
   */
  georadius(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `georadius`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  georadiusBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `GEORADIUS_RO key longitude latitude radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC]`
   *
   * Complexity: O(N+log(M)).
   * Deprecated since Redis 6.2.0.
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/georadius_ro/
   * @since Redis 3.2.10
   */
  georadius_ro(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `georadius_ro`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  georadius_roBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `GEORADIUSBYMEMBER key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC] [STORE key | STOREDIST key]`
   *
   * Complexity: O(N+log(M)).
   * Deprecated since Redis 6.2.0.
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/georadiusbymember/
   * @since Redis 3.2.0
   */
  georadiusbymember(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `georadiusbymember`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  georadiusbymemberBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `GEORADIUSBYMEMBER_RO key member radius <M | KM | FT | MI> [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT count [ANY]] [ASC | DESC]`
   *
   * Complexity: O(N+log(M)).
   * Deprecated since Redis 6.2.0.
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/georadiusbymember_ro/
   * @since Redis 3.2.10
   */
  georadiusbymember_ro(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `georadiusbymember_ro`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  georadiusbymember_roBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `GEOSEARCH key <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> [ASC | DESC] [COUNT count [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]`
   *
   * Complexity: O(N+log(M)).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/geosearch/
   * @since Redis 6.2.0
   */
  geosearch(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `geosearch`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  geosearchBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `GEOSEARCHSTORE destination source <FROMMEMBER member | FROMLONLAT longitude latitude> <BYRADIUS radius <M | KM | FT | MI> | BYBOX width height <M | KM | FT | MI>> [ASC | DESC] [COUNT count [ANY]] [STOREDIST]`
   *
   * Complexity: O(N+log(M)).
   * https://redis.io/docs/latest/commands/geosearchstore/
   * @since Redis 6.2.0
   */
  geosearchstore(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `geosearchstore`, with Buffers in place of texts. */
  geosearchstoreBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `GET key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/get/
   * @since Redis 1.0.0
   */
  get(...args: Given<Exactly<1>, string | null>): Result<string | null, Context>;
  /** As `get`, with Buffers in place of texts. */
  getBuffer(...args: Given<Exactly<1>, Buffer | null>): Result<Buffer | null, Context>;
  /**
   * `GETBIT key offset`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/getbit/
   * @since Redis 2.2.0
   */
  getbit(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /** As `getbit`, with Buffers in place of texts. */
  getbitBuffer(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /**
   * `GETDEL key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/getdel/
   * @since Redis 6.2.0
   */
  getdel(...args: Given<Exactly<1>, string | null>): Result<string | null, Context>;
  /** As `getdel`, with Buffers in place of texts. */
  getdelBuffer(...args: Given<Exactly<1>, Buffer | null>): Result<Buffer | null, Context>;
  /**
   * `GETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/getex/
   * @since Redis 6.2.0
   */
  getex(...args: Given<AtLeast<1>, string | null>): Result<string | null, Context>;
  /** As `getex`, with Buffers in place of texts. */
  getexBuffer(...args: Given<AtLeast<1>, Buffer | null>): Result<Buffer | null, Context>;
  /**
   * `GETRANGE key start end`
   *
   * Complexity: O(N), O(1).
   * https://redis.io/docs/latest/commands/getrange/
   * @since Redis 2.4.0
   */
  getrange(...args: Given<Exactly<3>, string>): Result<string, Context>;
  /** As `getrange`, with Buffers in place of texts. */
  getrangeBuffer(...args: Given<Exactly<3>, Buffer>): Result<Buffer, Context>;
  /**
   * `GETSET key value`
   *
   * Complexity: O(1).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/getset/
   * @since Redis 1.0.0
   */
  getset(...args: Given<Exactly<2>, string | null>): Result<string | null, Context>;
  /** As `getset`, with Buffers in place of texts. */
  getsetBuffer(...args: Given<Exactly<2>, Buffer | null>): Result<Buffer | null, Context>;
  /**
   * `HDEL key field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hdel/
   * @since Redis 2.0.0
   */
  hdel(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `hdel`, with Buffers in place of texts. */
  hdelBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `HELLO [protover [AUTH username password] [SETNAME clientname]]`
   *
   * Complexity: O(1).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/hello/
   * @since Redis 6.0.0
   */
  hello(...args: Given<AtLeast<0>, any>): Result<any, Context>;
  /** As `hello`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  helloBuffer(...args: Given<AtLeast<0>, any>): Result<any, Context>;
  /**
   * `HEXISTS key field`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/hexists/
   * @since Redis 2.0.0
   */
  hexists(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /** As `hexists`, with Buffers in place of texts. */
  hexistsBuffer(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /**
   * `HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hexpire/
   * @since Redis 7.4.0
   */
  hexpire(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /** As `hexpire`, with Buffers in place of texts. */
  hexpireBuffer(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /**
   * `HEXPIREAT key unix-time-seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hexpireat/
   * @since Redis 7.4.0
   */
  hexpireat(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /** As `hexpireat`, with Buffers in place of texts. */
  hexpireatBuffer(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /**
   * `HEXPIRETIME key FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hexpiretime/
   * @since Redis 7.4.0
   */
  hexpiretime(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /** As `hexpiretime`, with Buffers in place of texts. */
  hexpiretimeBuffer(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /**
   * `HGET key field`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/hget/
   * @since Redis 2.0.0
   */
  hget(...args: Given<Exactly<2>, string | null>): Result<string | null, Context>;
  /** As `hget`, with Buffers in place of texts. */
  hgetBuffer(...args: Given<Exactly<2>, Buffer | null>): Result<Buffer | null, Context>;
  /**
   * `HGETALL key`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hgetall/
   * @since Redis 2.0.0
   */
  hgetall(...args: Given<Exactly<1>, Record<string, string>>): Result<Record<string, string>, Context>;
  /** As `hgetall`, with Buffers in place of texts. */
  hgetallBuffer(...args: Given<Exactly<1>, Record<string, Buffer>>): Result<Record<string, Buffer>, Context>;
  /**
   * `HGETDEL key FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hgetdel/
   * @since Redis 8.0.0
   */
  hgetdel(...args: Given<AtLeast<1>, (string | null)[]>): Result<(string | null)[], Context>;
  /** As `hgetdel`, with Buffers in place of texts. */
  hgetdelBuffer(...args: Given<AtLeast<1>, (Buffer | null)[]>): Result<(Buffer | null)[], Context>;
  /**
   * `HGETEX key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST] FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hgetex/
   * @since Redis 8.0.0
   */
  hgetex(...args: Given<AtLeast<1>, (string | null)[]>): Result<(string | null)[], Context>;
  /** As `hgetex`, with Buffers in place of texts. */
  hgetexBuffer(...args: Given<AtLeast<1>, (Buffer | null)[]>): Result<(Buffer | null)[], Context>;
  /**
   * `HIMPORT`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/himport/
   */
  himport(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `himport`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  himportBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `HINCRBY key field increment`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/hincrby/
   * @since Redis 2.0.0
   */
  hincrby(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /** As `hincrby`, with Buffers in place of texts. */
  hincrbyBuffer(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /**
   * `HINCRBYFLOAT key field increment`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/hincrbyfloat/
   * @since Redis 2.6.0
   */
  hincrbyfloat(...args: Given<Exactly<3>, string>): Result<string, Context>;
  /** As `hincrbyfloat`, with Buffers in place of texts. */
  hincrbyfloatBuffer(...args: Given<Exactly<3>, Buffer>): Result<Buffer, Context>;
  /**
   * `HKEYS key`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hkeys/
   * @since Redis 2.0.0
   */
  hkeys(...args: Given<Exactly<1>, string[]>): Result<string[], Context>;
  /** As `hkeys`, with Buffers in place of texts. */
  hkeysBuffer(...args: Given<Exactly<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `HLEN key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/hlen/
   * @since Redis 2.0.0
   */
  hlen(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /** As `hlen`, with Buffers in place of texts. */
  hlenBuffer(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /**
   * `HMGET key field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hmget/
   * @since Redis 2.0.0
   */
  hmget(...args: Given<AtLeast<1>, (string | null)[]>): Result<(string | null)[], Context>;
  /** As `hmget`, with Buffers in place of texts. */
  hmgetBuffer(...args: Given<AtLeast<1>, (Buffer | null)[]>): Result<(Buffer | null)[], Context>;
  /**
   * `HOTKEYS`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/hotkeys/
   */
  hotkeys(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `hotkeys`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  hotkeysBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `HPERSIST key FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hpersist/
   * @since Redis 7.4.0
   */
  hpersist(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /** As `hpersist`, with Buffers in place of texts. */
  hpersistBuffer(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /**
   * `HPEXPIRE key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hpexpire/
   * @since Redis 7.4.0
   */
  hpexpire(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /** As `hpexpire`, with Buffers in place of texts. */
  hpexpireBuffer(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /**
   * `HPEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hpexpireat/
   * @since Redis 7.4.0
   */
  hpexpireat(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /** As `hpexpireat`, with Buffers in place of texts. */
  hpexpireatBuffer(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /**
   * `HPEXPIRETIME key FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hpexpiretime/
   * @since Redis 7.4.0
   */
  hpexpiretime(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /** As `hpexpiretime`, with Buffers in place of texts. */
  hpexpiretimeBuffer(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /**
   * `HPTTL key FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hpttl/
   * @since Redis 7.4.0
   */
  hpttl(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /** As `hpttl`, with Buffers in place of texts. */
  hpttlBuffer(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /**
   * `HRANDFIELD key [count [WITHVALUES]]`
   *
   * Complexity: O(N).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/hrandfield/
   * @since Redis 6.2.0
   */
  hrandfield(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `hrandfield`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  hrandfieldBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/hscan/
   * @since Redis 2.8.0
   */
  hscan(...args: Given<AtLeast<1>, [cursor: string, elements: string[]]>): Result<[cursor: string, elements: string[]], Context>;
  /** As `hscan`, with Buffers in place of texts. */
  hscanBuffer(...args: Given<AtLeast<1>, [cursor: Buffer, elements: Buffer[]]>): Result<[cursor: Buffer, elements: Buffer[]], Context>;
  /**
   * `HSETEX key [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL] FIELDS numfields field value [field value ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hsetex/
   * @since Redis 8.0.0
   */
  hsetex(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `hsetex`, with Buffers in place of texts. */
  hsetexBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `HSETNX key field value`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/hsetnx/
   * @since Redis 2.0.0
   */
  hsetnx(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /** As `hsetnx`, with Buffers in place of texts. */
  hsetnxBuffer(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /**
   * `HSTRLEN key field`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/hstrlen/
   * @since Redis 3.2.0
   */
  hstrlen(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /** As `hstrlen`, with Buffers in place of texts. */
  hstrlenBuffer(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /**
   * `HTTL key FIELDS numfields field [field ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/httl/
   * @since Redis 7.4.0
   */
  httl(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /** As `httl`, with Buffers in place of texts. */
  httlBuffer(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /**
   * `HVALS key`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/hvals/
   * @since Redis 2.0.0
   */
  hvals(...args: Given<Exactly<1>, string[]>): Result<string[], Context>;
  /** As `hvals`, with Buffers in place of texts. */
  hvalsBuffer(...args: Given<Exactly<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `INCR key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/incr/
   * @since Redis 1.0.0
   */
  incr(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /** As `incr`, with Buffers in place of texts. */
  incrBuffer(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /**
   * `INCRBY key increment`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/incrby/
   * @since Redis 1.0.0
   */
  incrby(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /** As `incrby`, with Buffers in place of texts. */
  incrbyBuffer(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /**
   * `INCRBYFLOAT key increment`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/incrbyfloat/
   * @since Redis 2.6.0
   */
  incrbyfloat(...args: Given<Exactly<2>, string>): Result<string, Context>;
  /** As `incrbyfloat`, with Buffers in place of texts. */
  incrbyfloatBuffer(...args: Given<Exactly<2>, Buffer>): Result<Buffer, Context>;
  /**
   * `INCREX`
   *
   * https://redis.io/docs/latest/commands/increx/
   */
  increx(...args: Given<AtLeast<1>, [value: number | string, change: number | string]>): Result<[value: number | string, change: number | string], Context>;
  /** As `increx`, with Buffers in place of texts. */
  increxBuffer(...args: Given<AtLeast<1>, [value: number | Buffer, change: number | Buffer]>): Result<[value: number | Buffer, change: number | Buffer], Context>;
  /**
   * `INFO [section [section ...]]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/info/
   * @since Redis 1.0.0
   */
  info(...args: Given<AtLeast<0>, string>): Result<string, Context>;
  /** As `info`, with Buffers in place of texts. */
  infoBuffer(...args: Given<AtLeast<0>, Buffer>): Result<Buffer, Context>;
  /**
   * `KEYS pattern`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/keys/
   * @since Redis 1.0.0
   */
  keys(...args: Given<Exactly<1>, string[]>): Result<string[], Context>;
  /** As `keys`, with Buffers in place of texts. */
  keysBuffer(...args: Given<Exactly<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `LASTSAVE`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/lastsave/
   * @since Redis 1.0.0
   */
  lastsave(...args: Given<Exactly<0>, number>): Result<number, Context>;
  /** As `lastsave`, with Buffers in place of texts. */
  lastsaveBuffer(...args: Given<Exactly<0>, number>): Result<number, Context>;
  /**
   * - `LATENCY DOCTOR`
   * - `LATENCY GRAPH event`
   * - `LATENCY HELP`
   * - `LATENCY HISTOGRAM [command [command ...]]`
   * - `LATENCY HISTORY event`
   * - `LATENCY LATEST`
   * - `LATENCY RESET [event [event ...]]`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/latency/
   * @since Redis 2.8.13
   */
  latency(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `latency`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  latencyBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `LCS key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]`
   *
   * Complexity: O(N*M).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/lcs/
   * @since Redis 7.0.0
   */
  lcs(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `lcs`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  lcsBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `LINDEX key index`
   *
   * Complexity: O(N), O(1).
   * https://redis.io/docs/latest/commands/lindex/
   * @since Redis 1.0.0
   */
  lindex(...args: Given<Exactly<2>, string | null>): Result<string | null, Context>;
  /** As `lindex`, with Buffers in place of texts. */
  lindexBuffer(...args: Given<Exactly<2>, Buffer | null>): Result<Buffer | null, Context>;
  /**
   * `LINSERT key <BEFORE | AFTER> pivot element`
   *
   * Complexity: O(N), O(1).
   * https://redis.io/docs/latest/commands/linsert/
   * @since Redis 2.2.0
   */
  linsert(...args: Given<Exactly<4>, number>): Result<number, Context>;
  /** As `linsert`, with Buffers in place of texts. */
  linsertBuffer(...args: Given<Exactly<4>, number>): Result<number, Context>;
  /**
   * `LLEN key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/llen/
   * @since Redis 1.0.0
   */
  llen(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /** As `llen`, with Buffers in place of texts. */
  llenBuffer(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /**
   * `LMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT>`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/lmove/
   * @since Redis 6.2.0
   */
  lmove(...args: Given<Exactly<4>, string>): Result<string, Context>;
  /** As `lmove`, with Buffers in place of texts. */
  lmoveBuffer(...args: Given<Exactly<4>, Buffer>): Result<Buffer, Context>;
  /**
   * `LMOVEM`
   *
   * https://redis.io/docs/latest/commands/lmovem/
   */
  lmovem(...args: Given<AtLeast<1>, string[] | null>): Result<string[] | null, Context>;
  /** As `lmovem`, with Buffers in place of texts. */
  lmovemBuffer(...args: Given<AtLeast<1>, Buffer[] | null>): Result<Buffer[] | null, Context>;
  /**
   * `LMPOP numkeys key [key ...] <LEFT | RIGHT> [COUNT count]`
   *
   * Complexity: O(N+M).
   * https://redis.io/docs/latest/commands/lmpop/
   * @since Redis 7.0.0
   */
  lmpop(...args: Given<AtLeast<1>, [key: string, members: string[]] | null>): Result<[key: string, members: string[]] | null, Context>;
  /** As `lmpop`, with Buffers in place of texts. */
  lmpopBuffer(...args: Given<AtLeast<1>, [key: Buffer, members: Buffer[]] | null>): Result<[key: Buffer, members: Buffer[]] | null, Context>;
  /**
   * `LOLWUT [VERSION version]`
   *
   * https://redis.io/docs/latest/commands/lolwut/
   * @since Redis 5.0.0
   */
  lolwut(...args: Given<AtLeast<0>, string>): Result<string, Context>;
  /** As `lolwut`, with Buffers in place of texts. */
  lolwutBuffer(...args: Given<AtLeast<0>, Buffer>): Result<Buffer, Context>;
  /**
   * `LPUSH key element [element ...]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/lpush/
   * @since Redis 1.0.0
   */
  lpush(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `lpush`, with Buffers in place of texts. */
  lpushBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `LPUSHX key element [element ...]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/lpushx/
   * @since Redis 2.2.0
   */
  lpushx(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `lpushx`, with Buffers in place of texts. */
  lpushxBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `LRANGE key start stop`
   *
   * Complexity: O(S+N).
   * https://redis.io/docs/latest/commands/lrange/
   * @since Redis 1.0.0
   */
  lrange(...args: Given<Exactly<3>, string[]>): Result<string[], Context>;
  /** As `lrange`, with Buffers in place of texts. */
  lrangeBuffer(...args: Given<Exactly<3>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `LREM key count element`
   *
   * Complexity: O(N+M).
   * https://redis.io/docs/latest/commands/lrem/
   * @since Redis 1.0.0
   */
  lrem(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /** As `lrem`, with Buffers in place of texts. */
  lremBuffer(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /**
   * `LSET key index element`
   *
   * Complexity: O(N), O(1).
   * https://redis.io/docs/latest/commands/lset/
   * @since Redis 1.0.0
   */
  lset(...args: Given<Exactly<3>, 'OK'>): Result<'OK', Context>;
  /** As `lset`, with Buffers in place of texts. */
  lsetBuffer(...args: Given<Exactly<3>, Buffer>): Result<Buffer, Context>;
  /**
   * `LTRIM key start stop`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/ltrim/
   * @since Redis 1.0.0
   */
  ltrim(...args: Given<Exactly<3>, 'OK'>): Result<'OK', Context>;
  /** As `ltrim`, with Buffers in place of texts. */
  ltrimBuffer(...args: Given<Exactly<3>, Buffer>): Result<Buffer, Context>;
  /**
   * - `MEMORY DOCTOR`
   * - `MEMORY HELP`
   * - `MEMORY MALLOC-STATS`
   * - `MEMORY PURGE`
   * - `MEMORY STATS`
   * - `MEMORY USAGE key [SAMPLES count]`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/memory/
   * @since Redis 4.0.0
   */
  memory(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `memory`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  memoryBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `MGET key [key ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/mget/
   * @since Redis 1.0.0
   */
  mget(...args: Given<AtLeast<1>, (string | null)[]>): Result<(string | null)[], Context>;
  /** As `mget`, with Buffers in place of texts. */
  mgetBuffer(...args: Given<AtLeast<1>, (Buffer | null)[]>): Result<(Buffer | null)[], Context>;
  /**
   * `MIGRATE host port <key | ""> destination-db timeout [COPY] [REPLACE] [AUTH password | AUTH2 username password] [KEYS key [key ...]]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/migrate/
   * @since Redis 2.6.0
   */
  migrate(...args: Given<AtLeast<1>, 'OK'>): Result<'OK', Context>;
  /** As `migrate`, with Buffers in place of texts. */
  migrateBuffer(...args: Given<AtLeast<1>, 'OK'>): Result<'OK', Context>;
  /**
   * - `MODULE HELP`
   * - `MODULE LIST`
   * - `MODULE LOAD path [arg [arg ...]]`
   * - `MODULE LOADEX path [CONFIG name value [CONFIG name value ...]] [ARGS args [args ...]]`
   * - `MODULE UNLOAD name`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/module/
   * @since Redis 4.0.0
   */
  module(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `module`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  moduleBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `MOVE key db`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/move/
   * @since Redis 1.0.0
   */
  move(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /** As `move`, with Buffers in place of texts. */
  moveBuffer(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /**
   * `MSETEX numkeys key value [key value ...] [NX | XX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]`
   *
   * Complexity: O(N).
   * https://valkey.io/commands/msetex/
   * @since Valkey 9.1.0
   */
  msetex(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `msetex`, with Buffers in place of texts. */
  msetexBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * - `OBJECT ENCODING key`
   * - `OBJECT FREQ key`
   * - `OBJECT HELP`
   * - `OBJECT IDLETIME key`
   * - `OBJECT REFCOUNT key`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/object/
   * @since Redis 2.2.3
   */
  object(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `object`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  objectBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `PERSIST key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/persist/
   * @since Redis 2.2.0
   */
  persist(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /** As `persist`, with Buffers in place of texts. */
  persistBuffer(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /**
   * `PEXPIRE key milliseconds [NX | XX | GT | LT]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/pexpire/
   * @since Redis 2.6.0
   */
  pexpire(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `pexpire`, with Buffers in place of texts. */
  pexpireBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `PEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/pexpireat/
   * @since Redis 2.6.0
   */
  pexpireat(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `pexpireat`, with Buffers in place of texts. */
  pexpireatBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `PEXPIRETIME key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/pexpiretime/
   * @since Redis 7.0.0
   */
  pexpiretime(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /** As `pexpiretime`, with Buffers in place of texts. */
  pexpiretimeBuffer(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /**
   * `PFADD key [element [element ...]]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/pfadd/
   * @since Redis 2.8.9
   */
  pfadd(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `pfadd`, with Buffers in place of texts. */
  pfaddBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `PFCOUNT key [key ...]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/pfcount/
   * @since Redis 2.8.9
   */
  pfcount(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `pfcount`, with Buffers in place of texts. */
  pfcountBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `PFDEBUG subcommand key`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/pfdebug/
   * @since Redis 2.8.9
   */
  pfdebug(...args: Given<Exactly<2>, any>): Result<any, Context>;
  /** As `pfdebug`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  pfdebugBuffer(...args: Given<Exactly<2>, any>): Result<any, Context>;
  /**
   * `PFMERGE destkey [sourcekey [sourcekey ...]]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/pfmerge/
   * @since Redis 2.8.9
   */
  pfmerge(...args: Given<AtLeast<1>, 'OK'>): Result<'OK', Context>;
  /** As `pfmerge`, with Buffers in place of texts. */
  pfmergeBuffer(...args: Given<AtLeast<1>, 'OK'>): Result<'OK', Context>;
  /**
   * `PFSELFTEST`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/pfselftest/
   * @since Redis 2.8.9
   */
  pfselftest(...args: Given<Exactly<0>, any>): Result<any, Context>;
  /** As `pfselftest`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  pfselftestBuffer(...args: Given<Exactly<0>, any>): Result<any, Context>;
  /**
   * `PING [message]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/ping/
   * @since Redis 1.0.0
   */
  ping(...args: Given<AtLeast<0>, string>): Result<string, Context>;
  /** As `ping`, with Buffers in place of texts. */
  pingBuffer(...args: Given<AtLeast<0>, Buffer>): Result<Buffer, Context>;
  /**
   * `PSETEX key milliseconds value`
   *
   * Complexity: O(1).
   * Deprecated since Redis 2.6.12.
   * https://redis.io/docs/latest/commands/psetex/
   * @since Redis 2.6.0
   */
  psetex(...args: Given<Exactly<3>, 'OK'>): Result<'OK', Context>;
  /** As `psetex`, with Buffers in place of texts. */
  psetexBuffer(...args: Given<Exactly<3>, 'OK'>): Result<'OK', Context>;
  /**
   * `PSUBSCRIBE pattern [pattern ...]`
   *
   * Complexity: O(N).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/psubscribe/
   * @since Redis 2.0.0
   */
  psubscribe(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `psubscribe`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  psubscribeBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `PSYNC replicationid offset`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/psync/
   * @since Redis 2.8.0
   */
  psync(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `psync`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  psyncBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `PTTL key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/pttl/
   * @since Redis 2.6.0
   */
  pttl(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /** As `pttl`, with Buffers in place of texts. */
  pttlBuffer(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /**
   * `PUBLISH channel message`
   *
   * Complexity: O(N+M).
   * https://redis.io/docs/latest/commands/publish/
   * @since Redis 2.0.0
   */
  publish(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /** As `publish`, with Buffers in place of texts. */
  publishBuffer(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /**
   * - `PUBSUB CHANNELS [pattern]`
   * - `PUBSUB HELP`
   * - `PUBSUB NUMPAT`
   * - `PUBSUB NUMSUB [channel [channel ...]]`
   * - `PUBSUB SHARDCHANNELS [pattern]`
   * - `PUBSUB SHARDNUMSUB [shardchannel [shardchannel ...]]`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/pubsub/
   * @since Redis 2.8.0
   */
  pubsub(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `pubsub`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  pubsubBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `PUNSUBSCRIBE [pattern [pattern ...]]`
   *
   * Complexity: O(N).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/punsubscribe/
   * @since Redis 2.0.0
   */
  punsubscribe(...args: Given<AtLeast<0>, any>): Result<any, Context>;
  /** As `punsubscribe`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  punsubscribeBuffer(...args: Given<AtLeast<0>, any>): Result<any, Context>;
  /**
   * `QUIT`
   *
   * Complexity: O(1).
   * Deprecated since Redis 7.2.0.
   * https://redis.io/docs/latest/commands/quit/
   * @since Redis 1.0.0
   */
  quit(...args: Given<AtLeast<0>, 'OK'>): Result<'OK', Context>;
  /** As `quit`, with Buffers in place of texts. */
  quitBuffer(...args: Given<AtLeast<0>, 'OK'>): Result<'OK', Context>;
  /**
   * `RANDOMKEY`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/randomkey/
   * @since Redis 1.0.0
   */
  randomkey(...args: Given<Exactly<0>, string | null>): Result<string | null, Context>;
  /** As `randomkey`, with Buffers in place of texts. */
  randomkeyBuffer(...args: Given<Exactly<0>, Buffer | null>): Result<Buffer | null, Context>;
  /**
   * `READONLY`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/readonly/
   * @since Redis 3.0.0
   */
  readonly(...args: Given<Exactly<0>, 'OK'>): Result<'OK', Context>;
  /** As `readonly`, with Buffers in place of texts. */
  readonlyBuffer(...args: Given<Exactly<0>, 'OK'>): Result<'OK', Context>;
  /**
   * `READWRITE`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/readwrite/
   * @since Redis 3.0.0
   */
  readwrite(...args: Given<Exactly<0>, 'OK'>): Result<'OK', Context>;
  /** As `readwrite`, with Buffers in place of texts. */
  readwriteBuffer(...args: Given<Exactly<0>, 'OK'>): Result<'OK', Context>;
  /**
   * `RENAME key newkey`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/rename/
   * @since Redis 1.0.0
   */
  rename(...args: Given<Exactly<2>, 'OK'>): Result<'OK', Context>;
  /** As `rename`, with Buffers in place of texts. */
  renameBuffer(...args: Given<Exactly<2>, Buffer>): Result<Buffer, Context>;
  /**
   * `RENAMENX key newkey`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/renamenx/
   * @since Redis 1.0.0
   */
  renamenx(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /** As `renamenx`, with Buffers in place of texts. */
  renamenxBuffer(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /**
   * `REPLCONF`
   *
   * Complexity: O(1).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/replconf/
   * @since Redis 3.0.0
   */
  replconf(...args: Given<AtLeast<0>, any>): Result<any, Context>;
  /** As `replconf`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  replconfBuffer(...args: Given<AtLeast<0>, any>): Result<any, Context>;
  /**
   * `REPLICAOF <host port | NO ONE>`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/replicaof/
   * @since Redis 5.0.0
   */
  replicaof(...args: Given<Exactly<2>, 'OK'>): Result<'OK', Context>;
  /** As `replicaof`, with Buffers in place of texts. */
  replicaofBuffer(...args: Given<Exactly<2>, 'OK'>): Result<'OK', Context>;
  /**
   * `RESET`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/reset/
   * @since Redis 6.2.0
   */
  reset(...args: Given<Exactly<0>, 'OK'>): Result<'OK', Context>;
  /** As `reset`, with Buffers in place of texts. */
  resetBuffer(...args: Given<Exactly<0>, 'OK'>): Result<'OK', Context>;
  /**
   * `RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]`
   *
   * Complexity: O(1), O(N*M), O(1*M), O(N*M*log(N)), O(log(N)).
   * https://redis.io/docs/latest/commands/restore/
   * @since Redis 2.6.0
   */
  restore(...args: Given<AtLeast<1>, 'OK'>): Result<'OK', Context>;
  /** As `restore`, with Buffers in place of texts. */
  restoreBuffer(...args: Given<AtLeast<1>, 'OK'>): Result<'OK', Context>;
  /**
   * `RESTORE-ASKING key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]`
   *
   * Complexity: O(1), O(N*M), O(1*M), O(N*M*log(N)), O(log(N)).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/restore-asking/
   * @since Redis 3.0.0
   */
  'restore-asking'(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `restore-asking`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  'restore-askingBuffer'(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `ROLE`
   *
   * Complexity: O(1).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/role/
   * @since Redis 2.8.12
   */
  role(...args: Given<Exactly<0>, any>): Result<any, Context>;
  /** As `role`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  roleBuffer(...args: Given<Exactly<0>, any>): Result<any, Context>;
  /**
   * `RPOPLPUSH source destination`
   *
   * Complexity: O(1).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/rpoplpush/
   * @since Redis 1.2.0
   */
  rpoplpush(...args: Given<Exactly<2>, string>): Result<string, Context>;
  /** As `rpoplpush`, with Buffers in place of texts. */
  rpoplpushBuffer(...args: Given<Exactly<2>, Buffer>): Result<Buffer, Context>;
  /**
   * `RPUSH key element [element ...]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/rpush/
   * @since Redis 1.0.0
   */
  rpush(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `rpush`, with Buffers in place of texts. */
  rpushBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `RPUSHX key element [element ...]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/rpushx/
   * @since Redis 2.2.0
   */
  rpushx(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `rpushx`, with Buffers in place of texts. */
  rpushxBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `SADD key member [member ...]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/sadd/
   * @since Redis 1.0.0
   */
  sadd(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `sadd`, with Buffers in place of texts. */
  saddBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `SAVE`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/save/
   * @since Redis 1.0.0
   */
  save(...args: Given<Exactly<0>, 'OK'>): Result<'OK', Context>;
  /** As `save`, with Buffers in place of texts. */
  saveBuffer(...args: Given<Exactly<0>, 'OK'>): Result<'OK', Context>;
  /**
   * `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/scan/
   * @since Redis 2.8.0
   */
  scan(...args: Given<AtLeast<1>, [cursor: string, elements: string[]]>): Result<[cursor: string, elements: string[]], Context>;
  /** As `scan`, with Buffers in place of texts. */
  scanBuffer(...args: Given<AtLeast<1>, [cursor: Buffer, elements: Buffer[]]>): Result<[cursor: Buffer, elements: Buffer[]], Context>;
  /**
   * `SCARD key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/scard/
   * @since Redis 1.0.0
   */
  scard(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /** As `scard`, with Buffers in place of texts. */
  scardBuffer(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /**
   * - `SCRIPT DEBUG <YES | SYNC | NO>`
   * - `SCRIPT EXISTS sha1 [sha1 ...]`
   * - `SCRIPT FLUSH [ASYNC | SYNC]`
   * - `SCRIPT HELP`
   * - `SCRIPT KILL`
   * - `SCRIPT LOAD script`
   * - `SCRIPT SHOW sha1`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/script/
   * @since Redis 2.6.0
   */
  script(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `script`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  scriptBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `SDIFF key [key ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/sdiff/
   * @since Redis 1.0.0
   */
  sdiff(...args: Given<AtLeast<1>, string[]>): Result<string[], Context>;
  /** As `sdiff`, with Buffers in place of texts. */
  sdiffBuffer(...args: Given<AtLeast<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `SDIFFCARD`
   *
   * https://redis.io/docs/latest/commands/sdiffcard/
   */
  sdiffcard(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `sdiffcard`, with Buffers in place of texts. */
  sdiffcardBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `SDIFFSTORE destination key [key ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/sdiffstore/
   * @since Redis 1.0.0
   */
  sdiffstore(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `sdiffstore`, with Buffers in place of texts. */
  sdiffstoreBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `SELECT index`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/select/
   * @since Redis 1.0.0
   */
  select(...args: Given<Exactly<1>, 'OK'>): Result<'OK', Context>;
  /** As `select`, with Buffers in place of texts. */
  selectBuffer(...args: Given<Exactly<1>, 'OK'>): Result<'OK', Context>;
  /**
   * `SETBIT key offset value`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/setbit/
   * @since Redis 2.2.0
   */
  setbit(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /** As `setbit`, with Buffers in place of texts. */
  setbitBuffer(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /**
   * `SETEX key seconds value`
   *
   * Complexity: O(1).
   * Deprecated since Redis 2.6.12.
   * https://redis.io/docs/latest/commands/setex/
   * @since Redis 2.0.0
   */
  setex(...args: Given<Exactly<3>, 'OK'>): Result<'OK', Context>;
  /** As `setex`, with Buffers in place of texts. */
  setexBuffer(...args: Given<Exactly<3>, Buffer>): Result<Buffer, Context>;
  /**
   * `SETNX key value`
   *
   * Complexity: O(1).
   * Deprecated since Redis 2.6.12.
   * https://redis.io/docs/latest/commands/setnx/
   * @since Redis 1.0.0
   */
  setnx(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /** As `setnx`, with Buffers in place of texts. */
  setnxBuffer(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /**
   * `SETRANGE key offset value`
   *
   * Complexity: O(1), O(M).
   * https://redis.io/docs/latest/commands/setrange/
   * @since Redis 2.2.0
   */
  setrange(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /** As `setrange`, with Buffers in place of texts. */
  setrangeBuffer(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /**
   * `SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]`
   *
   * Complexity: O(N), O(1).
   * https://redis.io/docs/latest/commands/shutdown/
   * @since Redis 1.0.0
   */
  shutdown(...args: Given<AtLeast<0>, 'OK'>): Result<'OK', Context>;
  /** As `shutdown`, with Buffers in place of texts. */
  shutdownBuffer(...args: Given<AtLeast<0>, 'OK'>): Result<'OK', Context>;
  /**
   * `SINTER key [key ...]`
   *
   * Complexity: O(N*M).
   * https://redis.io/docs/latest/commands/sinter/
   * @since Redis 1.0.0
   */
  sinter(...args: Given<AtLeast<1>, string[]>): Result<string[], Context>;
  /** As `sinter`, with Buffers in place of texts. */
  sinterBuffer(...args: Given<AtLeast<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `SINTERCARD numkeys key [key ...] [LIMIT limit]`
   *
   * Complexity: O(N*M).
   * https://redis.io/docs/latest/commands/sintercard/
   * @since Redis 7.0.0
   */
  sintercard(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `sintercard`, with Buffers in place of texts. */
  sintercardBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `SINTERSTORE destination key [key ...]`
   *
   * Complexity: O(N*M).
   * https://redis.io/docs/latest/commands/sinterstore/
   * @since Redis 1.0.0
   */
  sinterstore(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `sinterstore`, with Buffers in place of texts. */
  sinterstoreBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `SISMEMBER key member`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/sismember/
   * @since Redis 1.0.0
   */
  sismember(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /** As `sismember`, with Buffers in place of texts. */
  sismemberBuffer(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /**
   * `SLAVEOF <host port | NO ONE>`
   *
   * Complexity: O(1).
   * Deprecated since Redis 5.0.0.
   * https://redis.io/docs/latest/commands/slaveof/
   * @since Redis 1.0.0
   */
  slaveof(...args: Given<Exactly<2>, 'OK'>): Result<'OK', Context>;
  /** As `slaveof`, with Buffers in place of texts. */
  slaveofBuffer(...args: Given<Exactly<2>, 'OK'>): Result<'OK', Context>;
  /**
   * - `SLOWLOG GET [count]`
   * - `SLOWLOG HELP`
   * - `SLOWLOG LEN`
   * - `SLOWLOG RESET`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/slowlog/
   * @since Redis 2.2.12
   */
  slowlog(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `slowlog`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  slowlogBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `SMEMBERS key`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/smembers/
   * @since Redis 1.0.0
   */
  smembers(...args: Given<Exactly<1>, string[]>): Result<string[], Context>;
  /** As `smembers`, with Buffers in place of texts. */
  smembersBuffer(...args: Given<Exactly<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `SMISMEMBER key member [member ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/smismember/
   * @since Redis 6.2.0
   */
  smismember(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /** As `smismember`, with Buffers in place of texts. */
  smismemberBuffer(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /**
   * `SMOVE source destination member`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/smove/
   * @since Redis 1.0.0
   */
  smove(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /** As `smove`, with Buffers in place of texts. */
  smoveBuffer(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /**
   * `SORT key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA] [STORE destination]`
   *
   * Complexity: O(N+M*log(M)), O(N).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/sort/
   * @since Redis 1.0.0
   */
  sort(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `sort`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  sortBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]`
   *
   * Complexity: O(N+M*log(M)), O(N).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/sort_ro/
   * @since Redis 7.0.0
   */
  sort_ro(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `sort_ro`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  sort_roBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `SPUBLISH shardchannel message`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/spublish/
   * @since Redis 7.0.0
   */
  spublish(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /** As `spublish`, with Buffers in place of texts. */
  spublishBuffer(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /**
   * `SREM key member [member ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/srem/
   * @since Redis 1.0.0
   */
  srem(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `srem`, with Buffers in place of texts. */
  sremBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `SSCAN key cursor [MATCH pattern] [COUNT count]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/sscan/
   * @since Redis 2.8.0
   */
  sscan(...args: Given<AtLeast<1>, [cursor: string, elements: string[]]>): Result<[cursor: string, elements: string[]], Context>;
  /** As `sscan`, with Buffers in place of texts. */
  sscanBuffer(...args: Given<AtLeast<1>, [cursor: Buffer, elements: Buffer[]]>): Result<[cursor: Buffer, elements: Buffer[]], Context>;
  /**
   * `SSUBSCRIBE shardchannel [shardchannel ...]`
   *
   * Complexity: O(N).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/ssubscribe/
   * @since Redis 7.0.0
   */
  ssubscribe(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `ssubscribe`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  ssubscribeBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `STRLEN key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/strlen/
   * @since Redis 2.2.0
   */
  strlen(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /** As `strlen`, with Buffers in place of texts. */
  strlenBuffer(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /**
   * `SUBSCRIBE channel [channel ...]`
   *
   * Complexity: O(N).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/subscribe/
   * @since Redis 2.0.0
   */
  subscribe(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `subscribe`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  subscribeBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `SUBSTR key start end`
   *
   * Complexity: O(N), O(1).
   * Deprecated since Redis 2.0.0.
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/substr/
   * @since Redis 1.0.0
   */
  substr(...args: Given<Exactly<3>, any>): Result<any, Context>;
  /** As `substr`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  substrBuffer(...args: Given<Exactly<3>, any>): Result<any, Context>;
  /**
   * `SUNION key [key ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/sunion/
   * @since Redis 1.0.0
   */
  sunion(...args: Given<AtLeast<1>, string[]>): Result<string[], Context>;
  /** As `sunion`, with Buffers in place of texts. */
  sunionBuffer(...args: Given<AtLeast<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `SUNIONCARD`
   *
   * https://redis.io/docs/latest/commands/sunioncard/
   */
  sunioncard(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `sunioncard`, with Buffers in place of texts. */
  sunioncardBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `SUNIONSTORE destination key [key ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/sunionstore/
   * @since Redis 1.0.0
   */
  sunionstore(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `sunionstore`, with Buffers in place of texts. */
  sunionstoreBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `SUNSUBSCRIBE [shardchannel [shardchannel ...]]`
   *
   * Complexity: O(N).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/sunsubscribe/
   * @since Redis 7.0.0
   */
  sunsubscribe(...args: Given<AtLeast<0>, any>): Result<any, Context>;
  /** As `sunsubscribe`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  sunsubscribeBuffer(...args: Given<AtLeast<0>, any>): Result<any, Context>;
  /**
   * `SWAPDB index1 index2`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/swapdb/
   * @since Redis 4.0.0
   */
  swapdb(...args: Given<Exactly<2>, 'OK'>): Result<'OK', Context>;
  /** As `swapdb`, with Buffers in place of texts. */
  swapdbBuffer(...args: Given<Exactly<2>, 'OK'>): Result<'OK', Context>;
  /**
   * `SYNC`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/sync/
   * @since Redis 1.0.0
   */
  sync(...args: Given<Exactly<0>, any>): Result<any, Context>;
  /** As `sync`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  syncBuffer(...args: Given<Exactly<0>, any>): Result<any, Context>;
  /**
   * `TIME`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/time/
   * @since Redis 2.6.0
   */
  time(...args: Given<Exactly<0>, number[]>): Result<number[], Context>;
  /** As `time`, with Buffers in place of texts. */
  timeBuffer(...args: Given<Exactly<0>, number[]>): Result<number[], Context>;
  /**
   * `TOUCH key [key ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/touch/
   * @since Redis 3.2.1
   */
  touch(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `touch`, with Buffers in place of texts. */
  touchBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `TRIMSLOTS`
   *
   * https://redis.io/docs/latest/commands/trimslots/
   */
  trimslots(...args: Given<AtLeast<1>, 'OK'>): Result<'OK', Context>;
  /** As `trimslots`, with Buffers in place of texts. */
  trimslotsBuffer(...args: Given<AtLeast<1>, Buffer>): Result<Buffer, Context>;
  /**
   * `TTL key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/ttl/
   * @since Redis 1.0.0
   */
  ttl(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /** As `ttl`, with Buffers in place of texts. */
  ttlBuffer(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /**
   * `TYPE key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/type/
   * @since Redis 1.0.0
   */
  type(...args: Given<Exactly<1>, string>): Result<string, Context>;
  /** As `type`, with Buffers in place of texts. */
  typeBuffer(...args: Given<Exactly<1>, Buffer>): Result<Buffer, Context>;
  /**
   * `UNLINK key [key ...]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/unlink/
   * @since Redis 4.0.0
   */
  unlink(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `unlink`, with Buffers in place of texts. */
  unlinkBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `UNSUBSCRIBE [channel [channel ...]]`
   *
   * Complexity: O(N).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/unsubscribe/
   * @since Redis 2.0.0
   */
  unsubscribe(...args: Given<AtLeast<0>, any>): Result<any, Context>;
  /** As `unsubscribe`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  unsubscribeBuffer(...args: Given<AtLeast<0>, any>): Result<any, Context>;
  /**
   * `UNWATCH`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/unwatch/
   * @since Redis 2.2.0
   */
  unwatch(...args: Given<Exactly<0>, 'OK'>): Result<'OK', Context>;
  /** As `unwatch`, with Buffers in place of texts. */
  unwatchBuffer(...args: Given<Exactly<0>, 'OK'>): Result<'OK', Context>;
  /**
   * `VADD`
   *
   * https://redis.io/docs/latest/commands/vadd/
   */
  vadd(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `vadd`, with Buffers in place of texts. */
  vaddBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `VCARD`
   *
   * https://redis.io/docs/latest/commands/vcard/
   */
  vcard(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /** As `vcard`, with Buffers in place of texts. */
  vcardBuffer(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /**
   * `VDIM`
   *
   * https://redis.io/docs/latest/commands/vdim/
   */
  vdim(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /** As `vdim`, with Buffers in place of texts. */
  vdimBuffer(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /**
   * `VEMB`
   *
   * https://redis.io/docs/latest/commands/vemb/
   */
  vemb(...args: Given<AtLeast<1>, string[] | null>): Result<string[] | null, Context>;
  /** As `vemb`, with Buffers in place of texts. */
  vembBuffer(...args: Given<AtLeast<1>, Buffer[] | null>): Result<Buffer[] | null, Context>;
  /**
   * `VGETATTR`
   *
   * https://redis.io/docs/latest/commands/vgetattr/
   */
  vgetattr(...args: Given<Exactly<2>, string | null>): Result<string | null, Context>;
  /** As `vgetattr`, with Buffers in place of texts. */
  vgetattrBuffer(...args: Given<Exactly<2>, Buffer | null>): Result<Buffer | null, Context>;
  /**
   * `VINFO`
   *
   * https://redis.io/docs/latest/commands/vinfo/
   */
  vinfo(...args: Given<Exactly<1>, (string | number)[] | null>): Result<(string | number)[] | null, Context>;
  /** As `vinfo`, with Buffers in place of texts. */
  vinfoBuffer(...args: Given<Exactly<1>, (Buffer | number)[] | null>): Result<(Buffer | number)[] | null, Context>;
  /**
   * `VISMEMBER`
   *
   * https://redis.io/docs/latest/commands/vismember/
   */
  vismember(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /** As `vismember`, with Buffers in place of texts. */
  vismemberBuffer(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /**
   * `VLINKS`
   *
   * https://redis.io/docs/latest/commands/vlinks/
   */
  vlinks(...args: Given<AtLeast<1>, string[][] | null>): Result<string[][] | null, Context>;
  /** As `vlinks`, with Buffers in place of texts. */
  vlinksBuffer(...args: Given<AtLeast<1>, Buffer[][] | null>): Result<Buffer[][] | null, Context>;
  /**
   * `VRANGE`
   *
   * https://redis.io/docs/latest/commands/vrange/
   */
  vrange(...args: Given<AtLeast<1>, string[]>): Result<string[], Context>;
  /** As `vrange`, with Buffers in place of texts. */
  vrangeBuffer(...args: Given<AtLeast<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `VREM`
   *
   * https://redis.io/docs/latest/commands/vrem/
   */
  vrem(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /** As `vrem`, with Buffers in place of texts. */
  vremBuffer(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /**
   * `VSETATTR`
   *
   * https://redis.io/docs/latest/commands/vsetattr/
   */
  vsetattr(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /** As `vsetattr`, with Buffers in place of texts. */
  vsetattrBuffer(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /**
   * `VSIM`
   *
   * https://redis.io/docs/latest/commands/vsim/
   */
  vsim(...args: Given<AtLeast<1>, (string | null)[]>): Result<(string | null)[], Context>;
  /** As `vsim`, with Buffers in place of texts. */
  vsimBuffer(...args: Given<AtLeast<1>, (Buffer | null)[]>): Result<(Buffer | null)[], Context>;
  /**
   * `WAIT numreplicas timeout`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/wait/
   * @since Redis 3.0.0
   */
  wait(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /** As `wait`, with Buffers in place of texts. */
  waitBuffer(...args: Given<Exactly<2>, number>): Result<number, Context>;
  /**
   * `WAITAOF numlocal numreplicas timeout`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/waitaof/
   * @since Redis 7.2.0
   */
  waitaof(...args: Given<Exactly<3>, [local: number, replicas: number]>): Result<[local: number, replicas: number], Context>;
  /** As `waitaof`, with Buffers in place of texts. */
  waitaofBuffer(...args: Given<Exactly<3>, [local: number, replicas: number]>): Result<[local: number, replicas: number], Context>;
  /**
   * `WATCH key [key ...]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/watch/
   * @since Redis 2.2.0
   */
  watch(...args: Given<AtLeast<1>, 'OK'>): Result<'OK', Context>;
  /** As `watch`, with Buffers in place of texts. */
  watchBuffer(...args: Given<AtLeast<1>, 'OK'>): Result<'OK', Context>;
  /**
   * `XACK key group id [id ...]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/xack/
   * @since Redis 5.0.0
   */
  xack(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `xack`, with Buffers in place of texts. */
  xackBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `XACKDEL key group [KEEPREF | DELREF | ACKED] IDS numids id [id ...]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/xackdel/
   * @since Redis 8.2.0
   */
  xackdel(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /** As `xackdel`, with Buffers in place of texts. */
  xackdelBuffer(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /**
   * `XADD key [NOMKSTREAM] [KEEPREF | DELREF | ACKED] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> field value [field value ...]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/xadd/
   * @since Redis 5.0.0
   */
  xadd(...args: Given<AtLeast<1>, string | null>): Result<string | null, Context>;
  /** As `xadd`, with Buffers in place of texts. */
  xaddBuffer(...args: Given<AtLeast<1>, Buffer | null>): Result<Buffer | null, Context>;
  /**
   * `XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]`
   *
   * Complexity: O(1).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/xautoclaim/
   * @since Redis 6.2.0
   */
  xautoclaim(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `xautoclaim`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  xautoclaimBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `XCFGSET`
   *
   * https://redis.io/docs/latest/commands/xcfgset/
   */
  xcfgset(...args: Given<AtLeast<1>, 'OK'>): Result<'OK', Context>;
  /** As `xcfgset`, with Buffers in place of texts. */
  xcfgsetBuffer(...args: Given<AtLeast<1>, Buffer>): Result<Buffer, Context>;
  /**
   * `XCLAIM key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID lastid]`
   *
   * Complexity: O(log N).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/xclaim/
   * @since Redis 5.0.0
   */
  xclaim(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `xclaim`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  xclaimBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `XDEL key id [id ...]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/xdel/
   * @since Redis 5.0.0
   */
  xdel(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `xdel`, with Buffers in place of texts. */
  xdelBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `XDELEX key [KEEPREF | DELREF | ACKED] IDS numids id [id ...]`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/xdelex/
   * @since Redis 8.2.0
   */
  xdelex(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /** As `xdelex`, with Buffers in place of texts. */
  xdelexBuffer(...args: Given<AtLeast<1>, number[]>): Result<number[], Context>;
  /**
   * - `XGROUP CREATE key group <id | $> [MKSTREAM] [ENTRIESREAD entries-read]`
   * - `XGROUP CREATECONSUMER key group consumer`
   * - `XGROUP DELCONSUMER key group consumer`
   * - `XGROUP DESTROY key group`
   * - `XGROUP HELP`
   * - `XGROUP SETID key group <id | $> [ENTRIESREAD entries-read]`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/xgroup/
   * @since Redis 5.0.0
   */
  xgroup(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `xgroup`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  xgroupBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `XIDMPRECORD`
   *
   * https://redis.io/docs/latest/commands/xidmprecord/
   */
  xidmprecord(...args: Given<Exactly<4>, 'OK'>): Result<'OK', Context>;
  /** As `xidmprecord`, with Buffers in place of texts. */
  xidmprecordBuffer(...args: Given<Exactly<4>, Buffer>): Result<Buffer, Context>;
  /**
   * - `XINFO CONSUMERS key group`
   * - `XINFO GROUPS key`
   * - `XINFO HELP`
   * - `XINFO STREAM key [FULL [COUNT count]]`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/xinfo/
   * @since Redis 5.0.0
   */
  xinfo(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `xinfo`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  xinfoBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `XLEN key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/xlen/
   * @since Redis 5.0.0
   */
  xlen(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /** As `xlen`, with Buffers in place of texts. */
  xlenBuffer(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /**
   * `XNACK`
   *
   * https://redis.io/docs/latest/commands/xnack/
   */
  xnack(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `xnack`, with Buffers in place of texts. */
  xnackBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `XPENDING key group [[IDLE min-idle-time] start end count [consumer]]`
   *
   * Complexity: O(N), O(1), O(M).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/xpending/
   * @since Redis 5.0.0
   */
  xpending(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `xpending`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  xpendingBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `XRANGE key start end [COUNT count]`
   *
   * Complexity: O(N), O(1).
   * https://redis.io/docs/latest/commands/xrange/
   * @since Redis 5.0.0
   */
  xrange(...args: Given<AtLeast<1>, [id: string, fields: string[]][]>): Result<[id: string, fields: string[]][], Context>;
  /** As `xrange`, with Buffers in place of texts. */
  xrangeBuffer(...args: Given<AtLeast<1>, [id: Buffer, fields: Buffer[]][]>): Result<[id: Buffer, fields: Buffer[]][], Context>;
  /**
   * `XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]`
   *
   * https://redis.io/docs/latest/commands/xread/
   * @since Redis 5.0.0
   */
  xread(...args: Given<AtLeast<1>, [key: string, items: [id: string, fields: string[]][]][] | null>): Result<[key: string, items: [id: string, fields: string[]][]][] | null, Context>;
  /** As `xread`, with Buffers in place of texts. */
  xreadBuffer(...args: Given<AtLeast<1>, [key: Buffer, items: [id: Buffer, fields: Buffer[]][]][] | null>): Result<[key: Buffer, items: [id: Buffer, fields: Buffer[]][]][] | null, Context>;
  /**
   * `XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...] id [id ...]`
   *
   * Complexity: O(M), O(1), O(N).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/xreadgroup/
   * @since Redis 5.0.0
   */
  xreadgroup(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `xreadgroup`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  xreadgroupBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `XREVRANGE key end start [COUNT count]`
   *
   * Complexity: O(N), O(1).
   * https://redis.io/docs/latest/commands/xrevrange/
   * @since Redis 5.0.0
   */
  xrevrange(...args: Given<AtLeast<1>, [id: string, fields: string[]][]>): Result<[id: string, fields: string[]][], Context>;
  /** As `xrevrange`, with Buffers in place of texts. */
  xrevrangeBuffer(...args: Given<AtLeast<1>, [id: Buffer, fields: Buffer[]][]>): Result<[id: Buffer, fields: Buffer[]][], Context>;
  /**
   * `XSETID key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]`
   *
   * Complexity: O(1).
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/xsetid/
   * @since Redis 5.0.0
   */
  xsetid(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /** As `xsetid`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  xsetidBuffer(...args: Given<AtLeast<1>, any>): Result<any, Context>;
  /**
   * `XTRIM key <MAXLEN | MINID> [= | ~] threshold [LIMIT count] [KEEPREF | DELREF | ACKED]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/xtrim/
   * @since Redis 5.0.0
   */
  xtrim(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `xtrim`, with Buffers in place of texts. */
  xtrimBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]`
   *
   * Complexity: O(log(N)).
   * https://redis.io/docs/latest/commands/zadd/
   * @since Redis 1.2.0
   */
  zadd(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `zadd`, with Buffers in place of texts. */
  zaddBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `ZCARD key`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/zcard/
   * @since Redis 1.2.0
   */
  zcard(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /** As `zcard`, with Buffers in place of texts. */
  zcardBuffer(...args: Given<Exactly<1>, number>): Result<number, Context>;
  /**
   * `ZCOUNT key min max`
   *
   * Complexity: O(log(N)).
   * https://redis.io/docs/latest/commands/zcount/
   * @since Redis 2.0.0
   */
  zcount(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /** As `zcount`, with Buffers in place of texts. */
  zcountBuffer(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /**
   * `ZDIFF numkeys key [key ...] [WITHSCORES]`
   *
   * Complexity: O(L + (N-K)log(N)).
   * https://redis.io/docs/latest/commands/zdiff/
   * @since Redis 6.2.0
   */
  zdiff(...args: Given<AtLeast<1>, string[]>): Result<string[], Context>;
  /** As `zdiff`, with Buffers in place of texts. */
  zdiffBuffer(...args: Given<AtLeast<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `ZDIFFSTORE destination numkeys key [key ...]`
   *
   * Complexity: O(L + (N-K)log(N)).
   * https://redis.io/docs/latest/commands/zdiffstore/
   * @since Redis 6.2.0
   */
  zdiffstore(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `zdiffstore`, with Buffers in place of texts. */
  zdiffstoreBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `ZINCRBY key increment member`
   *
   * Complexity: O(log(N)).
   * https://redis.io/docs/latest/commands/zincrby/
   * @since Redis 1.2.0
   */
  zincrby(...args: Given<Exactly<3>, string>): Result<string, Context>;
  /** As `zincrby`, with Buffers in place of texts. */
  zincrbyBuffer(...args: Given<Exactly<3>, Buffer>): Result<Buffer, Context>;
  /**
   * `ZINTER numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]`
   *
   * Complexity: O(N*K), O(M*log(M)).
   * https://redis.io/docs/latest/commands/zinter/
   * @since Redis 6.2.0
   */
  zinter(...args: Given<AtLeast<1>, string[]>): Result<string[], Context>;
  /** As `zinter`, with Buffers in place of texts. */
  zinterBuffer(...args: Given<AtLeast<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `ZINTERCARD numkeys key [key ...] [LIMIT limit]`
   *
   * Complexity: O(N*K).
   * https://redis.io/docs/latest/commands/zintercard/
   * @since Redis 7.0.0
   */
  zintercard(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `zintercard`, with Buffers in place of texts. */
  zintercardBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]`
   *
   * Complexity: O(N*K), O(M*log(M)).
   * https://redis.io/docs/latest/commands/zinterstore/
   * @since Redis 2.0.0
   */
  zinterstore(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `zinterstore`, with Buffers in place of texts. */
  zinterstoreBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `ZLEXCOUNT key min max`
   *
   * Complexity: O(log(N)).
   * https://redis.io/docs/latest/commands/zlexcount/
   * @since Redis 2.8.9
   */
  zlexcount(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /** As `zlexcount`, with Buffers in place of texts. */
  zlexcountBuffer(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /**
   * `ZMPOP numkeys key [key ...] <MIN | MAX> [COUNT count]`
   *
   * Complexity: O(K), O(M*log(N)).
   * https://redis.io/docs/latest/commands/zmpop/
   * @since Redis 7.0.0
   */
  zmpop(...args: Given<AtLeast<1>, [key: string, members: string[]] | null>): Result<[key: string, members: string[]] | null, Context>;
  /** As `zmpop`, with Buffers in place of texts. */
  zmpopBuffer(...args: Given<AtLeast<1>, [key: Buffer, members: Buffer[]] | null>): Result<[key: Buffer, members: Buffer[]] | null, Context>;
  /**
   * `ZMSCORE key member [member ...]`
   *
   * Complexity: O(N).
   * https://redis.io/docs/latest/commands/zmscore/
   * @since Redis 6.2.0
   */
  zmscore(...args: Given<AtLeast<1>, (string | null)[]>): Result<(string | null)[], Context>;
  /** As `zmscore`, with Buffers in place of texts. */
  zmscoreBuffer(...args: Given<AtLeast<1>, (Buffer | null)[]>): Result<(Buffer | null)[], Context>;
  /**
   * `ZPOPMAX key [count]`
   *
   * Complexity: O(log(N)*M).
   * https://redis.io/docs/latest/commands/zpopmax/
   * @since Redis 5.0.0
   */
  zpopmax(...args: Given<AtLeast<1>, string[]>): Result<string[], Context>;
  /** As `zpopmax`, with Buffers in place of texts. */
  zpopmaxBuffer(...args: Given<AtLeast<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `ZPOPMIN key [count]`
   *
   * Complexity: O(log(N)*M).
   * https://redis.io/docs/latest/commands/zpopmin/
   * @since Redis 5.0.0
   */
  zpopmin(...args: Given<AtLeast<1>, string[]>): Result<string[], Context>;
  /** As `zpopmin`, with Buffers in place of texts. */
  zpopminBuffer(...args: Given<AtLeast<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]`
   *
   * Complexity: O(log(N)+M).
   * https://redis.io/docs/latest/commands/zrange/
   * @since Redis 1.2.0
   */
  zrange(...args: Given<AtLeast<1>, string[]>): Result<string[], Context>;
  /** As `zrange`, with Buffers in place of texts. */
  zrangeBuffer(...args: Given<AtLeast<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `ZRANGEBYLEX key min max [LIMIT offset count]`
   *
   * Complexity: O(log(N)+M), O(log(N)).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/zrangebylex/
   * @since Redis 2.8.9
   */
  zrangebylex(...args: Given<AtLeast<1>, string[]>): Result<string[], Context>;
  /** As `zrangebylex`, with Buffers in place of texts. */
  zrangebylexBuffer(...args: Given<AtLeast<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]`
   *
   * Complexity: O(log(N)+M), O(log(N)).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/zrangebyscore/
   * @since Redis 1.0.5
   */
  zrangebyscore(...args: Given<AtLeast<1>, string[]>): Result<string[], Context>;
  /** As `zrangebyscore`, with Buffers in place of texts. */
  zrangebyscoreBuffer(...args: Given<AtLeast<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]`
   *
   * Complexity: O(log(N)+M).
   * https://redis.io/docs/latest/commands/zrangestore/
   * @since Redis 6.2.0
   */
  zrangestore(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `zrangestore`, with Buffers in place of texts. */
  zrangestoreBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `ZRANK key member [WITHSCORE]`
   *
   * Complexity: O(log(N)).
   * https://redis.io/docs/latest/commands/zrank/
   * @since Redis 2.0.0
   */
  zrank(...args: Given<AtLeast<1>, number | null>): Result<number | null, Context>;
  /** As `zrank`, with Buffers in place of texts. */
  zrankBuffer(...args: Given<AtLeast<1>, number | null>): Result<number | null, Context>;
  /**
   * `ZREM key member [member ...]`
   *
   * Complexity: O(M*log(N)).
   * https://redis.io/docs/latest/commands/zrem/
   * @since Redis 1.2.0
   */
  zrem(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `zrem`, with Buffers in place of texts. */
  zremBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `ZREMRANGEBYLEX key min max`
   *
   * Complexity: O(log(N)+M).
   * https://redis.io/docs/latest/commands/zremrangebylex/
   * @since Redis 2.8.9
   */
  zremrangebylex(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /** As `zremrangebylex`, with Buffers in place of texts. */
  zremrangebylexBuffer(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /**
   * `ZREMRANGEBYRANK key start stop`
   *
   * Complexity: O(log(N)+M).
   * https://redis.io/docs/latest/commands/zremrangebyrank/
   * @since Redis 2.0.0
   */
  zremrangebyrank(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /** As `zremrangebyrank`, with Buffers in place of texts. */
  zremrangebyrankBuffer(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /**
   * `ZREMRANGEBYSCORE key min max`
   *
   * Complexity: O(log(N)+M).
   * https://redis.io/docs/latest/commands/zremrangebyscore/
   * @since Redis 1.2.0
   */
  zremrangebyscore(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /** As `zremrangebyscore`, with Buffers in place of texts. */
  zremrangebyscoreBuffer(...args: Given<Exactly<3>, number>): Result<number, Context>;
  /**
   * `ZREVRANGE key start stop [WITHSCORES]`
   *
   * Complexity: O(log(N)+M).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/zrevrange/
   * @since Redis 1.2.0
   */
  zrevrange(...args: Given<AtLeast<1>, string[]>): Result<string[], Context>;
  /** As `zrevrange`, with Buffers in place of texts. */
  zrevrangeBuffer(...args: Given<AtLeast<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `ZREVRANGEBYLEX key max min [LIMIT offset count]`
   *
   * Complexity: O(log(N)+M), O(log(N)).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/zrevrangebylex/
   * @since Redis 2.8.9
   */
  zrevrangebylex(...args: Given<AtLeast<1>, string[]>): Result<string[], Context>;
  /** As `zrevrangebylex`, with Buffers in place of texts. */
  zrevrangebylexBuffer(...args: Given<AtLeast<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]`
   *
   * Complexity: O(log(N)+M), O(log(N)).
   * Deprecated since Redis 6.2.0.
   * https://redis.io/docs/latest/commands/zrevrangebyscore/
   * @since Redis 2.2.0
   */
  zrevrangebyscore(...args: Given<AtLeast<1>, string[]>): Result<string[], Context>;
  /** As `zrevrangebyscore`, with Buffers in place of texts. */
  zrevrangebyscoreBuffer(...args: Given<AtLeast<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `ZREVRANK key member [WITHSCORE]`
   *
   * Complexity: O(log(N)).
   * https://redis.io/docs/latest/commands/zrevrank/
   * @since Redis 2.0.0
   */
  zrevrank(...args: Given<AtLeast<1>, number | null>): Result<number | null, Context>;
  /** As `zrevrank`, with Buffers in place of texts. */
  zrevrankBuffer(...args: Given<AtLeast<1>, number | null>): Result<number | null, Context>;
  /**
   * `ZSCAN key cursor [MATCH pattern] [COUNT count]`
   *
   * Complexity: O(1), O(N).
   * https://redis.io/docs/latest/commands/zscan/
   * @since Redis 2.8.0
   */
  zscan(...args: Given<AtLeast<1>, [cursor: string, elements: string[]]>): Result<[cursor: string, elements: string[]], Context>;
  /** As `zscan`, with Buffers in place of texts. */
  zscanBuffer(...args: Given<AtLeast<1>, [cursor: Buffer, elements: Buffer[]]>): Result<[cursor: Buffer, elements: Buffer[]], Context>;
  /**
   * `ZSCORE key member`
   *
   * Complexity: O(1).
   * https://redis.io/docs/latest/commands/zscore/
   * @since Redis 1.2.0
   */
  zscore(...args: Given<Exactly<2>, string | null>): Result<string | null, Context>;
  /** As `zscore`, with Buffers in place of texts. */
  zscoreBuffer(...args: Given<Exactly<2>, Buffer | null>): Result<Buffer | null, Context>;
  /**
   * `ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>] [WITHSCORES]`
   *
   * Complexity: O(N), O(M*log(M)).
   * https://redis.io/docs/latest/commands/zunion/
   * @since Redis 6.2.0
   */
  zunion(...args: Given<AtLeast<1>, string[]>): Result<string[], Context>;
  /** As `zunion`, with Buffers in place of texts. */
  zunionBuffer(...args: Given<AtLeast<1>, Buffer[]>): Result<Buffer[], Context>;
  /**
   * `ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]`
   *
   * Complexity: O(N), O(M log(M)).
   * https://redis.io/docs/latest/commands/zunionstore/
   * @since Redis 2.0.0
   */
  zunionstore(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /** As `zunionstore`, with Buffers in place of texts. */
  zunionstoreBuffer(...args: Given<AtLeast<1>, number>): Result<number, Context>;
  /**
   * `SENTINEL`
   *
   * The reply is `any`: applications name its type themselves.
   * https://redis.io/docs/latest/commands/sentinel/
   */
  sentinel(...args: Given<AtLeast<0>, any>): Result<any, Context>;
  /** As `sentinel`, with Buffers in place of texts. The reply is `any`: applications name its type themselves. */
  sentinelBuffer(...args: Given<AtLeast<0>, any>): Result<any, Context>;
}
