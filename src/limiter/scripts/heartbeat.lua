-- Says that a process is there, and counts those that have said so lately.
--
-- KEYS: 1 the zset of all processes below one prefix.
-- ARGV: 1 the process, 2 after how many ms without a word a process counts as gone.
-- Reply: how many there are.
-- Caller: src/limiter/instances.rs, for the share of a limit that counts while Redis is away.
--
-- Times are those of the server's clock. One that was set back leaves times of the future, which are as good as now.

local time = redis.call('TIME')
local now, gone = time[1] * 1000 + math.floor(time[2] / 1000), tonumber(ARGV[2])
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - gone))
redis.call('ZREMRANGEBYSCORE', KEYS[1], string.format('(%.0f', now + gone), '+inf')
redis.call('PEXPIRE', KEYS[1], gone)
return redis.call('ZCARD', KEYS[1])
