// The replies of commands, for the types that scripts/client-types.mjs and scripts/ioredis-types.mjs write.

/** Replies by kind: as texts, as Buffers, and of which commands. All others are `unknown`. */
export const REPLIES = [
  ["'OK'", 'RedisBuffer', 'flushall flushdb hmset lset ltrim mset psetex rename setex'],
  [
    'number',
    'number',
    `append bitcount bitop bitpos copy dbsize decr decrby del delex exists expire expireat expiretime geoadd geosearchstore
     getbit hdel hexists hincrby hlen hset hsetnx hstrlen incr incrby lastsave linsert llen lpush lpushx lrem move
     msetnx persist pexpire pexpireat pexpiretime pfadd pfcount pttl publish renamenx rpush rpushx sadd scard
     sdiffcard sdiffstore setbit setnx setrange sintercard sinterstore sismember smove spublish srem strlen sunioncard sunionstore touch
     ttl unlink wait xack xdel xlen xtrim zcard zcount zdiffstore zintercard zinterstore zlexcount zrangestore zrem
     zremrangebylex zremrangebyrank zremrangebyscore zunionstore`,
  ],
  ['number | null', 'number | null', 'zrank zrevrank'],
  ['number[]', 'number[]', 'smismember waitaof'],
  ['string', 'RedisBuffer', 'echo getrange hincrbyfloat incrbyfloat info ping type zincrby'],
  [
    'string | null',
    'RedisBuffer | null',
    `blmove brpoplpush dump geodist get getdel getex getset hget lindex lmove randomkey rpoplpush set xadd zscore`,
  ],
  [
    'string[]',
    'RedisBuffer[]',
    `hkeys hvals keys lrange sdiff sinter smembers sunion time zdiff zinter zrange
     zrangebylex zrangebyscore zrevrange zrevrangebylex zrevrangebyscore zpopmax zpopmin zunion`,
  ],
  ['(string | null)[]', '(RedisBuffer | null)[]', 'geohash hmget mget zmscore'],
  ['string | string[] | null', 'RedisBuffer | RedisBuffer[] | null', 'lpop rpop spop srandmember'],
  ['Record<string, string>', 'Record<string, RedisBuffer>', 'hgetall'],
  [
    '[cursor: string, found: string[]]',
    '[cursor: RedisBuffer, found: RedisBuffer[]]',
    'hscan scan sscan zscan',
  ],
  ['[key: string, element: string] | null', '[key: RedisBuffer, element: RedisBuffer] | null', 'blpop brpop'],
  [
    '[key: string, member: string, score: string] | null',
    '[key: RedisBuffer, member: RedisBuffer, score: RedisBuffer] | null',
    'bzpopmax bzpopmin',
  ],
  ['RedisStreamEntry<string>[]', 'RedisStreamEntry<RedisBuffer>[]', 'xrange xrevrange'],
  ['RedisStreamEntries<string>', 'RedisStreamEntries<RedisBuffer>', 'xread xreadgroup'],
];

/** The replies of each command that is named above. */
export function repliesByName(rows) {
  const named = ([texts, buffers, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, { texts, buffers }]);
  return new Map(rows.flatMap(named));
}
